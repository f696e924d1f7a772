"""Times of day, alone or with their date: hour and minute, each with less and more, or said."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from forms.engine import Step
from kiosk.access.bounds import between
from kiosk.language import tr
from kiosk.theme.theme import theme
from kiosk.widgets import dates
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.dates import DaySteps, Shortcuts
from kiosk.widgets.pad import DigitPad
from kiosk.widgets.part_steps import Lacking, PartSteps, lacking
from kiosk.widgets.stepper import Stepper

MINUTES = 5  # by how many the keys step; any other is written
HOUR, MINUTE = 0, 1
COUNTS = (24, 60)


class ClockSteps(PartSteps):
    """Hour and minute, as "14:30"."""

    def __init__(self, value: str, setting: Setting, now: Callable[[], time], **kw: Any) -> None:
        self._setting = setting
        self._now = now
        captions = (tr._("Heure"), tr._("Minutes"))
        steppers = [
            (place, Stepper(caption=text, widest="00", writable=True))
            for place, text in enumerate(captions)
        ]
        super().__init__(steppers, value, **kw)

    def write(self, place: int) -> None:
        """Ask for the hour or the minutes directly."""
        title = str(self.steppers[place].caption)
        DigitPad(title, 2, self._setting, lambda number: self.put(place, number)).open()

    def put(self, place: int, number: int) -> str:
        """Say the hour (0) or the minutes (1); what stands against it, where there is none such."""
        highest = COUNTS[place] - 1
        if number > highest:
            return between(0, highest)
        self._say(place, number)
        return ""

    def give(self, at: time) -> None:
        """Take this time."""
        self.take(f"{at:%H:%M}")

    def parts_of(self, said: str) -> dict[int, int]:
        """Hour and minute."""
        return dict(enumerate(int(part) for part in said.split(":")))

    def whole_of(self, parts: dict[int, int]) -> str:
        """Each hour has each minute."""
        return f"{parts[HOUR]:02}:{parts[MINUTE]:02}"

    def beginning(self, place: int) -> int:
        """As it is now."""
        now = self._now()
        return (now.hour, now.minute)[place]

    def stepped(self, place: int, number: int, by: int) -> int:
        """An hour, or five minutes, round and round."""
        if place == MINUTE:
            by, number = MINUTES * by, number - number % MINUTES + _upwards(number, by)
        return (number + by) % COUNTS[place]

    def moved_whole(self, place: int, by: int) -> str:
        """An hour (0) or five minutes (1) further, round the clock."""
        at = time.fromisoformat(self.said)
        if place == HOUR:
            return f"{time((at.hour + by) % 24, at.minute):%H:%M}"
        on_mark = at.minute - at.minute % MINUTES + _upwards(at.minute, by)
        minutes = (at.hour * 60 + on_mark + by * MINUTES) % (24 * 60)
        return f"{time(*divmod(minutes, 60)):%H:%M}"

    def shown_part(self, place: int, number: int) -> str:
        """In two digits."""
        return f"{number:02}"


def _upwards(minute: int, by: int) -> int:
    """How far up the mark is to go down from, for minutes between two marks."""
    return MINUTES if by < 0 and minute % MINUTES else 0


class TimeAnswer(Answer):
    """A time of day."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, spacing=theme.gap, **kwargs)
        self.clock = ClockSteps(value[:5], setting, lambda: setting.now().time())
        self.clock.bind(on_whole=lambda _, at: self._given(at))
        self.add_widget(self.clock)
        self.add_widget(Lacking(self.clock))
        self.shortcuts = Shortcuts(
            tr._("Maintenant"), lambda: self.clock.give(setting.now().time()), self.clear
        )
        self.shortcuts.now.icon = "clock"
        self.clock.bind(on_shown=lambda *_: self.shortcuts.offer(self.clock.begun))
        self.shortcuts.offer(self.clock.begun)
        self.add_widget(self.shortcuts)

    @property
    def unfinished(self) -> str:
        """Which part is missing."""
        return self.clock.unfinished

    def clear(self) -> None:
        """No time again."""
        self.clock.clear()
        self._given("")

    def forget(self) -> None:
        """Let go of what was answered."""
        super().forget()
        self.clock.clear()

    def _given(self, at: str) -> None:
        self.give(at)


class MomentAnswer(Answer):
    """A date with a time of day; an answer once both are said."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, spacing=theme.gap, **kwargs)
        day, _, clock = value.partition("T")
        self.days = DaySteps(step, day[:10], setting)
        self.clock = ClockSteps(clock[:5], setting, lambda: setting.now().time())
        self.days.bind(on_whole=lambda *_: self._given())
        self.clock.bind(on_whole=lambda *_: self._given())
        self.shortcuts = Shortcuts(tr._("Maintenant"), self.now, self.clear)
        for one in (self.days, self.clock):
            one.bind(on_shown=lambda *_: self._offer())
        for part in (self.days, self.clock, Lacking(self.days, self.clock), self.shortcuts):
            self.add_widget(part)
        self._offer()

    @property
    def unfinished(self) -> str:
        """Which part is missing, also of the half of which nothing was said."""
        return lacking(self.days, self.clock)

    def now(self) -> None:
        """The moment it is."""
        moment = self.setting.now()
        self.days.said = moment.date().isoformat()
        self.clock.said = f"{moment:%H:%M}"
        self._given()

    def clear(self) -> None:
        """No moment again."""
        self._empty()
        self.give("")

    def forget(self) -> None:
        """Let go of what was answered."""
        super().forget()
        self._empty()

    def _empty(self) -> None:
        self.days.clear()
        self.clock.clear()

    def _given(self) -> None:
        days, clock = self.days.said, self.clock.said
        value = f"{days}T{clock}" if days and clock else ""
        if value != self.value:
            self.give(value)

    def _offer(self) -> None:
        self.shortcuts.offer(self.days.begun or self.clock.begun)


def describe(step: Step, value: str) -> str:
    """The time in words, with its date where it has one."""
    day, _, clock = value.rpartition("T")
    told = tr.time(datetime.fromisoformat(f"2000-01-01T{clock[:5]}"))
    return f"{dates.describe(step, day)}, {told}" if day else str(told)
