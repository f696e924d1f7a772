"""Whole files, durably: what is read back is what was written, or what was there before."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path


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

    Raises:
        OSError: the disk does not take one; those before it may be there already.
    """
    for path, content in contents.items():
        _put(path, (content,), mode)
    for directory in dict.fromkeys(path.parent for path in contents):
        sync_directory(directory)


def _put(path: Path, pieces: Iterable[bytes], mode: int) -> None:
    """Put a file in place; its name is not durable yet."""
    # A name of its own for each writer: the same file may be written twice at once.
    descriptor, part = tempfile.mkstemp(".part", path.name, path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def sync_directory(path: Path) -> None:
    """Make durable what was added to a directory, or taken out of it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
