"""Functions on paths (bindings, "Node-set Functions").

`position`, `instance` and `current` are the compiler's: they are about the context.
"""

from __future__ import annotations

import hashlib

from forms.functions.registry import Take, function
from forms.xpath.context import Context
from forms.xpath.nodes import Node
from forms.xpath.values import Value, to_number, to_text

_MODULUS = 2_147_483_647
_MULTIPLIER = 16_807


@function("count", Take.NODES)
def count(context: Context, nodes: list[Node]) -> Value:
    """How many nodes."""
    return float(len(nodes))


@function("count-non-empty", Take.NODES)
def count_non_empty(context: Context, nodes: list[Node]) -> Value:
    """How many nodes that hold something."""
    return float(sum(1 for node in nodes if node.whole_text() != ""))


def shuffled(nodes: list[Node], context: Context, seed: Value | None) -> list[Node]:
    """`randomize()`: the inside-out Fisher-Yates shuffle.

    With a seed the numbers are Park and Miller's, so that the same seed gives the same order. A
    seed that is no number is hashed, so that a text such as an instance's id can be one.
    """
    if seed is None:
        found = list(nodes)
        context.world.random.shuffle(found)
        return found
    state = _remainder(_seed(seed))
    if state <= 0:
        state += _MODULUS - 1
    found = []
    for index, node in enumerate(nodes):
        state = state * _MULTIPLIER % _MODULUS
        other = int((state - 1) / (_MODULUS - 1) * (index + 1))
        if other == index:
            found.append(node)
        else:
            found.append(found[other])
            found[other] = node
    return found


def _remainder(number: int) -> int:
    """What is left of a division, with the sign of the number, as Java has it."""
    left = abs(number) % _MODULUS
    return left if number >= 0 else -left


def _seed(seed: Value) -> int:
    """A seed as a whole number of 64 bits; a text that is no number gives one by its digest."""
    number = to_number(seed)
    if number == number:
        return max(-(2**63), min(int(max(-1e19, min(number, 1e19))), 2**63 - 1))
    text = to_text(seed)
    if text in {"", "NaN"}:
        return 0
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)
