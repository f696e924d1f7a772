"""What Parvis's commands share: refusals as one sentence on stderr and exit status 1."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import click

from sync.courier import CourierProgress, nobody
from sync.errors import SyncError


class Sentence(click.ClickException):
    """A refusal, printed as it is."""

    def show(self, file: Any = None) -> None:
        """Print the sentence on stderr."""
        click.echo(self.message, file=file, err=True)


class Refusing(click.Group):
    """A group whose commands end with a sentence where the library refuses something.

    Attributes:
        refusals: the errors that carry such a sentence.
    """

    refusals: ClassVar[tuple[type[Exception], ...]] = (SyncError,)
    group_class = type  # groups within this one are of its own kind

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = _with_paragraphs(self.help)

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Take a command in."""
        cmd.help = _with_paragraphs(cmd.help)
        super().add_command(cmd, name)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # a terminal without “ must not end a command
        try:
            return super().invoke(ctx)
        except self.refusals as error:
            raise Sentence(str(error)) from None
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # click ends quietly where nobody reads any more
            raise Sentence(refusal_of_the_system(error)) from None


def _with_paragraphs(text: str | None) -> str | None:
    r"""What a raw docstring writes as \b, before lines to be kept, as click wants it."""
    return text.replace("\\b\n", "\b\n") if text else text


@contextlib.contextmanager
def in_words(what: str) -> Iterator[None]:
    """Make a sentence of what the operating system refuses.

    Args:
        what: the beginning of the sentence: "The file x cannot be read".
    """
    try:
        yield
    except OSError as error:
        raise Sentence(f"{what}: {error.strerror or error}.") from None


def ask(question: str, *, yes: bool) -> None:
    """Have somebody agree to what takes something away; nothing happens where nobody does.

    Args:
        question: what is asked.
        yes: it was agreed to on the command line.

    Raises:
        Sentence: nobody agreed, or nobody is there to be asked.
    """
    if yes:
        return
    unsaid = "Nothing was changed. Where nobody can be asked, in a script, say --yes."
    if not said_yes(question, unsaid):
        raise Sentence("Nothing was changed.")


def said_yes(question: str, unsaid: str, *, err: bool = False) -> bool:
    """Whether somebody says yes.

    Args:
        question: what is asked.
        unsaid: what is so, and what can be done, where nobody answers: a sentence.
        err: ask beside what the command prints.

    Raises:
        Sentence: nobody answered.
    """
    try:
        return click.confirm(question, err=err)
    except click.Abort:
        raise Sentence(unsaid) from None


def refusal_of_the_system(error: OSError) -> str:
    """A sentence on what the operating system would not do."""
    why = error.strerror or str(error) or type(error).__name__
    if error.filename is None:
        return f"The operating system refused: {why}."
    return f"{os.fsdecode(error.filename)} cannot be used: {why}."


def courier_progress() -> Callable[[CourierProgress], None]:
    """How far a stick is, on one line of a terminal; nothing where there is none."""
    if not sys.stderr.isatty():
        return nobody

    def show(progress: CourierProgress) -> None:
        done = progress.files >= progress.of_files
        said = f"{progress.files} of {progress.of_files} files, {progress.bytes / 1e6:.1f} MB"
        click.echo("\r\033[K" if done else f"\r\033[K{said}", nl=False, err=True)

    return show
