"""Hostile bytes for every parser that reads what others send, and hostile requests for the server.

    python -m tests.sync.fuzzing --seconds 3600 --seed 1

Each input begins as a sound one and is mutated: bits, bytes, numbers, pieces doubled, cut, moved or
taken from another. Half of the signed ones are signed again afterwards, so that what lies behind
the signature is reached, too. A parser may refuse with an error of Parvis's own, or accept;
anything else, and anything that takes longer than `SLOW`, is printed with its seed, and makes it
exit 1.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import tempfile
import time
import traceback
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import acknowledgement, batch
from sync import consultation as packages
from sync.acknowledgement import Verdict, acknowledge
from sync.attachment import Attached, Attachment
from sync.batch import Section
from sync.client.courier import carry_in
from sync.contribution import Contribution
from sync.desk.cards import read_card, split
from sync.destruction import Destruction, OpenedWith, read_destruction
from sync.documents import read_document
from sync.enrolment import EnrolmentAnswer, EnrolmentCode, EnrolmentRequest, fingerprint
from sync.envelope import Opener, SealingSession, SessionHeader
from sync.erasure import Erasure, read_order
from sync.errors import SyncError
from sync.keys import SIGNATURE_BYTES
from sync.listing import ListedConsultation, read_listing, sign_listing
from sync.problem import Problem
from sync.receipt import Receipt, read_code
from sync.redaction import read_redacted, redact
from sync.register import checkpoint
from sync.register.checkpoint import Checkpoint, origin_of
from sync.register.entry import Entry, Reason
from sync.register.proof import Consistency, Proof
from sync.roster import RosterDevice, read_roster, sign_roster
from sync.rules import SyncRules, read_rules
from sync.sealed_keys import Cost, Lock, SealedKey
from sync.server.app import create_app
from sync.server.courier import take_in
from sync.server.service import Service
from sync.signed import HEAD_BYTES, Kind, version_of
from sync.stream import Stream, open_stream
from sync.terms import Epochs, Witness, Witnesses
from tests.sync.documents import DOCUMENTS, ON_PAPER, SIGNATURE
from tests.sync.given import (
    CONSULTATION,
    DEVICE,
    DEVICE_ID,
    DEVICE_KEY,
    GUARANTOR,
    MOMENT,
    ORGANISER_KEY,
    RECIPIENT,
    SERVER,
    SERVER_KEY,
    enrolled_device,
    said,
    section,
    signed_batch,
)

SLOW = 10.0  # seconds that no input may take
_KINDS = {b"B": (Kind.BATCH, DEVICE_KEY), b"A": (Kind.ACKNOWLEDGEMENT, SERVER_KEY)}
_KINDS[b"C"] = (Kind.PACKAGE, ORGANISER_KEY)
_KINDS[b"R"] = (Kind.REDACTED, SERVER_KEY)
_CARD = split(RECIPIENT, 2, 2)[0]
_SEALED = SealedKey.recipient(GUARANTOR, Lock.new(Cost(1, 64, 1)).stretch("cheval agrafe"))

_CODE = EnrolmentCode("https://s.example", fingerprint(SERVER), bytes(16))
_PHOTO = Attachment("a.jpg", b"\xff\xd8" * 40_000, "image/jpeg")
_STREAM = b"".join(Stream(bytes(32), _PHOTO.content).pieces())
_NOTE = Checkpoint(origin_of(CONSULTATION.id), 1, bytes(32)).sign(SERVER_KEY)


def mutated(data: bytes, random: Random, others: list[bytes]) -> bytes:
    """The same with some things changed."""
    spoilt = bytearray(data)
    for _ in range(random.choice([1, 1, 1, 2, 4, 16])):
        at = random.randrange(len(spoilt) + 1)
        match random.randrange(9):
            case 0 if spoilt:
                spoilt[at % len(spoilt)] ^= 1 << random.randrange(8)
            case 1 if spoilt:
                spoilt[at % len(spoilt)] = random.choice([0, 1, 0x7F, 0x80, 0xFF, 0x22, 0x5C])
            case 2:
                del spoilt[at : at + random.choice([1, 2, 8, 64, 4096])]
            case 3:
                spoilt[at:at] = random.randbytes(random.choice([1, 2, 8, 64]))
            case 4:
                spoilt[at:at] = spoilt[at : at + random.choice([1, 8, 64, 4096])]
            case 5:
                other = random.choice(others)
                begin = random.randrange(len(other) + 1)
                spoilt[at : at + random.choice([0, 8, 64])] = other[begin : begin + 64]
            case 6:
                spoilt[at : at + 9] = random.choice(
                    [b"\xff" * 8 + b"\x7f", b"\xff" * 9, b"\x80" * 9, b"\x80\x00", b"\xff\xff\x03"]
                )
            case 7:
                spoilt[at:at] = random.choice(
                    [
                        b"[" * 3_000,
                        b'{"a":' * 900,
                        b"1e999",
                        b"-0",
                        b"\xed\xa0\x80",
                        b"null",
                        b"\\ud800",
                    ]
                )
            case _:
                number = str(random.choice([-1, 0, 1 << 31, 1 << 63, 1 << 64, 10**30])).encode()
                spoilt[at : at + 3] = number
    return bytes(spoilt)


def resigned(data: bytes) -> bytes:
    """A signed file with its length and signature made right again, whatever it holds."""
    if len(data) < HEAD_BYTES + SIGNATURE_BYTES:
        return data
    kind, key = _KINDS.get(data[6:7], (Kind.BATCH, DEVICE_KEY))
    unsigned = data[:8] + len(data).to_bytes(4, "big") + data[12:-SIGNATURE_BYTES]
    return unsigned + key.sign(kind.label(version_of(data)) + unsigned)


def _sealed_body(text: bytes) -> bytes:
    """What stands in a sealed key file, without what tells that it is whole."""
    return b64decode(b"".join(text.splitlines()[1:-1]))[:-32]


def _read_sealed(data: bytes, random: Random) -> None:
    """Read a sealed key file; half of the time one that says that these bytes are whole."""
    if random.random() < 0.5:
        begin, end = (b"-----%s PARVIS SEALED KEY-----\n" % word for word in (b"BEGIN", b"END"))
        data = begin + b64encode(data + hashlib.sha256(data).digest()) + b"\n" + end
    read = SealedKey.read(data, Path("a.key"))
    if read.kind is read.kind.RECIPIENT:
        read.recipient_public  # noqa: B018
    else:
        read.organiser_public  # noqa: B018


def _signed(parse: Callable[[bytes], Any]) -> Callable[[bytes, Random], Any]:
    return lambda data, random: parse(resigned(data) if random.random() < 0.6 else data)


def _plain(parse: Callable[[bytes], Any]) -> Callable[[bytes, Random], Any]:
    return lambda data, random: parse(data)


def _text(parse: Callable[[str], Any]) -> Callable[[bytes, Random], Any]:
    return lambda data, random: parse(data.decode(errors="surrogateescape"))


def _open_all(data: bytes) -> None:
    """Read a batch and open what is in it, as the desk does."""
    read = batch.read(data, DEVICE)
    opener = Opener([RECIPIENT, GUARANTOR])
    for one in read.sections:
        session = opener.open_session(
            one.header,
            consultation=read.consultation,
            device_key_id=DEVICE_ID,
            kind=one.kind,
        )
        for record in one.records:
            session.open_document(record) if one.kind > 1 else session.open(record)


def _newer(first: Section) -> bytes:
    """A batch of version 2, with a contribution and a signature."""
    sealing = SealingSession.start(
        CONSULTATION.id,
        CONSULTATION.form_hash,
        DEVICE_ID,
        CONSULTATION.recipients,
        kind=SIGNATURE.kind,
    )
    signature = Section(sealing.header, (sealing.seal(SIGNATURE).record,), SIGNATURE.kind)
    return batch.build(
        device_key=DEVICE_KEY,
        consultation=CONSULTATION.id,
        sequence=1,
        previous=bytes(32),
        formed=MOMENT,
        sections=[first, signature],
        checkpoint=_NOTE,
        version=2,
    )


def _with_terms() -> bytes:
    """A package that says when the register is published, and who has to have seen it."""
    witnesses = Witnesses((Witness("w.example", bytes(32)),), 1)
    said_so = replace(
        CONSULTATION,
        epochs=Epochs(60, 2),
        witnesses=witnesses,
        former_keys_until=date(2026, 12, 31),
    )
    return packages.publish(said_so, ORGANISER_KEY).data


def _statement(key: Ed25519PrivateKey, label: str, body: bytes) -> bytes:
    """A mutated statement, signed again where its outer shape still allows it."""
    from sync.statement import b64

    try:
        outer = json.loads(body)
        text = outer["said"]
        signature = key.sign(label.encode() + b"\n" + text.encode())
        return json.dumps({"said": text, "signature": b64(signature)}).encode()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return body


def targets(folder: Path) -> dict[str, tuple[list[bytes], Callable[[bytes, Random], Any]]]:
    """Name → sound inputs, and who reads them."""
    sound = signed_batch(section("oui", "non"), section("peut-être"))
    newer = _newer(section("oui"))
    receipt = Receipt.promise(CONSULTATION.id, bytes(32), DEVICE_KEY, 1_795_262_400.0)
    listed = [ListedConsultation(CONSULTATION.id, 1, "0" * 64)]
    rules = folder / "rules.json"

    def reads_rules(data: bytes) -> None:
        rules.write_bytes(data)
        read_rules(rules)

    enrolment = EnrolmentRequest.sign(_CODE, DEVICE, "mairie")
    answer = EnrolmentAnswer.sign(SERVER_KEY, DEVICE, "mairie")
    listing = sign_listing(SERVER_KEY, listed, "fresh")
    read = batch.read(sound, DEVICE)
    gone = next(iter(read.records)).id
    order = Erasure(CONSULTATION.id, gone, Reason.ASKED, date(2026, 12, 1)).sign(ORGANISER_KEY)
    organiser = ORGANISER_KEY.public_key()
    at = datetime(2027, 6, 30, tzinfo=UTC)
    opened = OpenedWith(CONSULTATION.id, "place", 2, 3)
    destroyed = Destruction(RECIPIENT.public, at, "Fin", (opened,)).sign(ORGANISER_KEY)
    return {
        "redacted batch": (
            [
                redact(read, read.name, {gone}, [order], SERVER_KEY),
                redact(batch.read(newer, DEVICE), read.name, set(), [order], SERVER_KEY),
            ],
            _signed(lambda data: read_redacted(data, SERVER)),
        ),
        "order to erase": (
            [order],
            lambda data, random: read_order(
                _statement(ORGANISER_KEY, "parvis erasure 1", data), [organiser.public_bytes_raw()]
            ),
        ),
        "destroyed key": (
            [destroyed],
            lambda data, random: read_destruction(
                _statement(ORGANISER_KEY, "parvis destroyed key 1", data), organiser
            ),
        ),
        "sealed key": ([_SEALED.text, _sealed_body(_SEALED.text)], _read_sealed),
        "card": ([" ".join(_CARD.words).encode()], _text(lambda text: read_card(text.split()))),
        "batch": ([sound, newer], _signed(_open_all)),
        "acknowledgement": (
            [
                acknowledge(
                    "ab" * 32, [Verdict.STORED] * 3 + [Verdict.AWAITED], SERVER_KEY, ["cd" * 32]
                ),
                acknowledge("ab" * 32, [Verdict.OTHER_BYTES], SERVER_KEY),
                acknowledge(
                    "ab" * 32, [Verdict.STORED], SERVER_KEY, published_by=1 << 31, version=2
                ),
            ],
            _signed(lambda data: acknowledgement.read(data, SERVER)),
        ),
        "package": ([CONSULTATION.data, _with_terms()], _signed(packages.read)),
        "session": ([section("oui").header.data], _plain(SessionHeader.from_bytes)),
        "contribution": (
            [said("oui", "").to_json(), said("oui").to_json(), ON_PAPER.to_json()],
            _plain(Contribution.from_json),
        ),
        **{
            one.kind.name.lower(): (
                [one.to_json()],
                _plain(partial(read_document, int(one.kind))),
            )
            for one in DOCUMENTS
        },
        "receipt": ([receipt.qr_payload("https://s.example").encode()], _text(Receipt.from_qr)),
        "code": ([receipt.code.encode()], _text(read_code)),
        "enrolment code": ([str(_CODE).encode()], _text(EnrolmentCode.parse)),
        "enrolment request": (
            [enrolment],
            _plain(lambda data: EnrolmentRequest.read(data, fingerprint(SERVER))),
        ),
        "enrolment answer": (
            [answer],
            _plain(lambda data: EnrolmentAnswer.read(data, _CODE, DEVICE)),
        ),
        "listing": (
            [listing],
            lambda data, random: read_listing(
                _statement(SERVER_KEY, "parvis consultations 1", data), SERVER, "fresh"
            ),
        ),
        "roster": (
            [sign_roster(SERVER_KEY, [RosterDevice(DEVICE, "mairie", False)])],
            _plain(read_roster),
        ),
        "checkpoint": (
            [_NOTE],
            _plain(lambda data: checkpoint.read(data, origin_of(CONSULTATION.id), SERVER)),
        ),
        "proof": (
            [Proof(_NOTE, 0, (Entry(bytes(32)).to_bytes(),), (bytes(32),)).to_json()],
            _plain(lambda data: Proof.from_json(data).check(CONSULTATION.id, SERVER)),
        ),
        "consistency": (
            [Consistency(_NOTE, (bytes(32),)).to_json()],
            _plain(lambda data: Consistency.from_json(data).check(CONSULTATION.id, SERVER, None)),
        ),
        "problem": (
            [Problem(422, "refused", "No.").body()],
            _plain(lambda data: Problem.read(422, data, "7")),
        ),
        "rules": ([SyncRules().document()], _plain(reads_rules)),
        "stream": (
            [_STREAM],
            _plain(lambda data: open_stream(bytes(32), data, Attached.of(_PHOTO))),
        ),
    }


class Server:
    """A server that is asked hostile things, without the network between."""

    METHODS = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "BREW")

    def __init__(self, folder: Path) -> None:
        self._service = Service(folder / "server", time.time)
        self._service.publish(CONSULTATION.data)
        self._service.store.offer(bytes(32), time.time() + 1e9)
        self._service.store.enrol(bytes(32), DEVICE_ID.hex(), DEVICE, "mairie", time.time())
        self._app = create_app(self._service, patience=2.0, limits=None)
        self._body = signed_batch(section("oui"))
        name = batch.name_of(self._body)
        self._paths = [
            f"/v1/batches/{name}",
            f"/v1/batches/{name}/acknowledgement",
            f"/v1/batches/{name}/register",
            f"/v1/batches/{'0' * 64}",
            "/v1/consultations?fresh=abc",
            f"/v1/consultations/{CONSULTATION.id}?version=1",
            f"/v1/consultations/{CONSULTATION.id}/batches?after=0",
            f"/v1/consultations/{CONSULTATION.id}/devices",
            f"/v1/consultations/{CONSULTATION.id}/attachments/{'0' * 64}",
            f"/v1/consultations/{CONSULTATION.id}/register?from=0",
            f"/v1/consultations/{CONSULTATION.id}/register/{'0' * 64}",
            f"/register/{CONSULTATION.id}/checkpoint",
            f"/register/{CONSULTATION.id}/tile/0/000.p/1",
            "/v1/devices",
            "/healthz",
        ]
        self._headers = [
            (b"content-length", str(len(self._body)).encode()),
            (b"upload-offset", b"0"),
            (b"upload-complete", b"?1"),
            (b"content-type", b"application/partial-upload"),
            (b"signature-input", b'sig1=("@method" "@target-uri");created=1;keyid="ab"'),
            (b"signature", b"sig1=:AAAA:"),
            (b"content-digest", b"sha-256=:AAAA:"),
            (b"host", b"s.example"),
        ]
        self._loop = asyncio.new_event_loop()

    def ask(self, random: Random) -> int:
        """One hostile request; the status it got.

        Raises:
            Exception: the application failed.
        """
        others = [self._body, *(value for _, value in self._headers)]
        path, _, query = random.choice(self._paths).partition("?")
        spell = path.encode()
        if random.random() < 0.4:
            spell = mutated(spell, random, others)
        body = self._body
        if random.random() < 0.7:
            body = mutated(body, random, others)
            body = resigned(body) if random.random() < 0.5 else body
        headers = [
            (name, mutated(value, random, others)[:4_000] if random.random() < 0.3 else value)
            for name, value in self._headers
            if random.random() < 0.6
        ]
        query_string = query.encode()
        if random.random() < 0.4:
            query_string = mutated(query_string, random, others)[:4_000]
        pieces = [body[at : at + 100_000] for at in range(0, len(body), 100_000)] or [b""]
        status = 0

        async def receive() -> dict[str, Any]:
            if not pieces:
                return {"type": "http.disconnect"}
            if random.random() < 0.05:
                pieces.clear()
                return {"type": "http.disconnect"}
            piece = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": random.choice(self.METHODS),
            "scheme": "http",
            "path": spell.decode("latin-1"),
            "raw_path": spell,
            "query_string": query_string,
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        self._loop.run_until_complete(self._app(scope, receive, send))
        return status

    def stick(self, folder: Path, data: bytes) -> None:
        """A stick with this on it comes."""
        (folder / "x").write_bytes(data)
        take_in(self._service, folder)

    def close(self) -> None:
        """Let go."""
        self._loop.close()
        self._service.close()


def fuzz(seconds: float, seed: int, most: int | None = None) -> tuple[Counter[str], list[str]]:
    """Try for so long, or so many times; how often each was tried, and what was found."""
    tried: Counter[str] = Counter()
    found: list[str] = []
    until = time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="parvis-fuzzing-") as name:
        folder = Path(name)
        (folder / "stick").mkdir()
        known = targets(folder)
        everything = [data for sound, _ in known.values() for data in sound]
        server = Server(folder)
        device = enrolled_device(folder / "device")
        names = [*known, *["request"] * 6, "stick to server", "stick to device"]
        number = seed
        while time.monotonic() < until and (most is None or number - seed < most):
            random = Random(number)
            target = random.choice(names)
            began = time.monotonic()
            try:
                if target == "request":
                    server.ask(random)
                elif target.startswith("stick"):
                    data = mutated(random.choice(everything), random, everything)
                    if random.random() < 0.5:
                        data = resigned(data)
                    if target == "stick to server":
                        server.stick(folder / "stick", data)
                    else:
                        (folder / "stick" / "x").write_bytes(data)
                        carry_in(device, folder / "stick")
                else:
                    sound, parse = known[target]
                    parse(mutated(random.choice(sound), random, everything), random)
            except SyncError:
                pass
            except Exception:  # noqa: BLE001 — whatever it is, it is a finding
                found.append(f"{target}, seed {number}: {traceback.format_exc(limit=-3)}")
            took = time.monotonic() - began
            if took > SLOW:
                found.append(f"{target}, seed {number}: took {took:.1f} s")
            tried[target] += 1
            number += 1
        device.close()
        server.close()
    return tried, found


if __name__ == "__main__":
    reader = argparse.ArgumentParser()
    reader.add_argument("--seconds", type=float, default=3_600.0)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--most", type=int)
    asked = reader.parse_args()
    tried, found = fuzz(asked.seconds, asked.seed, asked.most)
    for one in found[:50]:
        print(one)
    total = sum(tried.values())
    print(json.dumps({"inputs": total, "found": len(found), "each": dict(tried)}, sort_keys=True))
    sys.exit(1 if found else 0)
