"""Batches from which records were erased: what the server keeps, and hands on, in their place.

`docs/format.md`, section 15. A device's signature covers every byte of its batch; without an erased
record's bytes it can be checked no more. So the server, which checked it when the batch came, signs
what is left, and puts the orders beside it: it can take nothing out that nobody ordered to go. An
erased record keeps its commitment, which the register holds anyway, and has no ciphertext. What is
left is of the version that the batch was of.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync import batch
from sync.batch import MOST_RECORDS, Batch
from sync.contribution import HASH_BYTES
from sync.erasure import LARGEST_ORDER
from sync.errors import ForgedBatch, SyncError
from sync.keys import KEY_ID_BYTES
from sync.signed import Kind, begins_as, sign_file, unverified_body, verified_body
from sync.wire import Reader, number, sized


@dataclass(frozen=True)
class Redacted:
    """A batch from which records were erased.

    Attributes:
        name: of the batch as its device signed it, hex.
        orders: to erase, in no order.
        batch: what is left; erased records have an empty ciphertext.
    """

    name: str
    orders: tuple[bytes, ...]
    batch: Batch


def redact(
    read: Batch,
    name: str,
    ids: Collection[bytes],
    orders: Sequence[bytes],
    server: Ed25519PrivateKey,
) -> bytes:
    """What is kept in the place of a batch.

    Args:
        read: the batch, as its device signed it or with earlier erasures.
        name: its name.
        ids: of the contributions that go.
        orders: for them, and for those that went before.
        server: signs.
    """
    sections = tuple(
        replace(
            section,
            records=tuple(
                replace(one, ciphertext=b"") if one.id in ids else one for one in section.records
            ),
        )
        for section in read.sections
    )
    gone = {at for at, one in enumerate(read.records) if one.id in ids}
    body = batch.body_of(
        read.device_key_id,
        read.consultation,
        read.sequence,
        read.previous,
        read.formed,
        sections,
        [one for one in read.enclosed if one.position not in gone],
        read.checkpoint,
        read.version,
    )
    parts = [bytes.fromhex(name), number(len(orders)), *map(sized, orders), body]
    return sign_file(Kind.REDACTED, b"".join(parts), server, read.version)


def is_redacted(data: bytes) -> bool:
    """Whether these bytes begin as a redacted batch."""
    return len(data) > HASH_BYTES and begins_as(Kind.REDACTED, data)


def stands_for(data: bytes, name: str) -> bool:
    """Whether these bytes claim to be what is left of the batch of that name."""
    try:
        return is_redacted(data) and unverified_body(Kind.REDACTED, data)[:HASH_BYTES].hex() == name
    except SyncError:
        return False


def signed_anew(data: bytes, before: Ed25519PublicKey, server: Ed25519PrivateKey) -> bytes:
    """A redacted batch under the key of a server that takes another one's place.

    Raises:
        UnknownFormat, ForgedBatch: it is not what the server before signed.
    """
    left = read_redacted(data, before)
    gone = {one.id for one in left.batch.records if not one.ciphertext}
    return redact(left.batch, left.name, gone, left.orders, server)


def read_redacted(data: bytes, server: Ed25519PublicKey) -> Redacted:
    """Read what this server signed.

    Raises:
        UnknownFormat: it is something else.
        ForgedBatch: it is not what the server signed, or breaks the format.
    """
    reader = Reader(verified_body(Kind.REDACTED, data, server), ForgedBatch)
    name = reader.take(HASH_BYTES).hex()
    orders = tuple(reader.sized(LARGEST_ORDER) for _ in range(reader.number(MOST_RECORDS)))
    device_key_id = reader.take(KEY_ID_BYTES)
    return Redacted(name, orders, batch.read_body(reader, device_key_id, data))
