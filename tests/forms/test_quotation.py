"""Typographic quotes on their way through pyxform."""

from pathlib import Path

import pytest
from pyxform.xls2json_backends import get_xlsform

from forms.quotation import kept
from forms.xlsform import compile_form

FORM = """
| survey | type           | name | relevant     | label::Français (fr) | required message |
|        | select_one oui | q    |              | L’État « s’engage »  | C’est ‘dû’       |
|        | text           | why  | ${q} = 'oui' | Dit “oui”            |                  |

| choices | list_name | name | label::Français (fr) |
|         | oui       | oui  | D’accord             |

| settings | form_title   |
|          | L’enquête    |
"""


@pytest.fixture
def xform(tmp_path: Path) -> str:
    (tmp_path / "form.md").write_text(FORM, encoding="utf-8")
    return compile_form(tmp_path / "form.md").xml.decode()


@pytest.mark.parametrize(
    "text", ["L’État « s’engage »", "Dit “oui”", "C’est ‘dû’", "D’accord", "L’enquête"]
)
def test_the_quotes_of_texts_come_through(text: str, xform: str) -> None:
    assert text in xform


def test_formulas_are_left_to_pyxform() -> None:
    rows = kept(get_xlsform("| survey | type | name | relevant |\n| | text | a | . = ’a’ |")).survey
    assert rows == [{"type": "text", "name": "a", "relevant": ". = ’a’"}]


def test_a_sheet_that_is_not_there_stays_away() -> None:
    definition = kept(get_xlsform("| survey | type | name | label |\n| | text | a | L’a |"))
    assert definition.choices is None
