"""Bodies of requests as they come: not too long, not too slowly, not too many at once."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Iterator

from starlette.requests import Request

from sync.server.problems import TooBusy, TooLarge, TooSlow

MOST_UPLOADS = 32
_MOST_BYTES_HELD = 64 * 1024 * 1024
_LONGEST_UPLOAD = 900.0  # seconds


class Bodies:
    """What comes in, and how much of it at once.

    Args:
        patience: seconds that a sender may be silent.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._uploads = 0
        self._held = 0  # bytes of bodies under way, at most

    @contextlib.contextmanager
    def place(self, size: int) -> Iterator[None]:
        """One of the places for uploads, and so much memory.

        Raises:
            TooBusy: all are taken.
        """
        if self._uploads >= MOST_UPLOADS or self._held + size > _MOST_BYTES_HELD:
            raise TooBusy()
        self._uploads += 1
        self._held += size
        try:
            yield
        finally:
            self._uploads -= 1
            self._held -= size

    async def whole(self, request: Request, most: int) -> bytes:
        """The whole body, as `pieces` gives it."""
        return b"".join([piece async for piece in self.pieces(request, most)])

    async def pieces(self, request: Request, most: int) -> AsyncIterator[bytes]:
        """The body as it comes, of at most `most` bytes, from a sender who is not too slow.

        Raises:
            TooLarge: there is more.
            TooSlow: nothing comes any more, or it takes far too long.
        """
        if announced(request, most) > most:
            raise TooLarge()
        size = 0
        until = time.monotonic() + _LONGEST_UPLOAD
        stream = request.stream()
        while True:
            try:
                piece = await asyncio.wait_for(anext(stream, None), self._patience)
            except TimeoutError:
                raise TooSlow() from None
            if piece is None:
                return
            size += len(piece)
            if size > most:
                raise TooLarge()
            if time.monotonic() > until:
                raise TooSlow()
            yield piece


def announced(request: Request, most: int) -> int:
    """How many bytes the body has, by its own word; `most` where it does not say."""
    said = request.headers.get("content-length")
    if said is None:
        return most
    return int(said) if re.fullmatch(r"[0-9]{1,18}", said) else most + 1
