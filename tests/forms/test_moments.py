"""Moments as the device's own clock shows them, in every season and in any zone."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from random import Random

import pytest

from forms.engine import Entry
from forms.moments import DEVICE_ZONE, local_time
from tests.forms.writing import form_of

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
