"""Map tiles in one file: MBTiles 1.3, raster; read where it lies, or from memory."""

import re
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from kiosk.errors import DeviceError

LARGEST_TILE = 4 << 20  # bytes
_ENDING = ".mbtiles"
_RASTER = frozenset({"png", "jpg", "jpeg", "webp"})
_TAGS = re.compile(r"<[^>]*>")


class UnreadableMap(DeviceError):
    """This is no map that the kiosk can draw."""


class Tiles:
    """A map's tiles.

    Attributes:
        lowest: the zoom at which most can be seen at once.
        highest: the zoom at which most detail can be seen.
        bounds: west, south, east, north, in degrees.
        centre: latitude and longitude where to begin.
        attribution: whose map it is, which must be said beside it.
    """

    def __init__(self, database: sqlite3.Connection, name: str) -> None:
        self._database = database
        try:
            self._told = dict(database.execute("SELECT name, value FROM metadata"))
            zooms = database.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles")
            lowest, highest = next(zooms)
        except (sqlite3.Error, ValueError) as error:
            raise UnreadableMap(f"{name} is not an MBTiles file. Export the map again.") from error
        if lowest is None:
            raise UnreadableMap(f"{name} holds no tiles. Export the map again.")
        kind = str(self._told.get("format", "png")).lower()
        if kind not in _RASTER:
            raise UnreadableMap(
                f"{name} holds {kind} tiles; the kiosk draws pictures (PNG, JPEG, WebP)."
            )
        self.ending = "jpg" if kind == "jpeg" else kind
        self.lowest, self.highest = int(lowest), int(highest)
        self.bounds = self._numbers("bounds", 4) or (-180.0, -85.0, 180.0, 85.0)
        west, south, east, north = self.bounds
        told = self._numbers("center", 3) or self._numbers("center", 2)
        self.centre = (told[1], told[0]) if told else ((south + north) / 2, (west + east) / 2)
        self.begin = int(told[2]) if len(told) == 3 else self.lowest
        self.attribution = _TAGS.sub("", str(self._told.get("attribution", ""))).strip()

    @classmethod
    def at(cls, path: Path) -> "Tiles":
        """The tiles of a file.

        Raises:
            UnreadableMap: it is not such a file.
        """
        try:
            address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
            return cls(sqlite3.connect(address, uri=True, check_same_thread=False), path.name)
        except sqlite3.Error as error:
            raise UnreadableMap(f"{path} cannot be opened.") from error

    @classmethod
    def of(cls, content: bytes, name: str) -> "Tiles":
        """The tiles of a file that is in memory.

        Raises:
            UnreadableMap: it is not such a file.
        """
        database = sqlite3.connect(":memory:", check_same_thread=False)
        try:
            database.deserialize(content)
        except (sqlite3.Error, MemoryError) as error:  # MemoryError: of an empty file
            raise UnreadableMap(f"{name} is not an MBTiles file. Export the map again.") from error
        return cls(database, name)

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """A tile's picture, row 0 in the north; None where the map has none."""
        tms = 2**zoom - 1 - row  # MBTiles counts from the south
        try:
            found = self._database.execute(
                "SELECT tile_data FROM tiles"
                " WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
                (zoom, column, tms),
            ).fetchone()
        except sqlite3.Error:
            return None
        if found is None or not isinstance(found[0], bytes) or len(found[0]) > LARGEST_TILE:
            return None
        return found[0]

    def shows(self, latitude: float, longitude: float) -> bool:
        """Whether a place is on this map."""
        west, south, east, north = self.bounds
        return west <= longitude <= east and south <= latitude <= north

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _numbers(self, name: str, count: int) -> tuple[float, ...]:
        try:
            numbers = tuple(float(part) for part in str(self._told.get(name, "")).split(","))
        except ValueError:
            return ()
        return numbers if len(numbers) == count else ()


def map_among(files: Mapping[str, bytes]) -> Tiles | None:
    """The map that a consultation brings, if it brings one.

    Raises:
        UnreadableMap: it cannot be read.
    """
    for name, content in files.items():
        if name.lower().endswith(_ENDING):
            return Tiles.of(content, name)
    return None


def map_in(folder: Path) -> Tiles | None:
    """The device's own map: the first in this folder, if there is one.

    Raises:
        UnreadableMap: it cannot be read.
    """
    found = sorted(folder.glob(f"*{_ENDING}")) if folder.is_dir() else []
    return Tiles.at(found[0]) if found else None
