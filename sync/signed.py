"""The frame of every signed Parvis file: what it is, how long it is, and who signed it.

`docs/format.md`, section 2:

    6  "PARVIS"
    1  kind: "B" batch, "A" acknowledgement, "C" consultation package, "R" batch with erasures
    1  format version: 1 or 2; of a package 1
    4  length of the whole file, big-endian
    …  body
   64  Ed25519 over the kind's domain label and everything before the signature

The signature is checked before the body is read.
"""

import struct
from enum import Enum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.errors import (
    ForgedAcknowledgement,
    ForgedBatch,
    ForgedPackage,
    SyncError,
    TruncatedBatch,
    UnknownFormat,
)
from sync.keys import SIGNATURE_BYTES, signature_fits

NEWEST = 2
"""The newest version of the format that this Parvis reads and writes."""

_FIRST = 1
_HEAD = struct.Struct(">6scBI")
_MAGIC = b"PARVIS"
_VERSION_AT = len(_MAGIC) + 1

HEAD_BYTES = _HEAD.size
"""Bytes before the body."""


class Kind(Enum):
    """A kind of signed file: its letter, its newest version, its largest size, its errors."""

    BATCH = (b"B", NEWEST, "batch", 16 << 20, TruncatedBatch, ForgedBatch)
    ACKNOWLEDGEMENT = (
        b"A",
        NEWEST,
        "acknowledgement",
        256 << 10,
        ForgedAcknowledgement,
        ForgedAcknowledgement,
    )
    REDACTED = (b"R", NEWEST, "redacted batch", 32 << 20, ForgedBatch, ForgedBatch)
    # Readers of a package pass over what they do not know: it needs no other version.
    PACKAGE = (b"C", _FIRST, "consultation", 64 << 20, ForgedPackage, ForgedPackage)

    def __init__(
        self,
        letter: bytes,
        newest: int,
        purpose: str,
        largest: int,
        truncated: type[SyncError],
        forged: type[SyncError],
    ) -> None:
        self.letter = letter
        self.newest = newest
        self.purpose = purpose
        self.largest = largest
        self.truncated = truncated
        self.forged = forged

    def label(self, version: int = _FIRST) -> bytes:
        """What stands before the file when it is signed, so that no signature serves another."""
        return f"parvis/{version} {self.purpose}\0".encode()


def sign_file(kind: Kind, body: bytes, key: Ed25519PrivateKey, version: int = _FIRST) -> bytes:
    """The whole file around `body`.

    Raises:
        ValueError: it would be larger than files of its kind may be, or there is no such version.
    """
    if not _FIRST <= version <= kind.newest:
        raise ValueError(f"there is no version {version} of a {kind.purpose}")
    length = _HEAD.size + len(body) + SIGNATURE_BYTES
    if length > kind.largest:
        raise ValueError(f"a {kind.name.lower()} of {length} bytes is over {kind.largest}")
    unsigned = _HEAD.pack(_MAGIC, kind.letter, version, length) + body
    return unsigned + key.sign(kind.label(version) + unsigned)


def version_of(data: bytes) -> int:
    """The version that a file says it is of; what `unverified_body` has let pass has one."""
    return data[_VERSION_AT] if len(data) > _VERSION_AT else 0


def unverified_body(kind: Kind, data: bytes) -> bytes:
    """The body of a file whose signature has not been checked: only to learn who claims to sign it.

    Raises:
        UnknownFormat: it is of another kind or version, or no Parvis file.
        TruncatedBatch, ForgedBatch, ForgedAcknowledgement, ForgedPackage: its length is not the
            one it states.
    """
    if len(data) < _HEAD.size:
        raise kind.truncated() if begins_as(kind, data) else UnknownFormat()
    magic, letter, version, length = _HEAD.unpack_from(data)
    if (magic, letter) != (_MAGIC, kind.letter) or not _FIRST <= version <= kind.newest:
        raise UnknownFormat()
    if length > kind.largest or length < _HEAD.size + SIGNATURE_BYTES or len(data) > length:
        raise kind.forged()
    if len(data) < length:
        raise kind.truncated()
    return data[_HEAD.size : -SIGNATURE_BYTES]


def verified_body(kind: Kind, data: bytes, signer: Ed25519PublicKey) -> bytes:
    """The body of a file that `signer` signed.

    Raises:
        UnknownFormat: it is of another kind or version, or no Parvis file.
        TruncatedBatch, ForgedBatch, ForgedAcknowledgement, ForgedPackage: it is cut short, or not
            what `signer` signed.
    """
    body = unverified_body(kind, data)
    unsigned, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    if not signature_fits(signer, signature, kind.label(version_of(data)) + unsigned):
        raise kind.forged()
    return body


def begins_as(kind: Kind, data: bytes) -> bool:
    """Whether these may be the first bytes of a file of this kind."""
    head = _MAGIC + kind.letter
    known = len(data) <= _VERSION_AT or _FIRST <= data[_VERSION_AT] <= kind.newest
    return known and data[: len(head)] == head[: len(data)]
