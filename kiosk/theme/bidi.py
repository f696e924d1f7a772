"""The order in which the characters of a line are drawn (Unicode Standard Annex 9).

python-bidi gives the drawn string alone. The kiosk also needs to know which character went where
(for the caret) and which way it runs (for brackets), so it computes the levels itself; the tests
hold it against python-bidi. Left out, as nothing here writes them: embeddings, overrides and
isolates, whose controls are taken as invisible.
"""

from collections.abc import Iterator, Sequence
from unicodedata import bidirectional, category, normalize

from bidi.mirror import MIRRORED

_CONTROLS = frozenset({"BN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_BLANK = frozenset({"B", "S", "WS"}) | _CONTROLS
_NEUTRAL = _BLANK | {"ON"}
_CLOSING = {
    normalize("NFC", opening): normalize("NFC", closing)
    for opening, closing in MIRRORED.items()
    if category(opening) == "Ps" and bidirectional(opening) == "ON"
}
_MOST_OPEN = 63  # BD16


def has_right_to_left(text: str) -> bool:
    """Whether any character makes the order of drawing differ from the order of writing."""
    return not text.isascii() and any(bidirectional(c) in ("R", "AL", "AN") for c in text)


def runs_right_to_left(text: str, *, rtl: bool) -> bool:
    """Which way a paragraph runs, in a language that runs from right to left or not.

    In Arabic a paragraph runs from right to left even when it begins with a foreign name, unless
    nothing in it is Arabic; elsewhere its first letter decides (P2 and P3).
    """
    strong = [kind for kind in map(bidirectional, text) if kind in ("L", "R", "AL")]
    if rtl:
        return not strong or any(kind != "L" for kind in strong)
    return bool(strong) and strong[0] != "L"


def levels(text: str, *, rtl: bool) -> list[int]:
    """The embedding level of each character of one paragraph that runs this way (W1 to I2).

    Odd levels run from right to left.
    """
    base = 1 if rtl else 0
    edge = "R" if rtl else "L"
    kinds = [bidirectional(character) or "L" for character in text]
    written = [kind not in _CONTROLS for kind in kinds]
    shown = [index for index, seen in enumerate(written) if seen]
    resolved = _resolve([text[index] for index in shown], [kinds[index] for index in shown], edge)
    found = [base] * len(text)
    for index, kind in zip(shown, resolved, strict=True):
        if kind == "R":
            found[index] = 1
        elif kind in ("EN", "AN"):
            found[index] = 2
        else:
            found[index] = 2 if rtl else 0
    for index, seen in enumerate(written):  # invisible: as what stands before
        if not seen and index:
            found[index] = found[index - 1]
    return found


def drawing_order(line_levels: Sequence[int]) -> list[int]:
    """Positions of one line's characters, from left to right as drawn (L2)."""
    order = list(range(len(line_levels)))
    if not line_levels:
        return order
    odd = [level for level in line_levels if level % 2]
    for level in range(max(line_levels), min(odd, default=1 << 30) - 1, -1):
        start = 0
        while start < len(order):
            if line_levels[order[start]] < level:
                start += 1
                continue
            end = start
            while end < len(order) and line_levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = end
    return order


def level_line(text: str, found: Sequence[int], *, rtl: bool) -> list[int]:
    """The levels of one line of a paragraph: blanks at its end go to the outer edge (L1)."""
    line = list(found)
    for index in range(len(text) - 1, -1, -1):
        if bidirectional(text[index]) not in _BLANK:
            break
        line[index] = 1 if rtl else 0
    return line


def mirrored(character: str, level: int) -> str:
    """What is drawn for a character at a level: brackets turn round from right to left (L4)."""
    return MIRRORED.get(character, character) if level % 2 else character


def _resolve(text: list[str], kinds: list[str], edge: str) -> list[str]:
    """The resolved kinds ("L", "R", "EN", "AN") of a paragraph without controls."""
    kinds = _resolve_weak(kinds, edge)
    _resolve_brackets(text, kinds, edge)
    for start, end in _stretches(kinds, _NEUTRAL):  # N1, N2
        before = _direction(kinds[start - 1]) if start else edge
        after = _direction(kinds[end]) if end < len(kinds) else edge
        kinds[start:end] = [before if before == after else edge] * (end - start)
    return kinds


def _resolve_weak(kinds: list[str], edge: str) -> list[str]:
    """W1 to W7."""
    kinds = list(kinds)
    before = strong = edge
    for index, kind in enumerate(kinds):
        if kind == "NSM":  # W1
            kind = before
        elif kind == "EN" and strong == "AL":  # W2
            kind = "AN"
        before = kinds[index] = kind
        if kind in ("L", "R", "AL"):
            strong = kind
    # W1 may have given a mark the "EN" of its digit: what follows treats both the same.
    kinds = ["R" if kind == "AL" else kind for kind in kinds]  # W3
    for index in range(1, len(kinds) - 1):  # W4
        around = kinds[index - 1], kinds[index + 1]
        if kinds[index] in ("ES", "CS") and around == ("EN", "EN"):
            kinds[index] = "EN"
        elif kinds[index] == "CS" and around == ("AN", "AN"):
            kinds[index] = "AN"
    for start, end in _stretches(kinds, frozenset({"ET"})):  # W5
        if "EN" in (kinds[start - 1] if start else "", kinds[end] if end < len(kinds) else ""):
            kinds[start:end] = ["EN"] * (end - start)
    strong = edge
    for index, kind in enumerate(kinds):
        if kind in ("ES", "ET", "CS"):  # W6
            kinds[index] = "ON"
        elif kind == "EN" and strong == "L":  # W7
            kinds[index] = "L"
        elif kind in ("L", "R"):
            strong = kind
    return kinds


def _resolve_brackets(text: list[str], kinds: list[str], edge: str) -> None:
    """N0: a pair of brackets runs as what it holds, or as what stands before it."""
    original = list(kinds)
    for start, end in sorted(_pairs(text, kinds)):
        inside = {_direction(kind) for kind in kinds[start + 1 : end]}
        if edge in inside:
            direction = edge
        elif "L" in inside or "R" in inside:
            other = "L" if edge == "R" else "R"
            earlier = (_direction(kind) for kind in reversed(kinds[:start]))
            context = next((kind for kind in earlier if kind in ("L", "R")), edge)
            direction = other if context == other else edge
        else:
            continue
        for bracket in (start, end):
            kinds[bracket] = direction
            for index in range(bracket + 1, len(kinds)):  # marks on the bracket follow it
                if bidirectional(text[index]) != "NSM" or original[index] not in _NEUTRAL:
                    break
                kinds[index] = direction


def _pairs(text: list[str], kinds: list[str]) -> Iterator[tuple[int, int]]:
    """BD16: where brackets open and close."""
    open_now: list[tuple[str, int]] = []
    for index, character in enumerate(text):
        if kinds[index] != "ON":
            continue
        character = normalize("NFC", character)
        if character in _CLOSING:
            if len(open_now) == _MOST_OPEN:
                return
            open_now.append((_CLOSING[character], index))
            continue
        for depth in range(len(open_now) - 1, -1, -1):
            if open_now[depth][0] == character:
                yield open_now[depth][1], index
                del open_now[depth:]
                break


def _direction(kind: str) -> str:
    """Digits count as right-to-left between neutrals (N0, N1)."""
    return "R" if kind in ("EN", "AN") else kind


def _stretches(kinds: list[str], wanted: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Each unbroken stretch of those kinds, as start and end; the list may be changed meanwhile."""
    index = 0
    while index < len(kinds):
        if kinds[index] not in wanted:
            index += 1
            continue
        start = index
        while index < len(kinds) and kinds[index] in wanted:
            index += 1
        yield start, index
