"""Lists, and the values that expressions ask of them, are held against the form that reads them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from forms.commands import main
from forms.errors import FormErrors
from forms.xlsform import compile_form
from tests.forms.writing import CORPUS

CASES = CORPUS.parent / "cases" / "forms"
HEAD = (
    "| survey |\n| | type | name | label | calculation | choice_filter | parameters | relevant |"
    " constraint | default |\n"
)


def told(folder: Path, *rows: str, choices: str = "") -> tuple[list[str], list[str]]:
    """What is wrong with a form of these rows, and what is said besides."""
    path = folder / "form.md"
    body = "".join(f"| | {row}{' |' * (9 - row.count('|'))}\n" for row in rows)
    path.write_text(HEAD + body + choices, encoding="utf-8")
    try:
        return [], list(compile_form(path).warnings)
    except FormErrors as refused:
        return [str(problem) for problem in refused.problems], list(refused.warnings)


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not here")
def test_a_list_without_the_columns_of_its_question_is_refused_by_name() -> None:
    form = CASES / "csv-other-columns" / "form.md"
    result = CliRunner().invoke(main, ["check", str(form)])
    assert result.exit_code == 1
    assert "column type (B): The list halls.csv has no column “name”" in result.stderr
    assert "write value=code under parameters" in result.stderr
    assert "write label=libelle under parameters" in result.stderr


FILES = {
    "ok.csv": b"name,label,region\na,A,nord\nb,B,sud\n",
    "semicolons.csv": "name;label\na;Été\n".encode(),
    "other.csv": b"code,libelle\na,A\n",
    "latin.csv": "name,label\na,Été\n".encode("cp1252"),
    "header.csv": b"name,label\n",
    "nothing.csv": b"",
    "tabs.csv": b"name\tlabel\na\tb\n",
    "blank.csv": b"name,label\na,A\n,B\nc,\n",
    "twice.csv": b"name,label\na,A\na,B\n",
    "spaces.csv": b"name,label\na b,A\n",
    "longer.csv": b"name,label\na,Un, deux\n",
    "places.geojson": b'{"type":"FeatureCollection","features":[{"type":"Feature","geometry":'
    b'{"type":"Point","coordinates":[1,2]},"properties":{"nom":"x"}}]}',
    "other.xml": b"<root><item><code>1</code></item></root>",
    "rows.xml": b"<lines><line><name>1</name><label>r</label></line></lines>",
}


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    folder = tmp_path / "form-media"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    ("row", "column", "sentence"),
    [
        ("select_one_from_file other.csv | a | A", "type", "other.csv has no column “name”"),
        ("select_one_from_file latin.csv | a | A", "type", "latin.csv is not UTF-8 text"),
        ("select_one_from_file header.csv | a | A", "type", "header.csv has no rows"),
        ("select_one_from_file nothing.csv | a | A", "type", "nothing.csv holds no rows"),
        ("select_one_from_file tabs.csv | a | A", "type", "separated by tabs"),
        ("select_one_from_file blank.csv | a | A", "type", "no value under “name” in row 3"),
        ("select_one_from_file blank.csv | a | A", "type", "no label under “label” in row 4"),
        ("select_multiple_from_file spaces.csv | a | A", "type", "a space, which separates"),
        ("select_one_from_file places.geojson | a | A", "type", "no column “title”"),
        ("select_one_from_file other.xml | a | A", "type", "other.xml has no column “label”"),
        ("select_one_from_file rows.xml | a | A", "type", "<item> in a <root>"),
        (
            "select_one_from_file ok.csv | a | A | | regoin = 'nord'",
            "choice_filter",
            "no column “regoin”. It has: name, label, region. Is “region” meant?",
        ),
        (
            "select_one_from_file ok.csv | a | A | | | label=libelle",
            "type",
            "no column “libelle”",
        ),
    ],
)
def test_a_list_that_makes_blank_choices_is_refused_with_file_and_column(
    lists: Path, row: str, column: str, sentence: str
) -> None:
    problems, _ = told(lists, row)
    assert any(sentence in problem for problem in problems)
    assert all(problem.startswith(f"survey, row 3, column {column} (") for problem in problems)


@pytest.mark.parametrize(
    ("calculation", "sentence"),
    [
        ("pulldata('ok', 'libelle', 'name', ${a})", "ok.csv has no column “libelle”"),
        ("pulldata('ok', 'label', 'code', ${a})", "ok.csv has no column “code”"),
        ("instance('ok')/root/item[nom = ${a}]/label", "ok.csv has no column “nom”"),
        ("instance('okk')/root/item[name = ${a}]/label", "There is no list “okk”"),
        ("count(instance('ok')/root/item[regio = 'nord'])", "ok.csv has no column “regio”"),
    ],
)
def test_what_looks_something_up_names_a_column_that_is_there(
    lists: Path, calculation: str, sentence: str
) -> None:
    problems, _ = told(
        lists, "select_one_from_file ok.csv | a | A", f"calculate | b | | {calculation}"
    )
    (problem,) = problems
    assert problem.startswith("survey, row 4, column calculation (E): ")
    assert sentence in problem


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("select_one_from_file absent.csv | a | A", "absent.csv is not beside the form"),
        ("select_one_from_file twice.csv | a | A", "has a more than once under “name”"),
        ("select_one_from_file longer.csv | a | A", "more cells than its header in row 2"),
        ("calculate | b | | pulldata('absent', 'x', 'y', 'z')", "absent.csv is not beside"),
    ],
)
def test_what_may_be_meant_of_a_list_is_a_warning(lists: Path, row: str, sentence: str) -> None:
    problems, warnings = told(lists, row)
    assert problems == []
    (warning,) = warnings
    assert warning.startswith("survey, row 3, column ")
    assert sentence in warning


def test_lists_that_hold_what_is_asked_need_no_word(lists: Path) -> None:
    assert told(
        lists,
        "select_one_from_file ok.csv | a | A | | region = 'sud'",
        "select_one_from_file semicolons.csv | b | B",
        "select_multiple_from_file other.csv | c | C | | | value=code label=libelle",
        "calculate | d | | pulldata('ok', 'label', 'name', ${a})",
        "calculate | e | | instance('other')/root/item[code = ${c}]/libelle",
    ) == ([], [])


CHOICES = (
    "| choices |\n| | list_name | name | label | region |\n"
    "| | lien | habite | J'habite ici | |\n| | lien | travaille | J'y travaille | |\n"
    "| | jours | lundi | Lundi | |\n| | jours | mardi | Mardi | |\n"
    "| | villes | x | X | nord |\n| | villes | y | Y | sud |\n"
)
ASKED = ("select_one lien | lien | Lien ?", "select_multiple jours | jours | Jours ?")


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("text | a | A | | | | ${lien} = 'habitte'", "relevant", "habitte"),
        ("text | a | A | | | | 'habitte' != ${lien}", "relevant", "habitte"),
        ("text | a | A | | | | not(${lien} = 'Habite')", "relevant", "Habite"),
        ("text | a | A | | | | not(selected(${jours}, 'mardii'))", "relevant", "mardii"),
        ("text | a | A | | | | ${jours} = 'lundi mercredi'", "relevant", "mercredi"),
        ("select_one lien | a | A | | | | | . != 'habit'", "constraint", "habit"),
        ("calculate | a | | if(1 = 1, ${lien} = 'ici', 0)", "calculation", "ici"),
        ("calculate | a | | jr:choice-name('lundy', '${jours}')", "calculation", "lundy"),
        ("select_one villes | a | A | | region = 'nrod'", "choice_filter", "nrod"),
        ("select_one villes | a | A | | ${lien} = 'habitte'", "choice_filter", "habitte"),
        ("select_one lien | a | A | | | | | | habitte", "default", "habitte"),
    ],
)
def test_a_value_that_is_no_choice_of_its_list_is_named(
    tmp_path: Path, row: str, column: str, value: str
) -> None:
    problems, warnings = told(tmp_path, *ASKED, row, choices=CHOICES)
    assert problems == []
    (warning,) = warnings
    assert warning.startswith(f"survey, row 5, column {column} (")
    assert f"“{value}”" in warning


def test_values_are_followed_into_repeats(tmp_path: Path) -> None:
    _, warnings = told(
        tmp_path,
        "begin repeat | r | R",
        "select_one lien | l | L",
        "end repeat",
        "calculate | n | | count(${r}[l = 'habitte'])",
        "calculate | o | | indexed-repeat(${l}, ${r}, 1) = 'habitte'",
        choices=CHOICES,
    )
    assert [warning[:13] for warning in warnings] == ["survey, row 6", "survey, row 7"]


@pytest.mark.parametrize(
    "row",
    [
        "text | a | A | | | | ${lien} = '' or ${lien} = 'habite' or selected(${jours}, 'lundi')",
        "text | a | A | | | | string-length(${lien}) > 3 and ${lien} = ${b}",
        "select_one villes | a | A | | region = ${b} or ${b} = 'tout'",
        "select_one lien | a | A | if(1 = 1, 'refus', '')",
        "text | a | A | | | | ${b} = 'habitte'",
        "select_one lien or_other | a | A",
        "calculate | a | | ${other} = 'other'",
    ],
)
def test_what_can_be_true_is_not_named(tmp_path: Path, row: str) -> None:
    rows = ("text | b | B", "select_one lien or_other | other | O")
    assert told(tmp_path, *ASKED, *rows, row, choices=CHOICES) == ([], [])
