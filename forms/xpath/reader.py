"""Reads XPath 1.0 as ODK XForms use it into a tree, with errors that point at the character."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from forms.errors import FormError
from forms.xpath.tree import (
    Axis,
    Call,
    Expression,
    Filtered,
    Negation,
    Number,
    Operation,
    Path,
    Step,
    Text,
)

LONGEST = 100_000
"""Characters in one expression; pyxform's longest in practice are a few thousand."""

DEEPEST = 150
"""Brackets within brackets; Python's own stack allows about twice as many."""

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d*)?|\.\d+)
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<sign>::|//|\.\.|!=|<=|>=|[()\[\],/.@|+\-=<>*$])
    | (?P<name>[^\W\d][\w.\-·]*(?::(?!:)(?:[^\W\d][\w.\-·]*|\*))?)
    )""",
    re.VERBOSE,
)
_SIGNS = frozenset({"!=", "<=", ">=", "=", "<", ">", "+", "-", "|"})
_WORDS = frozenset({"and", "or", "div", "mod"})
_LEVELS = {
    operator: level
    for level, operators in enumerate(
        (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))
    )
    for operator in operators
}


class ExpressionError(FormError):
    """An expression is not XPath; says what is wrong and at which character."""

    def __init__(self, what: str, source: str, at: int) -> None:
        self.what = what
        self.source = source
        self.at = at
        super().__init__(f"{what}, at character {at + 1} of “{_around(source, at)}”.")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


@lru_cache(maxsize=4096)
def read_expression(source: str) -> Expression:
    """The tree of an expression.

    Raises:
        ExpressionError: it is not an expression of XPath 1.0, or too long, or too deep.
    """
    if len(source) > LONGEST:
        raise ExpressionError(f"The expression has more than {LONGEST} characters", source, 0)
    return _Reader(source).whole()


def _around(source: str, at: int) -> str:
    """The expression, or the part of it near the place, for a message."""
    if len(source) <= 120:
        return source
    start, end = max(0, at - 50), min(len(source), at + 50)
    return ("…" if start else "") + source[start:end] + ("…" if end < len(source) else "")


def _tokens(source: str) -> list[_Token]:
    """Every token; `*`, `and`, `or`, `div`, `mod` told apart as XPath 1.0 §3.7 says."""
    found: list[_Token] = []
    at, end = 0, len(source.rstrip())
    while at < end:
        match = _TOKEN.match(source, at)
        if match is None:
            start = at + len(source[at:]) - len(source[at:].lstrip())
            character = source[start]
            if character in "\"'":
                raise ExpressionError("A quotation mark is never closed", source, start)
            if character in "‘’“”«»":
                raise ExpressionError(
                    f"{character} is a typographic quotation mark; expressions want ' or \"",
                    source,
                    start,
                )
            raise ExpressionError(f"“{character}” has no place in an expression", source, start)
        kind = match.lastgroup or ""
        text = match.group(kind)
        begins = match.start(kind)
        before = found[-1] if found else None
        operand_before = before is not None and not (
            before.kind == "operator" or before.text in {"(", "[", ",", "@", "::", "/", "//"}
        )
        if ((text == "*" or text in _WORDS) and operand_before) or (
            kind == "sign" and text in {"!=", "<=", ">=", "=", "<", ">", "+", "-", "|"}
        ):
            kind = "operator"
        found.append(_Token(kind, text, begins))
        at = match.end()
    found.append(_Token("end", "", len(source)))
    return found


class _Reader:
    """A recursive descent over the grammar of XPath 1.0 §3, one method per level."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = _tokens(source)
        self.index = 0
        self.depth = 0

    def whole(self) -> Expression:
        if self.token.kind == "end":
            raise self.error("The expression is empty")
        tree = self.operation(0)
        if self.token.kind != "end":
            if self.token.text == ")":
                raise self.error("A “)” closes nothing")
            raise self.error(f"“{self.token.text}” is not expected here")
        return tree

    @property
    def token(self) -> _Token:
        return self.tokens[self.index]

    def error(self, what: str) -> ExpressionError:
        return ExpressionError(what, self.source, self.token.at)

    def take(self) -> _Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def taken(self, text: str) -> bool:
        if self.token.kind != "text" and self.token.text == text:
            self.index += 1
            return True
        return False

    def expect(self, text: str, why: str) -> None:
        if not self.taken(text):
            raise self.error(f"“{text}” is missing {why}")

    def nested(self) -> Expression:
        """An expression inside brackets, an argument or a predicate."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"Brackets are nested more than {DEEPEST} deep")
        tree = self.operation(0)
        self.depth -= 1
        return tree

    def operation(self, lowest: int) -> Expression:
        """Operands and operators that bind at least as tightly as the level `lowest`."""
        tree = self.operand()
        while (level := self.level()) >= lowest:
            rest: list[tuple[str, Expression]] = []
            while self.level() == level:
                operator = self.take().text
                rest.append((operator, self.operation(level + 1)))
            tree = Operation(tree, tuple(rest))
        return tree

    def level(self) -> int:
        """How tightly the operator at hand binds; -1 where there is none."""
        token = self.token
        return _LEVELS.get(token.text, -1) if token.kind == "operator" else -1

    def operand(self) -> Expression:
        minus = 0
        while self.token.kind == "operator" and self.token.text == "-":
            self.take()
            minus += 1
        tree = self.path()
        rest: list[tuple[str, Expression]] = []
        while self.token.kind == "operator" and self.token.text == "|":
            self.take()
            rest.append(("|", self.path()))
        if rest:
            tree = Operation(tree, tuple(rest))
        return Negation(tree) if minus % 2 else tree

    def path(self) -> Expression:
        token = self.token
        if token.kind in {"number", "text"} or token.text == "(" or self.is_call():
            inner = self.primary()
            predicates = self.predicates()
            if predicates:
                inner = Filtered(inner, predicates)
            if self.token.text in {"/", "//"} and self.token.kind == "sign":
                return Path(False, self.steps(), inner)
            return inner
        if token.kind == "sign" and token.text in {"/", "//"}:
            if token.text == "/" and not self.begins_step(self.tokens[self.index + 1]):
                self.take()
                return Path(True, ())
            return Path(True, self.steps())
        if self.begins_step(token):
            first = self.step()
            return Path(False, (first, *self.steps()))
        if token.kind == "end":
            raise self.error("The expression stops too early")
        if token.text == "$":
            raise self.error("“$” is not followed by a question's name in braces, as in ${age}")
        raise self.error(f"“{token.text}” is not expected here")

    def is_call(self) -> bool:
        return self.token.kind == "name" and self.tokens[self.index + 1].text == "("

    @staticmethod
    def begins_step(token: _Token) -> bool:
        return token.kind == "name" or (
            token.kind in {"sign", "operator"} and token.text in {".", "..", "@", "*"}
        )

    def primary(self) -> Expression:
        token = self.take()
        if token.kind == "number":
            return Number(float(token.text))
        if token.kind == "text":
            return Text(token.text[1:-1])
        if token.text == "(":
            inner = self.nested()
            self.expect(")", "to close the bracket")
            return inner
        self.expect("(", "after the function's name")
        arguments: list[Expression] = []
        if not self.taken(")"):
            arguments.append(self.nested())
            while self.taken(","):
                arguments.append(self.nested())
            self.expect(")", f"to close “{token.text}(”")
        return Call(token.text, tuple(arguments))

    def steps(self) -> tuple[Step, ...]:
        steps: list[Step] = []
        while self.token.kind == "sign" and self.token.text in {"/", "//"}:
            if self.take().text == "//":
                steps.append(Step(Axis.DESCENDANT, "*"))
            steps.append(self.step())
        return tuple(steps)

    def step(self) -> Step:
        token = self.token
        if not self.begins_step(token):
            raise self.error("A path stops at “/” without saying where to")
        self.take()
        if token.text == ".":
            return Step(Axis.SELF, "*", self.predicates())
        if token.text == "..":
            return Step(Axis.PARENT, "*", self.predicates())
        axis = Axis.CHILD
        if token.text == "@":
            axis, token = Axis.ATTRIBUTE, self.take()
        elif self.taken("::"):
            try:
                axis = Axis(token.text)
            except ValueError:
                raise ExpressionError(
                    f"The axis “{token.text}” is not one that ODK XForms have",
                    self.source,
                    token.at,
                ) from None
            token = self.take()
        if token.text == "node" and self.taken("("):
            self.expect(")", "after “node(”")
            return Step(axis, "*", self.predicates())
        if token.kind != "name" and token.text != "*":
            raise ExpressionError("A name is missing in the path", self.source, token.at)
        return Step(axis, token.text.rpartition(":")[2], self.predicates())

    def predicates(self) -> tuple[Expression, ...]:
        predicates: list[Expression] = []
        while self.taken("["):
            predicates.append(self.nested())
            self.expect("]", "to close “[”")
        return tuple(predicates)
