import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kiosk import media  # isort: split

from forms.engine import Outcome
from kiosk.maps.earth import (
    Spot,
    apart,
    length,
    metres_a_pixel,
    on_earth,
    on_map,
    read_spots,
    round_metres,
    written_way,
)
from kiosk.maps.named import named_places
from kiosk.maps.tiles import Tiles, UnreadableMap, map_among, map_in
from tests.kiosk import hall

latitudes, longitudes = st.floats(-85, 85), st.floats(-180, 179.99)


@given(latitudes, longitudes)
def test_a_place_is_found_again_on_the_map(latitude, longitude):
    back = on_earth(*on_map(latitude, longitude))
    assert back == pytest.approx((latitude, longitude), abs=1e-6)


@given(st.lists(st.tuples(latitudes, longitudes), min_size=1, max_size=6))
def test_a_way_is_read_as_it_was_written(points):
    spots = [Spot(round(latitude, 6), round(longitude, 6)) for latitude, longitude in points]
    assert list(read_spots(written_way(spots))) == spots


@pytest.mark.parametrize("written", ["", "here", "91 0", "0 181", "1", "1 2 3 4 5", "1 2; x"])
def test_what_is_no_place_is_none(written):
    assert read_spots(written) == ()


@pytest.mark.parametrize(
    "name, spots",
    [
        ("lieu", [Spot(47.2184, -1.5536, 12.5, 4.0)]),
        ("chemin", [Spot(47.2184, -1.5536), Spot(47.22, -1.5)]),
        ("zone", [Spot(0.000001, 0), Spot(0, 1), Spot(1, 1), Spot(0.000001, 0)]),
    ],
)
def test_the_form_keeps_places_as_they_are_written_here(name, spots):
    entry = hall.offer(media.UPLOADS).begin()
    verdict = entry.answer(f"/data/{name}", written_way(spots))
    assert verdict.outcome is Outcome.OK, verdict.cause
    assert entry.step(f"/data/{name}").value == written_way(spots)


def test_distances_agree_with_the_form_engine():
    paris, lyon = Spot(48.8566, 2.3522), Spot(45.764, 4.8357)
    assert apart(paris, lyon) == pytest.approx(392_000, rel=0.01)
    assert length([paris, lyon, paris]) == pytest.approx(2 * apart(paris, lyon))
    assert length([paris]) == 0


def test_a_scale_is_a_round_number_that_fits():
    assert [round_metres(width) for width in (9.9, 10, 49, 120, 1999)] == [5, 10, 20, 100, 1000]
    assert metres_a_pixel(0, 0) == pytest.approx(156_543, rel=0.002)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return media.tiles(tmp_path_factory.mktemp("tiles"), zooms=range(13, 15))


def test_a_map_gives_its_tiles_counted_from_the_north(made):
    tiles = Tiles.of(made, "made")
    across, down = on_map(media.NANTES.latitude, media.NANTES.longitude)
    column, row = int(across * 2**14), int(down * 2**14)
    assert tiles.tile(14, column, row).startswith(b"\x89PNG")
    assert tiles.tile(14, column, 2**14 - 1 - row) is None
    assert (tiles.lowest, tiles.highest, tiles.begin) == (13, 14, 14)
    assert tiles.centre == pytest.approx((47.2184, -1.5536))
    assert tiles.attribution == "© made for tests"
    assert tiles.shows(47.2184, -1.5536) and not tiles.shows(48.8, 2.3)


def test_a_map_lies_in_a_folder_or_comes_with_the_consultation(made, tmp_path):
    assert map_in(tmp_path / "none") is None and map_in(tmp_path) is None
    (tmp_path / "nantes.mbtiles").write_bytes(made)
    assert map_in(tmp_path).highest == 14
    assert map_among({"photo.png": b"", "Nantes.MBTILES": made}).highest == 14
    assert map_among({"photo.png": b""}) is None


def test_reading_a_map_leaves_its_folder_as_it_was(made, tmp_path):
    (tmp_path / "nantes.mbtiles").write_bytes(made)
    map_in(tmp_path).tile(14, 1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["nantes.mbtiles"]


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00", b"no map" * 1000])
def test_what_is_no_map_is_refused_with_a_sentence(content, tmp_path):
    with pytest.raises(UnreadableMap, match="Export the map again"):
        Tiles.of(content, "broken.mbtiles")
    (tmp_path / "broken.mbtiles").write_bytes(content)
    with pytest.raises(UnreadableMap):
        map_in(tmp_path)


def test_a_map_of_vectors_is_refused(made, tmp_path):
    path = tmp_path / "vector.mbtiles"
    path.write_bytes(made)
    database = sqlite3.connect(path)
    database.execute("UPDATE metadata SET value = 'pbf' WHERE name = 'format'")
    database.commit()
    database.close()
    with pytest.raises(UnreadableMap, match="pbf"):
        Tiles.at(path)


def test_places_with_names_come_from_geojson_and_what_is_unsound_is_left_out():
    files = {
        "lieux.geojson": media.PLACES,
        "broken.geojson": b"{",
        "other.json": b'{"features": [{"geometry": {"type": "Point", "coordinates": [999, 1]},'
        b' "properties": {"name": "x"}}, {"geometry": null}, 7]}',
    }
    names = [one.name for one in named_places(files)]
    assert names == ["La mairie", "Le marché couvert", "Le passage des Érables"]
    assert len(named_places(files, most=2)) == 2
