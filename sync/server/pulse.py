"""Whether what works in threads goes on: what has been at one thing for too long is stuck."""

from __future__ import annotations

import threading
import time

STUCK_SECONDS = 120.0
"""Nothing that a server does takes as long: a bucket that does not answer is given up before."""


class Pulse:
    """Pieces of work that are being done now, by thread."""

    def __init__(self) -> None:
        self._since: dict[int, float] = {}

    def begin(self) -> None:
        """This thread begins something."""
        self._since[threading.get_ident()] = time.monotonic()

    def end(self) -> None:
        """This thread has ended what it began."""
        self._since.pop(threading.get_ident(), None)

    def goes_on(self) -> None:
        """This thread, if it is at something, has done a part of it that took its time."""
        if threading.get_ident() in self._since:
            self.begin()

    def longer_than(self, seconds: float) -> int:
        """How many threads have been at one thing for longer than that."""
        now = time.monotonic()
        return sum(now - since > seconds for since in list(self._since.values()))

    @property
    def stuck(self) -> bool:
        """Whether a thread has been at one thing for longer than anything takes."""
        return self.longer_than(STUCK_SECONDS) > 0
