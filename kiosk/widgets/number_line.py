"""Range questions: a line of numbers to touch, or one number with less and more."""

from decimal import Decimal
from typing import Any

from kivy.properties import BooleanProperty, ListProperty, StringProperty

from forms.engine import Step
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.cards import CardGrid
from kiosk.widgets.stepper import Stepper
from kiosk.widgets.touch import Tap


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

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
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


load_beside(__file__)
