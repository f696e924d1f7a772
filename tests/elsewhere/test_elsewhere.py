"""The suite under other settings: what they change, and that a run goes on where it was stopped."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.elsewhere import record
from tests.elsewhere.running import CLOCK, ROOT, Result, Run
from tests.elsewhere.settings import DAYS, EVERY, ZONES, Setting, Unknown, named, turn

MIDDAY = datetime(2026, 11, 30, 12, tzinfo=UTC)
TWO_AND_ONE = """
import os

def test_one():
    pass

def test_two():
    assert "MENDED" in os.environ

def test_three():
    if "STOPS" in os.environ:
        os._exit(9)
"""


def test_the_nights_in_which_clocks_change_begin_just_before_they_do() -> None:
    for name, change in (("spring", timedelta(hours=1)), ("autumn", timedelta(hours=-1))):
        setting = named(name)
        zone = ZoneInfo(setting.zone)
        begins = (MIDDAY + timedelta(seconds=setting.offset(MIDDAY))).astimezone(zone)
        soon = (begins.astimezone(UTC) + timedelta(minutes=15)).astimezone(zone)
        assert soon.utcoffset() - begins.utcoffset() == change, name


def test_settings_can_be_had_at_once() -> None:
    both = named("next-year+kolkata")
    assert (both.later, both.zone) == (timedelta(days=400), "Asia/Kolkata")
    with pytest.raises(Unknown, match="there are: tomorrow"):
        named("yesterday")


def test_days_and_zones_take_turns_with_the_commits() -> None:
    turns = {turn(f"{number:08x}{'0' * 32}") for number in range(6)}
    assert len(turns) == 6
    assert turns == {f"{day.name}+{zone.name}" for day in DAYS[:3] for zone in ZONES}


def test_names_are_told_apart() -> None:
    assert len({one.name for one in EVERY}) == len(EVERY)


@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler (Debian: gcc libc6-dev)")
def test_another_day_is_another_day_for_processes_files_and_waits(tmp_path) -> None:
    library = tmp_path / "clock.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, CLOCK], check=True)
    look = """
import json, os, subprocess, threading, time
from datetime import date
from pathlib import Path
Path("made").write_text("")
began = time.monotonic()
threading.Event().wait(0.2)
time.sleep(0.2)
print(json.dumps({
    "day": str(date.today()),
    "of a file": str(date.fromtimestamp(Path("made").stat().st_mtime)),
    "of a child": subprocess.run(["date", "+%F"], capture_output=True, text=True).stdout.strip(),
    "waited": 0.4 <= time.monotonic() - began < 60,
}))
"""
    offset = named("leap-day").offset(datetime.now(UTC))
    told = subprocess.run(
        [sys.executable, "-c", look],
        cwd=tmp_path,
        env={
            **os.environ,
            "TZ": "UTC",
            "LD_PRELOAD": str(library),
            "PARVIS_CLOCK_OFFSET": str(offset),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    leap = "2028-02-29"
    expected = {"day": leap, "of a file": leap, "of a child": leap, "waited": True}
    assert json.loads(told.stdout) == expected


def test_a_run_that_was_stopped_goes_on_with_the_rest(tmp_path) -> None:
    (tmp_path / "test_few.py").write_text(TWO_AND_ONE)
    ended, written = tmp_path / "ended", tmp_path / "written"
    ended.write_text("[]")

    def run(**more: str) -> str:
        return subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "tests.elsewhere.record", "-q"),
                *("-p", "no:randomly", "-p", "no:cacheprovider", str(tmp_path)),
                *("--rootdir", str(tmp_path), "-c", os.devnull),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                record.ENDED: str(ended),
                record.WRITTEN: str(written),
                "PYTHONPATH": str(ROOT),
                **more,
            },
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    run(STOPS="yes")
    kept = record.read(written.read_text().split("\n"))
    assert {test.partition("::")[2]: how for test, (how, _) in kept.items()} == {
        "test_one": "passed",
        "test_two": "failed",
    }
    ended.write_text(json.dumps(list(kept)))
    assert "1 passed, 2 deselected" in run()
    assert len(record.read(written.read_text().split("\n"))) == 3


def test_a_line_that_was_cut_is_tried_again() -> None:
    whole = '{"test": "a", "ended": "passed", "seconds": 1.0}'
    assert record.read([whole, whole[:20], ""]) == {"a": ("passed", 1.0)}


def test_what_failed_can_be_tried_again_alone(tmp_path) -> None:
    run = Run(Setting("here", "here and today"), kept=tmp_path)
    assert run.result() is None
    run.begin("0123456789", seed=7)
    ends = tmp_path / "here.ends"
    ends.write_text(
        '{"test": "a", "ended": "passed", "seconds": 1.0}\n'
        '{"test": "b", "ended": "failed", "seconds": 1.0}\n'
    )
    run.forget_failures()
    assert list(record.read(ends.read_text().split("\n"))) == ["a"]
    assert run.result() == Result("here", "all", "0123456789", 7)
