"""Finds choices by what is typed, whatever the accents, capitals and hyphens: plain data."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import islice

_COMBINING = re.compile(r"[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0640]")
# What decomposition leaves apart, and what people do not type: hyphens and apostrophes.
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("-‐‑–’'ʼ.,", " "),
        **{"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i"},
        **{"ة": "ه", "ى": "ي", "ٱ": "ا", "ک": "ك", "ی": "ي"},
    }
)

BEST = 100  # so many are put in order


def fold(text: str) -> str:
    """That text without accents, capitals and the like; lines stay lines."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return _COMBINING.sub("", plain).translate(_ALIKE)


class Finder:
    """The labels of a list, made ready to be searched at each letter.

    Args:
        labels: what can be found; answers are places in this list.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        joined = "\n".join(" ".join(label.split()) for label in labels)
        self._lines = fold(joined).split("\n") if labels else []
        self._last: tuple[tuple[str, ...], list[int]] = ((), [])

    def forget(self) -> None:
        """Let go of what was sought last: somebody said it."""
        self._last = ((), [])

    def find(self, typed: str) -> list[int]:
        """The labels in which all words typed occur: the hundred best first.

        Everything, in its own order, where nothing was typed.
        """
        words = tuple(fold(typed).split())
        if not words:
            return list(range(len(self._lines)))
        lines = self._lines
        before, among = self._last
        if not (before and len(before) == len(words) and all(map(str.startswith, words, before))):
            among = list(range(len(lines)))
        longest = max(words, key=len)
        found = [at for at in among if longest in lines[at]]
        if len(words) > 1:
            found = [at for at in found if all(word in lines[at] for word in words)]
        self._last = (words, found)
        # The best few come first; nobody turns pages as far as where it stops to matter.
        first, inside = words[0], f" {words[0]}"
        best = list(islice((at for at in found if lines[at].startswith(first)), BEST))
        if len(best) < BEST:
            begun = set(best)
            within = (at for at in found if inside in lines[at] and at not in begun)
            best += islice(within, BEST - len(best))
        begun = set(best)
        return best + [at for at in found if at not in begun]
