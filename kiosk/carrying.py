"""What the steward carries on a USB stick: the server's word off it, then what waits onto it."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from sync.client.courier import CarriedIn, CarriedOut, carry_in, carry_out
from sync.courier import CourierProgress
from sync.device import Device
from sync.errors import SyncError

_WHERE = ("/media/", "/run/media/", "/mnt/")
_OCTAL = re.compile(rb"\\([0-7]{3})")
_MOUNTS = Path("/proc/self/mounts")


@dataclass(frozen=True)
class Carrying:
    """How a copy to a stick is doing.

    Attributes:
        busy: whether it is under way: the stick must stay where it is.
        progress: how far it is; None before it is known.
        received: what came off the stick; None before.
        sent: what lies on the stick; None before.
        trouble: why it did not go, as a sentence; "" where it did.
    """

    busy: bool = False
    progress: CourierProgress | None = None
    received: CarriedIn | None = None
    sent: CarriedOut | None = None
    trouble: str = ""


class Carrier:
    """Copies to a stick in a thread of its own; no screen waits for it.

    Args:
        device: what waits on it.
        places: folders that may be sticks, instead of those that the system has mounted.
    """

    def __init__(self, device: Device, places: Iterable[Path] | None = None) -> None:
        self._device = device
        self._places = None if places is None else tuple(places)
        self._thread: threading.Thread | None = None
        self.state = Carrying()

    def stick(self) -> Path | None:
        """The stick that is plugged in, the first where there are several; None without."""
        places = self._places if self._places is not None else mounted()
        return next((place for place in places if os.access(place, os.W_OK)), None)

    def begin(self) -> None:
        """Copy, both ways; nothing happens where there is no stick, or a copy is under way."""
        stick = self.stick()
        if stick is None or self.state.busy:
            return
        self.state = Carrying(busy=True)
        self._thread = threading.Thread(target=self._carry, args=(stick,), name="parvis-courier")
        self._thread.start()

    def wait(self) -> None:
        """Until the copy under way has ended: files are left whole in any case."""
        if self._thread is not None:
            self._thread.join()

    def _carry(self, stick: Path) -> None:
        try:
            received = carry_in(self._device, stick) if self._device.enrolled else None
            self.state = replace(self.state, received=received)
            sent = carry_out(self._device, stick, self._tell)
            self.state = replace(self.state, busy=False, sent=sent)
        except SyncError as error:
            self.state = replace(self.state, busy=False, trouble=str(error))
        except OSError as error:
            self.state = replace(self.state, busy=False, trouble=f"{error}")

    def _tell(self, progress: CourierProgress) -> None:
        self.state = replace(self.state, progress=progress)


def mounted(mounts: Path = _MOUNTS) -> tuple[Path, ...]:
    """Where the system has mounted what people plug in."""
    try:
        lines = mounts.read_bytes().split(b"\n")
    except OSError:
        return ()
    # The kernel writes a space, a tab or a line feed in a name as \\040, and all else as it is.
    written = (line.split(b" ")[1] for line in lines if line.count(b" ") > 1)
    places = (os.fsdecode(_OCTAL.sub(lambda at: bytes([int(at[1], 8)]), one)) for one in written)
    return tuple(Path(place) for place in places if place.startswith(_WHERE))
