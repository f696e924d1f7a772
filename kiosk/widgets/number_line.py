"""Range questions: a line of numbers to touch, or one number with less and more."""

from decimal import Decimal
from typing import Any

from kivy.properties import BooleanProperty, ListProperty, StringProperty

from forms.engine import Step
from kiosk.access.bounds import between
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.cards import CardGrid
from kiosk.widgets.pad import CardPad, NumberPad
from kiosk.widgets.stepper import Stepper
from kiosk.widgets.touch import Tap
from kiosk.widgets.words import Words


class NumberKey(Tap):
    """One number on a line of numbers."""

    text = StringProperty()  # as the form writes it
    shown = StringProperty()  # as the language does
    taken = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shown = tr.number(Decimal(self.text))

    def needed_height(self, width: float) -> float:
        """A little higher than its number, whatever the width."""
        return max(float(theme.target), theme.body * 1.7)


class StarKey(NumberKey):
    """One star of a rating; it shines when it or one after it is taken."""


MOST_KEYS = 11  # from 0 to 10
MOST_CARDS = 60


class NumberLine(Answer):
    """Range: every number a key where they all fit, else one number with less and more.

    The form's `start`, `end` and `step` are kept exactly (ODK XForms, range).
    """

    keys = ListProperty()

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        bounds = step.bounds
        assert bounds is not None, f"{step.ref} is a range without bounds"
        self.numbers = numbers_between(bounds.start, bounds.end, bounds.step)
        self.falls = bounds.end < bounds.start
        self.stars = "rating" in step.appearance and bounds.start in {0, 1}
        if len(self.numbers) <= MOST_KEYS and "picker" not in step.appearance:
            self.spacing = theme.gap
            grid = NumberGrid(upright="vertical" in step.appearance)
            self.bind(room=grid.setter("room"))
            downwards = grid.upright and not self.falls
            numbers = reversed(self.numbers) if downwards else self.numbers
            for number in numbers:
                if self.stars and number == "0":
                    continue  # taking the star away again is no star
                key = (StarKey if self.stars else NumberKey)(text=number)
                key.bind(on_release=lambda key: self.choose(key.text))
                self.keys.append(key)
                grid.add_widget(key)
            self.add_widget(grid)
        else:
            self.stepper = Stepper(
                value=value, invitation=tr._("Touchez pour répondre"), writable=True
            )
            self.stepper.bind(on_step=lambda _, by: self.move(by))
            self.stepper.bind(on_write=lambda *_: self.pick())
            self.add_widget(self.stepper)
        labels = [f"{choice.name} : {choice.label}" for choice in step.choices]
        if labels:
            self.add_widget(Words(text=" · ".join(labels), font_size=theme.small))
        self._show()

    def choose(self, number: str) -> None:
        """Take this number, or none if it was taken."""
        self.give("" if self._same(number) else number)
        self._show()

    def _same(self, number: str) -> bool:
        return bool(self.value) and Decimal(self.value) == Decimal(number)

    def move(self, by: int) -> None:
        """So many greater numbers further; while there is none, the number is asked for.

        More is always greater, also in a range that falls, from 10 to 1. Wherever a first touch
        would land, it would be an answer that nobody has given.
        """
        value = plain_number(Decimal(self.value)) if self.value else ""
        if value not in self.numbers:
            self.pick()
            return
        further = -by if self.falls else by
        self._at(max(0, min(len(self.numbers) - 1, self.numbers.index(value) + further)))

    def pick(self) -> None:
        """Say the number directly: one of a few, or written."""
        if len(self.numbers) <= MOST_CARDS:
            value = plain_number(Decimal(self.value)) if self.value else ""
            taken = self.numbers.index(value) if value in self.numbers else -1
            shown = [tr.number(Decimal(number)) for number in self.numbers]
            CardPad(self.step.label, shown, taken, self.setting, self._at).open()
            return
        longest = max(len(number) for number in self.numbers)
        text = "".join(self.numbers)
        NumberPad(
            self.step.label,
            longest,
            self.setting,
            self._written,
            decimal="." in text,
            negative="-" in text,
        ).open()

    def _at(self, place: int) -> None:
        self.give(self.numbers[place])
        self._show()

    def _written(self, number: Decimal) -> str:
        """Take the number that was written, if it is one of the range; else say which are."""
        if plain_number(number) in self.numbers:
            self._at(self.numbers.index(plain_number(number)))
            return ""
        lowest, highest = sorted((Decimal(self.numbers[0]), Decimal(self.numbers[-1])))
        if not lowest <= number <= highest:
            return between(lowest, highest)
        size = tr.number(abs(self.step.bounds.step))
        first = tr.number(Decimal(self.numbers[0]))
        return str(
            tr._("Ici, on compte de {size} en {size}, à partir de {first}.").format(
                size=size, first=first
            )
        )

    def _show(self) -> None:
        value = plain_number(Decimal(self.value)) if self.value else ""
        for key in self.keys:
            key.taken = key.text == value
            if self.stars:
                key.taken = bool(value) and Decimal(key.text) <= Decimal(value)
        if not self.keys:
            self.stepper.value = tr.number(Decimal(value)) if value else ""


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
    """The keys of a number line, in as few rows as keep each key a full target wide.

    Upright, one under the other, the highest above.
    """

    upright = BooleanProperty(False)

    def do_layout(self, *args: Any) -> None:
        """Choose the columns by the width, then lay out."""
        count = len(self.children)
        if self.upright:
            self.columns = (1,)
            super().do_layout(*args)
            return
        fitting = max(1, int((self.width + theme.gap) // (theme.target + theme.gap)))
        rows = -(-count // fitting) or 1
        self.columns = (-(-count // rows) or 1,)
        super().do_layout(*args)


def describe(step: Step, value: str) -> str:
    """The number as the language writes it."""
    return str(tr.number(Decimal(value)))


load_beside(__file__)
