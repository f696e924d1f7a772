"""A batch's bytes → what its records say; pure computing, that several processes can share.

Rules 1 to 4 of `sync.desk.pull`. Nothing here is stored or fetched.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync import batch as batches
from sync.attachment import Attached
from sync.batch import Batch
from sync.compression import Dictionary
from sync.contribution import Contribution, agreement_document
from sync.desk.findings import Kind
from sync.desk.store import DeskContribution
from sync.envelope import Opened, OpenedSession, Opener, Record, SessionHeader
from sync.erasure import Ordered, read_order
from sync.errors import (
    ForgedRecord,
    MalformedContribution,
    SyncError,
    UnknownDictionary,
    WrongRecipient,
)
from sync.keys import RecipientKeys, grouped_digits
from sync.provenance import provenance_document
from sync.record_kind import RecordKind
from sync.redaction import read_redacted
from sync.statement import ForgedStatement, UnreadableStatement


@dataclass(frozen=True)
class Job:
    """A batch to open.

    Attributes:
        name: SHA-256 that its bytes were checked against.
        received: the day the server got it.
        body: the file.
        device: the public key of the device that it claims to be of.
        server: the public key of the server, where records were erased from it.
    """

    name: str
    received: str
    body: bytes
    device: bytes
    server: bytes = b""


@dataclass(frozen=True)
class Refused:
    """A batch of which nothing can be believed."""

    kind: Kind
    why: str


@dataclass(frozen=True)
class OpenedRecord:
    """What became of one record.

    Attributes:
        id: the contribution's, hex.
        fingerprint: the record's, hex.
        contribution: what it says; None where it does not open, or is not to be counted.
        kind, why: what is wrong with it, where something is.
        final: whether no key and no package can ever change that.
        attached: the files that it names.
        streams: the names of their sealed streams.
        section, index: where it stands in its batch.
        order: to erase it, where it was erased.
        commitment: of what was erased, hex.
    """

    id: str
    fingerprint: str
    contribution: DeskContribution | None = None
    kind: Kind | None = None
    why: str = ""
    final: bool = False
    attached: tuple[Attached, ...] = ()
    streams: tuple[str, ...] = ()
    section: int = 0
    index: int = 0
    order: Ordered | None = None
    commitment: str = ""


@dataclass(frozen=True)
class OpenedBatch:
    """A sound batch.

    Attributes:
        consultation: its id.
        device: the key id of the device, hex.
        sequence: its number.
        previous: the name of the one before, hex.
        records: in its order.
        headers: of the sections whose records have files attached.
        checkpoint: the last one of the register that the device saw, as the batch says; unchecked.
        formed: when, in hours since 1970 by its device's clock, which may be wrong.
    """

    consultation: str
    device: str
    sequence: int
    previous: str
    records: tuple[OpenedRecord, ...]
    headers: Mapping[int, SessionHeader]
    formed: int = 0
    checkpoint: bytes = b""


class _OtherKind(SyncError):
    """A record holds something else than a contribution."""

    def __init__(self, kind: int) -> None:
        named = {one.value: one.name.lower() for one in RecordKind}
        super().__init__(
            f"It is no contribution but of another kind ({named.get(kind, kind)}), which this "
            "parvis-desk does not read: it stays sealed as it came. Update Parvis at the desk, and "
            "pull again."
        )


class BatchOpener:
    """Opens batches with the keys at hand.

    Args:
        keys: the recipient's.
        dictionaries: of the consultations' versions.
        destroyed: key id → the day on which that key was destroyed.
        organisers: consultation → the key that signs orders to erase.
    """

    def __init__(
        self,
        keys: Iterable[RecipientKeys],
        dictionaries: Iterable[bytes] = (),
        destroyed: Mapping[bytes, str] | None = None,
        organisers: Mapping[str, bytes] | None = None,
    ) -> None:
        self._opener = Opener(keys, [Dictionary(one) for one in dictionaries])
        self._destroyed = destroyed or {}
        self._organisers = organisers or {}

    def open(self, job: Job) -> OpenedBatch | Refused:
        """Check a batch's signature, open its records, and compare each with its commitment."""
        try:
            read, orders = self._read(job)
        except SyncError as error:
            return Refused(Kind.ALTERED, str(error))
        enclosed: dict[int, list[str]] = {}
        for one in read.enclosed:
            enclosed.setdefault(one.position, []).append(one.name)
        return OpenedBatch(
            consultation=read.consultation,
            device=read.device_key_id.hex(),
            sequence=read.sequence,
            previous=read.previous.hex(),
            records=tuple(self._records(job, read, enclosed, orders)),
            headers=_headers_of(read, enclosed),
            checkpoint=read.checkpoint,
            formed=read.formed.wall,
        )

    def _read(self, job: Job) -> tuple[Batch, dict[bytes, Ordered]]:
        """A batch as its device signed it, or as the server did after erasures; and the orders."""
        if not job.server:
            return batches.read(job.body, Ed25519PublicKey.from_public_bytes(job.device)), {}
        redacted = read_redacted(job.body, Ed25519PublicKey.from_public_bytes(job.server))
        consultation = redacted.batch.consultation
        signers = {self._organisers.get(consultation, b""), job.server}
        orders: dict[bytes, Ordered] = {}
        for order in redacted.orders:
            with contextlib.suppress(UnreadableStatement, ForgedStatement):
                read = read_order(order, signers)
                if read.erasure.consultation == consultation:
                    orders[read.erasure.id] = read
        return redacted.batch, orders

    def session(
        self, header: SessionHeader, consultation: str, device: str
    ) -> OpenedSession | SyncError:
        """One sealing session, or why it does not open."""
        try:
            return self._opener.open_session(
                header, consultation=consultation, device_key_id=bytes.fromhex(device)
            )
        except (WrongRecipient, UnknownDictionary) as error:
            return error

    def _records(
        self,
        job: Job,
        read: Batch,
        enclosed: Mapping[int, Sequence[str]],
        orders: Mapping[bytes, Ordered],
    ) -> Iterator[OpenedRecord]:
        position = 0
        device = read.device_key_id.hex()
        for place, section in enumerate(read.sections):
            session = self.session(section.header, read.consultation, device)
            if section.kind != RecordKind.CONTRIBUTION:
                session = _OtherKind(section.kind)
            gone = self._gone(section.header) if isinstance(session, WrongRecipient) else ""
            for record in section.records:
                streams = tuple(enclosed.get(position, ()))
                if job.server and not record.ciphertext:
                    yield _erased(record, orders.get(record.id))
                else:
                    yield self._record(job, record, session, gone, (device, place, streams))
                position += 1

    def _gone(self, header: SessionHeader) -> str:
        """What is said where a session was sealed to a key that was destroyed."""
        for _, key_id, _ in header.sealed:
            if key_id in self._destroyed:
                return (
                    f"It is sealed to the key {grouped_digits(key_id)}, which was destroyed on "
                    f"{self._destroyed[key_id]}: it can be opened no more, by anybody."
                )
        return ""

    @staticmethod
    def _record(
        job: Job,
        record: Record,
        session: OpenedSession | SyncError,
        gone: str,
        where: tuple[str, int, tuple[str, ...]],
    ) -> OpenedRecord:
        id_, fingerprint = record.id.hex(), record.fingerprint.hex()
        if gone:
            return OpenedRecord(id_, fingerprint, None, Kind.KEY_DESTROYED, gone, final=True)
        if isinstance(session, SyncError):
            return OpenedRecord(id_, fingerprint, None, Kind.UNOPENABLE, str(session))
        try:
            opened = session.open(record)
        except (ForgedRecord, MalformedContribution) as error:
            return OpenedRecord(id_, fingerprint, None, Kind.UNOPENABLE, str(error))
        if not opened.faithful:
            return OpenedRecord(id_, fingerprint, None, Kind.ALTERED, _UNFAITHFUL)
        device, section, streams = where
        return OpenedRecord(
            id_,
            fingerprint,
            _contribution(opened, record, job, device, session.opened_with),
            attached=opened.contribution.attachments,
            streams=streams,
            section=section,
            index=record.index,
        )


def _erased(record: Record, order: Ordered | None) -> OpenedRecord:
    if order is None:
        why = "It was erased on the server, and nobody who may has ordered it."
        return OpenedRecord(record.id.hex(), "", None, Kind.ALTERED, why)
    commitment = record.commitment.hex()
    return OpenedRecord(record.id.hex(), "", final=True, order=order, commitment=commitment)


_UNFAITHFUL = (
    "What it says is not what its commitment promises: the device that sealed it was not honest, "
    "or faulty. It is not counted."
)


def _headers_of(read: Batch, enclosed: Mapping[int, object]) -> dict[int, SessionHeader]:
    """The headers of sections that have records with files."""
    headers, first = {}, 0
    for place, section in enumerate(read.sections):
        if any(first <= position < first + len(section.records) for position in enclosed):
            headers[place] = section.header
        first += len(section.records)
    return headers


def _contribution(
    opened: Opened, record: Record, job: Job, device: str, key_id: bytes
) -> DeskContribution:
    said: Contribution = opened.contribution
    assistance = said.assistance
    agreement = ""
    if assistance is not None:
        agreement = json.dumps(agreement_document(assistance.agreement), ensure_ascii=False)
    provenance = provenance_document(said.paper, said.meeting, said.alias)
    return DeskContribution(
        id=record.id.hex(),
        consultation=record.consultation,
        fingerprint=record.fingerprint.hex(),
        commitment=record.commitment.hex(),
        seed=opened.seed.hex(),
        received=job.received,
        device=device,
        batch=job.name,
        form_id=said.form_id,
        form_version=said.form_version,
        form_hash=said.form_hash,
        mode=said.mode.value,
        language=said.language,
        help=" ".join(sorted(kind.value for kind in assistance.help)) if assistance else "",
        read_back=assistance.read_back if assistance else None,
        agreement=agreement,
        reworded=" ".join(assistance.reworded) if assistance else "",
        opened_with=key_id.hex(),
        provenance=json.dumps(provenance, ensure_ascii=False) if provenance else "",
        fields=said.fields,
    )
