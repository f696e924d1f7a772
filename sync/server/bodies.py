"""Bodies of requests as they come: not too long, not too slowly, not too many at once.

Who has not proved to be a device or an organiser has places of its own, for every body, a deadline
for each, and few of them from one address: strangers who use them up keep out strangers, and nobody
whose request is signed.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from starlette.requests import Request

from sync.server.gate import caller_of
from sync.server.problems import TooBusy, TooLarge, TooSlow

MOST_UPLOADS = 256
_MOST_BYTES_HELD = 64 * 1024 * 1024
_LONGEST_UPLOAD = 900.0  # seconds
_PATIENT = 30.0  # seconds, before the pace of a body is looked at
_SLOWEST = 128  # bytes a second; a bad mobile network carries ten times as much
_WAIT_SECONDS = 20.0

MOST_OF_STRANGERS = 96
"""Bodies of strangers that are waited for at once."""

MOST_OF_ONE_ADDRESS = 24
"""Of those, from one address."""

STRANGERS_SECONDS = 20.0
"""Until a stranger's body must be there; a large one has longer."""

_LARGE = 64 * 1024
_STRANGERS_LARGE_SECONDS = 180.0


class Bodies:
    """What comes in, and how much of it at once.

    A device that has proved to be one waits its turn; others have at most half of all there is, so
    that nobody who only claims to be a device keeps the real ones out.

    Args:
        patience: seconds that a sender may be silent.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._uploads = 0
        self._held = 0  # bytes of bodies under way, at most
        self._unproven = 0
        self._held_unproven = 0
        self._strangers: Counter[str] = Counter()
        self._line: asyncio.Lock | None = None
        self._freed: asyncio.Event | None = None

    @contextlib.asynccontextmanager
    async def place(self, size: int, proven: Callable[[], Awaitable[bool]]) -> AsyncIterator[None]:
        """One of the places for uploads, and so much memory.

        Args:
            size: bytes held in memory, at most.
            proven: whether the sender has proved to be a device; asked only where room is short.

        Raises:
            TooBusy: all are taken, and stay so.
        """
        trusted = False
        if self._short_for_strangers(size):
            trusted = await proven()
            if not trusted and self._short_for_strangers(size):
                raise TooBusy()
        if not self._room(size):
            await self._wait_for_room(size)
        self._take(1, size, trusted)
        try:
            yield
        finally:
            self._take(-1, -size, trusted)
            if self._freed is not None:
                self._freed.set()

    def _short_for_strangers(self, size: int) -> bool:
        many = self._unproven >= MOST_UPLOADS // 2
        much = self._held_unproven > 0 and self._held_unproven + size > _MOST_BYTES_HELD // 2
        return many or much

    def _room(self, size: int) -> bool:
        return self._uploads < MOST_UPLOADS and self._held + size <= _MOST_BYTES_HELD

    def _take(self, uploads: int, size: int, trusted: bool) -> None:
        self._uploads += uploads
        self._held += size
        if not trusted:
            self._unproven += uploads
            self._held_unproven += size

    async def _wait_for_room(self, size: int) -> None:
        """Stand in line: first come, first served."""
        self._line = self._line or asyncio.Lock()
        self._freed = self._freed or asyncio.Event()
        try:
            async with asyncio.timeout(_WAIT_SECONDS), self._line:
                while not self._room(size):
                    self._freed.clear()
                    await self._freed.wait()
        except TimeoutError:
            raise TooBusy() from None

    async def whole(self, request: Request, most: int) -> bytes:
        """The whole body, as `pieces` gives it."""
        return b"".join([piece async for piece in self.pieces(request, most)])

    async def pieces(self, request: Request, most: int) -> AsyncIterator[bytes]:
        """The body as it comes, of at most `most` bytes, from a sender who is not too slow.

        Raises:
            TooLarge: there is more.
            TooSlow: nothing comes any more, or it takes far too long.
            TooBusy: a stranger sends it, and too many of them send already.
        """
        said = announced(request, most)
        if said > most:
            raise TooLarge()
        if await caller_of(request).is_known():
            async for piece in self._coming(request, most, _LONGEST_UPLOAD):
                yield piece
            return
        seconds = STRANGERS_SECONDS if said <= _LARGE else _STRANGERS_LARGE_SECONDS
        with self._strangers_place(caller_of(request).address):
            async for piece in self._coming(request, most, seconds):
                yield piece

    @contextlib.contextmanager
    def _strangers_place(self, address: str) -> Iterator[None]:
        """One of the places for bodies of strangers; kept for as long as the body comes."""
        many = self._strangers.total() >= MOST_OF_STRANGERS
        if many or self._strangers[address] >= MOST_OF_ONE_ADDRESS:
            raise TooBusy()
        self._strangers[address] += 1
        try:
            yield
        finally:
            self._strangers[address] -= 1
            if not self._strangers[address]:
                del self._strangers[address]

    async def _coming(self, request: Request, most: int, longest: float) -> AsyncIterator[bytes]:
        """The body as it comes, which must be whole after `longest` seconds."""
        size = 0
        began = time.monotonic()
        stream = request.stream()
        while True:
            left = began + longest - time.monotonic()
            try:
                async with asyncio.timeout(max(0.0, min(self._patience, left))):
                    piece = await anext(stream, None)
            except TimeoutError:
                raise TooSlow() from None
            if piece is None:
                return
            size += len(piece)
            if size > most:
                raise TooLarge()
            taken = time.monotonic() - began
            if taken > _PATIENT and size < taken * _SLOWEST:
                raise TooSlow()
            yield piece


def announced(request: Request, most: int) -> int:
    """How many bytes the body has, by its own word; `most` where it does not say."""
    said = request.headers.get("content-length")
    if said is None:
        return most
    return int(said) if re.fullmatch(r"[0-9]{1,18}", said) else most + 1
