"""What version 2 of the format adds, as vectors; part of `tests.sync.vectors`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import batch
from sync import consultation as packages
from sync.acknowledgement import Verdict, acknowledge
from sync.batch import Section
from sync.compression import Dictionary
from sync.consultation import Consultation
from sync.contribution import (
    Agreement,
    Assistance,
    Contribution,
    Given,
    Mode,
    Sealable,
    commitment,
    leaf_hash,
)
from sync.documents import (
    Count,
    Keying,
    MeetingLog,
    MeetingRecord,
    Operation,
    Phase,
    Signature,
)
from sync.envelope import SealingSession, associated_data, first_link, session_info, step
from sync.keys import signing_key_id
from sync.provenance import MeetingLine, Paper, Unread
from sync.receipt import receipt_code
from sync.record_kind import RecordKind
from sync.redaction import redact
from sync.register.checkpoint import Checkpoint, origin_of
from sync.terms import Epochs, Witness, Witnesses

Fixed = Callable[..., Callable[[int], bytes]]


def said(form_hash: str) -> dict[RecordKind, list[Sealable]]:
    """By kind, what is sealed."""
    form = ("place", "1", form_hash)
    paper = Paper("0057-4", "Marché", 2, ("/data/why",), (("/data/age", Unread.ILLEGIBLE),))
    agreement = Agreement("2026-11-21", "Centre social", "", "2", Given.SPOKEN, 14, "P-3", "ar")
    trees = (("/data/trees", "oui"),)
    return {
        RecordKind.CONTRIBUTION: [
            Contribution(
                *form, Mode.PAPER, "fr", trees, paper=paper, alias=receipt_code(bytes(range(16)))
            ),
            Contribution(*form, Mode.ASSISTED, "ar", trees, Assistance(agreement)),
            Contribution(
                *form,
                Mode.MEETING,
                "fr",
                trees,
                meeting=MeetingLine("2026-11-21 Tilleuls", "Constats", "A:12", "B:3"),
            ),
        ],
        RecordKind.BALLOT: [Contribution(*form, Mode.MEETING, "", trees)],
        RecordKind.MEETING: [
            MeetingRecord(
                *form,
                "2026-11-21 Tilleuls",
                "2026-11-21",
                "Salle des fêtes",
                (Phase("Constats", 1_800, 1_910, "18:05"),),
                ((0, 40), (35, 38)),
                (
                    Count("Des bancs ?", "hands", 40, (("for", 30), ("against", 5))),
                    Count("Des bancs ?", "hands", 40, (("for", 29), ("against", 5)), 0),
                ),
                (("F-2", "merged", "A:12"),),
            )
        ],
        RecordKind.LOG: [
            MeetingLog(
                *form,
                "2026-11-21 Tilleuls",
                "A",
                12,
                (
                    Operation(1_500, "line", (("line", "A:12"), ("text", "des bancs"))),
                    Operation(2_000, "closed"),
                ),
            )
        ],
        RecordKind.SIGNATURE: [Signature(*form, "2026-11-21", "Centre social", "2", "M0 0L3 4")],
        RecordKind.KEYING: [
            Keying(*form, "0057-4", "Marché", "P-3", 1, trees, (("/data/why", Unread.SEVERAL),))
        ],
    }


def version_2(
    draft: Consultation,
    keys: tuple[Ed25519PrivateKey, Ed25519PrivateKey, Ed25519PrivateKey],
    formed: batch.Moment,
    fixed: Fixed,
) -> dict[str, Any]:
    """Package, sessions of every kind, batch, what is left of it, acknowledgement.

    Args:
        draft: the consultation of version 1's vectors.
        keys: of device, server and organiser.
        formed: when the batch was.
        fixed: randomness that gives these pieces.
    """
    device, server, organiser = keys
    witness = Witness("witness.example.org", bytes(range(32)))
    published = packages.publish(
        replace(
            draft,
            version=2,
            epochs=Epochs(interval=7_200, at_least=20),
            witnesses=Witnesses((witness,), 1),
            former_keys_until=date(2026, 12, 31),
        ),
        organiser,
    )
    sections, sessions = [], []
    for kind, documents in said(published.form_hash).items():
        section, vector = _session(published, device, kind, documents, fixed)
        sections.append(section)
        sessions.append(vector)
    point = Checkpoint(origin_of(published.id), 3, hashlib.sha256(b"root").digest()).sign(server)
    data = batch.build(
        device_key=device,
        consultation=published.id,
        sequence=8,
        previous=hashlib.sha256(b"before").digest(),
        formed=formed,
        sections=sections,
        checkpoint=point,
        version=2,
    )
    read = batch.read(data, device.public_key())
    gone = next(iter(read.records)).id
    count = sum(len(section.records) for section in sections)
    verdicts = [Verdict.STORED] * (count - 1) + [Verdict.DUPLICATE]
    word = acknowledge(read.name, verdicts, server, published_by=1_795_269_600, version=2)
    return {
        "package": published.data.hex(),
        "epochs": {"interval": 7_200, "at_least": 20},
        "witnesses": {"keys": [witness.verifier_key], "quorum": 1},
        "former_keys_until": "2026-12-31",
        "sessions": sessions,
        "batch": {
            "sequence": 8,
            "checkpoint": point.decode(),
            "name": read.name,
            "data": data.hex(),
        },
        "acknowledgement": {
            "verdicts": [one.code for one in verdicts],
            "published_by": 1_795_269_600,
            "data": word.hex(),
        },
        "redacted": redact(read, read.name, {gone}, [], server).hex(),
    }


def _session(
    published: Consultation,
    device: Ed25519PrivateKey,
    kind: RecordKind,
    documents: list[Sealable],
    fixed: Fixed,
) -> tuple[Section, dict[str, Any]]:
    """One sealing session, and all that it follows from."""
    device_id = signing_key_id(device.public_key())
    dictionary = Dictionary(published.dictionary)
    id_, secret = bytes([kind]) * 8, bytes([0x80 | kind]) * 32
    form = bytes.fromhex(published.form_hash)
    info = session_info(published.id, form, dictionary.hash, device_id, id_, kind)
    session = SealingSession.start(
        published.id,
        published.form_hash,
        device_id,
        published.recipients,
        dictionary=dictionary,
        random=fixed(id_, secret),
        clock=lambda: 0.0,
        kind=kind,
    )
    link, sealed, records = first_link(secret, info), [], []
    for index, document in enumerate(documents):
        link, key, seed = step(link)
        record = session.seal(document).record
        sealed.append(record)
        records.append(
            {
                "index": index,
                "key": key.hex(),
                "seed": seed.hex(),
                "json": document.to_json().decode(),
                "leaves": [list(leaf) for leaf in document.leaves()],
                "leaf_hashes": [
                    leaf_hash(seed, place, leaf).hex()
                    for place, leaf in enumerate(document.leaves())
                ],
                "commitment": commitment(document, seed).hex(),
                "id": record.id.hex(),
                "squeezed": dictionary.squeeze(document.to_json()).hex(),
                "associated_data": associated_data(
                    published.id, record.id, record.commitment, id_, index, kind
                ).hex(),
                "record": record.data.hex(),
            }
        )
    return Section(session.header, tuple(sealed), kind), {
        "kind": int(kind),
        "session_id": id_.hex(),
        "secret": secret.hex(),
        "info": info.hex(),
        "header": session.header.data.hex(),
        "records": records,
    }
