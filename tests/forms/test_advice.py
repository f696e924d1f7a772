"""What an author is told of a form in order, where a kiosk does otherwise than they mean."""

from pathlib import Path

import pytest

from forms.xlsform import compile_form


def told(tmp_path: Path, row: str) -> tuple[str, ...]:
    form = tmp_path / "form.md"
    form.write_text(
        f"""
| survey | type | name | label | appearance | default | parameters |
| | {row} |
| choices | list_name | name | label |
| | c | a | A |
| settings | form_title | form_id |
| | T | t |
""",
        encoding="utf-8",
    )
    return compile_form(form).warnings


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("select_one c | q | Q | image-map", "Its choices stand in a list"),
        ("select_one c | q | Q | minimal map", "not on a map"),
        ("select_one c | q | Q | minimal search('l')", "select_one_from_file l.csv"),
        ("text | q | Q | masked", "can be read on the screen"),
        ("integer | q | Q | counter", "written on a pad"),
        ("text | q | Q | ex:org.app.Open(a='b')", "opens no other app"),
        ("audit | audit |", "keeps no log"),
        ("background-audio | q |", "Nobody is recorded"),
        ("start-geopoint | q |", "does not ask where it is"),
        ("text | q | Q | | ${last-saved#q}", "last-saved is empty"),
        (
            "select_one c | q | Q | colums-2",
            "There is no appearance “colums-2”: it does nothing. Is “columns” meant?",
        ),
    ],
)
def test_what_a_kiosk_does_otherwise_is_told_with_its_place(
    tmp_path: Path, row: str, sentence: str
) -> None:
    (warning,) = told(tmp_path, row)
    assert sentence in warning
    assert warning.startswith("survey, row 3, column ")


def test_what_is_nearly_an_appearance_is_suggested(tmp_path: Path) -> None:
    (warning,) = told(tmp_path, "date | q | Q | month-yaer")
    assert warning.endswith("Is “month-year” meant?")


@pytest.mark.parametrize(
    "row",
    [
        "select_one c | q | Q | columns-2 no-buttons",
        "select_one c | q | Q | w2 likert",
        "date | q | Q | ethiopian",
        "text | q | Q | multiline",
        "geopoint | q | Q | placement-map",
        "note | q | **Q** |",
    ],
)
def test_what_is_done_as_meant_needs_no_word(tmp_path: Path, row: str) -> None:
    assert told(tmp_path, row) == ()
