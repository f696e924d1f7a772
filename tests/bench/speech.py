"""How soon a screen is heard, through the real espeak-ng and the real aplay. Prints JSON.

From the moment that a screen begins to open until its first sound is handed to the sound device
(ALSA's `file` device), over all questions of a journey by ear and its review; limit 150 ms. Beside
it, what the same words take where no synthesiser was kept ready.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from kiosk.speech.parts import Speech
from kiosk.tidying import leave_to_quiet_moments
from tests.kiosk import driver, hall, sound

SCREENS = 20
LIMIT_MS = 150


def _heard_after(begun: float, heard: sound.Heard) -> float:
    while not heard.begins():
        if perf_counter() - begun > 5:
            raise SystemExit("nothing was heard within five seconds")
        sleep(0.0005)
    return (perf_counter() - begun) * 1000


def screens() -> dict[str, Any]:
    """Milliseconds from opening until the first sound."""
    taken = []
    with (
        tempfile.TemporaryDirectory() as folder,
        sound.speaking(Path(folder) / "sound") as (voice, heard),
        hall.hall(Path(folder) / "hall", hall.from_catalogue("democratie"), voice=voice) as there,
    ):
        while there.kiosk.prepare():  # as it does while nobody is there
            pass
        there.begin()
        there.kiosk.ear.begin()
        while there.name != "review":
            sound.until_silent(voice)
            sleep(0.05)  # a person listens; the next synthesiser gets ready
            heard.path.unlink(missing_ok=True)
            page = there.kiosk.page
            while page.shows_more:
                page.go_on()
            _listen(there)
            begun = perf_counter()
            page.ids.next.dispatch("on_release")
            taken.append((_heard_after(begun, heard), there.kiosk.journey.ref or there.name))
            driver.frames(2)
        taken[-1] = (taken[-1][0], "review")
    slowest = sorted(taken)[-3:]
    return {
        "screens": len(taken),
        "median_ms": round(statistics.median(time for time, _ in taken), 1),
        "worst_ms": round(slowest[-1][0], 1),
        "limit_ms": LIMIT_MS,
        "slowest": {ref.rpartition("/")[2]: round(time, 1) for time, ref in slowest},
    }


def _listen(there: hall.Hall) -> None:
    """What the kiosk does in a quiet moment, while somebody listens."""
    there.seconds.now += 2
    there.kiosk._tick()
    while there.kiosk.look_ahead():
        driver.frames(1)
    driver.frames(2)


def cold() -> float:
    """The same with a synthesiser that has to start."""
    taken = []
    with tempfile.TemporaryDirectory() as folder, sound.speaking(Path(folder)) as (voice, heard):
        for _ in range(SCREENS):
            voice.close()
            heard.path.unlink(missing_ok=True)
            begun = perf_counter()
            voice.say([Speech("Question 1 sur 12. Êtes-vous d’accord ?", "fr")])
            taken.append(_heard_after(begun, heard))
            sound.until_silent(voice)
    return round(statistics.median(taken), 1)


def main() -> None:
    """Print the figures."""
    leave_to_quiet_moments()  # as `kiosk.service` does
    print(json.dumps({"screen_heard": screens() | {"words_alone_cold_ms": cold()}}, indent=2))


if __name__ == "__main__":
    main()
