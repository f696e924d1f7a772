"""Every function of docs/forms.md does what its line there says."""

import re
from pathlib import Path
from random import Random
from time import process_time

import pytest

from forms.errors import FormError
from forms.functions.strings import PATIENCE
from forms.xpath.compiler import KNOWN_FUNCTIONS
from tests.forms.writing import calculated

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "forms.md"
WALKED = "tests/forms/agreement/*.*"
_LINE = re.compile(r"\| `([a-z0-9:-]+)` \| [^|]+ \| `(.+?)` \| `(.*?)` \|")
EXAMPLES = [
    match.groups() for match in map(_LINE.match, DOCUMENT.read_text().splitlines()) if match
]


@pytest.mark.parametrize(("function", "example", "value"), EXAMPLES)
def test_the_example_of_the_document_gives_what_it_says(
    function: str, example: str, value: str
) -> None:
    assert f"{function}(" in example
    found = calculated(example)
    assert re.fullmatch(value[1:-1], found) if value.startswith("/") else found == value


def test_every_function_has_its_line_in_the_document() -> None:
    assert {name for name, _, _ in EXAMPLES} == KNOWN_FUNCTIONS


def test_a_regular_expression_that_never_ends_is_given_up() -> None:
    began = process_time()
    assert calculated(f"regex('{'a' * 40}!', '(a|aa|a+)+b*c')") == "0"
    assert process_time() - began < 20 * PATIENCE


ODD = [
    "''",
    "'(('",
    "'99999-01-01'",
    "1 div 0",
    "0 div 0",
    "-99999999999",
    "/data/moment",
    "/data/time",
    "/data/r/v",
    "/data/empty",
    "instance('l')/root/item",
]


@pytest.mark.parametrize("function", sorted(KNOWN_FUNCTIONS))
def test_odd_arguments_give_a_value_or_a_sentence(function: str) -> None:
    chance = Random(function)
    for count in (0, 1, 1, 2, 2, 2, 3, 3, 4):
        given = ", ".join(chance.choice(ODD) for _ in range(count))
        kind = chance.choice(["string", "int", "decimal", "date", "dateTime", "boolean"])
        try:
            assert isinstance(calculated(f"{function}({given})", kind), str)
        except FormError as refused:
            assert str(refused).endswith((".", "?"))


@pytest.mark.parametrize(
    ("expression", "digits"),
    [
        ("asin(0.3)", "0.3046926540153975"),
        ("acos(-0.9)", "2.6905658417935308"),
        ("atan(7.3)", "1.4346573659417559"),
        ("atan2(-3.5, -7.25)", "-2.691833040519954"),
        ("log10(24.8)", "1.3944516808262162"),
    ],
)
def test_angles_and_logarithms_have_javas_digits(expression: str, digits: str) -> None:
    assert calculated(expression) == digits


@pytest.mark.parametrize(
    ("seed", "order"),
    [("42", "a b c"), ("-7", "a b c"), ("''", "c b a"), ("0", "c b a"), ("1", "b a c")],
)
def test_a_seed_gives_the_order_that_javarosa_gives(seed: str, order: str) -> None:
    names = f"join(' ', randomize(instance('l')/root/item/name, {seed}))"
    assert calculated(names) == order


@pytest.mark.parametrize(
    ("expression", "gives"),
    [
        ("sum(/data/r/v | /data/s)", "7"),
        ("max('a', 1)", "1"),
        ("max(-1, -2)", "-1"),
        ("max(/data/empty)", ""),
        ("pow(0, -1)", "Infinity"),
        ("round(5, 31)", ""),
        ("number('1,5')", "1.5"),
        ("0.1 * 3 - 0.3", "0"),
        ("67.1 * 100", "6709.999999999999"),
        ("indexed-repeat(/data/r/v, /data/r, 0)", "1"),
        ("indexed-repeat(/data/r/v, /data/r, 9)", ""),
        ("jr:choice-name('a b', '/data/m')", ""),
        ("regex('héllo', '\\w+')", "0"),
        ("date(/data/moment)", "2024-02-29T00:00:00.000Z"),
        ("date('2024-02-29T23:00:00.000-05:00')", "2024-03-01T04:00:00.000Z"),
        ("format-date-time('2024-02-09T23:04:05.678+05:00', '%H:%M')", "18:04"),
        ("decimal-time(/data/moment)", "0.5730353009275859"),
        ("decimal-time(1.25)", "0.25"),
        ("/data/moment + 1", "19783"),
        ("number('2024-02-29T12:00:00.000Z')", "19782.5"),
        ("checklist(2, 3, true(), '1', 'true', 'yes')", "1"),
        ("weighted-checklist(-1, -1, 1, 4)", "1"),
        ("once('x')", "x"),
        ("coalesce('', '')", ""),
        ("position(/data/r[2])", "2"),
        ("pulldata('l', 'label', 'name', 'zz')", ""),
        ("digest('', 'MD5', 'hex')", "d41d8cd98f00b204e9800998ecf8427e"),
        ("area(/data/place)", "0"),
        ("distance('48 2; 49 3')", "133536.4649604297"),
    ],
)
def test_edge_cases_of_functions(expression: str, gives: str) -> None:
    assert calculated(expression) == gives


def test_the_forms_that_a_function_is_walked_in_call_it() -> None:
    forms = {path.stem: path.read_text() for path in DOCUMENT.parents[1].glob(WALKED)}
    for line in DOCUMENT.read_text().splitlines():
        match = _LINE.match(line)
        where = line.strip("| ").rpartition("|")[2].strip()
        if match and where != "example alone":
            for name in where.split(", "):
                assert f"{match[1]}(" in forms[name]
