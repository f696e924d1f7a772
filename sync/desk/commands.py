"""`parvis-desk`: the organiser's keys, publications, contributions and tables."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path

import click

from forms.errors import FormError
from sync.command_line import Refusing, Sentence, ask, in_words
from sync.desk.answer_commands import publish_answers
from sync.desk.aside_commands import bring_back, set_aside
from sync.desk.asking import ask_cards
from sync.desk.care_commands import check_store, erase_contribution
from sync.desk.export import changed_since, chosen, export_csv, not_the_store
from sync.desk.file_kinds import DOUBTFUL
from sync.desk.findings import Kind
from sync.desk.key_commands import keys as keys_group
from sync.desk.media import FOLDER
from sync.desk.open_data_commands import attest_data, open_data, say_aside
from sync.desk.options import keys_option, named_as, opened_keys, opened_store, store_option
from sync.desk.publish import Publication, check_writable, own_packages
from sync.desk.publish import publish as publish_form
from sync.desk.pull import PullProgress
from sync.desk.pull import pull as pull_from
from sync.desk.sources import FolderSource, ServerSource
from sync.desk.store import MOST_FINDINGS
from sync.errors import SyncError
from sync.keys import read_recipient_public, read_verifying_key
from sync.wording import counted

_READER = "organiser.pub"  # beside a further recipient's key: by it they ask the server
_day = click.DateTime(["%Y-%m-%d"])


class _Desk(Refusing):
    """Forms are refused at the desk too."""

    refusals = (SyncError, FormError)


@click.group(cls=_Desk)
@click.version_option(package_name="parvis")
def main() -> None:
    r"""Parvis's desk: publishes consultations, pulls what people said, opens and exports it.

    \b
    Example:
      parvis-desk keys new --out keys
      parvis-desk publish budget.xlsx --keys keys --out budget.parvis
      parvis-desk pull --server https://parvis.example.org --keys keys --store budget.sqlite
      parvis-desk export --store budget.sqlite --csv budget.csv
    """


main.add_command(keys_group)
main.add_command(check_store)
main.add_command(erase_contribution)
main.add_command(set_aside)
main.add_command(bring_back)


@main.command()
@click.argument("form")
@keys_option
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The package to write.",
)
@click.option(
    "--notice",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What it is about, per language: JSON or Markdown. Default: FORM.notice.json beside it.",
)
@click.option(
    "--without-notice", is_flag=True, help="Ask without saying who asks, why, and what becomes."
)
@click.option("--title", default="", help="Instead of the notice's or the form's.")
@click.option("--organiser", default="", help="The organiser's name, instead of the notice's.")
@click.option("--version", type=click.IntRange(1), help="Default: one more than the last.")
@click.option(
    "--opens", type=_day, help="The first day, such as 2026-11-21, instead of the notice's."
)
@click.option("--closes", type=_day, help="The last day, instead of the notice's.")
@click.option(
    "--guarantor",
    "guarantors",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A further recipient's public key (recipient.pub); with organiser.pub beside it, the "
    "recipient may pull from the server.",
)
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="traceability, padding, least, idle_seconds, minutes or modes.",
)
@click.option(
    "--former-keys-until",
    type=_day,
    help="The last day on which servers take what was sealed to keys, or recipients, of an older "
    "version. Default: 30 days after this one comes to them.",
)
@click.option(
    "--stolen",
    multiple=True,
    metavar="KEY",
    help="A recipient key that nothing is taken for any more, from now on, by its number or id.",
)
def publish(
    form: str,
    keys: Path,
    out: Path,
    notice: Path | None,
    without_notice: bool,
    title: str,
    organiser: str,
    version: int | None,
    opens: datetime | None,
    closes: datetime | None,
    guarantors: tuple[Path, ...],
    options: tuple[str, ...],
    former_keys_until: datetime | None,
    stolen: tuple[str, ...],
) -> None:
    r"""Make a signed consultation package from FORM, an XLSForm's path or a name of the catalogue.

    The last line is the consultation's id. A new version of the same form keeps the id; labels
    that say something else than in the version before are named.

    \b
    Example:
      parvis-desk publish budget.xlsx --keys keys --out budget.parvis --notice budget.json
    """
    said = Publication(
        title=title,
        organiser=organiser,
        version=version,
        opens=opens.date() if opens else None,
        closes=closes.date() if closes else None,
        options=dict(_pair(option) for option in options),
        guarantors=tuple(read_recipient_public(path) for path in guarantors),
        without_notice=without_notice,
        former_keys_until=former_keys_until.date() if former_keys_until else None,
        stolen=stolen,
        readers=tuple(
            read_verifying_key(path.with_name(_READER)).public_bytes_raw()
            for path in guarantors
            if path.with_name(_READER).exists()
        ),
    )
    for path in guarantors:
        if not path.with_name(_READER).exists():
            click.echo(
                f"There is no {_READER} beside {path}: this recipient opens copies, and cannot "
                "pull from the server.",
                err=True,
            )
    check_writable(out)
    published, warnings = publish_form(form, opened_keys(keys), notice, said)
    with in_words(f"{out} cannot be written"):
        out.write_bytes(published.data)
    for warning in warnings:
        click.echo(warning, err=True)
    click.echo(f"“{published.title_in('fr')}”, version {published.version}, is in {out}.")
    click.echo(published.id)


@main.command()
@click.option("--server", help="The server's address.")
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of batch files instead: a stick, or a copy of the server's data.",
)
@keys_option
@store_option
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False),
    help="Certificates of a private authority, PEM.",
)
@click.option("--cards", is_flag=True, help="Ask for keepers' cards; the key is never written.")
def pull(
    server: str | None,
    folder: Path | None,
    keys: Path,
    store: Path,
    ca: str | None,
    cards: bool,
) -> None:
    r"""Fetch what is new, check it, open it, and keep it in the store.

    What is missing, altered, duplicated or not openable is named, and the rest goes on. An
    interrupted pull goes on where it was. The last line sums up; exit 1 if the source gave out.

    \b
    Example:
      parvis-desk pull --server https://parvis.example.org --keys keys --store budget.sqlite
      parvis-desk pull --from /media/stick --keys keys --store budget.sqlite
    """
    if (server is None) == (folder is None):
        raise click.UsageError("Give either --server URL or --from DIR.")
    if folder is not None and ca is not None:
        raise click.UsageError("--ca is for a --server: a folder has no certificate.")
    opened = opened_keys(keys)
    with opened_store(store) as desk:
        held = list(opened.held)
        if cards:
            held.append(ask_cards(opened.public, opened.cards_of(opened.public)))
        if not held:
            held.append(opened.recipient)  # says what to do
        source: ServerSource | FolderSource
        if folder is None:
            source = ServerSource(server or "", opened.organiser, ca_bundle=ca)
        else:
            source = FolderSource(folder, opened.organiser, [one.public.id for one in held])
        try:
            report = pull_from(
                source, desk, held, own_packages(opened), _show, destroyed=opened.destroyed
            )
        except KeyboardInterrupt:
            _end_of_progress()
            raise Sentence(
                "Stopped. What was opened is in the store; the next pull goes on where it was."
            ) from None
    _end_of_progress()
    for device in report.met:
        click.echo(device)
    for finding in report.findings:
        click.echo(f"[{finding.kind.value}] {finding.sentence}")
    for kind, count in report.found.items():
        if count > MOST_FINDINGS:
            click.echo(f"[{kind.value}] … and {count - MOST_FINDINGS} more: table “findings”.")
    if report.trouble:
        click.echo(report.trouble, err=True)
    click.echo(report.summary())
    if report.trouble or report.found.get(Kind.TWO_FACES):
        raise SystemExit(1)


@main.command()
@store_option
@click.option(
    "--csv",
    "path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The table to write.",
)
@click.option("--consultation", default="", help="Its id, where the store holds several.")
@click.option("--labels", is_flag=True, help="Labels of questions and choices, not their names.")
@click.option("--language", default="", help="Of the labels, such as fr.")
@click.option(
    "--separator", type=click.Choice([",", ";"]), default=",", show_default=True, help="Of cells."
)
@click.option("--exact", is_flag=True, help="Texts as they are, even where they are formulas.")
@click.option("--yes", is_flag=True, help="Do not ask before a file of another make is replaced.")
def export(
    store: Path,
    path: Path,
    consultation: str,
    labels: bool,
    language: str,
    separator: str,
    exact: bool,
    yes: bool,
) -> None:
    r"""Write a table: one row per contribution, one column per question, UTF-8 with a BOM.

    A text that a spreadsheet would run as a formula is written with an apostrophe before it, and
    one that begins with apostrophes and then = + - or @ with one more: take one off to have the
    exact text, or give --exact. Several choices stand in one cell. Files that people attached are
    copied to media/ beside the table; the cells hold their names. A label is the one that stood
    beside the answer when it was given; where versions called a question differently, its column
    says what each called it.

    \b
    Example:
      parvis-desk export --store budget.sqlite --csv budget.csv --labels --language fr
    """
    if language and not labels:
        raise click.UsageError("--language is of the labels: give --labels, too.")
    not_the_store(path, store)
    named_as(path, "--csv", ".csv", ".txt")
    with opened_store(store, made=False) as desk, in_words(f"{path} cannot be written"):
        if path.exists() and (lost := changed_since(desk, path, chosen(desk, consultation))):
            ask(f"{path} is there, and is {lost}. Replace it?", yes=yes)
        done = export_csv(
            desk,
            path,
            consultation=consultation,
            labels=labels,
            language=language,
            separator=separator,
            exact=exact,
        )
        for table in (path, *done.apart):
            desk.exported(table, done.consultation, f"{date.today()}")
    said = counted(done.contributions, "contribution")
    click.echo(f"{path} holds {said} in {done.columns} columns.")
    say_aside(done.aside)
    if done.files:
        click.echo(f"{counted(done.files, 'attached file')} beside it, in {path.parent / FOLDER}.")
    if done.doubtful:
        click.echo(
            f"{counted(done.doubtful, 'file')} of them not what the name says, and so named "
            f"{DOUBTFUL}: look before you open."
        )
    for table in done.apart:
        click.echo(f"{table} holds what is kept apart: give it to those alone who need it.")
    if not done.for_others:
        click.echo(
            "Its ids lead from receipts to what was said, which people were promised that nobody "
            "could find: give it to those alone who sort it. For everybody: parvis-desk open-data",
            err=True,
        )


main.add_command(open_data)
main.add_command(attest_data)
main.add_command(publish_answers)


def _pair(option: str) -> tuple[str, str]:
    name, equals, value = option.partition("=")
    if not equals:
        raise click.UsageError(f"--option is NAME=VALUE, and “{option}” has no “=”.")
    return name.strip(), value.strip()


def _show(progress: PullProgress) -> None:
    if sys.stderr.isatty():
        batches = counted(progress.batches, "batch")
        text = f"\r{batches}, {counted(progress.opened, 'contribution')} opened"
        click.echo(text, nl=False, err=True)


def _end_of_progress() -> None:
    if sys.stderr.isatty():
        click.echo(err=True)
