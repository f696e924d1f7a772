"""When a device's sync may use the network, and how long it keeps what the server has.

The steward's choice, kept in `rules.json` of the device's directory; what cannot be read there
counts as the usual rules, so that a damaged file never keeps contributions from leaving.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path

from sync.errors import SyncError

_HOURS_PER_DAY = 24


class UnfitRules(SyncError):
    """Rules that would never let anything leave, or make no sense."""

    sentence = "These rules cannot be followed: hours are whole, from 0 to 24."


class Link(Enum):
    """By what the device reaches the network now."""

    NONE = "none"
    WIRED = "wired"
    WIFI = "wifi"
    MOBILE = "mobile"


@dataclass(frozen=True)
class SyncRules:
    """The rules; the usual ones where nothing is said.

    Attributes:
        spare_mobile: leave mobile networks alone, which may cost by the byte; Wi-Fi and cable only.
        from_hour: the first hour of the day that sync may use, 0 to 23.
        until_hour: the hour it ends with, 1 to 24; below `from_hour` it goes on over midnight.
        keep_days: how long a batch is kept after its acknowledgement, in case the server is set
            back to an older backup; 0 lets go at once.
        keep_megabytes: how much is kept so at most; the oldest goes first.
    """

    spare_mobile: bool = False
    from_hour: int = 0
    until_hour: int = 24
    keep_days: int = 14
    keep_megabytes: int = 256

    def __post_init__(self) -> None:
        hours = 0 <= self.from_hour <= 23 and 1 <= self.until_hour <= _HOURS_PER_DAY
        if not hours or self.from_hour == self.until_hour:
            raise UnfitRules()
        if not 0 <= self.keep_days <= 3_650 or not 0 <= self.keep_megabytes <= 1 << 20:
            raise UnfitRules("What was sent is kept for 0 to 3650 days, and 0 MB or more.")

    def open_at(self, hour: int) -> bool:
        """Whether sync may use the network in this hour of the day."""
        if self.from_hour < self.until_hour:
            return self.from_hour <= hour < self.until_hour
        return hour >= self.from_hour or hour < self.until_hour

    def forbid(self, hour: int, link: Link) -> str:
        """Why sync has to wait now, as a sentence; "" where it need not."""
        if not self.open_at(hour):
            return f"Sync waits until {self.from_hour}:00, as this device's rules say."
        if self.spare_mobile and link is Link.MOBILE:
            return "Sync waits for Wi-Fi or a cable: this device's rules spare the mobile network."
        return ""

    def document(self) -> bytes:
        """As JSON."""
        return (json.dumps(asdict(self), indent=1) + "\n").encode()


def read_rules(path: Path) -> SyncRules:
    """The rules in this file; the usual ones where there is none, or none that can be read."""
    try:
        document = json.loads(path.read_bytes())
        usual = asdict(SyncRules())
        given = {
            name: document[name]
            for name, value in usual.items()
            if type(document.get(name)) is type(value)
        }
        return SyncRules(**given)
    except (OSError, ValueError, AttributeError, TypeError, RecursionError, UnfitRules):
        return SyncRules()


def link_now(routes: Path = Path("/proc/net/route"), nets: Path = Path("/sys/class/net")) -> Link:
    """By what this machine reaches the network, as Linux tells of its default route.

    Args:
        routes: the kernel's table.
        nets: where it tells of interfaces.
    """
    try:
        lines = [line.split() for line in routes.read_text(encoding="ascii").split("\n")[1:-1]]
    except (OSError, ValueError):
        return Link.WIRED  # no such kernel: nothing speaks against the network
    defaults = [line for line in lines if len(line) > 6 and line[1] == "00000000"]
    if not defaults:
        return Link.NONE
    name = min(defaults, key=lambda line: int(line[6]) if line[6].isdigit() else 0)[0]
    if (nets / name / "wireless").exists():
        return Link.WIFI
    try:
        told = (nets / name / "uevent").read_text(encoding="ascii", errors="replace")
    except OSError:
        told = ""
    mobile = "DEVTYPE=wwan" in told or name.startswith(("ppp", "wwan", "rmnet", "ww"))
    return Link.MOBILE if mobile else Link.WIRED
