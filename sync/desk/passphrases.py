"""Passphrases as people give them: typed where nobody sees them, or in a file."""

from __future__ import annotations

import codecs
import getpass
import sys
import warnings
from pathlib import Path

import click

from sync.command_line import Sentence
from sync.errors import BadPassphrase
from sync.sealed_keys import LONGEST_PASSPHRASE, normal

SHORTEST = 8
"""Characters of a new passphrase."""

_MOST_BYTES = 8 * LONGEST_PASSPHRASE
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),  # as Windows's Notepad and PowerShell write
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def somebody_is_there() -> bool:
    """Whether a passphrase can be asked for: there is a terminal, to read from and to write to."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(what: str) -> str:
    """Ask for a passphrase once; what is typed is not shown.

    Args:
        what: the question, without the colon.

    Raises:
        BadPassphrase: what was typed is no text.
        Sentence: nobody goes on typing, or the terminal would show it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(f"{what}: ")
    except UnicodeDecodeError:
        raise BadPassphrase(
            "What was typed is no text in this terminal's encoding. Set its language to one with "
            "UTF-8."
        ) from None
    except getpass.GetPassWarning:
        raise Sentence(
            "This terminal would show the passphrase. Give --passphrase-file instead."
        ) from None
    except (EOFError, KeyboardInterrupt):
        click.echo(err=True)
        raise Sentence("Stopped: nothing was changed.") from None


def ask_new(what: str) -> str | None:
    """Ask for a new passphrase, twice, until both are the same; None for none at all.

    Args:
        what: it is for: "the keys in keys".

    Raises:
        Sentence: nobody goes on typing.
    """
    click.echo(
        f"A passphrase for {what}: {SHORTEST} characters or more; five words that nobody would "
        "guess together are good. Whoever forgets it loses the keys.",
        err=True,
    )
    while True:
        try:
            typed = ask("New passphrase")
            if not typed:
                return None
            fit_for_keys(typed)
        except BadPassphrase as error:
            click.echo(error, err=True)
            continue
        if normal(ask("The same again")) == normal(typed):
            return typed
        click.echo("The two differ. Type it twice again.", err=True)


def fit_for_keys(passphrase: str) -> None:
    """Refuse a new passphrase that is none, or that programs guess in no time.

    Raises:
        BadPassphrase: it is.
    """
    text = normal(passphrase)
    if len(text) < SHORTEST or len(set(text)) < SHORTEST // 2:
        raise BadPassphrase(
            f"The passphrase is too easily guessed: {SHORTEST} characters or more, not the same "
            "ones again and again."
        )


def read_passphrase(path: Path) -> str:
    """The passphrase in a file of one line; how the line ends, and a byte order mark, do not count.

    Others on this machine who may read the file are told of on stderr.

    Raises:
        BadPassphrase: the file cannot be read, or does not hold one line of text.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if path.is_file() and path.stat().st_mode & 0o077:
            click.echo(
                f"Others on this machine may read {path}. Forbid it: chmod 600 {path}", err=True
            )
    except OSError as error:
        raise BadPassphrase(
            f"The passphrase file {path} cannot be read: {error.strerror}."
        ) from None
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding).rstrip("\r\n")
    except UnicodeDecodeError:
        raise BadPassphrase(f"The passphrase file {path} holds no text in UTF-8.") from None
    if len(text) > LONGEST_PASSPHRASE or "\n" in text or "\r" in text:
        raise BadPassphrase(
            f"The passphrase file {path} holds more than one line of {LONGEST_PASSPHRASE} "
            "characters."
        )
    if not text:
        raise BadPassphrase(f"The passphrase file {path} is empty.")
    return text
