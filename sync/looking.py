"""Looking at an SQLite file without changing anything, neither in it nor beside it.

A database in WAL mode is written to by whoever opens it: SQLite makes its log and its index, and
empties the log when it closes. What somebody only wants to look at, a backup above all, has to stay
as it is, and may lie on a disk that takes nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - each copy has a folder of its own there


def log_of(path: Path) -> Path:
    """The write-ahead log of an SQLite file."""
    return path.with_name(f"{path.name}-wal")


@contextlib.contextmanager
def looked_at(path: Path, *, changed: bool = False) -> Iterator[str]:
    """The address by which SQLite opens a file that no process has open now.

    Where its log holds something that is not in it yet, it is a copy of both, for this user alone,
    that is gone when this ends.

    Args:
        path: the file.
        changed: whether whoever looks has to change the tables first: in the copy, then.
    """
    log = log_of(path)
    logged = log.exists() and log.stat().st_size > 0
    if not logged and not changed:
        yield f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        return
    size = path.stat().st_size + (log.stat().st_size if logged else 0)
    with folder_for(size) as folder:
        copy = Path(folder, path.name)
        shutil.copyfile(path, copy)
        if logged:
            shutil.copyfile(log, log_of(copy))
        yield f"{copy.as_uri()}?mode=rw"


def folder_for(size: int) -> tempfile.TemporaryDirectory[str]:
    """A folder for a copy, for this user alone.

    It is in memory where there is room, so that no disk keeps what is erased later.

    Args:
        size: bytes of the copy.
    """
    try:
        roomy = shutil.disk_usage(_IN_MEMORY).free > 2 * size and os.access(_IN_MEMORY, os.W_OK)
    except OSError:
        roomy = False
    return tempfile.TemporaryDirectory(prefix="parvis-", dir=_IN_MEMORY if roomy else None)


def while_it_is_used(path: Path) -> str:
    """The address by which SQLite opens a file that another process works on."""
    return f"{path.absolute().as_uri()}?mode=ro"
