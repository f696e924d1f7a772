"""The real kiosk in a real window, with a real pointer and real keys: Xvfb and xdotool.

Off screen a test hands its touches to Kivy itself. Here they come from X, as from a touchscreen: if
two sources of input were left, each would count twice, and a choice touched twice is none.
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.pause import SECONDS
from kiosk.theme.theme import Panel, theme
from sync.device import Device
from tests.journeys.commands import ROOT, as_programs
from tests.waiting import LONG

WIDTH, HEIGHT = 1280, 800
WROTE = "azer"
SURVEY = """
| survey | type | name | label::Français (fr) | required |
| | select_multiple lieux | ou | Où ? | |
| | text | idee | Votre idée ? | |
| choices | list_name | name | label::Français (fr) |
| | lieux | place | La place |
| | lieux | parc | Le parc |
| | lieux | quai | Le quai |
| settings | form_id | default_language |
| | pointeur | Français (fr) |
"""

needs_x = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")),
    reason="needs Xvfb and xdotool (apt-get install xvfb xdotool)",
)


@dataclass
class Screen:
    """An X server without a screen: its number, and the file that its pixels are in."""

    number: int
    pixels: Path
    environment: dict[str, str]

    def tool(self, *words: object) -> str:
        """xdotool on this screen."""
        return subprocess.run(
            ["xdotool", *map(str, words)],
            check=True,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LONG,
        ).stdout

    def focus(self) -> None:
        """Let the window under the pointer feel keys, as a window manager would."""
        told = self.tool("getmouselocation", "--shell")
        (window,) = (line[7:] for line in told.splitlines() if line.startswith("WINDOW="))
        self.tool("windowfocus", window)

    def look(self) -> bytes:
        """What is shown now."""
        return self.pixels.read_bytes()

    def changes(self, before: bytes, within: float = LONG) -> bool:
        """Whether something else than before is shown in time, and stands still."""
        end = time.monotonic() + within
        shown = self.look()
        while time.monotonic() < end:
            time.sleep(0.15)
            now = self.look()
            if now == shown and now != before:
                return True
            shown = now
        return False

    def click(self, x: float, y: float) -> None:
        """Press and let go of the pointer's button, once that counts; wait for what comes of it.

        On a machine that is busy a screen may have come later than it seemed, and a press within
        its first half second does not count: whoever sees that nothing happens presses again.
        """
        self.tool("mousemove", round(x), round(HEIGHT - y))
        for again in (SECONDS + 0.1, 2, 5, 10):
            time.sleep(again)
            before = self.look()
            self.tool("mousedown", 1)
            time.sleep(0.08)
            self.tool("mouseup", 1)
            if self.changes(before, 30):
                return
        raise AssertionError("nothing changed on the screen")


@contextmanager
def x_server(folder: Path):
    """An X server of the panel's size; it picks its own number."""
    folder.mkdir()
    out, into = os.pipe()
    server = subprocess.Popen(
        [
            *("Xvfb", "-displayfd", str(into), "-screen", "0", f"{WIDTH}x{HEIGHT}x24"),
            *("-fbdir", str(folder), "-nolisten", "tcp"),
        ],
        pass_fds=[into],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(into)
    try:
        with os.fdopen(out) as told:
            number = int(told.readline())
        environment = as_programs(folder / "bin") | {"DISPLAY": f":{number}"}
        yield Screen(number, folder / "Xvfb_screen0", environment)
    finally:
        server.terminate()
        server.wait(LONG)


@contextmanager
def kiosk_in_a_window(screen: Screen, data: Path, log: Path):
    """`parvis-kiosk run`, once its first screen stands still."""
    before = screen.look()
    with log.open("w") as told:
        kiosk = subprocess.Popen(
            ["parvis-kiosk", "run", "--data", data, "--size", f"{WIDTH}x{HEIGHT}"],
            executable=shutil.which("parvis-kiosk", path=screen.environment["PATH"]),
            cwd=ROOT,
            env=screen.environment,
            stdout=told,
            stderr=told,
        )
    try:
        assert screen.changes(before), "nothing is shown"
        time.sleep(0.5)
        yield kiosk
    finally:
        if kiosk.poll() is None:
            kiosk.kill()
        kiosk.wait(LONG)


def where_to_click(folder: Path) -> list[tuple[float, float]]:
    """Somebody's touches from the idle screen to the receipt, found out at the same screens."""
    places: list[tuple[float, float]] = []

    def tap(widget):
        places.append(widget.to_window(*widget.center))
        driver.tap(widget)
        driver.frames(3)

    with hall.hall(folder, hall.consultation(SURVEY), screen=driver.MIDDLE) as kiosk:
        theme.fit(Panel.usual(WIDTH, HEIGHT))
        driver.frames(4)
        tap(kiosk.kiosk.page.ids.start)
        tap(next(thing for thing in kiosk.hands.things() if thing.said == "Français"))
        tap(kiosk.kiosk.page.ids.next)
        for name in ("place", "quai"):
            tap(kiosk.kiosk.page.answer.cards[name])
        tap(kiosk.kiosk.page.ids.next)
        tap(kiosk.kiosk.page.answer.field)
        for letter in WROTE:
            tap(kiosk.kiosk.page.answer.keyboard.cap(letter))
        if kiosk.kiosk.page.bare:
            tap(next(thing for thing in kiosk.hands.things() if thing.said == "Fini"))
        while kiosk.name != "receipt":
            tap(kiosk.kiosk.page.ids.next)
    return places


@needs_x
def test_each_click_in_a_real_window_counts_once_and_no_key_leads_out(tmp_path):
    places = where_to_click(tmp_path / "rehearsal")
    data = tmp_path / "device"
    with Device.open(data) as device:
        device.hold(hall.consultation(SURVEY).data)
    log = tmp_path / "kiosk.log"
    with x_server(tmp_path / "x") as screen, kiosk_in_a_window(screen, data, log) as kiosk:
        screen.focus()
        for number, (x, y) in enumerate(places):
            if number == 4:  # in the middle of the first question
                for key in ("Escape", "F1", "F11", "ctrl+e", "super+F4"):
                    screen.tool("key", key)
                time.sleep(0.3)
                assert kiosk.poll() is None, log.read_text()
            screen.click(x, y)
        kiosk.send_signal(signal.SIGTERM)
        assert kiosk.wait(LONG) == 0, log.read_text()
    assert "Traceback" not in log.read_text()
    with Device.open(data) as device:
        said = [dict(one.fields) for one in hall.opened(device)]
    assert [(one["/data/ou"], one["/data/idee"]) for one in said] == [("place quai", WROTE)]


def test_the_rehearsal_leads_to_a_receipt(tmp_path):
    places = where_to_click(tmp_path)
    assert len(places) >= 8 + len(WROTE)
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in places)
