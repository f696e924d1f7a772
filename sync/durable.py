"""Whole files, durably: what is read back is what was written, or what was there before."""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_OPEN_AT_ONCE = 64


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Put a file in place of the one before, durable when this returns: never half of either.

    A writer that is killed may leave a file that ends in `.part`.

    Args:
        path: in a directory that exists.
        content: the whole of it.
        mode: who may read and write it.

    Raises:
        OSError: the disk does not take it; what was there before still is.
    """
    write_pieces(path, (content,), mode)


def write_pieces(path: Path, pieces: Iterable[bytes], mode: int = 0o600) -> None:
    """As `write_whole`, piece by piece: what is large need not be in memory."""
    _put(path, pieces, mode)
    sync_directory(path.parent)


def write_all_whole(contents: Mapping[Path, bytes], mode: int = 0o600) -> None:
    """Put several files in place, as `write_whole` each; durable all together when this returns.

    Some are written before the first of them is synced: the disk then takes most in one go.

    Raises:
        OSError: the disk does not take one; others may be there already.
    """
    files = list(contents.items())
    for at in range(0, len(files), _OPEN_AT_ONCE):
        _put_some(files[at : at + _OPEN_AT_ONCE], mode)
    for directory in dict.fromkeys(path.parent for path in contents):
        sync_directory(directory)


def _put_some(files: Sequence[tuple[Path, bytes]], mode: int) -> None:
    """Put files in place; their names are not durable yet."""
    with contextlib.ExitStack() as unfinished:
        parts = []
        for path, content in files:
            part = unfinished.enter_context(_part_of(path, mode))
            part.file.write(content)
            parts.append(part)
        for part in parts:
            part.sync()
        for part in parts:
            part.put()


def _put(path: Path, pieces: Iterable[bytes], mode: int) -> None:
    """Put a file in place; its name is not durable yet."""
    with _part_of(path, mode) as part:
        for piece in pieces:
            part.file.write(piece)
        part.sync()
        part.put()


@dataclass
class _Part:
    """A file under another name, until it is whole and synced."""

    file: BinaryIO
    name: str
    path: Path

    def sync(self) -> None:
        """See to it that what was written is on the disk."""
        self.file.flush()
        os.fsync(self.file.fileno())

    def put(self) -> None:
        """Give it its name."""
        Path(self.name).replace(self.path)


@contextlib.contextmanager
def _part_of(path: Path, mode: int) -> Iterator[_Part]:
    """A part, which is gone where it was not put in its place."""
    # A name of its own for each writer: the same file may be written twice at once.
    descriptor, name = tempfile.mkstemp(".part", path.name, path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            yield _Part(file, name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def sync_directory(path: Path) -> None:
    """Make durable what was added to a directory, or taken out of it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
