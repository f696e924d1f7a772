"""Places with names, from the GeoJSON files that come with a form."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kiosk.maps.earth import Spot

MOST = 500
_NAMES = ("title", "name", "label", "nom")


@dataclass(frozen=True)
class Named:
    """A place that people know by its name."""

    name: str
    spot: Spot


def named_places(files: Mapping[str, bytes], most: int = MOST) -> tuple[Named, ...]:
    """The points with names in all GeoJSON files, in their order; what is not sound is left out."""
    found: list[Named] = []
    for name in sorted(files):
        if name.lower().endswith((".geojson", ".json")):
            found += _points(files[name])
    return tuple(found[:most])


def _points(content: bytes) -> Iterator[Named]:
    try:
        document = json.loads(content)
        features = document["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    for feature in features if isinstance(features, list) else ():
        try:
            geometry, told = feature["geometry"], feature["properties"]
            if geometry["type"] != "Point":
                continue
            longitude, latitude = (float(number) for number in geometry["coordinates"][:2])
            name = next(str(told[key]) for key in _NAMES if told.get(key))
        except (KeyError, TypeError, ValueError, AttributeError, StopIteration):
            continue
        if abs(latitude) <= 90 and abs(longitude) <= 180:
            yield Named(name, Spot(latitude, longitude))
