"""When nobody is at the screen any more: asks, counts down, then says that they are gone."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Presence:
    """Whether somebody is there: `seconds_left` counts down while the kiosk asks, else None."""

    gone: bool = False
    seconds_left: int | None = None


class IdleWatch:
    """Two minutes without a touch, then thirty seconds more while the kiosk asks.

    Args:
        clock: seconds that only ever grow, as `time.monotonic`.
        patience: seconds without a touch before the kiosk asks.
        grace: seconds that it then counts down.
    """

    def __init__(
        self, clock: Callable[[], float], patience: float = 120, grace: float = 30
    ) -> None:
        self._clock = clock
        self.patience = patience
        self.grace = grace
        self._last_touch = clock()

    def touched(self) -> None:
        """Somebody did something."""
        self._last_touch = self._clock()

    @property
    def seconds(self) -> float:
        """How long ago that was."""
        return self._clock() - self._last_touch

    def presence(self) -> Presence:
        """How things stand at this moment."""
        asked_for = self.seconds - self.patience
        if asked_for < 0:
            return Presence()
        if asked_for >= self.grace:
            return Presence(gone=True)
        return Presence(seconds_left=int(self.grace - asked_for) + 1)
