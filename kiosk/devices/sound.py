"""Sound in memory: what is recorded becomes Opus as it comes in, what is played becomes samples.

Through PyAV, which carries its codecs with it; imported only where a device records or plays.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from kiosk.errors import DeviceError

RATE = 16_000  # samples a second: enough for a voice
BIT_RATE = 24_000
SAMPLE_BYTES = 2  # signed 16 bits, little endian, one channel
_FRAME = RATE // 50 * SAMPLE_BYTES  # what Opus takes at once: 20 ms
MOST_SECONDS_PLAYED = 3600.0


class UnplayableSound(DeviceError):
    """This file holds no sound that can be played."""


class OpusWriter:
    """Encodes samples as they come; `finish` gives the Ogg file."""

    def __init__(self) -> None:
        import av

        self._av = av
        self._file = BytesIO()
        self._container: Any = av.open(self._file, "w", format="ogg")
        self._stream: Any = self._container.add_stream("libopus", rate=RATE)
        self._stream.codec_context.bit_rate = BIT_RATE
        self._stream.codec_context.layout = "mono"
        self._stream.codec_context.options = {"application": "voip"}
        self._samples = 0
        self._waiting = bytearray()

    @property
    def seconds(self) -> float:
        """How much was written."""
        return (self._samples + len(self._waiting) // SAMPLE_BYTES) / RATE

    def write(self, samples: bytes) -> None:
        """More samples, 16 bits each."""
        self._waiting += samples
        while len(self._waiting) >= _FRAME:
            self._encode(bytes(self._waiting[:_FRAME]))
            del self._waiting[:_FRAME]

    def finish(self) -> bytes:
        """The whole file."""
        self._encode(bytes(self._waiting))
        self._container.mux(self._stream.encode(None))
        self._container.close()
        content = self._file.getvalue()
        self.discard()
        return content

    def _encode(self, samples: bytes) -> None:
        count = len(samples) // SAMPLE_BYTES
        if not count:
            return
        frame = self._av.AudioFrame(format="s16", layout="mono", samples=count)
        padding = frame.planes[0].buffer_size - count * SAMPLE_BYTES
        frame.planes[0].update(samples[: count * SAMPLE_BYTES] + bytes(padding))
        frame.sample_rate = RATE
        frame.pts = self._samples
        self._samples += count
        self._container.mux(self._stream.encode(frame))

    def discard(self) -> None:
        """Let go of what was written."""
        self._file = BytesIO()
        self._container = self._stream = None
        self._waiting.clear()


def samples_of(content: bytes) -> Iterator[bytes]:
    """The sound of a file (WAV, Ogg, MP3, M4A, FLAC, …) as samples, piece by piece.

    Raises:
        UnplayableSound: there is none in it.
    """
    import av

    try:
        with av.open(BytesIO(content), "r") as container:
            if not container.streams.audio:
                raise UnplayableSound("This file holds no sound.")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            passed = 0
            for frame in container.decode(audio=0):
                for piece in resampler.resample(frame):
                    passed += piece.samples
                    yield bytes(piece.planes[0])[: piece.samples * SAMPLE_BYTES]
                if passed > MOST_SECONDS_PLAYED * RATE:
                    return
            for piece in resampler.resample(None):
                yield bytes(piece.planes[0])[: piece.samples * SAMPLE_BYTES]
    except (av.FFmpegError, ValueError) as error:
        raise UnplayableSound("This file holds no sound that can be played.") from error
