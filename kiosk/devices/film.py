"""Films what a camera sees and a microphone hears, in memory, and shows it again.

Pictures are encoded as they come (VP8, fifteen a second); the voice that was recorded meanwhile is
put beside them at the end. What comes out is one WebM file, which any browser plays.
"""

import logging
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from queue import Empty, Queue
from typing import Any

from kiosk.devices.camera import Camera, Frame, NoPicture, frame_of
from kiosk.devices.recorder import NothingRecorded, Recorder
from kiosk.errors import DeviceError

log = logging.getLogger(__name__)

PICTURES_A_SECOND = 15
BIT_RATE = 800_000  # of the pictures: a minute is some six megabytes
_MOST_ACROSS = 854  # pixels
_MOST_SHOWN_ACROSS = 1280
_AHEAD = 4  # pictures
_MILLISECOND = Fraction(1, 1000)


class NothingFilmed(DeviceError):
    """No picture came: the camera is gone, or somebody else uses it."""


@dataclass(frozen=True)
class Film:
    """A film, as a WebM file.

    Attributes:
        content: the file.
        seconds: how long it is.
        sounds: whether anything is heard in it.
    """

    content: bytes = field(repr=False)
    seconds: float
    sounds: bool


class Filming:
    """One film while it is made.

    Args:
        camera: looks already.
        recorder: hears; None where the device has no microphone: the film is silent then.
        longest: seconds after which it ends by itself.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        camera: Camera,
        recorder: Recorder | None,
        longest: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._camera, self._recorder, self._longest = camera, recorder, longest
        self._clock = clock
        self._over = threading.Event()
        self._pictures: _Pictures | None = None
        if recorder is not None:
            recorder.start(longest)
        self._thread = threading.Thread(target=self._film, args=(clock(),), daemon=True)
        self._thread.start()

    @property
    def runs(self) -> bool:
        """Whether it films now."""
        return self._thread.is_alive()

    @property
    def seconds(self) -> float:
        """How much it has filmed."""
        return self._pictures.seconds if self._pictures else 0.0

    def stop(self) -> Film:
        """End, and give what was filmed.

        Raises:
            NothingFilmed: no picture came.
        """
        self._end()
        pictures, self._pictures = self._pictures, None
        voice = self._voice()
        if pictures is None:
            raise NothingFilmed("The camera gives no picture. Is it plugged in, and free?")
        silent = pictures.finish()
        whole = _together(silent, voice) if voice else b""
        return Film(whole or silent, pictures.seconds, bool(whole))

    def cancel(self) -> None:
        """End, and forget what was filmed."""
        self._end()
        self._pictures = None
        if self._recorder is not None:
            self._recorder.cancel()

    def _end(self) -> None:
        self._over.set()
        self._thread.join()

    def _voice(self) -> bytes:
        if self._recorder is None:
            return b""
        try:
            return self._recorder.stop().content
        except NothingRecorded as error:
            log.warning("A film without sound: %s", error)
            return b""

    def _film(self, began: float) -> None:
        """Encode what the camera sees, until told to stop, or the longest; on a thread."""
        last: Frame | None = None
        while not self._over.wait(1 / PICTURES_A_SECOND):
            try:
                frame = self._camera.frame()
            except NoPicture:
                return
            seconds = self._clock() - began
            if seconds > self._longest:
                return
            if frame is None or frame is last:
                continue
            if self._pictures is None:
                self._pictures = _Pictures(frame)
            self._pictures.add(frame, seconds)
            last = frame


class _Pictures:
    """Encodes pictures as they come; all are as large as the first."""

    def __init__(self, first: Frame) -> None:
        import av

        self._av = av
        self._file = BytesIO()
        self._container: Any = av.open(self._file, "w", format="webm")
        scale = min(1.0, _MOST_ACROSS / first.width)
        self._stream: Any = self._container.add_stream("libvpx", rate=PICTURES_A_SECOND)
        self._stream.width = round(first.width * scale / 2) * 2
        self._stream.height = round(first.height * scale / 2) * 2
        self._stream.pix_fmt = "yuv420p"
        self._stream.bit_rate = BIT_RATE
        # Both, as the encoder's clock follows the rate unless it is told.
        self._stream.codec_context.time_base = self._stream.time_base = _MILLISECOND
        self._stream.codec_context.options = {"deadline": "realtime", "cpu-used": "8"}
        self.seconds = 0.0

    def add(self, frame: Frame, seconds: float) -> None:
        """One more picture, seen so many seconds after the beginning."""
        picture = self._av.VideoFrame(frame.width, frame.height, "rgb24")
        plane, across = picture.planes[0], frame.width * 3
        content = frame.pixels
        if plane.line_size != across:
            padding = bytes(plane.line_size - across)
            lines = range(0, across * frame.height, across)
            content = b"".join(frame.pixels[start : start + across] + padding for start in lines)
        plane.update(content)
        fitting = picture.reformat(self._stream.width, self._stream.height, "yuv420p")
        fitting.pts, fitting.time_base = round(seconds * 1000), _MILLISECOND
        self._container.mux(self._stream.encode(fitting))
        self.seconds = seconds

    def finish(self) -> bytes:
        """The whole file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._file.getvalue()


def _together(pictures: bytes, voice: bytes) -> bytes:
    """A silent film with a voice (an Ogg file) beside it; nothing is encoded anew.

    Returns nothing where the voice is none: what was seen is not lost for it.
    """
    import av

    file = BytesIO()
    try:
        with (
            av.open(BytesIO(pictures), "r") as seen,
            av.open(BytesIO(voice), "r") as heard,
            av.open(file, "w", format="webm") as container,
        ):
            packets = []
            sources: list[tuple[Any, Any]] = [(seen, seen.streams.video[0])]
            sources.append((heard, heard.streams.audio[0]))
            for opened, source in sources:
                stream = container.add_stream_from_template(source)
                for packet in opened.demux(source):
                    if packet.dts is not None:
                        packets.append((packet.dts * packet.time_base, packet, stream))
            for _, packet, stream in sorted(packets, key=lambda one: one[0]):
                packet.stream = stream
                container.mux(packet)
    except (av.FFmpegError, IndexError) as error:
        log.warning("A film without its sound: %s", type(error).__name__)
        return b""
    return file.getvalue()


def pictures_of(content: bytes, most_across: int = 0) -> Generator[tuple[float, Frame], None, None]:
    """What is seen in a film, each with its time in seconds; nothing where it holds no film.

    Args:
        content: a file that FFmpeg can read.
        most_across: pixels; wider pictures are made so wide.
    """
    import av

    try:
        with closing(av.open(BytesIO(content), "r")) as container:
            if container.streams.video:
                for seen in container.decode(video=0):
                    if most_across and seen.width > most_across:
                        yield seen.time or 0.0, frame_of(_narrowed(seen, most_across))
                    else:
                        yield seen.time or 0.0, frame_of(seen)
    except (av.FFmpegError, ValueError) as error:
        log.warning("A film cannot be shown: %s", type(error).__name__)


def _narrowed(seen: Any, across: int) -> Any:
    return seen.reformat(across, max(2, round(seen.height * across / seen.width / 2) * 2))


def first_picture_of(content: bytes) -> Frame | None:
    """What is seen first in a film; None where it holds none."""
    with closing(pictures_of(content, _MOST_SHOWN_ACROSS)) as pictures:
        return next((picture for _, picture in pictures), None)


class Showing:
    """A film while it is shown: its pictures, each at its time.

    Args:
        content: the film's file.

    Attributes:
        over: whether all was shown.
    """

    def __init__(self, content: bytes) -> None:
        self.over = False
        self._next: tuple[float, Frame] | None = None
        self._passed = 0.0
        self._pictures: Queue[tuple[float, Frame] | None] = Queue(_AHEAD)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._decode, args=(content,), daemon=True)
        self._thread.start()

    def due(self, passed: float) -> Frame | None:
        """The picture to show, so many seconds after the last look; None while that one stays."""
        self._passed += passed
        due = None
        while not self.over:
            if self._next is None:
                try:
                    self._next = self._pictures.get_nowait()
                except Empty:
                    break  # it is not ready: it is shown late
                self.over = self._next is None
            if self._next is not None:
                if self._next[0] > self._passed:
                    break
                due, self._next = self._next[1], None
        return due

    def stop(self) -> None:
        """Show nothing more, and let go of what was to be shown."""
        self.over, self._next = True, None
        self._stopped.set()
        while self._thread.is_alive():
            with suppress(Empty):
                self._pictures.get(timeout=0.01)
        self._thread.join()

    def _decode(self, content: bytes) -> None:
        """Make pictures ready, a few ahead; on a thread."""
        for picture in pictures_of(content, _MOST_SHOWN_ACROSS):
            if self._stopped.is_set():
                return
            self._pictures.put(picture)
        self._pictures.put(None)
