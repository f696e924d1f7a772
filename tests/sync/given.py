"""What the tests of sealing start from: fixed keys, a consultation, a contribution."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import batch
from sync import consultation as packages
from sync.acknowledgement import Verdict, acknowledge
from sync.batch import NO_BATCH, Moment, Section
from sync.consultation import Card, Consultation, Notice, Options, Side
from sync.contribution import Agreement, Assistance, Contribution, Given, Help, Mode
from sync.device import Device, Enrolment
from sync.envelope import SealingSession
from sync.keys import RecipientKeys, Suite, signing_key_id
from sync.outbox import Outgoing

DEVICE_KEY = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
SERVER_KEY = Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32)
ORGANISER_KEY = Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes([4]) * 32)
RECIPIENT = RecipientKeys(Suite.X_WING, bytes([5]) * 32, "Ville")
GUARANTOR = RecipientKeys(Suite.X25519, bytes([6]) * 32, "Garant")
STRANGER = RecipientKeys(Suite.X_WING, bytes([7]) * 32)

DEVICE = DEVICE_KEY.public_key()
SERVER = SERVER_KEY.public_key()
DEVICE_ID = signing_key_id(DEVICE)

MOMENT = Moment(b"boot", 3, 498_000)


def consultation(version: int = 1, form: bytes = b"<form/>") -> Consultation:
    """A consultation, signed, with a picture and cards."""
    notice = Notice("La ville", "Que faire ?", "Pour décider", "Un compte rendu", "Un an")
    cards = (Card(Side.FOR, "Plus d'ombre", "Des arbres."), Card(Side.AGAINST, "Coût", "Cher."))
    draft = Consultation(
        organiser="Ville de Montreuil-sur-Mer",
        organiser_key=ORGANISER_KEY.public_key().public_bytes_raw(),
        version=version,
        title={"fr": "La place du Marché", "ar": "ساحة السوق"},
        notice={"fr": replace(notice, cards=cards), "ar": notice},
        form_id="place",
        form_version=str(version),
        form=form,
        recipients=(RECIPIENT.public, GUARANTOR.public),
        media={"place.png": b"\x89PNG"},
        dictionary=b'"]],"form":{"hash":"',
        options=Options(minutes=5),
    )
    return packages.publish(draft, ORGANISER_KEY)


CONSULTATION = consultation()


def said(*answers: str, mode: Mode = Mode.SELF) -> Contribution:
    """A contribution with these answers."""
    assisted = Assistance(
        Agreement("2026-11-21", "Centre social", "M-07", "2", Given.SPOKEN),
        frozenset({Help.READING, Help.WORDING}),
        read_back=True,
        reworded=("/data/answer[1]",),
    )
    return Contribution(
        form_id="place",
        form_version="1",
        form_hash=CONSULTATION.form_hash,
        mode=mode,
        language="fr",
        fields=tuple((f"/data/answer[{n}]", text) for n, text in enumerate(answers, 1)),
        assistance=assisted if mode is Mode.ASSISTED else None,
    )


def section(*answers: str) -> Section:
    """A session in which one contribution for each answer was sealed."""
    session = SealingSession.start(
        CONSULTATION.id, CONSULTATION.form_hash, DEVICE_ID, CONSULTATION.recipients
    )
    records = tuple(session.seal(said(answer)).record for answer in answers)
    return Section(session.header, records)


def signed_batch(
    *sections: Section, sequence: int = 0, key: Ed25519PrivateKey = DEVICE_KEY
) -> bytes:
    """A batch of these sections."""
    return batch.build(
        device_key=key,
        consultation=CONSULTATION.id,
        sequence=sequence,
        previous=NO_BATCH,
        formed=MOMENT,
        sections=sections,
    )


def enrolled_device(directory: Path) -> Device:
    """A device that holds the consultation and knows the server."""
    device = Device.open(directory)
    device.enrol(Enrolment("https://s.example", SERVER.public_bytes_raw(), "mairie"))
    device.hold(CONSULTATION.data)
    return device


def acknowledged(outgoing: Outgoing, verdicts: Sequence[Verdict] = ()) -> bytes:
    """The server's word on a batch; all stored unless said otherwise."""
    return acknowledge(outgoing.name, verdicts or [Verdict.STORED] * outgoing.records, SERVER_KEY)
