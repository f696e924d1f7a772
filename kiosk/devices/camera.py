"""Pictures from a camera through V4L2, in memory."""

import logging
import threading
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from kiosk.errors import DeviceError

log = logging.getLogger(__name__)

QUALITY = 85  # of the JPEG
_DEVICES = Path("/dev")
_NAMES = Path("/sys/class/video4linux")
_SIZES = ("1280x720", "640x480", "")  # wished for, one after the other


class NoPicture(DeviceError):
    """The camera gave no picture: it is gone, or somebody else uses it."""


@dataclass(frozen=True)
class Frame:
    """One picture: so many pixels across and down, three bytes each, from the top left."""

    width: int
    height: int
    pixels: bytes = field(repr=False)

    def jpeg(self, most: int = 0) -> bytes:
        """As a file without any notes in it, at most so many pixels wide and high."""
        from PIL import Image

        picture = Image.frombytes("RGB", (self.width, self.height), self.pixels)
        if most:
            picture.thumbnail((most, most))
        file = BytesIO()
        picture.save(file, "JPEG", quality=QUALITY)
        return file.getvalue()


class Camera(Protocol):
    """A camera."""

    def start(self) -> None:
        """Begin to look."""

    def frame(self) -> Frame | None:
        """What it sees now; None before the first picture.

        Raises:
            NoPicture: there will be none.
        """

    def stop(self) -> None:
        """Look no more, and forget what was seen."""


class AvCamera:
    """A camera that FFmpeg can open.

    Args:
        source: its device, as "/dev/video0".
        form: FFmpeg's name for how to read it.
    """

    def __init__(self, source: str, form: str = "v4l2") -> None:
        self._source = source
        self._form = form
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._latest: Frame | None = None
        self._broken = False

    def start(self) -> None:
        """Begin to look."""
        self.stop()
        self._over.clear()
        self._broken = False
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def frame(self) -> Frame | None:
        """What it sees now; None before the first picture."""
        if self._broken:
            raise NoPicture("The camera gives no picture. Is it plugged in, and free?")
        return self._latest

    def stop(self) -> None:
        """Look no more, and forget what was seen."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._latest = None

    def _look(self) -> None:
        """Keep the latest picture, until told to stop; on a thread."""
        import av

        try:
            with self._opened() as container:
                for seen in container.decode(video=0):
                    if self._over.is_set():
                        return
                    self._latest = frame_of(seen)
        except (av.FFmpegError, OSError, IndexError) as error:
            log.warning("The camera %s: %s", self._source, type(error).__name__)
        self._broken = True

    def _opened(self) -> Any:
        """The device, at the first of the sizes that it can give."""
        import av

        for size in _SIZES:
            options = {"video_size": size} if size and self._form == "v4l2" else {}
            try:
                return av.open(self._source, "r", format=self._form, options=options)
            except av.FFmpegError:
                if not options:
                    raise
        raise AssertionError("the last size is any")


def frame_of(seen: Any) -> Frame:
    """A picture of FFmpeg's without the padding of its lines."""
    plane = seen.reformat(format="rgb24").planes[0]
    across, content = seen.width * 3, bytes(plane)
    if plane.line_size != across:
        starts = range(0, plane.line_size * seen.height, plane.line_size)
        content = b"".join(content[start : start + across] for start in starts)
    return Frame(seen.width, seen.height, content[: across * seen.height])


def find_camera() -> Camera | None:
    """The camera of this device; None where it has none."""
    for name in sorted(_NAMES.glob("video*")) if _NAMES.is_dir() else ():
        index = name / "index"
        device = _DEVICES / name.name
        # A camera's further devices carry no picture: the first (index 0) does.
        if device.exists() and (not index.is_file() or index.read_text().strip() == "0"):
            return AvCamera(str(device))
    return None
