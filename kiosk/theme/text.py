"""Text as lines ready to be drawn, in every script.

Kivy draws characters from left to right and knows neither joined letters nor two directions. So:
a text is measured and broken in the order it is written, then each line is joined
(arabic_reshaper) and put in the order it is drawn. The same lines tell a field where its caret is.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from unicodedata import combining, east_asian_width

from arabic_reshaper import ArabicReshaper

from kiosk.theme.bidi import (
    drawing_order,
    has_right_to_left,
    level_line,
    levels,
    mirrored,
    runs_right_to_left,
)

Measure = Callable[[str], float]
"""The width in pixels of characters drawn from left to right."""

NO_BREAK = "\u00a0"
THIN_NO_BREAK = "\u202f"

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_LAM_ALEF = {  # a lam that begins or goes on, with each alef that ends
    "\ufedf\ufe82": "\ufef5", "\ufee0\ufe82": "\ufef6",
    "\ufedf\ufe84": "\ufef7", "\ufee0\ufe84": "\ufef8",
    "\ufedf\ufe88": "\ufef9", "\ufee0\ufe88": "\ufefa",
    "\ufedf\ufe8e": "\ufefb", "\ufee0\ufe8e": "\ufefc",
}  # fmt: skip
_NEVER_FIRST = frozenset("!%),.:;?]}»’”、。，．：；？！）】》」』…")
_NEVER_LAST = frozenset("([{«‹“‘（【《「『")
_SPACES = frozenset(" \t\u2002\u2003\u2009\u3000")


@dataclass(frozen=True)
class Cluster:
    """What is drawn as one: a letter with its marks, or two letters joined into one sign."""

    drawn: str
    start: int  # of the text, in the order written
    end: int
    level: int  # odd: runs from right to left


@dataclass(frozen=True)
class Line:
    """One line of a text: `start` to `end` of what was written, and how it is drawn.

    The blank that a line was broken at belongs to it and is not drawn.
    """

    start: int
    end: int
    rtl: bool
    clusters: tuple[Cluster, ...]  # from left to right, as drawn

    @cached_property
    def drawn(self) -> str:
        """The characters to hand to Kivy."""
        return "".join(cluster.drawn for cluster in self.clusters)


def visual_lines(text: str, width: float, measure: Measure, *, rtl: bool) -> list[str]:
    """The lines of a text in a width (pixels), each to be drawn from left to right.

    Args:
        text: As written; line ends separate paragraphs.
        width: What a line may take; a word that is wider is broken.
        measure: The width of characters drawn from left to right.
        rtl: Whether the text's language runs from right to left.
    """
    return [line.drawn for line in lay_out(text, width, measure, rtl=rtl)]


def lay_out(text: str, width: float, measure: Measure, *, rtl: bool) -> list[Line]:
    """The lines of a text in a width, with where each character went (see `visual_lines`)."""
    lines: list[Line] = []
    start = 0
    for paragraph in text.split("\n"):
        lines.extend(_lay_out_paragraph(paragraph, start, width, measure, rtl=rtl))
        start += len(paragraph) + 1
    return lines


def french_spaces(text: str) -> str:
    """The same text with the no-break spaces that French wants before ? ! : ; and inside « ».

    So no mark ever stands alone at the start of a line. Spaces are widened or kept, and only put
    in where French typography has one; addresses, times and other languages' marks stay as
    they are.
    """
    text = re.sub(r"[ \u00a0\u2009\u202f]+([?!;])", THIN_NO_BREAK + r"\1", text)
    text = re.sub(r"[ \u00a0\u2009\u202f]+:", NO_BREAK + ":", text)
    text = re.sub(r"(?<=[^\W_])([?!;]+)(?=[\s»”)]|$)", THIN_NO_BREAK + r"\1", text)
    text = re.sub(r"(?<=[^\W_]):(?=\s|$)", NO_BREAK + ":", text)
    text = re.sub(r"«[ \u00a0\u2009\u202f]*", "«" + NO_BREAK, text)
    text = re.sub(r"[ \u00a0\u2009\u202f]*»", NO_BREAK + "»", text)
    return re.sub(r"(?<=\d)[ ](?=(?:\d{3}(?!\d)|[€%°]))", THIN_NO_BREAK, text)


def _lay_out_paragraph(
    text: str, offset: int, width: float, measure: Measure, *, rtl: bool
) -> Iterator[Line]:
    right = runs_right_to_left(text, rtl=rtl)
    two_ways = right or has_right_to_left(text)
    clusters = _clusters(text, right) if two_ways else _plain_clusters(text)
    found = [cluster.level for cluster in clusters]
    for first, last, blank in _break(clusters, width, measure):
        part = clusters[first : last - blank]
        shown = part
        if two_ways:
            letters = "".join(text[cluster.start] for cluster in part)
            line_levels = level_line(letters, found[first : last - blank], rtl=right)
            shown = [part[index] for index in drawing_order(line_levels)]
        start = clusters[first].start if first < len(clusters) else 0
        end = clusters[last - 1].end if last else 0
        drawn = tuple(
            Cluster(
                _INVISIBLE.sub("", mirrored(cluster.drawn, cluster.level)),
                cluster.start + offset,
                cluster.end + offset,
                cluster.level,
            )
            for cluster in shown
        )
        yield Line(start + offset, end + offset, right, drawn)


def _plain_clusters(text: str) -> list[Cluster]:
    """Letters with their marks, of a text that runs from left to right throughout."""
    if text.isascii():
        return [Cluster(letter, index, index + 1, 0) for index, letter in enumerate(text)]
    clusters: list[Cluster] = []
    for index, letter in enumerate(text):
        if clusters and combining(letter):
            before = clusters.pop()
            clusters.append(Cluster(before.drawn + letter, before.start, index + 1, 0))
        else:
            clusters.append(Cluster(letter, index, index + 1, 0))
    return clusters


def _clusters(text: str, right: bool) -> list[Cluster]:
    """Joined letters with their marks, in the order written."""
    found = levels(text, rtl=right)
    clusters: list[Cluster] = []
    for index, (letter, level) in enumerate(zip(_joined(text), found, strict=True)):
        if clusters and combining(letter):
            before = clusters.pop()
            drawn = before.drawn + letter
            clusters.append(Cluster(drawn, before.start, index + 1, before.level))
            continue
        lam = clusters[-1].drawn[0] if clusters else ""
        if lam + letter in _LAM_ALEF:
            before = clusters.pop()
            drawn = _LAM_ALEF[lam + letter] + before.drawn[1:]
            clusters.append(Cluster(drawn, before.start, index + 1, level))
            continue
        clusters.append(Cluster(letter, index, index + 1, level))
    return clusters


@cache
def _reshaper() -> ArabicReshaper:
    """Joins letters one for one; the ligature that Arabic requires, lam-alef, is made here."""
    return ArabicReshaper({"delete_harakat": False, "support_ligatures": False})


def _joined(text: str) -> str:
    joined: str = _reshaper().reshape(text)
    return joined if len(joined) == len(text) else text


def _break(
    clusters: list[Cluster], width: float, measure: Measure
) -> Iterator[tuple[int, int, int]]:
    """Lines as first and last cluster, and how many blanks at the end are not drawn."""
    first = taken = 0
    for place in [*_places_to_break(clusters), len(clusters)]:
        if _width(clusters, first, place, measure) <= width:
            taken = place
            continue
        if taken > first:
            yield first, taken, _blanks(clusters, first, taken)
            first = taken
        while _width(clusters, first, place, measure) > width:  # a word wider than the line
            cut = _fitting(clusters, first, place, width, measure)
            if cut == place:
                break
            yield first, cut, 0
            first = cut
        taken = place
    yield first, len(clusters), 0


def _places_to_break(clusters: list[Cluster]) -> Iterator[int]:
    """Before which clusters a new line may begin."""
    for place in range(1, len(clusters)):
        before, after = clusters[place - 1].drawn[0], clusters[place].drawn[0]
        if before in _SPACES:
            if after not in _SPACES:
                yield place
        elif before in "-/–—":
            if after.isalpha() and (before in "–—" or place > 1):
                yield place
        elif before == "\u200b" or (
            (_is_ideograph(before) or _is_ideograph(after))
            and after not in _NEVER_FIRST
            and after not in _SPACES
            and before not in _NEVER_LAST
        ):
            yield place


@lru_cache(maxsize=4096)
def _is_ideograph(character: str) -> bool:
    """Chinese and Japanese break between any two characters."""
    return east_asian_width(character) in ("W", "F")


def _blanks(clusters: list[Cluster], first: int, last: int) -> int:
    """How many clusters at the end of a line are blank."""
    count = 0
    while last - count > first and clusters[last - count - 1].drawn in _SPACES:
        count += 1
    return count


def _width(clusters: list[Cluster], first: int, last: int, measure: Measure) -> float:
    """How wide a line of these clusters is, without the blanks at its end."""
    last -= _blanks(clusters, first, last)
    return measure("".join(cluster.drawn for cluster in clusters[first:last]))


def _fitting(clusters: list[Cluster], first: int, last: int, width: float, measure: Measure) -> int:
    """Up to where a word fits in a line; one cluster at least."""
    fits, fails = first + 1, last + 1
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if _width(clusters, first, middle, measure) <= width:
            fits = middle
        else:
            fails = middle
    return fits
