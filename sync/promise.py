"""What people were promised of their receipts, and what each channel may let out by it.

Everything that tells others something of single contributions asks `allows`, and nothing else
compares promises. Whatever proves that a line stands in the register leads from its receipt to the
line; so only `full` lets proofs, texts or ids stand beside what was said.

Where something is told of each receipt, and something of each line, no value may stand on both
sides that fewer than `ENOUGH` people share: `told_apart` says which values are to be left out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from enum import Enum
from typing import TypeVar

from sync.consultation import Traceability

ENOUGH = 11
"""How many have to share what is told, so that it points at nobody."""

_Value = TypeVar("_Value", bound=Hashable)


class Channel(Enum):
    """A way by which something of single contributions leaves device, desk or server."""

    RECEIPT = "the receipt that the device gives"
    WHEREABOUTS = "the page that says where the contribution of a receipt stands"
    READ = "that it was read, and its themes, to whoever holds the receipt"
    TEXT = "what it says, to whoever holds the receipt"
    LINE = "a line of open data from which nothing leads to a receipt"
    PROVED_LINE = "a line of open data that proves itself"
    HANDED_ON = "the organiser's own table, with the ids of receipts, given to others"


_ALLOWED: Mapping[Traceability, frozenset[Channel]] = {
    Traceability.NONE: frozenset({Channel.LINE}),
    Traceability.INCLUSION: frozenset(
        {Channel.RECEIPT, Channel.WHEREABOUTS, Channel.READ, Channel.LINE}
    ),
    Traceability.FULL: frozenset(Channel) - {Channel.LINE},
}


def allows(channel: Channel, *promised: Traceability) -> bool:
    """Whether a channel may be used by what was promised: where versions differ, by the least."""
    return channel in _ALLOWED[weakest(promised)]


def weakest(promised: Iterable[Traceability]) -> Traceability:
    """What holds where versions of a consultation promised different things: the least."""
    promised = frozenset(promised)
    for least in (Traceability.NONE, Traceability.INCLUSION):
        if least in promised:
            return least
    return Traceability.FULL


def told_apart(
    held: Mapping[_Value, int], untold: int = 0, enough: int = ENOUGH
) -> frozenset[_Value]:
    """The values that may be told: each held by enough, and so is what is left untold.

    Where only a few are left untold, that nothing is told of them points at them: then the rarest
    of the other values go untold with them.

    Args:
        held: by how many each value is held.
        untold: of how many nothing is told in any case.
        enough: how many are enough.
    """
    told = {value: count for value, count in held.items() if count >= enough}
    untold += sum(held.values()) - sum(told.values())
    for value in sorted(told, key=lambda one: (told[one], repr(one))):
        if not 0 < untold < enough:
            break
        untold += told.pop(value)
    return frozenset(told)
