"""A first pull of much from a server that lets nobody ask much at once: it waits, and goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sync.client.https import sync_once
from sync.client.wire import NetworkTrouble
from sync.desk import audit, sources
from sync.desk.pull import PullReport, pull
from sync.desk.sources import ServerSource
from sync.desk.store import DeskStore
from sync.server.limits import Allowance, Limits
from sync.server.serving import RunningThread
from tests.sync.town import Town

MANY = 300


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """A town where three hundred people said something, in batches of ten."""
    made = Town(tmp_path)
    with made.serving() as url, made.device(url=url) as device:
        made.confirm(device, *(f"idée {at}" for at in range(MANY)))
        sync_once(device, batch=10)
        made.registered(device)
    return made


def pulled(
    town: Town, store: DeskStore, limits: Limits | None, sleep: Callable[[float], None]
) -> PullReport:
    with town.service() as service, RunningThread(service, limits=limits) as server:
        source = ServerSource(server.url, town.keys.organiser, sleep=sleep)
        return pull(source, store, [town.keys.recipient], [town.consultation])


def test_a_pull_waits_when_it_asks_too_much_and_goes_on(town: Town) -> None:
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        sources.time.sleep(0.05)

    narrow = Limits(stranger=Allowance(6, 8), device=Allowance(6, 8))
    with town.desk() as store:
        report = pulled(town, store, narrow, sleep)
    assert (report.total, report.trouble, report.findings) == (MANY, "", ())
    assert waits
    assert all(seconds >= 1 for seconds in waits)


def test_a_server_that_never_lets_the_desk_go_on_is_said_to_do_so(town: Town) -> None:
    waits: list[float] = []
    narrow = Limits(stranger=Allowance(12, 0.0001), device=Allowance(1, 0.0001))
    with town.desk() as store:
        try:
            trouble = pulled(town, store, narrow, waits.append).trouble
        except NetworkTrouble as error:
            trouble = str(error)
    assert "goes on where it was" in trouble
    assert 900 in waits
    assert len(waits) < 100


def test_a_pull_that_is_cut_off_at_any_file_of_the_register_goes_on_there(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_TILES_AT_ONCE", 1)
    real = ServerSource.register_file
    left, asked = [0], []

    def cut(self: ServerSource, consultation: str, path: str) -> bytes | None:
        if left[0] == 0:
            raise NetworkTrouble("The network went away.")
        left[0] -= 1
        asked.append(path)
        return real(self, consultation, path)

    monkeypatch.setattr(ServerSource, "register_file", cut)
    with town.desk() as store:
        for allowed in range(1, 30):
            left[0] = allowed
            report = pulled(town, store, None, lambda _: None)
            if not report.trouble:
                break
            assert store.register.size(town.consultation.id) == 0  # nothing is believed by halves
        assert (report.total, report.findings) == (MANY, ())
        assert store.register.size(town.consultation.id) == MANY
        assert asked.count("tile/entries/000") == 1


def test_what_was_fetched_and_changed_since_is_fetched_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_TILES_AT_ONCE", 1)
    real = ServerSource.register_file

    def cut(self: ServerSource, consultation: str, path: str) -> bytes | None:
        if path.startswith("tile/entries/001"):
            raise NetworkTrouble("The network went away.")
        return real(self, consultation, path)

    with town.desk() as store:
        with monkeypatch.context() as patched:
            patched.setattr(ServerSource, "register_file", cut)
            assert pulled(town, store, None, lambda _: None).trouble
        with store.transaction():
            store.register._db.execute(
                "UPDATE register SET entry = zeroblob(32) WHERE position = 17"
            )
        report = pulled(town, store, None, lambda _: None)
        assert (report.total, report.findings, report.trouble) == (MANY, (), "")
