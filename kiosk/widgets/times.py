"""Times of day, alone or with their date: hour and minute, each with less and more, or said."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from kivy.properties import StringProperty

from forms.engine import Step
from kiosk.language import tr
from kiosk.theme.theme import theme
from kiosk.widgets import dates
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.dates import DaySteps, Shortcuts
from kiosk.widgets.pad import DigitPad
from kiosk.widgets.stepper import Stepper, StepperRow

MINUTES = 5  # by how many the keys step; any other is written
HOUR, MINUTE = 0, 1


class ClockSteps(StepperRow):
    """Hour and minute.

    Events:
        on_time: The person gave another time, as "14:30".
    """

    said = StringProperty()

    __events__ = ("on_time",)

    def __init__(self, value: str, setting: Setting, now: Callable[[], time], **kw: Any) -> None:
        super().__init__(**kw)
        self._setting = setting
        self._now = now
        captions = (tr._("Heure"), tr._("Minutes"))
        self.steppers = tuple(
            Stepper(caption=text, widest="00", writable=True) for text in captions
        )
        for place, stepper in enumerate(self.steppers):
            stepper.bind(on_step=lambda _, by, place=place: self.move(place, by))
            stepper.bind(on_write=lambda _, place=place: self.write(place))
            self.add_widget(stepper)
        self.said = value
        self.show()

    def on_time(self, value: str) -> None:
        """The person gave another time."""

    def move(self, place: int, by: int) -> None:
        """An hour (0) or five minutes (1) further, round the clock; the first touch shows now."""
        if not self.said:
            self.give(self._now())
            return
        at = time.fromisoformat(self.said)
        if place == HOUR:
            self.give(time((at.hour + by) % 24, at.minute))
            return
        on_mark = (
            at.minute - at.minute % MINUTES + (MINUTES if by < 0 and at.minute % MINUTES else 0)
        )
        minutes = (at.hour * 60 + on_mark + by * MINUTES) % (24 * 60)
        self.give(time(*divmod(minutes, 60)))

    def write(self, place: int) -> None:
        """Ask for the hour or the minutes directly."""
        title = str(self.steppers[place].caption)
        DigitPad(title, 2, self._setting, lambda number: self.put(place, number)).open()

    def put(self, place: int, number: int) -> None:
        """Say the hour (0) or the minutes (1)."""
        at = time.fromisoformat(self.said) if self.said else time(0, 0)
        at = (
            at.replace(hour=min(23, number))
            if place == HOUR
            else at.replace(minute=min(59, number))
        )
        self.give(at)

    def give(self, at: time) -> None:
        """Take this time."""
        self.said = f"{at:%H:%M}"
        self.show()
        self.dispatch("on_time", self.said)

    def show(self) -> None:
        """Tell the time."""
        parts = self.said.split(":") if self.said else ("", "")
        for stepper, part in zip(self.steppers, parts, strict=True):
            stepper.value = part


class TimeAnswer(Answer):
    """A time of day."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, spacing=theme.gap, **kwargs)
        self.clock = ClockSteps(value[:5], setting, lambda: setting.now().time())
        self.clock.bind(on_time=lambda _, at: self._given(at))
        self.add_widget(self.clock)
        self.shortcuts = Shortcuts(
            tr._("Maintenant"), lambda: self.clock.give(setting.now().time()), self.clear
        )
        self.shortcuts.now.icon = "clock"
        self.shortcuts.offer(bool(value))
        self.add_widget(self.shortcuts)

    def clear(self) -> None:
        """No time again."""
        self.clock.said = ""
        self.clock.show()
        self._given("")

    def forget(self) -> None:
        """Let go of what was answered."""
        super().forget()
        self.clock.said = ""
        self.clock.show()

    def _given(self, at: str) -> None:
        self.give(at)
        self.shortcuts.offer(bool(at))


class MomentAnswer(Answer):
    """A date with a time of day; whichever is said first, the other begins at the moment it is."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, spacing=theme.gap, **kwargs)
        day, _, clock = value.partition("T")
        self.days = DaySteps(step, day[:10], setting)
        self.clock = ClockSteps(clock[:5], setting, lambda: setting.now().time())
        self.days.bind(on_day=lambda *_: self._given())
        self.clock.bind(on_time=lambda *_: self._given())
        self.shortcuts = Shortcuts(tr._("Maintenant"), self.now, self.clear)
        for part in (self.days, self.clock, self.shortcuts):
            self.add_widget(part)
        self._show()

    def now(self) -> None:
        """The moment it is."""
        moment = self.setting.now()
        self.days.said = moment.date().isoformat()
        self.clock.said = f"{moment:%H:%M}"
        self._given()

    def clear(self) -> None:
        """No moment again."""
        self.days.said = self.clock.said = ""
        self._show()
        self.give("")

    def forget(self) -> None:
        """Let go of what was answered."""
        super().forget()
        self.days.said = self.clock.said = ""
        self._show()

    def _given(self) -> None:
        moment = self.setting.now()
        self.days.said = self.days.said or self.setting.today.isoformat()
        self.clock.said = self.clock.said or f"{moment:%H:%M}"
        self._show()
        self.give(f"{self.days.said}T{self.clock.said}")

    def _show(self) -> None:
        self.days.show()
        self.clock.show()
        self.shortcuts.offer(bool(self.days.said or self.clock.said))


def describe(step: Step, value: str) -> str:
    """The time in words, with its date where it has one."""
    day, _, clock = value.rpartition("T")
    told = tr.time(datetime.fromisoformat(f"2000-01-01T{clock[:5]}"))
    return f"{dates.describe(step, day)}, {told}" if day else str(told)
