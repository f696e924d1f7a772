"""The kiosk's own work at a tap, its start, and its memory. Prints JSON.

- `tap_to_next`: from the touch on the way on until the next question is laid out, without drawing,
  over the 37 questions of the catalogue's `democratie`; limit 16 ms at the median.
- `start`: from the start of the process until the first frame is drawn, beside an empty Kivy window
  in the same run, in turn; limit 1.5 times as long.
- `memory`: after many residents, beside after the first ten; limit 1.1 times.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from tests.kiosk import driver, hall

STARTS = 5
RESIDENTS = 100

_EMPTY = """
from kiosk.app import Display, open_window
from pathlib import Path
import tempfile
open_window(Display(size=(1280, 800), off_screen=True), Path(tempfile.mkdtemp()))
from kivy.app import App
from kivy.clock import Clock
from kivy.uix.widget import Widget
class Empty(App):
    def load_kv(self, **_):
        return False
    def build(self):
        Clock.schedule_once(lambda _: Clock.schedule_once(lambda _: self.stop()))
        return Widget()
Empty().run()
"""

_KIOSK = """
import sys
from pathlib import Path
from kiosk.app import Display
from kiosk.service import serve
def ready(kiosk):
    from kivy.app import App
    from kivy.clock import Clock
    Clock.schedule_once(
        lambda _: Clock.schedule_once(lambda _: App.get_running_app().stop())
    )
serve(Path(sys.argv[1]), Display(size=(1280, 800), off_screen=True), ready=ready)
"""


def tap_to_next() -> dict[str, float]:
    """Milliseconds of the kiosk's own work for each question of the longest real form."""
    from kivy.clock import Clock

    taken = []
    with (
        tempfile.TemporaryDirectory() as folder,
        hall.hall(Path(folder), hall.from_catalogue("democratie")) as there,
    ):
        while there.kiosk.prepare():  # as it does while nobody is there
            pass
        there.begin()
        while there.name == "question":
            page = there.kiosk.page
            while page.shows_more:
                page.go_on()
                driver.frames(2)
            begun = perf_counter()
            page.ids.next.dispatch("on_release")
            for _ in range(3):  # what was triggered, and what that triggered
                Clock.tick()
            taken.append((perf_counter() - begun) * 1000)
            driver.frames(2)
    return {
        "questions": len(taken),
        "median_ms": round(statistics.median(taken), 1),
        "worst_ms": round(max(taken), 1),
        "limit_ms": 16,
    }


def start() -> dict[str, float]:
    """Seconds until the first frame, of the kiosk and of an empty window."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "device"
        with hall.Device.open(data) as device:
            device.hold(hall.from_catalogue("democratie-courte").data)
        empty, kiosk = [], []
        for _ in range(STARTS + 1):
            empty.append(_seconds(_EMPTY))
            kiosk.append(_seconds(_KIOSK, str(data)))
    ours, theirs = statistics.median(kiosk[1:]), statistics.median(empty[1:])
    return {
        "kiosk_s": round(ours, 2),
        "empty_window_s": round(theirs, 2),
        "ratio": round(ours / theirs, 2),
        "limit_ratio": 1.5,
    }


def memory() -> dict[str, float]:
    """Resident megabytes after the first ten people and after many more."""
    with (
        tempfile.TemporaryDirectory() as folder,
        hall.hall(Path(folder), hall.from_catalogue("democratie-courte")) as there,
    ):
        measured = {}
        for done in range(1, RESIDENTS + 1):
            there.begin(("fr", "ar", "en")[done % 3])
            there.skip_to_review()
            there.kiosk.erase()
            driver.frames(2)
            if done in (10, RESIDENTS):
                gc.collect()
                measured[done] = _resident_mb()
    return {
        "residents": RESIDENTS,
        "after_10_mb": round(measured[10], 1),
        "after_all_mb": round(measured[RESIDENTS], 1),
        "ratio": round(measured[RESIDENTS] / measured[10], 3),
        "limit_ratio": 1.1,
    }


def _seconds(program: str, *arguments: str) -> float:
    begun = perf_counter()
    subprocess.run(
        [sys.executable, "-c", program, *arguments],
        check=True,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return perf_counter() - begun


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Measure, and print."""
    print(
        json.dumps(
            {
                "bench": "kiosk",
                "tap_to_next": tap_to_next(),
                "start": start(),
                "memory": memory(),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
