"""Numbers and byte strings as every Parvis file writes them, read with every length checked.

`docs/format.md`, section 1: unsigned LEB128 in its shortest form, below 2**63; a byte string is its
length as such a number, then its bytes.
"""

from sync.errors import SyncError

_WIDEST = 9  # bytes: 9 × 7 = 63 bits
_ONE_BYTE = tuple(bytes((value,)) for value in range(0x80))


def number(value: int) -> bytes:
    """`value` as unsigned LEB128."""
    if 0 <= value < 0x80:
        return _ONE_BYTE[value]
    if 0x80 <= value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    if not 0 <= value < 1 << 63:
        raise ValueError(f"{value} does not fit a number of the format")
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def sized(data: bytes) -> bytes:
    """`data` behind its length."""
    return number(len(data)) + data


class Reader:
    """Walks over bytes that may be hostile; whatever does not fit raises `malformed`.

    Args:
        data: what is read.
        malformed: the error of the format at hand.
        at: where to begin.
    """

    def __init__(self, data: bytes, malformed: type[SyncError], at: int = 0) -> None:
        self._data = data
        self._malformed = malformed
        self.at = at

    @property
    def left(self) -> int:
        """How many bytes have not been read."""
        return len(self._data) - self.at

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        end = self.at + count
        if end > len(self._data):
            raise self._malformed()
        taken = self._data[self.at : end]
        self.at = end
        return taken

    def number(self, most: int = (1 << 63) - 1) -> int:
        """The next number; refused above `most`, or when not in its shortest form."""
        value = shift = 0
        for position in range(self.at, min(self.at + _WIDEST, len(self._data))):
            byte = self._data[position]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if (shift and not byte) or value > most:
                    raise self._malformed()
                self.at = position + 1
                return value
            shift += 7
        raise self._malformed()

    def sized(self, most: int) -> bytes:
        """The next byte string, of at most `most` bytes."""
        return self.take(self.number(most))

    def done(self) -> None:
        """Refuse anything that follows."""
        if self.left:
            raise self._malformed()
