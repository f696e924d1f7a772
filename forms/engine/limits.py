"""What bounds a constraint sets, where it says so plainly: for who broke them and is told no more.

Only what stands as a literal is read: `. >= 1 and . <= 10`, `string-length(.) <= 200`,
`count-selected(.) <= 3`, `. > date('2020-01-01')`; `${other}` and whatever is joined by "or" are
nothing that can be told in a sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from math import ceil, floor


class Measure(Enum):
    """What of an answer is bounded."""

    NUMBER = "number"
    LENGTH = "length"  # in characters
    COUNT = "count"  # of choices
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one measure; None where there is none on that side.

    Attributes:
        low: the smallest, as the form writes it.
        high: the largest.
        above: whether `low` itself is too small.
        below: whether `high` itself is too large.
    """

    measure: Measure
    low: str | None = None
    high: str | None = None
    above: bool = False
    below: bool = False

    def whole(self) -> Limits:
        """The same for whole numbers, the bounds among them: more than 15 is 16 or more."""
        low, high = self.low, self.high
        if low is not None:
            low = str(floor(Decimal(low)) + 1 if self.above else ceil(Decimal(low)))
        if high is not None:
            high = str(ceil(Decimal(high)) - 1 if self.below else floor(Decimal(high)))
        return Limits(self.measure, low, high)


_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_DATE = r"(?:date\s*\(\s*)?['\"](\d{4}-\d\d-\d\d)['\"]\s*\)?"
_MEASURES = (
    (Measure.COUNT, r"count-selected\s*\(\s*\.\s*\)"),
    (Measure.LENGTH, r"string-length\s*\(\s*(?:normalize-space\s*\(\s*)?\.?\s*\)(?:\s*\))?"),
    (Measure.NUMBER, r"(?:number|int)\s*\(\s*\.\s*\)|\."),
)
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)


def broken_limits(constraint: str, answer: str) -> Limits | None:
    """The bounds that this answer breaks; None where it breaks none that can be told.

    Args:
        constraint: the expression, as the form writes it.
        answer: as the form writes it.
    """
    if re.search(r"\bor\b|\bnot\s*\(|\bif\s*\(", constraint):
        return None
    found: dict[Measure, Limits] = {}
    for part in _AND.split(_bare(constraint)):
        if (read := _compared(_bare(part))) is None:
            continue
        measure, sign, bound = read
        found[measure] = _narrowed(found.get(measure, Limits(measure)), sign, bound)
    return next((limits for limits in found.values() if _breaks(limits, answer)), None)


def _bare(text: str) -> str:
    """Without the brackets that are all around it."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")") and _closes_last(text):
        text = text[1:-1].strip()
    return text


def _closes_last(text: str) -> bool:
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return at == len(text) - 1
    return False


def _compared(part: str) -> tuple[Measure, str, str] | None:
    """What a comparison compares, how, and with what."""
    for measure, shape in _MEASURES:
        for bound, kind in ((rf"({_NUMBER})", measure), (_DATE, Measure.DATE)):
            if kind is Measure.DATE and measure is not Measure.NUMBER:
                continue
            if match := re.fullmatch(rf"(?:{shape})\s*(<=|>=|<|>|=)\s*{bound}", part):
                return kind, match[1], match[2]
            if match := re.fullmatch(rf"{bound}\s*(<=|>=|<|>|=)\s*(?:{shape})", part):
                return kind, _TURNED[match[2]], match[1]
    return None


def _narrowed(limits: Limits, sign: str, bound: str) -> Limits:
    low, high, above, below = limits.low, limits.high, limits.above, limits.below
    if sign in (">", ">=", "="):
        low, above = bound, sign == ">"
    if sign in ("<", "<=", "="):
        high, below = bound, sign == "<"
    return Limits(limits.measure, low, high, above, below)


def _breaks(limits: Limits, answer: str) -> bool:
    if limits.measure is Measure.DATE:
        day = answer[:10]
        return _outside(limits, day, limits.low, limits.high)
    try:
        size = {
            Measure.NUMBER: lambda: Decimal(answer),
            Measure.LENGTH: lambda: Decimal(len(answer)),
            Measure.COUNT: lambda: Decimal(len(answer.split())),
        }[limits.measure]()
    except InvalidOperation:
        return False
    low = None if limits.low is None else Decimal(limits.low)
    high = None if limits.high is None else Decimal(limits.high)
    too_small = low is not None and (size < low or (limits.above and size == low))
    too_large = high is not None and (size > high or (limits.below and size == high))
    return too_small or too_large


def _outside(limits: Limits, day: str, low: str | None, high: str | None) -> bool:
    too_early = low is not None and (day < low or (limits.above and day == low))
    too_late = high is not None and (day > high or (limits.below and day == high))
    return too_early or too_late
