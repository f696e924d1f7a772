"""What an entry of the register says; nothing of it tells who said what.

`docs/format.md`, section 10:

    0x01 || commitment (32)                     a contribution
    0x02 || commitment (32) || number(reason)   that contribution was erased, and why
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from sync.contribution import HASH_BYTES
from sync.errors import DamagedRegister
from sync.wire import Reader, number

_CONTRIBUTION = 1
_TOMBSTONE = 2


class Reason(Enum):
    """Why a contribution was erased."""

    ASKED = 1  # whoever made it asked
    UNLAWFUL = 2
    EXPIRED = 3  # its period's key was destroyed


@dataclass(frozen=True)
class Entry:
    """One entry.

    Attributes:
        commitment: of the contribution that it is about.
        erased: why that one is gone; None where this is its first entry.
    """

    commitment: bytes
    erased: Reason | None = None

    def to_bytes(self) -> bytes:
        """As it stands in the register."""
        if self.erased is None:
            return number(_CONTRIBUTION) + self.commitment
        return number(_TOMBSTONE) + self.commitment + number(self.erased.value)

    @staticmethod
    def of_contributions(commitments: Iterable[bytes]) -> list[bytes]:
        """The first entries of these contributions, as they stand in the register."""
        kind = number(_CONTRIBUTION)
        return [kind + commitment for commitment in commitments]

    @classmethod
    def from_bytes(cls, data: bytes) -> "Entry":
        """Read an entry.

        Raises:
            DamagedRegister: it is none that this version knows.
        """
        reader = Reader(data, DamagedRegister)
        kind = reader.number()
        commitment = reader.take(HASH_BYTES)
        if kind == _TOMBSTONE:
            try:
                entry = cls(commitment, Reason(reader.number()))
            except ValueError:
                raise DamagedRegister() from None
        elif kind == _CONTRIBUTION:
            entry = cls(commitment)
        else:
            raise DamagedRegister()
        reader.done()
        return entry
