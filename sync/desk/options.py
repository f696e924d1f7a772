"""What several of the desk's commands share: their options, and what they open."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from sync.desk.agent import Agent
from sync.desk.store import DeskStore
from sync.desk.unlocking import DeskSettings, Passphrases
from sync.key_directory import KeyDirectory
from sync.private_keys import private_files

_P = ParamSpec("_P")
_R = TypeVar("_R")

_FILE = "sync.desk passphrase file"  # among what click keeps for one command
_PASSPHRASES = "sync.desk passphrases"


def _remember_file(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    context.meta[_FILE] = path


passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="PARVIS_PASSPHRASE_FILE",
    show_envvar=True,
    expose_value=False,
    callback=_remember_file,
    help="A file whose one line is the keys' passphrase; asked for if not given.",
)


def keys_option(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """`--keys`, and `--passphrase-file` for those that are sealed."""
    place = click.option(
        "--keys",
        required=True,
        type=click.Path(file_okay=False, path_type=Path),
        help="The directory of the organiser's keys.",
    )
    return place(passphrase_option(command))


store_option = click.option(
    "--store",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The desk's SQLite file; it holds what people said, in clear.",
)


def opened_keys(path: Path, *, looked_at: bool = False) -> KeyDirectory:
    """The keys, and a warning on stderr where others may read them.

    The passphrase of those that are sealed is asked for when they are needed, once for a command.

    Args:
        path: KEYDIR.
        looked_at: whether nothing in it may be changed.
    """
    opened = KeyDirectory.open(path, passphrases(), looked_at=looked_at)
    for key in private_files(path):
        if key.stat().st_mode & 0o077:
            click.echo(
                f"Others on this machine may read {key}. Forbid it: chmod 600 {key}", err=True
            )
    return opened


def passphrases() -> Passphrases:
    """What opens sealed keys in this command."""
    context = click.get_current_context()
    if _PASSPHRASES not in context.meta:
        context.meta[_PASSPHRASES] = Passphrases(passphrase_file(), Agent.of_this_session())
    found = context.meta[_PASSPHRASES]
    assert isinstance(found, Passphrases)
    return found


def passphrase_file() -> Path | None:
    """What `--passphrase-file` says."""
    path = click.get_current_context().meta.get(_FILE)
    assert path is None or isinstance(path, Path)
    return path


def say_in_plain(path: Path) -> None:
    """Say on stderr, loudly, that private keys lie in plain, where some do."""
    plain = KeyDirectory.open(path, looked_at=True).in_plain()
    if plain:
        click.secho(
            f"IN PLAIN: {', '.join(str(one) for one in plain)}. Whoever reads this disk, or a "
            "backup of it, can open what people said and sign in the organiser's name. Seal them "
            f"under a passphrase: parvis-desk keys protect --keys {path}",
            err=True,
            bold=True,
        )


def settings() -> DeskSettings:
    """What this desk takes as given."""
    return click.get_current_context().find_object(DeskSettings) or DeskSettings()


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
