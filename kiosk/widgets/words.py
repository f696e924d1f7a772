"""A label for every language: breaks, joins, orders and aligns its text as its script wants."""

import re
from dataclasses import dataclass
from functools import cached_property
from math import ceil, inf
from typing import Any

from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.lang import Builder
from kivy.properties import BooleanProperty, NumericProperty, OptionProperty, StringProperty
from kivy.uix.label import Label

from kiosk.theme.drawing import Pen
from kiosk.theme.fonts import TEXT
from kiosk.theme.text import Line, Paragraph, french_spaces, lay_out, paragraphs

Builder.load_string("<-Words>:")  # nothing of what Kivy's labels draw

_KIVYS_WIDTH = 100  # of a widget that has none yet, in pixels
_LEAST_LETTERS = 1.5  # as many letters' heights a line is wide at least
_WORD = re.compile("[^\\s\u2e80-\u9fff\uff00-\uffef]+")  # what is not broken but for want of room
_CHANGES_LINES = (
    *("text", "width", "rtl", "french", "foreign", "font_size", "font_name", "bold"),
    *("max_lines", "line_height"),
)


@dataclass(frozen=True)
class _Measured:
    """A text at a size, ready to be broken at any width."""

    parts: list[Paragraph]
    pen: Pen
    natural_width: int  # of its longest line, in pixels

    @classmethod
    def of(cls, text: str, pen: Pen, *, rtl: bool) -> "_Measured":
        parts = paragraphs(text, rtl=rtl)
        return cls(parts, pen, ceil(max(part.natural_width(pen.measure) for part in parts)))

    def lines(self, width: float) -> list[Line]:
        """Its lines in a width, in pixels."""
        return self._unbroken if self.natural_width <= width else self._broken(max(width, 1))

    @cached_property
    def _unbroken(self) -> list[Line]:
        return self._broken(inf)

    def _broken(self, width: float) -> list[Line]:
        return [line for part in self.parts for line in part.lines(width, self.pen.measure)]


class Words(Label):
    """Text that wraps to the widget's width; the height follows, unless `size_hint_y` is given.

    Never reads markup: what a person wrote is shown as it is. Each line is its own picture, so
    that a new colour or place draws nothing again.
    """

    font_name = StringProperty(TEXT)
    rtl = BooleanProperty(False)
    """Whether the text's language runs from right to left; mirrors `halign`."""
    halign = OptionProperty("start", options=["start", "center", "end"])
    valign = OptionProperty("middle", options=["top", "middle", "bottom"])
    french = BooleanProperty(False)
    """Whether ? ! : ; and « » keep to their words, as French wants, however they were typed."""
    foreign = BooleanProperty(False)
    """A code or an address: written from left to right and never mended, whatever the language."""
    natural_width = NumericProperty(0)
    """How wide the text would be if nothing made it wrap, in pixels."""

    def __init__(self, **kwargs: Any) -> None:
        self._state: tuple[object, ...] | None = None
        self._measured: tuple[tuple[object, ...], _Measured] | None = None
        self._shown: tuple[object, ...] | None = None
        self._drawn: list[tuple[Rectangle, Texture]] = []
        self._tops: list[int] = []  # how far below the top each of them begins
        self._has_width = bool({"width", "size", "text_size"} & kwargs.keys())
        if "size_hint" not in kwargs:
            kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        with self.canvas:
            self._ink = Color(*self.color)
        for name in ("rtl", "french", "foreign", "width"):
            self.fbind(name, self._trigger_texture_update, name)
        for name in ("pos", "size", "halign", "valign", "rtl"):
            self.fbind(name, self._place)
        self.fbind("color", self._colour)
        self.texture_update()

    def height_at(
        self, width: float, text: str | None = None, *, font_size: float | None = None
    ) -> float:
        """How high the text would be at this width, in pixels; draws nothing.

        Also another text, or the same in letters of another size.
        """
        text = self.text if text is None else text
        if not text:
            return 0.0
        if font_size in (None, self.font_size):
            measured = self._measure(text)
        else:
            pen = Pen(font_size, self.font_name, self.bold)
            measured = _Measured.of(self._mended(text), pen, rtl=self._from_right)
        lines = len(measured.lines(width))
        return ceil(lines * measured.pen.line_height * self.line_height)

    @property
    def _written(self) -> str:
        return self._mended(self.text)

    def _mended(self, text: str) -> str:
        return french_spaces(text) if self.french and not self.foreign else str(text)

    @property
    def _from_right(self) -> bool:
        return bool(self.rtl and not self.foreign)

    def texture_update(self, *_: object) -> None:
        """Break and draw the text now, if anything changed that the lines depend on."""
        state = tuple(getattr(self, name) for name in _CHANGES_LINES)
        if state == self._state:
            return
        self._state = state
        measured = self._measure(self.text)
        self.natural_width = measured.natural_width
        if self._waits_for_width():
            if self._drawn:
                self._show([], measured.pen)
            return
        lines = measured.lines(self.width) if self.text else []
        if self.halign == "center" and len(lines) > len(measured.parts):
            lines = _balanced(lines, measured, self.width)
        if 0 < self.max_lines < len(lines):
            lines = self._shortened(lines, measured.pen)
        self._show(lines, measured.pen)

    def _waits_for_width(self) -> bool:
        """Whether its layout has yet to give it a width: what is broken for another is in vain.

        Kivy's widgets are 100 pixels wide until then; whoever keeps that width waits but once. And
        on their way to the right one layouts try widths that hold no word.
        """
        if not self.text or self.size_hint_x is None or self.natural_width <= self.width:
            return False
        if not self._has_width:
            self._has_width = True
            if self.width == _KIVYS_WIDTH:
                self._state = None
                self._trigger_texture()
                return True
        return bool(self.width < _LEAST_LETTERS * self.font_size)

    def _measure(self, text: str) -> _Measured:
        """A text as it is written here; its own is kept, until it has another."""
        key = (text, self.rtl, self.french, self.foreign, *self._letters)
        if self._measured is None or self._measured[0] != key:
            measured = _Measured.of(self._mended(text), Pen(*self._letters), rtl=self._from_right)
            if text != self.text:
                return measured
            self._measured = (key, measured)
        return self._measured[1]

    @property
    def _letters(self) -> tuple[float, str, bool]:
        return (self.font_size, self.font_name, self.bold)

    def _shortened(self, lines: list[Line], pen: Pen) -> list[Line]:
        """The first lines, the last of them ending in an ellipsis."""
        end = lines[self.max_lines - 1].end
        while True:
            text = self._written[:end].rstrip() + "…"
            shorter = lay_out(text, max(self.width, 1), pen.measure, rtl=self._from_right)
            if len(shorter) <= self.max_lines or end == 0:
                return shorter[: self.max_lines]
            end -= 1

    def _show(self, lines: list[Line], pen: Pen) -> None:
        """Draw these lines, where others are drawn; most new widths break nothing anew."""
        shown = (tuple(line.drawn for line in lines), pen, self.line_height)
        if shown != self._shown:
            self._shown = shown
            self._draw(lines, pen)
        if self.size_hint_y is None:
            self.height = self.texture_size[1]
        self._place()

    def _draw(self, lines: list[Line], pen: Pen) -> None:
        for rectangle, _ in self._drawn:
            self.canvas.remove(rectangle)
        self._drawn = []
        self._tops = []
        step = pen.line_height * self.line_height
        for index, line in enumerate(lines):
            texture = pen.draw(line.drawn)
            if texture is None:
                continue
            rectangle = Rectangle(texture=texture, size=texture.size)
            self.canvas.add(rectangle)
            self._drawn.append((rectangle, texture))
            self._tops.append(round(index * step))
        self.texture_size = [
            max((texture.width for _, texture in self._drawn), default=0),
            ceil(len(lines) * step),
        ]

    def _place(self, *_: object) -> None:
        spare = self.height - self.texture_size[1]
        share = {"top": 0.0, "middle": 0.5, "bottom": 1.0}[self.valign]
        top = self.y + self.height - spare * share  # `top` itself may be told of y later
        at = {"start": 0.0, "center": 0.5, "end": 1.0}[self.halign]
        if self.rtl:
            at = 1 - at
        for (rectangle, texture), offset in zip(self._drawn, self._tops, strict=True):
            x = self.x + (self.width - texture.width) * at
            rectangle.pos = (round(x), round(top - offset - texture.height))

    def _colour(self, *_: object) -> None:
        self._ink.rgba = self.color

    # Kivy's own label machinery, which is left unused.

    def _create_label(self) -> None:
        self._label = None

    def _trigger_texture_update(
        self, name: str | None = None, source: object = None, value: object = None
    ) -> None:
        if name in _CHANGES_LINES:
            self._trigger_texture()


def _balanced(lines: list[Line], measured: _Measured, width: float) -> list[Line]:
    """As many lines, of about the same length: centred text looks torn otherwise."""
    pen = measured.pen
    words = (_WORD.findall(part.text) for part in measured.parts)
    longest = max((pen.measure(word) for found in words for word in found), default=0)
    pieces = [list(part.pieces(pen.measure)) for part in measured.parts]
    low, high = min(max(width / len(lines), longest), width), width
    while high - low > pen.size / 2:
        middle = (low + high) / 2
        if sum(_lines_needed(found, middle) for found in pieces) > len(lines):
            low = middle
        else:
            high = middle
    narrower = measured.lines(high)
    return narrower if len(narrower) == len(lines) else lines


def _lines_needed(pieces: list[tuple[float, float]], width: float) -> int:
    """How many lines pieces take that a line may be broken between (see `Paragraph.pieces`)."""
    count, at = 1, 0.0
    for whole, shown in pieces:
        if at and at + shown > width:
            count, at = count + 1, 0.0
        at += whole
    return count
