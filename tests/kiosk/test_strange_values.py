"""Questions whose field holds what nobody could have answered: a form may calculate anything."""

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.widgets.kinds import describe

SURVEY = """
| survey | type | name | label::Français (fr) | calculation | read_only | parameters | appearance |
| | text | avant | Avant ? | | | | |
| | {kind} | q | Question ? | {value} | {read_only} | {parameters} | {appearance} |
| settings | form_title | form_id | version | default_language |
| | Essai | essai | 1 | Français (fr) |
"""


@pytest.mark.parametrize("read_only", ["", "yes"])
@pytest.mark.parametrize(
    ("kind", "appearance"),
    [
        *(("date", ""), ("date", "year"), ("date", "ethiopian"), ("time", ""), ("dateTime", "")),
        *(("range", ""), ("range", "picker"), ("integer", ""), ("decimal", "thousands-sep")),
        *(("geopoint", ""), ("barcode", "")),
    ],
)
def test_a_value_that_is_no_answer_stops_nobody(tmp_path, kind, appearance, read_only):
    survey = SURVEY.format(
        kind=kind,
        value="'nulle part'",
        read_only=read_only,
        parameters="start=0 end=10 step=1" if kind == "range" else "",
        appearance=appearance,
    )
    with hall.hall(tmp_path, hall.consultation(survey)) as there:
        there.begin()
        there.on()
        driver.frames(2)
        assert there.kiosk.journey.ref == "/data/q"
        assert describe(there.kiosk.journey.step(), "nulle part") == "nulle part"
        assert there.kiosk.page.spoken()


def test_a_question_that_only_labels_columns_is_answered_where_it_stands_alone(tmp_path):
    survey = """
| survey | type | name | label::Français (fr) | appearance |
| | select_one c | q | Laquelle ? | label |
| choices | list_name | name | label::Français (fr) |
| | c | a | A |
| | c | b | B |
| settings | form_title | form_id | version | default_language |
| | Essai | essai | 1 | Français (fr) |
"""
    with hall.hall(tmp_path, hall.consultation(survey)) as there:
        there.begin()
        there.choose("b")
        assert there.kiosk.journey.value() == "b"


def test_the_keys_of_a_range_write_numbers_as_the_language_does(tmp_path):
    survey = SURVEY.format(
        kind="range", value="", read_only="", parameters="start=0 end=1 step=0.25", appearance=""
    )
    with hall.hall(tmp_path, hall.consultation(survey)) as there:
        there.begin()
        there.on()
        assert [key.shown for key in there.kiosk.page.answer.keys] == [
            *("0", "0,25", "0,5", "0,75", "1")
        ]
        there.touch("0,25")
        assert there.kiosk.journey.value() == "0.25"
