import pytest

from tests.kiosk import driver, media  # isort: split

from kiosk.devices.equipment import Equipment
from kiosk.devices.place import FixedPlace
from kiosk.focus import keys_in_use
from kiosk.maps.earth import read_spots
from kiosk.maps.tiles import Tiles
from kiosk.widgets import map_view
from kiosk.widgets.kinds import describe
from kiosk.widgets.map_view import PanKey
from kiosk.widgets.sides import SideTool


@pytest.fixture(scope="module")
def tiles(tmp_path_factory):
    return Tiles.of(media.tiles(tmp_path_factory.mktemp("tiles")), "made")


@pytest.fixture
def kiosk(tmp_path, tiles):
    with media.hall_with(tmp_path, Equipment(tiles=tiles)) as opened:
        yield opened


def tool(answer, words):
    (found,) = [one for one in answer.walk() if isinstance(one, SideTool) and one.text == words]
    return found


def tap_map(answer, across=0.5, up=0.5):
    driver.tap(answer.ids.view, across, up)


def spots(kiosk):
    return read_spots(kiosk.kiosk.journey.value())


def test_a_touch_on_the_map_is_the_answer(kiosk):
    answer = media.to(kiosk, "lieu")
    view = answer.ids.view
    tap_map(answer, 0.6, 0.6)
    (spot,) = spots(kiosk)
    expected = view.place_at(view.x + view.width * 0.6, view.y + view.height * 0.6)
    assert (spot.latitude, spot.longitude) == pytest.approx(expected, abs=1e-5)
    assert spot.latitude > view.latitude and spot.longitude > view.longitude
    assert answer.told == "Le point est placé."
    tap_map(answer, 0.4, 0.4)
    assert len(spots(kiosk)) == 1 and spots(kiosk) != (spot,)
    kiosk.on()
    kiosk.back()
    assert len(media.to(kiosk, "lieu").ids.view.spots) == 1


def test_buttons_alone_lead_anywhere(kiosk):
    answer = media.to(kiosk, "lieu")
    view = answer.ids.view
    here = (view.latitude, view.longitude)
    keys = {key.icon: key for key in view.walk() if isinstance(key, PanKey)}
    driver.tap(tool(answer, "Plus près"))
    assert view.zoom == 15
    driver.tap(keys["arrow-up"])
    driver.tap(keys["arrow-right"])
    driver.tap(tool(answer, "Placer ici"))
    (spot,) = spots(kiosk)
    assert spot.latitude > here[0] and spot.longitude > here[1]
    driver.tap(keys["arrow-down"])
    driver.tap(keys["arrow-left"])
    assert (view.latitude, view.longitude) == pytest.approx(here, abs=1e-6)
    for _ in range(9):
        driver.tap(tool(answer, "Plus loin"))
    assert view.zoom == 12
    driver.tap(tool(answer, "Annuler"))
    assert spots(kiosk) == ()


def test_a_finger_that_drags_moves_the_map_and_chooses_nothing(kiosk):
    answer = media.to(kiosk, "lieu")
    view = answer.ids.view
    before = view.longitude
    media.draw(view, (0.6, 0.6), (0.5, 0.6), (0.3, 0.5))
    assert view.longitude > before
    assert spots(kiosk) == ()
    for _ in range(30):
        driver.perform(iter([view.move(1, 0)]))
    assert view.longitude <= view.tiles.bounds[2]  # never off the map


def test_a_way_needs_two_points_and_an_area_three_and_closes(kiosk):
    answer = media.to(kiosk, "chemin")
    tap_map(answer, 0.3, 0.3)
    assert kiosk.kiosk.journey.value() == "" and answer.told == "Encore 1 point."
    tap_map(answer, 0.6, 0.6)
    assert len(spots(kiosk)) == 2
    driver.tap(tool(answer, "Annuler"))
    assert kiosk.kiosk.journey.value() == ""
    tap_map(answer, 0.7, 0.3)
    kiosk.on()
    area = media.to(kiosk, "zone")
    for across, up in ((0.3, 0.3), (0.6, 0.3)):
        tap_map(area, across, up)
    assert kiosk.kiosk.journey.value() == ""
    tap_map(area, 0.5, 0.65)
    ring = spots(kiosk)
    assert len(ring) == 4 and ring[0] == ring[-1]
    step = kiosk.kiosk.journey.step()
    assert describe(step, kiosk.kiosk.journey.value()).startswith(
        "Une zone sur la carte : 3 points"
    )
    kiosk.on()
    kiosk.back()
    assert len(media.to(kiosk, "zone").spots) == 3


@pytest.mark.parametrize("keys", [False, True])
def test_on_a_low_map_touches_lead_on_and_arrows_come_with_keys(tmp_path, tiles, keys):
    with media.hall_with(tmp_path, Equipment(tiles=tiles), driver.SMALL) as kiosk:
        answer = media.to(kiosk, "lieu")
        view = answer.ids.view
        assert view.low
        keys_in_use.now = keys
        driver.frames(2)
        shown = [key for key in view.walk() if isinstance(key, PanKey) and not key.disabled]
        assert len(shown) == (4 if keys else 0)
        if not keys:
            before = view.latitude
            tap_map(answer, 0.5, 0.95)
            assert view.latitude > before  # what was touched near the edge is in the middle now
            assert len(spots(kiosk)) == 1
        keys_in_use.now = False


def test_without_a_map_there_is_a_plain_one_about_where_the_device_is(tmp_path):
    equipment = Equipment(place=FixedPlace(media.NANTES))
    with media.hall_with(tmp_path, equipment) as kiosk:
        answer = media.to(kiosk, "lieu")
        driver.tap(tool(answer, "Je suis ici"))
        assert spots(kiosk)[0] == media.NANTES
        tap_map(answer, 0.3, 0.6)
        assert spots(kiosk)[0] != media.NANTES


def test_a_place_can_be_chosen_by_its_name(tmp_path, tiles, monkeypatch):
    from kiosk.widgets import place

    named = place.named_places({"x.geojson": media.PLACES})
    monkeypatch.setattr(place, "named_places", lambda files: named)
    with media.hall_with(tmp_path, Equipment(tiles=tiles)) as kiosk:
        answer = media.to(kiosk, "lieu")
        driver.tap(tool(answer, "Les noms"))
        driver.frames(3)
        cards = {card.text: card for card in answer.ids.names.children}
        driver.tap(cards["Le marché couvert"])
        assert spots(kiosk)[0] == named[1].spot
        assert not answer.lists


def test_where_nothing_is_known_degrees_can_be_typed(tmp_path):
    with media.hall_with(tmp_path, Equipment()) as kiosk:
        media.to(kiosk, "lieu")
        kiosk.kiosk.page.answer.field.text = "somewhere"
        kiosk.on()
        kiosk.back()
        assert kiosk.kiosk.page.answer.field.text == "somewhere" and not spots(kiosk)
        kiosk.kiosk.page.answer.field.text = "47,2184 -1,5536"
        kiosk.on()
        kiosk.back()
        assert spots(kiosk)[0] == media.NANTES


def test_tiles_come_a_few_at_a_time_until_the_view_is_full(kiosk):
    view = media.to(kiosk, "lieu").ids.view
    held = map_view._textures[view.tiles]
    driver.frames(12)
    before = len(held)
    view.enlarge(2)
    view.draw()
    assert 0 < len(held) - before <= map_view._AT_ONCE
    driver.frames(15)
    zoomed = [key for key in held if key[0] == 16]
    assert len(zoomed) >= int(view.width * view.height / 256**2)
    assert len(held) <= map_view._KEPT
    kiosk.kiosk.erase()
    driver.frames(2)
    assert not map_view._textures  # nor does a map tell where one looked


def test_nothing_of_where_it_was_remains(kiosk):
    answer = media.to(kiosk, "lieu")
    view = answer.ids.view
    tap_map(answer, 0.61, 0.37)
    kiosk.kiosk.erase()
    driver.frames(2)
    assert view.spots == [] and answer.spots == [] and answer.value == ""


def test_a_second_touch_at_once_adds_no_point_that_nobody_meant(kiosk):
    answer = media.to(kiosk, "zone")
    tap_map(answer, 0.4, 0.4)
    with driver.trembling():
        tap_map(answer, 0.402, 0.401)
    tap_map(answer, 0.6, 0.4)
    assert len(answer.spots) == 2 and kiosk.kiosk.journey.value() == ""
    with driver.trembling():  # quick, but meant: it is elsewhere
        tap_map(answer, 0.5, 0.7)
    assert len(answer.spots) == 3 and len(spots(kiosk)) == 4


def test_the_same_place_chosen_twice_is_one_point_of_a_way(kiosk):
    answer = media.to(kiosk, "zone")
    for _ in range(3):
        driver.tap(tool(answer, "Placer ici"))
    assert len(answer.spots) == 1 and kiosk.kiosk.journey.value() == ""
    assert answer.told == "Encore 2 points."
