"""Rating on several criteria: one measure a screen, a line of numbers for each criterion."""

from collections.abc import Callable
from functools import partial
from typing import Any

from kivy.uix.widget import Widget

from forms.engine import Step
from kiosk.theme.icons import has_icon
from kiosk.widgets.methods.group import Asked, GroupAnswer
from kiosk.widgets.methods.lines import LineCard, LineKeys, Lines
from kiosk.widgets.number_line import NumberKey, numbers_between

ICON = "parvis:icon"


class ScaleKey(NumberKey):
    """One number of a scale, a finger wide and high."""


class Scale(LineKeys):
    """The numbers of one criterion."""

    def __init__(self, step: Step, chosen: Callable[[str], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.step = step
        assert step.bounds is not None, f"{step.ref} is a criterion without a scale"
        bounds = step.bounds
        self.keys = {
            number: ScaleKey(text=number, said=f"{step.label} : {number}")
            for number in numbers_between(bounds.start, bounds.end, bounds.step)
        }
        for key in self.keys.values():
            key.bind(on_release=lambda key: chosen(key.text))
            self.add_widget(key)

    def show(self, value: str) -> None:
        """Mark this number as the one that was given."""
        for number, key in self.keys.items():
            key.taken = number == value


class Criteria(GroupAnswer):
    """Ranges of one group, a line each."""

    def __init__(self, asked: Asked, **kwargs: Any) -> None:
        super().__init__(asked, **kwargs)
        grid = Lines()
        self.bind(room=grid.setter("room"))
        self.scales: dict[str, Scale] = {}
        self.lines: dict[str, LineCard] = {}
        for step in asked.questions:
            scale = Scale(step, partial(self.choose, step.ref))
            icon = step.attributes.get(ICON, "")
            line = LineCard(scale, text=step.label, icon=icon if has_icon(icon) else "")
            self.scales[step.ref], self.lines[step.ref] = scale, line
            grid.add_widget(line)
        self.add_widget(grid)
        self._show()

    def renew(self, asked: Asked) -> None:
        """Show the marks as they are now."""
        super().renew(asked)
        self._show()

    def choose(self, ref: str, number: str) -> None:
        """Give this mark, or take it away again."""
        self.give(ref, "" if self.values.get(ref) == number else number)
        self._show()

    def first_seen(self, ref: str) -> Widget | None:
        """The line of a criterion."""
        return self.lines.get(ref)

    def _show(self) -> None:
        for ref, scale in self.scales.items():
            scale.show(self.values.get(ref, ""))
