"""What somebody at the desk has to know: what is missing, altered, there twice, or not openable."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What is wrong."""

    MISSING = "missing"
    ALTERED = "altered"
    DUPLICATED = "duplicated"
    CONFLICT = "conflict"
    UNOPENABLE = "not openable"
    ERASED = "erased elsewhere"
    KEY_DESTROYED = "key destroyed"
    UNKNOWN_DEVICE = "unknown device"
    UNREGISTERED = "not registered"
    REGISTER = "register"
    FORKED = "forked"
    REPEATED = "repeated on paper"
    LATE = "after the closing day"
    TWO_FACES = "two registers"


@dataclass(frozen=True)
class Finding:
    """Something that somebody has to know, about a batch or one contribution in it."""

    kind: Kind
    sentence: str
    consultation: str = ""
    batch: str = ""
    device: str = ""
    contribution: str = ""
