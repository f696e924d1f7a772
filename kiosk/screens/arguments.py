"""Cards for and against, and facts: what there is to read before answering.

As many at a time as can be seen at once: those for beside those against where the panel is wide
enough, otherwise one after the other.
"""

from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Any

from kivy.clock import Clock
from kivy.properties import NumericProperty, StringProperty

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.pause import pause
from kiosk.speech.parts import Part, Speech
from kiosk.theme.theme import theme
from kiosk.widgets.cards import CardGrid as CardGrid
from kiosk.widgets.page import Page
from kiosk.widgets.touch import Row
from sync.consultation import Card, Side

ICONS = {Side.FOR: "thumbs-up", Side.AGAINST: "thumbs-down", Side.FACT: "info"}


def side_name(side: Side) -> str:
    """What a card speaks for, in the person's language."""
    names = {Side.FOR: tr._("Pour"), Side.AGAINST: tr._("Contre"), Side.FACT: tr._("À savoir")}
    return names[side]


class Argument(Row):
    """One card: what it speaks for, by sign and word, its title and its text."""

    icon = StringProperty()
    side = StringProperty()
    heading = StringProperty()
    text = StringProperty()
    inset = NumericProperty(0)

    def needed_height(self, width: float) -> float:
        """How high it must be to show all its words at this width."""
        ids, inner = self.ids, width - 2 * self.inset
        parts = (ids.heading.height_at(inner), ids.words.height_at(inner))
        return float(ids.head.height + sum(parts) + ids.column.spacing * 2 + 2 * self.inset)


def rows_of(cards: Sequence[Card], columns: int) -> list[list[Card]]:
    """The cards in rows: each argument beside one of the other side, facts after them."""
    sides = {side: [card for card in cards if card.side is side] for side in Side}
    pairs = zip_longest(sides[Side.FOR], sides[Side.AGAINST])
    rows = [[card for card in pair if card is not None] for pair in pairs]
    rows += [[card] for card in sides[Side.FACT]]
    return rows if columns > 1 else [[card] for card in chain.from_iterable(rows)]


def fill_pages(heights: Sequence[float], room: float, gap: float) -> list[range]:
    """Which rows go on each page: as many as fit, and at least one."""
    pages: list[range] = []
    first, used = 0, 0.0
    for at, height in enumerate(heights):
        if at > first and used + gap + height > room:
            pages.append(range(first, at))
            first, used = at, 0.0
        used += height + (gap if at > first else 0)
    return [*pages, range(first, len(heights))]


class ArgumentsScreen(Page):
    """The cards of the consultation's notice, a page at a time."""

    def __init__(self, **kwargs: Any) -> None:
        self._at = 0
        self._pages: list[list[list[Card]]] = []
        super().__init__(**kwargs)
        self._arrange_soon = Clock.create_trigger(self._arrange, -1)
        self.ids.paged.bind(viewport=self._arrange_soon, width=self._arrange_soon)
        self.ids.paged.bind(more_below=self._name_next)
        theme.bind(body=self._theme_changed)

    def enter(self) -> None:
        """Show the first cards."""
        self.back_text = tr._("Retour")
        self._at = 0
        self._arrange()

    def say(self) -> str:
        """Each card on the screen: its side, its title, its text."""
        cards = chain.from_iterable(self._pages[self._at]) if self._pages else ()
        return " ".join(f"{side_name(card.side)}. {card.title}. {card.text}" for card in cards)

    def spoken(self) -> Sequence[Part]:
        """The same, the cards in the language that they are written in."""
        said: list[Part] = []
        for card in chain.from_iterable(self._pages[self._at] if self._pages else ()):
            said.append(Speech(side_name(card.side), tr.language))
            said += [Speech(text, tr.asked) for text in (card.title, card.text) if text]
        return said

    def go_on(self) -> None:
        """The rest of a long card, the next cards, or the first question."""
        if self.ids.paged.more_below:
            self.ids.paged.turn(1)
        elif self._at + 1 < len(self._pages):
            self._at += 1
            self._turn_page()
        else:
            self.kiosk.journey.begin_questions()
            self.kiosk.show()

    def go_back(self) -> None:
        """The cards before, or the notice."""
        if self._at > 0:
            self._at -= 1
            self._turn_page()
        else:
            self.kiosk.back()

    def _theme_changed(self, *_: Any) -> None:
        self._arrange_soon()

    def _arrange(self, *_: Any) -> None:
        """Put the cards on pages, as many as fit; what was read first stays in sight."""
        if self.kiosk is None or self.kiosk.page is not self:
            return
        cards = self.kiosk.offer.arguments(tr.language)
        paged, gap = self.ids.paged, float(theme.gap)
        width = paged.width
        columns = 2 if width > theme.body * 26 else 1
        rows = rows_of(cards, columns)
        across = (width - gap * (columns - 1)) / columns
        made = {id(card): self._made(card) for card in cards}
        heights = [max(made[id(card)].needed_height(across) for card in row) for row in rows]
        before = self._pages[self._at][0] if self._at < len(self._pages) else []
        found = fill_pages(heights, paged.viewport, gap)
        self._pages = [[rows[at] for at in page] for page in found] if rows else []
        self._at = next(
            (at for at, page in enumerate(self._pages) if before and before[0] in chain(*page)), 0
        )
        self.ids.grid.columns = (columns, 1) if columns > 1 else (1,)
        self._show()

    def _made(self, card: Card) -> Argument:
        return Argument(
            icon=ICONS[card.side], side=side_name(card.side), heading=card.title, text=card.text
        )

    def _show(self) -> None:
        grid = self.ids.grid
        grid.clear_widgets()
        self.ids.paged.to_top()
        for card in chain.from_iterable(self._pages[self._at] if self._pages else ()):
            grid.add_widget(self._made(card))
        of = len(self._pages)
        self.place = tr._("{n} sur {total}").format(n=self._at + 1, total=of) if of > 1 else ""
        self._name_next()

    def _turn_page(self) -> None:
        """Other cards, which say themselves to those who listen."""
        pause.changed()
        self._show()
        self.kiosk.ear.opened()

    def _name_next(self, *_: Any) -> None:
        more = self.ids.paged.more_below or self._at + 1 < len(self._pages)
        self.next_text = tr._("Voir la suite") if more else tr._("Je commence")


load_beside(__file__)
