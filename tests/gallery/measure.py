"""What can be measured on the widgets as they are drawn: sizes, gaps, contrast, cut words, speech.

Contrast comes from the picture's pixels: those that a letter covers wholly, against those around
it. Keys of the on-screen keyboard have a bound of their own: five rows of twelve keys of 12.7 mm
do not fit a 7-inch panel, and a touch between two counts for the nearest
(`kiosk.widgets.keyboard`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

from kivy.core.window import Window
from kivy.graphics import ClearBuffers, ClearColor, Fbo, Rectangle, Scale, Translate
from kivy.graphics.texture import Texture
from kivy.uix.behaviors import FocusBehavior
from kivy.uix.widget import Widget
from PIL import Image

from kiosk.access.names import focusable_without_speech
from kiosk.theme.palette import CALM, contrast
from kiosk.theme.theme import CAPITAL_RATIO, CAPITALS_MM, GAP_MM, REACH, TARGET_MM, theme
from kiosk.widgets.field import AnswerField
from kiosk.widgets.keycap import LEAST_KEY_MM, KeyCap
from kiosk.widgets.paged import Viewport
from kiosk.widgets.touch import Sign, Tap
from kiosk.widgets.words import Words

HALF_PIXEL = 1.0  # positions are rounded to whole pixels
CONTRAST, HIGH_CONTRAST = 10.0, 20.0
ICON_CONTRAST = 3.0  # WCAG 2.2, 1.4.11
SEEN = 0.9  # of a line that the edge of a page cuts, and that is still looked at
NOTICEABLE = 0.05  # of the pixels of a letter or around it: what is rarer is an edge

Box = tuple[float, float, float, float]  # left, bottom, right, top in the window


@dataclass(frozen=True)
class Finding:
    """One thing measured.

    Attributes:
        what: "target", "gap", "key", "letters", "contrast", "icon", "reach", "cut", "overlap",
            "outside" or "speechless"; `tests.gallery.report.bounds` says what each means.
        widget: what was measured, in its own words.
        number: what came out, in the unit of the bound.
        bound: what it has to reach (for "cut", "overlap" and "outside": pixels it may not exceed).
    """

    what: str
    widget: str
    number: float
    bound: float

    @property
    def well(self) -> bool:
        """Whether it is within its bound."""
        if self.what in AT_MOST:
            return self.number <= self.bound
        return self.number >= self.bound

    def __str__(self) -> str:
        return f"{self.what}: “{self.widget}” {self.number:.1f}, bound {self.bound:.1f}"


AT_MOST = frozenset({"cut", "overlap", "outside", "speechless"})


def layout(cover: Widget, *, screen_is_one_target: bool = False) -> Iterator[Finding]:
    """Everything that does not hang on colours.

    Args:
        cover: the topmost screen or question.
        screen_is_one_target: as on the idle screen, with smaller targets on it.
    """
    for thing in things(cover):
        yield Finding("cut", name_of(thing), cut_sideways(thing), 1)
    targets = [thing for thing in things(cover) if is_wholly_seen(thing)]
    for thing in targets:
        yield from _size(thing)
    yield from _gaps(targets, screen_is_one_target)
    for key in _keys(cover):
        yield Finding("key", key.said, _mm(key.height + HALF_PIXEL), LEAST_KEY_MM)
    yield from _letters(cover)
    yield from _cut(cover)
    yield from _overlaps(cover)
    yield from _speech(cover)


def colours(cover: Widget, picture: Image.Image, masks: Masks) -> Iterator[Finding]:
    """The contrast of all words and icons on a picture of the window."""
    bound = CONTRAST if theme.palette == CALM.name else HIGH_CONTRAST
    for widget in cover.walk(restrict=True):
        if not is_shown(widget):
            continue
        what, least = ("icon", ICON_CONTRAST) if isinstance(widget, Sign) else ("contrast", bound)
        for box, texture in _drawn_text(widget):
            clip = clip_of(widget)
            if isinstance(widget, AnswerField):
                clip = within(clip, box_of(widget))  # which scrolls by itself
            found = masks.contrast(box, texture, clip, picture)
            if found is not None:
                yield Finding(what, name_of(widget), round(found, 1), least)


# --- what is there ----------------------------------------------------------------------------


def things(cover: Widget) -> Iterator[Tap]:
    """Everything that can be touched now."""
    for widget in cover.walk(restrict=True):
        if isinstance(widget, Tap) and not widget.disabled and is_shown(widget):
            yield widget


def is_shown(widget: Widget | None) -> bool:
    """Whether it is drawn, and not put away."""
    while widget is not None and widget is not widget.parent:
        if widget.opacity == 0 or widget.disabled:
            return False
        widget = widget.parent
    return True


def box_of(widget: Widget) -> Box:
    """Where it is in the window."""
    x, y = widget.to_window(*widget.pos)
    return x, y, x + widget.width, y + widget.height


def clip_of(widget: Widget) -> Box:
    """The part of the window in which it can be seen."""
    clip: Box = (0, 0, Window.width, Window.height)
    place = widget.parent
    while place is not None and place is not place.parent:
        if isinstance(place, Viewport):
            clip = within(clip, box_of(place))
        place = place.parent
    return clip


def within(one: Box, other: Box) -> Box:
    """What two boxes have in common; turned inside out where they have nothing."""
    return (
        max(one[0], other[0]),
        max(one[1], other[1]),
        min(one[2], other[2]),
        min(one[3], other[3]),
    )


def seen_part(widget: Widget) -> Box:
    """The part of a widget that can be seen; what stands outside the window counts as seen."""
    box = box_of(widget)
    place = widget.parent
    while place is not None and place is not place.parent:
        if isinstance(place, Viewport):
            box = within(box, box_of(place))
        place = place.parent
    return box


def cut_sideways(widget: Widget) -> float:
    """How many pixels stand beyond the sides of a page, where no turning leads."""
    (left, _, right, _), (first, _, last, _) = box_of(widget), seen_part(widget)
    return float(max(first - left, right - last, 0))


def is_wholly_seen(widget: Widget) -> bool:
    """Whether no page's edge cuts it."""
    left, bottom, right, top = seen_part(widget)
    return bool(right - left >= widget.width - 1 and top - bottom >= widget.height - 1)


def name_of(widget: Any) -> str:
    """What to call it in a report."""
    told = getattr(widget, "said", "") or getattr(widget, "text", "") or getattr(widget, "name", "")
    return str(told)[:80] or type(widget).__name__


def _mm(pixels: float) -> float:
    return float(round(pixels / theme.px_per_mm, 2))


# --- sizes and places -------------------------------------------------------------------------


def _size(thing: Tap) -> Iterator[Finding]:
    name = name_of(thing)
    yield Finding("target", name, _mm(min(thing.size) + HALF_PIXEL), TARGET_MM)
    left, bottom, right, top = seen_part(thing)
    beyond = max(-left, -bottom, right - Window.width, top - Window.height, 0)
    yield Finding("outside", name, beyond, 1)
    if Window.height > Window.width:
        reached = min(top, Window.height * REACH) - bottom
        yield Finding("reach", name, _mm(reached + HALF_PIXEL), TARGET_MM)


def _gaps(targets: list[Tap], screen_is_one_target: bool) -> Iterator[Finding]:
    inside = {thing: set(thing.walk(restrict=True)) for thing in targets}
    for one, other in combinations(targets, 2):
        if one in inside[other] or other in inside[one]:
            continue
        a, b = seen_part(one), seen_part(other)
        if screen_is_one_target and _cover_each_other(a, b) > 0:
            continue
        across = max(a[0] - b[2], b[0] - a[2])
        up = max(a[1] - b[3], b[1] - a[3])
        apart = max(across, up)
        if apart > theme.mm(GAP_MM) * 3:
            continue
        yield Finding("gap", f"{name_of(one)} | {name_of(other)}", _mm(apart + HALF_PIXEL), GAP_MM)


def _keys(cover: Widget) -> Iterator[KeyCap]:
    for widget in cover.walk(restrict=True):
        if isinstance(widget, KeyCap) and is_shown(widget):
            yield widget


def _words(cover: Widget) -> Iterator[Words]:
    for words in cover.walk(restrict=True):
        if isinstance(words, Words) and words.text.strip() and is_shown(words):
            yield words


def _letters(cover: Widget) -> Iterator[Finding]:
    for words in _words(cover):
        capital = _mm((words.font_size + HALF_PIXEL) * CAPITAL_RATIO)
        yield Finding("letters", words.text[:80], capital, CAPITALS_MM[0])
    for key in _keys(cover):
        if key.letters:
            capital = _mm((key.letters + HALF_PIXEL) * CAPITAL_RATIO)
            yield Finding("letters", f"key {key.said}", capital, CAPITALS_MM[0])


def _cut(cover: Widget) -> Iterator[Finding]:
    """Words of which a part is not drawn, or lies outside what holds them."""
    for words in _words(cover):
        # A picture of joined letters is up to three pixels wider than what they measure.
        beyond = [words.texture_size[0] - words.width - 2, words.texture_size[1] - words.height]
        left, bottom, right, top = seen_part(words)
        beyond += [-left, -bottom, right - Window.width, top - Window.height]
        beyond.append(cut_sideways(words))
        holder = words.parent
        beyond += [holder.x - words.x, words.right - holder.right]
        thing = _target_of(words)
        if thing is not None:
            beyond += [thing.y - words.y, words.top - thing.top]
            beyond += [thing.x - words.x, words.right - thing.right]
        if words.max_lines and words.text:
            whole = words.height_at(words.width)
            if whole > words.texture_size[1] + 1:
                beyond.append(whole - words.texture_size[1])
        yield Finding("cut", words.text[:80], max(0, *beyond), 1)


def _target_of(words: Words) -> Tap | None:
    """The thing to touch that holds these words."""
    place = words.parent
    while place is not None and place is not place.parent:
        if isinstance(place, Tap):
            return place
        place = place.parent
    return None


def _overlaps(cover: Widget) -> Iterator[Finding]:
    """Texts on texts, and texts half under a button that they do not belong to."""
    texts = []
    for words in _words(cover):
        boxes = [within(box, box_of(words)) for box, _ in _drawn_text(words)]
        clip = clip_of(words)
        boxes = [within(box, clip) for box in boxes]
        boxes = [box for box in boxes if box[2] > box[0] and box[3] > box[1]]
        if boxes:
            texts.append((words, _around(boxes)))
    for (one, a), (other, b) in combinations(texts, 2):
        covered = _cover_each_other(a, b)
        if covered > 1:
            yield Finding("overlap", f"{one.text[:40]} | {other.text[:40]}", covered, 1)
    buttons = [(thing, seen_part(thing)) for thing in things(cover)]
    for words, a in texts:
        for thing, b in buttons:
            covered = _cover_each_other(a, b)
            contained = (
                a[0] >= b[0] - 2 and a[2] <= b[2] + 2 and a[1] >= b[1] - 2 and a[3] <= b[3] + 2
            )
            if covered > 1 and not contained and words not in set(thing.walk(restrict=True)):
                yield Finding("overlap", f"{words.text[:40]} | {name_of(thing)}", covered, 1)


def _around(boxes: list[Box]) -> Box:
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def _cover_each_other(one: Box, other: Box) -> float:
    left, bottom, right, top = within(one, other)
    return max(0.0, min(right - left, top - bottom))


def _speech(cover: Widget) -> Iterator[Finding]:
    silent = set(focusable_without_speech())
    for widget in cover.walk(restrict=True):
        if isinstance(widget, FocusBehavior) and not widget.disabled and is_shown(widget):
            yield Finding("speechless", name_of(widget), 1 if widget in silent else 0, 0)


# --- contrast ---------------------------------------------------------------------------------


def _drawn_text(widget: Widget) -> Iterator[tuple[Box, Texture]]:
    """Where each picture of letters stands in the window, and that picture."""
    if isinstance(widget, Words):
        placed = [(rectangle.pos, texture) for rectangle, texture in widget._drawn]
    elif isinstance(widget, Sign):
        if widget.texture is None or not widget.text:
            return
        width, height = widget.texture.size
        placed = [
            ((int(widget.center_x - width / 2), int(widget.center_y - height / 2)), widget.texture)
        ]
    elif isinstance(widget, KeyCap):
        if widget._label.texture is None or widget.key.action is not None:
            return
        placed = [(widget._label.pos, widget._label.texture)]
    elif isinstance(widget, AnswerField):
        placed = [
            (drawn.pos, drawn.texture)
            for drawn in widget._content.children
            if isinstance(drawn, Rectangle) and drawn.texture is not None
        ]
    else:
        return
    for (x, y), texture in placed:
        left, bottom = widget.to_window(x, y)
        yield (left, bottom, left + texture.width, bottom + texture.height), texture


class Masks:
    """Which pixels a letter covers wholly, and which not at all; kept as long as this is."""

    def __init__(self) -> None:
        self._alphas: dict[int, tuple[Texture, Image.Image]] = {}

    def contrast(self, box: Box, texture: Texture, clip: Box, picture: Image.Image) -> float | None:
        """The lowest contrast of letter against ground; None where too little can be seen."""
        alpha = self._alpha(texture)
        inked = alpha.getbbox()
        if inked is None:
            return None
        left, bottom, height = round(box[0]), round(box[1]), texture.height
        letters = (left + inked[0], bottom + height - inked[3])
        letters += (left + inked[2], bottom + height - inked[1])
        seen = within(letters, clip)
        if seen[2] <= seen[0] or seen[3] - seen[1] < SEEN * (letters[3] - letters[1]):
            return None
        # Kivy counts from the foot of the window, pictures from the top.
        area = (
            round(seen[0]),
            picture.height - round(seen[3]),
            round(seen[2]),
            picture.height - round(seen[1]),
        )
        top = picture.height - bottom - height
        part = (area[0] - left, area[1] - top, area[2] - left, area[3] - top)
        alpha = alpha.crop(part)
        crop = picture.crop(area)
        inks, grounds = Counter[Any](), Counter[Any]()
        for count, (covered, colour) in _pairs(alpha, crop):
            if covered == 255:
                inks[colour] += count
            elif covered == 0:
                grounds[colour] += count
        if not inks or not grounds:
            return None
        return min(
            contrast(_hex(ink), _hex(ground))
            for ink in _noticeable(inks)
            for ground in _noticeable(grounds)
        )

    def _alpha(self, texture: Texture) -> Image.Image:
        known = self._alphas.get(id(texture))
        if known is None:
            whole = Image.frombytes("RGBA", texture.size, bytes(texture.pixels))
            alpha = whole.getchannel("A")
            self._alphas[id(texture)] = known = (texture, alpha)
        return known[1]


def _pairs(alpha: Image.Image, crop: Image.Image) -> Iterator[tuple[int, tuple[int, Any]]]:
    """How often each cover comes with each colour."""
    red, green, blue = crop.split()
    joined = Image.merge("RGBA", (red, green, blue, alpha))
    for count, (r, g, b, a) in joined.getcolors(joined.width * joined.height) or ():
        yield count, (a, (r, g, b))


def _noticeable(colours: Counter[Any]) -> list[Any]:
    least = NOTICEABLE * sum(colours.values())
    return [colour for colour, count in colours.items() if count >= least] or [
        colours.most_common(1)[0][0]
    ]


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02X}{:02X}{:02X}".format(*colour)


@cache
def _paper(width: int, height: int) -> Fbo:
    """What pictures of this size are drawn on; making one takes longer than drawing."""
    paper = Fbo(size=(width, height), with_stencilbuffer=True)
    red, green, blue, _ = Window.clearcolor
    with paper:
        ClearColor(red, green, blue, 1)
        ClearBuffers()
        Scale(1, -1, 1)
        Translate(0, -height, 0)
    return paper


def picture_of(widget: Widget) -> Image.Image:
    """What the window shows now of a widget that fills it."""
    width, height = (int(length) for length in widget.size)
    parent = widget.parent
    at = parent.canvas.indexof(widget.canvas) if parent is not None else -1
    if parent is not None and at > -1:
        parent.canvas.remove(widget.canvas)
    paper = _paper(width, height)
    paper.add(widget.canvas)
    paper.ask_update()
    paper.draw()
    drawn = Image.frombytes("RGB", (width, height), paper.pixels, "raw", "RGBX")
    paper.remove(widget.canvas)
    if parent is not None and at > -1:
        parent.canvas.insert(at, widget.canvas)
    return drawn
