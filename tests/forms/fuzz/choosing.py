"""Decisions read from bytes, so that a fuzzer that changes bytes changes decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """A stream of decisions; once the bytes are used up, every decision is the first one."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return max(0, len(self.data) - self.at)

    def number(self, below: int) -> int:
        """A number from 0 to below a bound."""
        size = 1 if below <= 256 else 2 if below <= 65_536 else 4
        found = int.from_bytes(self.data[self.at : self.at + size], "big")
        self.at += size
        return found % below if below > 0 else 0

    def one_of(self, several: Sequence[T]) -> T:
        """One of several things."""
        return several[self.number(len(several))]

    def now_and_then(self, times_in_256: int) -> bool:
        """True so many times in 256; never once the bytes are used up."""
        return self.left > 0 and self.number(256) >= 256 - times_in_256

    def text(self, most: int = 20) -> str:
        """A few characters of any kind."""
        size = self.number(most + 1)
        found = self.data[self.at : self.at + size]
        self.at += size
        return found.decode("utf-8", "replace" if size % 2 else "ignore")
