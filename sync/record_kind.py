"""What a sealed record holds: a contribution, or something else that travels with them.

`docs/format.md`, section 5. The number of a kind stands in the clear, in the batch; what opens a
record is bound to it, so that none is ever taken for another.
"""

from __future__ import annotations

from enum import IntEnum

FIRST_UNREGISTERED = 16
"""Kinds below enter the register: what is counted may not vanish unseen."""

LARGEST_KIND = 127


class RecordKind(IntEnum):
    """The kinds that this Parvis knows; others are kept and carried all the same."""

    CONTRIBUTION = 0
    BALLOT = 1  # a slip: answers of a contribution's shape, tied to no other answer
    MEETING = 2  # what is written down when a meeting is closed
    LOG = 16  # operations of a meeting, as one tablet has them
    SIGNATURE = 17  # a drawn name, beside no answer
    KEYING = 18  # a sheet as one person keyed it, before differences are settled


def is_registered(kind: int) -> bool:
    """Whether records of this kind, known or not, enter the register."""
    return kind < FIRST_UNREGISTERED
