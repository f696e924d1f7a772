"""Sealed streams: an attachment in pieces of 64 KiB, each sealed, none of which can be missing.

`docs/format.md`, section 4. The STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, 2015)
with ChaCha20-Poly1305, as age has it: the nonce of a piece is its number, 11 bytes big-endian, and
one byte that is 1 for the last piece and 0 for all others. The key serves one stream only. The
content is filled with zeros up to its PADMÉ length; how long it really is, the contribution says.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sync.attachment import LARGEST_ATTACHMENT, Attached
from sync.errors import ForgedAttachment
from sync.padding import Padding

PIECE_BYTES = 64 * 1024
"""Of plaintext; the last piece has what is left, and is empty only where there is nothing."""

_TAG_BYTES = 16
_SEALED_PIECE = PIECE_BYTES + _TAG_BYTES


@dataclass(frozen=True)
class Stream:
    """An attachment about to be sealed, in memory only.

    Attributes:
        key: serves this stream alone; gone with it.
        content: in clear.
    """

    key: bytes
    content: bytes

    def __repr__(self) -> str:
        return f"Stream({len(self.content)} bytes)"

    @property
    def size(self) -> int:
        """Bytes of the sealed stream."""
        return sealed_size(len(self.content))

    def pieces(self) -> Iterator[bytes]:
        """The sealed stream, piece by piece."""
        cipher = ChaCha20Poly1305(self.key)
        padded = Padding.PADME.length(len(self.content))
        for number, last in _numbered(padded):
            at = number * PIECE_BYTES
            piece = self.content[at : at + PIECE_BYTES]
            filled = piece.ljust(min(PIECE_BYTES, padded - at), b"\x00")
            yield cipher.encrypt(_nonce(number, last), filled, None)


def sealed_size(size: int) -> int:
    """How long the stream of an attachment of `size` bytes is."""
    padded = Padding.PADME.length(size)
    return padded + _TAG_BYTES * max(1, -(-padded // PIECE_BYTES))


LARGEST_STREAM = sealed_size(LARGEST_ATTACHMENT)


def open_stream(key: bytes, sealed: bytes, attached: Attached) -> bytes:
    """The attachment that a stream seals.

    Args:
        key: of this stream.
        sealed: the whole stream.
        attached: what its contribution says of it.

    Raises:
        ForgedAttachment: it was changed, cut or lengthened, or is not what the contribution names.
    """
    if len(sealed) != sealed_size(attached.size):
        raise ForgedAttachment()
    cipher = ChaCha20Poly1305(key)
    pieces = []
    try:
        for number, last in _numbered(Padding.PADME.length(attached.size)):
            at = number * _SEALED_PIECE
            piece = sealed[at : at + _SEALED_PIECE]
            pieces.append(cipher.decrypt(_nonce(number, last), piece, None))
    except InvalidTag:
        raise ForgedAttachment() from None
    filled = b"".join(pieces)
    content = filled[: attached.size]
    if filled.count(0, attached.size) != len(filled) - attached.size or not attached.fits(content):
        raise ForgedAttachment()
    return content


def _numbered(padded: int) -> Iterator[tuple[int, bool]]:
    """The numbers of the pieces of so many bytes, each with whether it is the last."""
    last = max(0, -(-padded // PIECE_BYTES) - 1)
    for number in range(last + 1):
        yield number, number == last


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
