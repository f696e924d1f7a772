"""What this device can do besides showing and being touched."""

from dataclasses import dataclass
from pathlib import Path

from kiosk.devices.camera import Camera, find_camera
from kiosk.devices.place import Place, find_place
from kiosk.devices.player import Player, find_player
from kiosk.devices.recorder import Recorder, find_recorder
from kiosk.devices.scanner import Scanner, find_scanner
from kiosk.maps.earth import Spot
from kiosk.maps.tiles import Tiles, map_in

MAPS = "maps"  # the folder in a device's directory


@dataclass(frozen=True)
class Equipment:
    """The device's functions; None is what it does not have, and then no screen shows it."""

    recorder: Recorder | None = None
    player: Player | None = None
    camera: Camera | None = None
    scanner: Scanner | None = None
    place: Place | None = None
    tiles: Tiles | None = None

    def release(self) -> None:
        """Let go of everything that hears, sees or sounds."""
        if self.recorder:
            self.recorder.cancel()
        if self.player:
            self.player.hush()
        if self.camera:
            self.camera.stop()

    def close(self) -> None:
        """The kiosk ends."""
        self.release()
        if self.place:
            self.place.close()
        if self.tiles:
            self.tiles.close()


def find_equipment(data: Path, position: Spot | None = None) -> Equipment:
    """What there is on this device.

    Args:
        data: the device's directory.
        position: where it stands, as its steward said.

    Raises:
        UnreadableMap: the map in its directory cannot be drawn.
    """
    camera = find_camera()
    return Equipment(
        recorder=find_recorder(),
        player=find_player(),
        camera=camera,
        scanner=find_scanner(camera),
        place=find_place(position),
        tiles=map_in(data / MAPS),
    )
