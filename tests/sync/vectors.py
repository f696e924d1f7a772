"""Write `docs/format-vectors.json` anew: `python -m tests.sync.vectors`.

Everything in it is fixed but what HPKE draws at random for each sealed secret.
"""

import hashlib
import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import batch, crockford
from sync import consultation as packages
from sync.acknowledgement import Verdict, acknowledge
from sync.attachment import Attached, Attachment
from sync.batch import Enclosed, Moment, Section
from sync.compression import Dictionary
from sync.consultation import Consultation, Notice
from sync.contribution import (
    Agreement,
    Assistance,
    Contribution,
    Given,
    Help,
    Mode,
    commitment,
    instance_id,
    leaf_hash,
)
from sync.destruction import Destruction, OpenedWith
from sync.envelope import (
    SealingSession,
    associated_data,
    attachment_key,
    first_link,
    session_info,
    step,
)
from sync.erasure import Erasure
from sync.keys import RecipientKeys, Suite, grouped_digits, signing_key_id
from sync.padding import Padding
from sync.receipt import Receipt
from sync.redaction import redact
from sync.register.entry import Reason
from sync.sealed_keys import USUAL_COST, Cost, Lock, SealedKey, normal
from sync.wire import number
from tests.sync.vectors_of_2 import version_2

PATH = Path(__file__).parents[2] / "docs" / "format-vectors.json"

FORM = b"<form/>"
DICTIONARY = b'passage des Tilleuls"]],"form":{"hash":"'
REPEATED = ((b"<svg>passage des Tilleuls</svg>", 1), (b"OggS", 20_000))
ATTACHMENTS = (
    Attachment("arbre.svg", REPEATED[0][0] * REPEATED[0][1], "image/svg+xml"),
    Attachment("voix.ogg", REPEATED[1][0] * REPEATED[1][1], "audio/ogg"),
)
SECRET = bytes(range(32))
PASSPHRASE = "l'e\u0301te\u0301\u00a0à Nîmes"
"""As a keyboard may write it: accents of their own, and a space that does not break."""
SESSION = bytes(range(8))
DEVICE = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
SERVER = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
ORGANISER = Ed25519PrivateKey.from_private_bytes(b"\x03" * 32)
X_WING = RecipientKeys(Suite.X_WING, b"\x05" * 32, "Ville")
X25519 = RecipientKeys(Suite.X25519, b"\x06" * 32, "Garant")


def contributions(form_hash: str) -> list[Contribution]:
    """One said alone, one with a mediator, one with attachments."""
    assisted = Assistance(
        Agreement("2026-11-21", "Centre social", "M-07", "2", Given.SPOKEN),
        frozenset({Help.READING, Help.TECHNICAL}),
        read_back=True,
        reworded=("/data/why",),
    )
    return [
        Contribution("place", "1", form_hash, Mode.SELF, "fr", (("/data/trees", "oui"),)),
        Contribution(
            "place",
            "1",
            form_hash,
            Mode.ASSISTED,
            "ar",
            (("/data/trees", "oui"), ("/data/why", "passage des Tilleuls, « à l'ombre » 🌳")),
            assisted,
        ),
        Contribution(
            "place",
            "1",
            form_hash,
            Mode.SELF,
            "fr",
            (("/data/photo", "arbre.svg"), ("/data/voice", "voix.ogg")),
            attachments=tuple(Attached.of(one) for one in ATTACHMENTS),
        ),
    ]


def fixed(*pieces: bytes) -> Any:
    """Randomness that gives these pieces, one after the other."""
    waiting = list(pieces)

    def random(count: int) -> bytes:
        piece = waiting.pop(0)
        assert len(piece) == count
        return piece

    return random


def vectors() -> dict[str, Any]:
    """All vectors."""
    device_id = signing_key_id(DEVICE.public_key())
    draft = Consultation(
        organiser="Ville",
        organiser_key=ORGANISER.public_key().public_bytes_raw(),
        version=1,
        title={"fr": "La place", "ar": "الساحة"},
        notice={
            "fr": Notice("La ville", "Que faire ?", "Pour décider", "Un compte rendu", "Un an")
        },
        form_id="place",
        form_version="1",
        form=FORM,
        recipients=(X_WING.public, X25519.public),
        opens=date(2026, 11, 1),
        media={"place.svg": b"<svg/>"},
        dictionary=DICTIONARY,
    )
    published = packages.publish(draft, ORGANISER)
    form = bytes.fromhex(published.form_hash)
    dictionary = Dictionary(DICTIONARY)
    info = session_info(published.id, form, dictionary.hash, device_id, SESSION)
    link = first_link(SECRET, info)
    session = SealingSession.start(
        published.id,
        published.form_hash,
        device_id,
        published.recipients,
        dictionary=dictionary,
        random=fixed(SESSION, SECRET),
        clock=lambda: 0.0,
    )
    records, steps, sealed_records = [], [], []
    streams: list[dict[str, Any]] = []
    chain = link
    for index, said in enumerate(contributions(published.form_hash)):
        following, key, seed = step(chain)
        steps.append({"link": chain.hex(), "key": key.hex(), "seed": seed.hex()})
        sealed = session.seal(said, ATTACHMENTS if said.attachments else ())
        for place, stream in enumerate(sealed.streams):
            whole = b"".join(stream.pieces())
            content, times = REPEATED[place]
            streams.append(
                {
                    "record": index,
                    "place": place,
                    "content": content.hex(),
                    "times": times,
                    "key": attachment_key(chain, place).hex(),
                    "size": len(whole),
                    "name": hashlib.sha256(whole).hexdigest(),
                    "stream": whole.hex() if times == 1 else None,
                }
            )
        chain = following
        sealed_records.append(sealed.record)
        squeezed = dictionary.squeeze(said.to_json())
        records.append(
            {
                "index": index,
                "json": said.to_json().decode(),
                "leaves": [list(leaf) for leaf in said.leaves()],
                "leaf_hashes": [
                    leaf_hash(seed, place, leaf).hex() for place, leaf in enumerate(said.leaves())
                ],
                "commitment": commitment(said, seed).hex(),
                "id": sealed.id.hex(),
                "instance_id": instance_id(sealed.id),
                "squeezed": squeezed.hex(),
                "associated_data": associated_data(
                    published.id, sealed.id, sealed.commitment, SESSION, index
                ).hex(),
                "record": sealed.record.data.hex(),
            }
        )
    formed = Moment.of("boot", 7_300.0, 1_795_262_400.0, device_id)
    data = batch.build(
        device_key=DEVICE,
        consultation=published.id,
        sequence=7,
        previous=hashlib.sha256(b"before").digest(),
        formed=formed,
        sections=[Section(session.header, tuple(sealed_records))],
        enclosed=[Enclosed(one["record"], one["name"], one["size"]) for one in streams],
    )
    name = batch.name_of(data)
    verdicts = [Verdict.STORED, Verdict.OTHER_BYTES, Verdict.STORED]
    receipt = Receipt.promise(published.id, sealed_records[0].commitment, DEVICE, 1_795_262_400.0)
    return {
        "format": 2,
        "numbers": [
            [value, number(value).hex()] for value in (0, 1, 127, 128, 300, 1 << 32, (1 << 63) - 1)
        ],
        "base32": [
            [text.hex(), crockford.encode(text)] for text in (b"", b"\x00", b"Parvis", b"\xff" * 10)
        ],
        "padded_lengths": [
            [used, Padding.PADME.length(used), Padding.STEPS.length(used)]
            for used in (1, 9, 100, 200, 229, 256, 257, 1_000, 100_000)
        ],
        "keys": [
            {
                "suite": int(one.suite),
                "seed": one.seed.hex(),
                "public": one.public.key.hex(),
                "id": one.public.id.hex(),
                "digits": grouped_digits(one.public.id),
            }
            for one in (X_WING, X25519)
        ]
        + [
            {
                "suite": 0x11,
                "seed": one.private_bytes_raw().hex(),
                "public": one.public_key().public_bytes_raw().hex(),
                "id": signing_key_id(one.public_key()).hex(),
                "digits": grouped_digits(signing_key_id(one.public_key())),
            }
            for one in (DEVICE, SERVER, ORGANISER)
        ],
        "consultation": {
            "id": published.id,
            "form_hash": published.form_hash,
            "package": published.data.hex(),
        },
        "session": {
            "dictionary": DICTIONARY.hex(),
            "session_id": SESSION.hex(),
            "secret": SECRET.hex(),
            "info": info.hex(),
            "steps": steps,
            "header": session.header.data.hex(),
        },
        "records": records,
        "attachments": streams,
        "batch": {
            "sequence": 7,
            "previous": hashlib.sha256(b"before").hexdigest(),
            "formed": {**asdict(formed), "boot": formed.boot.hex()},
            "name": name,
            "data": data.hex(),
        },
        "acknowledgement": {
            "verdicts": [one.code for one in verdicts],
            "data": acknowledge(name, verdicts, SERVER).hex(),
        },
        "receipt": {
            "day": receipt.day.isoformat(),
            "code": receipt.code,
            "address": "https://participer.example.org/",
            "qr": receipt.qr_payload("https://participer.example.org/"),
        },
        **organisers_words(published, data),
        "sealed_keys": sealed_keys(),
        "version_2": version_2(draft, (DEVICE, SERVER, ORGANISER), formed, fixed),
    }


def sealed_keys() -> list[dict[str, Any]]:
    """The organiser's keys under a passphrase, at the usual cost and at a cheap one."""
    made = []
    for cost, salt in ((USUAL_COST, b"\x08" * 16), (Cost(1, 64, 1), b"\x09" * 16)):
        root = Lock(cost, salt).stretch(PASSPHRASE)
        draw = fixed(b"\x0a" * 32, b"\x0b" * 32, b"\x0c" * 32)
        for seed, key in (
            (X_WING.seed, SealedKey.recipient(X_WING, root, draw)),
            (X25519.seed, SealedKey.recipient(X25519, root, draw)),
            (ORGANISER.private_bytes_raw(), SealedKey.organiser(ORGANISER, root, draw)),
        ):
            made.append(
                {
                    "kind": key.kind.value,
                    "suite": key.suite,
                    "seed": seed.hex(),
                    "public": key.key.hex(),
                    "label": key.label,
                    "typed": PASSPHRASE.encode().hex(),
                    "passphrase": normal(PASSPHRASE).encode().hex(),
                    "passes": cost.passes,
                    "memory": cost.memory,
                    "lanes": cost.lanes,
                    "salt": salt.hex(),
                    "key_salt": key.key_salt.hex(),
                    "root": root.key.hex(),
                    "file": key.text.decode(),
                }
            )
    return made


def organisers_words(published: Consultation, data: bytes) -> dict[str, Any]:
    """A record of a destroyed key, an order to erase, and what is left of the batch then."""
    read = batch.read(data, DEVICE.public_key())
    gone = next(iter(read.records)).id
    opened = OpenedWith(published.id, published.form_id, 2, 3)
    at = datetime(2027, 6, 30, 18, 0, tzinfo=UTC)
    destroyed = Destruction(X_WING.public, at, "Fin de la période", (opened,))
    erasure = Erasure(published.id, gone, Reason.ASKED, date(2026, 12, 1))
    order = erasure.sign(ORGANISER)
    return {
        "destruction": {
            "at": at.isoformat(),
            "reason": destroyed.reason,
            "opened": opened.opened,
            "registered": opened.registered,
            "record": destroyed.sign(ORGANISER).decode(),
        },
        "erasure": {
            "id": gone.hex(),
            "reason": erasure.reason.value,
            "day": erasure.day.isoformat(),
            "order": order.decode(),
            "redacted": redact(read, read.name, {gone}, [order], SERVER).hex(),
        },
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
