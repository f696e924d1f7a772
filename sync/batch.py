"""Batches: one device's sealed contributions to one consultation, in one signed file.

`docs/format.md`, section 5. The name of a batch is the SHA-256 of its bytes. Batches of one device
for one consultation are numbered from 0 and each names the one before, so that order and gaps show
without trusting any clock. Attachments travel beside it; it names them, so that its signature
covers them, too.

Version 2 says what version 1 has no room for: the last checkpoint of the register that the device
saw, and of which kind the records of each session are.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.contribution import HASH_BYTES
from sync.envelope import MOST_RECORDS_PER_SESSION, Record, SessionHeader
from sync.errors import ForgedBatch, MalformedBatch, UnknownFormat
from sync.keys import KEY_ID_BYTES, signing_key_id
from sync.record_kind import LARGEST_KIND, RecordKind
from sync.register.checkpoint import LONGEST as LONGEST_CHECKPOINT
from sync.signed import (
    HEAD_BYTES,
    Kind,
    begins_as,
    sign_file,
    unverified_body,
    verified_body,
    version_of,
)
from sync.stream import LARGEST_STREAM
from sync.wire import Reader, number, sized

MOST_RECORDS = 5_000
MOST_ENCLOSED = 5_000
LARGEST_BATCH = Kind.BATCH.largest
NO_BATCH = bytes(HASH_BYTES)
"""What the first batch names as the one before it."""

BOOT_BYTES = 4

DEVICE_NAMED_BY = HEAD_BYTES + KEY_ID_BYTES
"""How many first bytes of a batch say which device it claims to be of."""

_OF_ONE_KIND = 1  # the version that holds contributions alone, and no checkpoint
_LONGEST_CONSULTATION_ID = 32
_PLACES_BYTES = MOST_RECORDS_PER_SESSION // 8
_SECONDS_PER_HOUR = 3_600
_BOOT_LABEL = b"parvis/1 boot\x00"


@dataclass(frozen=True)
class Moment:
    """When a batch was formed, by a clock that may be wrong: whole hours.

    Attributes:
        boot: tells one start of the device from another, and nothing else.
        awake: hours since that start.
        wall: hours since 1970 by the device's wall clock.
    """

    boot: bytes
    awake: int
    wall: int

    @classmethod
    def of(cls, boot_id: str, since_boot: float, wall: float, device_key_id: bytes) -> "Moment":
        """The moment, coarsened.

        Args:
            boot_id: the kernel's.
            since_boot: seconds.
            wall: seconds since 1970.
            device_key_id: makes the boot's mark one that other programs' marks cannot be tied to.
        """
        mark = hashlib.sha256(_BOOT_LABEL + device_key_id + boot_id.encode()).digest()
        return cls(
            mark[:BOOT_BYTES],
            max(0, int(since_boot // _SECONDS_PER_HOUR)),
            max(0, int(wall // _SECONDS_PER_HOUR)),
        )


@dataclass(frozen=True)
class Section:
    """One sealing session's records in a batch, by rising index.

    Attributes:
        header: of the session.
        records: what was sealed in it, all of one kind.
        kind: `sync.record_kind`; may be a number that only a newer Parvis knows.
    """

    header: SessionHeader
    records: tuple[Record, ...]
    kind: int = RecordKind.CONTRIBUTION

    @property
    def data(self) -> bytes:
        """The section in version 1: header, which of the 64 places are taken, records.

        In version 2 its kind stands before it.
        """
        places = sum(1 << record.index for record in self.records)
        parts = [self.header.data, places.to_bytes(_PLACES_BYTES, "big")]
        return b"".join(parts + [record.data for record in self.records])


@dataclass(frozen=True)
class Enclosed:
    """A sealed attachment of one of a batch's records; it travels as a file of its own.

    Attributes:
        position: of its record in the batch, from 0.
        name: SHA-256 of its stream, in hexadecimal.
        size: of its stream, in bytes.
    """

    position: int
    name: str
    size: int

    @property
    def data(self) -> bytes:
        """As it stands in the batch."""
        return number(self.position) + bytes.fromhex(self.name) + number(self.size)


@dataclass(frozen=True)
class Batch:
    """A batch whose signature fits.

    Attributes:
        device_key_id: of the device that signed it.
        consultation: the id of the one consultation that all its records belong to.
        sequence: its number among this device's batches for this consultation, from 0.
        previous: the name of the one before, 32 bytes; `NO_BATCH` for the first.
        formed: when, roughly.
        sections: sealing sessions with their records.
        enclosed: the attachments of its records, by rising position.
        data: the file itself.
        checkpoint: the last one of this consultation's register that the device saw, as the server
            signed it; empty where it saw none, or the batch is of version 1. Whether it is one,
            nobody has checked.
        version: of the format.
    """

    device_key_id: bytes
    consultation: str
    sequence: int
    previous: bytes
    formed: Moment
    sections: tuple[Section, ...]
    enclosed: tuple[Enclosed, ...]
    data: bytes
    checkpoint: bytes = b""
    version: int = _OF_ONE_KIND

    @cached_property
    def name(self) -> str:
        """SHA-256 of the file, in hexadecimal."""
        return name_of(self.data)

    @property
    def records(self) -> Iterator[Record]:
        """All records, in the order that an acknowledgement lists them."""
        for section in self.sections:
            yield from section.records


def build(
    *,
    device_key: Ed25519PrivateKey,
    consultation: str,
    sequence: int,
    previous: bytes,
    formed: Moment,
    sections: Sequence[Section],
    enclosed: Sequence[Enclosed] = (),
    checkpoint: bytes = b"",
    version: int = _OF_ONE_KIND,
) -> bytes:
    """A batch, signed by the device.

    Args:
        device_key: signs.
        consultation: the consultation's id.
        sequence: from 0.
        previous: the name of this device's previous batch for this consultation, 32 bytes.
        formed: when.
        sections: at least one, each with at least one record, its records by rising index.
        enclosed: the attachments of the records, by rising position.
        checkpoint: the last one of the register that the device saw. Version 1 has no room for it,
            and leaves it out.
        version: of the format; one that its server reads.

    Raises:
        ValueError: larger than a batch may be, or of a version that does not hold such records.
    """
    device_key_id = signing_key_id(device_key.public_key())
    body = body_of(
        device_key_id,
        consultation,
        sequence,
        previous,
        formed,
        sections,
        enclosed,
        checkpoint,
        version,
    )
    return sign_file(Kind.BATCH, body, device_key, version)


def body_of(
    device_key_id: bytes,
    consultation: str,
    sequence: int,
    previous: bytes,
    formed: Moment,
    sections: Sequence[Section],
    enclosed: Sequence[Enclosed] = (),
    checkpoint: bytes = b"",
    version: int = _OF_ONE_KIND,
) -> bytes:
    """What a batch says, without its frame; the arguments are those of `build`."""
    parts = [
        device_key_id,
        sized(consultation.encode()),
        number(sequence),
        previous,
        formed.boot,
        number(formed.awake),
        number(formed.wall),
    ]
    kinds = {section.kind for section in sections}
    if version == _OF_ONE_KIND:
        if kinds - {RecordKind.CONTRIBUTION}:
            raise ValueError("a batch of version 1 holds contributions and nothing else")
        parts.append(number(len(sections)))
        parts += [section.data for section in sections]
    else:
        parts += [sized(checkpoint), number(len(sections))]
        parts += [number(section.kind) + section.data for section in sections]
    if enclosed:
        parts += [number(len(enclosed)), *(one.data for one in enclosed)]
    return b"".join(parts)


def name_of(data: bytes) -> str:
    """The name of the batch that these bytes are: their SHA-256, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def claimed_device(data: bytes) -> bytes:
    """The id of the key that a batch claims to be signed by; believe nothing else of it yet.

    Raises:
        UnknownFormat, TruncatedBatch, ForgedBatch: it is not a whole batch.
    """
    return Reader(unverified_body(Kind.BATCH, data), ForgedBatch).take(KEY_ID_BYTES)


def device_named_in(beginning: bytes) -> bytes | None:
    """What `claimed_device` will say, by the first `DEVICE_NAMED_BY` bytes; None if fewer came.

    Raises:
        UnknownFormat: no batch begins like this.
    """
    if not begins_as(Kind.BATCH, beginning):
        raise UnknownFormat()
    return beginning[HEAD_BYTES:DEVICE_NAMED_BY] if len(beginning) >= DEVICE_NAMED_BY else None


def read(data: bytes, device: Ed25519PublicKey) -> Batch:
    """Read a batch that `device` signed.

    Raises:
        UnknownFormat: another kind or version of file, or a suite that this Parvis does not know.
        TruncatedBatch: it is cut short.
        ForgedBatch: it is not what this device signed.
        MalformedBatch: the device signed it, and yet it breaks the format.
    """
    reader = Reader(verified_body(Kind.BATCH, data, device), MalformedBatch)
    device_key_id = reader.take(KEY_ID_BYTES)
    if device_key_id != signing_key_id(device):
        raise ForgedBatch()
    return read_body(reader, device_key_id, data)


def read_body(reader: Reader, device_key_id: bytes, data: bytes) -> Batch:
    """Read the body of a batch behind its device's key id; whether to believe it, others say.

    Raises:
        MalformedBatch: it breaks the format.
    """
    consultation = _ascii(reader.sized(_LONGEST_CONSULTATION_ID))
    sequence = reader.number()
    previous = reader.take(HASH_BYTES)
    formed = Moment(reader.take(BOOT_BYTES), reader.number(), reader.number())
    version = version_of(data)
    checkpoint = b"" if version == _OF_ONE_KIND else reader.sized(LONGEST_CHECKPOINT)
    sections = tuple(_sections(reader, consultation, version))
    records = sum(len(section.records) for section in sections)
    enclosed = tuple(_enclosed(reader, records)) if reader.left else ()
    reader.done()
    return Batch(
        device_key_id,
        consultation,
        sequence,
        previous,
        formed,
        sections,
        enclosed,
        data,
        checkpoint,
        version,
    )


def _sections(reader: Reader, consultation: str, version: int) -> Iterator[Section]:
    count = reader.number(MOST_RECORDS)
    seen: set[bytes] = set()
    records = 0
    for _ in range(count):
        kind = 0 if version == _OF_ONE_KIND else reader.number(LARGEST_KIND)
        header = SessionHeader.read(reader)
        section = Section(header, tuple(_records(reader, consultation, header.session)), kind)
        records += len(section.records)
        if header.session in seen or records > MOST_RECORDS:
            raise MalformedBatch()
        seen.add(header.session)
        yield section
    if not count:
        raise MalformedBatch()


def _records(reader: Reader, consultation: str, session: bytes) -> Iterator[Record]:
    places = int.from_bytes(reader.take(_PLACES_BYTES), "big")
    if not places:
        raise MalformedBatch()
    for index in range(MOST_RECORDS_PER_SESSION):
        if places >> index & 1:
            yield Record.read(reader, consultation, session, index)


def _enclosed(reader: Reader, records: int) -> Iterator[Enclosed]:
    count, position = reader.number(MOST_ENCLOSED), 0
    names: set[str] = set()
    for _ in range(count):
        before, position = position, reader.number(records - 1)
        one = Enclosed(position, reader.take(HASH_BYTES).hex(), reader.number(LARGEST_STREAM))
        if position < before or one.name in names:
            raise MalformedBatch()
        names.add(one.name)
        yield one
    if not count:
        raise MalformedBatch()


def _ascii(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise MalformedBatch() from None
