"""Batches that come at the same moment: stored together, and each as if it had come alone."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import ExitStack

import pytest
from sqlalchemy import func, select, update

from sync import acknowledgement
from sync.acknowledgement import Verdict
from sync.client.https import sync_once
from sync.erasure import REASONS
from sync.errors import SyncError
from sync.redaction import is_redacted
from sync.server import schema
from sync.server.aside import SMALL_BATCH, Aside, Line
from sync.server.intake import Intake
from sync.server.problems import HashMismatch
from sync.server.service import Service
from sync.server.store import Store
from sync.server.stored import RevokedDevice
from tests.sync.town import Town

ON_BOTH_DATABASES = True

COUNT = 6


class Brought:
    """What several devices bring at once: a batch of one contribution each, by its name."""

    def __init__(self, town: Town) -> None:
        self.batches: list[tuple[str, bytes]] = []
        self.devices: list[str] = []
        with ExitStack() as opened, town.serving() as url:
            for number in range(COUNT):
                device = opened.enter_context(town.device(f"borne {number}", url))
                town.confirm(device, f"idée {number}")
                outgoing = device.outbox.next_batch()
                assert outgoing is not None
                self.batches.append((outgoing.name, outgoing.data))
                self.devices.append(device.key_id.hex())


def verdicts(service: Service, word: bytes | SyncError) -> tuple[Verdict, ...]:
    assert isinstance(word, bytes), word
    return acknowledgement.read(word, service.public_key).verdicts


def test_batches_that_come_together_are_each_stored_and_registered(town: Town) -> None:
    brought = Brought(town)
    with town.service() as service:
        said = service.intake.receive_all(brought.batches)
        assert [verdicts(service, word) for word in said] == [(Verdict.STORED,)] * COUNT
        assert service.intake.receive_all(brought.batches) == said
        assert service.store.counts().records == COUNT
        service.registers.publish()
        assert service.registers.size(town.consultation.id) == COUNT
        numbers = [one.number for one in service.store.batches(town.consultation.id)]
        assert numbers == list(range(1, COUNT + 1))
    with town.desk() as store:
        assert town.pull(town.server_data, store).opened == COUNT


def test_of_those_that_come_together_the_bad_ones_alone_are_refused(town: Town) -> None:
    brought = Brought(town)
    (name, data), *others = brought.batches
    with town.service() as service:
        service.revoke(brought.devices[1])
        said = service.intake.receive_all([(name, data[:-1]), *others, others[-1]])
        assert isinstance(said[0], HashMismatch)
        assert isinstance(said[1], RevokedDevice)
        assert [verdicts(service, word) for word in said[2:]] == [(Verdict.STORED,)] * (COUNT - 1)
        assert said[-1] == said[-2]  # twice the same
        assert service.store.counts().records == COUNT - 2
        assert service.intake.receive_all([(name, data)]) == [service.intake.receive(name, data)]


def test_one_that_cannot_be_stored_takes_nothing_else_with_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = Brought(town)
    unlucky = brought.batches[2][0]
    keep = Store.keep
    tried: list[str] = []

    def kept(self: Store, batch, *given) -> bytes:
        tried.append(batch.name)
        word = keep(self, batch, *given)
        if batch.name == unlucky:
            raise OSError(5, "the disk does not take it")
        return word

    monkeypatch.setattr(Store, "keep", kept)

    async def all_at_once(intake: Intake) -> list[bytes | BaseException]:
        line = Line(intake, Aside(2, 4), 1)
        waiting = (line.receive(*one) for one in [brought.batches[0], *brought.batches])
        return await asyncio.gather(*waiting, return_exceptions=True)

    with town.service() as service:
        first, *said = asyncio.run(all_at_once(service.intake))
        assert first == said[0]
        assert isinstance(said.pop(2), OSError)
        assert all(verdicts(service, word) == (Verdict.STORED,) for word in said)  # type: ignore[arg-type]
        assert len(tried) > COUNT  # they were tried together, then one by one


def test_what_was_ordered_to_go_stays_out_though_it_comes_among_others(town: Town) -> None:
    others = Brought(town)
    with town.serving() as url, town.device("parti", url) as device:
        [receipt] = town.confirm(device, "passage des Tilleuls")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
    with town.service() as service:
        service.erasures.order(town.consultation.id, receipt.id, REASONS["asked"], town.clock.now)
        said = service.intake.receive_all([(outgoing.name, outgoing.data), *others.batches])
        assert [verdicts(service, word) for word in said] == [(Verdict.STORED,)] * (COUNT + 1)
        service.registers.publish()
        assert service.registers.size(town.consultation.id) == COUNT + 2  # and its tombstone
        assert is_redacted(service.files.batch(outgoing.name))


def test_what_is_done_together_is_kept_or_dropped_each_for_itself(town: Town) -> None:
    table = schema.consultations
    with town.service() as service:
        store = service.store

        def age(by: int) -> None:
            with store.writing() as db:
                db.execute(update(table).values(published_at=table.c.published_at + by))

        def published_at() -> float:
            with store.reading() as db:
                return float(db.execute(select(func.max(table.c.published_at))).scalar_one())

        before = published_at()
        with store.writing_together():
            age(1)
            with pytest.raises(ZeroDivisionError), store.writing():
                age(10)
                raise ZeroDivisionError
            assert published_at() == before + 1
            age(100)
        assert published_at() == before + 101
        with pytest.raises(ZeroDivisionError), store.writing_together():
            age(1000)
            raise ZeroDivisionError
        with store.looking_together():
            assert published_at() == before + 101
            with pytest.raises(AssertionError):
                age(1)
        age(1)
        assert published_at() == before + 102


def test_a_large_batch_goes_by_itself(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, *(secrets.token_urlsafe(1500) for _ in range(60)))
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        assert len(outgoing.data) > SMALL_BATCH
        assert sync_once(device).sent == 60
