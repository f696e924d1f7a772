"""Acknowledgements: the server's signed word on what became of every record of a batch.

`docs/format.md`, section 6. Equal words about neighbouring records are said once with their number,
so that a batch of 500 stored records is acknowledged in 120 bytes. Made by the server once its
commit is durable; only on it does the device let go. It is of the version that its batch is of: a
device is answered in what it reads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.batch import MOST_ENCLOSED, MOST_RECORDS
from sync.contribution import HASH_BYTES
from sync.errors import ForgedAcknowledgement
from sync.keys import KEY_ID_BYTES, signing_key_id
from sync.signed import Kind, sign_file, verified_body, version_of
from sync.wire import Reader, number

_QUARANTINED_FROM = 16
_PROMISED = 2  # the version from which on it says when the register will hold it


class Verdict(Enum):
    """What became of a record: its number in the format, and what a steward reads.

    Attributes:
        code: in the format.
        words: for the steward.
        quarantined: whether somebody has to look at the record.
    """

    STORED = (0, "stored")
    DUPLICATE = (1, "was there already")
    AWAITED = (2, "is stored; the server still waits for files attached to it")
    OTHER_BYTES = (16, "the server holds other bytes under this contribution's id; both are kept")
    UNKNOWN_FORM = (17, "it answers a form that this consultation never had")
    WRONG_RECIPIENTS = (18, "it is not sealed to the keys of this consultation")
    REFUSED = (19, "the server could not take it; its log says why")
    OTHER_DEVICE = (20, "another device brought this contribution first; it counts once")
    OTHERS_FILE = (21, "it names a file that belongs to another contribution; that one keeps it")

    def __init__(self, code: int, words: str) -> None:
        self.code = code
        self.words = words
        self.quarantined = code >= _QUARANTINED_FROM

    @property
    def settled(self) -> bool:
        """Whether the server has the record, and all that is attached to it."""
        return self in (Verdict.STORED, Verdict.DUPLICATE)


_BY_CODE = {verdict.code: verdict for verdict in Verdict}


@dataclass(frozen=True)
class Acknowledgement:
    """An acknowledgement whose signature fits.

    Attributes:
        batch: the name of the batch, in hexadecimal.
        server_key_id: of the server that signed.
        verdicts: one for each record, in the order of the batch.
        awaited: the names of the streams that the server still waits for, in hexadecimal.
        published_by: seconds since 1970 by which the published register will hold what is stored
            of the batch, by the server's clock; 0 where it does not say.
        version: of the format; that of the batch.
    """

    batch: str
    server_key_id: bytes
    verdicts: tuple[Verdict, ...]
    awaited: tuple[str, ...] = ()
    published_by: int = 0
    version: int = 1


def acknowledge(
    batch: str,
    verdicts: Sequence[Verdict],
    server_key: Ed25519PrivateKey,
    awaited: Sequence[str] = (),
    *,
    published_by: int = 0,
    version: int = 1,
) -> bytes:
    """Sign what became of a batch's records.

    Args:
        batch: its name, in hexadecimal.
        verdicts: one for each record, in the order of the batch.
        server_key: signs.
        awaited: the names of the streams that are still waited for, in hexadecimal.
        published_by: seconds since 1970 by which the published register will hold them; 0 where
            nothing is promised. Version 1 has no room for it, and leaves it out.
        version: that of the batch.
    """
    runs = [(verdict, len(list(run))) for verdict, run in groupby(verdicts)]
    parts = [bytes.fromhex(batch), signing_key_id(server_key.public_key())]
    if version >= _PROMISED:
        parts.append(number(published_by))
    parts.append(number(len(runs)))
    parts += [number(verdict.code) + number(count) for verdict, count in runs]
    if awaited:
        parts += [number(len(awaited)), *map(bytes.fromhex, awaited)]
    return sign_file(Kind.ACKNOWLEDGEMENT, b"".join(parts), server_key, version)


def acknowledge_again(
    before: Acknowledgement,
    server_key: Ed25519PrivateKey,
    verdicts: Sequence[Verdict] | None = None,
    awaited: Sequence[str] | None = None,
) -> bytes:
    """Sign what was said before, promise and version kept, under this key or with other verdicts.

    Args:
        before: what was said.
        server_key: signs.
        verdicts: the same as before if None.
        awaited: the same as before if None.
    """
    return acknowledge(
        before.batch,
        before.verdicts if verdicts is None else verdicts,
        server_key,
        before.awaited if awaited is None else awaited,
        published_by=before.published_by,
        version=before.version,
    )


def read(data: bytes, server: Ed25519PublicKey) -> Acknowledgement:
    """Read an acknowledgement that `server` signed.

    Raises:
        ForgedAcknowledgement: anything else, a captive portal's page included.
        UnknownFormat: it is of a newer version of the format.
    """
    reader = Reader(verified_body(Kind.ACKNOWLEDGEMENT, data, server), ForgedAcknowledgement)
    batch = reader.take(HASH_BYTES).hex()
    server_key_id = reader.take(KEY_ID_BYTES)
    if server_key_id != signing_key_id(server):
        raise ForgedAcknowledgement()
    version = version_of(data)
    published_by = reader.number() if version >= _PROMISED else 0
    verdicts = tuple(_verdicts(reader))
    awaited = tuple(_awaited(reader)) if reader.left else ()
    reader.done()
    return Acknowledgement(batch, server_key_id, verdicts, awaited, published_by, version)


def _awaited(reader: Reader) -> Iterator[str]:
    count = reader.number(MOST_ENCLOSED)
    if not count:
        raise ForgedAcknowledgement()
    for _ in range(count):
        yield reader.take(HASH_BYTES).hex()


def _verdicts(reader: Reader) -> Iterator[Verdict]:
    left = MOST_RECORDS
    for _ in range(reader.number(MOST_RECORDS)):
        verdict = _BY_CODE.get(reader.number(255), Verdict.REFUSED)
        count = reader.number(left)
        left -= count
        for _ in range(count):
            yield verdict
