"""Text as lines ready to be drawn, in every script.

Kivy draws characters from left to right and knows neither joined letters nor two directions. So:
a text is measured and broken in the order it is written, then each line is joined
(arabic_reshaper) and put in the order it is drawn. The same lines tell a field where its caret is.
"""

import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple
from unicodedata import combining, east_asian_width

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
# What changes the emoji before it (its skin, colour or none, one picture of several): there is one
# drawing of each, in one colour.
_MODIFIES = re.compile("[\u200d\u20e3\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_LAM_ALEF = {  # a lam that begins or goes on, with each alef that ends
    "\ufedf\ufe82": "\ufef5", "\ufee0\ufe82": "\ufef6",
    "\ufedf\ufe84": "\ufef7", "\ufee0\ufe84": "\ufef8",
    "\ufedf\ufe88": "\ufef9", "\ufee0\ufe88": "\ufefa",
    "\ufedf\ufe8e": "\ufefb", "\ufee0\ufe8e": "\ufefc",
}  # fmt: skip
# Where Chinese may be broken between any two characters, these keep to their neighbours.
_NEVER_FIRST = frozenset("!%),.:;?]}»›’”、。，．：；？！）】》〉」』〕〗］｝…·～％℃々—")
_NEVER_LAST = frozenset("([{«‹“‘（【《〈「『〔〖［｛＄￥$€")
_SPACES = frozenset(" \t\u2002\u2003\u2009\u3000")


class Cluster(NamedTuple):
    """What is drawn as one: a letter with its marks, or two letters joined into one sign."""

    drawn: str
    start: int  # of the text, in the order written
    end: int
    level: int  # odd: runs from right to left

    def moved(self, offset: int) -> "Cluster":
        """As it is drawn, with its places counted from the start of the whole text."""
        drawn = self.drawn
        if not drawn.isascii() or self.level:
            drawn = _INVISIBLE.sub("", mirrored(drawn, self.level))
        if not offset and drawn == self.drawn:
            return self
        return Cluster(drawn, self.start + offset, self.end + offset, self.level)


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


@dataclass(frozen=True)
class Paragraph:
    """A paragraph joined into clusters in the order written, ready to be broken into lines."""

    text: str
    start: int  # of the whole text
    rtl: bool
    two_ways: bool
    clusters: tuple[Cluster, ...]

    def natural_width(self, measure: Measure) -> float:
        """How wide it is on one line."""
        return _width(self.clusters, 0, len(self.clusters), measure)

    def pieces(self, measure: Measure) -> Iterator[tuple[float, float]]:
        """How wide each piece is that is not broken: with the blanks after it, and without."""
        first = 0
        for last in (*_places_to_break(self.clusters), len(self.clusters)):
            drawn = "".join(cluster.drawn for cluster in self.clusters[first:last])
            shown = measure(drawn.rstrip())
            blanks = _blanks(self.clusters, first, last)
            yield shown + (measure(" ") * blanks if blanks else 0), shown
            first = last

    def lines(self, width: float, measure: Measure) -> Iterator[Line]:
        """Its lines in a width, in pixels."""
        clusters = self.clusters
        for first, last, blank in _break(clusters, width, measure):
            shown = clusters[first : last - blank]
            if self.two_ways:
                letters = "".join(self.text[cluster.start] for cluster in shown)
                found = level_line(letters, [cluster.level for cluster in shown], rtl=self.rtl)
                shown = tuple(shown[index] for index in drawing_order(found))
            start = clusters[first].start if clusters else 0
            end = clusters[last - 1].end if clusters else 0
            drawn = tuple(cluster.moved(self.start) for cluster in shown)
            yield Line(self.start + start, self.start + end, self.rtl, drawn)


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
    return [
        line for paragraph in paragraphs(text, rtl=rtl) for line in paragraph.lines(width, measure)
    ]


def paragraphs(text: str, *, rtl: bool) -> list[Paragraph]:
    """The paragraphs of a text in a language that runs from right to left or not."""
    found = []
    start = 0
    for part in text.split("\n"):
        right = runs_right_to_left(part, rtl=rtl)
        two_ways = right or has_right_to_left(part)
        clusters = _clusters(part, right) if two_ways else _plain_clusters(part)
        found.append(Paragraph(part, start, right, two_ways, tuple(clusters)))
        start += len(part) + 1
    return found


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


def _plain_clusters(text: str) -> list[Cluster]:
    """Letters with their marks, of a text that runs from left to right throughout."""
    if text.isascii():
        return [Cluster(letter, index, index + 1, 0) for index, letter in enumerate(text)]
    clusters: list[Cluster] = []
    modified = _MODIFIES.search(text) is not None
    for index, letter in enumerate(text):
        if clusters and combining(letter):
            before = clusters.pop()
            clusters.append(Cluster(before.drawn + letter, before.start, index + 1, 0))
        elif modified and clusters and _MODIFIES.match(letter):
            before = clusters.pop()
            clusters.append(Cluster(before.drawn, before.start, index + 1, 0))
        else:
            clusters.append(Cluster(letter, index, index + 1, 0))
    return clusters


def _clusters(text: str, right: bool) -> list[Cluster]:
    """Joined letters with their marks, in the order written."""
    found = levels(text, rtl=right)
    clusters: list[Cluster] = []
    modified = _MODIFIES.search(text) is not None
    for index, (letter, level) in enumerate(zip(_joined(text), found, strict=True)):
        if clusters and combining(letter):
            before = clusters.pop()
            drawn = before.drawn + letter
            clusters.append(Cluster(drawn, before.start, index + 1, before.level))
            continue
        if modified and clusters and _MODIFIES.match(letter):
            before = clusters.pop()
            clusters.append(Cluster(before.drawn, before.start, index + 1, before.level))
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
def _reshaper() -> Any:
    """Joins letters one for one; the ligature that Arabic requires, lam-alef, is made here."""
    # Not before a text wants it: it takes its time. For what it may read from a font, and is not
    # asked to here, it would load fontTools whole.
    fonts = sys.modules.get("fontTools")
    sys.modules["fontTools"] = None  # type: ignore[assignment]
    try:
        from arabic_reshaper import ArabicReshaper
    finally:
        del sys.modules["fontTools"]
        if fonts is not None:
            sys.modules["fontTools"] = fonts

    return ArabicReshaper({"delete_harakat": False, "support_ligatures": False})


def _joined(text: str) -> str:
    # A joiner (U+200D) would be swallowed, and every place after it be wrong.
    joined: str = _reshaper().reshape(text.replace("\u200d", "\u200c"))
    return joined


def _break(
    clusters: Sequence[Cluster], width: float, measure: Measure
) -> Iterator[tuple[int, int, int]]:
    """Lines as first and last cluster, and how many blanks at the end are not drawn."""
    places = [*_places_to_break(clusters), len(clusters)]
    first = at = 0
    per_cluster = _width(clusters, 0, len(clusters), measure) / max(len(clusters), 1)
    while True:
        if per_cluster * (len(clusters) - first) < 2 * width and (
            _width(clusters, first, len(clusters), measure) <= width
        ):
            yield first, len(clusters), 0
            return

        def fits(place: int, first: int = first) -> bool:
            return _width(clusters, first, place, measure) <= width

        guess = bisect_right(places, first + width / per_cluster, lo=at) - 1
        fitting = _last_that_fits(places, at, max(guess, at), fits)
        if fitting is None:  # a word wider than the line
            cut = _last_that_fits(range(first + 1, places[at]), 0, 0, fits)
            last = first + 1 if cut is None else first + 1 + cut
            yield first, last, 0
            at += last == places[at]
        else:
            last = places[fitting]
            yield first, last, _blanks(clusters, first, last)
            at = fitting + 1
        first = last
        if first == len(clusters):
            return


def _last_that_fits(
    places: Sequence[int], low: int, guess: int, fits: Callable[[int], bool]
) -> int | None:
    """Which of the places from `low` on is the last one that fits; looks around a good guess."""
    if not places:  # a single letter wider than the line
        return None
    if fits(places[guess]):
        while guess + 1 < len(places) and fits(places[guess + 1]):
            guess += 1
        return guess
    while guess > low:
        guess -= 1
        if fits(places[guess]):
            return guess
    return None


def _places_to_break(clusters: Sequence[Cluster]) -> Iterator[int]:
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


def _blanks(clusters: Sequence[Cluster], first: int, last: int) -> int:
    """How many clusters at the end of a line are blank."""
    count = 0
    while last - count > first and clusters[last - count - 1].drawn in _SPACES:
        count += 1
    return count


def _width(clusters: Sequence[Cluster], first: int, last: int, measure: Measure) -> float:
    """How wide a line of these clusters is, without the blanks at its end."""
    last -= _blanks(clusters, first, last)
    return measure("".join(cluster.drawn for cluster in clusters[first:last]))
