"""One widget for each kind of question; all hold their answer as the form writes it.

`answer_widget` picks the widget for a step, but for those that need the keyboard: these stay in
sight at the bottom, below the question (`kiosk.widgets.typed`).
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from kivy.properties import (
    BooleanProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.boxlayout import BoxLayout

from forms.engine import Choice, Kind, Step
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.theme.icons import has_icon
from kiosk.theme.theme import theme
from kiosk.widgets.cards import CardGrid, ChoiceCard
from kiosk.widgets.touch import Tap


class Answer(BoxLayout):
    """Base: shows `value`, and dispatches `on_given` with a new one when the person gives it.

    `room` is the height that it would be good to fill.
    """

    value = StringProperty()
    room = NumericProperty(0)
    step = ObjectProperty(None)

    __events__: tuple[str, ...] = ("on_given",)

    def __init__(self, step: Step, value: str, **kwargs: Any) -> None:
        super().__init__(orientation="vertical", size_hint_y=None, **kwargs)
        self.bind(minimum_height=self.setter("height"))
        self.step = step
        self.value = value

    def give(self, value: str) -> None:
        """Take this as the answer."""
        self.value = value
        self.dispatch("on_given", value)

    def on_given(self, value: str) -> None:
        """The person gave this answer."""

    def leave(self) -> None:
        """The question is left: give back what is shared with the next one."""

    def forget(self) -> None:
        """Let go of what was answered."""
        self.value = ""


class Chosen(Answer):
    """One or several of a list, as cards."""

    def __init__(self, step: Step, value: str, **kwargs: Any) -> None:
        super().__init__(step, value, **kwargs)
        self.grid = CardGrid()
        self.bind(room=self.grid.setter("room"))
        self.add_widget(self.grid)
        self.cards: dict[str, ChoiceCard] = {}
        for choice in step.choices:
            card = self._card(choice)
            card.bind(on_release=lambda card: self.choose(card.name))
            self.cards[choice.name] = card
            self.grid.add_widget(card)
        self.grid.columns = _columns(len(step.choices))
        self._show()

    def choose(self, name: str) -> None:
        """The person touched this choice."""
        raise NotImplementedError

    def _card(self, choice: Choice) -> ChoiceCard:
        icon = choice.columns.get("icon", "")
        return ChoiceCard(name=choice.name, text=choice.label, icon=icon if has_icon(icon) else "")

    def _show(self) -> None:
        taken = set(self.value.split())
        for name, card in self.cards.items():
            card.taken = name in taken


class ChosenOne(Chosen):
    """Select one: a second touch takes the choice away again."""

    def choose(self, name: str) -> None:
        """Take this choice instead of the other, or none."""
        self.give("" if self.value == name else name)
        self._show()


class ChosenSeveral(Chosen):
    """Select multiple: each touch adds or takes away, in the order of the list."""

    def _card(self, choice: Choice) -> ChoiceCard:
        card = super()._card(choice)
        card.mark_off, card.mark_on = "square", "check-square"
        return card

    def choose(self, name: str) -> None:
        """Add this choice, or take it away."""
        taken = set(self.value.split()) ^ {name}
        self.give(" ".join(other for other in self.cards if other in taken))
        self._show()


class Ranked(Chosen):
    """Rank: touched in order, the first first; the last one takes the last place itself."""

    def choose(self, name: str) -> None:
        """Give this choice the next place, or take its place away from it."""
        order = self.value.split()
        if name in order:
            order.remove(name)
        else:
            order.append(name)
            remaining = [other for other in self.cards if other not in order]
            if len(remaining) == 1:
                order += remaining
        self.give(" ".join(order))
        self._show()

    def _show(self) -> None:
        order = self.value.split()
        for name, card in self.cards.items():
            card.taken = name in order
            card.badge = str(order.index(name) + 1) if name in order else ""


class Triggered(Answer):
    """Trigger: one card to touch, to say that one has read or agrees."""

    def __init__(self, step: Step, value: str, **kwargs: Any) -> None:
        super().__init__(step, value, **kwargs)
        self.card = ChoiceCard(
            name="OK", text=tr._("J’ai lu"), mark_off="square", mark_on="check-square"
        )
        self.card.bind(on_release=self._toggle)
        grid = CardGrid(columns=(1,))
        self.bind(room=grid.setter("room"))
        grid.add_widget(self.card)
        self.add_widget(grid)
        self.card.taken = bool(value)

    def _toggle(self, *_: Any) -> None:
        self.give("" if self.value else "OK")
        self.card.taken = bool(self.value)


class NumberKey(Tap):
    """One number on a line of numbers."""

    text = StringProperty()
    taken = BooleanProperty(False)

    def needed_height(self, width: float) -> float:
        """A little higher than its number, whatever the width."""
        return max(float(theme.target), theme.body * 1.7)


class NumberLine(Answer):
    """Range: every number a key where they all fit, else one number with less and more.

    The form's `start`, `end` and `step` are kept exactly (ODK XForms, range).
    """

    keys = ListProperty()

    def __init__(self, step: Step, value: str, **kwargs: Any) -> None:
        super().__init__(step, value, **kwargs)
        bounds = step.bounds
        assert bounds is not None, f"{step.ref} is a range without bounds"
        self.numbers = numbers_between(bounds.start, bounds.end, bounds.step)
        if len(self.numbers) <= self._most_keys():
            self.spacing = theme.gap
            grid = NumberGrid()
            self.bind(room=grid.setter("room"))
            for number in self.numbers:
                key = NumberKey(text=number)
                key.bind(on_release=lambda key: self.choose(key.text))
                self.keys.append(key)
                grid.add_widget(key)
            self.add_widget(grid)
        else:
            self.stepper = Stepper(value=value, invitation=tr._("Touchez + ou −"))
            self.stepper.bind(on_step=lambda _, by: self.move(by))
            self.add_widget(self.stepper)
        self._show()

    def _most_keys(self) -> int:
        """Eleven, from 0 to 10; on a small panel no more than stand in one row."""
        in_a_row = (theme.mm(theme.width_mm) - 2 * theme.margin) // (theme.target + theme.gap)
        return min(11, int(in_a_row)) if theme.compact else 11

    def choose(self, number: str) -> None:
        """Take this number, or none if it was taken."""
        self.give("" if self.value == number else number)
        self._show()

    def move(self, by: int) -> None:
        """So many numbers further; the first move lands in the middle of the line."""
        if self.value in self.numbers:
            at = max(0, min(len(self.numbers) - 1, self.numbers.index(self.value) + by))
        else:
            at = len(self.numbers) // 2
        self.give(self.numbers[at])
        self._show()

    def _show(self) -> None:
        for key in self.keys:
            key.taken = key.text == self.value
        if not self.keys:
            self.stepper.value = self.value


def numbers_between(start: Decimal, end: Decimal, step: Decimal) -> tuple[str, ...]:
    """Every number of a range as the form writes it, in the range's own order.

    A step that does not lead from start to end, or more than ten thousand numbers, is cut short.
    """
    size = abs(step) or Decimal(1)
    direction = 1 if end >= start else -1
    count = min(int(abs(end - start) / size), 10_000)
    return tuple(plain_number(start + direction * size * at) for at in range(count + 1))


def plain_number(number: Decimal) -> str:
    """Without exponent or trailing zeros: 10, 2.5."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class NumberGrid(CardGrid):
    """The keys of a number line, in as few rows as keep each key a full target wide."""

    def do_layout(self, *args: Any) -> None:
        """Choose the columns by the width, then lay out."""
        count = len(self.children)
        fitting = max(1, int((self.width + theme.gap) // (theme.target + theme.gap)))
        rows = -(-count // fitting) or 1
        self.columns = (-(-count // rows) or 1,)
        super().do_layout(*args)


class Stepper(BoxLayout):
    """Less, the value, more; `caption` says what is stepped."""

    value = StringProperty()
    caption = StringProperty()
    invitation = StringProperty("–")  # shown while there is no value

    __events__ = ("on_step",)

    def on_step(self, by: int) -> None:
        """The person touched less (-1) or more (1)."""


class DateSteps(Answer):
    """Date: day, month and year, each with less and more; begins at today."""

    def __init__(self, step: Step, value: str, *, today: date, **kwargs: Any) -> None:
        super().__init__(step, value, **kwargs)
        self.spacing = theme.gap
        self._today = today
        captions = (tr._("Jour"), tr._("Mois"), tr._("Année"))
        row = StepperRow()
        self.steppers = tuple(Stepper(caption=caption) for caption in captions)
        for place, stepper in enumerate(self.steppers):
            stepper.bind(on_step=lambda _, by, place=place: self.move(place, by))
            row.add_widget(stepper)
        self.add_widget(row)
        self._show()

    def move(self, place: int, by: int) -> None:
        """Change day (0), month (1) or year (2); the first touch only shows today's date."""
        if not self.value:
            self.give(self._today.isoformat())
        else:
            self.give(moved(date.fromisoformat(self.value[:10]), place, by).isoformat())
        self._show()

    def _show(self) -> None:
        if not self.value:
            shown = ("", "", "")
        else:
            day = date.fromisoformat(self.value[:10])
            shown = (str(day.day), tr.month(day, short=bool(theme.compact)), str(day.year))
        for stepper, text in zip(self.steppers, shown, strict=True):
            stepper.value = text


class StepperRow(BoxLayout):
    """Steppers side by side, mirrored where the language is."""


def moved(day: date, place: int, by: int) -> date:
    """That date with its day (0), month (1) or year (2) moved, to a day that there is."""
    if place == 0:
        try:
            return date.fromordinal(day.toordinal() + by)
        except (ValueError, OverflowError):
            return day
    months = day.year * 12 + day.month - 1 + (by if place == 1 else 12 * by)
    year, month = divmod(months, 12)
    if not date.min.year <= year <= date.max.year:
        return day
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


def is_number(text: str, kind: Kind) -> bool:
    """Whether that is a number as the form wants it."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return number.is_finite() and (kind is not Kind.INTEGER or number == int(number))


TYPED = frozenset({Kind.TEXT, Kind.INTEGER, Kind.DECIMAL})


def answer_widget(step: Step, value: str, *, today: date) -> Answer | None:
    """The widget for a step that is not typed; None for a note, or a kind that has none yet."""
    simple = {
        Kind.SELECT_ONE: ChosenOne,
        Kind.SELECT_MULTIPLE: ChosenSeveral,
        Kind.RANK: Ranked,
        Kind.RANGE: NumberLine,
        Kind.TRIGGER: Triggered,
    }
    if step.kind in simple:
        return simple[step.kind](step, value)
    if step.kind is Kind.DATE:
        return DateSteps(step, value, today=today)
    return None


def _columns(count: int) -> Sequence[int]:
    """How many columns choices may stand in, the preferred first."""
    if count <= 3 or theme.width_mm < 120:
        return (1, 2, 3)
    return (2, 1, 3) if theme.width_mm < 300 else (2, 3, 1)


def describe(step: Step, value: str) -> str:
    """An answer in words, as the review tells it; "" where there is none."""
    if not value:
        return ""
    if step.kind in (Kind.SELECT_ONE, Kind.SELECT_MULTIPLE, Kind.RANK):
        labels = {choice.name: choice.label for choice in step.choices}
        chosen = [labels.get(name, name) for name in value.split()]
        if step.kind is Kind.RANK:
            return "\n".join(f"{place}. {label}" for place, label in enumerate(chosen, 1))
        return "\n".join(chosen)
    if step.kind is Kind.TRIGGER:
        return tr._("J’ai lu")
    if step.kind is Kind.DATE:
        return tr.date(date.fromisoformat(value[:10]))
    return value


load_beside(__file__)
