"""A sound card for tests: ALSA's own `file` device, played to by the real aplay."""

import io
import os
import shutil
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk.speech.voice import Voice, find_voice
from tests.waiting import wait_for


@dataclass(frozen=True)
class Heard:
    """What came out of the loudspeaker: each sound played on it replaces the one before."""

    path: Path

    def samples(self) -> bytes:
        """The sound played last, 16 bits a sample."""
        content = self.path.read_bytes()
        return content[content.index(b"data") + 8 :]

    def seconds(self) -> float:
        """How long the sound played last was."""
        with wave.open(io.BytesIO(self.path.read_bytes())) as header:
            rate = header.getframerate() * header.getnchannels() * header.getsampwidth()
        return len(self.samples()) / rate

    def loudest(self) -> int:
        """The loudest sample, of 32767."""
        values = memoryview(self.samples()[: len(self.samples()) // 2 * 2]).cast("h")
        return max((abs(value) for value in values), default=0)

    def begins(self) -> bool:
        """Whether the first sample has reached the device."""
        return self.path.exists() and self.path.stat().st_size > 44


@contextmanager
def sound_card(folder: Path) -> Iterator[Heard]:
    """While it lasts, aplay finds this device and no other."""
    folder.mkdir(parents=True, exist_ok=True)
    heard = Heard(folder / "heard.wav")
    config = folder / "asound.conf"
    config.write_text(
        "pcm.nothing { type null }\n"
        f'pcm.!default {{ type file slave.pcm "nothing" file "{heard.path}" format "wav" }}\n'
    )
    before = os.environ.get("ALSA_CONFIG_PATH")
    os.environ["ALSA_CONFIG_PATH"] = str(config)
    try:
        yield heard
    finally:
        if before is None:
            del os.environ["ALSA_CONFIG_PATH"]
        else:
            os.environ["ALSA_CONFIG_PATH"] = before


@contextmanager
def no_sound_card(folder: Path) -> Iterator[None]:
    """While it lasts, aplay finds no device."""
    with sound_card(folder):
        (folder / "asound.conf").write_text("")
        yield


@contextmanager
def speaking(folder: Path) -> Iterator[tuple[Voice, Heard]]:
    """The kiosk's own voice on that sound card."""
    assert shutil.which("espeak-ng") and shutil.which("aplay"), "run make test: it installs both"
    with sound_card(folder) as heard:
        voice = find_voice()
        assert voice is not None
        heard.path.unlink(missing_ok=True)
        try:
            yield voice, heard
        finally:
            voice.close()


def until_silent(voice: Voice) -> None:
    """Wait until all is said."""
    wait_for(lambda: not voice.speaks, "the end of what is said")
