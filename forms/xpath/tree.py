"""An expression as read: what the compiler walks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Axis(Enum):
    """The axes of ODK XForms (bindings, "XPath Axes"), and the two that `//` and `@` write."""

    CHILD = "child"
    PARENT = "parent"
    SELF = "self"
    DESCENDANT = "descendant-or-self"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted string."""

    value: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path; name is "*" for any element."""

    axis: Axis
    name: str
    predicates: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from the root (start None, absolute), from the context, or from another expression."""

    absolute: bool
    steps: tuple[Step, ...]
    start: Expression | None = None


@dataclass(frozen=True, slots=True)
class Filtered:
    """An expression with predicates: `instance('x')[…]`."""

    inner: Expression
    predicates: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """Operands joined from the left by operators of one precedence: `a + b - c`."""

    first: Expression
    rest: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """Unary minus."""

    inner: Expression


Expression: TypeAlias = Number | Text | Call | Path | Filtered | Operation | Negation
