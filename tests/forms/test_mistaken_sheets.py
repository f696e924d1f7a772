"""Forms as people write them by mistake are told so, at the cell, in words that say what to do."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from forms.errors import FormErrors
from forms.xlsform import compile_form


@dataclass(frozen=True)
class Mistaken:
    """A form, and how what is told of it begins."""

    name: str
    form: str
    wrong: tuple[str, ...]
    besides: tuple[str, ...]


def mistaken() -> list[Mistaken]:
    text = Path(__file__).with_name("mistaken.md").read_text(encoding="utf-8")
    found = []
    for part in text.split("\n## ")[1:]:
        name, _, rest = part.partition("\n")
        lines = rest.strip("\n").split("\n")
        told = {
            mark: tuple(line[2:] for line in lines if line.startswith(f"{mark} ")) for mark in "!?"
        }
        form = "\n".join(line for line in lines if line.startswith("|"))
        found.append(Mistaken(name, form + "\n", told["!"], told["?"]))
    return found


OF_OTHERS = re.compile(r"Traceback|Error\b|Exception|KeyError|NoneType|\bobject\b|line 1, column")


@pytest.mark.parametrize("case", mistaken(), ids=lambda case: case.name)
def test_a_mistake_is_told_where_it_was_made(tmp_path: Path, case: Mistaken) -> None:
    path = tmp_path / f"{case.name.replace(' ', '_')}.md"
    path.write_text(case.form, encoding="utf-8")
    try:
        wrong, besides = [], list(compile_form(path).warnings)
    except FormErrors as refused:
        wrong, besides = [str(problem) for problem in refused.problems], []
    assert not OF_OTHERS.search(" ".join(wrong + besides))
    for told, expected in ((wrong, case.wrong), (besides, case.besides)):
        assert len(told) == len(expected), told
        for one, beginning in zip(told, expected, strict=True):
            assert one.startswith(beginning)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("a\u00a0b", "cannot be a name"),
        ("a\u200b", "It holds an invisible sign, U+200B."),
        ("\ufeffa", "It holds an invisible sign, U+FEFF."),
    ],
)
def test_a_sign_that_cannot_be_seen_is_named(tmp_path: Path, cell: str, told: str) -> None:
    path = tmp_path / "form.md"
    path.write_text(f"| survey |\n| | type | name | label |\n| | text | {cell} | A |\n")
    with pytest.raises(FormErrors) as refused:
        compile_form(path)
    (problem,) = refused.value.problems
    assert problem.place == "survey, row 3, column name (C)"
    assert told in problem.message


@pytest.mark.parametrize("sign", ["\x01", "\x0b", "\ufffe"])
def test_a_sign_that_no_form_can_hold_is_found_in_its_cell(tmp_path: Path, sign: str) -> None:
    path = tmp_path / "form.md"
    path.write_text(
        "| survey |\n| | type | name | label | hint |\n| | text | a | A | |\n"
        f"| | text | b | B | one{sign}two |\n"
    )
    with pytest.raises(FormErrors) as refused:
        compile_form(path)
    (problem,) = refused.value.problems
    assert problem.place == "survey, row 4, column hint (E)"
    assert f"U+{ord(sign):04X}" in problem.message


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\t"])
def test_spaces_of_word_processors_are_spaces_in_expressions(tmp_path: Path, space: str) -> None:
    path = tmp_path / "form.md"
    path.write_text(
        "| survey |\n| | type | name | label | relevant |\n| | text | a | A | |\n"
        f"| | text | b | B | ${{a}}{space}={space}'x' |\n"
    )
    assert compile_form(path).warnings == ()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("survey;;;\n;type;name;label\n;text;a;A\n", "are separated by “;”, not by commas"),
        ("survey\t\t\t\t\n\ttype\tname\tlabel\n", "are separated by tabs, not by commas"),
        ("type,name,label\ntext,a,A\ntext,b,B\n", "holds no sheets"),
        ("survey,,,\n,type,name,label\n,text,a,Bonjour, vous\n", "“vous” stands under no header"),
        ("survey,,,,\n,type,name,label,label\n,text,a,A,B\n", "have the header “label”"),
    ],
)
def test_a_csv_that_is_not_as_it_should_be_says_how(
    tmp_path: Path, content: str, told: str
) -> None:
    path = tmp_path / "form.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FormErrors) as refused:
        compile_form(path)
    (problem,) = refused.value.problems
    assert told in str(problem)


def test_a_csv_with_the_mark_that_excel_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "form.csv"
    path.write_text("survey,,,\n,type,name,label\n,text,a,Été\n", encoding="utf-8-sig")
    assert compile_form(path).form.questions[0].field.path == "/data/a"


def workbook(path: Path, rows: list[list[object]], title: str = "survey", more: str = "") -> Path:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    if more:
        book.create_sheet(more).append(["list_name", "name", "label"])
        book[more].append(["l", "a", "A"])
    book.save(path)
    return path


HEADERS: list[object] = ["type", "name", "label"]
ASKED: list[object] = ["text", "a", "A"]


@pytest.mark.parametrize(
    ("rows", "title", "more", "told"),
    [
        ([HEADERS, ASKED], "survey ", "choices", "has a space in its name"),
        ([HEADERS, ASKED], "questionnaire", "choix", "has no sheet named “survey”"),
        (
            [HEADERS, ["select_one l", "a", "A"]],
            "survey",
            "choix",
            "Name the sheet “choix” choices",
        ),
        ([[None], HEADERS, ASKED], "survey", "choices", "The first row of the sheet is empty"),
        ([["Le titre"], HEADERS, ASKED], "survey", "choices", "nothing stands above them"),
        ([[*HEADERS, 2026], [*ASKED, "x"]], "survey", "choices", "column 2026 (D): The header"),
        ([[*HEADERS, date(2026, 1, 1)], ASKED], "survey", "choices", "is a number or a date"),
        ([HEADERS], "survey", "choices", "Add a row for each question"),
    ],
)
def test_a_workbook_that_is_not_as_it_should_be_says_how(
    tmp_path: Path, rows: list[list[object]], title: str, more: str, told: str
) -> None:
    path = workbook(tmp_path / "form.xlsx", rows, title, more)
    with pytest.raises(FormErrors) as refused:
        compile_form(path)
    assert any(told in str(problem) for problem in refused.value.problems)


def test_rows_that_stand_too_far_below_to_be_read_are_told(tmp_path: Path) -> None:
    empty: list[list[object]] = [[None]] * 70
    path = workbook(tmp_path / "form.xlsx", [HEADERS, ASKED, *empty, ["text", "b", "B"]])
    (warning,) = compile_form(path).warnings
    assert warning.startswith("survey, row 73: After more than 60 empty rows nothing is read")
