"""One place of a regular expression: which signs it may hold, as the regex library writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

NOTHING = "(?!)"
ANYTHING = "(?s:.)"


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs that one place may hold.

    Attributes:
        members: as they stand between the brackets of the library's classes.
        others: expressions that each match one more sign.
    """

    members: str = ""
    others: tuple[str, ...] = ()

    def __or__(self, other: Signs) -> Signs:
        return Signs(self.members + other.members, self.others + other.others)

    def written(self) -> str:
        """The place as an expression of the library."""
        parts = [f"[{self.members}]"] if self.members else []
        parts.extend(self.others)
        if not parts:
            return NOTHING
        return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"

    def without(self) -> Signs:
        """Every sign but these."""
        if not self.others:
            return Signs("", (f"[^{self.members}]" if self.members else ANYTHING,))
        return Signs("", (f"(?:(?!{self.written()}){ANYTHING})",))

    def also_in(self, other: Signs) -> Signs:
        """The signs that both have."""
        return Signs("", (f"(?:(?={other.written()}){self.written()})",))


def written_sign(code: int) -> str:
    """One sign, in a class or outside."""
    character = chr(code)
    if character.isascii() and character.isalnum():
        return character
    return (
        rf"\x{code:02x}" if code < 256 else rf"\u{code:04x}" if code < 65536 else rf"\U{code:08x}"
    )


def _fold(letter: str) -> str:
    """A letter as Java compares it under (?iu): small, of its capital."""
    upper = letter.upper()
    upper = upper if len(upper) == 1 else letter.title()
    upper = upper if len(upper) == 1 else letter
    lower = upper.lower()
    return lower[0]


@lru_cache(maxsize=1)
def _families() -> dict[str, list[int]]:
    """Letters that are the same but for their case, by their folded form."""
    found: dict[str, list[int]] = {}
    for code in range(0x1E944):
        folded = _fold(chr(code))
        if folded != chr(code):
            found.setdefault(folded, [ord(folded)]).append(code)
    return found


def same_letter(letter: str) -> tuple[int, ...]:
    """A letter and those of the other case, in any script."""
    return tuple(dict.fromkeys((ord(letter), *_families().get(_fold(letter), ()))))


def cases_of(first: int, last: int) -> Iterable[int]:
    """Letters that a span of others has, but for their case."""
    for folded, family in _families().items():
        for code in family:
            upper = chr(code).upper()
            if first <= ord(folded) <= last or (len(upper) == 1 and first <= ord(upper) <= last):
                yield code
