"""Attached files at the desk: kept once each beside the store, and laid next to a table.

The store's folder holds them under the SHA-256 of their content, in clear, for this user alone.
Next to a table they lie in `media/` under the names that its cells hold, as ODK lays them.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from sync.desk.file_kinds import DOUBTFUL, is_what_it_is_called
from sync.durable import sync_directory, write_whole

FOLDER = "media"
"""Beside a table."""

_BEGINNING = 8  # letters of a contribution's id that are usually enough to tell its files
_LIKE_ONE_GIVEN = re.compile(rf"-[0-9a-f]{{8,}}(\.[^.]*)?[. ]*$|{re.escape(DOUBTFUL)}[. ]*$", re.I)


@dataclass(frozen=True)
class DeskAttachment:
    """A file attached to a contribution.

    Attributes:
        place: among its contribution's attachments, from 0.
        name: the file's, as the contribution's field holds it.
        sha256: of its content.
        size: in bytes.
        media_type: such as "image/jpeg".
        here: whether its content is in the desk's folder.
    """

    place: int
    name: str
    sha256: str
    size: int
    media_type: str
    here: bool


@dataclass(frozen=True)
class Shared:
    """What several contributions of a store have, and none can have to itself next to a table.

    Attributes:
        names: of files, `folded`.
        beginnings: of their ids.
    """

    names: frozenset[str] = frozenset()
    beginnings: frozenset[str] = frozenset()


class MediaFolder:
    """The contents of attachments, each once.

    Args:
        path: the folder; made when the first is kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def file(self, sha256: str) -> Path:
        """Where a content lies."""
        return self.path / sha256[:2] / sha256

    def keep(self, content: bytes) -> None:
        """Keep a content, durable when this returns."""
        file = self.file(hashlib.sha256(content).hexdigest())
        if file.exists() and file.stat().st_size == len(content):
            return
        if not file.parent.is_dir():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_directory(self.path)
        write_whole(file, content)

    def remove(self, sha256: str) -> None:
        """Take a content away, durable when this returns."""
        file = self.file(sha256)
        file.unlink(missing_ok=True)
        if file.parent.is_dir():
            sync_directory(file.parent)

    def holds(self, sha256: str) -> bool:
        """Whether a content is here."""
        return self.file(sha256).exists()


def names_beside(
    contribution: str,
    folder: MediaFolder,
    attachments: Iterable[DeskAttachment],
    shared: Shared,
) -> dict[str, str]:
    """Under which names the files of a contribution lie next to a table.

    Two contributions never have one, whatever their devices called their files: a name keeps as it
    is only where nobody else has it and it cannot be one that is given here.

    Args:
        contribution: its id.
        folder: with their contents: a file that is not what it is called gets another ending.
        attachments: its files.
        shared: what several contributions have.

    Returns:
        The name that the field holds → the name of the file.
    """
    own = contribution if contribution[:_BEGINNING] in shared.beginnings else ""
    names = {}
    for one in attachments:
        plain = folded(one.name) not in shared.names and not _LIKE_ONE_GIVEN.search(one.name)
        given = own or contribution[:_BEGINNING]
        names[one.name] = one.name if plain else _distinct(one.name, given)
        file = folder.file(one.sha256)
        if one.here and file.exists() and not is_what_it_is_called(one.name, file):
            names[one.name] += DOUBTFUL
    return names


def lay_beside(
    table: Path,
    folder: MediaFolder,
    attachments: Iterable[DeskAttachment],
    names: Mapping[str, str],
) -> int:
    """Copy a contribution's files next to a table; says how many lie there now."""
    count = 0
    for one in attachments:
        source = folder.file(one.sha256)
        if not one.here or not source.exists():
            continue
        target = table.parent / FOLDER / names[one.name]
        if not _is_there(target, one):
            target.parent.mkdir(exist_ok=True)
            part = target.with_name(f".{target.name}.part")
            try:
                shutil.copyfile(source, part)
                part.chmod(0o600)
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
        count += 1
    return count


def folded(name: str) -> str:
    """What some disk takes for the same name: capitals, accents and dots at the end aside."""
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return composed.rstrip(". ")


def beginning_of(contribution: str) -> str:
    """As much of a contribution's id as its files' names usually hold."""
    return contribution[:_BEGINNING]


def _is_there(target: Path, one: DeskAttachment) -> bool:
    """Whether a file lies there already, and not another of its name and size."""
    if not target.exists() or target.stat().st_size != one.size:
        return False
    with target.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == one.sha256


def _distinct(name: str, contribution: str) -> str:
    path = PurePath(name)
    return f"{path.stem}-{contribution}{path.suffix}"
