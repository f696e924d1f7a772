"""The kiosk's own work at a tap, its start, and its memory. Prints JSON.

- `tap_to_next`: from the touch on the way on until the next question is laid out, without drawing,
  over a form of a hundred questions, each looked at for two seconds; limit 16 ms at the median,
  40 ms at the worst. The kiosk's own processor time, whatever else the machine does.
- `tap_to_next_in_haste`: the same where nobody looks at any of them.
- `tap_to_next_democratie`, `tap_to_next_every_kind`: the same over a form of the catalogue, and
  over the gallery's form of every kind, three times.
- `start`: from the start of `parvis-kiosk run` until the first touch is answered, beside an empty
  Kivy window in the same run, in turn; limit 1.5 times as long.
- `memory`: after a thousand residents who also draw and speak, beside after ten; limit 1.1
  times; and of the kiosk whole and at rest, beside an empty Kivy window; limit 1.6 times.
- `idle`: processor time of the welcome screen over some seconds; limit 3 %.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from time import monotonic, process_time
from typing import Any

from kiosk.tidying import leave_to_quiet_moments
from sync.consultation import Consultation
from tests.bench import hundred
from tests.gallery.kinds import every_kind, examples
from tests.kiosk import driver, hall

STARTS = 5
RESIDENTS = 1000
IDLE_SECONDS = 60

# A finger comes down as soon as the first frame was drawn; `answered` tells when it was seen.
_TOUCHED = """
import time
from kivy.base import EventLoop
from kivy.input.motionevent import MotionEvent
from kivy.input.provider import MotionEventProvider
class Finger(MotionEvent):
    def depack(self, place):
        self.is_touch = True
        self.sx, self.sy = place
        self.profile = ["pos"]
        super().depack(place)
class Hand(MotionEventProvider):
    waits = []
    def start(self): pass
    def stop(self): pass
    def update(self, dispatch_fn):
        if self.waits:
            dispatch_fn(*self.waits.pop(0))
def touch_first_frame(window, answered):
    from kivy.app import App
    hand, touched = Hand("hand", ""), []
    EventLoop.add_input_provider(hand)
    def flipped(*_):
        if not touched:
            finger = Finger("hand", 1, (0.5, 0.5))
            touched.append(finger)
            hand.waits += [("begin", finger), ("end", finger)]
            if answered is None:  # nothing is drawn for it
                window.bind(on_touch_up=done)
        elif answered is not None and not hand.waits and answered():
            done()
    def done(*_):
        window.unbind(on_flip=flipped)
        print(time.monotonic(), flush=True)
        App.get_running_app().stop()
    window.bind(on_flip=flipped)
"""

# A Kivy app as anybody writes it, that draws nothing and answers nothing.
_PLAIN = (
    """
import os
os.environ["KIVY_NO_ARGS"] = "1"
os.environ["SDL_VIDEODRIVER"] = "offscreen"
from kivy.config import Config
Config.set("graphics", "width", "1280")
Config.set("graphics", "height", "800")
from kivy.core.window import Window
"""
    + _TOUCHED
    + """
touch_first_frame(Window, None)
from kivy.app import App
from kivy.uix.widget import Widget
class Empty(App):
    def load_kv(self, **_):
        return False
    def build(self):
        return Widget()
Empty().run()
"""
)

# As large as the one that the thousand residents stand before.
_LARGE_PLAIN = _PLAIN.replace('"1280"', '"1920"').replace('"800"', '"1080"')

# The same in a window that is opened as the kiosk opens it.
_EMPTY = (
    """
from pathlib import Path
import tempfile
from kiosk.app import Display, open_window
window = open_window(Display(size=(1280, 800), off_screen=True), Path(tempfile.mkdtemp()))
"""
    + _TOUCHED
    + """
touch_first_frame(window, None)
from kivy.app import App
from kivy.uix.widget import Widget
class Empty(App):
    def load_kv(self, **_):
        return False
    def build(self):
        return Widget()
Empty().run()
"""
)

_KIOSK = (
    """
import os, sys
from forms.entrance import enter
from kiosk import app
os.environ["SDL_VIDEODRIVER"] = "offscreen"
open_window = app.open_window
def open_and_touch(*how):
    window = open_window(*how)
    exec(TOUCHED, globals())
    def shown():
        from kivy.app import App
        return type(App.get_running_app().root.page).__name__ == "LanguageScreen"
    touch_first_frame(window, shown)
    return window
app.open_window = open_and_touch
sys.argv = ["parvis-kiosk", "run", "--data", sys.argv[1], "--size", "1280x800"]
enter("kiosk.commands")
"""
).replace("TOUCHED", repr(_TOUCHED))


_WHOLE = """
import sys, time
from pathlib import Path
from kiosk.app import Display
from kiosk.service import serve
def ready(kiosk):
    from kivy.app import App
    from kivy.clock import Clock
    print(time.monotonic(), flush=True)
    Clock.schedule_once(lambda _: App.get_running_app().stop())
serve(Path(sys.argv[1]), Display(size=(1280, 800), off_screen=True), ready=ready)
"""

_TELL_MEMORY = """
import os
pages = int(open("/proc/self/statm").read().split()[1])
print(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
"""

# Everybody leaves again, and what they leave in memory is measured.
_RESIDENTS = """
import gc, json, os, sys
from pathlib import Path
from kiosk.tidying import leave_to_quiet_moments
from tests.journeys import day
leave_to_quiet_moments()
residents, measured = int(sys.argv[2]), {}
def each(gone):
    if gone == 10 or gone % 100 == 0 or gone == residents:
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        measured[gone] = round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
        print(gone, measured[gone], file=sys.stderr, flush=True)
def then(spent, there):
    made = {"drawings": spent.drawings, "recordings": spent.recordings}
    return made | {"sealed": there.sealed, "resident_mb": measured}
print(json.dumps(day.spend(Path(sys.argv[1]) / "day", residents, 1, then, each)))
"""

# A real kiosk, whole, with every screen built, while nobody is there.
_RESTING = """
import os, sys
from pathlib import Path
from kiosk.app import Display
from kiosk.service import serve
def ready(kiosk):
    from kivy.app import App
    from kivy.clock import Clock
    def rested(_):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        print(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, flush=True)
        App.get_running_app().stop()
    Clock.schedule_once(rested, 15)
serve(Path(sys.argv[1]), Display(size=(1280, 800), off_screen=True), ready=ready)
"""

_IDLE = """
import sys, time
from pathlib import Path
from kiosk.app import Display
from kiosk.service import serve
def ready(kiosk):
    from kivy.app import App
    from kivy.clock import Clock
    seconds = float(sys.argv[2])
    def begin(_):
        began, spent = time.monotonic(), time.process_time()
        def end(_):
            print(time.process_time() - spent, time.monotonic() - began, flush=True)
            App.get_running_app().stop()
        Clock.schedule_once(end, seconds)
    Clock.schedule_once(begin, 15)  # everything is built by then
serve(Path(sys.argv[1]), Display(size=(1280, 800), off_screen=True), ready=ready)
"""


def tap_to_next(
    about: Consultation,
    rounds: int = 1,
    given: Mapping[str, str] | None = None,
    *,
    haste: bool = False,
) -> dict[str, Any]:
    """Milliseconds of the kiosk's own work for each stop of a form, and the slowest of them.

    Args:
        about: whose form it is.
        rounds: how many people go through it.
        given: what they answer; only what has to be answered, unless given.
        haste: nobody looks at a screen for longer than it takes to appear.
    """
    from kivy.clock import Clock

    taken: list[tuple[float, str]] = []
    with tempfile.TemporaryDirectory() as folder, hall.hall(Path(folder), about) as there:
        while there.kiosk.prepare():  # as it does while nobody is there
            pass
        for _ in range(rounds):
            there.kiosk.start()
            there.kiosk.journey.language_chosen()
            there.kiosk.journey.begin_questions()
            there.kiosk.show()
            driver.frames(3)
            while there.name in ("question", "together", "series"):
                page = there.kiosk.page
                while getattr(page, "shows_more", False):
                    page.go_on()
                    driver.frames(2)
                _answer(there, given)
                if haste:
                    driver.frames(4)
                    there.wait(0.5)
                else:
                    _read(there)
                left = there.kiosk.journey.ref
                finger = driver.finger(page.ids.next)
                finger.touch_down()
                begun = process_time()  # the app's own work, whatever else the machine does
                finger.touch_up()
                for _ in range(3):  # what was triggered, and what that triggered
                    Clock.tick()
                taken.append(((process_time() - begun) * 1000, there.kiosk.journey.ref))
                driver.frames(2)
                if there.kiosk.journey.ref == left and there.name != "review":
                    there.kiosk.journey.next()
                    there.kiosk.show()
            taken[-1] = (taken[-1][0], "review")
            there.kiosk.erase()
            driver.frames(2)
    return {
        "stops": len(taken),
        "median_ms": round(statistics.median(time for time, _ in taken), 1),
        "limit_median_ms": 16,
        "worst_ms": round(max(taken)[0], 1),
        "limit_worst_ms": 40,
        "slowest": {ref.rpartition("/")[2]: round(time, 1) for time, ref in sorted(taken)[-5:]},
    }


def start() -> dict[str, float]:
    """Seconds until the first touch is answered, of the kiosk and of empty windows, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "device"
        with hall.Device.open(data) as device:
            device.hold(hall.from_catalogue("democratie-courte").data)
        first = _seconds(_WHOLE, str(data))
        taken: dict[str, list[float]] = {"plain": [], "prepared": [], "kiosk": []}
        for _ in range(STARTS + 1):
            taken["plain"].append(_seconds(_PLAIN))
            taken["prepared"].append(_seconds(_EMPTY))
            taken["kiosk"].append(_seconds(_KIOSK, str(data)))
    plain, prepared, ours = (statistics.median(times[1:]) for times in taken.values())
    return {
        "first_touch_answered_s": round(ours, 2),
        "empty_kivy_window_s": round(plain, 2),
        "ratio": round(ours / plain, 2),
        "limit_ratio": 1.5,
        "empty_window_opened_as_ours_s": round(prepared, 2),
        "ratio_beside_that": round(ours / prepared, 2),
        "very_first_start_whole_kiosk_s": round(first, 2),
    }


def memory(residents: int = RESIDENTS) -> dict[str, Any]:
    """Resident megabytes after the first ten people, and after each hundred more.

    In a process of its own, in which they choose, write, draw, speak and leave at every step
    (`tests.journeys.day`), some with a mediator.
    """
    empty = float(_told(_EMPTY + _TELL_MEMORY))
    plain = float(_told(_PLAIN + _TELL_MEMORY))
    as_large = float(_told(_LARGE_PLAIN + _TELL_MEMORY))
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "device"
        with hall.Device.open(data) as device:
            device.hold(hall.from_catalogue("democratie-courte").data)
        whole = float(_told(_RESTING, str(data)))
        told = json.loads(_told(_RESIDENTS, folder, str(residents)))
    measured = {int(gone): mb for gone, mb in told["resident_mb"].items()}
    return {
        "residents": residents,
        "drawings": told["drawings"],
        "recordings": told["recordings"],
        "sealed": told["sealed"],
        "resident_mb_after": measured,
        "ratio": round(measured[residents] / measured[10], 3),
        "limit_ratio": 1.1,
        "kiosk_at_rest_mb": round(whole, 1),
        "empty_kivy_window_mb": round(plain, 1),
        "empty_window_opened_as_ours_mb": round(empty, 1),
        "beside_empty_window": round(whole / plain, 2),
        "empty_kivy_window_as_large_as_theirs_mb": round(as_large, 1),
        "after_all_beside_that_with_what_tests_load": round(measured[residents] / as_large, 2),
        "limit_beside_empty_window": 1.6,
    }


def idle() -> dict[str, float]:
    """Processor time that the welcome screen takes, in a process of its own, as it really runs."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "device"
        with hall.Device.open(data) as device:
            device.hold(hall.from_catalogue("democratie-courte").data)
        told = _told(_IDLE, str(data), str(IDLE_SECONDS))
    spent, passed = (float(part) for part in told.split())
    return {
        "seconds": round(passed),
        "cpu_percent": round(100 * spent / passed, 1),
        "limit_percent": 3,
    }


def _answer(there: hall.Hall, given: Mapping[str, str] | None) -> None:
    """Answer this stop; at least what has to be answered, so that there is a way on."""
    known = examples() if given is None else given
    for place in there.kiosk.journey.way.stop.places:
        step = there.kiosk.journey.way.step(place.ref)
        value = known.get(place.ref.rpartition("/")[2].split("[")[0], "")
        if (step.required or given is not None) and value and not step.value:
            there.kiosk.journey.hold(value, place.ref)


def _read(there: hall.Hall) -> None:
    """The person looks at the screen for a while: the kiosk does what it does in quiet moments."""
    driver.frames(2)
    there.seconds.now += 2
    there.kiosk._tick()
    while there.kiosk.look_ahead():
        driver.frames(1)
    driver.frames(2)


@cache
def _as_installed() -> dict[str, str]:
    """An environment in which modules are compiled once, as those of an installed kiosk are."""
    compiled = tempfile.mkdtemp(prefix="parvis-bench-")
    atexit.register(shutil.rmtree, compiled)
    here = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return here | {"PYTHONPATH": str(Path.cwd()), "PYTHONPYCACHEPREFIX": compiled}


def _told(program: str, *arguments: str) -> str:
    """The last line that a program prints."""
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        check=True,
        env=_as_installed(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return ran.stdout.splitlines()[-1]


def _seconds(program: str, *arguments: str) -> float:
    """From the start of the process until the moment that it prints."""
    begun = monotonic()
    return float(_told(program, *arguments)) - begun


FIGURES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "tap_to_next": lambda: tap_to_next(hundred.consultation(), given=hundred.examples()),
    "tap_to_next_in_haste": lambda: tap_to_next(
        hundred.consultation(), given=hundred.examples(), haste=True
    ),
    "tap_to_next_democratie": lambda: tap_to_next(hall.from_catalogue("democratie")),
    "tap_to_next_every_kind": lambda: tap_to_next(every_kind(), rounds=3),
    "start": start,
    "memory": memory,
    "idle": idle,
}


def main() -> None:
    """Measure those figures that are named, or all, and print."""
    wanted = argparse.ArgumentParser(prog="tests.bench.kiosk", description=__doc__)
    wanted.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {', '.join(FIGURES)}")
    wanted.add_argument("--residents", type=int, default=RESIDENTS, help="for `memory`")
    options = wanted.parse_args()
    named = options.figures or list(FIGURES)
    if unknown := set(named) - set(FIGURES):
        sys.exit(
            f"There is no figure {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}."
        )
    leave_to_quiet_moments()  # as `kiosk.service` does
    figures = {
        name: memory(options.residents) if name == "memory" else FIGURES[name]() for name in named
    }
    print(json.dumps({"bench": "kiosk", **figures}, indent=1))


if __name__ == "__main__":
    main()
