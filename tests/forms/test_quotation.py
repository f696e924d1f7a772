"""Typographic quotes on their way through pyxform."""

from pyxform.xls2json_backends import get_xlsform
from pyxform.xls2xform import convert

from forms.quotation import kept, restored

FORM = """
| survey | type           | name | relevant     | label::Français (fr) | required message |
|        | select_one oui | q    |              | L’État « s’engage »  | C’est ‘dû’       |
|        | text           | why  | ${q} = ’oui’ | Dit “oui”            |                  |

| choices | list_name | name | label::Français (fr) |
|         | oui       | oui  | D’accord             |

| settings | form_title   |
|          | L’enquête    |
"""


def compiled(form: str) -> str:
    definition = kept(get_xlsform(form))
    sheets = {name: getattr(definition, name) for name in definition.__slots__}
    return restored(convert(sheets).xform)


def test_the_quotes_of_texts_come_through() -> None:
    xform = compiled(FORM)
    for text in ("L’État « s’engage »", "“oui”", "C’est ‘dû’", "D’accord", "L’enquête"):
        assert text in xform


def test_the_quotes_of_a_formula_are_still_set_straight() -> None:
    assert "= 'oui'" in compiled(FORM)


def test_a_sheet_that_is_not_there_stays_away() -> None:
    definition = kept(get_xlsform("| survey | type | name | label |\n| | text | a | L’a |"))
    assert definition.choices is None
