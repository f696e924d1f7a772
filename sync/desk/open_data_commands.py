"""`parvis-desk open-data` and `attest`: contributions for everybody, and who vouches for them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from sync.command_line import ask, in_words
from sync.desk.attesting import attest
from sync.desk.export import chosen, not_the_store
from sync.desk.open_data import Published, holds_published_data, publish_data
from sync.desk.options import (
    keys_option,
    named_as,
    opened_keys,
    opened_store,
    passphrase_option,
    store_option,
)
from sync.durable import write_whole
from sync.manifest import ENDING, Manifest
from sync.promise import ENOUGH
from sync.wording import counted

_ORGANISERS_WORD = {
    "set_aside": "set aside",
    "held_back": "held back",
    "unsettled": "on sheets that are not settled",
    "not_openable": "not opened by the organiser",
}
"""What of the counts no other recipient can check."""


@click.command("open-data")
@store_option
@click.option(
    "--out",
    "path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write.",
)
@click.option("--consultation", default="", help="Its id, where the store holds several.")
@click.option(
    "--without",
    multiple=True,
    help="A field or group to leave out, such as /data/name; repeatable.",
)
@click.option(
    "--keys",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The directory of the organiser's keys, to sign the manifest at once.",
)
@passphrase_option
@click.option(
    "--leave-out-more",
    is_flag=True,
    help="Where few lines are gone since earlier open data, leave others out with them, by lot.",
)
@click.option("--yes", is_flag=True, help="Do not ask before a file of another make is replaced.")
def open_data(
    store: Path,
    path: Path,
    consultation: str,
    without: tuple[str, ...],
    keys: Path | None,
    leave_out_more: bool,
    yes: bool,
) -> None:
    r"""Write contributions for everybody, by what people were promised of their receipts.

    One JSON object a line. Where the consultation promised “full”, each line proves that it is
    registered and unchanged, fields left out too. Otherwise nothing in a line leads to a receipt; a
    manifest beside the file attests that these are all, and each recipient signs it: the organiser
    with --keys, others with parvis-desk attest. Language, entry mode, the time of day, and whatever
    belongs to help and attachments are always left out. Read what is shown before you publish it: a
    name may stand in any text.

    \b
    Example:
      parvis-desk open-data --store budget.sqlite --out budget.jsonl --without /data/contact
          --keys keys
      parvis-verify data https://participer.example.org/register/ID --key KEY budget.jsonl
    """
    not_the_store(path, store)
    named_as(path, "--out", ".jsonl", ".json", ".ndjson", ".txt")
    if path.exists() and not holds_published_data(path):
        ask(f"{path} is there, and is no published data. Replace it?", yes=yes)
    opened = None if keys is None else opened_keys(keys)
    with opened_store(store, made=False) as desk, in_words(f"{path} cannot be written"):
        done = publish_data(
            desk, path, consultation, without=without, leave_out_more=leave_out_more
        )
        desk.exported(path, chosen(desk, consultation), f"{date.today()}")
        if done.manifest is not None and opened is not None:
            manifest = Manifest.read(done.manifest)
            signed = attest(desk, manifest, path, opened.organiser, opened.public.label)
            write_whole(done.manifest, signed.to_bytes(), mode=0o644)
    click.echo(f"{path} holds {counted(done.contributions, 'contribution')}.")
    say_aside(done.aside)
    _say_set(done, signed=opened is not None)
    click.echo(f"Shown: {', '.join(done.shown) or 'nothing'}.")
    click.echo(f"Left out: {', '.join(done.left_out)}.")


@click.command("attest")
@click.argument("data", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@keys_option
@store_option
def attest_data(data: Path, keys: Path, store: Path) -> None:
    r"""Compare open data with what this desk opened, and sign the manifest beside them.

    For a further recipient, who pulled with their own keys into a store of their own: what was
    sealed to them must be there, and nothing else. How many contributions were not sealed to them
    is said in what they sign.

    \b
    Example:
      parvis-desk pull --server https://parvis.example.org --keys mine --store mine.sqlite
      parvis-desk attest budget.jsonl --keys mine --store mine.sqlite
    """
    place = data.with_name(data.stem + ENDING)
    opened = opened_keys(keys)
    with opened_store(store, made=False) as desk, in_words(f"{place} cannot be written"):
        manifest = Manifest.read(place)
        signed = attest(desk, manifest, data, opened.organiser, opened.public.label)
        write_whole(place, signed.to_bytes(), mode=0o644)
    left_out = {name: manifest.whole("counts", name) for name in _ORGANISERS_WORD}
    if any(left_out.values()):
        said = ", ".join(f"{count} {told}" for told, count in zip(
            _ORGANISERS_WORD.values(), left_out.values(), strict=True
        ) if count)  # fmt: skip
        click.echo(f"Left out by the organiser's word, which you sign with it: {said}.")
    click.echo(f"{place} is signed. Publish it beside {data.name}.")


def say_aside(aside: int) -> None:
    """How many contributions are set aside, and how to see which."""
    if aside:
        said = counted(aside, "contribution")
        click.echo(f"{said} set aside, and not in it: parvis-desk set-aside --list")


def _say_set(done: Published, *, signed: bool) -> None:
    """What was published as a set, and what is still to be done with it."""
    if done.manifest is None or done.counts is None:
        return
    if done.counts.held_back:
        said = counted(done.counts.held_back, "contribution")
        click.echo(
            f"{said} held back: beside earlier open data, fewer than {ENOUGH} would stand alone. "
            "They go out once enough have come; those that were left out with others never do."
        )
    if done.unregistered:
        said = counted(done.unregistered, "contribution")
        click.echo(f"{said} not yet in the public register, and not in it: pull again.")
    for path in done.days:
        click.echo(f"Of {path} the day alone is shown, where enough lines share it.")
    if signed:
        click.echo(f"Publish {done.manifest.name} beside it: it attests that these are all.")
    else:
        click.echo(
            f"{done.manifest.name} attests that these are all, and nobody has signed it yet: "
            f"parvis-desk attest DATA --keys KEYS --store STORE"
        )
