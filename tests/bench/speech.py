"""How soon a screen is heard, through the real espeak-ng and the real aplay. Prints JSON.

From the moment that a screen begins to open until its first sound is handed to the sound device
(ALSA's `file` device), over the screens of a journey by ear; limit 150 ms. Beside it, what the same
words take where no synthesiser was kept ready.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path
from time import perf_counter, sleep

from kiosk.speech.parts import Speech
from tests.kiosk import driver, hall, sound

SCREENS = 20
LIMIT_MS = 150


def _heard_after(begun: float, heard: sound.Heard) -> float:
    while not heard.begins():
        if perf_counter() - begun > 5:
            raise SystemExit("nothing was heard within five seconds")
        sleep(0.0005)
    return (perf_counter() - begun) * 1000


def screens() -> dict[str, float]:
    """Milliseconds from opening until the first sound."""
    taken = []
    with (
        tempfile.TemporaryDirectory() as folder,
        sound.speaking(Path(folder) / "sound") as (voice, heard),
        hall.hall(Path(folder) / "hall", hall.from_catalogue("democratie"), voice=voice) as there,
    ):
        there.begin()
        there.kiosk.ear.begin()
        for _ in range(SCREENS):
            sound.until_silent(voice)
            sleep(0.05)  # a person listens; the next synthesiser gets ready
            heard.path.unlink(missing_ok=True)
            page = there.kiosk.page
            while page.shows_more:
                page.go_on()
            begun = perf_counter()
            page.ids.next.dispatch("on_release")
            taken.append(_heard_after(begun, heard))
            driver.frames(2)
    return {
        "screens": len(taken),
        "median_ms": round(statistics.median(taken), 1),
        "worst_ms": round(max(taken), 1),
        "limit_ms": LIMIT_MS,
    }


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
    print(json.dumps({"screen_heard": screens() | {"words_alone_cold_ms": cold()}}, indent=2))


if __name__ == "__main__":
    main()
