"""Records a voice from the microphone into memory, with its level to be shown meanwhile.

ALSA's own `arecord` writes samples into a pipe; a thread encodes them at once, so that neither the
disk nor more memory than a few kilobytes a second is used.
"""

import logging
import shutil
import subprocess
import threading
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from kiosk.devices.sound import RATE, SAMPLE_BYTES, OpusWriter
from kiosk.errors import DeviceError

log = logging.getLogger(__name__)

_PIECE = RATE // 20 * SAMPLE_BYTES  # a twentieth of a second
_LOUDEST = 32_768
_PCM_DEVICES = Path("/proc/asound/pcm")


class NothingRecorded(DeviceError):
    """No sound came: the microphone is gone, or somebody else uses it."""


@dataclass(frozen=True)
class Recording:
    """A voice, as an Ogg file with Opus in it."""

    content: bytes = field(repr=False)
    seconds: float


class Recorder(Protocol):
    """A microphone."""

    @property
    def runs(self) -> bool:
        """Whether it records now."""

    @property
    def seconds(self) -> float:
        """How much it has recorded."""

    @property
    def level(self) -> float:
        """How loud it is at the moment, from 0 to 1."""

    def start(self, longest: float) -> None:
        """Begin; it ends by itself after so many seconds."""

    def stop(self) -> Recording:
        """End, and give what was recorded.

        Raises:
            NothingRecorded: nothing was.
        """

    def cancel(self) -> None:
        """End, and forget what was recorded."""


class ArecordRecorder:
    """The microphone that ALSA calls its default.

    Args:
        command: path of arecord, with arguments that choose a device.
    """

    def __init__(self, *command: str) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._writer: OpusWriter | None = None
        self._most = 0
        self._level = 0.0

    @property
    def runs(self) -> bool:
        """Whether it records now."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def seconds(self) -> float:
        """How much it has recorded."""
        return self._writer.seconds if self._writer else 0.0

    @property
    def level(self) -> float:
        """How loud it is at the moment, from 0 to 1."""
        return self._level if self.runs else 0.0

    def start(self, longest: float) -> None:
        """Begin; it ends by itself after so many seconds."""
        self.cancel()
        self._most = int(longest * RATE) * SAMPLE_BYTES
        self._writer = OpusWriter()
        self._process = subprocess.Popen(  # noqa: S603
            [*self._command, "-q", "-t", "raw", "-f", "S16_LE", "-r", str(RATE), "-c", "1"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        arguments = (self._process, self._writer)
        self._thread = threading.Thread(target=self._listen, args=arguments, daemon=True)
        self._thread.start()

    def stop(self) -> Recording:
        """End, and give what was recorded."""
        self._end()
        writer, self._writer = self._writer, None
        if writer is None or not writer.seconds:
            raise NothingRecorded("No sound came from the microphone. Is it plugged in?")
        seconds = writer.seconds
        return Recording(writer.finish(), seconds)

    def cancel(self) -> None:
        """End, and forget what was recorded."""
        self._end()
        if self._writer is not None:
            self._writer.discard()
            self._writer = None

    def _end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout:
                self._process.stdout.close()
            self._process = None
        self._level = 0.0

    def _listen(self, process: subprocess.Popen[bytes], writer: OpusWriter) -> None:
        """Encode what comes, until the end or the longest; on a thread."""
        assert process.stdout is not None, "arecord was started without a pipe"
        left = self._most
        while left > 0:
            piece = process.stdout.read(min(_PIECE, left))
            if not piece:
                break
            left -= len(piece)
            self._level = loudness(piece)
            writer.write(piece)
        if process.poll() is None:
            process.terminate()


def loudness(samples: bytes) -> float:
    """The loudest of these samples, from 0 to 1."""
    values = array("h", samples[: len(samples) // SAMPLE_BYTES * SAMPLE_BYTES])
    return max(max(values), -min(values)) / _LOUDEST if values else 0.0


def find_recorder() -> Recorder | None:
    """The microphone of this device; None where it has none, or nothing to record with."""
    arecord = shutil.which("arecord")
    if arecord is None or not _hears():
        return None
    return ArecordRecorder(arecord)


def _hears() -> bool:
    """Whether a sound card can record."""
    return _PCM_DEVICES.is_file() and "capture" in _PCM_DEVICES.read_text()
