"""Couriers: a USB stick, or any folder, that carries batches where no network goes.

    DIR/parvis/batches/<sha256>                 what devices have sealed and signed
    DIR/parvis/attachments/<sha256>             their sealed attachments
    DIR/parvis/acknowledgements/<sha256>        the server's word on the batch of that name
    DIR/parvis/consultations/<id>.parvis        what the server publishes,
    DIR/parvis/consultations/listing            signed by it
    DIR/parvis/erasures/<id>                    orders to erase, each signed by who gives it

Rules, both ways:

1. A file is copied under another name, synced, compared, renamed, and its folder synced. A stick
   that is pulled out at any byte holds whole files and one unfinished one; the next try goes on.
2. What is there and whole is not copied again. What is not whole is copied anew.
3. Nothing is believed for its name or place: files are known by what they hold, wherever they
   lie; whatever else is on the stick is left alone, and may be there any number of times.
4. Nothing is taken off the device because it was copied: only on an acknowledgement.
5. A stick is let go of what has arrived: its device removes its own batches once acknowledged.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sync.durable import sync_directory
from sync.errors import SyncError

FRESH = "courier"
"""Stands in a listing that travels by courier for the asker's own words."""

_ROOT = "parvis"
_PART = ".part"
_PIECE = 256 * 1024
_NAME = re.compile(r"[0-9a-f]{64}")
_DEEPEST = 12  # folders below the one that was named


class CourierFailed(SyncError):
    """The stick does not take or give what it should; the message says what to do."""

    sentence = "The stick cannot be used."


@dataclass(frozen=True)
class CourierProgress:
    """How far it is: files and bytes done, of how many."""

    files: int
    of_files: int
    bytes: int
    of_bytes: int


Told = Callable[[CourierProgress], None]


def nobody(_: CourierProgress) -> None:
    """Is told of progress and says nothing."""


class Stick:
    """The folder that a courier carries.

    Args:
        directory: as the person named it; where the stick is mounted.

    Raises:
        CourierFailed: there is no such folder.
    """

    def __init__(self, directory: Path) -> None:
        if not directory.is_dir():
            raise CourierFailed(
                f"There is no folder {directory}. Is the stick plugged in and mounted?"
            )
        self.directory = directory
        self.batches = directory / _ROOT / "batches"
        self.attachments = directory / _ROOT / "attachments"
        self.acknowledgements = directory / _ROOT / "acknowledgements"
        self.consultations = directory / _ROOT / "consultations"
        self.erasures = directory / _ROOT / "erasures"

    def prepare(self) -> None:
        """Make the folders, and remove what an earlier try left unfinished.

        Raises:
            CourierFailed: the stick does not take it.
        """
        with stick_words(self.directory):
            for folder in (
                self.batches,
                self.attachments,
                self.acknowledgements,
                self.consultations,
                self.erasures,
            ):
                folder.mkdir(parents=True, exist_ok=True)
                for part in folder.glob(f"*{_PART}"):
                    part.unlink(missing_ok=True)

    def beginning_with(self, magic: bytes) -> Iterator[Path]:
        """All files that begin so, wherever they lie; what cannot be read is passed over."""
        for path in self._files():
            with contextlib.suppress(OSError), path.open("rb") as file:
                if file.read(len(magic)) == magic:
                    yield path

    def named_by_hash(self) -> dict[str, list[Path]]:
        """Files whose name is a SHA-256, by it; not yet checked."""
        found: dict[str, list[Path]] = {}
        for path in self._files():
            if _NAME.fullmatch(path.name):
                found.setdefault(path.name, []).append(path)
        return found

    def _files(self) -> Iterator[Path]:
        for folder, folders, names in os.walk(self.directory):
            depth = len(Path(folder).relative_to(self.directory).parts)
            folders[:] = sorted(folders) if depth < _DEEPEST else []
            for name in sorted(names):
                path = Path(folder, name)
                with contextlib.suppress(OSError):
                    if path.is_file() and not name.endswith(_PART):
                        yield path


class Copying:
    """Copies so many files, and tells how far it is."""

    def __init__(self, told: Told, sizes: Iterable[int]) -> None:
        known = list(sizes)
        self._told = told
        self._files, self._bytes = 0, 0
        self._of_files, self._of_bytes = len(known), sum(known)

    def put(self, path: Path, content: bytes) -> bool:
        """Put these bytes into a file, unless it holds them already; whether it was written.

        Raises:
            CourierFailed: the stick does not take it; nothing of it is there under that name.
        """
        with stick_words(path):
            if _holds(path, content):
                self.went(len(content))
                return False
            pieces = (content[at : at + _PIECE] for at in range(0, len(content), _PIECE))
            self._write(path, pieces, hashlib.sha256(content).hexdigest())
            self._files += 1
            self._tell()
            return True

    def copy(self, source: Path, path: Path, name: str) -> bool:
        """Copy a file whose SHA-256 is `name`, unless it is there; whether it is there now.

        False where the source is not what its name says; then nothing is copied.

        Raises:
            CourierFailed: the stick does not take it; nothing of it is there under that name.
        """
        if is_whole(path, name):
            self.went(path.stat().st_size)
            return True
        if not is_whole(source, name):
            return False
        with stick_words(path), source.open("rb") as file:
            self._write(path, iter(lambda: file.read(_PIECE), b""), name)
        self._files += 1
        self._tell()
        return True

    def _write(self, path: Path, pieces: Iterable[bytes], name: str) -> None:
        part = path.with_name(path.name + _PART)
        try:
            with part.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
                    self._bytes += len(piece)
                    self._tell()
                file.flush()
                os.fsync(file.fileno())
            if not is_whole(part, name):
                raise CourierFailed(
                    f"{path.parent} does not give back what was written to it: the stick is "
                    "failing. Nothing is lost; take another one."
                )
            part.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        sync_directory(path.parent)

    def went(self, size: int) -> None:
        """A file of this size is done with."""
        self._files += 1
        self._bytes += size
        self._tell()

    def _tell(self) -> None:
        self._told(CourierProgress(self._files, self._of_files, self._bytes, self._of_bytes))


def is_whole(path: Path, name: str) -> bool:
    """Whether a file is there, and is what its name says."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == name
    except OSError:
        return False


def read_at_most(path: Path, most: int) -> bytes | None:
    """A file's bytes; None where it cannot be read, or is larger than anything of its kind."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError:
        return None
    return content if len(content) <= most else None


@contextlib.contextmanager
def stick_words(path: Path) -> Iterator[None]:
    """Turn what the disk says of a stick into what a person can act on."""
    try:
        yield
    except OSError as error:
        raise CourierFailed(
            f"The stick did not take it ({path}: {error.strerror or error}). Nothing is lost. Make "
            "room on it, or take another, and do the same again: it goes on where it was."
        ) from error


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False
