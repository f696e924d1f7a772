"""Somebody who touches madly: any point, any thing, two at once, any key; the same for one seed.

After each thing that it does the kiosk is looked at: whoever steps up now must find a way on, help,
and the way to stop. From time to time it walks away, and nothing of it may be left.

`python -m tests.journeys.monkey FIRST LAST TIMES` plays so many things with each of these seeds.
"""

from __future__ import annotations

import string
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.kiosk import driver, hall, media  # isort: split

from kivy.core.window import Window

from kiosk.journey import AMONG_QUESTIONS, Stage
from kiosk.theme.theme import theme
from kiosk.widgets.touch import Tap
from sync.consultation import Consultation
from tests.kiosk.listener import Listener

WORD = "jqvkzwyx"  # typed again and again, and looked for when it has left; no other test plants it
KEYS = (
    *("tab", "enter", "spacebar", "escape", "backspace", "delete", "left", "right", "up", "down"),
    *("home", "end", "pageup", "pagedown", "f1", "f5", "numpadenter"),
)
TOOLS_EVERYWHERE = ("language", "text", "contrast", "help", "stop")
PATIENCE, GRACE = 121, 31


class Stuck(AssertionError):
    """Whoever steps up now does not find what is promised."""


@dataclass
class Monkey:
    """Touches a kiosk.

    Args:
        hall: where it stands.
        seed: decides everything that it does.
        equipment: what the device has, whose parts it lets hear and see.
    """

    hall: hall.Hall
    seed: int
    did: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self._down: list[Any] = []
        self.seen: set[str] = set()

    def play(self, times: int) -> None:
        """Do so many things."""
        ways: tuple[tuple[int, Callable[[], None]], ...] = (
            (30, self._touch_something),
            (20, self._touch_anywhere),
            (25, self._go_on),
            (5, self._go_back),
            (8, self._drag),
            (6, self._two_fingers),
            (8, self._press_a_key),
            (8, self._write),
            (3, self._turn_to_a_tool),
            (4, self._wait_a_little),
            (1, self._walk_away),
        )
        weights, does = zip(*ways, strict=True)
        for _ in range(times):
            (what,) = self.random.choices(does, weights)
            what()
            self.look()
        self._lift_all()
        self._walk_away()

    # --- what it does -------------------------------------------------------------------------

    def _touch_something(self) -> None:
        things = [thing for thing in self.hall.hands.things() if self._in_window(thing)]
        if not things:
            return
        thing = self.random.choice(things)
        self._note(f"touch {type(thing).__name__} {thing.said!r}")
        driver.tap(thing, self.random.random(), self.random.random())

    def _touch_anywhere(self) -> None:
        x, y = self._point()
        self._note(f"touch at {x:.0f},{y:.0f}")
        self._tap(x, y)

    def _go_on(self) -> None:
        page = self.hall.kiosk.page
        target = page.ids.start if self.hall.name == "welcome" else page.ids.get("next")
        if target is None or not self._in_window(target):
            return
        self._note(f"on from {self.hall.name}")
        driver.tap(target)

    def _go_back(self) -> None:
        self._note(f"back from {self.hall.name}")
        self.hall.back()

    def _drag(self) -> None:
        (x, y), steps = self._point(), self.random.randint(1, 6)
        self._note(f"drag from {x:.0f},{y:.0f}")
        finger = driver.touch_at(x, y)
        finger.touch_down()
        driver.frames()
        for _ in range(steps):
            finger.touch_move(*self._point())
            driver.frames()
        finger.touch_up()
        driver.frames(2)

    def _two_fingers(self) -> None:
        """One comes down, perhaps stays while other things happen, and another comes beside it."""
        if self._down and self.random.random() < 0.7:
            self._lift_all()
            return
        self._note("a finger comes down, and stays")
        finger = driver.touch_at(*self._point())
        finger.touch_down()
        self._down.append(finger)
        driver.frames()

    def _press_a_key(self) -> None:
        name = self.random.choice(KEYS)
        modifiers = self.random.choice(((), (), ("shift",), ("ctrl",), ("alt",)))
        self._note(f"key {name} {modifiers}")
        driver.key(name, None, *modifiers)

    def _write(self) -> None:
        text = self.random.choice((WORD, WORD, "7", "12", "1.5", "34", "été", "سلام", "a\tb", " "))
        self._note(f"write {text!r}")
        for letter in text:
            if letter in string.ascii_lowercase + string.digits:
                driver.key(letter, letter)
            else:
                driver.type_text(letter)

    def _turn_to_a_tool(self) -> None:
        tools = self.hall.kiosk.page.ids.get("tools")
        there = [tool for tool in tools.children if not tool.disabled] if tools else []
        if not there or self.hall.kiosk.page.bare:
            return
        tool = self.random.choice(there)
        self._note(f"tool {tool.said!r}")
        driver.tap(tool)

    def _wait_a_little(self) -> None:
        seconds = self.random.choice((0.5, 5, 60, 119, 122))
        self._note(f"waits {seconds} s")
        recorder = self.hall.kiosk.equipment.recorder
        if isinstance(recorder, media.FakeRecorder) and recorder.runs:
            recorder.hear(self.random.choice((0.2, 3, 600)))
        self.hall.wait(seconds)

    def _walk_away(self) -> None:
        """Nobody is there any more: whatever it was, it ends at the welcome with nothing left."""
        self._note("walks away")
        self._lift_all()
        kiosk = self.hall.kiosk
        for _ in range(3):
            self.hall.wait(PATIENCE)
            self.hall.wait(GRACE)
            if self.hall.name == "welcome" and not kiosk.asks:
                break
        self._demand(self.hall.name == "welcome", "it does not go back to the welcome")
        self._demand(not kiosk.asks, "something still stands over the welcome")
        self._demand(kiosk.journey.entry is None, "an entry is left")
        self._demand(len(kiosk.journey.attachments) == 0, "attachments are left")
        self._demand(not kiosk.curtained, "the curtain is left")
        self._demand(not kiosk.listening, "it still speaks")
        first = kiosk.offer.languages[0]
        self._demand(hall.tr.language == first, f"the language is left at {hall.tr.language}")
        self._demand(int(theme.capital) == theme.default_capital, "the text size is left")
        recorder = kiosk.equipment.recorder
        self._demand(recorder is None or not recorder.runs, "the microphone still hears")
        camera = kiosk.equipment.camera
        self._demand(not getattr(camera, "looks", False), "the camera still looks")
        for screen in kiosk._screens.values():
            for widget in screen.walk(restrict=True):
                text = getattr(widget, "text", "")
                if isinstance(text, str) and WORD[:4] in text.lower():
                    self._demand(False, f"its words are left in {type(widget).__name__}")

    # --- what it looks at ---------------------------------------------------------------------

    def look(self) -> None:
        """What is promised of every screen is there."""
        kiosk, name = self.hall.kiosk, self.hall.name
        self.seen.add(name)
        self._demand(kiosk.page is not None and kiosk.page.parent is kiosk, "no screen is shown")
        if name in ("sign_in", "steward", "mediator"):
            return  # of those who work here
        covers = [child for child in kiosk.children if child is kiosk._ask]
        self._demand(len(covers) == int(kiosk.asks), "what stands over the screen is not there")
        if kiosk.asks:
            # An answer under the words, within reach.
            self._demand(any(self._usable(one) for one in self._within(kiosk._ask)), "no answer")
            return
        self._demand(kiosk._showing in ("language", kiosk._screen_now()), "another screen is shown")
        if name == "welcome":
            self._demand(kiosk.journey.stage is Stage.WELCOME, "the welcome in mid-journey")
            return
        page = kiosk.page
        if page.bare:
            self._demand(any(self._usable(one) for one in self._within(page)), "nothing leads out")
            return
        for tool in TOOLS_EVERYWHERE:
            if tool not in page.without:
                self._demand(self._usable(page.ids.tools.ids[tool]), f"no {tool}")
        self._demand(name == "language" or self._usable(page.ids.next), "no way on")
        self._demand(name == "receipt" or self._usable(page.ids.back), "no way back")
        if kiosk.journey.stage in AMONG_QUESTIONS:
            place, of = kiosk.journey.place()
            self._demand(1 <= place <= of, f"question {place} of {of}")

    # --- within -------------------------------------------------------------------------------

    def _usable(self, widget: Any) -> bool:
        """Whether a finger can touch it: whole in the window, enabled and visible."""
        up = widget
        while up is not None and up is not Window:
            if up.opacity == 0 or up.disabled:
                return False
            up = up.parent
        return up is Window and self._in_window(widget) and widget.width > 1 < widget.height

    @staticmethod
    def _in_window(widget: Any) -> bool:
        x, y = widget.to_window(*widget.pos)
        slack = theme.mm(1)
        return bool(
            x >= -slack
            and y >= -slack
            and x + widget.width <= Window.width + slack
            and y + widget.height <= Window.height + slack
        )

    @staticmethod
    def _within(widget: Any) -> list[Tap]:
        return [one for one in widget.walk(restrict=True) if isinstance(one, Tap)]

    def _tap(self, x: float, y: float) -> None:
        finger = driver.touch_at(x, y)
        finger.touch_down()
        driver.frames()
        finger.touch_up()
        driver.frames(2)

    def _lift_all(self) -> None:
        for finger in self._down:
            finger.touch_up()
        self._down.clear()
        driver.frames(2)

    def _point(self) -> tuple[float, float]:
        return self.random.uniform(0, Window.width - 1), self.random.uniform(0, Window.height - 1)

    def _note(self, what: str) -> None:
        self.did.append(what)

    def _demand(self, fulfilled: bool, lack: str) -> None:
        if not fulfilled:
            journey = self.hall.kiosk.journey
            where = f"{self.hall.name}, {journey.stage.name}, {journey.ref}"
            lately = "; ".join(self.did[-12:])
            raise Stuck(f"seed {self.seed}, thing {len(self.did)}, at {where}: {lack}. ({lately})")


KINDS, UPLOADS = "every kind", "uploads"


def consultations() -> tuple[str, ...]:
    """Every consultation of the catalogue, and two that ask for everything else."""
    catalogue = Path(__file__).parents[2] / "forms" / "catalogue"
    return (KINDS, UPLOADS, *sorted(path.stem for path in catalogue.glob("*.md")))


def consultation(name: str) -> Consultation:
    """One of them."""
    if name == KINDS:
        return hall.consultation()
    return media.consultation() if name == UPLOADS else hall.from_catalogue(name)


def play(folder: Path, seed: int, times: int, name: str = "") -> Monkey:
    """Let one loose at a kiosk of its own: the seed decides which, and what the device has.

    Raises:
        Stuck: something that is promised was not there.
    """
    random, names = Random(seed), consultations()
    about = [consultation(name or names[seed % len(names)])]
    screen = random.choice(driver.EVERY_SCREEN)
    equipped, speaks, staffed, several = (random.random() < part for part in (0.6, 0.5, 0.2, 0.2))
    if several and (other := consultation(random.choice(names))) is not about[0]:
        about.append(other)
    voice = Listener() if speaks else None
    with hall.hall(folder, *about, screen=screen, people=staffed, voice=voice) as there:
        if equipped:
            there.kiosk.equipment = media.equipment()
        monkey = Monkey(there, seed)
        try:
            monkey.play(times)
        except Stuck:
            raise
        except Exception as mistake:
            raise Stuck(f"seed {seed}: {'; '.join(monkey.did[-12:])}") from mistake
    return monkey


def main(first: int, last: int, times: int) -> int:
    """Play the seeds from the first to the last; says how many got stuck."""
    stuck = 0
    for seed in range(first, last + 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                monkey = play(Path(folder), seed, times)
                print(seed, len(monkey.did), *sorted(monkey.seen), flush=True)
            except Stuck:
                stuck += 1
                traceback.print_exc(file=sys.stdout)
    return stuck


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:4])) > 0)
