"""`parvis-desk check` and `erase`: looking after what is in the store."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from sync.client.wire import NetworkTrouble
from sync.command_line import ask
from sync.desk.check import check
from sync.desk.erasing import erase, meant_by, send_orders
from sync.desk.options import (
    keys_option,
    looked_at_store,
    opened_keys,
    opened_store,
    store_option,
)
from sync.desk.sources import ServerSource
from sync.erasure import REASONS
from sync.receipt import receipt_code
from sync.wording import counted


@click.command("check")
@store_option
def check_store(store: Path) -> None:
    r"""Look through the whole store again: every commitment, every file, the register's copy.

    A pull checks what is new; this checks that nothing was changed since. Exit 1 if something was.

    \b
    Example:
      parvis-desk check --store budget.sqlite
    """
    sound = True
    with looked_at_store(store) as desk:
        for good, sentence in check(desk):
            sound = sound and good
            click.echo(f"[{'good' if good else 'bad'}] {sentence}")
    if not sound:
        raise SystemExit(1)


@click.command("erase")
@click.argument("code")
@keys_option
@store_option
@click.option(
    "--reason",
    type=click.Choice(sorted(REASONS)),
    default="asked",
    show_default=True,
    help="It stands in the register: asked for, demanded by law, or kept long enough.",
)
@click.option("--server", help="The server's address, if it is not the one pulled from.")
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False),
    help="Certificates of a private authority, PEM.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase_contribution(
    code: str, keys: Path, store: Path, reason: str, server: str | None, ca: str | None, yes: bool
) -> None:
    r"""Erase the contribution of a receipt's CODE, everywhere, for good.

    Text, seed and files go from the store, ciphertext and sealed files from the server, and from
    the device when it next syncs. The register keeps its entry, which says nothing, and says that
    it was erased and why. If the server cannot be reached, the order goes with the next pull.

    \b
    Example:
      parvis-desk erase 7QJ2-M4KX-9D3T --keys keys --store budget.sqlite --reason asked
    """
    opened = opened_keys(keys)
    with opened_store(store, made=False) as desk:
        meant = meant_by(desk, code)
        title = desk.titles().get(meant.consultation, meant.consultation)
        click.echo(f"Contribution {receipt_code(meant.id)} to “{title}”:")
        held = meant.contribution
        if held is None:
            click.echo("  it is in the register, and was never opened at this desk.")
        else:
            files = counted(len(held.attachments), "attached file")
            fields = counted(len(held.fields), "answer")
            click.echo(f"  received {held.received or 'on a day not known'}, {fields}, {files}.")
        ask("This cannot be undone. Erase it everywhere?", yes=yes)
        erase(desk, meant, REASONS[reason], opened.organiser, date.today())
        click.echo("It is erased from the store.")
        for path, made in desk.exports(meant.consultation):
            click.echo(f"{path}, made on {made}, may still hold it: make it anew, delete copies.")
        click.echo("Copies and backups of the store made before still hold it: destroy them, too.")
        servers = [server] if server else [one for one in desk.sources() if "://" in one]
        for url in servers:
            try:
                refused = send_orders(
                    ServerSource(url, opened.organiser, ca_bundle=ca), desk, {meant.consultation}
                )
            except NetworkTrouble as error:
                click.echo(f"{error} The order goes to the server with the next pull.", err=True)
                raise SystemExit(1) from None
            for finding in refused:
                click.echo(finding.sentence, err=True)
            if refused:
                raise SystemExit(1)
            click.echo(f"It is erased from {url}; devices erase it when they next sync.")
        if not servers:
            click.echo("No server is known: the order goes with the next pull from one.")
