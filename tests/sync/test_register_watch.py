"""A device follows the register: it lets go of nothing that is not shown there."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from sync.client.https import sync_once
from sync.client.register import RegisterWatch
from sync.client.report import Run
from sync.client.wire import Answer, Wire
from sync.register import checkpoint
from sync.register.checkpoint import origin_of
from sync.register.entry import Entry
from sync.register.tiles import bundle
from sync.rules import SyncRules
from tests.sync.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def test_what_was_acknowledged_stays_until_it_stands_in_the_register(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        device.follow(SyncRules(keep_days=0))
        town.confirm(device, *"abc")
        assert sync_once(device).complete
        (batch,) = device.outbox.unregistered()
        assert len(batch.commitments) == 3
        assert [one.registered for one in device.outbox.kept()] == [False]
        town.registered(device)
        assert [one.registered for one in device.outbox.kept()] == [True]
        assert sync_once(device).complete
        assert device.outbox.kept() == ()
        assert device.checkpoint(town.consultation.id) is not None


def test_what_another_batch_had_brought_is_found_one_by_one(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, *"abc")
        assert sync_once(device).complete
        town.registered(device)
        # The same sealed contributions in a batch of their own, as after a restored outbox.
        device.outbox.owe_everything()
        town.confirm(device, "d")
        assert sync_once(device).complete
        (batch,) = device.outbox.unregistered()
        assert len(batch.commitments) == 4
        town.registered(device)


class Interrupted(Wire):
    """A way on which something happens once, right after the first answer."""

    def __init__(self, url: str, happens: Callable[[], object]) -> None:
        super().__init__(url)
        self._happens = [happens]

    def ask(self, *args: Any, **kwargs: Any) -> Answer:
        answer = super().ask(*args, **kwargs)
        while self._happens:
            self._happens.pop()()
        return answer


def test_what_a_batch_was_proved_under_is_what_the_register_is_held_to(town: Town) -> None:
    id_ = town.consultation.id
    with town.serving() as url, town.device(url=url) as device, town.device("gare", url) as other:
        town.confirm(other, "a")
        town.registered(other)
        town.confirm(device, "b")
        assert sync_once(device).complete
        town.confirm(other, *"cd")
        assert device.enrolled is not None
        # Between the checkpoint it is shown and the proof of its batch, the register grows.
        wire = Interrupted(url, lambda: town.registered(other))
        RegisterWatch(device, device.enrolled, wire).look(Run(lambda _: None))
        wire.close()
        assert device.outbox.unregistered() == ()
        server = device.enrolled.server
        note = device.checkpoint(id_)
        assert note is not None
        assert checkpoint.read(note, origin_of(id_), server).size == 4


def rewrite(town: Town) -> None:
    """The server makes its register anew, with another past, and signs it with its own key."""
    with sqlite3.connect(town.server_data / "parvis.sqlite") as db:
        other = [Entry(bytes([at] * 32)).to_bytes() for at in range(9)]
        db.execute("DELETE FROM checkpoints")
        db.execute("DELETE FROM register")
        db.execute(
            "INSERT INTO register (consultation, first, count, batch, entries)"
            " VALUES (?, 0, 9, NULL, ?)",
            [town.consultation.id, bundle(other)],
        )
    shutil.rmtree(town.server_data / "register")


def test_a_register_with_another_past_is_refused_for_ever(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, *"abc")
        assert sync_once(device).complete
        town.registered(device)
        seen = device.checkpoint(town.consultation.id)
    rewrite(town)
    with town.serving() as url, town.device() as device:
        device.follow(SyncRules(keep_days=0))
        until = requests.get(f"{url}/v1/consultations/{town.consultation.id}/register?from=0")
        assert until.status_code in (200, 404)
        town.confirm(device, *"de")
        for _ in range(3):
            report = sync_once(device)
            assert "does not contain what it held before" in report.troubles[0]
            assert "2 contributions of it are kept here" in report.troubles[0]
            assert not report.complete
        # They are on the server all the same, and still here.
        assert device.outbox.counts().owed == 0
        assert len(device.outbox.unregistered()) == 1
        assert device.checkpoint(town.consultation.id) == seen


def test_a_register_that_is_gone_is_refused(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, *"abc")
        assert sync_once(device).complete
        town.registered(device)
    with sqlite3.connect(town.server_data / "parvis.sqlite") as db:
        db.execute("DELETE FROM checkpoints")
        db.execute("DELETE FROM register")
    shutil.rmtree(town.server_data / "register")
    with town.serving(), town.device() as device:
        town.confirm(device, "d")
        assert "does not contain what it held before" in sync_once(device).troubles[0]
