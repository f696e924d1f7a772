"""Where a device keeps sealed attachments: one file each, named by the SHA-256 of its bytes.

`docs/decisions/0016-attachments-in-files.md`. A file is whole and durable before the transaction
that names it begins; one that no transaction ever named is swept when the outbox is opened.
"""

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from sync.durable import sync_directory
from sync.stream import Stream

_PART = ".part"


class StreamFolder:
    """A folder of sealed streams; made when the first is kept.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self, stream: Stream) -> str:
        """Seal a stream into its file, durable when this returns; returns its name.

        Raises:
            OSError: the disk does not take it; nothing of it is left.
        """
        self.path.mkdir(mode=0o700, exist_ok=True)
        descriptor, part = tempfile.mkstemp(_PART, dir=self.path)
        try:
            digest = hashlib.sha256()
            with os.fdopen(descriptor, "wb") as file:
                for piece in stream.pieces():
                    digest.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(self.path / digest.hexdigest())
        except OSError:
            Path(part).unlink(missing_ok=True)
            raise
        sync_directory(self.path)
        return digest.hexdigest()

    def size(self, name: str) -> int:
        """How many bytes a stream has here; -1 where it is not here."""
        try:
            return (self.path / name).stat().st_size
        except OSError:
            return -1

    def read(self, name: str, at: int, most: int) -> bytes:
        """Bytes of a stream.

        Raises:
            OSError: it is not here, or cannot be read.
        """
        with (self.path / name).open("rb") as file:
            file.seek(at)
            return file.read(most)

    def is_whole(self, name: str) -> bool:
        """Whether a stream is here, as it was."""
        try:
            with (self.path / name).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == name
        except OSError:
            return False

    def remove(self, names: Collection[str]) -> None:
        """Let go of streams; of those that are not here, too."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)
        if names and self.path.is_dir():
            sync_directory(self.path)

    def sweep(self, known: Collection[str]) -> None:
        """Remove what no transaction named: only while nobody keeps anything."""
        self.remove([name for name in self._names() if name not in known])

    def _names(self) -> Iterator[str]:
        if self.path.is_dir():
            yield from (path.name for path in self.path.iterdir())
