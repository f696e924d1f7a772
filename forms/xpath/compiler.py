"""Turns an expression's tree into a Python function, and tells which fields it depends on."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from forms.functions import FUNCTIONS
from forms.functions.registry import Function, Take
from forms.xpath.context import Context, Evaluate, Select
from forms.xpath.nodes import Field
from forms.xpath.paths import PathCompiler, UnknownFunction, check_count
from forms.xpath.places import Fields, Reach
from forms.xpath.reader import read_expression
from forms.xpath.selecting import first_value
from forms.xpath.special import SPECIAL, as_number
from forms.xpath.tree import Call, Expression, Filtered, Negation, Number, Operation, Path, Text
from forms.xpath.values import Value, equal, to_boolean, to_number, to_text

KNOWN_FUNCTIONS = frozenset(SPECIAL) | frozenset(FUNCTIONS) | {"instance", "current", "randomize"}
"""Every function that an expression may call."""

MOST_COMPARISONS = 50
"""In a row without brackets: `a = b = c`; nobody means more than one."""


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression, ready to be evaluated any number of times, in any entry of its form.

    Attributes:
        source: as the form writes it.
        evaluate: its value in a context.
        select: the nodes it leads to in a context; None where it is no path.
        depends_on: the fields whose value or existence it reads.
        reach: of those inside repeats, the instances that it reads them in.
        missing: paths in it that lead to no field of the form.
        constant: its value, where it depends on nothing at all; None otherwise.
        steady: whether it gives the same for the same answers: no clock, no chance.
        speaks: whether its value may be another in another language.
        by_lot: whether something in it is drawn by lot.
        seeds: of the fields that it reads, those that decide the order of a shuffle alone.
    """

    source: str
    evaluate: Evaluate
    select: Select | None
    depends_on: Fields
    reach: Mapping[Field, Reach | None]
    missing: tuple[str, ...]
    constant: Value | None
    steady: bool = True
    speaks: bool = False
    by_lot: bool = False
    seeds: Fields = frozenset()

    def is_true(self, context: Context) -> bool:
        """Its value as a condition."""
        return to_boolean(self.evaluate(context))


def compile_formula(
    source: str,
    *,
    at: Field,
    root: Field,
    secondary: Collection[str] = (),
) -> Formula:
    """Read and compile an expression about one field of a form.

    Args:
        source: the expression.
        at: the field it is about: what `.` and `current()` mean.
        root: the primary instance's root.
        secondary: the ids of the form's secondary instances.

    Raises:
        ExpressionError: it is not an expression.
        UnknownFunction: it calls a function that does not exist, or with arguments it cannot take.
        FormError: a text that it gives to a function is not what the function takes.
    """
    tree = read_expression(source)
    compiler = _Compiler(at, root, secondary)
    evaluate = compiler.value(tree, frozenset((at,)))
    select = None
    if compiler.is_path(tree):
        select, _ = compiler.nodes(tree, frozenset((at,)))
    constant: Value | None = None
    if isinstance(tree, Number | Text):
        constant = tree.value
    elif isinstance(tree, Call) and tree.name in {"true", "false"}:
        constant = tree.name == "true"
    return Formula(
        source,
        evaluate,
        select,
        frozenset(compiler.depends_on),
        compiler.reach,
        tuple(dict.fromkeys(compiler.missing)),
        constant,
        compiler.steady,
        compiler.speaks,
        compiler.by_lot,
        frozenset(compiler.seeds),
    )


def _constant(value: Value) -> Evaluate:
    return lambda context: value


def _and(parts: list[Evaluate]) -> Evaluate:
    return lambda context: all(to_boolean(part(context)) for part in parts)


def _or(parts: list[Evaluate]) -> Evaluate:
    return lambda context: any(to_boolean(part(context)) for part in parts)


def divide(left: float, right: float) -> float:
    """`div`: by zero it is infinite, or not a number (IEEE 754)."""
    if right != 0:
        return left / right
    if left == 0 or left != left or right != right:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def remainder(left: float, right: float) -> float:
    """`mod`: takes the sign of the left operand (XPath 1.0 §3.5)."""
    if right == 0 or math.isinf(left) or left != left or right != right:
        return math.nan
    return math.fmod(left, right)


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "div": divide,
    "mod": remainder,
}
_COMPARISONS: dict[str, Callable[[Value, Value], bool]] = {
    "=": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": lambda left, right: to_number(left) < to_number(right),
    "<=": lambda left, right: to_number(left) <= to_number(right),
    ">": lambda left, right: to_number(left) > to_number(right),
    ">=": lambda left, right: to_number(left) >= to_number(right),
}


class _Compiler(PathCompiler):
    """Compiles the values of one expression."""

    __slots__ = ()

    def value(self, tree: Expression, here: Fields) -> Evaluate:
        """What computes the value of an expression whose context node is at one of some fields."""
        match tree:
            case Number(value=number):
                return _constant(number)
            case Text(value=text):
                return _constant(text)
            case Negation(inner=inner):
                number_of = as_number(self.value(inner, here))
                return lambda context: -number_of(context)
            case Operation():
                return self.operation(tree, here)
            case Call():
                if self.is_path(tree):
                    return first_value(self.nodes(tree, here)[0])
                return self.call(tree, here)
            case Path():
                single = self.single_field(tree, here)
                if single is not None:
                    return self.single_value(single)
                return first_value(self.nodes(tree, here)[0])
            case Filtered():
                return first_value(self.nodes(tree, here)[0])

    def operation(self, tree: Operation, here: Fields) -> Evaluate:
        operators = {operator for operator, _ in tree.rest}
        if "|" in operators:
            return first_value(self.nodes(tree, here)[0])
        if operators == {"and"} or operators == {"or"}:
            parts = [self.value(part, here) for part in (tree.first, *(p for _, p in tree.rest))]
            return _and(parts) if "and" in operators else _or(parts)
        if operators <= _ARITHMETIC.keys():
            return self.arithmetic(tree, here)
        if len(tree.rest) > MOST_COMPARISONS:
            raise UnknownFunction(f"More than {MOST_COMPARISONS} comparisons stand in a row.")
        evaluate: Evaluate | None = None
        left_tree: Expression | None = tree.first
        for operator, right_tree in tree.rest:
            evaluate = self.comparison(operator, left_tree, evaluate, right_tree, here)
            left_tree = None
        assert evaluate is not None
        return evaluate

    def arithmetic(self, tree: Operation, here: Fields) -> Evaluate:
        """Operators of one precedence, from the left; sums may be as long as forms are."""
        first = as_number(self.value(tree.first, here))
        rest = [
            (_ARITHMETIC[operator], as_number(self.value(part, here)))
            for operator, part in tree.rest
        ]
        if len(rest) == 1:
            ((compute, second),) = rest
            return lambda context: compute(first(context), second(context))

        def evaluate(context: Context) -> Value:
            total = first(context)
            for compute, number in rest:
                total = compute(total, number(context))
            return total

        return evaluate

    def comparison(
        self,
        operator: str,
        left_tree: Expression | None,
        left: Evaluate | None,
        right_tree: Expression,
        here: Fields,
    ) -> Evaluate:
        """A comparison: of two values, or of every node of a path (XPath 1.0 §3.4)."""
        holds = _COMPARISONS[operator]
        left_many = left_tree is not None and self.may_be_many(left_tree, here)
        right_many = self.may_be_many(right_tree, here)
        if left_many or right_many:
            lefts = self.values(left_tree, here) if left_tree is not None else None
            rights = self.values(right_tree, here)

            def any_holds(context: Context) -> Value:
                ones = lefts(context) if lefts is not None else [left(context)]  # type: ignore[misc]
                others = rights(context)
                return any(holds(one, other) for one in ones or [""] for other in others or [""])

            return any_holds
        one_side = left if left is not None else self.value(left_tree, here)  # type: ignore[arg-type]
        other_side = self.value(right_tree, here)
        return lambda context: holds(one_side(context), other_side(context))

    def values(self, tree: Expression, here: Fields) -> Callable[[Context], list[Value]]:
        """Every value of an expression: of each node, where it is a path."""
        if self.is_path(tree):
            select, _ = self.nodes(tree, here)
            return lambda context: [node.value for node in select(context)]
        evaluate = self.value(tree, here)
        return lambda context: [evaluate(context)]

    # --- functions ---------------------------------------------------------------------------

    def call(self, tree: Call, here: Fields) -> Evaluate:
        special = SPECIAL.get(tree.name)
        if special is not None:
            least, most, compile_special = special
            check_count(tree, least, most)
            return compile_special(self, tree, here)
        function = FUNCTIONS.get(tree.name)
        if function is None:
            raise UnknownFunction(f"There is no function “{tree.name}()”.{_nearest(tree.name)}")
        check_count(tree, function.least, function.most)
        self.steady = self.steady and function.steady
        self.speaks = self.speaks or function.speaks
        self.by_lot = self.by_lot or tree.name == "random"
        return self.plain_call(function, tree, here)

    def plain_call(self, function: Function, tree: Call, here: Fields) -> Evaluate:
        body = function.body
        if function.check is not None:
            function.check(
                *(part.value if isinstance(part, Text) else None for part in tree.arguments)
            )
        if any(take is Take.VALUES for take in function.takes):
            return self.spread_call(function, tree, here)
        arguments = [
            self.argument(function.taking(index), argument, here, function.name)
            for index, argument in enumerate(tree.arguments)
        ]
        if not arguments:
            return lambda context: body(context)
        if len(arguments) == 1:
            only = arguments[0]
            return lambda context: body(context, only(context))
        if len(arguments) == 2:
            first, second = arguments
            return lambda context: body(context, first(context), second(context))
        return lambda context: body(context, *[argument(context) for argument in arguments])

    def spread_call(self, function: Function, tree: Call, here: Fields) -> Evaluate:
        """A call where each node of a path counts as one argument."""
        body = function.body
        arguments: list[tuple[bool, Callable[[Context], object]]] = []
        for index, argument in enumerate(tree.arguments):
            take = function.taking(index)
            if take is Take.VALUES:
                arguments.append((True, self.values(argument, here)))
            else:
                arguments.append((False, self.argument(take, argument, here, function.name)))

        def evaluate(context: Context) -> Value:
            given: list[object] = []
            for many, argument in arguments:
                if many:
                    given.extend(argument(context))  # type: ignore[arg-type]
                else:
                    given.append(argument(context))
            return body(context, *given)

        return evaluate

    def argument(
        self, take: Take, tree: Expression, here: Fields, name: str
    ) -> Callable[[Context], object]:
        if take is Take.NODES:
            if not self.is_path(tree):
                raise UnknownFunction(
                    f"The function “{name}()” takes a question or a path, not a value."
                )
            return self.nodes(tree, here)[0]
        evaluate = self.value(tree, here)
        if take is Take.TEXT:
            return lambda context: to_text(evaluate(context))
        if take is Take.NUMBER:
            return as_number(evaluate)
        if take is Take.BOOLEAN:
            return lambda context: to_boolean(evaluate(context))
        return evaluate


def _nearest(name: str) -> str:
    close = get_close_matches(name, KNOWN_FUNCTIONS, 1)
    return f" Is “{close[0]}()” meant?" if close else ""
