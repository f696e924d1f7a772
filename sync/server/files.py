"""Where the server keeps things on disk: the data directory, its locks, and batches by hash.

    DIR/parvis.sqlite        devices, consultations, the index of records, acknowledgements
    DIR/batches/ab/ab12…     each batch whole, under its SHA-256
    DIR/attachments/ab/ab12… each sealed attachment whole, under its SHA-256
    DIR/uploads/ab12…        what has come so far of a batch or an attachment
    DIR/register/<id>/…      each consultation's public register
    DIR/devices.json         the devices, signed: what the desk checks a copy of the batches with
    DIR/server.key           the server's own signing key (0600)
    DIR/serving.lock         held by the one process that serves this directory
    DIR/writing.lock         held by whoever writes the database, for one transaction
    DIR/address-path         the path of the address that devices are enrolled by, if it has one
    DIR/erasing.lock, listing.lock   held by whoever takes something out of batches, or writes
                             devices.json; in which order locks are taken, says `sync.server.locks`
    DIR/places.json          where the database and the rest are, if not here

Batches, attachments, registers and devices.json may lie elsewhere (`sync.server.blobs`), under the
same names.

Why the second lock: SQLite before 3.51.3 can damage a WAL database when one connection commits
while another checkpoints (the "WAL-reset bug"). Commands such as `parvis-server enrol` work while
the server runs, so there are two connections; the lock sees to it that never two of them write,
checkpoint, open or close at one time, whichever SQLite is installed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from sync.durable import sync_directory, write_whole
from sync.errors import SyncError
from sync.redaction import stands_for
from sync.server.blobs import Blobs, FolderBlobs
from sync.server.locks import Rank, in_order

_ADDRESS = "address-path"


class AlreadyServed(SyncError):
    """Another server process runs on the same data."""

    sentence = (
        "Another parvis-server already runs on this data. "
        "Stop it first, or name another --data directory."
    )


class MissingBatch(SyncError):
    """A batch of the index is not on disk, or not as it was."""

    sentence = (
        "A stored batch or attachment is missing or damaged on this server. "
        "Restore it from a backup; `parvis-server doctor` names it."
    )


class NoServerData(SyncError):
    """There is no server's data in the directory named."""


class DataDirectory:
    """The server's data directory.

    Args:
        root: the directory.
        blobs: where batches, attachments and registers lie, if not in it.
        made: whether it is made, for this user alone, if it is not there.
    """

    def __init__(self, root: Path, blobs: Blobs | None = None, *, made: bool = True) -> None:
        self.root = root
        self.blobs = blobs or FolderBlobs(root)
        if not made:
            return
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        if blobs is None:
            (root / "batches").mkdir(exist_ok=True, mode=0o700)
            (root / "attachments").mkdir(exist_ok=True, mode=0o700)

    @staticmethod
    def require(root: Path) -> None:
        """Refuse a directory that holds no server's data, before anything is made in it.

        Raises:
            NoServerData: it holds none.
        """
        if not any((root / name).exists() for name in ("parvis.sqlite", "server.key")):
            raise NoServerData(
                f"There is no server's data in {root}. Check the name of the directory; "
                "parvis-server publish or parvis-server run make a new one."
            )

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "parvis.sqlite"

    @property
    def blobs_are_here(self) -> bool:
        """Whether batches and the rest lie in folders of this machine."""
        return isinstance(self.blobs, FolderBlobs)

    def touch_database(self) -> None:
        """Make the SQLite file; SQLite gives its other files the same rights."""
        self.database.touch(mode=0o600)

    def holds_database(self) -> bool:
        """Whether there is an SQLite file with something in it."""
        return self.database.exists() and self.database.stat().st_size > 0

    @property
    def server_key(self) -> Path:
        """The file of the server's signing key."""
        return self.root / "server.key"

    def remember_address(self, url: str) -> None:
        """Remember by which address devices are enrolled, where it has a path."""
        path = urlsplit(url).path.rstrip("/")
        if path != self.path_of_address():
            write_whole(self.root / _ADDRESS, path.encode())

    def path_of_address(self) -> str:
        """The path of the address by which devices are enrolled; "" where it has none."""
        try:
            return (self.root / _ADDRESS).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    @contextlib.contextmanager
    def serving(self, *, shared: bool = False) -> Iterator[None]:
        """Be the one process that serves this directory, or one of several that share it.

        Raises:
            AlreadyServed: another process serves it, and does not share it.
        """
        with self._locked(Rank.SERVING, wait=False, shared=shared):
            yield

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one process that writes the database; waits for its turn."""
        with self._locked(Rank.WRITING, wait=True):
            yield

    @contextlib.contextmanager
    def alone(self, rank: Rank) -> Iterator[None]:
        """Be the one process of this machine that does something; waits for its turn."""
        with self._locked(rank, wait=True):
            yield

    def is_served(self) -> bool:
        """Whether a server process runs on this directory now; changes nothing in it."""
        with self._looked("serving.lock", wait=False) as free:
            return not free

    @contextlib.contextmanager
    def nobody_writes(self) -> Iterator[None]:
        """Nobody writes the database meanwhile; changes nothing in the directory."""
        with self._looked("writing.lock", wait=True):
            yield

    def batch_path(self, name: str) -> Path:
        """Where the batch of this name lies, where blobs lie in this directory."""
        return self.root / _batch(name)

    def attachment(self, name: str) -> bytes:
        """A stored attachment, checked against its name.

        Raises:
            MissingBatch: it is not there, or not as it was.
        """
        return _checked(self.blobs.read(_attachment(name)), name)

    def has_attachment(self, name: str) -> bool:
        """Whether a sealed attachment is there, by its name alone."""
        return self.blobs.size(_attachment(name)) is not None

    def keep_attachment(self, name: str, file: Path) -> None:
        """Take in an attachment that has come whole, durably; the file is gone then."""
        self.blobs.take(_attachment(name), file)

    def remove_attachment(self, name: str) -> None:
        """Take a sealed attachment away, if it is there."""
        self.blobs.remove(_attachment(name))

    def keep_batch(self, name: str, body: bytes) -> None:
        """Write a batch so that it is there, whole and durable, when this returns."""
        self.blobs.write(_batch(name), body)

    def remove_batch(self, name: str) -> None:
        """Take away what lies under a batch's name, durable when this returns."""
        self.blobs.remove(_batch(name))

    def keep_batches(self, bodies: Mapping[str, bytes]) -> None:
        """Write several batches, by name; durable all together when this returns."""
        self.blobs.write_all({_batch(name): body for name, body in bodies.items()})

    def write(self, name: str, content: bytes) -> None:
        """Put a small file beside the batches, in place of the one before."""
        self.blobs.write(name, content)

    def batch(self, name: str) -> bytes:
        """A stored batch, checked against its name.

        Raises:
            MissingBatch: it is not there, or not as it was.
        """
        return _checked(self.blobs.read(_batch(name)), name)

    def batch_size(self, name: str) -> int | None:
        """How large a stored batch is; None where it is not there, or not as it was."""
        try:
            return len(self.batch(name))
        except MissingBatch:
            return None

    def holds(self, name: str) -> bool:
        """Whether a batch is there, as it was."""
        return self.batch_size(name) is not None

    def make_folders(self) -> None:
        """Make the folders of batches beforehand: one sync for all in place of one for each."""
        if isinstance(self.blobs, FolderBlobs):
            batches = self.blobs.path("batches")
            if not (batches / "ff").is_dir():
                for number in range(256):
                    (batches / f"{number:02x}").mkdir(mode=0o700, parents=True, exist_ok=True)
                sync_directory(batches)

    def sweep(self, rested: float = 0.0) -> None:
        """Remove what writers left unfinished when they were killed.

        Args:
            rested: seconds that it has not been written to; 0 only while nobody writes.
        """
        self.blobs.within("batches").sweep(rested)

    def batch_names(self) -> Iterator[str]:
        """The names of all batches that lie here, in the index or not."""
        for path in self.blobs.names("batches"):
            yield path.rpartition("/")[2]

    def attachment_names(self) -> Iterator[str]:
        """The names of all sealed attachments that lie here, in the index or not."""
        for path in self.blobs.names("attachments"):
            yield path.rpartition("/")[2]

    @contextlib.contextmanager
    def _looked(self, name: str, *, wait: bool) -> Iterator[bool]:
        """Hold a lock that is not made where it is not there; gives whether it could be had."""
        try:
            descriptor = os.open(self.root / name, os.O_RDONLY)
        except FileNotFoundError:
            yield True
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            free = True
        except BlockingIOError:
            free = False
        try:
            yield free
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _locked(self, rank: Rank, *, wait: bool, shared: bool = False) -> Iterator[None]:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        name = f"{rank.name.lower()}.lock"
        with in_order(rank), open(self.root / name, "ab", opener=_private) as file:
            try:
                fcntl.flock(file, kind | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise AlreadyServed() from None
            yield


def _batch(name: str) -> str:
    return f"batches/{name[:2]}/{name}"


def _attachment(name: str) -> str:
    return f"attachments/{name[:2]}/{name}"


def _checked(body: bytes | None, name: str) -> bytes:
    if body is None:
        raise MissingBatch()
    if hashlib.sha256(body).hexdigest() != name and not stands_for(body, name):
        raise MissingBatch()
    return body


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
