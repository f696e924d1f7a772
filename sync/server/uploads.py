"""Uploads under way: what has come so far of a batch or an attachment, as one file each.

An upload is known by what it will be in the end (its SHA-256), so that whoever goes on with it
needs no other address. What is here is nothing yet: it is not synced, and only its hash, checked
when it is complete, says that it is right. So a crash costs at most what it spoils, and the upload
begins anew.

What devices send, who sign their requests, lies apart from what anybody else sends: a stranger
neither spoils nor pushes out what a device has begun. Strangers have a bound of their own, looked
at with each piece, and the oldest of theirs goes first.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from sync.errors import SyncError
from sync.server.locks import Rank, holding

MOST_BYTES = 4 << 30
"""Of all uploads of devices under way together; beyond it the oldest are dropped."""

MOST_OF_STRANGERS = 64 << 20
"""Of all others' together."""

_LEAST = 64 << 10  # bytes that an upload of a stranger counts as: many small ones fill a disk, too
_LONGEST = 7 * 24 * 3600.0  # seconds that an upload may rest
_STRANGERS = "strangers"
_STRIPES = 64  # uploads that may be written side by side


class WrongOffset(SyncError):
    """What was sent does not go on where the upload stands.

    Attributes:
        expected: where it stands.
    """

    sentence = "The upload stands elsewhere: ask for its offset (HEAD) and go on from there."

    def __init__(self, expected: int) -> None:
        super().__init__()
        self.expected = expected


class TooMuchUnderWay(SyncError):
    """A stranger sends more than all strangers may have under way."""

    sentence = (
        "This is more than the server takes from who does not sign as a device. Enrol the device, "
        "and have proxies hand on Signature and Signature-Input as they are."
    )


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
        most_bytes: of all that devices send, together.
        most_of_strangers: of all that others send.
        clock: seconds since 1970, as the disk's.
    """

    def __init__(
        self,
        folder: Path,
        most_bytes: int = MOST_BYTES,
        most_of_strangers: int = MOST_OF_STRANGERS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._devices = _Shelf(folder, most_bytes, 0, clock)
        self._strangers = _Shelf(folder / _STRANGERS, most_of_strangers, _LEAST, clock)

    def offset(self, name: str, *, proven: bool = True) -> int:
        """How many bytes of this have come."""
        return self._shelf(proven).offset(name)

    def append(self, name: str, at: int, piece: bytes, *, proven: bool = True) -> int:
        """Go on with an upload; returns where it stands now.

        Args:
            name: of what it will be.
            at: where the piece belongs.
            piece: what came.
            proven: whether a device sends it.

        Raises:
            WrongOffset: it does not stand at `at`.
            TooMuchUnderWay: there is no room for so much of one stranger.
            OSError: the disk does not take it; the upload stands where it stood.
        """
        return self._shelf(proven).append(name, at, piece)

    def keep_beginning(self, name: str, begun: bytes, *, proven: bool = True) -> None:
        """Keep what came of something that was cut off, unless more of it is here already."""
        stands = self.offset(name, proven=proven)
        if len(begun) > stands:
            self.append(name, stands, begun[stands:], proven=proven)

    def read(self, name: str, *, proven: bool = True) -> bytes:
        """All that has come."""
        return self._shelf(proven).read(name)

    def is_whole(self, name: str, *, proven: bool = True) -> bool:
        """Whether what has come is what the name says."""
        return self._shelf(proven).is_whole(name)

    def finish(self, name: str, keep: Callable[[Path], None], *, proven: bool = True) -> None:
        """Hand over a complete upload.

        Args:
            name: the upload's.
            keep: takes the file, synced, to where it belongs, durably.
            proven: whether a device sent it.

        Raises:
            SpoiltUpload: it is not what its name says; it begins anew.
        """
        self._shelf(proven).finish(name, keep)

    def drop(self, name: str, *, proven: bool | None = None) -> None:
        """Let go of an upload: a device's, a stranger's, or (None) both."""
        for one in (True, False) if proven is None else (proven,):
            self._shelf(one).drop(name)

    def names(self) -> frozenset[str]:
        """What is under way, whoever sends it."""
        return self._devices.names() | self._strangers.names()

    def _shelf(self, proven: bool) -> _Shelf:
        return self._devices if proven else self._strangers


class _Shelf:
    """Uploads of one kind of sender; each counts as `least` bytes at least."""

    def __init__(
        self, folder: Path, most_bytes: int, least: int, clock: Callable[[], float]
    ) -> None:
        self._folder = folder
        self._most = most_bytes
        self._least = least
        self._clock = clock
        self._turns = [threading.Lock() for _ in range(_STRIPES)]
        self._sweeping = threading.Lock()

    def offset(self, name: str) -> int:
        try:
            return (self._folder / name).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, name: str, at: int, piece: bytes) -> int:
        path = self._folder / name
        with self._turn(name):
            stands = self.offset(name)
            if at != stands:
                raise WrongOffset(stands)
            if at + len(piece) > self._most:
                raise TooMuchUnderWay()
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._make_room(name, len(piece))
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

    def read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return b""

    def is_whole(self, name: str) -> bool:
        try:
            with (self._folder / name).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == name
        except FileNotFoundError:
            return False

    def finish(self, name: str, keep: Callable[[Path], None]) -> None:
        part = self._folder / name
        with self._turn(name):
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
        (self._folder / name).unlink(missing_ok=True)

    def names(self) -> frozenset[str]:
        return frozenset(path.name for path, _ in self._lying_here())

    def _turn(self, name: str) -> contextlib.AbstractContextManager[None]:
        """One writer of an upload at a time, in this process."""
        return holding(Rank.UPLOAD, self._turns[int(name[:2], 16) % _STRIPES])

    def _make_room(self, name: str, size: int) -> None:
        """Drop what rests for too long; and the oldest, where there is too much with this."""
        with holding(Rank.SWEEPING, self._sweeping):
            now = self._clock()
            found = []
            for path, stat in self._lying_here():
                if now - stat.st_mtime > _LONGEST:
                    path.unlink(missing_ok=True)
                else:
                    found.append((path.name == name, stat.st_mtime, stat.st_size, path))
            room = self._most - size
            for own, _, held, path in sorted(found, reverse=True):
                room -= max(held, self._least)
                if room < 0 and not own:
                    path.unlink(missing_ok=True)

    def _lying_here(self) -> Iterator[tuple[Path, os.stat_result]]:
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.is_file():
                    yield path, path.stat()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
