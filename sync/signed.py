"""The frame of every signed Parvis file: what it is, how long it is, and who signed it.

`docs/format.md`, section 2:

    6  "PARVIS"
    1  kind: "B" batch, "A" acknowledgement, "C" consultation package, "R" batch with erasures
    1  format version
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

VERSION = 1

_HEAD = struct.Struct(">6scBI")
_MAGIC = b"PARVIS"

HEAD_BYTES = _HEAD.size
"""Bytes before the body."""


class Kind(Enum):
    """A kind of signed file: its letter, its domain label, its largest size, its errors."""

    BATCH = (b"B", b"parvis/1 batch\x00", 16 << 20, TruncatedBatch, ForgedBatch)
    ACKNOWLEDGEMENT = (
        b"A",
        b"parvis/1 acknowledgement\x00",
        256 << 10,
        ForgedAcknowledgement,
        ForgedAcknowledgement,
    )
    REDACTED = (b"R", b"parvis/1 redacted batch\x00", 32 << 20, ForgedBatch, ForgedBatch)
    PACKAGE = (b"C", b"parvis/1 consultation\x00", 64 << 20, ForgedPackage, ForgedPackage)

    def __init__(
        self,
        letter: bytes,
        label: bytes,
        largest: int,
        truncated: type[SyncError],
        forged: type[SyncError],
    ) -> None:
        self.letter = letter
        self.label = label
        self.largest = largest
        self.truncated = truncated
        self.forged = forged


def sign_file(kind: Kind, body: bytes, key: Ed25519PrivateKey) -> bytes:
    """The whole file around `body`.

    Raises:
        ValueError: it would be larger than files of its kind may be.
    """
    length = _HEAD.size + len(body) + SIGNATURE_BYTES
    if length > kind.largest:
        raise ValueError(f"a {kind.name.lower()} of {length} bytes is over {kind.largest}")
    unsigned = _HEAD.pack(_MAGIC, kind.letter, VERSION, length) + body
    return unsigned + key.sign(kind.label + unsigned)


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
    if (magic, letter, version) != (_MAGIC, kind.letter, VERSION):
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
    if not signature_fits(signer, signature, kind.label + unsigned):
        raise kind.forged()
    return body


def begins_as(kind: Kind, data: bytes) -> bool:
    """Whether these may be the first bytes of a file of this kind."""
    head = _MAGIC + kind.letter + bytes([VERSION])
    return data[: len(head)] == head[: len(data)]
