"""Expressions: read as XPath 1.0 says, refused in sentences, computed with ODK's types."""

import pytest

from forms.errors import FormError
from forms.xform import read_form
from forms.xpath.reader import DEEPEST, ExpressionError, read_expression
from tests.forms.writing import calculated, xform


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 + 3 * 4", "14"),
        ("(2 + 3) * 4", "20"),
        ("10 - 2 - 3", "5"),
        ("-/data/i", "-7"),
        ("- - 3", "3"),
        ("5 mod 2", "1"),
        ("-5 mod 2", "-1"),
        ("1 div 3", "0.3333333333333333"),
        ("1 div 0", "Infinity"),
        ("0 div 0", ""),
        ("/data/i div 2", "3.5"),
        ("/data/empty + 1", ""),
        ("1 < 2 and 2 < 3", "1"),
        ("'a' or ''", "1"),
        ("1 = 1.0", "1"),
        ("'1' = '1.0'", "0"),
        ("/data/i = '7.0'", "1"),
        ("/data/empty = ''", "1"),
        ("/data/empty < 5", "0"),
        ("/data/empty != 5", "1"),
        ("div", ""),
    ],
)
def test_operators_bind_and_compare_as_xpath_says(expression: str, value: str) -> None:
    assert calculated(expression) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("/data/day > '2024-01-01'", "1"),
        ("/data/day < date('2024-03-01')", "1"),
        ("/data/day = '2024-02-29'", "1"),
        ("/data/moment > /data/day", "0"),
        ("decimal-date-time(/data/moment) > decimal-date-time(/data/day)", "1"),
        ("/data/day - date('2024-02-28')", "1"),
        ("date(/data/day + 1)", "2024-03-01T00:00:00.000Z"),
        ("/data/day + 0", "19782"),
        ("concat(/data/day, ' ', /data/i)", "2024-02-29 7"),
    ],
)
def test_dates_compare_and_count_in_days(expression: str, value: str) -> None:
    assert calculated(expression) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("../i", "7"),
        ("current()/../i", "7"),
        ("./../i", "7"),
        ("//i", "7"),
        ("count(/data/r)", "3"),
        ("sum(/data/r[v > 1]/v)", "6"),
        ("/data/r[2]/v", "2"),
        ("/data/r[position() = 3]/v", "4"),
        ("/data/r[last()]/v", "4"),
        ("/data/r/v = 4", "1"),
        ("/data/r/v = 3", "0"),
        ("instance('l')/root/item[name = 'b']/label", "B"),
        ("instance('l')/root/item[n = 2]/label", "B"),
        ("instance('l')/root/item[n > 2 and name != 'a']/label", "C"),
        ("instance('l')/root/item[name = 'b'][n = 3]/label", ""),
        ("count(/data/i | /data/d | /data/i)", "2"),
    ],
)
def test_paths_lead_where_they_say(expression: str, value: str) -> None:
    assert calculated(expression) == value


@pytest.mark.parametrize(
    ("kind", "expression", "text"),
    [
        ("int", "/data/i div 2", "3"),
        ("int", "1 div 0", "2147483647"),
        ("decimal", "/data/i div 2", "3.5"),
        ("decimal", "/data/i", "7"),
        ("string", "100000000 * 1000", "100000000000"),
        ("string", "1 = 1", "1"),
        ("boolean", "1 = 2", "0"),
        ("date", "date('2024-02-29')", "2024-02-29"),
        ("date", "/data/moment", "2024-02-29"),
    ],
)
def test_computed_values_are_written_as_javarosa_writes_them(
    kind: str, expression: str, text: str
) -> None:
    assert calculated(expression, kind) == text


@pytest.mark.parametrize(
    ("expression", "what", "at"),
    [
        ("", "empty", 0),
        (". >", "stops too early", 3),
        ("(1 + 2", "“\\)” is missing", 6),
        ("1 + 2)", "closes nothing", 5),
        ("'abc", "never closed", 0),
        ("a b", "“b” is not expected", 2),
        ("selected(/data/a 'x')", "“\\)” is missing", 17),
        ("/data/", "without saying where to", 6),
        ("a = «b»", "typographic quotation mark", 4),
        ("1 # 2", "has no place", 2),
        ("following::a", "axis", 0),
    ],
)
def test_what_is_no_expression_is_refused_at_its_character(
    expression: str, what: str, at: int
) -> None:
    with pytest.raises(ExpressionError, match=what) as refused:
        read_expression(expression)
    assert refused.value.at == at


def test_brackets_may_be_deep_but_not_without_end() -> None:
    deep = DEEPEST - 1
    assert calculated("(" * deep + "1" + ")" * deep) == "1"
    with pytest.raises(ExpressionError, match="nested more than"):
        read_expression("(" * 5000 + "1" + ")" * 5000)


def test_a_sum_may_be_as_long_as_it_likes() -> None:
    assert calculated(" + ".join(["1"] * 3000)) == "3000"
    assert calculated(" and ".join(["1"] * 3000)) == "1"


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("selectd(., 'a')", "Is “selected\\(\\)” meant"),
        ("selected(.)", "takes 2 arguments, not 1"),
        ("count('a')", "takes a question or a path"),
        ("jr:choice-name('a', 'b', 'c')", "takes 2 arguments"),
    ],
)
def test_a_function_used_wrongly_is_told_when_the_form_is_read(
    expression: str, sentence: str
) -> None:
    with pytest.raises(FormError, match=sentence):
        read_form(xform("<a/>", f'<bind nodeset="/data/a" calculate="{expression}"/>'))
