"""Where whole things lie under names: batches, sealed attachments, the public registers.

A folder (the default), or a bucket of an S3-compatible store, from `--blobs s3://bucket/prefix`;
address and credentials of the store come from the environment, as its own tools take them
(AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY …).
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import urlsplit

from sync.durable import sync_directory, write_all_whole, write_whole
from sync.errors import SyncError

if TYPE_CHECKING:
    from obstore.store import S3Store

_RETRIES = 3
_RETRY_SECONDS = 15
_PART = ".part"

_Answer = TypeVar("_Answer")


class UnusableBlobs(SyncError):
    """The store of blobs cannot be used."""

    sentence = "The store that --blobs names cannot be used now."


class BadBlobsAddress(SyncError):
    """The address of the store cannot be read."""

    sentence = (
        "The store is named like this: --blobs s3://bucket/prefix, or --blobs /a/folder . "
        "Without --blobs, everything lies in the data directory."
    )


class Blobs(Protocol):
    """Whole things under names with `/` between their parts.

    Every method may raise OSError or UnusableBlobs: nothing was done, or it was done whole.
    """

    def read(self, path: str) -> bytes | None:
        """What lies under that name; None where nothing does."""

    def write(self, path: str, content: bytes) -> None:
        """Put it there, durable when this returns; what lay there is replaced whole."""

    def write_all(self, contents: Mapping[str, bytes]) -> None:
        """Put several there, each whole; durable when this returns."""

    def take(self, path: str, file: Path) -> None:
        """Put a file of this machine there, likewise; the file is gone then."""

    def size(self, path: str) -> int | None:
        """How many bytes lie under that name; None where nothing does."""

    def remove(self, path: str) -> None:
        """Take it away, if it is there."""

    def names(self, folder: str) -> Iterator[str]:
        """The names of all that lies below a folder, sorted."""

    def folders(self) -> tuple[str, ...]:
        """The names of the folders right here."""

    def within(self, folder: str, *, public: bool = False) -> Blobs:
        """What lies below a folder; `public` where a web server may read it."""

    def clear(self) -> None:
        """Take everything away."""

    def sweep(self, rested: float) -> None:
        """Remove what writers left unfinished that has not been touched for so many seconds."""


class FolderBlobs:
    """Blobs in a folder.

    Args:
        root: the folder; made with the first of them.
        mode: who may read a blob.
    """

    def __init__(self, root: Path, mode: int = 0o600) -> None:
        self.root = root
        self._mode = mode

    def path(self, name: str) -> Path:
        """Where it lies."""
        return self.root / name

    def read(self, path: str) -> bytes | None:
        """As `Blobs.read`."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, path: str, content: bytes) -> None:
        """As `Blobs.write`."""
        write_whole(self._place(path), content, mode=self._mode)

    def write_all(self, contents: Mapping[str, bytes]) -> None:
        """As `Blobs.write_all`."""
        places = {self._place(path): content for path, content in contents.items()}
        write_all_whole(places, mode=self._mode)

    def take(self, path: str, file: Path) -> None:
        """As `Blobs.take`; the file must be synced."""
        place = self._place(path)
        try:
            file.replace(place)
            sync_directory(place.parent)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            write_whole(place, file.read_bytes(), mode=self._mode)  # a folder of another disk
            file.unlink()

    def size(self, path: str) -> int | None:
        """As `Blobs.size`."""
        try:
            return (self.root / path).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def remove(self, path: str) -> None:
        """As `Blobs.remove`."""
        place = self.root / path
        place.unlink(missing_ok=True)
        if place.parent.suffix == ".p":
            with contextlib.suppress(OSError):  # others lie there still
                place.parent.rmdir()

    def names(self, folder: str) -> Iterator[str]:
        """As `Blobs.names`."""
        for path in sorted((self.root / folder).rglob("*")):
            if path.suffix != _PART and path.is_file():
                yield path.relative_to(self.root).as_posix()

    def folders(self) -> tuple[str, ...]:
        """As `Blobs.folders`."""
        if not self.root.is_dir():
            return ()
        return tuple(sorted(one.name for one in self.root.iterdir() if one.is_dir()))

    def within(self, folder: str, *, public: bool = False) -> FolderBlobs:
        """As `Blobs.within`."""
        return FolderBlobs(self.root / folder, 0o644 if public else self._mode)

    def clear(self) -> None:
        """As `Blobs.clear`."""
        shutil.rmtree(self.root, ignore_errors=True)

    def sweep(self, rested: float) -> None:
        """As `Blobs.sweep`."""
        for part in self.root.glob(f"??/*{_PART}"):
            with contextlib.suppress(FileNotFoundError):
                if part.stat().st_mtime <= time.time() - rested:
                    part.unlink()

    def _place(self, path: str) -> Path:
        """Where it will lie; the folders on the way are made, durably."""
        place = self.root / path
        if not place.parent.is_dir():
            missing = [one for one in (place.parent, *place.parents) if not one.is_dir()]
            mode = 0o755 if self._mode & 0o044 else 0o700
            place.parent.mkdir(parents=True, exist_ok=True, mode=mode)
            for one in missing:
                sync_directory(one.parent)
        return place


class BucketBlobs:
    """Blobs in a bucket.

    A write is durable when the store has answered; it is never seen by halves.

    Args:
        store: the bucket.
        where: its address, for sentences.
        prefix: what all names begin with; empty, or ending in `/`.
    """

    def __init__(self, store: S3Store, where: str, prefix: str = "") -> None:
        self._store = store
        self._where = where
        self._prefix = prefix

    @classmethod
    def at(cls, address: str) -> BucketBlobs:
        """The blobs of `s3://bucket/prefix`.

        Raises:
            BadBlobsAddress: it is no such address.
            UnusableBlobs: the bucket is not there, or does not let this server in.
        """
        from obstore.store import S3Store  # loaded only where it is used

        parts = urlsplit(address)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
            raise BadBlobsAddress()
        blobs = cls(
            S3Store(
                parts.netloc,
                prefix=parts.path.strip("/") or None,
                client_options={"allow_http": True, "connect_timeout": "5s", "timeout": "60s"},
                retry_config={
                    "max_retries": _RETRIES,
                    "retry_timeout": timedelta(seconds=_RETRY_SECONDS),
                },
            ),
            address,
        )
        blobs.folders()
        return blobs

    def read(self, path: str) -> bytes | None:
        """As `Blobs.read`."""
        import obstore

        return self._if_there(lambda: bytes(obstore.get(self._store, self._prefix + path).bytes()))

    def write(self, path: str, content: bytes) -> None:
        """As `Blobs.write`."""
        import obstore

        with self._in_words():
            obstore.put(self._store, self._prefix + path, content)

    def write_all(self, contents: Mapping[str, bytes]) -> None:
        """As `Blobs.write_all`."""
        for path, content in contents.items():
            self.write(path, content)

    def take(self, path: str, file: Path) -> None:
        """As `Blobs.take`."""
        import obstore

        with self._in_words():
            obstore.put(self._store, self._prefix + path, file)
        file.unlink()

    def size(self, path: str) -> int | None:
        """As `Blobs.size`."""
        import obstore

        return self._if_there(lambda: int(obstore.head(self._store, self._prefix + path)["size"]))

    def remove(self, path: str) -> None:
        """As `Blobs.remove`."""
        import obstore

        self._if_there(lambda: obstore.delete(self._store, self._prefix + path))

    def names(self, folder: str) -> Iterator[str]:
        """As `Blobs.names`."""
        import obstore

        with self._in_words():
            found = [
                str(one["path"])[len(self._prefix) :]
                for chunk in obstore.list(self._store, f"{self._prefix}{folder}".rstrip("/"))
                for one in chunk
            ]
        yield from sorted(found)

    def folders(self) -> tuple[str, ...]:
        """As `Blobs.folders`."""
        import obstore

        with self._in_words():
            found = obstore.list_with_delimiter(self._store, self._prefix.rstrip("/") or None)
        return tuple(sorted(str(one).rpartition("/")[2] for one in found["common_prefixes"]))

    def within(self, folder: str, *, public: bool = False) -> BucketBlobs:
        """As `Blobs.within`; who may read what is the bucket's own affair."""
        return BucketBlobs(self._store, self._where, f"{self._prefix}{folder}/")

    def clear(self) -> None:
        """As `Blobs.clear`."""
        for name in self.names(""):
            self.remove(name)

    def sweep(self, rested: float) -> None:
        """As `Blobs.sweep`: a bucket holds nothing unfinished under a name."""

    def _if_there(self, asked: Callable[[], _Answer]) -> _Answer | None:
        """What the store answers; None where there is nothing, as long as the bucket is there."""
        with self._in_words():
            try:
                return asked()
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                return None

    @contextlib.contextmanager
    def _in_words(self) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, FileNotFoundError) as error:
            raise UnusableBlobs(f"{self._where}: {_cause(str(error))}") from error


def _cause(said: str) -> str:
    """What to do about what an S3 store, or the way to it, said."""
    for sign, sentence in _CAUSES.items():
        if sign in said:
            return sentence
    return f"it cannot be used now ({said.splitlines()[0][:200]})."


_CAUSES = {
    "NoSuchBucket": "there is no such bucket. Make it, or name another one with --blobs.",
    "latest/api/token": (
        "no credentials are given. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and "
        "AWS_ENDPOINT_URL where it is not Amazon's store."
    ),
    "InvalidAccessKeyId": "the store does not know this AWS_ACCESS_KEY_ID.",
    "SignatureDoesNotMatch": "AWS_SECRET_ACCESS_KEY is not the one that belongs to this key.",
    "AccessDenied": "this key may not use the bucket: let it list, read, write and delete.",
    "403 Forbidden": "this key may not use the bucket: let it list, read, write and delete.",
    "error sending request": (
        "the store does not answer. Start it, or correct AWS_ENDPOINT_URL; devices are told to "
        "come again later."
    ),
}


def blobs_at(address: str) -> Blobs:
    """The blobs of a folder or a bucket.

    Raises:
        BadBlobsAddress: the address is neither's.
        UnusableBlobs: the bucket cannot be used.
    """
    if "://" in address:
        return BucketBlobs.at(address)
    folder = Path(address)
    if not folder.is_absolute():
        raise BadBlobsAddress()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return FolderBlobs(folder)
