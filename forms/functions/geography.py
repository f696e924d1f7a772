"""Functions on places (bindings, "Geographic Functions"), on a sphere of the Earth's size."""

from __future__ import annotations

import math
from itertools import pairwise

from forms.functions.registry import Take, function
from forms.xpath.context import Context
from forms.xpath.values import NAN, Value, to_number, to_text

EARTH = 6_378_100.0
"""Metres from the centre to the Equator, as JavaRosa has it."""

_Point = tuple[float, float]


def _points(values: tuple[Value, ...]) -> list[_Point] | None:
    """Latitudes and longitudes, in radians, of points, traces, shapes; None where one is none."""
    found: list[_Point] = []
    for value in values:
        for place in to_text(value).split(";"):
            parts = place.split()
            if not parts:
                continue
            if len(parts) < 2:
                return None
            latitude, longitude = to_number(parts[0]), to_number(parts[1])
            if latitude != latitude or longitude != longitude:
                return None
            found.append((math.radians(latitude), math.radians(longitude)))
    return found


def _apart(one: _Point, other: _Point) -> float:
    """Metres between two points along the sphere (haversine)."""
    half = (
        math.sin((other[0] - one[0]) / 2) ** 2
        + math.cos(one[0]) * math.cos(other[0]) * math.sin((other[1] - one[1]) / 2) ** 2
    )
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(half)))


@function("distance", Take.VALUES, more=True)
def distance(context: Context, *values: Value) -> Value:
    """Metres along points, a trace or a shape, in their order."""
    points = _points(values)
    if points is None:
        return NAN
    return math.fsum(_apart(one, other) for one, other in pairwise(points))


@function("area", Take.VALUES)
def area(context: Context, *values: Value) -> Value:
    """Square metres inside a shape, or inside points taken in order."""
    points = _points(values)
    if points is None:
        return NAN
    if len(points) < 3:
        return 0.0
    around = math.fsum(
        (other[1] - one[1]) * (2 + math.sin(one[0]) + math.sin(other[0]))
        for one, other in zip(points, [*points[1:], points[0]], strict=True)
    )
    return abs(around * EARTH * EARTH / 2)
