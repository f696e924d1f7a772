"""What is in order, and hardly meant: languages, mistyped columns, names, addresses, dates."""

from pathlib import Path

import openpyxl
import pytest

from forms.advice import advise
from forms.sheets import read_workbook
from forms.xlsform import compile_form


def told(folder: Path, survey: str, *more: str) -> list[str]:
    path = folder / "form.md"
    path.write_text("\n".join(["| survey |", survey.strip(), *more]) + "\n", encoding="utf-8")
    return list(compile_form(path).warnings)


FRENCH_AND_ENGLISH = """
| | type | name | label::Français (fr) | label::English (en) |
| | text | a | Votre rue ? | Your street? |
| | select_one l | b | Votre avis ? | {english} |
"""
CHOICES = (
    "| choices |\n| | list_name | name | label::Français (fr) | {other} |\n"
    "| | l | x | Pour | For |\n| | l | y | Contre | {missing} |"
)


def test_texts_in_every_language_need_no_word(tmp_path: Path) -> None:
    survey = FRENCH_AND_ENGLISH.format(english="Your view?")
    assert told(tmp_path, survey, CHOICES.format(other="label::English (en)", missing="No")) == []


def test_a_text_that_is_missing_in_a_language_is_told_with_what_is_read_instead(
    tmp_path: Path,
) -> None:
    survey = FRENCH_AND_ENGLISH.format(english="")
    first, second = told(tmp_path, survey, CHOICES.format(other="label::English (en)", missing=""))
    assert first == (
        "survey, row 4, column label::English (en) (E):"
        " The label is missing in English (en): read in Français (fr)."
    )
    assert second.startswith("choices, row 8, column label::English (en) (E): ")


def test_many_missing_texts_are_told_as_rows_of_their_column(tmp_path: Path) -> None:
    rows = "".join(f"| | note | n{number} | Bonjour | |\n" for number in range(6))
    (warning,) = told(
        tmp_path,
        f"| | type | name | label::fr | label::en |\n{rows}| | note | n | Bonjour | Hello |",
    )
    assert "column label::en (E): 6 texts are missing in en, in rows 3–8: read in fr." in warning


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        ("label::Francais (fr)", "label::Français (fr)"),
        ("label::French (fr)", "label::Français (fr)"),
        ("label::Français(fr)", "label::Français (fr)"),
        ("lable::English (en)", "label::English (en)"),
        ("label English (en)", "label::English (en"),
        ("hint_en", "hint::en"),
        ("relevent", "relevant"),
        ("constraint mesage::Français (fr)", "constraint_message::Français (fr)"),
    ],
)
def test_a_mistyped_column_is_named_with_what_may_be_meant(
    tmp_path: Path, header: str, meant: str
) -> None:
    warnings = told(
        tmp_path,
        f"| | type | name | label::Français (fr) | {header} |\n| | text | a | A | x |\n"
        "| | text | b | B | |",
    )
    (warning,) = [one for one in warnings if "meant?" in one]
    assert warning.startswith(f"survey, row 2, column {header} (E): ")
    assert f"Is “{meant}" in warning


def test_a_default_language_that_no_column_is_in_is_named(tmp_path: Path) -> None:
    survey = FRENCH_AND_ENGLISH.format(english="Your view?")
    settings = "| settings |\n| | form_id | default_language |\n| | f | Francais (fr) |"
    choices = CHOICES.format(other="label::English (en)", missing="No")
    warnings = told(tmp_path, survey, choices, settings)
    (warning,) = [one for one in warnings if one.startswith("settings")]
    assert "column default_language (C)" in warning
    assert "Is “Français (fr)” meant?" in warning


def test_further_columns_of_lists_and_notes_of_authors_need_no_word(tmp_path: Path) -> None:
    assert (
        told(
            tmp_path,
            "| | type | name | label | comment | note | choice_filter |\n"
            "| | select_one l | a | A | mine | mine | labels = 'x' |",
            "| choices |\n| | list_name | name | label | labels | cost | lat |\n"
            "| | l | x | X | x | 1 | 2 |",
        )
        == []
    )


def test_questions_of_one_name_in_two_groups_are_told(tmp_path: Path) -> None:
    (warning,) = told(
        tmp_path,
        "| | type | name | label |\n| | begin group | g | G |\n| | text | nom | N |\n"
        "| | end group | | |\n| | begin group | h | H |\n| | text | nom | N |\n"
        "| | end group | | |",
    )
    assert warning.startswith("survey, row 7, column name (C): “nom” is the name of the question")
    assert "row 4 too" in warning
    assert "g/nom and h/nom" in warning


@pytest.mark.parametrize(
    ("columns", "cells", "column"),
    [
        ("label | media::image", "A | https://ville.fr/a.png", "media::image (E)"),
        ("label | image::fr", "A | http://ville.fr/a.png", "image::fr (E)"),
        ("label | audio", "A | HTTPS://ville.fr/a.mp3", "audio (E)"),
        ("label | hint", "A ![plan](https://ville.fr/a.png) | B", "label (D)"),
        ("label | hint", 'A | <img src="https://ville.fr/a.png"/>', "hint (E)"),
    ],
)
def test_a_picture_at_an_address_is_told_to_be_absent(
    tmp_path: Path, columns: str, cells: str, column: str
) -> None:
    path = tmp_path / "form.md"
    path.write_text(f"| survey |\n| | type | name | {columns} |\n| | text | a | {cells} |\n")
    (problem,) = advise(read_workbook(path))
    assert "A kiosk fetches nothing from the network" in problem.message
    assert problem.column == column[:-4]


def test_a_link_in_a_label_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "form.md"
    path.write_text(
        "| survey |\n| | type | name | label |\n| | text | a | [Le plan](https://ville.fr) |\n"
    )
    assert list(advise(read_workbook(path))) == []


def test_a_date_that_a_spreadsheet_program_made_of_a_cell_is_told(tmp_path: Path) -> None:
    from datetime import datetime

    book = openpyxl.Workbook()
    book.active.title = "survey"
    book.active.append(["type", "name", "label", "default"])
    book.active.append(["date", "a", "A", datetime(2026, 11, 21)])
    book.save(tmp_path / "form.xlsx")
    (warning,) = compile_form(tmp_path / "form.xlsx").warnings
    assert warning.startswith("survey, row 2, column default (D): ")
    assert "such as 2026-11-21" in warning
