"""`parvis-forms`: check, compile and fill forms in a terminal; a thin skin on the library."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from forms.beside import Beside
from forms.catalogue import consultations
from forms.engine import Entry, Finished
from forms.errors import FormError, FormErrors
from forms.filling import answer_all, read_answers
from forms.interview import Interview
from forms.notices import notice_beside, review_notice
from forms.walk import follow, read_walk
from forms.xform import Form, read_form

P = ParamSpec("P")
R = TypeVar("R")

FORM = click.argument("form", type=click.Path(path_type=Path))


def _in_a_sentence(command: Callable[P, R]) -> Callable[P, R]:
    """A command that says what went wrong on stderr, and exits with 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except FormError as wrong:
            click.echo(str(wrong), err=True)
        except OSError as wrong:
            name = f"{wrong.filename}: " if wrong.filename else ""
            click.echo(f"{name}{wrong.strerror or wrong}.", err=True)
        sys.exit(1)

    return run


class _Commands(click.Group):
    r"""The group; where a raw docstring says \b, the lines below are kept as they are."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help of the group itself."""
        self.help = _with_kept_lines(self.help)
        super().format_help(ctx, formatter)

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Take a command in."""
        cmd.help = _with_kept_lines(cmd.help)
        super().add_command(cmd, name)


def _with_kept_lines(text: str | None) -> str | None:
    return text.replace("\\b\n", "\b\n") if text else text


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    r"""Check, compile and fill forms.

    A form is an XLSForm (.xlsx, .xls, .csv, .md) or an ODK XForm (.xml).

    \b
    Example:
      parvis-forms check survey.xlsx
      parvis-forms fill survey.xlsx --interactive
    """


@main.command()
@FORM
@_in_a_sentence
def check(form: Path) -> None:
    r"""Say everything that is wrong with FORM, with its place.

    Ends with 0 where nothing is, with 1 otherwise. Warnings do not count.

    \b
    Example:
      parvis-forms check survey.xlsx
    """
    try:
        read, warnings = _read(form)
    except FormErrors as wrong:
        _warn(wrong.warnings)
        raise
    if form.suffix.lower() == ".xml":
        from forms.compiled_review import review_file

        problems, told = review_file(form, read)
        _warn(map(str, told))
        if problems:
            raise FormErrors(problems)
    _warn(warnings)
    if form.suffix.lower() != ".xml" or notice_beside(form).is_file():
        _warn(review_notice(form, read.languages))
    count = len(read.questions)
    questions = f"{count} question" if count == 1 else f"{count} questions"
    languages = f", in {', '.join(read.languages)}" if read.languages else ""
    click.echo(f"{form.name} is in order: {questions}{languages}.")


@main.command(name="compile")
@FORM
@click.option(
    "-o", "out", required=True, type=click.Path(path_type=Path), help="The folder to make."
)
@_in_a_sentence
def compile_command(form: Path, out: Path) -> None:
    r"""Make the XForm of FORM: a folder with form.xml and its media.

    \b
    Example:
      parvis-forms compile survey.xlsx -o build/survey
    """
    from forms.xlsform import compile_form

    compiled = compile_form(form)
    _warn(compiled.warnings)
    out.mkdir(parents=True, exist_ok=True)
    (out / "form.xml").write_bytes(compiled.xml)
    for file in compiled.media:
        shutil.copyfile(file, out / file.name)
    click.echo(f"{out / 'form.xml'} and {len(compiled.media)} media files written.")


@main.command()
@FORM
@click.option(
    "--answers",
    type=click.Path(path_type=Path),
    help="A JSON object of answers by question: its path, or its name where only one has it.",
)
@click.option("--interactive", is_flag=True, help="Ask every question here, one at a time.")
@click.option("--language", default="", help="The form's language to use, such as fr.")
@click.option(
    "--format", "shape", type=click.Choice(["xml", "json"]), default="xml", show_default=True
)
@click.option(
    "-o", "out", type=click.Path(path_type=Path), help="A file to write instead of printing."
)
@_in_a_sentence
def fill(
    form: Path,
    answers: Path | None,
    interactive: bool,
    language: str,
    shape: str,
    out: Path | None,
) -> None:
    r"""Fill FORM, from a file of answers or question by question, and print the result.

    \b
    Example:
      parvis-forms fill survey.xlsx --answers answers.json --format json
      parvis-forms fill survey.xlsx --interactive --language fr -o answer.xml
    """
    read, _ = _read(form)
    entry = Entry(read)
    if language:
        entry.language = language
    if answers is not None:
        answer_all(entry, read_answers(answers))
    finished = Interview(entry, sys.stdin, sys.stderr).hold() if interactive else entry.finish()
    written = _written(finished, shape)
    if out is None:
        sys.stdout.buffer.write(written)
        sys.stdout.buffer.flush()
    else:
        out.write_bytes(written)


@main.command()
@FORM
@click.argument("walk", type=click.Path(path_type=Path))
@_in_a_sentence
def walk(form: Path, walk: Path) -> None:
    r"""Give FORM the answers of another engine's WALK, and print where the two differ.

    One JSON object: agrees, steps, valid, instance, difference. Ends with 0 where they agree.

    \b
    Example:
      parvis-forms walk survey.xml survey.1.json
    """
    read, _ = _read(form)
    agreement = follow(read, read_walk(walk))
    click.echo(agreement.as_json())
    if not agreement.agrees:
        sys.exit(1)


@main.command()
@click.argument("method", required=False)
@click.option(
    "-o",
    "out",
    type=click.Path(path_type=Path),
    help="The spreadsheet to write, FILE.xlsx, or a folder; otherwise METHOD's name, here.",
)
@_in_a_sentence
def new(method: str | None, out: Path | None) -> None:
    r"""Write a ready consultation, to adapt: METHOD is one of the catalogue's.

    METHOD is the name of a consultation, or of a method that one of them shows.
    Without METHOD, lists what the catalogue holds.

    \b
    Example:
      parvis-forms new
      parvis-forms new budget -o our-budget.xlsx
      parvis-forms new majority-judgment -o our-ballot.xlsx
    """
    if method is None:
        for entry in consultations():
            title = entry.titles.get("en") or next(iter(entry.titles.values()))
            spoken = ", ".join(entry.languages)
            click.echo(f"{entry.name:24}{entry.method:20}{title} ({spoken}; {entry.minutes} min)")
        click.echo("\nparvis-forms new NAME -o FILE.xlsx writes one of them, to adapt.", err=True)
        return
    from forms.starting import start_from

    form, notice = start_from(method, out or Path())
    click.echo(f"{form} written, and {notice} with what people are told before they answer.")
    click.echo(f"Adapt both, then: parvis-forms check {shlex.quote(str(form))}")


def _warn(warnings: Iterable[str]) -> None:
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)


def _written(finished: Finished, shape: str) -> bytes:
    if shape == "xml":
        return finished.xml + b"\n"
    return json.dumps(dict(finished.fields), ensure_ascii=False, indent=2).encode() + b"\n"


def _read(path: Path) -> tuple[Form, tuple[str, ...]]:
    """A form from either kind of file, with the warnings of its compilation."""
    if path.suffix.lower() != ".xml":
        from forms.xlsform import compile_form

        compiled = compile_form(path)
        return compiled.form, compiled.warnings
    read = read_form(path.read_bytes(), media=Beside(path))
    return read, tuple(f"{one}: devices show nothing of it." for one in read.elsewhere)
