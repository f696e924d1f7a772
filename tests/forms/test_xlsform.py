"""Spreadsheets: every mistake is told with its place and what to do, never in another's words."""

from pathlib import Path

import openpyxl
import pytest

from forms.errors import FormErrors, Problem
from forms.xform import read_form
from forms.xlsform import compile_form
from tests.forms.writing import CORPUS

WRONG = """\
| survey |
| | type              | name | label     | relevant  | constraint | calculation |
| | txt               | a    | A         |           |            |             |
| | text              | b b  | B         |           |            |             |
| | select_one colour | c    | C ${nope} |           |            |             |
| | text              | d    | D         | ${a       |            |             |
| | integer           | e    | E         | ${e2} > 3 | . >        |             |
| | text              | e    | E again   |           |            |             |
| | begin_group       | g    | G         |           |            |             |
| | calculate         | k    |           |           |            | ${e} + ( 2  |
| choices |
| | list_name | name | label |
| | color     | red  | Red   |
| | color     | red  | Red   |
"""


def problems_of(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(FormErrors) as refused:
        compile_form(path)
    return refused.value.problems


def written(folder: Path, text: str, name: str = "form.md") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_all_mistakes_are_told_at_once_each_with_its_place(tmp_path: Path) -> None:
    problems = problems_of(written(tmp_path, WRONG))
    assert [(p.sheet, p.row, p.column) for p in problems] == [
        ("survey", 3, "type"),
        ("survey", 4, "name"),
        ("survey", 5, "type"),
        ("survey", 5, "label"),
        ("survey", 6, "relevant"),
        ("survey", 7, "relevant"),
        ("survey", 7, "constraint"),
        ("survey", 8, "name"),
        ("survey", 9, "type"),
        ("survey", 10, "calculation"),
        ("choices", 14, "name"),
    ]
    assert all(problem.advice for problem in problems)
    told = "\n".join(map(str, problems))
    assert "There is no question type “txt”. Is “text” meant?" in told
    assert "There is no list of choices named “colour”. Is “color” meant?" in told
    assert "The name “e” is already that of row 7." in told
    assert "“)” is missing to close the bracket, at character 11 of “${e} + ( 2”" in told


def form_with(**cells: str) -> str:
    """Two questions, and a third with these cells."""
    columns = ["type", "name", "label", *(c for c in cells if c not in {"type", "name", "label"})]
    row = {"type": "text", "name": "third", "label": "Third", **cells}
    return "\n".join(
        [
            "| survey |",
            f"| | {' | '.join(columns)} |",
            "| | integer | first | First |" + " |" * (len(columns) - 3),
            "| | text | second | Second |" + " |" * (len(columns) - 3),
            f"| | {' | '.join(row[column] for column in columns)} |",
        ]
    )


@pytest.mark.parametrize(
    ("cells", "column", "sentence"),
    [
        ({"relevant": "selectd(${first}, 'a')"}, "relevant", "Is “selected()” meant?"),
        ({"constraint": "count(2)"}, "constraint", "takes a question or a path"),
        ({"relevant": "${third} = 1"}, "", "third (row 5) depends on itself"),
        ({"label": "Hello ${frist}"}, "label", "Is “first” meant?"),
        ({"type": "select_one"}, "type", "does not say which list"),
        ({"type": "end_group"}, "type", "ends a group that never began"),
        ({"name": "first"}, "name", "already that of row 3"),
        ({"name": ""}, "name", "has no name"),
        ({"parameters": "start=1", "type": "range", "label": "R"}, "", ""),
    ],
)
def test_a_mistake_is_told_at_the_row_where_it_was_written(
    tmp_path: Path, cells: dict[str, str], column: str, sentence: str
) -> None:
    path = written(tmp_path, form_with(**cells))
    if not sentence:
        assert read_form(compile_form(path).xml).questions[2].bounds is not None
        return
    (problem,) = problems_of(path)
    assert (problem.sheet, problem.row) == ("survey", 5)
    assert problem.column == column
    assert sentence in str(problem)


def test_questions_in_a_circle_are_named_with_their_rows(tmp_path: Path) -> None:
    text = form_with(relevant="${second} = 'x'").replace("| Second | |", "| Second | ${third} |")
    (problem,) = problems_of(written(tmp_path, text.replace("| Second |", "| Second | ", 1)))
    assert "second (row 4) → third (row 5)" in str(problem) or "third (row 5) → second" in str(
        problem
    )


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("form.xlsx", b"", "is empty"),
        ("form.xlsx", b"not a zip", "damaged"),
        ("form.xls", b"not a workbook", "damaged"),
        ("form.csv", b"\xff\xfe\x00\xd8", "not UTF-8"),
        ("form.csv", b"choices,,\n,list_name,name\n,a,b\n", "no sheet named “survey”"),
        ("form.md", b"Dear all, here is the form.", "holds no sheets"),
        ("form.docx", b"anything", "Save it as .xlsx, .xls, .csv or .md"),
    ],
)
def test_a_file_that_holds_no_form_is_refused_in_a_sentence(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    (problem,) = problems_of(path)
    assert sentence in str(problem)


def test_a_file_that_is_not_there_or_a_folder_is_said_so(tmp_path: Path) -> None:
    (missing,) = problems_of(tmp_path / "absent.xlsx")
    (folder,) = problems_of(tmp_path)
    assert "There is no file" in str(missing)
    assert "is a folder" in str(folder)


def test_a_workbook_without_survey_names_the_sheets_it_has(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Questions"
    book.active.append(["type", "name", "label"])
    book.active.append(["text", "a", "A"])
    book.create_sheet("Answers")
    book.save(tmp_path / "form.xlsx")
    (problem,) = problems_of(tmp_path / "form.xlsx")
    assert "Name the sheet with the questions “survey”." in str(problem)


def test_the_same_form_compiles_from_xlsx_csv_and_md(tmp_path: Path) -> None:
    rows = [["type", "name", "label"], ["text", "a", "A"], ["", "", ""], ["integer", "b", "B"]]
    book = openpyxl.Workbook()
    book.active.title = "survey"
    for row in rows:
        book.active.append([cell or None for cell in row])
    book.save(tmp_path / "form.xlsx")
    written(tmp_path, "survey,,,\n" + "".join(f",{','.join(r)}\n" for r in rows), "form.csv")
    written(tmp_path, "| survey |\n" + "".join(f"| | {' | '.join(r)} |\n" for r in rows))
    forms = {compile_form(tmp_path / f"form.{ending}").xml for ending in ("xlsx", "csv", "md")}
    assert len(forms) == 1


def test_rows_are_counted_as_each_kind_of_file_shows_them(tmp_path: Path) -> None:
    rows = [["type", "name", "label"], ["text", "a", "A"], ["", "", ""], ["txet", "b", "B"]]
    book = openpyxl.Workbook()
    book.active.title = "survey"
    for row in rows:
        book.active.append([cell or None for cell in row])
    book.save(tmp_path / "form.xlsx")
    written(tmp_path, "survey,,,\n" + "".join(f",{','.join(r)}\n" for r in rows), "form.csv")
    assert [p.row for p in problems_of(tmp_path / "form.xlsx")] == [4]
    assert [p.row for p in problems_of(tmp_path / "form.csv")] == [5]


def test_media_are_found_beside_the_form_and_missing_ones_are_a_warning(tmp_path: Path) -> None:
    (tmp_path / "form-media").mkdir()
    (tmp_path / "form-media" / "a.png").write_bytes(b"png")
    path = written(
        tmp_path,
        "| survey |\n| | type | name | label | media::image |\n"
        "| | text | a | A | a.png |\n| | text | b | B | b.png |\n",
    )
    made = compile_form(path)
    assert made.media == (tmp_path / "form-media" / "a.png",)
    assert "The media file b.png is not beside the form." in made.warnings


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
@pytest.mark.parametrize(
    ("name", "row", "sentence"),
    [
        ("calculate_without_calculation.xls", 34, "Missing calculation."),
        ("duplicate_columns.xlsx", 1, "Two columns of a sheet have the header “label”."),
        ("group_name_test.xls", 3, "The question has no name."),
        ("bad_calc.xlsx", 2, "A quotation mark is never closed"),
    ],
)
def test_real_mistakes_are_told_in_our_words(name: str, row: int, sentence: str) -> None:
    (problem,) = problems_of(CORPUS / "pyxform" / "bug_example_xls" / name)
    assert problem.row == row
    assert sentence in str(problem)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_every_spreadsheet_of_the_corpus_compiles_or_is_explained() -> None:
    explained: set[str] = set()
    for path in sorted(CORPUS.glob("pyxform/*_xls/*.xls*")):
        try:
            compile_form(path)
        except FormErrors as refused:
            assert all(str(problem).strip() for problem in refused.problems)
            explained.add(path.stem)
    assert explained == {
        "bad_calc",
        "calculate_without_calculation",
        "case_insensitivity",
        "choice_name_as_type",
        "duplicate_columns",
        "group_name_test",
        "include",
        "include_json",
        "unknown_question_type",
        "xl_date_ambiguous",
    }


def test_a_path_that_leads_nowhere_is_a_warning_as_other_engines_run_it(tmp_path: Path) -> None:
    path = tmp_path / "form.md"
    path.write_text(
        "| survey |\n| | type | name | label | calculation |\n"
        "| | text | a | A | |\n| | calculate | b | | /data/absent + 1 |\n"
    )
    (warning,) = compile_form(path).warnings
    assert warning.startswith("survey, row 4, column calculation (E): “/data/absent” leads")


def test_a_list_outside_the_form_is_refused_with_the_way_round(tmp_path: Path) -> None:
    path = tmp_path / "form.md"
    path.write_text(
        "| survey |\n| | type | name | label |\n| | select_one_external towns | a | A |\n"
        "| external_choices |\n| | list_name | name | label |\n| | towns | x | X |\n"
    )
    (problem, *_) = problems_of(path)
    assert (problem.row, problem.column) == (3, "type")
    assert "choices sheet" in problem.advice


def test_typographic_quotes_in_formulas_are_set_straight_and_those_in_labels_kept(
    tmp_path: Path,
) -> None:
    path = tmp_path / "form.md"
    path.write_text(
        "| survey |\n| | type | name | label | relevant |\n"
        "| | text | a | L’État | |\n| | text | b | B | ${a} = ‘oui’ or ${a} = “si” |\n"
    )
    xml = compile_form(path).xml.decode()
    assert "L’État" in xml
    assert "= 'oui' or" in xml
    assert '= &quot;si&quot;"' in xml
