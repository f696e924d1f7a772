"""How much one caller may ask: buckets that fill with time and are emptied by requests.

A caller is a device, once it has proved that it is one, or else an address. A thousand kiosks may
stand behind one address: they are told apart by their signatures, and none of them waits for
another. Addresses are kept as keyed hashes, in memory, and only as long as they matter.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_MOST_CALLERS = 100_000
_SOONEST, _LONGEST = 5.0, 900.0  # seconds until those come again who were refused
_SLOWEST = 20.0  # visits of devices a second that a small machine with other work can serve
_REQUESTS_OF_A_VISIT = 4
_MEMORY = 10.0  # seconds over which the server's pace is looked at


@dataclass(frozen=True)
class Allowance:
    """How much a caller may ask.

    Attributes:
        at_once: requests, after a rest.
        a_second: how fast that comes back.
    """

    at_once: float
    a_second: float


@dataclass(frozen=True)
class Limits:
    """What the server grants.

    Attributes:
        stranger: whoever has not proved to be a device, by address.
        device: each enrolled device.
    """

    stranger: Allowance = Allowance(600, 20)
    device: Allowance = Allowance(1500, 50)


class Buckets:
    """One bucket for each caller of a kind.

    Args:
        allowance: of each.
        clock: seconds that pass.
    """

    def __init__(self, allowance: Allowance, clock: Callable[[], float]) -> None:
        self._allowance = allowance
        self._clock = clock
        self._left: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def take(self, caller: bytes, cost: float = 1) -> float:
        """Take from a caller's bucket; 0, or the seconds after which there is enough.

        What costs more than a bucket holds costs a full one.
        A caller that comes too early again and again pays nothing for that, and loses nothing.
        """
        now = self._clock()
        most, fill = self._allowance.at_once, self._allowance.a_second
        cost = min(cost, most)
        left, since = self._left.pop(caller, (most, now))
        left = min(most, left + fill * max(0.0, now - since))
        wait = 0.0 if left >= cost else (cost - left) / fill
        self._left[caller] = (left if wait else left - cost, now)
        while len(self._left) > _MOST_CALLERS:
            self._left.popitem(last=False)  # the one that has asked nothing for the longest time
        return wait


class Addresses:
    """Makes of an address what tells it from others, for as long as this process runs."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def hidden(self, address: str) -> bytes:
        """A keyed hash; of IPv6, of the network that one subscriber has (/64)."""
        try:
            read = ipaddress.ip_address(address)
        except ValueError:
            read = None
        if isinstance(read, ipaddress.IPv6Address):
            mapped = read.ipv4_mapped
            packed = mapped.packed if mapped else read.packed[:8]
        elif read is not None:
            packed = read.packed
        else:
            packed = address.encode(errors="replace")
        return hashlib.blake2b(packed, key=self._key, digest_size=16).digest()


class Crowd:
    """When those shall come again who were refused because too many came at once.

    Each is told a time of its own, one behind the other, as fast as the server has answered lately:
    so they come back in the order in which they first came, and refusing them again and again does
    not become all that the server does. Who comes back at their time goes before those who come for
    the first time; who is refused all the same is told to come again soon, not at the end.

    Args:
        clock: seconds that pass.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answered = 0.0  # requests, in the last seconds, about
        self._since = clock()
        self._last = 0.0  # the latest time that was told
        self._told: OrderedDict[str, float] = OrderedDict()  # who → when

    def answered(self) -> None:
        """A request was worked on to its end."""
        self._answered = 1 + self._lately()
        self._since = self._clock()

    def expects(self, who: str) -> bool:
        """Whether somebody comes back at the time that they were told, or later.

        Args:
            who: as they call themselves; believed, as only the order depends on it.
        """
        at = self._told.get(who)
        return at is not None and self._clock() >= at

    def came(self, who: str) -> None:
        """Somebody was let in."""
        self._told.pop(who, None)

    def later(self, who: str, luck: float) -> int:
        """Seconds to say in Retry-After to one who is refused.

        Args:
            who: as they call themselves; "" where they do not.
            luck: from 0 to 1.
        """
        now = self._clock()
        if who in self._told:
            at = max(self._told[who], now + _SOONEST + luck * _SOONEST)
        else:
            visits = max(_SLOWEST, self._lately() / _MEMORY / _REQUESTS_OF_A_VISIT)
            at = max(self._last, now + _SOONEST) + 1 / visits
            at = self._last = min(at, now + _LONGEST)
        if who:
            self._told[who] = at
            while len(self._told) > _MOST_CALLERS:
                self._told.popitem(last=False)
        return math.ceil(at - now)

    def _lately(self) -> float:
        return self._answered * math.exp(-max(0.0, self._clock() - self._since) / _MEMORY)


def spread(wait: float, luck: float) -> int:
    """Whole seconds to say in Retry-After, so that those who were put off together come apart.

    Args:
        wait: seconds after which there is enough.
        luck: from 0 to 1.
    """
    return math.ceil(wait + luck * max(5.0, wait))
