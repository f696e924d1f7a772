"""Dates: day, month and year, each with less and more, or said directly; today with one touch."""

from collections.abc import Callable
from datetime import date
from typing import Any

from kivy.properties import StringProperty

from forms.engine import Step
from kiosk.calendars import CALENDARS, WITHOUT_CONVERSION
from kiosk.language import base, tr
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.pad import CardPad, DigitPad
from kiosk.widgets.stepper import Stepper, StepperRow
from kiosk.widgets.touch import Action, Row, letters_beside
from kiosk.widgets.words import Words

DAY, MONTH, YEAR = 0, 1, 2
YEAR_FIRST = frozenset({"zh", "ja", "ko", "hu"})


class DaySteps(StepperRow):
    """Day, month and year, or those of them that the form asks for.

    Events:
        on_day: The person gave another day, as "2026-11-21".
    """

    said = StringProperty()

    __events__ = ("on_day",)

    def __init__(self, step: Step, day: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._setting = setting
        self.places = places_of(step)
        captions = (tr._("Jour"), tr._("Mois"), tr._("Année"))
        widest = ("00", max(_months(), key=len), "0000")
        made: dict[int, Stepper] = {}
        backwards = base(tr.language) in YEAR_FIRST
        for place in sorted(self.places, reverse=backwards):
            made[place] = Stepper(caption=captions[place], widest=widest[place], writable=True)
            made[place].bind(on_step=lambda _, by, place=place: self.move(place, by))
            made[place].bind(on_write=lambda _, place=place: self.write(place))
            self.add_widget(made[place])
        self.steppers = tuple(made[place] for place in self.places)
        self.said = day

    def on_day(self, day: str) -> None:
        """The person gave another day."""

    def move(self, place: int, by: int) -> None:
        """Change day (0), month (1) or year (2); the first touch only shows today's date."""
        if not self.said:
            self.give(self._setting.today)
        else:
            self.give(moved(date.fromisoformat(self.said), place, by))

    def write(self, place: int) -> None:
        """Ask for that part directly: digits, or the name of a month."""
        title = str(self.steppers[self.places.index(place)].caption)
        if place == MONTH:
            taken = date.fromisoformat(self.said).month - 1 if self.said else -1
            pad: DigitPad | CardPad = CardPad(
                title, _months(), taken, self._setting, lambda month: self.put(MONTH, month + 1)
            )
        else:
            longest = 2 if place == DAY else 4
            pad = DigitPad(title, longest, self._setting, lambda number: self.put(place, number))
        pad.open()

    def put(self, place: int, number: int) -> None:
        """Say that part; what is not said yet is as today."""
        before = date.fromisoformat(self.said) if self.said else self._setting.today
        self.give(with_part(before, place, number, self._setting.today))

    def give(self, day: date) -> None:
        """Take this day."""
        if MONTH not in self.places:
            day = day.replace(month=1)
        if DAY not in self.places:
            day = day.replace(day=1)
        self.said = day.isoformat()
        self.dispatch("on_day", self.said)

    def show(self) -> None:
        """Tell the day."""
        shown = ("", "", "")
        if self.said:
            day = date.fromisoformat(self.said)
            shown = (str(day.day), tr.month(day, short=bool(theme.compact)), str(day.year))
        for place, stepper in zip(self.places, self.steppers, strict=True):
            stepper.value = shown[place]


class Shortcuts(Row):
    """The moment it is, with one touch; and nothing again."""

    def __init__(self, words: str, now: Callable[[], None], clear: Callable[[], None]) -> None:
        super().__init__(size_hint_y=None, height=theme.target, spacing=theme.gap)
        self.now = Action(text=words, icon="calendar")
        self.clear = Action(text=tr._("Effacer"), icon="eraser")
        self.now.bind(on_release=lambda *_: now())
        self.clear.bind(on_release=lambda *_: clear())
        for action in (self.now, self.clear):
            action.bind(height=self._rise)
            self.add_widget(action)
        self.bind(width=self._fit)
        theme.bind(body=self._fit)
        self._rise()

    def offer(self, filled: bool) -> None:
        """Whether there is something to take away."""
        self.clear.disabled = not filled
        self.clear.opacity = 1 if filled else 0

    def _fit(self, *_: Any) -> None:
        both = (self.now, self.clear)
        letters = letters_beside(both, self.width - theme.gap, theme.body)
        self.now.fitted = self.clear.fitted = letters

    def _rise(self, *_: Any) -> None:
        self.height = max(self.now.height, self.clear.height)


class DateSteps(Answer):
    """A date; begins at today. Appearances: `month-year`, `year`, other calendars told beside."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, spacing=theme.gap, **kwargs)
        self.days = DaySteps(step, value[:10], setting)
        self.days.bind(on_day=lambda _, day: self._given(day))
        self.add_widget(self.days)
        self.beside = Words(text="", font_size=theme.small)
        words = {(YEAR,): tr._("Cette année"), (MONTH, YEAR): tr._("Ce mois-ci")}
        today = words.get(self.days.places, tr._("Aujourd’hui"))
        self.shortcuts = Shortcuts(today, lambda: self.days.give(setting.today), self.clear)
        self.add_widget(self.shortcuts)
        if other_calendar(step):
            self.add_widget(self.beside)
        self._show()

    @property
    def steppers(self) -> tuple[Stepper, ...]:
        """Of the parts asked for: day, month, year."""
        return self.days.steppers

    def move(self, place: int, by: int) -> None:
        """As `DaySteps.move`."""
        self.days.move(place, by)

    def clear(self) -> None:
        """No date again."""
        self.days.said = ""
        self._given("")

    def forget(self) -> None:
        """Let go of what was answered."""
        super().forget()
        self.days.said = ""
        self._show()

    def _given(self, day: str) -> None:
        self.give(day)
        self._show()

    def _show(self) -> None:
        self.days.show()
        self.beside.text = told_beside(self.step, self.value)
        self.shortcuts.offer(bool(self.value))


def places_of(step: Step) -> tuple[int, ...]:
    """Which parts of a date the form asks for."""
    if "year" in step.appearance:
        return (YEAR,)
    return (MONTH, YEAR) if "month-year" in step.appearance else (DAY, MONTH, YEAR)


def other_calendar(step: Step) -> str:
    """The calendar that the form wants dates told in as well; "" for none."""
    return next(iter((CALENDARS.keys() | WITHOUT_CONVERSION) & step.appearance), "")


def told_beside(step: Step, value: str) -> str:
    """The same day in the calendar that the form wants, or that it is not told in it."""
    name = other_calendar(step)
    if not name or not value:
        return ""
    if name in WITHOUT_CONVERSION:
        return str(tr._("Date du calendrier grégorien."))
    year, month, day = CALENDARS[name](date.fromisoformat(value[:10]))
    names = {
        "coptic": tr._("Calendrier copte : {date}"),
        "ethiopian": tr._("Calendrier éthiopien : {date}"),
        "islamic": tr._("Calendrier musulman : {date}"),
        "persian": tr._("Calendrier persan : {date}"),
    }
    return names[name].format(date=f"{day}/{month}/{year}")


def moved(day: date, place: int, by: int) -> date:
    """That date with its day (0), month (1) or year (2) moved, to a day that there is."""
    if place == DAY:
        try:
            return date.fromordinal(day.toordinal() + by)
        except (ValueError, OverflowError):
            return day
    months = day.year * 12 + day.month - 1 + (by if place == MONTH else 12 * by)
    year, month = divmod(months, 12)
    if not date.min.year <= year <= date.max.year:
        return day
    return _nearest(year, month + 1, day.day)


def with_part(day: date, place: int, number: int, today: date) -> date:
    """That date with its day, month or year said; to a day that there is.

    Of a year in two digits the nearest one is meant that is not far ahead.
    """
    if place == DAY:
        return _nearest(day.year, day.month, min(31, max(1, number)))
    if place == MONTH:
        return _nearest(day.year, min(12, max(1, number)), day.day)
    if number < 100:
        century = today.year - today.year % 100
        number += century if number <= today.year % 100 + 10 else century - 100
    return _nearest(min(date.max.year, max(date.min.year, number)), day.month, day.day)


def _nearest(year: int, month: int, day: int) -> date:
    """That day, or the last one of its month."""
    for last in range(day, 27, -1):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    return date(year, month, day)


def _months() -> list[str]:
    return [tr.month(date(2000, month, 1), short=bool(theme.compact)) for month in range(1, 13)]


def describe(step: Step, value: str) -> str:
    """The date in words, as much of it as was asked for."""
    day = date.fromisoformat(value[:10])
    places = places_of(step)
    if places == (YEAR,):
        return str(day.year)
    said = tr.date(day) if DAY in places else f"{tr.month(day)} {day.year}"
    beside = told_beside(step, value)
    return f"{said}\n{beside}" if beside else said
