"""Dates: day, month and year, each with less and more."""

from datetime import date
from typing import Any

from forms.engine import Step
from kiosk.language import tr
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.stepper import Stepper, StepperRow


class DateSteps(Answer):
    """Date: day, month and year, each with less and more; begins at today."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        self.spacing = theme.gap
        self._today = setting.today
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


def describe(step: Step, value: str) -> str:
    """The date in words."""
    return tr.date(date.fromisoformat(value[:10]))
