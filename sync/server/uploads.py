"""Uploads under way: what has come so far of a batch or an attachment, as one file each.

An upload is known by what it will be in the end (its SHA-256), so that whoever goes on with it
needs no other address. What is here is nothing yet: it is not synced, and only its hash, checked
when it is complete, says that it is right. So a crash costs at most what it spoils, and the upload
begins anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from sync.errors import SyncError

MOST_BYTES = 4 << 30
"""Of all uploads under way together; beyond it the oldest are dropped."""

_LONGEST = 7 * 24 * 3600.0  # seconds that an upload may rest
_SWEEP_EVERY = 600.0


class WrongOffset(SyncError):
    """What was sent does not go on where the upload stands.

    Attributes:
        expected: where it stands.
    """

    sentence = "The upload stands elsewhere: ask for its offset (HEAD) and go on from there."

    def __init__(self, expected: int) -> None:
        super().__init__()
        self.expected = expected


class SpoiltUpload(SyncError):
    """The upload is complete, and is not what its name says."""

    sentence = (
        "What came is not what the address names: it was changed on the way. Send it again from "
        "the beginning."
    )


class Uploads:
    """A folder of uploads under way.

    Args:
        folder: made if it is not there.
        most_bytes: of all together.
        clock: seconds since 1970, as the disk's.
    """

    def __init__(
        self,
        folder: Path,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._most = most_bytes
        self._clock = clock
        self._turn = threading.Lock()
        self._swept = 0.0
        folder.mkdir(mode=0o700, exist_ok=True)

    def offset(self, name: str) -> int:
        """How many bytes of this have come."""
        try:
            return (self._folder / name).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, name: str, at: int, piece: bytes) -> int:
        """Go on with an upload; returns where it stands now.

        Raises:
            WrongOffset: it does not stand at `at`.
            OSError: the disk does not take it; the upload stands where it stood.
        """
        path = self._folder / name
        with self._turn:
            self._sweep()
            stands = self.offset(name)
            if at != stands:
                raise WrongOffset(stands)
            with open(path, "ab", opener=_private) as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # against other processes
                stands = self._stands_now(file, path)
                if at != stands:
                    raise WrongOffset(stands)
                try:
                    file.write(piece)
                    file.flush()
                except OSError:
                    file.truncate(stands)
                    raise
        return at + len(piece)

    def _stands_now(self, file: IO[bytes], path: Path) -> int:
        """Where an upload stands; another process may have finished or dropped it meanwhile."""
        stat = os.fstat(file.fileno())
        try:
            same = path.stat().st_ino == stat.st_ino
        except FileNotFoundError:
            same = False
        return stat.st_size if same else self.offset(path.name)

    def keep_beginning(self, name: str, begun: bytes) -> None:
        """Keep what came of something that was cut off, unless more of it is here already."""
        stands = self.offset(name)
        if len(begun) > stands:
            self.append(name, stands, begun[stands:])

    def read(self, name: str) -> bytes:
        """All that has come."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return b""

    def finish(self, name: str, keep: Callable[[Path], None]) -> None:
        """Hand over a complete upload.

        Args:
            name: the upload's.
            keep: takes the file, synced, to where it belongs, durably.

        Raises:
            SpoiltUpload: it is not what its name says; it begins anew.
        """
        part = self._folder / name
        with self._turn:
            try:
                with part.open("rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX)
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                    if digest != name:
                        part.unlink(missing_ok=True)
                        raise SpoiltUpload()
                    os.fsync(file.fileno())
                    keep(part)
            except FileNotFoundError:
                raise SpoiltUpload() from None

    def drop(self, name: str) -> None:
        """Let go of an upload."""
        (self._folder / name).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Drop what rests for too long; and the oldest, where there is too much."""
        now = self._clock()
        if 0 <= now - self._swept < _SWEEP_EVERY:
            return
        self._swept = now
        found = []
        for path in self._folder.iterdir():
            stat = path.stat()
            if now - stat.st_mtime > _LONGEST:
                path.unlink(missing_ok=True)
            else:
                found.append((stat.st_mtime, stat.st_size, path))
        room = self._most
        for _, size, path in sorted(found, reverse=True):
            room -= size
            if room < 0:
                path.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
