"""The table of functions that expressions may call, filled by the modules beside this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from forms.xpath.values import Value

Body: TypeAlias = Callable[..., Value]


class Take(Enum):
    """What a function wants an argument as; the compiler converts before it calls."""

    VALUE = "any value"
    TEXT = "text"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    NODES = "a path"
    VALUES = "values or paths, each node of a path counting as one value"


@dataclass(frozen=True, slots=True)
class Function:
    """A function: what it takes, and what computes it.

    Attributes:
        takes: one per argument; the last stands for all further ones when `most` allows them.
        least: how few arguments it accepts.
        most: how many; None for any number.
        body: called with the context and the arguments.
        steady: False where the same arguments may give another value (chance, clock, language).
        speaks: whether its value is in the words of the entry's language.
        check: called when an expression is read, with the arguments that are texts, and None for
            the others; raises FormError where the function cannot take them.
    """

    name: str
    takes: tuple[Take, ...]
    least: int
    most: int | None
    body: Body
    steady: bool = True
    speaks: bool = False
    check: Callable[..., None] | None = None

    def taking(self, index: int) -> Take:
        """What the argument at an index is wanted as."""
        return self.takes[min(index, len(self.takes) - 1)]


FUNCTIONS: dict[str, Function] = {}


def function(
    name: str,
    *takes: Take,
    least: int | None = None,
    more: bool = False,
    steady: bool = True,
    speaks: bool = False,
    check: Callable[..., None] | None = None,
) -> Callable[[Body], Body]:
    """Enter a function in the table.

    Args:
        name: as expressions call it.
        takes: what each argument is wanted as.
        least: how few arguments it accepts, where some may be left out.
        more: whether the last argument may be repeated.
        steady: False where the same arguments may give another value.
        speaks: whether its value is in the words of the entry's language.
        check: refuses texts that it cannot take.
    """

    def enter(body: Any) -> Any:
        fewest = len(takes) if least is None else least
        most = None if more else len(takes)
        FUNCTIONS[name] = Function(name, takes, fewest, most, body, steady, speaks, check)
        return body

    return enter
