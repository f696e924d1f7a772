"""Choosing among many: a field to write in, and what fits, as one writes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from forms.engine import Choice, Kind, Step
from kiosk.finding import Finder
from kiosk.kv import load_beside
from kiosk.language import RIGHT_TO_LEFT, base, tr
from kiosk.theme.drawing import Pen
from kiosk.theme.theme import theme
from kiosk.widgets import choices
from kiosk.widgets import paged as paged  # its kv rule draws with it
from kiosk.widgets.answer import Setting
from kiosk.widgets.cards import CardGrid, ChoiceCard, round_words
from kiosk.widgets.field import AnswerField
from kiosk.widgets.layouts import Action, Layout, layouts_for
from kiosk.widgets.written import Written

MANY = 30  # choices; more than these are searched
SMALL_KEYBOARD_MM = 43  # on a small panel: four rows of keys, and results to see above them
LEAST_LETTERS = 8  # how many letters' heights a card is wide that stands beside another
MOSTLY_SEEN = 10  # cards at once
_KEPT = 4  # lists that were made ready for searching; they are the form's own

describe = choices.describe


class Searched(Written):
    """One or several of a long list.

    Nothing typed: what is chosen stands first, then the list in its own order. Only as many cards
    are made as can be seen.
    """

    keeps_question = False

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        self.several = step.kind is Kind.SELECT_MULTIPLE
        self._choices = step.choices
        self._finder: Finder | None = None
        field = AnswerField(
            multiline=False,
            rtl=base(setting.language) in RIGHT_TO_LEFT,
            placeholder=tr._("Écrivez pour chercher"),
            said=tr._("Chercher dans la liste"),
            size_hint_x=1,
        )
        self.results = Results(several=self.several)
        layouts = tuple(without_accents(layout) for layout in layouts_for(setting.language))
        super().__init__(step, value, setting, field=field, layouts=layouts, **kwargs)
        self.add_widget(self.results, index=len(self.children) - 1)
        self.results.bind(on_choice=lambda _, name: self.choose(name))
        self.bind(height=self.settle)
        self.settle()
        self._search()
        Clock.schedule_once(lambda _: self.finder)  # before the first letter comes

    @property
    def least(self) -> float:
        """The field, and results to see while one writes."""
        line = max(float(theme.target), self.field.height_for(1))
        return line + theme.gap + self.results.least

    @property
    def barest(self) -> float:
        """Without results to see, writing leads nowhere."""
        return self.least

    @property
    def finder(self) -> Finder:
        """What searches the list; made once for lists that are the same for everybody."""
        if self._finder is None:
            self._finder = _finder_of(self._choices)
        return self._finder

    @property
    def news(self) -> str:
        """How many fit what was typed, to be heard after each letter."""
        if not self.field.text.strip():
            return ""
        if not self.results.count:
            return str(tr._("Rien ne correspond. Écrivez autrement."))
        return str(tr.plural("{n} choix", "{n} choix", self.results.count))

    def choose(self, name: str) -> None:
        """Take this one, or take it away again."""
        if self.several:
            chosen = self.value.split()
            if name in chosen:
                chosen.remove(name)
            else:
                wanted = {*chosen, name}
                chosen = [choice.name for choice in self._choices if choice.name in wanted]
            self.give(" ".join(chosen))
        else:
            self.give("" if self.value == name else name)
        self.results.taken = self.value

    def written(self, text: str) -> None:
        """Another letter: show what fits now."""
        self._search()

    def get_ready(self) -> bool:
        """One more card, up to as many as are mostly seen."""
        return self.results.make_card(min(MOSTLY_SEEN, len(self._choices)))

    def leave(self) -> None:
        """Give back the keyboard, and what searches the list, which serves the next person."""
        super().leave()
        if self._finder is not None:
            self._finder.forget()

    def forget(self) -> None:
        """Leave nothing of what was sought or chosen."""
        self.leave()
        super().forget()
        self.results.forget()

    def settle(self, *_: Any) -> None:
        """The field takes one line; the results all the room that is left."""
        self.keyboard.room = theme.mm(SMALL_KEYBOARD_MM) if theme.compact else 0
        super().settle()
        self.line.height = max(float(theme.target), self.field.height_for(1))
        room = self.room - self.line.height - theme.gap
        if self.setting.among_others:
            room = theme.target * 3 + theme.gap * 2
        self.results.height = max(self.results.least, room)

    def _search(self) -> None:
        typed = self.field.text.strip()
        if typed:
            self.results.show(self._choices, self.finder.find(typed), self.value)
            return
        chosen = set(self.value.split())
        order: Sequence[int] = range(len(self._choices))
        if chosen:
            first = [at for at in order if self._choices[at].name in chosen]
            taken = set(first)
            order = [*first, *(at for at in order if at not in taken)]
        self.results.show(self._choices, order, self.value)


def without_accents(layout: Layout) -> Layout:
    """A layout without its row of accents: what is sought is found without them.

    Its page of signs keeps digits and as many rows as there are of letters.
    """
    letters = layout.letters
    # Arabic's first row has vowel signs and letters with a hamza: both are found without.
    if layout.rtl or all(key.width < 1 or key.action is Action.VARIANT for key in letters[0]):
        letters = letters[1:]
    signs = layout.signs
    if len(signs) > len(letters):
        signs = (signs[0], *signs[1 + len(signs) - len(letters) :])
    return replace(layout, letters=letters, signs=signs, variants={})


class Results(BoxLayout):
    """As many of the choices found as there is room for, a page at a time.

    Events:
        on_choice: One was touched; its name comes with it.
    """

    several = BooleanProperty(False)
    taken = StringProperty()
    told = StringProperty()
    at_top = BooleanProperty(True)
    at_end = BooleanProperty(True)
    pages = BooleanProperty(False)
    first = NumericProperty(0)

    __events__ = ("on_choice",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(size_hint_y=None, **kwargs)
        self._choices: Sequence[Choice] = ()
        self._found: Sequence[int] = ()  # places in the list
        self._shown = 0
        self._before: list[int] = []  # where the pages before began
        self._cards: list[ChoiceCard] = []
        self._fill_soon = Clock.create_trigger(self._fill, -1)
        self.ids.grid.bind(size=self._fill_soon, pos=self._fill_soon)
        theme.bind(body=self._theme_changed)

    @property
    def least(self) -> float:
        """One line of words, whole: less than that is not worth looking at."""
        return self._line(theme.lesser if theme.cramped else theme.body)

    @property
    def count(self) -> int:
        """How many there are, seen or not."""
        return len(self._found)

    @property
    def cards(self) -> dict[str, ChoiceCard]:
        """Those that can be seen, by name."""
        self._fill_soon.cancel()
        self._fill()
        return {card.name: card for card in self._cards[: self._shown]}

    def show(self, choices: Sequence[Choice], found: Sequence[int], taken: str) -> None:
        """Show those at these places of the list, from the first."""
        self._choices, self._found, self._before = choices, found, []
        self.first = 0
        self.taken = taken
        self._fill_soon()

    def forget(self) -> None:
        """Show nothing."""
        self.show((), (), "")
        self._fill()

    def turn(self, direction: int) -> None:
        """The next page (1), or the one before (-1)."""
        if direction > 0 and self.first + self._shown < len(self._found):
            self._before.append(int(self.first))
            self.first += self._shown
        elif direction < 0 and self._before:
            self.first = self._before.pop()
        self._fill_soon()

    def on_choice(self, name: str) -> None:
        """One was touched."""

    def on_taken(self, *_: Any) -> None:
        """Mark what is taken."""
        taken = set(self.taken.split())
        for card in self._cards:
            card.taken = card.name in taken

    def _theme_changed(self, *_: Any) -> None:
        self._fill_soon()

    def make_card(self, most: int) -> bool:
        """One more, if there are fewer than that; says whether there were."""
        made = len(self._cards) < most
        if made:
            self._card(len(self._cards))
        return made

    def _card(self, number: int) -> ChoiceCard:
        while len(self._cards) <= number:
            card = ChoiceCard()
            if self.several:
                card.mark_off, card.mark_on = "square", "check-square"
            card.bind(on_release=lambda card: self.dispatch("on_choice", card.name))
            self._cards.append(card)
        return self._cards[number]

    def _fill(self, *_: Any) -> None:
        """Row after row, as long as there is room; always one."""
        grid = self.ids.grid
        columns = 1 if grid.width < max(theme.mm(110), 2 * LEAST_LETTERS * theme.body) else 2
        width = (grid.width - theme.gap * (columns - 1)) / columns
        room, used, shown = grid.height, 0.0, 0
        while self.first + shown < len(self._found):
            row = [
                self._written_card(shown + place)
                for place in range(columns)
                if self.first + shown + place < len(self._found)
            ]
            high = max(card.needed_height(width) for card in row)
            if shown and used + high > room + 1:
                break
            used += high + theme.gap
            shown += len(row)
        self._shown = shown
        wanted = self._cards[:shown]
        if list(reversed(grid.children)) != wanted:
            grid.clear_widgets()
            for card in wanted:
                grid.add_widget(card)
        grid.columns = (columns,)
        self.on_taken()
        self.at_top = not self._before
        self.at_end = self.first + shown >= len(self._found)
        self.pages = not (self.at_top and self.at_end)
        self.told = "" if self._found else tr._("Rien ne correspond. Écrivez autrement.")

    def _line(self, letters: float) -> float:
        """How high a card with one line is."""
        return max(float(theme.target), Pen(letters).line_height + round_words())

    def _letters(self) -> float:
        """A size below the person's choice where field, keyboard and one choice fill the panel."""
        cramped = theme.cramped and self.height < self._line(theme.body)
        return float(theme.lesser if cramped else theme.body)

    def _written_card(self, number: int) -> ChoiceCard:
        card = self._card(number)
        choice = self._choices[self._found[self.first + number]]
        card.name, card.text = choice.name, choice.label or choice.name
        card.fitted = self._letters()
        return card


_finders: list[tuple[Any, Finder]] = []


def _finder_of(listed: Any) -> Finder:
    """Lists that are the same for everybody are the form's own: the last few are kept.

    A list that was filtered, a plain tuple, tells what somebody answered, and goes with them.
    """
    for known, finder in _finders:
        if known is listed:
            return finder
    finder = Finder([choice.label or choice.name for choice in listed])
    if isinstance(listed, tuple):
        return finder
    _finders.append((listed, finder))
    del _finders[:-_KEPT]
    return finder


class ResultGrid(CardGrid):
    """The cards of one page; it has the height that it is given."""

    keeps_height = True


load_beside(__file__)
