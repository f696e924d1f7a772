"""`parvis-desk keys`: the organiser's keys made, split among keepers, renewed and destroyed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from sync.command_line import Refusing, ask, in_words, said_yes
from sync.desk.agent_commands import agent
from sync.desk.asking import ask_cards
from sync.desk.card_paper import Sheet, read_sheet, write_sheets
from sync.desk.cards import BadCard, join, split
from sync.desk.destroying import destruction_of
from sync.desk.options import (
    keys_option,
    opened_keys,
    opened_store,
    passphrase_file,
    passphrase_option,
    say_in_plain,
    settings,
    store_option,
)
from sync.desk.passphrases import somebody_is_there
from sync.desk.protect_commands import protect_keys, unprotect_keys
from sync.desk.unlocking import new_root
from sync.durable import write_whole
from sync.errors import BadKey
from sync.key_directory import CardsMade, KeyDirectory
from sync.keys import RecipientKeys, RecipientPublic, grouped_digits
from sync.sealed_keys import Root, is_sealed
from sync.wording import counted

_which = click.option("--key", default="", help="Its number or id; the present one if not given.")


@click.group(cls=Refusing)
def keys() -> None:
    r"""Make the organiser's keys, seal and split them, renew and destroy them.

    \b
    Example:
      parvis-desk keys new --out keys --label "Ville d'Aubeclaire"
      parvis-desk keys protect --keys keys
      parvis-desk keys split --keys keys --of 5 --needed 3 --out cards --pdf
      parvis-desk keys join --keys keys
    """


keys.add_command(agent)
keys.add_command(protect_keys)
keys.add_command(unprotect_keys)


@keys.command("new")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="A new directory.",
)
@click.option("--label", default="", help="Whose keys these are, for people.")
@passphrase_option
@click.option("--plain", is_flag=True, help="Under no passphrase: they lie in plain on this disk.")
def new_keys(out: Path, label: str, plain: bool) -> None:
    r"""Make a recipient key, which opens contributions, and an organiser key, which signs.

    They are sealed under a passphrase, which is asked for twice. Without a terminal, and without
    --passphrase-file, they lie in plain, and that is said.

    Whoever loses recipient.key loses every contribution that was sealed to it: make a copy now,
    and keep it where nobody goes by chance, or split it among keepers. Keep both off every server.

    \b
    Example:
      parvis-desk keys new --out keys --label "Ville d'Aubeclaire"
    """
    KeyDirectory.check_new(out)
    made = KeyDirectory.create(out, label=label, root=None if plain else _root_for_new(out))
    click.echo(f"The keys are in {out}. Make a copy of recipient.key now, and keep it safe;")
    click.echo(f"or split it: parvis-desk keys split --keys {out} --of 5 --needed 3 --out cards")
    click.echo(f"Recipient key: {grouped_digits(made.public.id)}")
    say_in_plain(out)


@keys.command("list")
@keys_option
def list_keys(keys: Path) -> None:
    r"""Say which recipient keys there are, and where their private halves are.

    \b
    Example:
      parvis-desk keys list --keys keys
    """
    opened = opened_keys(keys, looked_at=True)
    gone = {one.key_id: one for one in opened.destroyed}
    for public in opened.known():
        made = opened.cards_of(public)
        if public.id in gone:
            state = f"destroyed on {gone[public.id].at:%Y-%m-%d}"
        elif opened.holds(public):
            place = opened.place_of(public)
            how = "under a passphrase" if is_sealed(place.read_bytes()) else "in plain"
            state = f"here, in {place}, {how}"
        else:
            state = "not here"
        if made is not None and public.id not in gone:
            state += f"; on {made.of} cards, {made.needed} needed"
        present = "present" if public.key == opened.public.key else "former"
        click.echo(f"{grouped_digits(public.id)}  {public.id.hex()}  {present}, {state}")


@keys.command("split")
@keys_option
@_which
@click.option("--of", required=True, type=click.IntRange(2, 16), help="How many cards.")
@click.option("--needed", required=True, type=click.IntRange(2, 16), help="How many open.")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for the sheets to print; delete it afterwards.",
)
@click.option("--pdf", is_flag=True, help="As PDF beside the plain text.")
@click.option(
    "--remove",
    is_flag=True,
    help="Then ask for the printed cards, and take the private key off this disk.",
)
def split_key(
    keys: Path, key: str, of: int, needed: int, out: Path, pdf: bool, remove: bool
) -> None:
    r"""Split the recipient key into cards for keepers, so many of which give it back (SLIP-39).

    Each card is written as a sheet to print, and read back; combinations of cards are joined again
    before this ends. Give each keeper one, then delete the folder. Fewer cards than are needed say
    nothing of the key; where more than the difference are lost, it is lost.

    \b
    Example:
      parvis-desk keys split --keys keys --of 5 --needed 3 --out cards --pdf
      parvis-desk keys split --keys keys --of 3 --needed 2 --out cards --remove
    """
    opened = opened_keys(keys)
    public = opened.find(key) if key else opened.public
    cards = split(_private(opened, public), of, needed)
    with in_words(f"{out} cannot be written"):
        paths = write_sheets(out, [Sheet(card, of, public) for card in cards], pdf=pdf)
    opened.were_split(public, CardsMade(of, needed))
    for path in paths:
        click.echo(path)
    click.echo(
        f"{of} cards, any {needed} of which give the key {grouped_digits(public.id)}; each was "
        f"read back. Print them, give each keeper one, and delete {out}."
    )
    if remove:
        click.echo("Now the rehearsal, from the printed cards: without it nothing is removed.")
        _remove(opened, public, ask_cards(public, CardsMade(of, needed)))


@keys.command("join")
@click.argument("cards", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@keys_option
@_which
@click.option("--check", is_flag=True, help="A rehearsal: say whether they give it, write nothing.")
@click.option("--remove", is_flag=True, help="A rehearsal; then take the key off this disk.")
def join_key(cards: tuple[Path, ...], keys: Path, key: str, check: bool, remove: bool) -> None:
    r"""Put the recipient key back from its keepers' cards, typed here or in files (CARDS).

    Every word is checked as it is typed. To open contributions once without writing the key to the
    disk, give --cards to parvis-desk pull instead.

    \b
    Example:
      parvis-desk keys join --keys keys
      parvis-desk keys join --keys keys --check
      parvis-desk keys join --keys keys card-1-of-5.txt card-4-of-5.txt card-5-of-5.txt
    """
    if check and remove:
        raise click.UsageError("Give either --check, which changes nothing, or --remove.")
    opened = opened_keys(keys)
    public = opened.find(key) if key else opened.public
    written = not (remove or check or opened.holds(public))
    if written and opened.protected:
        _ = opened.root  # the passphrase, before anybody types their cards for nothing
    if cards:
        joined = join([read_sheet(path) for path in cards], public)
    else:
        joined = ask_cards(public, opened.cards_of(public))
    number = grouped_digits(public.id)
    if remove:
        _remove(opened, public, joined)
    elif check:
        click.echo(f"These cards give the key {number} back. Nothing was written.")
    elif not written:
        click.echo(f"These cards give the key {number} back; it is in {keys} already.")
    else:
        place = opened.put_back(joined)
        click.echo(f"The key {number} is in {place}. When the work is done, take it off again:")
        click.echo(f"  parvis-desk keys join --keys {keys} --remove")
        say_in_plain(keys)


@keys.command("renew")
@keys_option
@click.option("--label", default="", help="Whose key it is, if that changed.")
def renew_key(keys: Path, label: str) -> None:
    r"""Make a new recipient key for what is published from now on.

    The former one is kept, and goes on opening what was sealed to it. Devices seal to the new one
    once they have a version of the consultation that was published after this.

    \b
    Example:
      parvis-desk keys renew --keys keys
      parvis-desk publish budget.xlsx --keys keys --out budget.parvis
      parvis-server publish budget.parvis --data /var/lib/parvis
    """
    before = opened_keys(keys)
    after = before.renew(label)
    click.echo(f"The former key is {grouped_digits(before.public.id)}: it opens what it did.")
    click.echo("Make a copy of recipient.key now, or split it. Then publish a new version.")
    click.echo(f"Recipient key: {grouped_digits(after.public.id)}")
    say_in_plain(keys)


@keys.command("destroy")
@click.argument("key")
@keys_option
@store_option
@click.option("--reason", required=True, help="Why, for everybody: it stands in the record.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A copy to publish.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy_key(
    key: str, keys: Path, store: Path, reason: str, out: Path | None, yes: bool
) -> None:
    r"""Destroy a recipient key for good, and keep a signed record of it.

    What is sealed to KEY and not yet opened can be opened by nobody any more; what was opened stays
    in the store. The record says which key, when, why, and how many contributions were opened with
    it; parvis-verify destroyed checks it.

    \b
    Example:
      parvis-desk keys list --keys keys
      parvis-desk keys destroy 1f0a44c2be93d7e8 --keys keys --store budget.sqlite \
          --reason "Period closed on 30 June 2027" --out destroyed.json
    """
    opened = opened_keys(keys)
    public = opened.find(key)
    number = grouped_digits(public.id)
    place = keys / "destroyed" / f"{public.id.hex()}.json"
    if any(one.key_id == public.id for one in opened.destroyed):
        if not opened.holds(public):
            raise BadKey(f"The key {number} was destroyed already.")
        opened.destroy(public, place.read_bytes())  # whoever did was interrupted
        click.echo(f"The key {number} is destroyed on this disk now; the record is {place}.")
        return
    with opened_store(store, made=False) as desk:
        record = destruction_of(desk, opened, public, reason, datetime.now(UTC))
        unopened = desk.unopened()
    click.echo(f"The key {number} {public.label}".rstrip() + " will be destroyed.")
    for one in record.consultations:
        click.echo(
            f"  Consultation {one.consultation}: {counted(one.opened, 'contribution')} opened with "
            f"it; the register has {counted(one.registered, 'entry')}."
        )
    if unopened:
        click.echo(
            f"  {counted(unopened, 'batch')} in the store could not be opened whole. Pull once "
            "more before, if the key might open them."
        )
    if public.key == opened.public.key:
        click.echo("  It is the present key. What devices still seal to it, nobody can open:")
        click.echo("  make a new one first (keys renew), publish, and let every device sync.")
    made = opened.cards_of(public)
    if made is not None:
        click.echo(
            f"  It is on {made.of} cards. Have {made.of - made.needed + 1} of them destroyed, at "
            "least: with fewer gone, the others still give the key."
        )
    if out is not None and out.exists():
        click.echo(f"  {out} is there, and will be replaced by the record.")
    ask("This cannot be undone. Destroy it?", yes=yes)
    signed = record.sign(opened.organiser)
    if out is not None:  # before the key is gone: that it cannot be written is not found out after
        with in_words(f"{out} cannot be written"):
            write_whole(out, signed, 0o644)
    opened.destroy(public, signed)
    click.echo(f"The key {number} is destroyed on this disk; the record is {out or place}.")
    click.echo("Copies of it elsewhere, backups among them, are yours to destroy.")


def _root_for_new(out: Path) -> Root | None:
    """Of the passphrase for keys that are about to be made; None where they are to lie in plain."""
    file = passphrase_file()
    if file is None and not somebody_is_there():
        return None
    while True:
        root = new_root(out, file, settings().cost)
        if root is not None or said_yes(
            "No passphrase: leave the keys in plain on this disk?",
            "No keys were made. In a script, name a file: --passphrase-file FILE.",
            err=True,
        ):
            return root


def _private(opened: KeyDirectory, public: RecipientPublic) -> RecipientKeys:
    if opened.holds(public):
        return next(one for one in opened.held if one.public.key == public.key)
    if any(one.key_id == public.id for one in opened.destroyed):
        raise BadKey(f"The key {grouped_digits(public.id)} was destroyed.")
    raise BadKey(
        f"The private half of {grouped_digits(public.id)} is not in {opened.path}. Join its "
        "cards first: parvis-desk keys join"
    )


def _remove(opened: KeyDirectory, public: RecipientPublic, joined: RecipientKeys) -> None:
    """Take a key off the disk that its cards were just shown to give."""
    if joined.public.key != public.key:
        raise BadCard("The cards give another key: nothing was removed.")
    place = opened.place_of(public)
    if not place.exists():
        click.echo(f"The key {grouped_digits(public.id)} is not on this disk. Its cards give it.")
        return
    opened.remove(public)
    click.echo(f"The cards give the key, and {place} is gone from this disk.")
    click.echo("Copies made elsewhere, backups among them, are not: destroy them, too.")
