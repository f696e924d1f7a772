"""`parvis-desk keys agent`: sealed keys are usable for a while, and the passphrase typed once."""

from __future__ import annotations

import re
from pathlib import Path

import click

from sync.command_line import Refusing, Sentence
from sync.desk.agent import LONGEST, Agent, NoAgent
from sync.desk.options import keys_option, opened_keys, passphrases

_SECONDS = {"s": 1, "m": 60, "h": 3600}


def _read_time(_context: click.Context, _option: click.Parameter, value: str) -> int:
    """A time such as 45m or 1h, in seconds."""
    read = re.fullmatch(r"([0-9]{1,6})([smh])", value.strip().lower())
    seconds = int(read[1]) * _SECONDS[read[2]] if read else 0
    if not 1 <= seconds <= LONGEST:
        raise click.BadParameter(
            f"“{value}” is no time from 1s to {LONGEST // 3600}h, such as 45m."
        )
    return seconds


@click.group("agent", cls=Refusing)
def agent() -> None:
    r"""Hold sealed keys for a while: commands open them without asking for the passphrase.

    The agent is a small process of yours. It ends when the time is over, when you close the
    terminal that started it or log out, and with stop.

    \b
    Example:
      parvis-desk keys agent start --keys keys --for 1h
      parvis-desk keys agent stop
    """


@agent.command("start")
@keys_option
@click.option(
    "--for", "seconds", callback=_read_time, default="1h", show_default=True, help="How long."
)
def start_agent(keys: Path, seconds: int) -> None:
    r"""Ask for the passphrase of these keys, and hold what it gives for a while.

    Where an agent runs already it holds these, too, or holds them longer.

    \b
    Example:
      parvis-desk keys agent start --keys keys
      parvis-desk keys agent start --keys keys --for 30m
    """
    place = _agent()
    passphrases().agent = None  # to hold them longer, the passphrase is wanted, too
    root = opened_keys(keys).root
    if root is None:
        raise Sentence(
            f"The keys in {keys} are under no passphrase: there is nothing to hold. Seal them: "
            f"parvis-desk keys protect --keys {keys}"
        )
    place.start(seconds)
    if not place.hold(root, seconds):
        raise NoAgent("The agent does not answer, or holds too much. Stop it, and start it again.")
    click.echo(f"The agent holds the keys in {keys} for {_said(seconds)}.")


@agent.command("status")
def agent_status() -> None:
    r"""Say whether an agent runs, and for how long it holds what; exit 1 if it holds nothing.

    \b
    Example:
      parvis-desk keys agent status
    """
    status = _agent().status()
    if status is None:
        raise Sentence("No agent runs.")
    for seconds in status.seconds:
        click.echo(f"The agent holds the keys of one passphrase for {_said(seconds)}.")
    if not status.memory_locked:
        click.echo(
            "The system did not let it lock its memory: with swap that is not encrypted, what it "
            "holds may get to the disk.",
            err=True,
        )
    if not status.seconds:
        raise Sentence("The agent runs, and holds nothing: the next command asks.")


@agent.command("lock")
def lock_agent() -> None:
    r"""Have the agent forget everything now. It goes on: the next passphrase typed is held again.

    \b
    Example:
      parvis-desk keys agent lock
    """
    if not _agent().lock():
        raise Sentence("No agent runs.")
    click.echo("The agent holds nothing any more.")


@agent.command("stop")
def stop_agent() -> None:
    r"""End the agent; what it held is overwritten.

    \b
    Example:
      parvis-desk keys agent stop
    """
    if not _agent().stop():
        raise Sentence("No agent runs.")
    click.echo("The agent has ended.")


def _agent() -> Agent:
    found = Agent.of_this_session()
    if found is None:
        raise NoAgent(
            "This session has no folder for an agent: set XDG_RUNTIME_DIR to a folder of yours in "
            "memory, of mode 700."
        )
    return found


def _said(seconds: int) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours and minutes < 2:
        return f"{seconds} s"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
