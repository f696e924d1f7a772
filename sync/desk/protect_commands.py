"""`parvis-desk keys protect` and `unprotect`: the organiser's keys under a passphrase, or not."""

from __future__ import annotations

from pathlib import Path

import click

from sync.command_line import Sentence, ask
from sync.desk.agent import Agent, ForeignAgent
from sync.desk.options import (
    keys_option,
    opened_keys,
    passphrase_file,
    say_in_plain,
    settings,
)
from sync.desk.passphrases import somebody_is_there
from sync.desk.unlocking import new_root, nobody_to_ask
from sync.sealed_keys import Root, SealedKey
from sync.wording import counted

_KEPT_ELSEWHERE = (
    "What was there before was overwritten, which a magnetic disk forgets and a flash one may not; "
    "copies and backups made before are as they were: destroy them, and make new ones."
)


@click.command("protect")
@keys_option
@click.option("--change", is_flag=True, help="Seal them under another passphrase.")
@click.option(
    "--new-passphrase-file",
    "new_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --change: a file whose one line is the new passphrase.",
)
def protect_keys(keys: Path, change: bool, new_file: Path | None) -> None:
    r"""Seal the private keys of a directory under a passphrase, asked for twice.

    Every command that needs a key asks for it then, once; an agent holds it for a while (keys
    agent start). Whoever forgets the passphrase loses the keys, unless keepers' cards give the
    recipient key back. Only the keys that are here are sealed: copies of them are as they were.

    \b
    Example:
      parvis-desk keys protect --keys keys
      parvis-desk keys protect --keys keys --change
    """
    if new_file is not None and not change:
        raise click.UsageError("--new-passphrase-file goes with --change.")
    opened = opened_keys(keys)
    plain = opened.in_plain()
    if change and not opened.protected:
        raise Sentence("These keys are under no passphrase yet. Give the command without --change.")
    if not change and not plain:
        raise Sentence(
            "All private keys here are under a passphrase. To take another: keys protect --change"
        )
    before, _ = opened.root, opened.held  # asked for before a new one is
    if not change and before is not None:
        root = before  # those that came in plain join the others
    else:
        root = _new_root(keys, new_file if change else passphrase_file(), change=change)
    sealed = opened.seal(root)
    if change and isinstance(opened.signing, SealedKey):
        _forget(opened.signing)
    count = counted(len(sealed.opening) + 1, "private key")
    click.echo(f"{count} in {keys} are under {'the new' if change else 'the'} passphrase.")
    click.echo(_KEPT_ELSEWHERE)


@click.command("unprotect")
@keys_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def unprotect_keys(keys: Path, yes: bool) -> None:
    r"""Take the passphrase off the private keys: they lie in plain then, as they did before.

    \b
    Example:
      parvis-desk keys unprotect --keys keys
    """
    opened = opened_keys(keys)
    if not any(isinstance(one, SealedKey) for one in (opened.signing, *opened.opening)):
        raise Sentence("These keys are under no passphrase.")
    ask(f"Whoever reads this disk can use the keys then. Write them to {keys} in plain?", yes=yes)
    opened.seal(None)
    say_in_plain(keys)


def _new_root(keys: Path, file: Path | None, *, change: bool) -> Root:
    if file is None and not somebody_is_there():
        raise nobody_to_ask("--new-passphrase-file" if change else "--passphrase-file")
    root = new_root(keys, file, settings().cost)
    if root is None:
        raise Sentence("No passphrase was given: nothing was changed.")
    return root


def _forget(former: SealedKey) -> None:
    """An agent need not hold what a former passphrase gave."""
    agent = Agent.of_this_session()
    if agent is None:
        return
    try:
        agent.forget(former.lock)
    except ForeignAgent as error:
        click.echo(error, err=True)
