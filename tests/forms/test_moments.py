"""Moments as the device's own clock shows them, in every season and in any zone."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from random import Random

import pytest
from babel import Locale

from forms.engine import Entry
from forms.functions.calendar import words_of
from forms.moments import DEVICE_ZONE, local_time
from tests.forms.writing import begin, form_of

ELSEWHERE = """
from datetime import datetime, UTC
from forms.moments import DEVICE_ZONE
for told in {moments!r}:
    print(datetime.fromisoformat(told).astimezone(DEVICE_ZONE).isoformat())
"""


def shown(zone: str, *moments: str) -> list[str]:
    """Moments as a device that is set to a zone shows them."""
    program = ELSEWHERE.format(moments=moments)
    environment = {**os.environ, "TZ": zone}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env=environment
    )
    return done.stdout.decode().split()


@pytest.mark.parametrize(
    ("zone", "summer", "winter"),
    [
        ("UTC", "2021-07-01T12:00:00+00:00", "2021-12-01T12:00:00+00:00"),
        ("Europe/Paris", "2021-07-01T14:00:00+02:00", "2021-12-01T13:00:00+01:00"),
        ("America/St_Johns", "2021-07-01T09:30:00-02:30", "2021-12-01T08:30:00-03:30"),
        ("Asia/Kathmandu", "2021-07-01T17:45:00+05:45", "2021-12-01T17:45:00+05:45"),
    ],
)
def test_a_device_knows_the_offset_of_each_season(zone: str, summer: str, winter: str) -> None:
    assert shown(zone, "2021-07-01T12:00:00+00:00", "2021-12-01T12:00:00+00:00") == [summer, winter]


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    twice = shown("Europe/Paris", "2021-10-31T00:30:00+00:00", "2021-10-31T01:30:00+00:00")
    assert twice == ["2021-10-31T02:30:00+02:00", "2021-10-31T02:30:00+01:00"]


def test_the_moment_it_is_is_the_same_everywhere() -> None:
    before = datetime.now(UTC)
    assert before <= local_time() <= datetime.now(UTC)


def test_every_moment_keeps_its_instant_on_the_devices_clock() -> None:
    chance = Random(4)
    for _ in range(2000):
        instant = datetime.fromtimestamp(chance.randint(0, 2_000_000_000), UTC)
        assert instant.astimezone(DEVICE_ZONE).astimezone(UTC) == instant


def test_an_entry_without_a_clock_of_its_own_tells_moments_where_the_device_is() -> None:
    entry = Entry(form_of("| survey |\n| | type | name | label |\n| | dateTime | m | M |\n"))
    assert entry.answer("/data/m", "2021-07-01T12:00:00Z").kept
    told = datetime.fromisoformat(entry.step("/data/m").value)
    assert told == datetime(2021, 7, 1, 12, tzinfo=UTC)
    assert told.utcoffset() == told.replace(tzinfo=None).astimezone().utcoffset()


DAYS = """
| survey |
| | type | name | label::English (en) | label::Français (fr) | calculation | relevant |
| | date | day | Day? | Jour ? | | |
| | calculate | told | | | format-date(${day}, '%a %e %b %Y') | |
| | calculate | twice | | | concat(${told}, '!') | |
| | note | n | ${told} | ${told} | | |
| | text | why | Why on a Sunday? | Pourquoi un dimanche ? | | ${told} != '' |
| settings |
| | form_title | form_id | version | default_language |
| | Days | days | 1 | Français (fr) |
"""


def test_a_day_is_named_in_the_language_on_the_screen_and_follows_it() -> None:
    entry = begin(form_of(DAYS))
    entry.answer("/data/day", "2026-02-01")
    assert entry.step("/data/n").label == "dim. 1 févr. 2026"
    entry.answer("/data/why", "Le marché")
    entry.language = "en"
    assert entry.step("/data/n").label == "Sun 1 Feb 2026"
    assert dict(entry.finish().fields)["/data/twice"] == "Sun 1 Feb 2026!"
    assert entry.step("/data/why").value == "Le marché"
    entry.undo()
    assert (entry.step("/data/why").value, entry.step("/data/n").label) == ("", "Sun 1 Feb 2026")
    entry.language = "fr"
    assert entry.step("/data/n").label == "dim. 1 févr. 2026"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        *(("fr", "dim. 1 févr."), ("fr-x-falc", "dim. 1 févr."), ("Français", "dim. 1 févr.")),
        *(("en", "Sun 1 Feb"), ("English (en)", "Sun 1 Feb"), ("es", "dom 1 feb")),
        *(("pt", "dom. 1 fev."), ("tr", "Paz 1 Şub"), ("uk", "нд 1 лют."), ("zh", "周日 1 2月")),
        *(("ar", "الأحد 1 فبراير"), ("German", "So. 1 Feb.")),
        *(("tlh", "Sun 1 Feb"), ("", "Sun 1 Feb")),
    ],
)
def test_every_language_has_its_words_for_days_and_months(language: str, told: str) -> None:
    entry = begin(form_of(DAYS.replace("Français (fr)", language) if language else PLAIN))
    entry.answer("/data/day", "2026-02-01")
    assert dict(entry.finish().fields)["/data/told"] == f"{told} 2026"


PLAIN = """
| survey |
| | type | name | label | calculation |
| | date | day | Jour ? | |
| | calculate | told | | format-date(${day}, '%a %e %b %Y') |
"""


def test_a_form_without_translations_names_days_in_the_language_it_is_asked_in() -> None:
    entry = begin(form_of(PLAIN))
    entry.answer("/data/day", "2026-02-01")
    entry.language = "fr"
    assert dict(entry.finish().fields)["/data/told"] == "dim. 1 févr. 2026"


def test_the_words_of_the_table_are_those_of_the_cldr() -> None:
    for code in ("fr", "en", "es", "pt", "tr", "uk", "zh", "ar", "de"):
        locale = Locale.parse(code)
        months, days = locale.months["format"]["abbreviated"], locale.days["format"]["abbreviated"]
        words = words_of(code)
        assert words.months == tuple(months[number] for number in range(1, 13))
        assert words.days == tuple(days[number] for number in range(7))
