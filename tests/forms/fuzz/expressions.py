"""Expressions made by the grammar, sensible and senseless ones."""

from __future__ import annotations

from collections.abc import Sequence

from forms.xpath.compiler import KNOWN_FUNCTIONS
from tests.forms.fuzz.choosing import Choices

FUNCTIONS = sorted(KNOWN_FUNCTIONS)
OPERATORS = (" = ", " != ", " < ", " <= ", " > ", " >= ", " + ", " - ", "*", " div ", " mod ")
LITERALS = (
    "''", "'a'", "'1'", "'-1.5'", "0", "1", "-1", "2.5", "1000000000000000000000", "0.0000001",
    "'2024-02-29'", "'2024-13-45'", "'0000-00-00'", "'9999-12-31T23:59:59.999+14:00'",
    "'12:30:00.000Z'", "'a b c'", "'48.1 2.2 0 0; 49 3 0 0'", "'%Y-%m-%d %'", "'[a-z]+('",
    "'sha-256'", "'ünï'", "1 div 0", "0 div 0", "-1 div 0", "'/data/m'", "'name'", "'\U0001f600'",
)  # fmt: skip
STEPS = (
    ".",
    "..",
    "*",
    "@id",
    "node()",
    "self::*",
    "child::a",
    "parent::*",
    "descendant-or-self::a",
)


def expression(choices: Choices, paths: Sequence[str], depth: int = 4) -> str:
    """An expression over some paths."""
    if depth == 0 or choices.left == 0:
        return choices.one_of(paths) if choices.number(2) else choices.one_of(LITERALS)
    match choices.number(10):
        case 0 | 1:
            return choices.one_of(paths)
        case 2:
            return choices.one_of(LITERALS)
        case 3 | 4:
            left = expression(choices, paths, depth - 1)
            return left + choices.one_of(OPERATORS) + expression(choices, paths, depth - 1)
        case 5:
            joined = choices.one_of((" and ", " or ", "|"))
            return joined.join(expression(choices, paths, depth - 1) for _ in range(2))
        case 6:
            return path(choices, paths, depth)
        case 7:
            return f"-({expression(choices, paths, depth - 1)})"
    name = choices.one_of(FUNCTIONS)
    count = choices.one_of((1, 2, 0, 3, 4, 5))
    return f"{name}({', '.join(expression(choices, paths, depth - 1) for _ in range(count))})"


def path(choices: Choices, paths: Sequence[str], depth: int) -> str:
    """A path with steps and predicates."""
    start = choices.one_of((*paths, "instance('l')/root/item", "current()", "//*", "/"))
    written = start
    for _ in range(choices.number(3)):
        written += "/" + choices.one_of((*STEPS, "name", "label", "a"))
        if choices.number(2):
            written += f"[{expression(choices, paths, depth - 1)}]"
    return written
