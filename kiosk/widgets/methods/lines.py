"""One thing to judge a line: its words, and beside or below them what is touched."""

from typing import Any

from kivy.properties import NumericProperty, ObjectProperty, StringProperty
from kivy.uix.layout import Layout
from kivy.uix.widget import Widget

from kiosk.kv import load_beside
from kiosk.theme.theme import theme
from kiosk.widgets.cards import CardGrid
from kiosk.widgets.touch import Row, Sign
from kiosk.widgets.words import Words

LEAST_WORDS = 7  # how many letters' widths words need, to stand beside something


class LineWords(Words):
    """What a line is about."""


class LineSign(Sign):
    """A picture of it."""


class LineCard(Layout):
    """A card with words, and a part to touch that has a size of its own.

    The part stands at the end of the line where that leaves the words room, else below them. One
    that can be made narrower tells its size by `size_within`, and is given it.
    """

    text = StringProperty()
    icon = StringProperty()
    part = ObjectProperty(None)
    inset = NumericProperty(0)

    def __init__(self, part: Widget, **kwargs: Any) -> None:
        super().__init__(size_hint=(None, None), **kwargs)
        self.part = part
        self.words = LineWords(text=self.text, size_hint=(None, None))
        self.sign = LineSign(name=self.icon)
        for child in (self.sign, self.words, part):
            self.add_widget(child)
        update = self._trigger_layout
        self.bind(size=update, pos=update, inset=update)
        part.bind(size=self._part_changed)
        theme.bind(rtl=self._theme_changed, body=self._theme_changed)

    def _theme_changed(self, *_: Any) -> None:
        self._trigger_layout()

    def _part_changed(self, *_: Any) -> None:
        """What the grid was told of this line's height holds no more."""
        self._trigger_layout()
        if self.parent is not None:
            self.parent._trigger_layout()

    def needed_height(self, width: float) -> float:
        """How high it must be at this width."""
        part = self._part_size(width)
        across = self._words_beside(width, part)
        high = self._height_beside(across, part) if across else self._height_below(width, part)
        return max(float(theme.target), high + 2 * self._air)

    def do_layout(self, *_: Any) -> None:
        """Place words and part, mirrored where the language is."""
        self.part.size = part = self._part_size(self.width)
        across = self._words_beside(self.width, part)
        beside = bool(across)
        across = across or self._across(self.width)
        high = self.words.height_at(across)
        self.words.size = (across, high)
        left = self.x + self.inset + self._picture
        if beside:
            self.words.y = self.center_y - high / 2
            self.part.y = self.center_y - self.part.height / 2
        else:
            spare = (self.height - high - theme.mm(1.5) - self.part.height) / 2
            self.words.y = self.top - spare - high
            self.part.y = self.y + spare
        part_left = self.right - self.inset - self.part.width
        self.words.x = self._mirrored(left, across)
        self.part.x = self._mirrored(part_left, self.part.width)
        self.sign.x = self._mirrored(self.x + self.inset, self.sign.width)
        self.sign.y = self.words.center_y - self.sign.height / 2

    @property
    def _air(self) -> float:
        return float(theme.mm(1.3))

    @property
    def _picture(self) -> float:
        return float(self.sign.width + theme.mm(2)) if self.icon else 0.0

    def _across(self, width: float) -> float:
        """How wide the words are above the part."""
        return max(1.0, float(width - 2 * self.inset - self._picture))

    def _part_size(self, width: float) -> tuple[float, float]:
        within = getattr(self.part, "size_within", None)
        size = within(width - 2 * self.inset) if within else self.part.size
        return float(size[0]), float(size[1])

    def _height_beside(self, across: float, part: tuple[float, float]) -> float:
        return float(max(self.words.height_at(across), part[1]))

    def _height_below(self, width: float, part: tuple[float, float]) -> float:
        return float(self.words.height_at(self._across(width)) + theme.mm(1.5) + part[1])

    def _words_beside(self, width: float, part: tuple[float, float]) -> float:
        """How wide the words are beside the part; 0 where that is too narrow, or higher."""
        left = self._across(width) - part[0] - theme.gap
        longest = max((len(word) for word in self.text.split()), default=1)
        if left < theme.body * max(LEAST_WORDS, 0.62 * longest) * 0.62:
            return 0.0
        higher = self._height_beside(left, part) > self._height_below(width, part)
        return 0.0 if higher else left

    def _mirrored(self, x: float, width: float) -> float:
        return float(self.x + self.right - x - width) if theme.rtl else float(x)


class Lines(CardGrid):
    """Line cards, one below the other; two beside each other only where a line has room."""


class LineKeys(Row):
    """Several things to touch in a row, as wide as they are together."""


load_beside(__file__)
