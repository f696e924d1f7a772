"""An enrolled device that lies takes nothing that is another's, and keeps nothing from going."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from sync import acknowledgement as acknowledgements
from sync import batch as batches
from sync.acknowledgement import Verdict
from sync.attachment import Attachment
from sync.batch import NO_BATCH, Batch, Enclosed, Moment, Section
from sync.client.https import sync_once
from sync.contribution import Contribution, Mode
from sync.desk.export import export_csv
from sync.desk.media import FOLDER
from sync.device import Device
from sync.erasure import Erasure
from sync.receipt import Receipt
from sync.register.entry import Reason
from sync.server import schema
from sync.server.service import Service
from tests.sync.town import Town, ideas

ON_BOTH_DATABASES = True

PHOTO = Attachment("place.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40, "image/jpeg")


def photographed(town: Town, device: Device, idea: str, photo: Attachment = PHOTO) -> Receipt:
    """Somebody says something, with a photograph."""
    held = device.consultation(town.consultation.id)
    fields = (("/data/idea", idea), ("/data/budget", photo.name))
    said = Contribution("place", "1", held.form_hash, Mode.SELF, "fr", fields)
    return device.confirm(held.id, said, (photo,))


def lying(device: Device, sections: Sequence[Section], enclosed: Sequence[Enclosed] = ()) -> bytes:
    """A batch that a device signs, whoever's the records in it are."""
    return batches.build(
        device_key=device.key,
        consultation=sections[0].records[0].consultation,
        sequence=7,
        previous=NO_BATCH,
        formed=Moment(b"boot", 3, 498_000),
        sections=sections,
        enclosed=tuple(enclosed),
    )


def formed(device: Device) -> Batch:
    """The batch that a device sends next, as it was signed."""
    outgoing = device.outbox.next_batch()
    assert outgoing is not None
    return batches.read(outgoing.data, device.key.public_key())


def receive(service: Service, body: bytes) -> tuple[Verdict, ...]:
    """What the server says of each record of a batch."""
    name = hashlib.sha256(body).hexdigest()
    word = service.intake.receive(name, body)
    return acknowledgements.read(word, service.public_key).verdicts


def erase(town: Town, service: Service, receipt: Receipt) -> None:
    order = Erasure(town.consultation.id, receipt.id, Reason.ASKED, receipt.day)
    service.erase(order.sign(town.keys.organiser))


def holding(town: Town, trace: bytes) -> list[Path]:
    """The files of the server that hold some bytes."""
    return [
        path
        for path in town.server_data.rglob("*")
        if path.is_file() and trace in path.read_bytes()
    ]


def test_erasure_takes_a_contribution_out_of_every_devices_batches_and_out_of_quarantine(
    town: Town,
) -> None:
    with (
        town.serving() as url,
        town.device(url=url) as honest,
        town.device("menteur", url) as liar,
    ):
        (receipt,) = town.confirm(honest, "un banc")
        (section,) = formed(honest).sections
        assert sync_once(honest).sent == 1
        (record,) = section.records
        changed = replace(record, ciphertext=record.ciphertext[:-1] + b"?")
        with town.service() as service:
            same = lying(liar, [section])
            other = lying(liar, [Section(section.header, (changed,))])
            assert receive(service, same) == (Verdict.OTHER_DEVICE,)
            assert receive(service, other) == (Verdict.OTHER_BYTES,)
            with service.store.reading() as db:
                assert len(db.execute(select(schema.quarantine)).all()) == 2
            erase(town, service, receipt)
            assert holding(town, record.ciphertext[:40]) == []
            assert list(service.left_over()) == []
            assert service.erasures_undone() == 0


def test_what_only_quarantine_holds_is_erased_too(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        (receipt,) = town.confirm(device, "un banc")
        (section,) = formed(device).sections
        with town.service() as service:
            # A form that the consultation never had here: the server was set back.
            with service.store.writing() as db:
                db.execute(schema.consultations.update().values(form_hash=bytes(32)))
            body = device.outbox.next_batch()
            assert body is not None
            assert receive(service, body.data) == (Verdict.UNKNOWN_FORM,)
            assert service.erasures.find((receipt.id, receipt.id))[1] == receipt.id
            erase(town, service, receipt)
            assert holding(town, section.records[0].ciphertext[:40]) == []
            assert service.erasures_undone() == 0


def test_a_commitment_is_the_first_ones_whatever_another_device_sends_under_it(town: Town) -> None:
    with (
        town.serving() as url,
        town.device(url=url) as honest,
        town.device("menteur", url) as liar,
        town.desk() as desk,
    ):
        town.confirm(honest, "un banc")
        (section,) = formed(honest).sections
        (record,) = section.records
        town.confirm(liar, "à moi")
        (own,) = formed(liar).sections
        taken = replace(own.records[0], commitment=record.commitment)
        with town.service() as service:
            assert receive(service, lying(liar, [Section(own.header, (taken,))])) == (
                Verdict.STORED,
            )
        report = sync_once(honest)  # what differs is put aside, and kept
        assert report.quarantined == 1
        pulled = town.pull(url, desk)
        # The desk counts what its commitment promises, and names the device of the other.
        assert ideas(desk, town.consultation.id) == ["un banc"]
        assert any(one.device == liar.key_id.hex() for one in pulled.findings)


@pytest.mark.parametrize("size", [1, 10_000_000])
def test_a_wrong_size_named_first_keeps_nobodys_attachment_out(town: Town, size: int) -> None:
    with (
        town.serving() as url,
        town.device(url=url) as honest,
        town.device("menteur", url) as liar,
        town.desk() as desk,
    ):
        photographed(town, honest, "un banc")
        (stream,) = formed(honest).enclosed
        town.confirm(liar, "à moi")
        sections = formed(liar).sections
        with town.service() as service:
            receive(service, lying(liar, sections, [Enclosed(0, stream.name, size)]))
        sync_once(honest)
        with town.service() as service:
            known = service.store.attachment(town.consultation.id, stream.name)
            assert known is not None
            assert known.arrived
        town.pull(url, desk)
        assert ideas(desk, town.consultation.id) == ["un banc", "à moi"]
        files = [
            one
            for said in desk.contributions(town.consultation.id)
            for one in desk.attachments(town.consultation.id, said.id)
        ]
        assert [one.here for one in files] == [True]


def test_erasing_what_names_anothers_attachment_leaves_it_to_its_owner(town: Town) -> None:
    with (
        town.serving() as url,
        town.device(url=url) as honest,
        town.device("menteur", url) as liar,
    ):
        receipt = photographed(town, honest, "un banc")
        (stream,) = formed(honest).enclosed
        assert sync_once(honest).sent == 1
        (mine,) = town.confirm(liar, "à moi")
        sections = formed(liar).sections
        with town.service() as service:
            body = lying(liar, sections, [Enclosed(0, stream.name, stream.size)])
            assert receive(service, body) == (Verdict.OTHERS_FILE,)
            erase(town, service, mine)
            assert service.files.has_attachment(stream.name)
            erase(town, service, receipt)
            assert not service.files.has_attachment(stream.name)
            assert list(service.left_over()) == []


@pytest.mark.sqlite_alone
def test_no_name_of_a_file_lets_one_contribution_take_anothers_place_next_to_a_table(
    town: Town,
) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        first = photographed(town, device, "un banc")
        photographed(town, device, "deux", replace(PHOTO, content=PHOTO.content + b"2"))
        # The names that those two get, and others that some disk takes for the same.
        for number, name in enumerate(
            (
                f"place-{first.id.hex()[:8]}.jpg",
                "PLACE.JPG",
                "plac\u0065\u0301.jpg",
                "plac\u00e9.jpg",
                "place.jpg.unchecked",
            )
        ):
            photo = Attachment(name, PHOTO.content + bytes([number]) * 3, "image/jpeg")
            photographed(town, device, f"autre {number}", photo)
        assert sync_once(device).complete
        town.pull(url, desk)
        table = town.root / "out" / "table.csv"
        table.parent.mkdir()
        export_csv(desk, table)
        with table.open(encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        contents = []
        for row in rows:
            (named,) = (cell for heading, cell in row.items() if heading.endswith("budget"))
            file_ = table.parent / FOLDER / named
            contents.append(hashlib.sha256(file_.read_bytes()).hexdigest())
            said = desk.attachments(town.consultation.id, row["id"])
            assert [one.sha256 for one in said] == [contents[-1]], named
        assert len(set(contents)) == 7
