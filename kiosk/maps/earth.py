"""Places on the earth and on the flat map: web Mercator (EPSG:3857), and the form's own writing."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from forms.engine.answers import write_decimal

RADIUS = 6_378_100.0  # metres, as the form engine measures
NORTHERNMOST = 85.0511287798
_PLACES = 6  # decimals of a degree: a tenth of a metre
TILE = 256  # pixels across


@dataclass(frozen=True)
class Spot:
    """A place: degrees, metres above the sea, and how many metres it may be wrong."""

    latitude: float
    longitude: float
    altitude: float = 0.0
    accuracy: float = 0.0

    def written(self) -> str:
        """As forms hold it: latitude, longitude, altitude, accuracy (ODK XForms, geopoint)."""
        degrees = (round(self.latitude, _PLACES), round(self.longitude, _PLACES))
        metres = (round(self.altitude, 1), round(self.accuracy, 1))
        return " ".join(write_decimal(number) for number in (*degrees, *metres))


def written_way(spots: Iterable[Spot]) -> str:
    """As forms hold a trace or a shape (ODK XForms, geotrace)."""
    return "; ".join(spot.written() for spot in spots)


def read_spots(written: str) -> tuple[Spot, ...]:
    """The places of a geopoint, a trace or a shape; what is none of them gives none."""
    spots = []
    for part in written.split(";"):
        try:
            numbers = [float(number) for number in part.split()]
        except ValueError:
            return ()
        if not numbers:
            continue
        if not 2 <= len(numbers) <= 4 or abs(numbers[0]) > 90 or abs(numbers[1]) > 180:
            return ()
        spots.append(Spot(*numbers))
    return tuple(spots)


def on_map(latitude: float, longitude: float) -> tuple[float, float]:
    """A place on the square world: x from 0 in the west to 1, y from 0 in the north to 1."""
    latitude = max(-NORTHERNMOST, min(NORTHERNMOST, latitude))
    stretched = math.asinh(math.tan(math.radians(latitude)))
    return ((longitude + 180) / 360, (1 - stretched / math.pi) / 2)


def on_earth(x: float, y: float) -> tuple[float, float]:
    """Latitude and longitude of a point of the square world."""
    x, y = x % 1.0, min(1.0, max(0.0, y))
    return (math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y)))), x * 360 - 180)


def metres_a_pixel(latitude: float, zoom: float) -> float:
    """How much of the earth one pixel of the map shows."""
    return 2 * math.pi * RADIUS * math.cos(math.radians(latitude)) / (TILE * 2**zoom)


def apart(one: Spot, other: Spot) -> float:
    """Metres between two places, over the surface."""
    a, b = math.radians(one.latitude), math.radians(other.latitude)
    turn = math.radians(other.longitude - one.longitude)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(turn / 2) ** 2
    return 2 * RADIUS * math.asin(min(1.0, math.sqrt(half)))


def length(spots: Sequence[Spot]) -> float:
    """Metres along a way."""
    return sum(apart(one, other) for one, other in pairwise(spots))


def round_metres(width: float) -> float:
    """The largest of 1, 2, 5, 10, 20, … metres that is not more than that."""
    size = 10 ** math.floor(math.log10(max(width, 0.001)))
    return float(next(step * size for step in (5, 2, 1) if step * size <= width * 1.000001))
