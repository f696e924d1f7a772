"""Several key files of a folder replaced together: all of them or none, whatever happens between.

The new files are written to `replacing/new` and synced; then the folder gets its other name,
`replaced`, and from that moment on they count. Each goes to its place, the old one being kept in
`replaced/old` until it has; then the old ones are overwritten. Whoever finds `replaced` goes on
from there, whoever finds `replacing` throws it away: both under the folder's lock. The same hands
complete a renewal that was cut off (`next.pub`), and overwrite what else was left half-written.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from sync.durable import sync_directory, write_whole
from sync.errors import BadKey
from sync.keys import read_recipient_public

_STAGED, _COUNTS = "replacing", "replaced"
_NEW, _OLD = "new", "old"
_NEXT = "next.pub"  # of a key that was made to take the present one's place
# Of writers that were killed (`sync.durable`), and of who was when overwriting.
_PARTS = ("*.key*.part", "former/*.key*.part")


@contextlib.contextmanager
def locked(folder: Path, *, alone: bool) -> Iterator[None]:
    """Hold a folder of keys: alone to change it, with other readers otherwise.

    Where the folder is missing, or its disk knows no locks, nothing is held.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield
        return
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def unfinished(folder: Path) -> bool:
    """Whether somebody was interrupted while they wrote keys."""
    return any((folder / name).exists() for name in (_STAGED, _COUNTS, _NEXT)) or any(
        True for pattern in _PARTS for _ in folder.glob(pattern)
    )


def counting(folder: Path, name: str | Path) -> Path:
    """Where the key file of that name lies which counts: an interrupted replacement moves it."""
    put = folder / _COUNTS / _NEW / name
    return put if put.exists() else folder / name


def present_pair(folder: Path) -> tuple[Path, Path]:
    """The present key's file and its public half's; an interrupted renewal moves them."""
    if (folder / _NEXT).exists() and not (folder / "recipient.pub").exists():
        private = "next.key" if (folder / "next.key").exists() else "recipient.key"
        return folder / private, folder / _NEXT
    return counting(folder, "recipient.key"), folder / "recipient.pub"


def stage(folder: Path, contents: Mapping[Path, bytes]) -> None:
    """Write new key files beside those of now, which go on counting. The folder is held alone.

    Args:
        folder: of the keys.
        contents: by the path within the folder; there is such a file already.

    Raises:
        BadKey: one of them is a link to a file elsewhere.
        OSError: the disk does not take them.
    """
    finish(folder)
    for name in contents:
        if (folder / name).is_symlink():
            raise BadKey(
                f"{folder / name} is a link to {(folder / name).resolve()}. Put the file itself "
                "there, or do this where it lies: what a link leads to would stay as it is."
            )
    for half in (_NEW, _OLD):
        (folder / _STAGED / half / "former").mkdir(mode=0o700, parents=True)
    (folder / _STAGED).chmod(0o700)
    for name, content in contents.items():
        write_whole(folder / _STAGED / _NEW / name, content)
    for path in (*_folders(folder / _STAGED), folder):
        sync_directory(path)


def staged(folder: Path, name: Path) -> bytes:
    """What was staged, read back."""
    return (folder / _STAGED / _NEW / name).read_bytes()


def replace_staged(folder: Path) -> None:
    """Put what was staged into its places, for good; what was there is overwritten."""
    (folder / _STAGED).rename(folder / _COUNTS)
    sync_directory(folder)
    finish(folder)


def finish(folder: Path) -> None:
    """Bring what was interrupted to its end: on, where it counted already; else back.

    Raises:
        BadKey: a public key beside it was damaged.
        OSError: the disk does not take it.
    """
    _put_all(folder)
    _forget_staged(folder)
    _finish_renewal(folder)
    with contextlib.suppress(OSError):  # nothing of them is needed
        for pattern in _PARTS:
            for path in folder.glob(pattern):
                shred(path)


def _finish_renewal(path: Path) -> None:
    """Move the present key to the former ones, and the next one into its place."""
    if not (path / _NEXT).exists():
        return
    if (path / "recipient.pub").exists():
        public = read_recipient_public(path / "recipient.pub")
        if public.key != read_recipient_public(path / _NEXT).key:
            place = path / "former" / public.id.hex()
            for half in (".key", ".pub"):
                if (path / f"recipient{half}").exists():
                    (path / f"recipient{half}").replace(place.with_suffix(half))
            sync_directory(place.parent)
    if (path / "next.key").exists():
        (path / "next.key").replace(path / "recipient.key")
    (path / _NEXT).replace(path / "recipient.pub")
    sync_directory(path)


def _put_all(folder: Path) -> None:
    counts = folder / _COUNTS
    if not counts.exists():
        return
    for new in _files(counts / _NEW):
        name = new.relative_to(counts / _NEW)
        place, old = folder / name, counts / _OLD / name
        if place.exists() and not old.exists():
            try:
                os.link(place, old)
            except OSError:  # a disk without hard links: FAT
                place.rename(old)
            sync_directory(old.parent)
        new.replace(place)
        sync_directory(place.parent)
    for old in _files(counts / _OLD):
        shred(old)
    _remove(counts)


def _forget_staged(folder: Path) -> None:
    for path in _files(folder / _STAGED):
        shred(path)
    _remove(folder / _STAGED)


def shred(path: Path) -> None:
    """Overwrite a small file and take it away; what a flash disk keeps of it, nobody can say.

    It loses its name first: no half of it is ever taken for a key. `finish` ends what was begun.
    """
    if not path.exists():
        return
    if path.suffix != ".part":
        path = path.rename(path.with_name(f"{path.name}.gone.part"))
        sync_directory(path.parent)
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    sync_directory(path.parent)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _folders(folder: Path) -> list[Path]:
    return [*sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True), folder]


def _remove(folder: Path) -> None:
    """Take away a folder in which no file is left."""
    if not folder.exists():
        return
    for path in _folders(folder):
        path.rmdir()
    sync_directory(folder.parent)
