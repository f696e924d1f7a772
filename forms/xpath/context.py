"""Where an expression is evaluated: the node it is about, and the entry around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from typing import Protocol, TypeAlias

from forms.xpath.nodes import Field, Node, SecondaryInstance
from forms.xpath.values import Value


class World(Protocol):
    """What expressions may ask of the entry they belong to; nothing else reaches them."""

    clock: Callable[[], datetime]
    random: Random

    @property
    def language(self) -> str:
        """The language that texts are in."""

    @property
    def spoken(self) -> str:
        """The language that days and months are named in; the form may not be translated at all."""

    @property
    def document(self) -> Node:
        """The node above the primary instance's root."""

    @property
    def single(self) -> Sequence[Node | None]:
        """By field number: the node of a field that no repeat holds; None for the others."""

    def secondary(self, name: str) -> SecondaryInstance | None:
        """The secondary instance of that id; None where the form has none."""

    def spend(self, looks: int) -> None:
        """Count nodes that a predicate looks at.

        Raises:
            FormError: one answer has made expressions look at more than any form needs.
        """

    def itext(self, name: str) -> str:
        """A text of the form in the entry's language; "" where there is none."""

    def choice_label(self, field: Field, node: Node, name: str) -> str:
        """The label of a choice of the select question at a field, in the entry's language."""


class Context:
    """The context of XPath 1.0 §1 and, for `current()`, the node that the expression is about."""

    __slots__ = ("current", "node", "position", "size", "world")

    def __init__(self, world: World, node: Node, current: Node | None = None) -> None:
        self.world = world
        self.node = node
        self.current = node if current is None else current
        self.position = 1
        self.size = 1


Evaluate: TypeAlias = Callable[[Context], Value]
Select: TypeAlias = Callable[[Context], list[Node]]
