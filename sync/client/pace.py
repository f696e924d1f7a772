"""How much to send at once: as much as the way carries in a few seconds, learned while sending."""

from __future__ import annotations

SMALLEST = 8 * 1024
LARGEST = 4 * 1024 * 1024
FIRST = 512 * 1024

_AIM = 5.0  # seconds that a piece should take


class Pace:
    """The size of the next piece, in bytes.

    A piece that is cut off is lost from where the server last wrote; one that is too small costs a
    journey there and back. So the size doubles while pieces are quick, halves when they are slow,
    and falls to a quarter when one does not get through.
    """

    def __init__(self, piece: int = FIRST) -> None:
        self.piece = piece

    def went(self, size: int, seconds: float) -> None:
        """A piece of this size went through in so many seconds."""
        if seconds > 2 * _AIM:
            self._set(self.piece // 2)
        elif size >= self.piece and seconds < _AIM / 2:
            self._set(self.piece * 2)

    def failed(self) -> None:
        """A piece did not get through."""
        self._set(self.piece // 4)

    @property
    def smallest(self) -> bool:
        """Whether nothing smaller is tried."""
        return self.piece <= SMALLEST

    def _set(self, piece: int) -> None:
        self.piece = max(SMALLEST, min(LARGEST, piece))
