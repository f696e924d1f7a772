"""Speech by the real synthesiser; without a sound card, a file stands in for the player."""

import shutil
import sys
import wave
from pathlib import Path
from time import monotonic, sleep

import pytest

from kiosk.speech.voice import Voice

RECORDER = "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())"


@pytest.fixture
def voice(tmp_path: Path) -> Voice:
    synthesiser = shutil.which("espeak-ng")
    assert synthesiser, "espeak-ng is among the test's system packages: run make test"
    return Voice(synthesiser, (sys.executable, "-c", RECORDER, str(tmp_path / "heard.wav")))


def _wait_for_silence(voice: Voice) -> None:
    end = monotonic() + 20
    while voice.speaks and monotonic() < end:
        sleep(0.02)


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", "Votre avis compte."), ("ar", "رأيك مهم."), ("uk", "Ваша думка важлива.")],
)
def test_each_language_is_spoken(voice: Voice, tmp_path: Path, language: str, words: str) -> None:
    voice.say(words, language)
    assert voice.speaks
    _wait_for_silence(voice)
    # Written to a pipe, the length in the WAV's header is not known: the data tells.
    with wave.open(str(tmp_path / "heard.wav")) as heard:
        assert heard.getframerate() > 8000
    assert (tmp_path / "heard.wav").stat().st_size > 20_000


def test_it_falls_silent_at_once(voice: Voice) -> None:
    voice.say("Un très long discours. " * 500, "fr")
    voice.hush()
    assert not voice.speaks


def test_a_second_touch_stops_it(voice: Voice) -> None:
    voice.toggle("Un très long discours. " * 500, "fr")
    assert voice.speaks
    voice.toggle("Un très long discours. " * 500, "fr")
    assert not voice.speaks
