"""A day at one kiosk: residents of every kind, some of whom walk away at every step; then a search.

    python -m tests.journeys.day --residents 200

Each writes a word of their own on the kiosk's keyboard, or chooses only; draws, and speaks. Some
are helped by a mediator. Afterwards the words are looked for in every file of the device and the
temporary directory, in every living Python object and widget, and in the whole memory of the
process; and pieces of the drawings and recordings likewise. The words are put together letter by
letter on the keyboard, so that nothing but the kiosk ever held them.

Prints what was found as JSON; exits with 1 if a file or a living object holds anything.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ALPHABET = "bcdfghjklmnpqrstvwxz"
LETTERS = 9
LOOKED_FOR = 6  # of the word: what is left of somebody who was interrupted is found as well
PIECE = 24  # bytes of a drawing or a recording
VEIL = 0x5A  # pieces are remembered so that the memory of them is not what is looked for
STEPS = (
    *("language", "notice", "choice", "words", "drawing", "voice", "several"),
    *("review", "confirm", "receipt", "end"),
)

FORM = """
| survey | type | name | label::Français (fr) | label::English (en) | appearance |
| | select_one oui_non | velo | À vélo ? | By bicycle? | |
| | text | idee | Votre idée ? | Your idea? | |
| | image | croquis | Dessinez la place. | Draw the square. | draw |
| | audio | voix | Dites-le. | Say it. | |
| | select_multiple lieux | ou | Où ? | Where? | |
| choices | list_name | name | label::Français (fr) | label::English (en) |
| | oui_non | oui | Oui | Yes |
| | oui_non | non | Non | No |
| | lieux | place | La place | The square |
| | lieux | parc | Le parc | The park |
| settings | form_title | form_id | version | default_language |
| | Une journée | journee | 1 | Français (fr) |
"""


def letters(seed: int, resident: int) -> Iterator[str]:
    """The letters of a resident's word, one by one."""
    chance = Random(f"{seed}/{resident}")
    for _ in range(LETTERS):
        yield chance.choice(ALPHABET)


def words(seed: int, residents: int) -> list[str]:
    """The beginnings of all words; only for who searches."""
    return ["".join(list(letters(seed, one))[:LOOKED_FOR]) for one in range(residents)]


@dataclass
class Day:
    """What happened, and the pieces of what was drawn and spoken (veiled)."""

    seed: int
    left_at: Counter[str] = field(default_factory=Counter)
    wrote: list[int] = field(default_factory=list)
    assisted: int = 0
    pieces: list[bytes] = field(default_factory=list)
    drawings: int = 0
    recordings: int = 0


class Resident:
    """One person at the kiosk, who leaves at a step of their own."""

    def __init__(self, there: Any, day: Day, number: int) -> None:
        self.there, self.day, self.number = there, day, number
        self.chance = Random(day.seed * 1_000_003 + number)
        self.leaves_at = STEPS[number % len(STEPS)]
        self.helped = number % 5 == 3
        self.writes = number % 3 != 2
        self.language = ("fr", "en")[number % 2]

    def comes_and_goes(self) -> None:
        """From the idle screen back to it."""
        from kiosk.language import tr
        from tests.kiosk import driver, hall

        there = self.there
        if self.helped:
            self.day.assisted += 1
            there.touch(tr._("Réservé à l’équipe"), hall.MEDIATOR, *hall.MEDIATOR_PIN)
            there.touch(tr._("Valider"))
            there.on()
        else:
            driver.tap(there.kiosk.page.ids.start)
        for step in STEPS:
            if step == self.leaves_at:
                self.day.left_at[step] += 1
                self.leave()
                break
            self.do(step)
        if self.helped:
            there.kiosk.sign_out()
        driver.frames(2)
        assert there.name == "welcome", (self.number, self.leaves_at, there.name)

    def do(self, step: str) -> None:
        """What this step asks for."""
        from kiosk.language import own_name
        from tests.kiosk import driver

        there = self.there
        match step:
            case "language":
                there.touch(own_name(self.language))
            case "notice" | "confirm":
                there.on()
            case "choice" | "several":
                there.choose()
                there.on()
            case "words":
                if self.writes:
                    self.write()
                there.on()
            case "drawing":
                self.draw()
                there.on()
            case "voice":
                self.speak()
                there.on()
            case "review":
                while there.kiosk.page.ids.paged.more_below:
                    there.kiosk.page.ids.paged.turn(1)
                    driver.frames(2)
                there.on()
                if there.name == "help_given":
                    there.on()
            case "receipt":
                assert there.name == "receipt", (self.number, there.name)

    def write(self) -> None:
        """Their word, key by key."""
        from kiosk.language import tr
        from tests.kiosk import driver

        page = self.there.kiosk.page
        self.day.wrote.append(self.number)
        driver.tap(page.answer.field)
        for letter in letters(self.day.seed, self.number):
            driver.tap(page.answer.keyboard.cap(letter))
        if page.bare:
            self.there.touch(tr._("Fini"))

    def draw(self) -> None:
        """A scribble that nobody else draws."""
        from tests.kiosk import media

        at = [(self.chance.uniform(0.1, 0.9), self.chance.uniform(0.1, 0.9)) for _ in range(6)]
        media.draw(self.there.kiosk.page.answer.ids.paper, *at)
        self.day.drawings += 1
        self.remember()

    def speak(self) -> None:
        """A few seconds of a noise of their own."""
        from tests.kiosk import driver

        answer = self.there.kiosk.page.answer
        driver.tap(answer.ids.card)
        self.there.kiosk.equipment.recorder.hear(2, self.chance)
        driver.pass_time(0.05)
        driver.tap(answer.ids.card)
        self.day.recordings += 1
        self.remember()

    def remember(self) -> None:
        """A piece of what was just made, veiled."""
        journey = self.there.kiosk.journey
        content = journey.attachments[journey.value()].content
        middle = len(content) // 2
        self.day.pieces.append(bytes(one ^ VEIL for one in content[middle : middle + PIECE]))

    def leave(self) -> None:
        """One of the ways in which people go."""
        from tests.kiosk import driver

        there = self.there
        if self.leaves_at == "end":
            there.on()
            return
        match self.number % 3:
            case 0:
                there.wait(121)
                there.wait(31)
            case 1 if self.leaves_at != "receipt":
                there.kiosk.ask_to_stop()
                driver.frames(2)
                *_, erase = there.hands.things()
                driver.tap(erase)
            case _:
                there.wait(151)


def spend(
    folder: Path,
    residents: int,
    seed: int,
    then: Callable[[Day, Any], Any],
    each: Callable[[int], None] = lambda gone: None,
) -> Any:
    """A day of so many residents at a real kiosk with its device in the folder; then, still open:

    Args:
        folder: holds the device.
        residents: how many come.
        seed: of chance.
        then: what to look at before the kiosk is closed; its result is returned.
        each: told how many have come and gone, after each of them.
    """
    from tests.kiosk import driver, hall, media  # isort: split

    from kiosk.devices.equipment import Equipment
    from kiosk.devices.recorder import Recording
    from kiosk.devices.sound import RATE, OpusWriter

    class Noise(media.FakeRecorder):
        """A microphone that hears a noise nobody else makes."""

        def hear(self, seconds: float, chance: Any = 0.5) -> None:
            self.chance = chance
            super().hear(seconds)

        def stop(self) -> Recording:
            self.runs = False
            writer = OpusWriter()
            writer.write(self.chance.randbytes(int(self.seconds * RATE) * 2))
            return Recording(writer.finish(), self.seconds)

    day = Day(seed)
    with hall.hall(folder, hall.consultation(FORM), screen=driver.LARGE, people=True) as there:
        there.kiosk.equipment = Equipment(Noise(), media.FakePlayer())
        while there.kiosk.prepare():  # as it does before anybody comes
            pass
        there.kiosk.prepare()  # sets apart what is there to stay
        there.kiosk.prepare()
        for number in range(residents):
            Resident(there, day, number).comes_and_goes()
            each(number + 1)
            if sys.stderr.isatty():
                print(f"\r\033[K{number + 1} of {residents}", end="", file=sys.stderr, flush=True)
        gc.collect()
        return then(day, there)


def search(day: Day, residents: int, folders: list[Path], began: float) -> dict[str, Any]:
    """Look for the words and the pieces in files and in living objects."""
    from kiosk.demo.traces import traces_of

    sought = [one.encode() for one in words(day.seed, residents)]
    sought += [bytes(part ^ VEIL for part in piece) for piece in day.pieces]
    objects = living(sought)  # first: what looks in files makes words of its own
    in_files, files = [], 0
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if path.stat().st_mtime < began:
            continue
        files += 1
        content = path.read_bytes()
        in_files += [str(path) for one in sought if one in content]
    # In every guise, for one of those who wrote: that is slow.
    for number in day.wrote[:1]:
        word = "".join(letters(day.seed, number))
        for folder in folders:
            in_files += traces_of(word, folder)
    return {
        "files_searched": files,
        "found_in_files": sorted(set(in_files)),
        "found_in_living_objects": objects,
    }


def living(sought: list[bytes]) -> list[str]:
    """Living Python objects that hold one of these, as text or as bytes."""
    gc.unfreeze()
    texts = [one.decode() for one in sought if one.isascii()]
    own = {id(one) for one in (*sought, *texts)}
    found = []
    for holder in gc.get_objects():
        if holder is sought or holder is texts:
            continue
        for inside in gc.get_referents(holder):
            if id(inside) in own:
                continue
            if type(inside) is str:
                found += [
                    f"{type(holder).__name__}: {inside[:60]!r}" for one in texts if one in inside
                ]
            elif type(inside) in (bytes, bytearray):
                found += [type(holder).__name__ for one in sought if one in inside]
    return found


def core(process: int, sought: list[bytes]) -> tuple[int, int]:
    """How many bytes another process's memory has, and how often one of these stands in them."""
    size = copies = 0
    with (
        Path(f"/proc/{process}/maps").open() as maps,
        Path(f"/proc/{process}/mem").open("rb") as memory,
    ):
        for line in maps:
            span, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            first, last = (int(part, 16) for part in span.split("-"))
            try:
                memory.seek(first)
                content = memory.read(last - first)
            except (OSError, ValueError, OverflowError):
                continue
            size += len(content)
            for one in sought:
                copies += content.count(one)
                if one.isascii():
                    copies += content.count(one.decode().encode("utf-32-le"))
    return size, copies


def main() -> int:
    """The day in a process of its own; its memory is read from this one."""
    wanted = argparse.ArgumentParser(prog="tests.journeys.day", description=__doc__)
    wanted.add_argument("--residents", type=int, default=200)
    wanted.add_argument("--seed", type=int, default=1)
    wanted.add_argument("--within", type=Path, help=argparse.SUPPRESS)
    options = wanted.parse_args()
    if options.within:
        return _within(options.within, options.residents, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.journeys.day", "--within", folder]
        command += ["--residents", str(options.residents), "--seed", str(options.seed)]
        temporary = Path(folder) / "temporary"
        temporary.mkdir()
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(temporary)},
        ) as process:
            assert process.stdin is not None and process.stdout is not None
            first = process.stdout.readline()
            if not first:
                return 1
            sought = [one.encode() for one in words(options.seed, options.residents)]
            size, copies = core(process.pid, sought)
            process.stdin.write("\n")
            process.stdin.close()
            told = json.loads(first) | json.loads(process.stdout.readline())
    told |= {"core_mb": round(size / 1e6, 1), "copies_in_core": copies}
    print(json.dumps(told, indent=1))
    return 1 if told["found_in_files"] or told["found_in_living_objects"] else 0


def _within(folder: Path, residents: int, seed: int) -> int:
    began = time.time()

    def then(day: Day, there: Any) -> None:
        told = {
            "residents": residents,
            "assisted": day.assisted,
            "wrote": len(day.wrote),
            "drawings": day.drawings,
            "recordings": day.recordings,
            "sealed": there.sealed,
            "left_at": dict(day.left_at),
            "seconds": round(time.time() - began),
        }
        print(json.dumps(told), flush=True)
        sys.stdin.readline()
        kivy_home = Path(os.environ.get("KIVY_HOME", Path.home() / ".kivy"))
        folders = [folder, *([kivy_home] if kivy_home.is_dir() else [])]
        print(json.dumps(search(day, residents, folders, began)), flush=True)

    spend(folder, residents, seed, then)
    return 0


if __name__ == "__main__":
    sys.exit(main())
