"""What questions hold before anybody answers, whatever their author wrote there."""

import pytest

from tests.forms.writing import entry_of

SURVEY = """
| survey | type | name | label | default | parameters |
| | {kind} | q | Q | {default} | {parameters} |
| choices | list_name | name | label |
| | c | a | A |
| | c | b | B |
| settings | form_title | form_id |
| | T | t |
"""


def held(kind, default, parameters=""):
    entry = entry_of(SURVEY.format(kind=kind, default=default, parameters=parameters))
    (step,) = entry.steps()
    return step.value


@pytest.mark.parametrize(
    ("kind", "default"),
    [
        *(("date", "demain"), ("date", "2026-02-30"), ("time", "midi"), ("dateTime", "x")),
        *(("integer", "abc"), ("integer", "1.5"), ("decimal", "x"), ("geopoint", "ici")),
        *(("select_one c", "zzz"), ("select_multiple c", "a zzz"), ("rank c", "b b")),
        *(("trigger", "oui"), ("geotrace", "1 1; x")),
    ],
)
def test_a_default_that_is_no_answer_is_not_held(kind, default):
    assert held(kind, default) == ""


@pytest.mark.parametrize("default", ["beaucoup", "3.7", "99"])
def test_a_default_outside_a_range_is_not_held(default):
    assert held("range", default, "start=0 end=10 step=1") == ""


@pytest.mark.parametrize(
    ("kind", "default", "value"),
    [
        ("date", "2026-1-2", "2026-01-02"),
        ("date", "today() + 7", "2026-11-28"),
        ("dateTime", "2026-11-21", "2026-11-21T00:00:00.000Z"),
        ("integer", "007", "7"),
        ("decimal", "4", "4.0"),
        ("select_multiple c", "a b", "a b"),
        ("text", "demain", "demain"),
    ],
)
def test_a_default_is_held_as_an_answer_would_be(kind, default, value):
    assert held(kind, default) == value


def test_a_day_calculated_as_a_number_is_a_day():
    entry = entry_of("""
| survey | type | name | label | calculation | read_only |
| | date | q | Q | today() - 1 | yes |
| settings | form_title | form_id |
| | T | t |
""")
    assert dict(entry.as_it_stands().fields)["/data/q"] == "2026-11-20"


def test_bytes_that_are_no_text_never_stop_an_entry_from_leaving():
    survey = """
| survey |
| | type | name | label | calculation |
| | text | a | A | |
| | calculate | b | | base64-decode(${a}) |
"""
    entry = entry_of(survey)
    for given, told in (
        ("AAECAw==", ""),
        ("/////w==", "\ufffd" * 4),
        ("YQBi", "ab"),
        ("w6k=", "é"),
    ):
        entry.answer("/data/a", given)
        assert dict(entry.finish().fields).get("/data/b", "") == told


def test_a_default_inside_a_repeat_is_read_in_every_new_instance():
    entry = entry_of("""
| survey |
| | type | name | label | default |
| | begin_repeat | r | R | |
| | decimal | d | D | 05 |
| | date | day | Day | 2026-2-1 |
| | end_repeat | | | |
""")
    entry.add_repeat("/data/r")
    values = {step.ref: step.value for step in entry.steps()}
    assert values["/data/r[2]/d"] == values["/data/r[1]/d"] == "5.0"
    assert values["/data/r[2]/day"] == values["/data/r[1]/day"] == "2026-02-01"
