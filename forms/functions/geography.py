"""Functions on places (bindings, "Geographic Functions"), on a sphere of the Earth's size."""

from __future__ import annotations

import math
from itertools import pairwise

from forms.functions import angles
from forms.functions.registry import Take, function
from forms.xpath.context import Context
from forms.xpath.values import NAN, Value, to_number, to_text

EARTH = 6_378_100.0
"""Metres from the centre to the Equator, as JavaRosa has it."""

_Point = tuple[float, float]


def _points(values: tuple[Value, ...]) -> list[_Point] | None:
    """Latitudes and longitudes, in degrees, of points, traces, shapes; None where one is none."""
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
            found.append((latitude, longitude))
    return found


def _apart(one: _Point, other: _Point) -> float:
    """Metres between two points along the sphere, by the law of cosines as JavaRosa has it."""
    latitude, other_latitude = math.radians(one[0]), math.radians(other[0])
    between = math.radians(other[1] - one[1])
    cosine = math.sin(latitude) * math.sin(other_latitude) + math.cos(latitude) * math.cos(
        other_latitude
    ) * math.cos(between)
    return EARTH * angles.acos(max(-1.0, min(1.0, cosine)))


@function("distance", Take.VALUES, more=True)
def distance(context: Context, *values: Value) -> Value:
    """Metres along points, a trace or a shape, in their order."""
    points = _points(values)
    if points is None:
        return NAN
    return sum((_apart(one, other) for one, other in pairwise(points)), 0.0)


@function("enclosed-area", Take.VALUES)
@function("area", Take.VALUES)
def area(context: Context, *values: Value) -> Value:
    """Square metres inside a shape, or inside points taken in order.

    Points are laid on a plane around the first one, east shrunk by the cosine of each latitude, and
    the plane's triangles summed: what JavaRosa does, to the last digit.
    """
    points = _points(values)
    if points is None:
        return NAN
    if len(points) < 3:
        return 0.0
    degree = 2 * EARTH * math.pi
    first_latitude, first_longitude = points[0]
    north = [(latitude - first_latitude) * degree / 360 for latitude, _ in points[1:]]
    east = [
        (longitude - first_longitude) * degree * math.cos(math.radians(latitude)) / 360
        for latitude, longitude in points[1:]
    ]
    doubled = (
        (y * next_x - x * next_y) / 2
        for (x, next_x), (y, next_y) in zip(pairwise(east), pairwise(north), strict=True)
    )
    return abs(sum(doubled, 0.0))


@function("geofence", Take.VALUE, Take.VALUE)
def geofence(context: Context, place: Value, shape: Value) -> Value:
    """Whether a point lies inside a shape; never where one of them is none.

    By the edges that a line from the point to the east crosses, as in JavaRosa: of the edges of a
    rectangle, the southern and the western belong to it.
    """
    points, corners = _points((place,)), _points((shape,))
    if not points or not corners:
        return False
    latitude, longitude = points[0]
    inside = False
    for (from_latitude, from_longitude), (to_latitude, to_longitude) in pairwise(corners):
        if (to_latitude > latitude) is (from_latitude > latitude):
            continue
        part = (from_longitude - to_longitude) * (latitude - to_latitude)
        if longitude < part / (from_latitude - to_latitude) + to_longitude:
            inside = not inside
    return inside
