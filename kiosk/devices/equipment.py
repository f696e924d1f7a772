"""What this device can do besides showing and being touched."""

from dataclasses import dataclass

from kiosk.devices.player import Player, find_player
from kiosk.devices.recorder import Recorder, find_recorder


@dataclass(frozen=True)
class Equipment:
    """The device's functions; None is what it does not have, and then no screen shows it."""

    recorder: Recorder | None = None
    player: Player | None = None

    def release(self) -> None:
        """Let go of everything that hears, sees or sounds."""
        if self.recorder:
            self.recorder.cancel()
        if self.player:
            self.player.hush()


def find_equipment() -> Equipment:
    """What there is on this device."""
    return Equipment(recorder=find_recorder(), player=find_player())
