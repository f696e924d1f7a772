"""Chinese by its sounds: what the Latin letters before the caret may be meant to be."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from kiosk.theme.assets import ASSETS

LONGEST = 24  # letters that are looked at
_MOST_COMPLETIONS = 20
_LETTERS = re.compile("[a-z]+$")


def sounds_before(text: str) -> str:
    """The letters at the end of a text that may be sounds; capitals are names."""
    found = _LETTERS.search(text[-LONGEST:])
    return found[0] if found else ""


def meant(sounds: str) -> tuple[int, tuple[str, ...]]:
    """What sounds may mean.

    Returns:
        How many of the letters are meant, from the first on, and the characters or words, the
        likeliest first: whole sounds before those that are still being typed.
    """
    exact, begun = _table()
    if sounds in exact or sounds in begun:
        return len(sounds), tuple(dict.fromkeys((*exact.get(sounds, ()), *begun.get(sounds, ()))))
    for length in range(len(sounds) - 1, 0, -1):
        if sounds[:length] in exact:
            return length, tuple(exact[sounds[:length]])
    return 0, ()


@cache
def _table() -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """By whole sounds, and by how sounds begin; read when somebody first needs it."""
    exact: dict[str, list[str]] = defaultdict(list)
    begun: dict[str, list[str]] = defaultdict(list)
    source = (ASSETS / "keyboards" / "pinyin.txt").read_text("utf-8")
    for line in source.splitlines():
        sounds, text = line.split(" ")
        exact[sounds].append(text)
        for length in range(1, len(sounds)):
            completions = begun[sounds[:length]]
            if len(completions) < _MOST_COMPLETIONS and text not in completions:
                completions.append(text)
    return dict(exact), dict(begun)
