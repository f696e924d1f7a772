"""Functions on paths (bindings, "Node-set Functions").

`position`, `instance` and `current` are the compiler's: they are about the context.
"""

from __future__ import annotations

import hashlib
import math

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
    number = to_number(seed)
    if number != number or math.isinf(number):
        digest = hashlib.sha256(to_text(seed).encode()).digest()
        number = float(int.from_bytes(digest[:6], "big"))
    state = int(number) % _MODULUS
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
