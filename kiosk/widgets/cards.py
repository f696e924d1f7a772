"""Choices as large cards, laid out in as few columns as let them be seen at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kivy.properties import (
    BooleanProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.layout import Layout

from kiosk.kv import load_beside
from kiosk.theme.drawing import Pen
from kiosk.theme.theme import theme
from kiosk.widgets.touch import Tap


class ChoiceCard(Tap):
    """One choice: its words, an icon where the form names one, and whether it is taken."""

    name = StringProperty()
    text = StringProperty()
    note = StringProperty()  # a second, quieter line
    icon = StringProperty()
    mark_off = StringProperty("circle")
    mark_on = StringProperty("check-circle")
    taken = BooleanProperty(False)
    fitted = NumericProperty(0)  # the font size that a screen gives it; else that of the body
    inset = NumericProperty(0)  # between its border and its words, in pixels
    badge = StringProperty()  # its place in a ranking
    texture = ObjectProperty(None, allownone=True)  # the form's picture for it

    @property
    def beside(self) -> float:
        """What of its width is not for words."""
        return float(self.inset * (2 + 2 * 0.7) + self.ids.mark.width + self.ids.picture.width)

    @property
    def least_width(self) -> float:
        """How wide it must be for each of its words to stay whole."""
        return self.beside + _widest_word(self.text)

    def needed_height(self, width: float) -> float:
        """How high it must be to show all its words at this width."""
        words, note = self.ids.words, self.ids.note
        inner = max(width - self.beside, theme.body)
        height = words.height_at(inner) + (note.height_at(inner) if self.note else 0)
        return max(float(theme.target), height + round_words())


class UprightCard(ChoiceCard):
    """A choice whose picture stands over its words, and its mark over both."""

    @property
    def least_width(self) -> float:
        """How wide it must be for each of its words to stay whole."""
        return 2 * self.inset + _widest_word(self.text)

    def needed_height(self, width: float) -> float:
        """The mark, the picture and the words, one under the other."""
        inner = max(width - 2 * self.inset, theme.body)
        words = self.ids.words.height_at(inner) if self.text else 0
        parts = [self.ids.mark.height, self.picture_height(inner), words]
        gaps = theme.mm(1) * (sum(1 for part in parts if part) - 1)
        return max(float(theme.target), sum(parts) + gaps + 2 * self.inset)

    def picture_height(self, width: float) -> float:
        """As high as it is at this width, within what leaves room for the others."""
        if self.texture is None:
            return 0.0
        tallest = theme.mm(20 if theme.compact else 45 if theme.large else 30)
        return min(tallest, width * self.texture.height / max(1, self.texture.width))


def round_words() -> float:
    """What a card needs above and below its words; Arabic's tails reach below the line."""
    return float(theme.mm(3) + (theme.body * 0.2 if theme.rtl else 0))


def _widest_word(text: str) -> float:
    measure = Pen(theme.body, bold=True).measure
    return max((measure(word) for word in text.split()), default=0.0)


@dataclass(frozen=True)
class Arrangement:
    """So many columns, and the height of each row, in pixels."""

    columns: int
    rows: tuple[float, ...]

    def height(self, gap: float) -> float:
        """From the top of the first row to the bottom of the last."""
        return sum(self.rows) + gap * (len(self.rows) - 1)


def arrange(
    heights_at: Callable[[float], Sequence[float]],
    count: int,
    width: float,
    room: float,
    gap: float,
    columns: Sequence[int],
    narrowest: float = 0,
) -> Arrangement:
    """The first of these numbers of columns with which all cards fit in the room, else the lowest.

    Args:
        heights_at: what each card needs at a width.
        count: how many cards there are.
        width: pixels across.
        room: pixels down.
        gap: pixels between cards.
        columns: numbers of columns, the preferred first.
        narrowest: width of a card that still may stand beside another.
    """
    best: Arrangement | None = None
    wide = [
        across
        for across in (min(wanted, count) for wanted in columns)
        if across == 1 or (width - gap * (across - 1)) / across >= narrowest
    ]
    for across in wide or [1]:
        heights = heights_at((width - gap * (across - 1)) / across)
        rows = tuple(max(heights[at : at + across]) for at in range(0, count, across))
        arrangement = Arrangement(across, rows)
        if arrangement.height(gap) <= room:
            return arrangement
        if best is None or arrangement.height(gap) < best.height(gap):
            best = arrangement
    assert best is not None
    return best


class CardGrid(Layout):
    """Lays out its cards in reading order, mirrored where the language is; as high as they need.

    `room` is the height that would be good to fill: rows grow up to `tallest` to fill it.
    """

    room = NumericProperty(0)
    tallest = NumericProperty(0)
    columns = ObjectProperty((1, 2))
    keeps_height = False  # whether it fills the height that it is given from the top
    narrowest = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(size_hint_y=None, **kwargs)
        update = self._trigger_layout
        self.bind(width=update, pos=update, room=update, columns=update, children=update)
        theme.bind(**dict.fromkeys(("rtl", "body", "gap", "target"), self._theme_changed))

    def _theme_changed(self, *_: Any) -> None:
        self._trigger_layout()

    def do_layout(self, *_: Any) -> None:
        """Place the cards and take the height that they need."""
        cards = list(reversed(self.children))
        if not cards and not self.keeps_height:
            self.height = 0.0
        # Narrower than two fingers it is on no screen; another height would bring another width.
        if not cards or self.width < 2 * theme.target:
            return
        gap = float(theme.gap)
        plan = arrange(
            lambda width: [card.needed_height(width) for card in cards],
            len(cards),
            self.width,
            self.room,
            gap,
            self.columns,
            max([self.narrowest, *(c.least_width for c in cards if isinstance(c, ChoiceCard))]),
        )
        rows = self._grown(plan, gap)
        if not self.keeps_height:
            self.height = sum(rows) + gap * (len(rows) - 1)
        width = (self.width - gap * (plan.columns - 1)) / plan.columns
        top = float(self.top)
        for row, high in enumerate(rows):
            for place, card in enumerate(cards[row * plan.columns : (row + 1) * plan.columns]):
                across = plan.columns - 1 - place if theme.rtl else place
                card.size = (width, high)
                card.pos = (self.x + across * (width + gap), top - high)
            top -= high + gap

    def _grown(self, plan: Arrangement, gap: float) -> tuple[float, ...]:
        """The rows raised to one level, the highest that the room and `tallest` allow.

        A row that needs more stands above it.
        """
        left, rows = self.room - gap * (len(plan.rows) - 1), len(plan.rows)
        level = left / rows
        for height in sorted(plan.rows, reverse=True):
            if height <= level:
                break
            left, rows = left - height, rows - 1
            level = left / rows if rows else 0
        level = min(level, self.tallest)
        return tuple(max(height, level) for height in plan.rows)


load_beside(__file__)
