"""Which settings there are, and what each changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")
PARIS = "Europe/Paris"


@dataclass(frozen=True)
class Setting:
    """What is otherwise than here and today; what is empty stays as it is.

    Attributes:
        name: as the command line has it.
        told: in words.
        later: how much later it is.
        begins: the moment at which it begins, in `zone`; the clock goes on from there.
        zone: the time zone of all processes.
        locale: `LC_ALL` of all processes.
        user: as another user, who is not root, with a home of their own.
        folder: in a copy of the project below a path of this name; temporary files as well.
        burnt: while something else takes all it can of every core.
    """

    name: str
    told: str
    later: timedelta | None = None
    begins: datetime | None = None
    zone: str = ""
    locale: str = ""
    user: bool = False
    folder: str = ""
    burnt: bool = False

    def offset(self, now: datetime) -> int:
        """By how many seconds the wall clock is moved, if it is `now`."""
        if self.begins is not None:
            begins = self.begins.replace(tzinfo=ZoneInfo(self.zone) if self.zone else UTC)
            return round((begins.astimezone(UTC) - now.astimezone(UTC)).total_seconds())
        return round(self.later.total_seconds()) if self.later else 0

    def and_also(self, other: Setting) -> Setting:
        """Both at once."""
        both = {
            field.name: getattr(other, field.name) or getattr(self, field.name)
            for field in fields(Setting)
        }
        both["name"] = f"{self.name}+{other.name}"
        both["told"] = f"{self.told}; {other.told}"
        return Setting(**both)


# Each begins shortly before what it is about, so that it happens while the tests run.
DAYS = (
    Setting("tomorrow", "a day later", later=timedelta(days=1)),
    Setting("next-year", "400 days later", later=timedelta(days=400)),
    Setting("leap-day", "on 29 February 2028", begins=datetime(2028, 2, 29, 10)),
    Setting(
        "spring",
        "from 01:50 in the night in which clocks go forward, in Paris",
        begins=datetime(2027, 3, 28, 1, 50),
        zone=PARIS,
    ),
    Setting(
        "autumn",
        "from 02:50 in the night in which clocks go back, in Paris",
        begins=datetime(2027, 10, 31, 2, 50),
        zone=PARIS,
    ),
)
ZONES = (
    Setting("vancouver", "in Vancouver's zone", zone="America/Vancouver"),
    Setting("kolkata", "in Kolkata's zone, half an hour beside the others", zone="Asia/Kolkata"),
)
PLACES = (
    Setting("turkish", "with a Turkish locale", locale="tr_TR.UTF-8"),
    Setting("posix", "with the locale POSIX", locale="C"),
    Setting("other-user", "as another user, who is not root", user=True),
    Setting(
        "other-folder", "below a folder with a space and an accent", folder="ailleurs/Mairie d’été"
    ),
    Setting("burnt", "while something else burns every core", burnt=True),
)
EVERY = (*DAYS, *ZONES, *PLACES)


class Unknown(Exception):
    """There is no such setting."""


def named(name: str) -> Setting:
    """The setting of that name, or several of them joined by `+`.

    Raises:
        Unknown: there is none.
    """
    known = {one.name: one for one in EVERY}
    parts = name.split("+")
    for part in parts:
        if part not in known:
            raise Unknown(f"There is no setting “{part}”; there are: {', '.join(known)}.")
    setting = known[parts[0]]
    for part in parts[1:]:
        setting = setting.and_also(known[part])
    return setting


def turn(commit: str, days: Sequence[Setting] = DAYS[:3], zones: Sequence[Setting] = ZONES) -> str:
    """The name of one day and zone for this commit: all take turns as commits come."""
    drawn = int(commit[:8], 16)
    return f"{days[drawn % len(days)].name}+{zones[drawn // len(days) % len(zones)].name}"
