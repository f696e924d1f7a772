"""`parvis-desk publish-answers`: tell contributors what became of what they said."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from sync.answers import State, weakest
from sync.command_line import Sentence
from sync.consultation import Traceability
from sync.desk.answers import (
    AnswersDesk,
    labels,
    publication,
    read_published,
    read_sorted,
    read_themes,
)
from sync.desk.export import chosen
from sync.desk.options import keys_option, opened_keys, opened_store, store_option
from sync.wording import counted

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("publish-answers")
@click.option("--server", required=True, help="The server's address.")
@keys_option
@store_option
@click.option("--themes", type=_file, help="A CSV of themes and answers.")
@click.option("--sorted", "table", type=_file, help="The exported CSV with a column “theme”.")
@click.option("--all-read", is_flag=True, help="Everything in the store was read.")
@click.option(
    "--data",
    type=_file,
    help="What open-data wrote: texts as published, where the consultation promised to show them.",
)
@click.option("--consultation", default="", help="Its id, where the store holds several.")
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False),
    help="Certificates of a private authority, PEM.",
)
def publish_answers(
    server: str,
    keys: Path,
    store: Path,
    themes: Path | None,
    table: Path | None,
    all_read: bool,
    data: Path | None,
    consultation: str,
    ca: str | None,
) -> None:
    r"""Publish which contributions were read, their themes, and the answers, for “my contribution”.

    themes.csv has the columns theme, title, answer and link; for other languages title::ar,
    answer::ar and so on. For the themes of contributions, add a column “theme” to the table that
    export wrote, and name it with --sorted. Publishing again replaces what was published before.

    \b
    Example:
      parvis-desk export --store budget.sqlite --csv budget.csv
      parvis-desk publish-answers --server https://parvis.example.org --keys keys
          --store budget.sqlite --themes themes.csv --sorted budget.csv
    """
    known = read_themes(themes) if themes else {}
    with opened_store(store, made=False) as held:
        id_ = chosen(held, consultation)
        ids = [one.id for one in held.contributions(id_)]
        states = {one: State(bytes.fromhex(one)) for one in ids} if all_read else {}
        if table is not None:
            states.update(read_sorted(table, known, ids))
        promised = weakest(
            [one.options.traceability for one in held.consultations() if one.id == id_]
        )
        if data and promised is not Traceability.FULL:
            raise Sentence(
                "This consultation did not promise people to show their texts: no --data."
            )
        if promised is Traceability.NONE and states:
            states = {}
            click.echo("Nothing is said of single contributions: that was promised.", err=True)
        published = read_published(data, id_) if data else {}
        questions = labels(held, id_, published.values()) if data else {}
    for one, line in published.items():
        before = states.get(one, State(bytes.fromhex(one)))
        states[one] = State(before.id, before.themes, line)
    desk = AnswersDesk(server, opened_keys(keys).organiser, ca_bundle=ca)
    try:
        number = desk.number(id_) + 1
        today = datetime.now(UTC).date()
        answers = publication(id_, number, today, known.values(), questions)
        desk.publish(answers, [states[one] for one in sorted(states)], _show)
    finally:
        desk.close()
    if sys.stderr.isatty():
        click.echo(err=True)
    sorted_in = sum(bool(one.themes) for one in states.values())
    click.echo(
        f"Published: {counted(len(states), 'contribution')} read, {sorted_in} with a theme, "
        f"{counted(sum(bool(one.answer) for one in known.values()), 'answer')}, "
        f"{counted(len(published), 'text')}."
    )


def _show(done: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {of}", nl=False, err=True)
