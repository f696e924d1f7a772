"""The keyboard on the screen: large keys that count when the finger leaves them.

Key sizes. A key is 12.7 mm high and more where the panel leaves room, and never less than 10 mm;
it is as wide as the panel gives, up to 23 mm, so that a hand does not have to travel. Five rows
and twelve or thirteen keys in a row do not fit a 7-inch panel (153 × 92 mm) at 12.7 mm: there keys
are 10 mm high, letters 14 mm wide, accents 10.5 mm. A touch in a gap counts for the nearest key.

Accents. The first row has the language's own. A letter that is held offers all its variants there,
in the same large keys: the finger may slide to one, or leave the letter, which is then written and
gives way to the variant that is touched next. Nobody needs to slide, and slow hands lose nothing.

Chinese. Letters are written as they sound, and the first row offers what they may mean; a touch, or
the space bar for the first, puts it in their place.
"""

from collections.abc import Callable, Iterator
from functools import partial
from math import ceil, inf
from typing import Any
from unicodedata import combining
from weakref import WeakSet

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics.texture import Texture
from kivy.properties import (
    ListProperty,
    NumericProperty,
    ObjectProperty,
    OptionProperty,
)
from kivy.uix.behaviors import FocusBehavior
from kivy.uix.widget import Widget

from kiosk.fingers import Held
from kiosk.theme.drawing import Pen
from kiosk.theme.fonts import FILLED_ICONS, HAN, ICONS, TEXT, font_for
from kiosk.theme.icons import icon
from kiosk.theme.text import visual_lines
from kiosk.theme.theme import CAPITAL_RATIO, CAPITALS_MM, theme
from kiosk.widgets.key_rows import KeyRow, chained
from kiosk.widgets.keycap import GAP_MM, MORE
from kiosk.widgets.keycap import KeyCap as KeyCap
from kiosk.widgets.layouts import AZERTY, Action, Key
from kiosk.widgets.pinyin import LONGEST, meant, sounds_before

HIGH_MM, LOW_MM = 12.7 + 1.4, 10.6  # from row to row
GENEROUS_MM, LARGE_PANEL_MM = 17.0, 180  # where the panel is that high
LARGEST_SHARE = 0.58  # of the window's height
REPEAT_AFTER, REPEAT_EVERY = 0.7, 0.12  # seconds; slow enough for slow hands
HOLD_AFTER = 0.6  # seconds until a letter offers its variants

_ICONS = {
    Action.BACKSPACE: "backspace",
    Action.SWITCH: "globe",
    Action.SHIFT: "arrow-fat-up",
}
_WORDS = {Action.SIGNS: "123", Action.LETTERS: "abc"}
_CAPITALS = str.maketrans("ßı", "ẞİ")  # where upper() would write two letters, or the base again
_boards: "WeakSet[Keyboard]" = WeakSet()


def forget_choices() -> None:
    """Every keyboard as the next person should find it: on its language's own layout."""
    for board in _boards:
        board.forget()


_LOOKS = ("card", "ink", "accent", "accent_ink", "mark", "tint", "line", "focus", "radius")


class Keyboard(Held):
    """Keys for writing; they go to `field` if there is one, and always out as events.

    Events:
        on_key: Some text was written.
        on_backspace: The last character is to go.
        on_enter: Enter.
    """

    layout = ObjectProperty(AZERTY)
    layouts = ListProperty()
    """What the key with the globe offers, the usual one first; with one there is no such key.

    Of two it takes the other one at once; of more it shows the names.
    """
    page = OptionProperty("letters", options=["letters", "signs", "layouts"])
    shift = OptionProperty("off", options=["off", "once", "lock"])
    field = ObjectProperty(None, allownone=True, rebind=True)
    """An `AnswerField`, which shows its caret while it is here."""
    room = NumericProperty(0)
    """The greatest height it may take, in pixels; 0 for its share of the window."""

    alike = ()  # for `kiosk.pause`: where it stands already, one types as quickly as one can

    __events__ = ("on_key", "on_backspace", "on_enter")

    def __init__(self, **kwargs: Any) -> None:
        self._caps: list[KeyCap] = []
        self._rows: list[list[KeyCap]] = []
        self.key_rows: list[KeyRow] = []
        self._spare_rows: list[KeyRow] = []
        self._fingers: dict[int, KeyCap] = {}
        self._pictures: dict[tuple[str, str, float], Texture | None] = {}
        self._written = ""  # the letter before the caret
        self._repeated = False
        self._repeat: Any = None
        self._hold: Any = None
        self._held: KeyCap | None = None  # whose variants are offered, while the finger is on it
        self._offered = ""  # variants of a letter that was held
        self._page_of_meanings = 0
        self._writes_to: Any = None
        super().__init__(size_hint_y=None, **kwargs)
        self._build_soon = Clock.create_trigger(self._build, -1)
        for name in ("layout", "layouts", "page"):
            self.fbind(name, self._build)
        self.fbind("layout", self._look_before_caret)
        for name in ("width", "pos", "room"):
            self.fbind(name, self._build_soon)
        self.fbind("shift", self._label)
        self.fbind("parent", self._let_go)
        self.fbind("field", self._take_field)
        # Bound weakly: theme and window outlive every keyboard.
        theme.bind(px_per_mm=self._fit)
        theme.bind(**dict.fromkeys(_LOOKS, self._paint))
        Window.bind(size=self._fit)
        _boards.add(self)
        self._take_field()
        self._build()

    # --- what the rest of the kiosk and its tests ask -------------------------------------------

    def cap(self, what: str | Action) -> KeyCap:
        """The key that now writes this text, or does this.

        Raises:
            KeyError: there is none on this page.
        """
        for cap in self._caps:
            if what in (cap.key.action, cap.text) and what:
                return cap
        raise KeyError(what)

    def text_of(self, key: Key) -> str:
        """What a key writes as things stand; "" where it writes nothing."""
        offers = self._offers()
        if offers and any(key is first for first in self.layout.letters[0]):
            return offers.get(key.text, "")
        if self.shift == "off" or key.action is not None or len(key.text) > 2:
            return key.text
        return str(self.layout.capitals.get(key.text) or key.text.upper())

    def press(self, cap: KeyCap) -> None:
        """Do what a key does."""
        act: dict[Action, Callable[[], None]] = {
            Action.SHIFT: self._turn_shift,
            Action.BACKSPACE: lambda: self.dispatch("on_backspace"),
            Action.ENTER: lambda: self.dispatch("on_enter"),
            Action.SIGNS: lambda: setattr(self, "page", "signs"),
            Action.LETTERS: lambda: setattr(self, "page", "letters"),
            Action.SWITCH: self._switch,
            Action.CHOOSE: lambda: self._choose(cap.key.text),
        }
        text, held = cap.text, cap is self._held
        turns = self._turns(cap)
        if self.layout.pinyin and text and self._offers():
            chosen = text if turns else self._meanings()[1][0] if text == " " else ""
            if chosen:
                self._put_meaning(chosen)
                return
        if not held:
            self._offer("")
        if cap.key.action in act:
            act[cap.key.action]()
        elif text:
            if turns:
                self.dispatch("on_backspace")
            self.dispatch("on_key", text)
            if self.shift == "once":
                self.shift = "off"

    def neighbour(self, cap: KeyCap, direction: str) -> Widget:
        """The key beside, above or below this one; beyond the edge, the row that it stands in."""
        number = next(place for place, row in enumerate(self._rows) if cap in row)
        row = self.key_rows[number]
        if direction in ("left", "right"):
            at = row.caps.index(cap) + (1 if direction == "right" else -1)
            return row.caps[at % len(row.caps)]
        onward = row.above if direction == "up" else row.below
        if onward is None:
            return row
        return min(onward.caps, key=lambda other: abs(other.center_x - cap.center_x))

    def own_stops(self) -> Iterator[Widget]:
        """Keys lead from row to row; within the row where they are, from key to key."""
        for row in self.key_rows:
            yield row
            if any(cap.focus for cap in row.caps):
                yield from row.caps

    def reset(self) -> None:
        """As the next person should find it."""
        self.page, self.shift = "letters", "off"
        self._let_go()
        self._offer("")
        self._know("")

    def forget(self) -> None:
        """As the next person should find it, whatever layout this one chose."""
        self.reset()
        if self.layouts:
            self.layout = self.layouts[0]

    def on_key(self, text: str) -> None:
        """Some text was written."""
        if self.field is not None:
            self.field.insert(text)
        else:
            self._know(text[-1:])

    def on_backspace(self) -> None:
        """The last character is to go."""
        if self.field is not None:
            self.field.backspace()
        else:
            self._know("")

    def on_enter(self) -> None:
        """Enter."""
        if self.field is not None:
            self.field.enter()
        else:
            self._know("")

    # --- fingers ------------------------------------------------------------------------------

    def on_touch_down(self, touch: Any) -> bool:
        """A finger comes down on a key; the focus stays where it is."""
        cap = self._cap_at(touch.x, touch.y)
        if cap is None:
            return False
        FocusBehavior.ignored_touch.append(touch)
        touch.grab(self)
        self._fingers[touch.uid] = cap
        cap.down = True
        if cap.key.action is Action.BACKSPACE:
            self._stop_repeating()
            self._repeated = False
            self._repeat = Clock.schedule_once(self._go_on_repeating, REPEAT_AFTER)
        self._stop_holding()
        if self.page == "letters" and cap not in self._rows[0] and self._variants_of(cap.text):
            self._hold = Clock.schedule_once(partial(self._offer_variants, cap), HOLD_AFTER)
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """A finger that slides out lets go of its key; it may come back."""
        if touch.grab_current is not self:
            return touch.uid in self._fingers
        cap = self._fingers.get(touch.uid)
        if cap is None:  # the page changed under it
            return True
        over = self._cap_at(touch.x, touch.y)
        cap.down = over is cap
        if not cap.down and cap.key.action is Action.BACKSPACE:
            self._stop_repeating()
        if not cap.down and cap is not self._held:
            self._stop_holding()
        if cap is self._held:
            for offered in self._rows[0]:
                offered.down = offered is over
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """A key counts where the finger leaves it."""
        if touch.grab_current is not self:
            return touch.uid in self._fingers
        touch.ungrab(self)
        cap = self._fingers.pop(touch.uid, None)
        if cap is None:
            return True
        cap.down = cap in self._fingers.values()
        erases = cap.key.action is Action.BACKSPACE
        if erases:
            self._stop_repeating()
        self._stop_holding()
        over = self._cap_at(touch.x, touch.y)
        if over is cap and not (erases and self._repeated):
            self.press(cap)
        elif cap is self._held and over in self._rows[0]:
            over.down = False
            self.press(over)
        elif cap is self._held:
            self._offer("")
        self._held = None
        return True

    def lose(self, touch: Any, *, ends: bool) -> None:
        """Its key writes nothing."""
        self._let_go()

    def _cap_at(self, x: float, y: float) -> KeyCap | None:
        """The key at a point; between keys, the nearest."""
        if not self.collide_point(x, y):
            return None
        row = min(self._rows, key=lambda row: abs(row[0].center_y - y))
        cap = min(row, key=lambda cap: max(cap.x - x, x - cap.right))
        reach = theme.mm(GAP_MM)
        return cap if cap.x - reach <= x <= cap.right + reach else None

    def _go_on_repeating(self, *_: Any) -> None:
        self._repeated = True
        self.dispatch("on_backspace")
        self._repeat = Clock.schedule_once(self._go_on_repeating, REPEAT_EVERY)

    def _stop_repeating(self) -> None:
        if self._repeat is not None:
            self._repeat.cancel()
            self._repeat = None

    def _offer_variants(self, cap: KeyCap, *_: Any) -> None:
        self._held = cap
        self._offer(self._variants_of(cap.text))

    def _stop_holding(self) -> None:
        if self._hold is not None:
            self._hold.cancel()
            self._hold = None

    def _let_go(self, *_: Any) -> None:
        self._stop_repeating()
        self._stop_holding()
        self._held = None
        for cap in self._fingers.values():
            cap.down = False
        self._fingers.clear()

    # --- pages, shift, variants -----------------------------------------------------------------

    def _turn_shift(self) -> None:
        """Off, for one letter, for good, off again."""
        self.shift = {"off": "once", "once": "lock", "lock": "off"}[self.shift]

    def _switch(self) -> None:
        """To the other layout, or to the names of all others."""
        if len(self.layouts) > 2:
            self.page, self.shift = "layouts", "off"
            return
        others = [layout for layout in self.layouts if layout.name != self.layout.name]
        self._choose(others[0].title if others else self.layout.title)

    def _choose(self, title: str) -> None:
        self.page, self.shift = "letters", "off"
        self.layout = next(layout for layout in self.layouts if layout.title == title)

    def _offer(self, variants: str) -> None:
        """Show these in the first row instead of its own, or nothing but its own."""
        if variants != self._offered:
            self._offered = variants
            self._label()

    def _meanings(self) -> tuple[int, tuple[str, ...]]:
        """Of how many letters before the caret there are meanings, and which, on this page."""
        length, found = meant(self._written)
        room = len(self.layout.letters[0])
        if len(found) <= room:
            return length, found
        at = self._page_of_meanings * (room - 1) % (len(found) + 1)
        shown = found[at : at + room - 1]
        return length, (*shown, *[""] * (room - 1 - len(shown)), MORE)

    def _put_meaning(self, text: str) -> None:
        """Put characters in the place of the letters that they are meant by."""
        if text == MORE:
            self._page_of_meanings += 1
            if self._page_of_meanings * (len(self.layout.letters[0]) - 1) >= len(
                meant(self._written)[1]
            ):
                self._page_of_meanings = 0
            self._label()
            return
        sounds = self._written
        length, _ = meant(sounds)
        for _ in sounds:
            self.dispatch("on_backspace")
        self.dispatch("on_key", text + sounds[length:])

    def _offers(self) -> dict[str, str]:
        """What each key of the first row writes instead of its own, by its own."""
        first = self.layout.letters[0]
        if self.layout.pinyin:
            if self.page != "letters" or not self._written:
                return {}
            return dict(zip((key.text for key in first), self._meanings()[1], strict=False))
        variants = self._offered
        if not variants and any(key.action is Action.VARIANT for key in first):
            variants = self._variants_of(self._written)
        if self.page != "letters" or not variants:
            return {}
        return dict(zip((key.text for key in first), variants, strict=False))

    def _turns(self, cap: KeyCap) -> bool:
        """Whether a key turns the letter that was written, rather than adding one."""
        return bool(self._offers()) and cap in self._rows[0] and self._held is None

    def _variants_of(self, letter: str) -> str:
        """What a letter can be turned into, where it has variants here."""
        if len(letter) != 1:
            return ""
        base = self._base_of(letter.lower()[:1])
        variants = str(self.layout.variants.get(base, ""))
        return variants.translate(_CAPITALS).upper() if letter.isupper() else variants

    def _base_of(self, letter: str) -> str:
        for base, variants in self.layout.variants.items():
            if letter and letter in variants:
                return str(base)
        return letter

    def _know(self, letter: str) -> None:
        if letter == self._written:
            return
        self._written = letter
        self._page_of_meanings = 0
        if self._held is None:
            self._offered = ""
        if self.layout.variants or self.layout.pinyin:
            self._label()

    def _take_field(self, *_: Any) -> None:
        if self._writes_to is not None:
            self._writes_to.held = False
            self._writes_to.unbind(caret=self._look_before_caret)
        self._writes_to = self.field
        if self.field is not None:
            self.field.held = True
            self.field.bind(caret=self._look_before_caret)
            self._look_before_caret()

    def _look_before_caret(self, *_: Any) -> None:
        if self.field is None:
            self._know("")
        elif self.layout.pinyin:
            self._know(sounds_before(self.field.before_caret(LONGEST)))
        else:
            self._know(self.field.before_caret())

    # --- drawing ------------------------------------------------------------------------------

    def _page_rows(self) -> list[list[Key]]:
        if self.page == "layouts":
            return self._title_rows()
        rows = self.layout.signs if self.page == "signs" else self.layout.letters
        if len(self.layouts) > 1:
            return [list(row) for row in rows]
        return [_without_switch(row) for row in rows]

    def _title_rows(self) -> list[list[Key]]:
        """The layouts' names, in as many rows as the keyboard has, and the way back."""
        units, rows = self.layout.units, len(self.layout.letters) - 1
        across = ceil(len(self.layouts) / rows)
        keys = [Key(layout.title, Action.CHOOSE, units / across) for layout in self.layouts]
        keys += [Key(width=units / across)] * (rows * across - len(keys))
        named = [keys[at : at + across] for at in range(0, len(keys), across)]
        return [*named, [Key(action=Action.LETTERS, width=units)]]

    def _fit(self, *_: Any) -> None:
        self._build_soon()

    def row_height(self) -> float:
        """How far rows of keys are apart, in pixels."""
        most = self.room or Window.height * LARGEST_SHARE
        rows = len(self.layout.letters)
        high = GENEROUS_MM if theme.height_mm > LARGE_PANEL_MM else HIGH_MM
        return min(theme.mm(high), max(most / rows, theme.mm(LOW_MM)))

    def _build(self, *_: Any) -> None:
        """Put the keys of the page in their places."""
        self._let_go()
        rows = self._page_rows()
        height = self.row_height()
        self.height = round(height * len(rows))
        unit = min(self.width / self.layout.units, theme.mm(self.layout.widest_key))
        used = iter(self._caps)
        kept: list[KeyCap] = []
        self._rows = []
        for number, row in enumerate(rows):
            x = self.center_x - sum(key.width for key in row) * unit / 2
            y = self.top - (number + 1) * height
            caps = []
            for key in row:
                width = key.width * unit
                if key.text or key.action:
                    cap = next(used, None) or KeyCap(self)
                    cap.place(x, y, width, height)
                    cap.key = key
                    caps.append(cap)
                x += width
            if caps:
                self._rows.append(caps)
            kept += caps
        for cap in self._caps[len(kept) :]:
            self.remove_widget(cap)
        for cap in kept[len(self._caps) :]:
            self.add_widget(cap)
        self._caps = kept
        self._label()
        self._paint()

    def _label(self, *_: Any) -> None:
        """Write on the keys what they do now."""
        for cap in self._caps:
            action = cap.key.action
            cap.opacity = 1 if action not in (None, Action.VARIANT) or cap.text else 0
            if self._offered and not cap.text and cap in self._rows[0]:
                cap.opacity = 0
            cap.lit = (
                (action is Action.SHIFT and self.shift != "off")
                or (action is Action.CHOOSE and cap.key.text == self.layout.title)
                or (bool(self._offered) and cap in self._rows[0] and bool(cap.text))
            )
            turned = self.layout.rtl and action in (Action.BACKSPACE, Action.ENTER)
            cap.write_label(self._picture(cap), turned)
        self._span_rows()

    def _span_rows(self) -> None:
        """One stop for each row that has a key to press."""
        shown = [[cap for cap in row if cap.opacity] for row in self._rows]
        shown = [caps for caps in shown if caps]
        while len(self._spare_rows) < len(shown):
            self._spare_rows.append(KeyRow())
            self.add_widget(self._spare_rows[-1])
        self.key_rows = self._spare_rows[: len(shown)]
        chained(self.key_rows)
        for number, row in enumerate(self._spare_rows):
            row.span(shown[number] if number < len(shown) else [])

    def _picture(self, cap: KeyCap) -> Texture | None:
        action = cap.key.action
        size = min(cap.height * 0.56, theme.mm(7.6))
        if action is Action.SHIFT:
            font = FILLED_ICONS if self.shift == "lock" else ICONS
            text = icon("arrow-fat-line-up" if self.shift == "lock" else "arrow-fat-up")
        elif action is Action.ENTER:
            one_line = self.field is not None and not self.field.multiline
            font, text = ICONS, icon("check" if one_line else "arrow-elbow-down-left")
        elif action in _ICONS:
            font, text = ICONS, icon(_ICONS[action])
        elif cap.key.text == " ":
            font, text = TEXT, str(self.layout.title)
            size = self._whole(text, size * 0.7, cap)
        elif action is Action.CHOOSE:
            font, text = TEXT, cap.text
        elif cap.text == MORE:
            font, text = ICONS, icon("caret-right")
        elif font_for(cap.text, TEXT) == HAN:
            font, text = TEXT, cap.text
            size = min(size, cap.width * 0.86 / len(text))
        elif len(cap.text) > 2:
            font, text = TEXT, cap.text
            size = self._whole(text, size * 0.8, cap)
        elif action in _WORDS:
            font, text = TEXT, _WORDS[action]
            size = self._whole(text, size * 0.8, cap)
        else:
            font, text = TEXT, _shown(cap.text)
        wanted = (font, text, round(size))
        cap.letters = round(size) if font == TEXT and font_for(text, TEXT) != HAN else 0
        if wanted not in self._pictures:
            (line,) = visual_lines(text, inf, len, rtl=self.layout.rtl)
            self._pictures[wanted] = Pen(round(size), font).draw(line)
        return self._pictures[wanted]

    def _whole(self, text: str, size: float, cap: KeyCap) -> float:
        """The size of several letters on a key: as large as any others, where there is room."""
        size = max(size, theme.mm(CAPITALS_MM[0] / CAPITAL_RATIO))
        width = Pen(round(size)).measure(text)
        return float(min(size, size * cap.width * 0.92 / width) if width else size)

    def _paint(self, *_: Any) -> None:
        for cap in self._caps:
            cap.paint()


def _without_switch(row: tuple[Key, ...]) -> list[Key]:
    """A row without the key that changes layouts; the space bar takes its place."""
    freed = sum(key.width for key in row if key.action is Action.SWITCH)
    return [
        Key(key.text, key.action, key.width + freed) if key.text == " " else key
        for key in row
        if key.action is not Action.SWITCH
    ]


def _shown(text: str) -> str:
    """A mark that needs a letter is shown on the line that joins Arabic letters."""
    return "\u0640" + text if text and combining(text[0]) else text
