"""Dates: day, month and year, each with less and more, or said directly; today with one touch."""

from collections.abc import Callable
from datetime import date
from typing import Any

from forms.engine import Step
from kiosk.access.bounds import between
from kiosk.calendars import CALENDARS, WITHOUT_CONVERSION
from kiosk.language import base, tr
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.pad import CardPad, DigitPad
from kiosk.widgets.part_steps import Lacking, PartSteps
from kiosk.widgets.stepper import Stepper
from kiosk.widgets.touch import Action, Row, letters_beside
from kiosk.widgets.words import Words

DAY, MONTH, YEAR = 0, 1, 2
LIMITS = ((1, 31), (1, 12), (date.min.year, date.max.year))
YEAR_FIRST = frozenset({"zh", "ja", "ko", "hu"})


class DaySteps(PartSteps):
    """Day, month and year, or those of them that the form asks for."""

    def __init__(self, step: Step, day: str, setting: Setting, **kwargs: Any) -> None:
        self._setting = setting
        captions = (tr._("Jour"), tr._("Mois"), tr._("Année"))
        widest = ("00", max(_months(), key=len), "0000")
        backwards = base(tr.language) in YEAR_FIRST
        steppers = [
            (place, Stepper(caption=captions[place], widest=widest[place], writable=True))
            for place in sorted(places_of(step), reverse=backwards)
        ]
        super().__init__(steppers, day, **kwargs)

    def write(self, place: int) -> None:
        """Ask for that part directly: digits, or the name of a month."""
        title = str(self.steppers[self.places.index(place)].caption)
        if place == MONTH:
            taken = self.parts.get(MONTH, 0) - 1
            CardPad(title, _months(), taken, self._setting, self._put_month).open()
        else:
            longest = 2 if place == DAY else 4
            DigitPad(title, longest, self._setting, lambda number: self.put(place, number)).open()

    def put(self, place: int, number: int) -> str:
        """Say that part; what stands against it, where there is no such part."""
        if place == YEAR and number < 100:
            number = full_year(number, self._setting.today)
        lowest, highest = LIMITS[place]
        if not lowest <= number <= highest:
            return between(lowest, highest)
        self._say(place, number)
        return ""

    def _put_month(self, place: int) -> None:
        self.put(MONTH, place + 1)

    def give(self, day: date) -> None:
        """Take this day."""
        self.take(self.whole_of({DAY: day.day, MONTH: day.month, YEAR: day.year}))

    def parts_of(self, said: str) -> dict[int, int]:
        """Those of them that are asked for."""
        day = date.fromisoformat(said)
        parts = {DAY: day.day, MONTH: day.month, YEAR: day.year}
        return {place: parts[place] for place in self.places}

    def whole_of(self, parts: dict[int, int]) -> str:
        """The day; what is not asked for is the first."""
        asked = {place: parts[place] for place in self.places}
        try:
            return date(asked[YEAR], asked.get(MONTH, 1), asked.get(DAY, 1)).isoformat()
        except ValueError:
            return ""

    def beginning(self, place: int) -> int:
        """As today."""
        today = self._setting.today
        return (today.day, today.month, today.year)[place]

    def stepped(self, place: int, number: int, by: int) -> int:
        """Days and months go round."""
        lowest, highest = LIMITS[place]
        if place == YEAR:
            return min(highest, max(lowest, number + by))
        return (number - lowest + by) % (highest - lowest + 1) + lowest

    def moved_whole(self, place: int, by: int) -> str:
        """A day that there is."""
        then = moved(date.fromisoformat(self.said), place, by)
        return self.whole_of({DAY: then.day, MONTH: then.month, YEAR: then.year})

    def shown_part(self, place: int, number: int) -> str:
        """Months by their names."""
        if place == MONTH:
            return str(tr.month(date(2000, number, 1), short=bool(theme.compact)))
        return str(number)

    def impossible(self) -> str:
        """There is no 31 June."""
        return str(tr._("Ce jour n’existe pas dans ce mois."))


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
    """A date. Appearances: `month-year`, `year`, other calendars told beside."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, spacing=theme.gap, **kwargs)
        self.days = DaySteps(step, value[:10], setting)
        self.days.bind(on_whole=lambda _, day: self._given(day))
        self.add_widget(self.days)
        self.lacks = Lacking(self.days)
        self.add_widget(self.lacks)
        self.beside = Words(text="", font_size=theme.small)
        words = {(YEAR,): tr._("Cette année"), (MONTH, YEAR): tr._("Ce mois-ci")}
        today = words.get(self.days.places, tr._("Aujourd’hui"))
        self.shortcuts = Shortcuts(today, lambda: self.days.give(setting.today), self.clear)
        self.days.bind(on_shown=lambda *_: self._show())
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

    @property
    def unfinished(self) -> str:
        """Which part is missing."""
        return self.days.unfinished

    def clear(self) -> None:
        """No date again."""
        self.days.clear()
        self._given("")

    def forget(self) -> None:
        """Let go of what was answered."""
        super().forget()
        self.days.clear()
        self._show()

    def _given(self, day: str) -> None:
        self.give(day)
        self._show()

    def _show(self) -> None:
        self.beside.text = told_beside(self.step, self.value)
        self.shortcuts.offer(self.days.begun)


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


def full_year(number: int, today: date) -> int:
    """The year that two digits mean: the nearest that is not far ahead."""
    century = today.year - today.year % 100
    return number + (century if number <= today.year % 100 + 10 else century - 100)


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
