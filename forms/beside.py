"""What lies beside a form: its media and its lists, looked for where authors put them.

In the folder `NAME-media` beside the form, in `media`, and beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from forms.xform import Form
from forms.xform.lists import BIGGEST_LIST


class Beside(Mapping[str, bytes]):
    """The files near a form by their names, read when they are asked for."""

    def __init__(self, form: Path) -> None:
        self.folders = (form.with_name(f"{form.stem}-media"), form.with_name("media"), form.parent)

    def path(self, name: str) -> Path | None:
        """Where a file is; None where it is in none of the folders."""
        paths = (folder / name for folder in self.folders)
        return next((path for path in paths if path.is_file()), None)

    def __contains__(self, name: object) -> bool:
        """Whether there is such a file."""
        return isinstance(name, str) and self.path(name) is not None

    def __getitem__(self, name: str) -> bytes:
        """What a file holds, as far as a list may be long, and a byte."""
        path = self.path(name)
        if path is None:
            raise KeyError(name)
        with path.open("rb") as file:
            return file.read(BIGGEST_LIST + 1)

    def __iter__(self) -> Iterator[str]:
        """The names of all files."""
        there = (folder for folder in self.folders if folder.is_dir())
        names = (file.name for folder in there for file in folder.iterdir() if file.is_file())
        return iter(dict.fromkeys(names))

    def __len__(self) -> int:
        """How many there are."""
        return sum(1 for _ in self)


def find_media(form: Form, path: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The files that a form names: those found near a path, and the names of the others."""
    beside = Beside(path)
    found = {name: beside.path(name) for name in form.attached}
    return (
        tuple(one for one in found.values() if one is not None),
        tuple(name for name, one in found.items() if one is None),
    )
