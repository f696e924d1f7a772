"""Majority judgment: each option in turn is given a mention; all of them stay in sight.

A mention given leads to the next option without one. A touch on an option comes back to it.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from forms.engine import Step
from kiosk.access.spoken import choices_of, recorded
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.speech.parts import Part
from kiosk.theme.drawing import Pen
from kiosk.theme.theme import theme
from kiosk.widgets.cards import CardGrid
from kiosk.widgets.methods.group import Asked, GroupAnswer
from kiosk.widgets.touch import Row, Tap


class Mention(Tap):
    """One mention that can be given to the option at hand."""

    option = StringProperty()  # what it says that it would be given to
    name = StringProperty()
    text = StringProperty()
    worth = NumericProperty(0)  # from 0, the worst, to 1, the best
    taken = BooleanProperty(False)

    @property
    def least_width(self) -> float:
        """How wide it must be not to break a word."""
        measure = Pen(self.ids.words.font_size, bold=True).measure
        longest = max((measure(word) for word in self.text.split()), default=0.0)
        return float(longest + self._beside + theme.mm(1))

    @property
    def _beside(self) -> float:
        gauge = 0 if theme.compact else theme.mm(6) + self.spacing
        return float(self.padding[0] + self.padding[2] + gauge)

    def needed_height(self, width: float) -> float:
        """As high as its words at this width."""
        words = self.ids.words
        inner = width - self._beside
        return max(float(theme.target), words.height_at(max(1.0, inner)) + theme.mm(3))


class Judged(Tap):
    """One option on the list, with the mention that it was given."""

    ref = StringProperty()
    text = StringProperty()
    mention = StringProperty()
    worth = NumericProperty(0)
    current = BooleanProperty(False)

    def needed_height(self, width: float) -> float:
        """As high as its words and its mention at this width."""
        beside = self.padding[0] + self.padding[2] + self.spacing + self.ids.gauge.width
        inner = max(1.0, width - beside)
        words = self.ids.words.height_at(inner) + self.ids.mention.height_at(inner, tr._("À juger"))
        return max(float(theme.target), words + theme.mm(3))


class Chip(Tap):
    """One option as its number, with the mention that it was given, as a gauge."""

    ref = StringProperty()
    text = StringProperty()
    number = StringProperty()
    mention = StringProperty()
    worth = NumericProperty(0)
    current = BooleanProperty(False)


class Chips(Row):
    """Chips in a row, as far as they fit; none where they do not."""


class MentionGrid(CardGrid):
    """Mentions in reading order, side by side where their longest word has room."""

    def do_layout(self, *args: Any) -> None:
        """Find how narrow a mention may be, then lay out."""
        self.narrowest = max((card.least_width for card in self.children), default=0)
        super().do_layout(*args)


class Gauge(Widget):
    """How good a mention is, as a bar: never by colour alone."""

    worth = NumericProperty(0)


class MajorityJudgment(GroupAnswer):
    """Select-ones of one group over one list of mentions, the best first."""

    at = NumericProperty(0)

    def __init__(self, asked: Asked, **kwargs: Any) -> None:
        super().__init__(asked, **kwargs)
        self.spacing = theme.gap
        self.options: dict[str, Judged | Chip] = {}
        self.cards: dict[str, Mention] = {}
        self.named = Named()
        self.chips: Chips | None = None
        self._seen = {0}
        if theme.large and theme.width_mm > theme.height_mm:
            self._lay_out_all()
        else:
            self._lay_out_one()
        self.at = self._first_open()
        self._show()

    # --- layouts --------------------------------------------------------------------------------

    def _lay_out_one(self) -> None:
        """One option with its mentions; below, a chip for each option, or a list of them."""
        self.add_widget(self.named)
        grid = MentionGrid()
        self.add_widget(grid)
        self._add_mentions(grid)
        fill = partial(self._fill, grid)
        self.bind(room=fill)
        self.named.bind(height=fill)
        steps = self.asked.questions
        across = theme.mm(theme.width_mm) - 2 * theme.margin
        upright = theme.height_mm > theme.width_mm
        if upright or len(steps) * (theme.target + theme.gap) > across:
            self._add_options(CardGrid(columns=(2, 1)), self)
            return
        self.chips = self.standing = Chips()
        for place, step in enumerate(steps, 1):
            chip = Chip(ref=step.ref, text=step.label, number=str(place))
            chip.bind(on_release=lambda chip: self.go_to(chip.ref))
            self.options[step.ref] = chip
            self.chips.add_widget(chip)

    def _lay_out_all(self) -> None:
        """All options at the start of the line, the mentions at its end."""
        row = Row(size_hint_y=None, spacing=theme.gap * 2)
        left, right = Side(), Side()
        options = CardGrid(columns=(1,))
        mentions = MentionGrid()
        self._add_options(options, left)
        right.add_widget(self.named)
        right.add_widget(mentions)
        for column in (left, right):
            row.add_widget(column)
            column.bind(minimum_height=lambda *_: self._fit(row, left, right))
        fill = partial(self._fill, mentions)
        self.bind(room=fill)
        self.bind(room=options.setter("room"))
        self.named.bind(height=fill)
        self.add_widget(row)
        self._add_mentions(mentions)

    def _add_options(self, grid: CardGrid, to: Widget) -> None:
        for step in self.asked.questions:
            option = Judged(ref=step.ref, text=step.label)
            option.bind(on_release=lambda option: self.go_to(option.ref))
            self.options[step.ref] = option
            grid.add_widget(option)
        to.add_widget(grid)

    def _add_mentions(self, grid: CardGrid) -> None:
        choices = self.asked.questions[0].choices
        last = max(1, len(choices) - 1)
        for place, choice in enumerate(choices):
            card = Mention(name=choice.name, text=choice.label, worth=1 - place / last)
            card.bind(on_release=lambda card: self.judge(card.name))
            self.cards[choice.name] = card
            grid.add_widget(card)

    def _fit(self, row: Widget, *columns: Widget) -> None:
        row.height = max(column.minimum_height for column in columns)

    def _fill(self, mentions: CardGrid, *_: Any) -> None:
        mentions.room = max(0, self.room - self.named.height - theme.gap)

    # --- judging --------------------------------------------------------------------------------

    @property
    def step(self) -> Step:
        """The option that is judged."""
        return self.asked.questions[int(self.at)]

    def judge(self, name: str) -> None:
        """Give the option this mention, or take it away; then on to the next one without."""
        ref = self.step.ref
        if self.values.get(ref) == name:
            self.give(ref, "")
        else:
            self.give(ref, name)
            self.at = self._next_open()
        self._show()

    def go_to(self, ref: str) -> None:
        """Judge this option now."""
        refs = [step.ref for step in self.asked.questions]
        self.at = refs.index(ref)
        self._show()

    def advance(self) -> bool:
        """Where only one option is shown, one that was never seen comes first."""
        unseen = [at for at in range(len(self.asked.questions)) if at not in self._seen]
        if self.chips is None or not unseen:
            return False
        self.at = unseen[0]
        self._show()
        return True

    def renew(self, asked: Asked) -> None:
        """Show the mentions as they are now."""
        super().renew(asked)
        self._show()

    def first_seen(self, ref: str) -> Widget | None:
        """The option itself; where only one is shown, it is shown now."""
        self.go_to(ref)
        return None if self.chips else self.options.get(ref)

    def spoken_parts(self, media: Mapping[str, bytes]) -> list[Part]:
        """The option that is judged, and the mentions."""
        return [recorded(self.step.media, self.step.label, media), *choices_of(self.step, media)]

    def _first_open(self) -> int:
        refs = [step.ref for step in self.asked.questions]
        return next((at for at, ref in enumerate(refs) if not self.values.get(ref)), 0)

    def _next_open(self) -> int:
        """The next option without a mention, from here on and round; else stay."""
        count, here = len(self.asked.questions), int(self.at)
        for at in (*range(here + 1, count), *range(here)):
            if not self.values.get(self.asked.questions[at].ref):
                return at
        return here

    def _show(self) -> None:
        self._seen.add(int(self.at))
        step, value = self.step, self.values.get(self.step.ref, "")
        self.named.text = step.label
        for name, card in self.cards.items():
            card.option = step.label
            card.taken = name == value
        for ref, option in self.options.items():
            given = self.cards.get(self.values.get(ref, ""))
            option.mention = given.text if given else ""
            option.worth = given.worth if given else 0
            option.current = ref == step.ref


class Named(BoxLayout):
    """The option that is judged, in large letters."""

    text = StringProperty()


class Side(BoxLayout):
    """Things one under the other, as high as they need, at the top of their place."""


load_beside(__file__)
