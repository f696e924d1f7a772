"""What several of the desk's commands share: their options, and what they open."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import click

from sync.desk.store import DeskStore
from sync.key_directory import KeyDirectory, private_files

keys_option = click.option(
    "--keys",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The directory of the organiser's keys.",
)
store_option = click.option(
    "--store",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The desk's SQLite file; it holds what people said, in clear.",
)


def opened_keys(path: Path, *, looked_at: bool = False) -> KeyDirectory:
    """The keys, and a warning on stderr where others may read them.

    Args:
        path: KEYDIR.
        looked_at: whether nothing in it may be changed.
    """
    opened = KeyDirectory.open(path, looked_at=looked_at)
    for key in private_files(path):
        if key.stat().st_mode & 0o077:
            click.echo(
                f"Others on this machine may read {key}. Forbid it: chmod 600 {key}", err=True
            )
    return opened


@contextlib.contextmanager
def looked_at_store(path: Path) -> Iterator[DeskStore]:
    """The desk's store as it is: nothing in it, nor beside it, is made or changed."""
    if not path.exists():
        raise click.UsageError(f"There is no store {path}. Pull first.")
    with DeskStore.looked_at(path) as store:
        yield store


@contextlib.contextmanager
def opened_store(path: Path, *, made: bool = True) -> Iterator[DeskStore]:
    """The desk's store.

    Args:
        path: its file.
        made: whether it may be made if it is not there.
    """
    if not made and not path.exists():
        raise click.UsageError(f"There is no store {path}. Pull first.")
    store = DeskStore(path)
    try:
        yield store
    finally:
        store.close()


def named_as(path: Path, option: str, *endings: str) -> None:
    """Refuse a file's name that promises another format than what is written into it.

    Args:
        path: the file.
        option: that names it.
        endings: that fit; a name without one fits, too.
    """
    ending = path.suffix.lower()
    if ending and ending not in endings:
        raise click.UsageError(
            f"{option} writes {endings[0][1:].upper()}, and {path.name} is named as something "
            f"else: programs would not open it. Name it {path.with_suffix(endings[0]).name}."
        )
