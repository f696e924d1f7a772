"""A field to write in, in every script; it draws its own lines and caret."""

from bisect import bisect_right
from collections.abc import Callable
from math import inf
from typing import Any
from unicodedata import combining

from kivy.clock import Clock
from kivy.graphics import (
    Color,
    InstructionGroup,
    Rectangle,
    SmoothRoundedRectangle,
    StencilPop,
    StencilPush,
    StencilUnUse,
    StencilUse,
)
from kivy.graphics import Line as Outline
from kivy.graphics.texture import Texture
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import FocusBehavior

from kiosk.fingers import Held
from kiosk.theme.drawing import Pen
from kiosk.theme.text import Line, lay_out
from kiosk.theme.theme import theme

_LOOKS = ("card", "ink", "quiet", "accent", "line", "radius", "px_per_mm")


class AnswerField(FocusBehavior, Held):
    """What a person writes, one line or several; keys come from the screen or a real keyboard.

    There is no clipboard, no selection and no undo, so that nothing outlives `erase()`.

    Events:
        on_enter: Enter was pressed where there is one line.
        on_chosen: A keypad asks for keys to write with.
    """

    text = StringProperty()
    placeholder = StringProperty()
    multiline = BooleanProperty(True)
    rtl = BooleanProperty(False)
    """Whether the person's language runs from right to left."""
    max_length = NumericProperty(0)
    """The most characters it takes; 0 for no limit."""
    font_size = NumericProperty(0)
    """In pixels; 0 for the theme's `body`."""
    caret = NumericProperty(0)
    """Before which character the next one goes, in the order written."""
    held = BooleanProperty(False)
    """Whether an on-screen keyboard writes here: the caret shows without focus."""
    said = StringProperty()
    """What it says aloud, and to screen readers."""

    by_hand = BooleanProperty(False)
    """Whether it was touched, or written in with a real keyboard: then arrows move the caret."""

    __events__ = ("on_enter", "on_chosen")

    def __init__(self, **kwargs: Any) -> None:
        self._lines: list[Line] = []
        self._pictures: dict[str, Texture] = {}
        self._scroll = 0.0
        self._drag: tuple[Any, float, bool] | None = None
        self._pen = Pen(1)
        super().__init__(**kwargs)
        self._frame, self._content = InstructionGroup(), InstructionGroup()
        self.canvas.add(self._frame)
        self.canvas.add(self._content)
        for name in ("text", "rtl", "font_size", "placeholder", "multiline", "width"):
            self.fbind(name, self._lay_out)
        self._redraw = Clock.create_trigger(self._draw, -1)
        for name in ("pos", "size", "focus", "caret", "held"):
            self.fbind(name, self._redraw)
        # Bound weakly: the theme outlives every field.
        theme.bind(body=self._lay_out)
        theme.bind(**dict.fromkeys(_LOOKS, self._draw))
        self._lay_out()

    # --- writing ------------------------------------------------------------------------------

    def insert(self, text: str) -> None:
        """Write at the caret, as much as the field takes."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if not self.multiline:
            text = text.replace("\n", " ")
        if self.max_length:
            text = text[: max(0, int(self.max_length) - len(self.text))]
        if text:
            at = self._caret()
            self._put(self.text[:at] + text + self.text[at:], at + len(text))

    def backspace(self) -> None:
        """Take away the character before the caret."""
        at = self._caret()
        if at:
            self._put(self.text[: at - 1] + self.text[at:], at - 1)

    def delete(self) -> None:
        """Take away the letter after the caret, with the marks that stand on it."""
        at = self._caret()
        end = at + 1
        while end < len(self.text) and combining(self.text[end]):
            end += 1
        self._put(self.text[:at] + self.text[end:], at)

    def enter(self) -> None:
        """A new line, or `on_enter` where there is only one."""
        if self.multiline:
            self.insert("\n")
        else:
            self.dispatch("on_enter")

    def before_caret(self, count: int = 1) -> str:
        """The last characters before the caret."""
        at = self._caret()
        return self.text[max(0, at - count) : at]

    def erase(self) -> None:
        """Leave nothing of what was written: no text, no lines, no pictures of them."""
        self.text = ""
        self.by_hand = False
        self.caret = 0
        self._scroll = 0.0
        self._drag = None
        self._lines = []
        self._content.clear()
        for picture in self._pictures.values():
            blank = bytes(picture.width * picture.height * 4)
            picture.blit_buffer(blank, colorfmt="rgba", bufferfmt="ubyte")
        self._pictures = {}
        self._lay_out()
        self._draw()

    def on_enter(self) -> None:
        """Enter was pressed where there is one line."""

    def on_chosen(self) -> None:
        """A keypad asks for keys to write with."""

    def keeps_key(self, name: str) -> bool:
        """Whether a key writes here, or moves the caret, instead of leading on.

        A keypad sends arrows and Enter too: they write only where a real keyboard was seen, and
        beyond the first and the last line they lead on.
        """
        if len(name) == 1:
            return True
        if not self.by_hand:
            return name == "spacebar"
        line = self._line_at(self._caret())
        ends = {"up": 0, "down": len(self._lines) - 1}
        return name in ("left", "right", "enter", "spacebar") or (
            name in ends and line != ends[name]
        )

    # --- where things are ---------------------------------------------------------------------

    @property
    def line_height(self) -> int:
        """The height of one line, in pixels."""
        return self._pen.line_height

    def height_for(self, lines: float) -> float:
        """The height that shows so many lines."""
        return round(lines * self._pen.line_height + 2 * self._inset())

    def caret_box(self) -> tuple[float, float, float, float]:
        """Where the caret is drawn in the window: x, y, width, height."""
        number = self._line_at(self._caret())
        width = max(2.0, theme.mm(0.6))
        x = self._left(number) + self._caret_x(number, self._caret())
        inner = self.right - self._inset()
        before = self.x + self._inset() - width  # beside the first letter, not on it
        x = before if x == self.x + self._inset() else min(max(x - width / 2, before), inner)
        height = self._pen.line_height
        return round(x), round(self._top_of(number) - height), width, height

    def place_caret(self, x: float, y: float) -> None:
        """Put the caret next to the character at a point."""
        number = int((self._top_of(0) - y) // self._pen.line_height)
        number = min(max(number, 0), len(self._lines) - 1)
        self.caret = self._index_at(number, x - self._left(number))

    def move_up_or_down(self, lines: int) -> None:
        """Move the caret so many lines down, or up."""
        number = self._line_at(self._caret())
        to = min(max(number + lines, 0), len(self._lines) - 1)
        x = self._left(number) + self._caret_x(number, self._caret())
        self.caret = self._index_at(to, x - self._left(to))

    # --- touches and keys ---------------------------------------------------------------------

    def on_touch_down(self, touch: Any) -> bool:
        """Take the focus; where the caret goes is decided when the finger leaves."""
        if not self.collide_point(*touch.pos):
            return False
        super().on_touch_down(touch)
        self.by_hand = True
        touch.grab(self)
        self._drag = (touch, self._scroll, False)
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Lines that do not fit can be pushed up and down."""
        if self._drag is None or self._drag[0] is not touch:
            return bool(super().on_touch_move(touch))
        _, start, moved = self._drag
        if moved or abs(touch.y - touch.oy) > theme.mm(3):
            self._drag = (touch, start, True)
            self._scroll = min(max(start + touch.y - touch.oy, 0.0), self._most_scroll())
            self._draw_at_scroll()
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """Put the caret where the finger leaves."""
        if self._drag is None or self._drag[0] is not touch:
            return bool(super().on_touch_up(touch))
        touch.ungrab(self)
        moved, self._drag = self._drag[2], None
        if not moved and self.collide_point(*touch.pos):
            self.place_caret(*touch.pos)
        return True

    def lose(self, touch: Any, *, ends: bool) -> None:
        """It neither pushes lines any more nor places the caret."""
        self._drag = None

    def keyboard_on_textinput(self, window: Any, text: str) -> None:
        """What a real keyboard writes."""
        self.by_hand = True
        self.insert(text)

    def keyboard_on_key_down(
        self, window: Any, keycode: tuple[int, str], text: str, modifiers: list[str]
    ) -> bool:
        """The keys of a real keyboard that write nothing; Tab goes on to the next widget."""
        if {"ctrl", "alt", "meta"} & set(modifiers):
            return True
        forward = -1 if self._lines[self._line_at(self._caret())].rtl else 1
        number = self._line_at(self._caret())
        keys: dict[str, Callable[[], object]] = {
            "backspace": self.backspace,
            "delete": self.delete,
            "enter": self.enter,
            "numpadenter": self.enter,
            "left": lambda: self._step(-forward),
            "right": lambda: self._step(forward),
            "up": lambda: self.move_up_or_down(-1),
            "down": lambda: self.move_up_or_down(1),
            "home": lambda: setattr(self, "caret", self._lines[number].start),
            "end": lambda: setattr(self, "caret", self._lines[number].end),
        }
        if keycode[1] in keys:
            keys[keycode[1]]()
            return True
        return bool(super().keyboard_on_key_down(window, keycode, text, modifiers))

    # --- inside -------------------------------------------------------------------------------

    def _caret(self) -> int:
        return min(max(int(self.caret), 0), len(self.text))

    def _step(self, by: int) -> None:
        """One letter on or back, with the marks that stand on it."""
        at = min(max(self._caret() + by, 0), len(self.text))
        while 0 < at < len(self.text) and combining(self.text[at]):
            at += by
        self.caret = at

    def _put(self, text: str, caret: int) -> None:
        self.text = text
        self.caret = caret

    def _inset(self) -> float:
        return float(theme.mm(1.6 if theme.compact else 2.6))

    def _lay_out(self, *_: Any) -> None:
        size = self.font_size or theme.body
        if size != self._pen.size:
            self._pen = Pen(size)
            self._pictures = {}
        width = inf
        if self.multiline:
            width = max(self.width - 2 * self._inset(), self._pen.size)
        self._lines = lay_out(self.text, width, self._pen.measure, rtl=self.rtl)
        drawn = {line.drawn for line in self._lines}
        self._pictures = {text: made for text, made in self._pictures.items() if text in drawn}
        if self.caret > len(self.text):
            self.caret = len(self.text)
        self._redraw()

    def _line_at(self, index: int) -> int:
        """Which line a place in the text is on; at a break, the later one."""
        return max(bisect_right(self._lines, index, key=lambda line: line.start) - 1, 0)

    def _left(self, number: int) -> float:
        """Where a line begins in the window; lines from right to left end at the right."""
        line = self._lines[number]
        rtl = line.rtl if line.clusters else self.rtl
        left = self.x + self._inset()
        room = self.width - 2 * self._inset()
        width = self._pen.measure(line.drawn)
        if not self.multiline and width > room:  # one long line moves under its caret
            at = self._caret_x(number, self._caret())
            return left - min(max(at - room * 0.8, 0.0), width - room)
        return left + max(room - width, 0.0) if rtl else left

    def _top_of(self, number: int) -> float:
        height = self._pen.line_height
        if self.multiline:
            return float(self.top - self._inset() - number * height + self._scroll)
        return float(self.center_y + height / 2)

    def _caret_x(self, number: int, index: int) -> float:
        """How far from the line's left the caret stands: behind the character before it."""
        line = self._lines[number]
        for place, cluster in enumerate(line.clusters):
            if cluster.start < index <= cluster.end or (index == line.start == cluster.start):
                drawn = "".join(before.drawn for before in line.clusters[:place])
                x = self._pen.measure(drawn)
                width = self._pen.measure(drawn + cluster.drawn) - x
                part = (index - cluster.start) / (cluster.end - cluster.start)
                return x + width * ((1 - part) if cluster.level % 2 else part)
        # In the blank that the line was broken at: at the end of what is drawn.
        return 0.0 if line.rtl else self._pen.measure(line.drawn)

    def _index_at(self, number: int, x: float) -> int:
        """The place in the text next to a distance from the line's left."""
        line = self._lines[number]
        last = number == len(self._lines) - 1 or self._lines[number + 1].start > line.end
        best, nearest = (line.end if last else line.start), inf
        left, drawn = 0.0, ""
        for cluster in line.clusters:
            drawn += cluster.drawn
            right = self._pen.measure(drawn)
            ends = (cluster.start, cluster.end)
            if cluster.level % 2:
                ends = ends[::-1]
            for index, edge in zip(ends, (left, right), strict=True):
                if abs(edge - x) < nearest:
                    best, nearest = index, abs(edge - x)
            left = right
        if not last and best == line.end:
            return best - 1  # at a break the caret would show on the next line
        return best

    def _most_scroll(self) -> float:
        if not self.multiline:
            return 0.0
        needed = len(self._lines) * self._pen.line_height + 2 * self._inset()
        return max(float(needed - self.height), 0.0)

    def _draw(self, *_: Any) -> None:
        """Bring the caret into sight, and draw."""
        if self.multiline:
            height = self._pen.line_height
            number = self._line_at(self._caret())
            room = self.height - 2 * self._inset()
            lowest = (number + 1) * height - room
            self._scroll = min(max(self._scroll, lowest), number * height)
            self._scroll = min(max(self._scroll, 0.0), self._most_scroll())
        self._draw_at_scroll()

    def _draw_at_scroll(self) -> None:
        self._draw_frame()
        group = self._content
        group.clear()
        inset = self._inset() / 2
        window = Rectangle(
            pos=(self.x + inset, self.y + inset),
            size=(max(self.width - 2 * inset, 0), max(self.height - 2 * inset, 0)),
        )
        group.add(StencilPush())
        group.add(window)
        group.add(StencilUse())
        if self.text:
            group.add(Color(*theme.ink))
            self._draw_lines()
        elif self.placeholder:
            group.add(Color(*theme.quiet))
            self._draw_placeholder()
        if self.focus or self.held:
            x, y, width, height = self.caret_box()
            group.add(Color(*theme.accent))
            group.add(Rectangle(pos=(x, y + height * 0.1), size=(width, height * 0.84)))
        group.add(StencilUnUse())
        group.add(window)
        group.add(StencilPop())
        self._draw_bar()

    def _draw_frame(self) -> None:
        active = self.focus or self.held
        self._frame.clear()
        border = theme.mm(0.6) if active else theme.hairline
        for colour, edge in ((theme.accent if active else theme.line, 0.0), (theme.card, border)):
            self._frame.add(Color(*colour))
            self._frame.add(
                SmoothRoundedRectangle(
                    pos=(self.x + edge, self.y + edge),
                    size=(max(self.width - 2 * edge, 0), max(self.height - 2 * edge, 0)),
                    radius=[max(theme.radius - edge, 1)],
                )
            )

    def _draw_lines(self) -> None:
        for number, line in enumerate(self._lines):
            top = self._top_of(number)
            if top < self.y or top - self._pen.line_height > self.top or not line.drawn.strip():
                continue
            picture = self._pictures.get(line.drawn) or self._pen.draw(line.drawn)
            if picture is None:
                continue
            self._pictures[line.drawn] = picture
            pos = (round(self._left(number)), round(top - picture.height))
            self._content.add(Rectangle(texture=picture, pos=pos, size=picture.size))

    def _draw_placeholder(self) -> None:
        width = max(self.width - 2 * self._inset(), self._pen.size)
        top = self._top_of(0)
        for line in lay_out(self.placeholder, width, self._pen.measure, rtl=self.rtl):
            picture = self._pen.draw(line.drawn)
            if picture is not None:
                x = self.x + self._inset()
                if line.rtl:
                    x += width - picture.width
                pos = (round(x), round(top - picture.height))
                self._content.add(Rectangle(texture=picture, pos=pos, size=picture.size))
            top -= self._pen.line_height

    def _draw_bar(self) -> None:
        """A thin bar that tells there is more than fits."""
        most = self._most_scroll()
        if not most:
            return
        room = self.height - 2 * self._inset()
        length = room * self.height / (self.height + most)
        y = self.y + self._inset() + (room - length) * (1 - self._scroll / most)
        edge = self._inset() * 0.5
        x = self.x + edge if self.rtl else self.right - edge
        self._content.add(Color(*theme.line))
        self._content.add(Outline(points=[x, y, x, y + length], width=theme.mm(0.35)))
