"""`parvis-desk publish-answers`: tell contributors what became of what they said."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from forms.filled_in import Filled
from sync.answers import State, shown_leaves
from sync.command_line import Sentence, ask
from sync.desk.answers import (
    AnswersDesk,
    publication,
    read_published,
    read_sorted,
    read_themes,
)
from sync.desk.export import chosen, read_versions
from sync.desk.open_data import device_fields, plain_path
from sync.desk.options import keys_option, opened_keys, opened_store, store_option
from sync.desk.promised import promised_by
from sync.desk.store import DeskStore
from sync.desk.wordings import Wordings, wordings
from sync.promise import ENOUGH, Channel, allows, told_apart
from sync.wording import counted

_MOST_NAMED = 20
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
    "--beside-open-data",
    is_flag=True,
    help="Show receipts no theme that few have: open data are to be published, too.",
)
@click.option("--yes", is_flag=True, help="Do not ask before something published is taken away.")
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
    beside_open_data: bool,
    yes: bool,
    ca: str | None,
) -> None:
    r"""Publish which contributions were read, their themes, and the answers, for “my contribution”.

    themes.csv has the columns theme, title, answer and link; for other languages title::ar,
    answer::ar and so on. For the themes of contributions, add a column “theme” to the table that
    export wrote, and name it with --sorted. Publishing again replaces what was published before;
    what would be gone is named, and asked about.

    \b
    Example:
      parvis-desk export --store budget.sqlite --csv budget.csv
      parvis-desk publish-answers --server https://parvis.example.org --keys keys
          --store budget.sqlite --themes themes.csv --sorted budget.csv
    """
    known = read_themes(themes) if themes else {}
    desk = AnswersDesk(server, opened_keys(keys).organiser, ca_bundle=ca)
    try:
        with opened_store(store, made=False) as held:
            id_ = chosen(held, consultation)
            ids = [one.id for one in held.contributions(id_)]
            states = {one: State(bytes.fromhex(one)) for one in ids} if all_read else {}
            if table is not None:
                states.update(read_sorted(table, known, ids))
            promised = promised_by(held, id_, desk.versions(id_))
            if data and not allows(Channel.TEXT, promised):
                raise Sentence(
                    "This consultation did not promise people to show their texts: no --data."
                )
            if not allows(Channel.READ, promised) and states:
                states = {}
                click.echo("Nothing is said of single contributions: that was promised.", err=True)
            published = read_published(data, id_) if data else {}
            _shows_no_moment(held, id_, published)
            questions = wordings(held, id_, published) if data else Wordings()
            aside = held.aside.of(id_)
            lines_out = beside_open_data or held.sets.published(id_)
        for one, line in published.items():
            before = states.get(one, State(bytes.fromhex(one)))
            states[one] = State(before.id, before.themes, line)
        # What is set aside was read; it is not counted with a theme, nor are its words published.
        uncounted = sorted(aside & states.keys())
        states.update((one, State(bytes.fromhex(one))) for one in uncounted)
        rare = () if allows(Channel.PROVED_LINE, promised) else _rare(states)
        if lines_out:
            states.update((one, State(bytes.fromhex(one))) for one in rare)
        there = desk.there(id_)
        number = 1 if there is None else there.answers.number + 1
        today = datetime.now(UTC).date()
        answers = publication(id_, number, today, known.values(), questions)
        if there is not None:
            _have_agreed(there.lost(answers, states), yes=yes)
        elif not (themes or table or all_read or data):
            raise Sentence(
                "There is nothing to publish: give --themes, --sorted, --all-read or --data."
            )
        with opened_store(store, made=False) as held:
            # Before it goes out: whoever is stopped here is reminded all the same.
            held.sets.show_rare_themes(id_, 0 if lines_out else len(rare))
        desk.publish(answers, [states[one] for one in sorted(states)], _show)
    finally:
        desk.close()
    if sys.stderr.isatty():
        click.echo(err=True)
    sorted_in = sum(bool(one.themes) for one in states.values())
    texts = sum(bool(one.published) for one in states.values())
    if uncounted:
        click.echo(
            f"{counted(len(uncounted), 'contribution')} set aside: said to be read, and no more."
        )
    if rare and lines_out:
        click.echo(
            f"{counted(len(rare), 'contribution')} said to be read, and no more: fewer than "
            f"{ENOUGH} have their themes, which beside open data would lead from a receipt to its "
            "line. All themes and answers stand on the consultation's page."
        )
    click.echo(
        f"Published: {counted(len(states), 'contribution')} read, {sorted_in} with a theme, "
        f"{counted(sum(bool(one.answer) for one in known.values()), 'answer')}, "
        f"{counted(texts, 'text')}."
    )


def _rare(states: Mapping[str, State]) -> tuple[str, ...]:
    """The contributions whose themes, or lack of them, so few share that they would point at them.

    That no theme is told is told as well: of what is left without one, there must be enough.
    """
    held = Counter(one.themes for one in states.values() if one.themes)
    told = told_apart(held, len(states) - held.total())
    return tuple(id_ for id_, one in states.items() if one.themes and one.themes not in told)


def _shows_no_moment(held: DeskStore, id_: str, published: Mapping[str, str]) -> None:
    """Refuse texts that show when, or on which device, somebody answered: older open data may.

    Raises:
        Sentence: some do.
    """
    filled = device_fields(read_versions(held, id_))
    telling = {path for path, what in filled.items() if what is not Filled.DAY}
    for line in published.values() if telling else ():
        shown = {plain_path(path) for path, _ in shown_leaves(line)[0]}
        if found := sorted(telling & shown):
            raise Sentence(
                f"--data shows {', '.join(found)}, which tells the hour, or the device. Make the "
                "file anew: parvis-desk open-data leaves it out."
            )


def _have_agreed(lost: Sequence[str], *, yes: bool) -> None:
    """Say what is published now and would be gone, and ask about it."""
    if lost:
        click.echo("This would take away what is published now:", err=True)
        for one in lost[:_MOST_NAMED]:
            click.echo(f"  {one}", err=True)
        if len(lost) > _MOST_NAMED:
            click.echo(f"  … and {len(lost) - _MOST_NAMED} more.", err=True)
        ask("Publish all the same?", yes=yes)


def _show(done: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {of}", nl=False, err=True)
