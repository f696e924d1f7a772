"""Where a device has no map and does not know where it stands: the address, in words."""

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.language import tr
from kiosk.widgets.coordinates import InWords, degrees

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
def test_where_there_is_no_map_the_address_is_asked_for_in_words_and_arrives(tmp_path, screen):
    survey = PLACES.replace(
        "| geopoint | lieu | Où est-ce ? |", "| geopoint | lieu | Où est-ce ? | yes |"
    )
    survey = survey.replace("label::Français (fr) |", "label::Français (fr) | required |")
    with hall.hall(tmp_path, hall.consultation(survey), screen=screen) as there:
        there.begin()
        driver.frames(4)
        answer = there.kiosk.page.answer
        assert isinstance(answer, InWords)
        assert tr._("Il n’y a pas de carte ici.") in answer.spoken()
        there.on()
        assert there.kiosk.journey.ref == "/data/lieu"
        answer.field.text = "12 rue de la Gare, face au 3"
        there.on()
        assert there.kiosk.journey.ref == "/data/chemin"
        driver.frames(4)
        there.kiosk.page.answer.field.text = "le long du canal"
        there.on()
        there.wait_for_review()
        assert there.name == "review"
        assert "12 rue de la Gare, face au 3" in there.kiosk.page.say()
        there.back()
        assert there.kiosk.page.answer.field.text == "le long du canal"
        there.on()
        there.on()
        there.on()
        assert there.name == "receipt"
        (said,) = hall.opened(there.device)
        fields = dict(said.fields)
        assert fields["/data/lieu/lieu_words"] == "12 rue de la Gare, face au 3"
        assert fields["/data/chemin/chemin_words"] == "le long du canal"
        assert "/data/lieu" not in fields and "/data/chemin" not in fields


def test_who_writes_degrees_gives_a_place(tmp_path):
    with hall.hall(tmp_path, hall.consultation(PLACES)) as there:
        there.begin()
        driver.frames(4)
        there.kiosk.page.answer.field.text = "près du pont"
        there.on()
        there.back()
        there.kiosk.page.answer.field.text = "47,2184, -1,5536"
        there.on()
        step = there.kiosk.journey.entry.step("/data/lieu")
        assert step.value.startswith("47.2184 -1.5536")
        assert step.words == ""
