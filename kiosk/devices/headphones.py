"""Whether headphones are plugged in: what ALSA's own controls tell, followed as they change.

Sound cards that notice their jack have a control "Headphone Jack" (or the like) of type CARD. It
is asked through alsa-utils' amixer, which also tells when something changes: nothing is
polled. A keypad that is a USB sound card of its own has no such control; there a key begins.
"""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

CARDS = Path("/proc/asound")
_JACK = re.compile(r"^numid=(?P<id>\d+),iface=CARD,name='(?P<name>[^']*[Hh]eadphone[^']* Jack)'")
_EVENT = re.compile(r"^event value: numid=(?P<id>\d+),")


@dataclass(frozen=True)
class Jack:
    """One socket: its card's number, its control's number and name."""

    card: int
    control: int
    name: str


def jacks_in(card: int, controls: str) -> list[Jack]:
    """The headphone sockets among a card's controls, as `amixer controls` lists them."""
    found = (_JACK.match(line) for line in controls.split("\n"))
    return [Jack(card, int(match["id"]), match["name"]) for match in found if match]


def is_on(control: str) -> bool:
    """Whether something is plugged in, as `amixer cget` shows a jack."""
    return ": values=on" in control


class Headphones:
    """Follows the sockets of this device.

    Args:
        amixer: path of amixer.
        jacks: the sockets to follow; at least one.
        changed: called, on a thread, with whether headphones are plugged in now.
    """

    def __init__(self, amixer: str, jacks: list[Jack], changed: Callable[[bool], None]) -> None:
        self._amixer = amixer
        self._jacks = jacks
        self._changed = changed
        self._watching: list[subprocess.Popen[str]] = []

    @property
    def plugged(self) -> bool:
        """Whether headphones are plugged in, as the card says now."""
        asked = (
            _asked(self._amixer, one.card, "cget", f"numid={one.control}") for one in self._jacks
        )
        return any(map(is_on, asked))

    def watch(self) -> None:
        """Begin to follow the sockets."""
        before = self.plugged
        # amixer keeps its lines back where it does not write to a terminal.
        stdbuf = shutil.which("stdbuf")
        by_lines = [stdbuf, "-oL"] if stdbuf else []
        for card in sorted({jack.card for jack in self._jacks}):
            events = subprocess.Popen(  # noqa: S603
                [*by_lines, self._amixer, "-c", str(card), "events"],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            self._watching.append(events)
            Thread(target=self._follow, args=(events, card, before), daemon=True).start()

    def close(self) -> None:
        """Follow them no longer."""
        for events in self._watching:
            events.kill()
            events.wait()
        self._watching.clear()

    def _follow(self, events: "subprocess.Popen[str]", card: int, before: bool) -> None:
        numbers = {jack.control for jack in self._jacks if jack.card == card}
        assert events.stdout is not None
        with events.stdout as lines:
            for line in lines:
                match = _EVENT.match(line)
                if match is None or int(match["id"]) not in numbers:
                    continue
                now = self.plugged
                if now != before:
                    before = now
                    self._changed(now)


def find_jacks(amixer: str, cards: Path = CARDS) -> list[Jack]:
    """The headphone sockets that the sound cards of this device tell of."""
    numbers = (path.name.removeprefix("card") for path in cards.glob("card[0-9]*"))
    return [
        jack
        for card in sorted(int(number) for number in numbers if number.isdigit())
        for jack in jacks_in(card, _asked(amixer, card, "controls"))
    ]


def find_headphones(changed: Callable[[bool], None]) -> Headphones | None:
    """What follows this device's sockets; None where no sound card tells of any."""
    amixer = shutil.which("amixer")
    jacks = find_jacks(amixer) if amixer else []
    return Headphones(amixer, jacks, changed) if amixer and jacks else None


def _asked(amixer: str, card: int, *words: str) -> str:
    try:
        asked = subprocess.run(  # noqa: S603
            [amixer, "-c", str(card), *words], capture_output=True, text=True, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout
