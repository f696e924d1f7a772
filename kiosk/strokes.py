"""A drawing as the strokes that it is made of: plain data, smoothed, undone, made into a picture.

Lengths are parts of the paper's width: x from 0 to 1 from the left, y from 0 at the top.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image, ImageDraw

from kiosk.decoding import decoded, on_white

Point = tuple[float, float]

INKS = {"black": "#10131f", "blue": "#1d3fb8", "red": "#c01818", "green": "#0b7a3b"}
PEN = 0.006  # how wide a stroke is
MOST_STROKES = 2_000
_FINER = 2  # drawn so much larger first, for smooth edges
_STEPS = 6  # points on a curve between two that the finger gave
_DOT = 1.5  # a dot is a little thicker than a line, as a pen makes it
_WIDEST = 4_096


@dataclass
class Stroke:
    """What a finger drew before it was lifted."""

    ink: str
    width: float = PEN
    points: list[Point] = field(default_factory=list)


@dataclass
class Drawing:
    """Strokes on a paper.

    Attributes:
        shape: the paper's width divided by its height.
        ground: a picture that is drawn upon, as a file; b"" for white paper.
    """

    shape: float = 1.5
    ground: bytes = field(default=b"", repr=False)
    strokes: list[Stroke] = field(default_factory=list)

    def begin(self, ink: str, at: Point, width: float = PEN) -> Stroke:
        """A finger comes down."""
        stroke = Stroke(ink, width, [self._on_paper(at)])
        if len(self.strokes) < MOST_STROKES:
            self.strokes.append(stroke)
        return stroke

    def extend(self, stroke: Stroke, to: Point, least: float = 0.002) -> bool:
        """It moves; says whether far enough to matter."""
        x, y = self._on_paper(to)
        before_x, before_y = stroke.points[-1]
        if (x - before_x) ** 2 + (y - before_y) ** 2 < least**2:
            return False
        stroke.points.append((x, y))
        return True

    def undo(self) -> None:
        """Take the last stroke away."""
        if self.strokes:
            self.strokes.pop()

    def clear(self) -> None:
        """Take all strokes away."""
        self.strokes.clear()

    def _on_paper(self, at: Point) -> Point:
        return (min(1.0, max(0.0, at[0])), min(1 / self.shape, max(0.0, at[1])))

    def png(self, width: int = 1_200) -> bytes:
        """The drawing as a picture so many pixels wide."""
        across = min(width, _WIDEST)
        large = (across * _FINER, max(1, round(across / self.shape)) * _FINER)
        ground = on_white(self.ground) if self.ground else None
        paper = ground.resize(large) if ground else Image.new("RGB", large, "white")
        pen = ImageDraw.Draw(paper)
        for stroke in self.strokes:
            _draw(pen, stroke, large[0])
        picture = paper.reduce(_FINER)
        file = BytesIO()
        picture.save(file, "PNG")
        return file.getvalue()


def _draw(pen: ImageDraw.ImageDraw, stroke: Stroke, scale: int) -> None:
    colour = INKS[stroke.ink]
    half = stroke.width * scale / 2
    points = [(x * scale, y * scale) for x, y in smooth(stroke.points)]
    if len(points) == 1:
        half *= _DOT
    else:
        pen.line(points, colour, width=max(1, round(2 * half)))
    for x, y in (*points[:: _STEPS // 2], points[-1]):  # round joints and ends
        pen.ellipse((x - half, y - half, x + half, y + half), colour)


def smooth(points: Sequence[Point]) -> list[Point]:
    """The same way without corners: curves from the middle of each piece to that of the next."""
    if len(points) < 3:
        return list(points)
    curve = [points[0]]
    for before, at, after in zip(points, points[1:], points[2:], strict=False):
        start = _middle(before, at)
        end = _middle(at, after)
        for step in range(_STEPS + 1):
            part = step / _STEPS
            curve.append(_bent(start, at, end, part))
    curve.append(points[-1])
    return curve


def _middle(one: Point, other: Point) -> Point:
    return ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)


def _bent(start: Point, control: Point, end: Point, part: float) -> Point:
    """A point of the quadratic curve."""
    rest = 1 - part
    a, b, c = rest * rest, 2 * rest * part, part * part
    return (
        a * start[0] + b * control[0] + c * end[0],
        a * start[1] + b * control[1] + c * end[1],
    )


def shape_of(picture: bytes) -> float | None:
    """The width of a picture divided by its height; None where it is none that can be read."""
    found = decoded(picture)
    return found.width / found.height if found else None
