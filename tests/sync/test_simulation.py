"""Seeded schedules of device, link, courier and server: thousands; `make soak` plays a million."""

import json
import subprocess
import sys

import pytest

from sync.outbox import Outbox
from tests.sync import simulation
from tests.sync.town import ROOT


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
