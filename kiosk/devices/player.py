"""Plays recordings and the form's sounds from memory; can be silenced at any moment."""

import logging
import shutil
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from kiosk.devices.sound import RATE, UnplayableSound, samples_of

log = logging.getLogger(__name__)

_PCM_DEVICES = Path("/proc/asound/pcm")


class Player(Protocol):
    """A loudspeaker, or headphones."""

    @property
    def plays(self) -> bool:
        """Whether something is heard."""

    def play(self, content: bytes) -> None:
        """Begin to play this file, instead of what is being played."""

    def hush(self) -> None:
        """Be silent at once."""


class AplayPlayer:
    """The loudspeaker that ALSA calls its default.

    Args:
        command: path of aplay, with arguments that choose a device.
    """

    def __init__(self, *command: str) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    @property
    def plays(self) -> bool:
        """Whether something is heard."""
        return self._process is not None and self._process.poll() is None

    def play(self, content: bytes) -> None:
        """Begin to play this file; one that holds no sound is silence."""
        self.hush()
        self._process = subprocess.Popen(  # noqa: S603
            [*self._command, "-q", "-t", "raw", "-f", "S16_LE", "-r", str(RATE), "-c", "1", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        arguments = (self._process, content)
        self._thread = threading.Thread(target=_feed, args=arguments, daemon=True)
        self._thread.start()

    def hush(self) -> None:
        """Be silent at once."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
        if self._thread is not None:
            self._thread.join()
        self._process = self._thread = None


def _feed(process: subprocess.Popen[bytes], content: bytes) -> None:
    """Write a file's samples to the player as it takes them; on a thread."""
    assert process.stdin is not None, "aplay was started without a pipe"
    try:
        for piece in samples_of(content):
            process.stdin.write(piece)
    except BrokenPipeError:
        pass  # it was silenced
    except UnplayableSound as error:
        log.warning("%s", error)
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()


def find_player() -> Player | None:
    """The loudspeaker of this device; None where it has none, or nothing to play with."""
    aplay = shutil.which("aplay")
    if aplay is None or not _sounds():
        return None
    return AplayPlayer(aplay)


def _sounds() -> bool:
    """Whether a sound card can play."""
    return _PCM_DEVICES.is_file() and "playback" in _PCM_DEVICES.read_text()
