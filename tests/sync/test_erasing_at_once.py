"""Erasing while others erase, send, publish and save: in the end nothing of it is left anywhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
import requests
from sqlalchemy import delete, select

from sync.answers import Answers, State, Theme
from sync.client.https import sync_once
from sync.desk.answers import AnswersDesk
from sync.device import Device
from sync.erasure import Erasure
from sync.receipt import Receipt
from sync.redaction import is_redacted
from sync.register.entry import Entry, Reason
from sync.register.tiles import all_entries
from sync.server import schema
from sync.server.backup import back_up
from sync.server.doctor import Health, examine
from sync.server.files import DataDirectory
from sync.server.problems import NotFound
from sync.server.service import Service
from sync.server.uploads import SpoiltUpload, Uploads
from tests.sync.test_attachment_travel import PHOTO, batch_of, put, say
from tests.sync.test_erasure import found_in
from tests.sync.test_erasure import say as say_something
from tests.sync.town import Town

ON_BOTH_DATABASES = True


def order_for(town: Town, id_: bytes) -> bytes:
    erasure = Erasure(town.consultation.id, id_, Reason.ASKED, date(2026, 11, 21))
    return erasure.sign(town.keys.organiser)


def order(url: str, orders: Sequence[bytes]) -> list[int]:
    """Bring orders, all at the same moment; the status of each answer."""
    start = threading.Barrier(len(orders))

    def bring(one: bytes) -> int:
        start.wait()
        return requests.post(f"{url}/v1/erasures", one, timeout=120).status_code

    with ThreadPoolExecutor(len(orders)) as threads:
        return list(threads.map(bring, orders))


def left_in(service: Service, receipts: Sequence[Receipt]) -> list[bytes]:
    """The contributions of these of which the server has a ciphertext."""
    wanted = {one.id for one in receipts}
    return [
        one.id
        for name in service.store.batch_names()
        for one in service.erasures.read_stored(name).records
        if one.ciphertext and one.id in wanted
    ]


def tombstones(service: Service, consultation: str) -> list[bytes]:
    service.registers.publish()
    folder, size = service.registers.folder(consultation), service.registers.size(consultation)
    entries = [Entry.from_bytes(one) for one in all_entries(folder, size)]
    return [one.commitment for one in entries if one.erased is not None]


def test_many_erasures_out_of_one_batch_at_once_leave_nothing(town: Town) -> None:
    many = 24
    with town.serving() as url, town.device(url=url) as device:
        receipts = town.confirm(device, *(f"idée {at}" for at in range(many)))
        assert sync_once(device).complete
        erased = receipts[: many - 2]
        assert order(url, [order_for(town, one.id) for one in erased]) == [200] * len(erased)
        assert sync_once(device).complete
        with town.service() as service:
            kept = {one.id for one in receipts[-2:]}
            assert set(left_in(service, receipts)) == kept
            assert service.erasures.counts() == {town.consultation.id: len(erased)}
        with town.desk() as desk:
            report = town.pull(url, desk)
            assert report.total == 2
    with town.service() as service:
        buried = tombstones(service, town.consultation.id)
        assert sorted(buried) == sorted(one.commitment for one in erased)


def test_one_order_many_times_at_once_makes_one_tombstone(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        receipt, _ = town.confirm(device, "un banc", "un arbre")
        assert sync_once(device).complete
        assert order(url, [order_for(town, receipt.id)] * 8) == [200] * 8
    with town.service() as service:
        assert tombstones(service, town.consultation.id) == [receipt.commitment]
        assert service.erasures.counts() == {town.consultation.id: 1}


def streams_of(device: Device) -> dict[str, bytes]:
    """The sealed attachments on a device, by name."""
    files = (device.directory / "attachments").rglob("*")
    return {one.name: one.read_bytes() for one in files if one.is_file()}


def brought(town: Town, url: str, device: Device) -> tuple[str, bytes, bytes]:
    """A batch is there, and its attachment is not: its name, its bytes, the contribution's id."""
    say(town, device, PHOTO)
    outgoing = batch_of(device)
    put(url, outgoing)
    (stream,) = outgoing.enclosed
    with town.service() as service:
        (record,) = service.erasures.read_stored(outgoing.name).records
    return stream.name, streams_of(device)[stream.name], record.id


def test_a_file_that_begins_to_come_just_when_it_is_erased_does_not_stay(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town.serving() as url, town.device(url=url) as device, town.service() as service:
        name, body, id_ = brought(town, url, device)
        real = Uploads.append

        def late(self: Uploads, *given: object, **named: object) -> int:
            assert order(url, [order_for(town, id_)]) == [200]
            return real(self, *given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(Uploads, "append", late)
        with pytest.raises(NotFound):
            service.intake.go_on(town.consultation.id, name, 0, body)
        assert service.uploads.names() == frozenset()
        assert sync_once(device).complete


def test_a_file_that_comes_to_its_place_just_when_it_is_erased_does_not_stay(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town.serving() as url, town.device(url=url) as device, town.service() as service:
        name, body, id_ = brought(town, url, device)
        service.intake.go_on(town.consultation.id, name, 0, body)
        real = DataDirectory.keep_attachment

        def late(self: DataDirectory, kept: str, file: Path) -> None:
            assert order(url, [order_for(town, id_)]) == [200]
            real(self, kept, file)

        monkeypatch.setattr(DataDirectory, "keep_attachment", late)
        with pytest.raises((NotFound, SpoiltUpload, FileNotFoundError)):
            service.intake.complete(town.consultation.id, name)
        assert not service.files.has_attachment(name)
        assert service.uploads.names() == frozenset()
        assert sync_once(device).complete


def test_a_batch_that_is_on_its_way_does_not_stay_when_something_in_it_is_erased(
    town: Town,
) -> None:
    with town.serving() as url, town.device(url=url) as device, town.service() as service:
        (receipt,) = town.confirm(device, "un banc")
        outgoing = batch_of(device)
        service.uploads.append(outgoing.name, 0, outgoing.data[:-10])
        assert order(url, [order_for(town, receipt.id)]) == [200]
        until = time.monotonic() + 60
        while service.uploads.names():
            assert time.monotonic() < until
            time.sleep(0.05)


def test_answers_bring_nothing_back_of_what_was_erased(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        gone, stays = town.confirm(device, "un banc", "un arbre")
        assert sync_once(device).complete
        assert order(url, [order_for(town, gone.id)]) == [200]
        desk = AnswersDesk(url, town.keys.organiser)
        said = Answers(town.consultation.id, 1, date(2026, 11, 21), (Theme({}, {}, ""),), {})
        desk.publish(said, [State(gone.id, (0,)), State(stays.id, (0,))])
        desk.close()
    with town.service() as service, service.store.reading() as db:
        assert db.execute(select(schema.states.c.id)).scalars().all() == [stays.id]


def test_a_backup_made_again_after_an_erasure_holds_nothing_of_it(
    town: Town, tmp_path: Path
) -> None:
    place = tmp_path / "backup"
    with town.serving() as url, town.device(url=url) as device:
        said = say_something(town, device)
        assert sync_once(device).complete
        with town.service() as service:
            back_up(service, place, time.time())
        for trace in said.traces[3:]:  # what is sealed
            assert any(trace in one.read_bytes() for one in place.rglob("*") if one.is_file())
        assert order(url, [order_for(town, said.receipt.id)]) == [200]
        with town.service() as service:
            assert back_up(service, place, time.time()).troubles == ()
        assert found_in(place, said) == []
    with town.service() as service:
        assert len(list(service.files.batch_names())) == 1


def test_a_backup_keeps_a_batch_that_only_it_has_without_what_was_erased(
    town: Town, tmp_path: Path
) -> None:
    place, stray = tmp_path / "backup", b""
    with town.serving() as url, town.device(url=url) as device:
        said = say_something(town, device)
        outgoing = batch_of(device)
        stray = outgoing.data
        assert sync_once(device).complete
        with town.service() as service:
            back_up(service, place, time.time())
            with service.store.writing() as db:  # as if it had been restored from before
                db.execute(delete(schema.register))
                db.execute(delete(schema.checkpoints))
                db.execute(delete(schema.records))
                db.execute(delete(schema.batches))
                db.execute(delete(schema.attachments))
            service.erasures.obey(order_for(town, said.receipt.id), 1.8e9)
            back_up(service, place, time.time())
        assert found_in(place / "batches", said) == []
        assert found_in(place / "attachments", said) == []
        kept = place / "batches" / outgoing.name[:2] / outgoing.name
        assert len(kept.read_bytes()) < len(stray) + 1000
        assert is_redacted(kept.read_bytes())


def test_doctor_names_what_an_order_should_have_taken(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        said = say_something(town, device)
        outgoing = batch_of(device)
        files = streams_of(device)
        assert sync_once(device).complete
        assert order(url, [order_for(town, said.receipt.id)]) == [200]

    def bad() -> list[str]:
        with town.service() as service:
            found = [one.sentence for one in examine(service) if one.health is Health.BAD]
        return [one for one in found if "ordered to be erased" in one]

    with town.service() as service:
        assert bad() == []
        left = service.files.batch(outgoing.name)
        service.files.keep_batch(outgoing.name, outgoing.data)
        assert f"batches/{outgoing.name[:2]}/{outgoing.name}" in bad()[0]
        service.files.keep_batch(outgoing.name, left)
        name, body = next(iter(files.items()))
        service.files.blobs.write(f"attachments/{name[:2]}/{name}", body)
        assert f"attachments/{name[:2]}/{name}" in bad()[0]
        service.files.remove_attachment(name)
        assert bad() == []


def test_an_order_that_the_servers_death_cut_short_is_gone_on_with(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        said = say_something(town, device)
        assert sync_once(device).complete

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with town.service() as service, monkeypatch.context() as patched:
        patched.setattr(DataDirectory, "keep_batch", dies)
        with pytest.raises(KeyboardInterrupt):
            service.erasures.obey(order_for(town, said.receipt.id), 1.8e9)
    assert found_in(town.server_data / "batches", said)
    with town.serving(), town.service() as service:
        assert found_in(town.server_data, said) == []
    with town.service() as service:  # while a server runs, it alone publishes
        assert len(tombstones(service, town.consultation.id)) == 1
