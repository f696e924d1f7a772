"""`parvis-desk set-aside` and `bring-back`: what is kept and not counted, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from sync.command_line import Sentence
from sync.desk.erasing import NotFoundHere
from sync.desk.options import looked_at_store, opened_store, store_option
from sync.desk.store import DeskStore
from sync.erasure import ids_of
from sync.receipt import receipt_code
from sync.wording import counted

_ID = re.compile(r"[0-9a-f]{32}")
_codes = click.argument("codes", nargs=-1)
_from = click.option(
    "--from",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with a code, or an id as tables have it, at the beginning of each line.",
)


@click.command("set-aside")
@_codes
@_from
@click.option(
    "--repeated",
    is_flag=True,
    help="All but one of those on paper that a pull names as saying just the same.",
)
@click.option("--reason", default="", help="Why: it stands in the log.")
@click.option("--list", "listed", is_flag=True, help="Show the log instead.")
@store_option
def set_aside(
    codes: tuple[str, ...],
    file: Path | None,
    repeated: bool,
    reason: str,
    listed: bool,
    store: Path,
) -> None:
    r"""Keep contributions and count them no more: a table of paper that was transcribed twice.

    CODES are receipts' codes, or ids as tables have them. Nothing is deleted: tables and open data
    made from now on leave them out and say so, and parvis-desk bring-back counts them again. The
    log holds every reason.

    \b
    Example:
      parvis-desk set-aside --repeated --reason "sheets.csv, twice" --store b.sqlite
      parvis-desk set-aside 7QJ2-M4KX-9D3T --reason "sheet 57 twice" --store b.sqlite
      parvis-desk set-aside --list --store b.sqlite
    """
    if listed:
        with looked_at_store(store) as desk:
            _show_log(desk)
        return
    with opened_store(store, made=False) as desk:
        meant = [*_meant(desk, codes, file), *(_repeated(desk) if repeated else ())]
        _check(meant, reason, repeated)
        changed = 0
        for consultation in dict.fromkeys(of for of, _ in meant):
            ids = [id_ for of, id_ in meant if of == consultation]
            changed += desk.aside.put(consultation, ids, reason.strip(), date.today())
        click.echo(f"{counted(changed, 'contribution')} set aside: kept, and not counted.")
        _show_before(desk, meant)


@click.command("bring-back")
@_codes
@_from
@click.option("--reason", default="", help="Why: it stands in the log.")
@store_option
def bring_back(codes: tuple[str, ...], file: Path | None, reason: str, store: Path) -> None:
    r"""Count contributions again that were set aside.

    \b
    Example:
      parvis-desk bring-back 7QJ2-M4KX-9D3T --reason "two people after all" --store b.sqlite
    """
    with opened_store(store, made=False) as desk:
        meant = list(_meant(desk, codes, file))
        _check(meant, reason, False)
        changed = 0
        for consultation in dict.fromkeys(of for of, _ in meant):
            ids = [id_ for of, id_ in meant if of == consultation]
            changed += desk.aside.bring_back(consultation, ids, reason.strip(), date.today())
        click.echo(f"{counted(changed, 'contribution')} brought back: counted again.")
        _show_before(desk, meant)


def _check(meant: list[tuple[str, str]], reason: str, repeated: bool) -> None:
    if not meant and repeated:
        raise Sentence(
            "None on paper say just the same in an answer of 20 letters or more, or they are set "
            "aside already. Shorter answers two people may well have alike: name those by code."
        )
    if not meant:
        raise click.UsageError("Say which contributions: by code, or --from FILE.")
    if not reason.strip():
        raise click.UsageError("Say why, with --reason: it stands in the log.")


def _meant(desk: DeskStore, codes: tuple[str, ...], file: Path | None) -> Iterator[tuple[str, str]]:
    """Consultation and id of each that is named.

    Raises:
        NotFoundHere: one is not in the store; nothing was changed.
    """
    named = list(codes)
    if file is not None:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
        cells = (re.split(r"[,;\t]", line)[0].strip().strip('"') for line in lines)
        named += [cell for cell in cells if cell and cell.casefold() != "id"]
    for one in named:
        typed = one.strip().lower()
        ids = (typed, typed) if _ID.fullmatch(typed) else None
        if ids is None:
            low, high = ids_of(one)
            ids = (low.hex(), high.hex())
        found = desk.between(ids)
        if len(found) != 1:
            raise NotFoundHere(
                f"No contribution {one} is in this store, and nothing was changed. Pull first."
            )
        yield found[0].consultation, found[0].id


def _repeated(desk: DeskStore) -> Iterator[tuple[str, str]]:
    """All but the first of those on paper that say just the same and are counted."""
    for consultation, ids in desk.repeated_on_paper():
        aside = desk.aside.of(consultation)
        for id_ in [one for one in ids if one not in aside][1:]:
            yield consultation, id_


def _show_log(desk: DeskStore) -> None:
    titles = desk.titles()
    for entry in desk.aside.log():
        code = receipt_code(bytes.fromhex(entry.id))
        title = titles.get(entry.consultation, entry.consultation)
        click.echo(f"{entry.day}  {code}  {entry.act.value} from “{title}”: {entry.reason}")
    click.echo(f"{counted(len(desk.aside.of()), 'contribution')} set aside now.")


def _show_before(desk: DeskStore, meant: list[tuple[str, str]]) -> None:
    """What was made before, and counts otherwise."""
    for consultation in dict.fromkeys(of for of, _ in meant):
        for path, made in desk.exports(consultation):
            click.echo(f"{path}, made on {made}, counts as before: make it anew.")
