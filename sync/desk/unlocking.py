"""How a command of the desk comes to what opens sealed keys: a file, the agent, or by asking once.

Whatever was found serves for all of the command, whichever keys it needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import click

from sync.command_line import Sentence
from sync.desk.agent import Agent, ForeignAgent
from sync.desk.passphrases import ask, ask_new, fit_for_keys, read_passphrase, somebody_is_there
from sync.errors import BadKey, BadPassphrase, DamagedKey, NoPassphrase, WrongPassphrase
from sync.sealed_keys import USUAL_COST, Cost, Lock, Root, SealedKey

_TRIES = 3


@dataclass(frozen=True)
class DeskSettings:
    """What the desk's commands take as given: the `obj` of their context.

    Attributes:
        cost: of a guess at a new passphrase.
    """

    cost: Cost = USUAL_COST


@dataclass
class Passphrases:
    """Opens sealed keys for one command.

    Attributes:
        file: that holds the passphrase; asked for, where somebody is there, if None.
        agent: that may hold what opens them.
    """

    file: Path | None = None
    agent: Agent | None = None
    _roots: dict[Lock, Root] = field(default_factory=dict, repr=False)
    _typed: list[str] = field(default_factory=list, repr=False)

    def root(self, sealed: SealedKey, path: Path) -> Root:
        """A root that opens `sealed`, which lies at `path`.

        Raises:
            WrongPassphrase: the file's does not, or three that were typed do not.
            NoPassphrase: there is nobody to ask.
            BadPassphrase: the file holds none.
            DamagedKey: it was altered after it was sealed.
        """
        known = self._roots.get(sealed.lock)
        if known is None:
            known = self._found(sealed, path)
            self._roots[sealed.lock] = known
        elif not sealed.opens_with(known):
            raise DamagedKey(
                f"{path} was altered: the passphrase opens the other keys, and not this one. "
                "Restore it from its backup."
            )
        return known

    def _found(self, sealed: SealedKey, path: Path) -> Root:
        if self.file is not None:
            return _opening(
                sealed,
                read_passphrase(self.file),
                f"The passphrase in {self.file} does not open {path}. Look whether it is the right "
                "file, and what it ends with.",
            )
        held = self._held_by_the_agent(sealed)
        if held is not None:
            return held
        for passphrase in self._typed:  # another key of this command may have had another lock
            root = sealed.lock.stretch(passphrase)
            if sealed.opens_with(root):
                return root
        if not somebody_is_there():
            raise NoPassphrase(
                f"{path} is sealed under a passphrase, and there is no terminal to ask for it. "
                "Give --passphrase-file FILE, or hold the keys for a while: parvis-desk keys agent "
                "start"
            )
        root = self._asked(sealed, path)
        self._hand_on(root)
        return root

    def _asked(self, sealed: SealedKey, path: Path) -> Root:
        for left in reversed(range(_TRIES)):
            try:
                passphrase = ask(f"Passphrase of {path}")
                root = _opening(sealed, passphrase, "")
            except (WrongPassphrase, BadPassphrase) as error:
                if left:
                    click.echo(error, err=True)
                continue
            self._typed.append(passphrase)
            return root
        raise WrongPassphrase(f"None of the {_TRIES} opened {path}: nothing was changed.")

    def _held_by_the_agent(self, sealed: SealedKey) -> Root | None:
        if self.agent is None:
            return None
        try:
            held = self.agent.root(sealed.lock)
        except ForeignAgent as error:
            click.echo(error, err=True)
            self.agent = None
            return None
        return held if held is not None and sealed.opens_with(held) else None

    def _hand_on(self, root: Root) -> None:
        """An agent that runs, and was locked or did not know these keys, holds them from now on."""
        if self.agent is not None:
            self.agent.hold(root)


def _opening(sealed: SealedKey, passphrase: str, wrong: str) -> Root:
    root = sealed.lock.stretch(passphrase)
    if not sealed.opens_with(root):
        raise WrongPassphrase(wrong)
    return root


def new_root(where: Path, file: Path | None, cost: Cost) -> Root | None:
    """The root of a new passphrase, for keys in `where`; None where it is to be none.

    Args:
        where: the keys will lie, for the question.
        file: that holds the passphrase; asked for if None.
        cost: of a guess.

    Raises:
        BadPassphrase: the file holds none, or one that is too easily guessed.
        Sentence: nobody goes on typing.
    """
    if file is not None:
        passphrase: str | None = read_passphrase(file)
    else:
        passphrase = ask_new(f"the keys in {where}")
    if passphrase is None:
        return None
    fit_for_keys(passphrase)
    lock = Lock.new(cost)
    root = lock.stretch(passphrase)
    # What is sealed cannot be opened otherwise: a bit that flipped here would lose it for good.
    if lock.stretch(passphrase) != root:
        raise BadKey("This computer did not compute the same twice: look at its memory.")
    return root


def nobody_to_ask(option: str) -> Sentence:
    """That a new passphrase is wanted, and there is no terminal to ask for it."""
    return Sentence(f"There is no terminal to ask for a passphrase: give {option} FILE.")
