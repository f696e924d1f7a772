"""Every function of docs/forms.md does what its line there says."""

import re
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from forms.errors import FormError
from forms.functions.strings import PATIENCE
from forms.xpath.compiler import KNOWN_FUNCTIONS
from tests.forms.writing import calculated

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "forms.md"
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
    began = monotonic()
    assert calculated(f"regex('{'a' * 40}!', '(a|aa|a+)+b*c')") == "0"
    assert monotonic() - began < 20 * PATIENCE


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
