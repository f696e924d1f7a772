"""Two versions of the format beside each other, and records of other kinds than contributions."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import acknowledgement, batch
from sync.client.https import sync_once
from sync.contribution import Contribution, Mode
from sync.desk.check import check
from sync.desk.export import export_csv
from sync.desk.findings import Kind
from sync.desk.open_data import publish_data
from sync.device import Device
from sync.documents import Signature
from sync.envelope import Sealed, SealingSession
from sync.listing import format_in, sign_listing
from sync.outbox import Outbox
from sync.provenance import Paper
from sync.receipt import receipt_code
from sync.record_kind import RecordKind
from sync.register.entry import Reason
from sync.statement import sign_statement
from tests.sync.given import CONSULTATION, DEVICE, DEVICE_ID, DEVICE_KEY, MOMENT, said
from tests.sync.town import OpenTown, Town, ideas

ON_BOTH_DATABASES = True


def sealed_beside(town: Town, device: Device, kind: RecordKind, idea: str = "") -> Sealed:
    """Something that is no contribution, sealed as a device does; a slip has an answer."""
    held = device.consultation(town.consultation.id)
    form = ("place", "1", held.form_hash)
    session = SealingSession.start(
        held.id, held.form_hash, device.key_id, held.recipients, kind=kind
    )
    if kind is RecordKind.BALLOT:
        return session.seal(Contribution(*form, Mode.MEETING, "fr", (("/data/idea", idea),)))
    return session.seal(Signature(*form, "2026-11-21", "Centre social", "2", "M0 0L3 4"))


def form_of(outbox: Outbox) -> int:
    outgoing = outbox.next_batch()
    assert outgoing is not None
    return batch.read(outgoing.data, DEVICE).version


def test_a_server_says_what_it_reads_and_one_of_before_says_nothing() -> None:
    key = Ed25519PrivateKey.generate()
    assert format_in(sign_listing(key, [], "fresh")) == 2
    before = {"consultations": [], "fresh": "fresh", "instance": ""}
    assert format_in(sign_statement(key, "parvis consultations 1", before)) == 1
    assert format_in(sign_statement(key, "parvis consultations 1", {**before, "format": -3})) == 1
    assert format_in(b"<html>") == 1


def test_a_device_writes_what_its_server_reads_and_remembers_it(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        assert device.outbox.version == 2
        device.learn_server_format(99)  # of a server newer than this device
        assert device.outbox.version == 2
    with town.device() as device:
        assert device.outbox.version == 2
        device.learn_server_format(1)
    with town.device() as device:
        assert device.outbox.version == 1


def test_each_batch_is_answered_in_its_own_version(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.service() as service:
        for version in (1, 2):
            device.learn_server_format(version)
            town.confirm(device, f"idée {version}")
            outgoing = device.outbox.next_batch()
            assert outgoing is not None
            word = service.intake.receive(outgoing.name, outgoing.data)
            assert acknowledgement.read(word, service.public_key).version == version
            assert device.outbox.release(word) == 1


def test_a_batch_that_its_server_reads_no_more_is_formed_again(tmp_path) -> None:
    session = SealingSession.start(
        CONSULTATION.id, CONSULTATION.form_hash, DEVICE_ID, CONSULTATION.recipients
    )
    outbox = Outbox(tmp_path / "outbox.sqlite", DEVICE_KEY, now=lambda: MOMENT)
    with contextlib.closing(outbox):
        outbox.version = 2
        outbox.keep(session.seal(said("oui")))
        assert form_of(outbox) == 2
        assert form_of(outbox) == 2  # the same again
        outbox.version = 1
        assert form_of(outbox) == 1
        [outgoing] = outbox.every_batch()
        assert (outgoing.records, outbox.counts().owed) == (1, 1)


def test_what_version_1_has_no_room_for_waits_until_the_server_reads_more(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        device.outbox.keep(sealed_beside(town, device, RecordKind.SIGNATURE))
        device.learn_server_format(1)
        town.confirm(device, "un banc")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        assert outgoing.records == 1
        assert len(device.outbox.every_batch()) == 1
        device.learn_server_format(2)
        assert len(device.outbox.every_batch()) == 2
        # And back again: what was to go in version 2 alone waits, what fits is formed anew.
        device.learn_server_format(1)
        assert len(device.outbox.every_batch()) == 1
        assert device.outbox.counts().waiting == 1
        assert sync_once(device).left == 0  # the listing says 2


def test_a_signature_arrives_beside_the_register_and_a_slip_in_it(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "un banc")
        slip = sealed_beside(town, device, RecordKind.BALLOT, "un arbre")
        signature = sealed_beside(town, device, RecordKind.SIGNATURE)
        for sealed in (slip, signature):
            device.outbox.keep(sealed)
        report = sync_once(device)
        assert (report.sent, report.left, report.quarantined) == (3, 0, 0)
        town.registered(device)
        with town.service() as service:
            assert service.registers.size(town.consultation.id) == 2
        pulled = town.pull(url, desk)
        assert ideas(desk, town.consultation.id) == ["un banc"]
        # It is named, kept, and tried again by whoever can read it.
        assert [one.kind for one in pulled.findings] == [Kind.UNOPENABLE] * 2
        assert all("Update Parvis" in one.sentence for one in pulled.findings)
        assert len(town.pull(url, desk).findings) == 2

    # Erased, each tells of its end where it told of its beginning.
    with town.service() as service:
        for sealed in (slip, signature):
            id_ = sealed.id
            assert service.erasures.find((id_, id_)) == (town.consultation.id, id_)
            service.erasures.order(town.consultation.id, id_, Reason.ASKED, 1.8e9)
        service.publish_registers()
        assert service.registers.size(town.consultation.id) == 3


def test_a_sheet_and_an_hour_come_to_the_desk_whole(tmp_path: Path, database: str | None) -> None:
    town = OpenTown(tmp_path, database)
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        held = device.consultation(town.consultation.id)
        stub = receipt_code(bytes(range(16)))
        paper = Paper("0057-4", "Marché", 2, ("/data/idea",))
        from_paper = replace(said("x", mode=Mode.PAPER), form_hash=held.form_hash)
        from_paper = replace(from_paper, fields=(("/data/idea", "un banc"),), paper=paper)
        device.confirm(held.id, replace(from_paper, alias=stub))
        helped = replace(said("x", mode=Mode.ASSISTED), form_hash=held.form_hash)
        assert helped.assistance is not None
        agreement = replace(
            helped.assistance.agreement, mediator="", pseudonym="P-3", hour=14, language="ar"
        )
        device.confirm(
            held.id,
            replace(
                helped,
                fields=(("/data/idea", "un arbre"),),
                assistance=replace(helped.assistance, agreement=agreement),
            ),
        )
        assert sync_once(device).complete
        assert town.pull(url, desk).opened == 2
        assert all(sound for sound, _ in check(desk))
        path = town.root / "open.jsonl"
        assert publish_data(desk, path).contributions == 2
        for secret in (stub, "0057-4", "P-3", "Marché"):
            assert secret not in path.read_text(encoding="utf-8")
        assert export_csv(desk, town.root / "table.csv").contributions == 2


@pytest.mark.sqlite_alone
def test_the_server_keeps_a_kind_that_nobody_knows_yet(town: Town) -> None:
    with town.serving() as url, town.device(url=url):
        pass
    with town.device() as device, town.service() as service:
        sealed = sealed_beside(town, device, RecordKind.SIGNATURE)
        for kind, registered in ((9, 1), (77, 1)):
            data = batch.build(
                device_key=device.key,
                consultation=town.consultation.id,
                sequence=kind,
                previous=bytes(32),
                formed=MOMENT,
                sections=[batch.Section(sealed.header, (sealed.record,), kind)],
                version=2,
            )
            word = service.intake.receive(batch.name_of(data), data)
            assert len(acknowledgement.read(word, service.public_key).verdicts) == 1
            service.publish_registers()
            assert service.registers.size(town.consultation.id) == registered
