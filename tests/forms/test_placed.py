"""What stops a form is told at its cell, whoever found it: the review, pyxform, a method."""

from pathlib import Path

import openpyxl
import pytest

from forms.bisection import MOST_WORK
from forms.errors import FormErrors, Problem
from forms.xlsform import compile_form
from tests.forms.writing import CORPUS

CASES = CORPUS.parent / "cases" / "forms"


def problems_of(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(FormErrors) as refused:
        compile_form(path)
    return refused.value.problems


def refused(folder: Path, text: str, name: str = "form.md") -> tuple[Problem, ...]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return problems_of(path)


def places(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.place for problem in problems]


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not here")
@pytest.mark.parametrize(
    ("case", "place", "advice"),
    [
        ("select-external/form.md", "survey, row 4, column type (B)", "Write select_one"),
        ("select-external/no-sheet.md", "survey, row 4, column type (B)", "Write select_one"),
        ("select-multiple-from-repeat/form.md", "survey, row 7, column type (B)", "select_one"),
    ],
)
def test_each_case_is_refused_at_its_cell_with_a_way_round(
    case: str, place: str, advice: str
) -> None:
    (problem,) = problems_of(CASES / case)
    assert problem.place == place
    assert advice in problem.advice


def test_what_the_review_finds_is_told_also_where_pyxform_has_nothing_to_say(
    tmp_path: Path,
) -> None:
    (problem,) = refused(
        tmp_path,
        "| survey |\n| | type | name | label | choice_filter |\n"
        "| | select_one area | area | Area? | |\n"
        "| | select_one_external towns | town | Town? | area=${area} |\n"
        "| choices |\n| | list_name | name | label |\n| | area | n | North |\n"
        "| external_choices |\n| | list_name | name | label | area |\n| | towns | t | T | n |\n",
    )
    assert problem.place == "survey, row 4, column type (B)"
    assert "move its choices from external_choices" in problem.advice


@pytest.mark.parametrize("ending", ["md", "csv", "xlsx"])
def test_a_column_that_pyxform_cannot_take_is_found_by_trying(tmp_path: Path, ending: str) -> None:
    rows = [
        ["type", "name", "label", "bind::tag", "hint"],
        ["text", "a", "A", "", ""],
        ["text", "b", "B", "", ""],
        ["text", "c", "C", "x", "A hint"],
        ["text", "d", "D", "", ""],
    ]
    path = tmp_path / f"form.{ending}"
    if ending == "xlsx":
        book = openpyxl.Workbook()
        book.active.title = "survey"
        for row in rows:
            book.active.append([cell or None for cell in row])
        book.save(path)
    elif ending == "csv":
        path.write_text("survey,,,,,\n" + "".join(f",{','.join(row)}\n" for row in rows))
    else:
        path.write_text("| survey |\n" + "".join(f"| | {' | '.join(row)} |\n" for row in rows))
    (problem,) = problems_of(path)
    line, letter = (4, "D") if ending == "xlsx" else (5, "E")
    assert problem.place == f"survey, row {line}, column bind::tag ({letter})"
    assert "Take rows out" not in str(problem)


def test_all_that_stops_pyxform_is_told_in_one_go(tmp_path: Path) -> None:
    rows = "".join(f"| | text | q{number} | Q | | |\n" for number in range(40))
    problems = refused(
        tmp_path,
        "| survey |\n| | type | name | label | bind::tag | relevant |\n"
        f"{rows}| | text | a | A | x | |\n{rows.replace('| q', '| r')}"
        "| | calculate | b | B | | |\n| | text | c | C | y | |\n| | text | d | D | | ${q1} = ( |\n",
    )
    assert [problem.row for problem in problems] == [43, 84, 85, 86]
    assert [problem.column for problem in problems] == [
        "bind::tag",
        "calculation" if problems[1].column else "",
        "bind::tag",
        "relevant",
    ]


def test_a_row_with_a_cell_too_many_names_the_row_and_the_cell(tmp_path: Path) -> None:
    (problem,) = refused(
        tmp_path,
        "| survey |\n| | type | name | label |\n| | text | a | A |\n| | text | b | B | oops |\n",
    )
    assert (problem.sheet, problem.row) == ("survey", 4)
    assert "“oops” stands under no header" in problem.message


def test_a_markdown_row_without_its_last_stroke_loses_no_cell_in_silence(tmp_path: Path) -> None:
    (problem,) = refused(
        tmp_path, "| survey |\n| | type | name | label |\n| | text | a | What is lost?\n"
    )
    assert (problem.row, "“What is lost?” is not read" in problem.message) == (3, True)


def test_a_search_that_is_given_up_says_how_far_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forms.bisection.MOST_WORK", 250)
    rows = "".join(f"| | text | q{number} | Q | |\n" for number in range(40))
    (problem,) = refused(
        tmp_path,
        f"| survey |\n| | type | name | label | bind::tag |\n{rows}| | text | a | A | x |\n",
    )
    assert MOST_WORK > 250
    assert problem.message == "Something between row 41 and row 43 cannot be compiled."


def test_errors_of_a_spreadsheet_program_are_found_in_the_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "survey"
    book.active.append(["type", None, "name", "label", "default"])
    book.active.append(["text", None, "a", "#REF!", None])
    book.active.append(["text", None, "b", "B", "=1+1"])
    book.save(tmp_path / "form.xlsx")
    problems = problems_of(tmp_path / "form.xlsx")
    assert places(problems) == [
        "survey, row 2, column label (D)",
        "survey, row 3, column default (E)",
    ]
    assert "“#REF!”" in problems[0].message
    assert "without its result" in problems[1].message


METHOD = """\
| survey |
| | type | name | label | appearance | body::parvis:method | body::parvis:points | constraint |
| | begin group | g | G | field-list | points | {points} | |
| | integer | x | X | | | | . + ${{y}} <= 3 and . <= {most} |
| | integer | y | Y | | | | . + ${{x}} <= 3 and . <= 3 |
| | end group | | | | | | |
| settings |
| | form_id | namespaces |
| | f | parvis="https://parvis.example/ns/forms/1" |
"""


@pytest.mark.parametrize(
    ("points", "most", "place"),
    [
        ("dix", 3, "survey, row 3, column body::parvis:points (G)"),
        ("", 3, "survey, row 3, column body::parvis:points (G)"),
        ("3", 2, "survey, row 4, column constraint (H)"),
    ],
)
def test_what_a_method_wants_is_looked_at_when_a_form_is_compiled(
    tmp_path: Path, points: str, most: int, place: str
) -> None:
    problems = refused(tmp_path, METHOD.format(points=points, most=most))
    assert place in places(problems)


def test_a_cost_that_is_no_number_is_told_on_the_choices_sheet(tmp_path: Path) -> None:
    (problem,) = refused(
        tmp_path,
        "| survey |\n| | type | name | label | body::parvis:method | body::parvis:purse |\n"
        "| | select_multiple p | x | X | budget | 100 |\n"
        "| choices |\n| | list_name | name | label | cost |\n"
        "| | p | a | A | 10 |\n| | p | b | B | cheap |\n"
        "| settings |\n| | form_id | namespaces |\n"
        '| | f | parvis="https://parvis.example/ns/forms/1" |\n',
    )
    assert problem.place == "choices, row 7, column cost (E)"


def test_a_question_without_a_label_is_told_at_the_label(tmp_path: Path) -> None:
    form = tmp_path / "form.md"
    form.write_text(
        "| survey |\n| | type | name | label | hint |\n| | text | a | A | |\n| | note | n | | |\n",
        encoding="utf-8",
    )
    with pytest.raises(FormErrors) as refused:
        compile_form(form)
    assert "survey, row 4, column label (D): “n” has neither a label nor a hint." in str(
        refused.value
    )
