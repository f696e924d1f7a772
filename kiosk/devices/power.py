"""The battery, through plyer; None on a device that has none."""

import os
import shutil
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Battery:
    """How full it is, in percent, and whether it is being charged."""

    percent: int
    charging: bool


def battery() -> Battery | None:
    """The battery as it is now; None where the device has none, or does not tell."""
    if sys.platform == "linux" and "ANDROID_ARGUMENT" not in os.environ and not _upower():
        return None
    from plyer import battery as plyer_battery

    try:
        status = plyer_battery.status
    except (NotImplementedError, OSError, ValueError, KeyError, TypeError, IndexError):
        return None
    if not status or status.get("percentage") is None:
        return None
    return Battery(int(status["percentage"]), bool(status.get("isCharging")))


def _upower() -> bool:
    """Whether there is what plyer asks on Linux; without it, plyer prints a complaint."""
    return shutil.which("upower") is not None
