"""Where a device has no map and does not know where it stands: degrees, typed."""

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.language import tr
from kiosk.widgets.coordinates import CoordinatesAnswer, degrees
from kiosk.widgets.layouts import Action

PLACES = """
| survey | type | name | label::Français (fr) |
| | geopoint | lieu | Où est-ce ? |
| | geotrace | chemin | Par où passez-vous ? |
| settings | form_id | default_language |
| | lieux | Français (fr) |
"""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("47.2184,-1.5536", "47.2184 -1.5536"),
        ("47.2184, -1.5536", "47.2184 -1.5536"),
        (" 47.2184  -1.5536 ", "47.2184 -1.5536"),
        ("47,2184 -1,5536", "47.2184 -1.5536"),
        ("47,2184, -1,5536", "47.2184 -1.5536"),
        ("47,-1", "47 -1"),
        ("47.2,-1.5;47.3,-1.6;", "47.2 -1.5; 47.3 -1.6"),
        ("rue de la Gare", "rue de la Gare"),
        ("", ""),
    ],
)
def test_degrees_are_understood_however_they_are_typed(typed, meant):
    assert degrees(typed) == meant


@pytest.mark.parametrize("screen", [driver.SMALL, driver.LARGE], ids=["small", "large"])
def test_a_place_can_be_typed_on_the_kiosks_own_keys_and_it_says_that_there_is_no_map(
    tmp_path, screen
):
    with hall.hall(tmp_path, hall.consultation(PLACES), screen=screen) as there:
        there.begin()
        driver.frames(4)
        answer = there.kiosk.page.answer
        assert isinstance(answer, CoordinatesAnswer)
        assert tr._("Il n’y a pas de carte ici.") in answer.advice.text
        assert answer.advice.parent is answer
        there.type("47.2184,-1.5536")
        there.on()
        assert there.kiosk.journey.ref == "/data/chemin"
        driver.frames(4)
        there.type("47.2,-1.5;47.3,-1.6")
        there.on()
        assert there.name == "review"
        entry = there.kiosk.journey.entry
        assert entry.step("/data/lieu").value.startswith("47.2184 -1.5536")
        assert ";" in entry.step("/data/chemin").value


def test_a_place_has_no_key_between_several(tmp_path):
    with hall.hall(tmp_path, hall.consultation(PLACES)) as there:
        there.begin()
        driver.frames(4)
        keyboard = there.kiosk.page.answer.keyboard
        assert keyboard.cap(Action.BACKSPACE)
        with pytest.raises(KeyError):
            keyboard.cap(";")
