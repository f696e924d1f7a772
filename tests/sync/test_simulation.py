"""Seeded schedules of device, link, courier and server: thousands; `make soak` plays a million."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from sync.outbox import Outbox
from tests.sync import simulation, soak
from tests.sync.town import ROOT
from tests.waiting import LONG


@pytest.mark.long
def test_no_schedule_of_faults_loses_or_doubles_anything() -> None:
    played = subprocess.run(
        [sys.executable, "-m", "tests.sync.simulation", "--schedules", "2000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    events = json.loads(played.stdout)["events"]
    assert events["contributions confirmed"] > 5_000
    for happened in ("device killed", "server killed", "server restored from a backup"):
        assert events[happened] > 100


def test_a_device_that_lets_go_too_early_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulation sees what it is there for."""
    release = Outbox.release

    def hasty(self: Outbox, data: bytes) -> int:
        released = release(self, data)
        self.let_go([one.name for one in self.kept()])
        return released

    monkeypatch.setattr(Outbox, "release", hasty)
    with pytest.raises(simulation.Lost, match="nowhere"):
        simulation.play(range(1, 400), 20)


def test_a_device_that_believes_any_answer_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    form = Outbox.next_batch

    def believing(self: Outbox, *given: int, **more: tuple[str, ...]) -> object:
        outgoing = form(self, *given, **more)  # type: ignore[arg-type]
        if outgoing is not None:
            with self._transaction() as database:
                database.execute("UPDATE batch SET state = 'acknowledged' WHERE state = 'sent'")
                database.execute("UPDATE contribution SET state = 'released'")
        return outgoing

    monkeypatch.setattr(Outbox, "next_batch", believing)
    with pytest.raises(simulation.Lost):
        simulation.play(range(1, 400), 20)


def test_a_soak_goes_on_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak, "AT_ONCE", 3)
    journal, told = tmp_path / "journal.jsonl", io.StringIO()
    first = soak.soak(9, 3, 1, journal, 0.0, told)  # the time is up after the first few
    assert first.done == {1}
    with journal.open("a") as file:
        file.write('{"first": 4, "eve')  # the power was cut there
        file.write("\n")
    second = soak.soak(9, 3, 1, journal, float("inf"), told)
    assert second.done == {1, 4, 7}
    assert "were played before" in told.getvalue()
    played = [json.loads(line)["first"] for line in journal.read_text().splitlines() if "}" in line]
    assert sorted(played) == [1, 4, 7]  # nothing twice
    assert soak.resumed(journal, "other code", 3).done == set()


def test_a_schedule_that_fails_is_named_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak, "AT_ONCE", 5)
    finish = simulation.World.finish

    def unlucky(world: simulation.World) -> None:
        finish(world)
        assert world.seed != 3, "planted"

    monkeypatch.setattr(simulation.World, "finish", unlucky)
    told = io.StringIO()
    soaked = soak.soak(5, 2, 1, tmp_path / "journal.jsonl", float("inf"), told)
    assert list(soaked.failures) == [3]
    assert "python -m tests.sync.simulation --replay 3 --steps 2" in told.getvalue()
    assert soaked.done == {1}


def test_several_processes_soak_and_end_together(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.sync.soak", "--schedules", "150", "--steps", "2"]
    command += ["--jobs", "2", "--into", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=LONG, check=True
    )
    assert json.loads(done.stdout)["schedules"] == 150
    assert "150 of 150 schedules, 0 failed" in done.stderr
