"""Where the device is: as its steward said, or as a receiver tells gpsd."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Protocol

from kiosk.maps.earth import Spot

GPSD = ("127.0.0.1", 2947)
_WATCH = b'?WATCH={"enable":true,"json":true};\n'
_LONGEST_LINE = 65_536
_AGAIN = 5.0  # seconds between two tries to reach gpsd
_FRESH = 30.0  # seconds for which a position holds
_WITH_HEIGHT = 3  # gpsd: mode 2 has latitude and longitude, 3 the altitude as well


class Place(Protocol):
    """Something that knows where the device is."""

    def spot(self) -> Spot | None:
        """Where it is now; None while that is not known."""

    def close(self) -> None:
        """Ask no more."""


class FixedPlace:
    """A device that stays where it is.

    Args:
        spot: where that is.
    """

    def __init__(self, spot: Spot) -> None:
        self._spot = spot

    def spot(self) -> Spot | None:
        """Where it is."""
        return self._spot

    def close(self) -> None:
        """Nothing is open."""


class GpsdPlace:
    """A receiver that gpsd listens to.

    Args:
        address: of gpsd.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        address: tuple[str, int] = GPSD,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._clock = clock
        self._latest: tuple[float, Spot] | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def spot(self) -> Spot | None:
        """Where it is now; None while there is no fresh position."""
        if self._latest is None or self._clock() - self._latest[0] > _FRESH:
            return None
        return self._latest[1]

    def close(self) -> None:
        """Ask no more."""
        self._over.set()
        self._thread.join()

    def _listen(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(OSError):
                self._hear()
            self._over.wait(_AGAIN)

    def _hear(self) -> None:
        """Take in what gpsd says, until it goes."""
        with socket.create_connection(self._address, timeout=1.0) as line:
            line.sendall(_WATCH)
            rest = b""
            while not self._over.is_set():
                try:
                    heard = line.recv(4096)
                except TimeoutError:
                    continue
                if not heard:
                    return
                *lines, rest = (rest + heard).split(b"\n")
                if len(rest) > _LONGEST_LINE:
                    return
                for one in lines:
                    spot = spot_of(one)
                    if spot is not None:
                        self._latest = (self._clock(), spot)


def spot_of(line: bytes) -> Spot | None:
    """The position in a line of gpsd's, if it tells one (class TPV)."""
    try:
        told = json.loads(line)
        if told["class"] != "TPV" or told["mode"] < 2:
            return None
        high = (
            float(told.get("altMSL", told.get("alt", 0.0))) if told["mode"] >= _WITH_HEIGHT else 0.0
        )
        wrong = float(told.get("eph", max(told.get("epx", 0.0), told.get("epy", 0.0))))
        return Spot(float(told["lat"]), float(told["lon"]), high, wrong)
    except (ValueError, KeyError, TypeError):
        return None


def gpsd_runs(address: tuple[str, int] = GPSD) -> bool:
    """Whether gpsd answers."""
    try:
        with socket.create_connection(address, timeout=0.3):
            return True
    except OSError:
        return False


def find_place(position: Spot | None) -> Place | None:
    """What tells where this device is; None where nothing does.

    Args:
        position: as its steward said; that goes first.
    """
    if position is not None:
        return FixedPlace(position)
    return GpsdPlace() if gpsd_runs() else None
