"""Turns an expression's tree into a Python function, and tells which fields it depends on.

Paths are resolved against the fields of the form when the form is read, so that most of them cost
one list lookup when an answer is given. Absolute paths inside a repeat mean the instance at hand
(repeats, "A Big Deviation with XForms"); inside the predicates of `instance('…')` they still mean
the primary instance (bindings, `instance`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from dataclasses import field as made

from forms.errors import FormError
from forms.functions import FUNCTIONS
from forms.functions.registry import Function, Take
from forms.xpath.context import Context, Evaluate, Select
from forms.xpath.nodes import Field, Node
from forms.xpath.reader import read_expression
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
from forms.xpath.values import Value, equal, to_boolean, to_number, to_text

Fields = frozenset[Field]
NOWHERE: Fields = frozenset()


class UnknownFunction(FormError):
    """An expression calls a function that neither the specification nor Parvis has."""


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression, ready to be evaluated any number of times, in any entry of its form.

    Attributes:
        source: as the form writes it.
        evaluate: its value in a context.
        select: the nodes it leads to in a context; None where it is no path.
        depends_on: the fields whose value or existence it reads.
        missing: paths in it that lead to no field of the form.
        constant: its value, where it depends on nothing at all; None otherwise.
    """

    source: str
    evaluate: Evaluate
    select: Select | None
    depends_on: Fields
    missing: tuple[str, ...]
    constant: Value | None

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
        tuple(dict.fromkeys(compiler.missing)),
        constant,
    )


# --- small evaluators ------------------------------------------------------------------------


def _constant(value: Value) -> Evaluate:
    return lambda context: value


def _first_value(select: Select) -> Evaluate:
    def evaluate(context: Context) -> Value:
        nodes = select(context)
        if not nodes:
            return ""
        node = nodes[0]
        return node.whole_text() if node.children else node.value

    return evaluate


def _as_number(evaluate: Evaluate) -> Callable[[Context], float]:
    def number(context: Context) -> float:
        value = evaluate(context)
        return value if isinstance(value, float) else to_number(value)

    return number


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


@dataclass(slots=True)
class _Compiler:
    """Compiles one expression; gathers what it depends on and what it misses on the way."""

    at: Field
    root: Field
    secondary: Collection[str]
    depends_on: set[Field] = made(default_factory=set)
    missing: list[str] = made(default_factory=list)

    # --- values ------------------------------------------------------------------------------

    def value(self, tree: Expression, here: Fields) -> Evaluate:
        """What computes the value of an expression whose context node is at one of some fields."""
        match tree:
            case Number(value=number):
                return _constant(number)
            case Text(value=text):
                return _constant(text)
            case Negation(inner=inner):
                number_of = _as_number(self.value(inner, here))
                return lambda context: -number_of(context)
            case Operation():
                return self.operation(tree, here)
            case Call():
                if self.is_path(tree):
                    return _first_value(self.nodes(tree, here)[0])
                return self.call(tree, here)
            case Path():
                single = self.single_field(tree, here)
                if single is not None:
                    return self.single_value(single)
                return _first_value(self.nodes(tree, here)[0])
            case Filtered():
                return _first_value(self.nodes(tree, here)[0])

    def operation(self, tree: Operation, here: Fields) -> Evaluate:
        operators = {operator for operator, _ in tree.rest}
        if "|" in operators:
            return _first_value(self.nodes(tree, here)[0])
        if operators == {"and"} or operators == {"or"}:
            parts = [self.value(part, here) for part in (tree.first, *(p for _, p in tree.rest))]
            return _and(parts) if "and" in operators else _or(parts)
        evaluate: Evaluate | None = None
        left_tree: Expression | None = tree.first
        for operator, right_tree in tree.rest:
            if operator in _ARITHMETIC:
                left = evaluate or self.value(tree.first, here)
                evaluate = self.arithmetic(operator, left, self.value(right_tree, here))
            else:
                evaluate = self.comparison(operator, left_tree, evaluate, right_tree, here)
            left_tree = None
        assert evaluate is not None  # noqa: S101 - the reader makes no operation without operands
        return evaluate

    @staticmethod
    def arithmetic(operator: str, left: Evaluate, right: Evaluate) -> Evaluate:
        compute = _ARITHMETIC[operator]

        def evaluate(context: Context) -> Value:
            one, other = left(context), right(context)
            return compute(
                one if isinstance(one, float) else to_number(one),
                other if isinstance(other, float) else to_number(other),
            )

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
        special = _SPECIAL.get(tree.name)
        if special is not None:
            least, most, compile_special = special
            self.check_count(tree, least, most)
            return compile_special(self, tree, here)
        function = FUNCTIONS.get(tree.name)
        if function is None:
            raise UnknownFunction(f"There is no function “{tree.name}()”.{_nearest(tree.name)}")
        self.check_count(tree, function.least, function.most)
        return self.plain_call(function, tree, here)

    @staticmethod
    def check_count(tree: Call, least: int, most: int | None) -> None:
        given = len(tree.arguments)
        if given >= least and (most is None or given <= most):
            return
        if most is None:
            wanted = f"at least {least}"
        elif least == most:
            wanted = "no" if most == 0 else str(most)
        else:
            wanted = f"{least} to {most}"
        plural = "argument" if wanted.endswith("1") else "arguments"
        raise UnknownFunction(f"The function “{tree.name}()” takes {wanted} {plural}, not {given}.")

    def plain_call(self, function: Function, tree: Call, here: Fields) -> Evaluate:
        body = function.body
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
            return _as_number(evaluate)
        if take is Take.BOOLEAN:
            return lambda context: to_boolean(evaluate(context))
        return evaluate

    def call_if(self, tree: Call, here: Fields) -> Evaluate:
        condition, then, otherwise = (self.value(part, here) for part in tree.arguments)
        return lambda context: (
            then(context) if to_boolean(condition(context)) else otherwise(context)
        )

    def call_coalesce(self, tree: Call, here: Fields) -> Evaluate:
        parts = [self.value(part, here) for part in tree.arguments]

        def evaluate(context: Context) -> Value:
            value: Value = ""
            for part in parts:
                value = part(context)
                if value != "" and value == value:
                    return value
            return value

        return evaluate

    def call_once(self, tree: Call, here: Fields) -> Evaluate:
        evaluate = self.value(tree.arguments[0], here)

        def kept(context: Context) -> Value:
            return context.current.value if context.current.text else evaluate(context)

        return kept

    def call_position(self, tree: Call, here: Fields) -> Evaluate:
        if not tree.arguments:
            return lambda context: float(context.position)
        if not self.is_path(tree.arguments[0]):
            raise UnknownFunction("The function “position()” takes a path, as in position(..).")
        select, _ = self.nodes(tree.arguments[0], here)

        def evaluate(context: Context) -> Value:
            nodes = select(context)
            if not nodes or nodes[0].parent is None:
                return 1.0
            alike = [n for n in nodes[0].parent.children if n.name == nodes[0].name]
            return float(alike.index(nodes[0]) + 1)

        return evaluate

    def call_last(self, tree: Call, here: Fields) -> Evaluate:
        return lambda context: float(context.size)

    def call_choice_name(self, tree: Call, here: Fields) -> Evaluate:
        """`jr:choice-name(value, 'path')`: the question is named by a string, or by a path."""
        value = self.value(tree.arguments[0], here)
        where = tree.arguments[1]
        if isinstance(where, Text):
            where = read_expression(where.value)
        targets = self.nodes(where, here)[1] if self.is_path(where) else NOWHERE
        if not targets:
            raise UnknownFunction("The function “jr:choice-name()” needs the path of a question.")
        self.depends_on |= targets
        target = min(targets, key=lambda place: place.number)
        return lambda context: context.world.choice_label(
            target, context.current, to_text(value(context))
        )

    def call_indexed_repeat(self, tree: Call, here: Fields) -> Evaluate:
        """`indexed-repeat(node, repeat, index, …)`: the node in the instances so numbered."""
        if len(tree.arguments) % 2 == 0 or not all(
            self.is_path(part) for part in (tree.arguments[0], *tree.arguments[1::2])
        ):
            raise UnknownFunction(
                "The function “indexed-repeat()” takes a question, then a repeat and a number,"
                " up to three times."
            )
        _, targets = self.nodes(tree.arguments[0], here)
        pairs: list[tuple[Fields, Callable[[Context], float]]] = []
        for repeat, index in zip(tree.arguments[1::2], tree.arguments[2::2], strict=True):
            pairs.append((self.nodes(repeat, here)[1], _as_number(self.value(index, here))))
        if not targets:
            return _constant("")
        target = min(targets, key=lambda place: place.number)
        chain = [*reversed([target, *target.above()])]

        def evaluate(context: Context) -> Value:
            wanted = {place: number(context) for repeats, number in pairs for place in repeats}
            nodes = [context.world.document]
            for place in chain:
                found: list[Node] = []
                for node in nodes:
                    alike = [child for child in node.children if child.name == place.name]
                    if place in wanted:
                        index = wanted[place]
                        chosen = index == index and 1 <= index <= len(alike)
                        alike = [alike[int(index) - 1]] if chosen else []
                    found.extend(alike)
                nodes = found
            return nodes[0].value if nodes and nodes[0].relevant else ""

        return evaluate

    def call_pulldata(self, tree: Call, here: Fields) -> Evaluate:
        """`pulldata(instance, column, key column, key)`: one cell of a list."""
        name, column, key_column, key = (self.value(part, here) for part in tree.arguments)

        def evaluate(context: Context) -> Value:
            instance = context.world.secondary(to_text(name(context)))
            if instance is None:
                return ""
            items = instance.items_where(
                ("root", "item"), to_text(key_column(context)), to_text(key(context))
            )
            cell = items[0].child(to_text(column(context))) if items else None
            return "" if cell is None else cell.text

        return evaluate

    # --- paths -------------------------------------------------------------------------------

    def is_path(self, tree: Expression) -> bool:
        """Whether an expression leads to nodes rather than to a value."""
        match tree:
            case Path():
                return True
            case Filtered(inner=inner):
                return self.is_path(inner)
            case Call(name=name):
                return name in {"instance", "current", "randomize"}
            case Operation(rest=rest):
                return rest[0][0] == "|"
        return False

    def may_be_many(self, tree: Expression, here: Fields) -> bool:
        """Whether an expression may lead to more than one node."""
        if not self.is_path(tree):
            return False
        return not (isinstance(tree, Path) and self.single_field(tree, here) is not None)

    def static_steps(self, steps: Iterable[Step], start: Fields) -> Fields:
        """The fields that steps lead to, predicates apart."""
        fields = start
        for step in steps:
            fields = self.static_step(step, fields)
        return fields

    def static_step(self, step: Step, fields: Fields) -> Fields:
        if step.axis is Axis.SELF:
            return (
                fields if step.name == "*" else frozenset(f for f in fields if f.name == step.name)
            )
        if step.axis is Axis.PARENT:
            return frozenset(f.parent for f in fields if f.parent is not None)
        if step.axis is Axis.DESCENDANT:
            return frozenset(below for f in fields for below in f.below())
        if step.axis is Axis.ATTRIBUTE:
            return NOWHERE
        return frozenset(
            child for f in fields for child in f.children if step.name in {"*", child.name}
        )

    def absolute_start(self, path: Path) -> tuple[Fields, tuple[Step, ...]]:
        """Where an absolute path starts among the fields, and the steps left from there."""
        if not path.steps:
            return frozenset((self.root,)), ()
        first, *rest = path.steps
        if first.axis is Axis.DESCENDANT:
            return frozenset(self.root.below()) | {self.root}, self.after_descent(tuple(rest))
        if first.axis is Axis.CHILD and first.name in {"*", self.root.name}:
            return frozenset((self.root,)), tuple(rest)
        return NOWHERE, ()

    @staticmethod
    def after_descent(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """`//x` is any x at all: the step after `//` tests the fields already gathered."""
        if steps and steps[0].axis is Axis.CHILD:
            return (Step(Axis.SELF, steps[0].name, steps[0].predicates), *steps[1:])
        return steps

    def single_field(self, path: Path, here: Fields) -> Field | None:
        """The one field outside repeats that a path without predicates leads to; else None."""
        if any(step.predicates or step.axis is Axis.ATTRIBUTE for step in path.steps):
            return None
        if path.absolute:
            start, steps = self.absolute_start(path)
            fields = self.static_steps(steps, start)
        elif path.start is None:
            fields = self.static_steps(path.steps, here)
        elif isinstance(path.start, Call) and path.start.name == "current":
            fields = self.static_steps(path.steps, frozenset((self.at,)))
        else:
            return None
        if len(fields) != 1:
            return None
        (only,) = fields
        return None if only.repeats or only.children else only

    def single_value(self, target: Field) -> Evaluate:
        self.depends_on.add(target)
        number = target.number

        def evaluate(context: Context) -> Value:
            node = context.world.single[number]
            return node.value if node is not None and node.relevant else ""

        return evaluate

    def nodes(self, tree: Expression, here: Fields) -> tuple[Select, Fields]:
        """What selects the nodes of a path, and the fields they can be at (none in lists)."""
        match tree:
            case Path():
                return self.path(tree, here)
            case Filtered(inner=inner, predicates=predicates):
                select, fields = self.nodes(inner, here)
                for predicate in predicates:
                    select = self.filtered(select, predicate, fields)
                return select, fields
            case Call(name="current"):
                return (lambda context: [context.current]), frozenset((self.at,))
            case Call(name="instance"):
                return self.instance(tree, here), NOWHERE
            case Call(name="randomize"):
                return self.randomize(tree, here)
            case Operation(first=first, rest=rest):
                parts = [self.nodes(part, here) for part in (first, *(p for _, p in rest))]
                selects = [select for select, _ in parts]
                fields = frozenset(f for _, found in parts for f in found)
                return (
                    lambda context: list(
                        dict.fromkeys(node for select in selects for node in select(context))
                    ),
                    fields,
                )
        raise UnknownFunction("A value stands where a question or a path is needed.")

    def instance(self, tree: Call, here: Fields) -> Select:
        self.check_count(tree, 1, 1)
        name = self.value(tree.arguments[0], here)
        if isinstance(tree.arguments[0], Text) and tree.arguments[0].value not in self.secondary:
            self.missing.append(f"instance('{tree.arguments[0].value}')")

        def select(context: Context) -> list[Node]:
            found = context.world.secondary(to_text(name(context)))
            return [] if found is None else [found]

        return select

    def randomize(self, tree: Call, here: Fields) -> tuple[Select, Fields]:
        from forms.functions.nodesets import shuffled

        self.check_count(tree, 1, 2)
        inner, fields = self.nodes(tree.arguments[0], here)
        seed = self.value(tree.arguments[1], here) if len(tree.arguments) == 2 else None

        def select(context: Context) -> list[Node]:
            return shuffled(inner(context), context, None if seed is None else seed(context))

        return select, fields

    def path(self, path: Path, here: Fields) -> tuple[Select, Fields]:
        if path.start is not None:
            indexed = self.indexed(path, here)
            if indexed is not None:
                return indexed, NOWHERE
            select, fields = self.nodes(path.start, here)
            return self.walk(select, fields, path.steps, path)
        if path.absolute:
            return self.absolute(path)
        return self.walk(lambda context: [context.node], here, path.steps, path)

    def absolute(self, path: Path) -> tuple[Select, Fields]:
        """An absolute path: as far as it has no predicates, the instances at hand are meant."""
        if path.steps and path.steps[0].axis is Axis.DESCENDANT:
            return self.walk(lambda context: [context.world.document], NOWHERE, path.steps, path)
        target: Field | None = None
        used = 0
        for step in path.steps:
            if step.axis is not Axis.CHILD or step.name == "*" or step.predicates:
                break
            following = (
                target.child(step.name)
                if target
                else (self.root if step.name == self.root.name else None)
            )
            if following is None:
                break
            target = following
            used += 1
        if target is None:
            if path.steps:
                self.missing.append(_written(path))
                return (lambda context: []), NOWHERE
            return (lambda context: [context.world.document]), NOWHERE
        return self.walk(self.reach(target), frozenset((target,)), path.steps[used:], path)

    def reach(self, target: Field) -> Select:
        """The nodes of one field, within the repeat instances that the context stands in."""
        if not target.repeats:
            number = target.number

            def single(context: Context) -> list[Node]:
                node = context.world.single[number]
                return [node] if node is not None and node.relevant else []

            return single
        shared: Field | None = None
        for repeat in target.repeats:
            if repeat in self.at.repeats:
                shared = repeat
        chain: list[str] = []
        place: Field = target
        top = shared if shared is not None else target.repeats[0].parent
        while place is not top:
            chain.insert(0, place.name)
            assert place.parent is not None  # noqa: S101 - top is above the target
            place = place.parent
        outer = top.number if shared is None and top is not None else -1

        def within(context: Context) -> list[Node]:
            node: Node | None
            if shared is None:
                node = context.world.single[outer]
            else:
                node = context.current
                while node is not None and node.field is not shared:
                    node = node.parent
            if node is None:
                return []
            nodes = [node]
            for name in chain:
                nodes = [child for one in nodes for child in one.children if child.name == name]
            return [one for one in nodes if one.relevant]

        return within

    def walk(
        self, select: Select, fields: Fields, steps: tuple[Step, ...], path: Path
    ) -> tuple[Select, Fields]:
        """Steps after what a path starts with, each with its predicates."""
        in_form = bool(fields) or path.absolute
        for index, step in enumerate(steps):
            if step.axis is Axis.DESCENDANT and path.absolute and index == 0:
                fields = frozenset(self.root.below())
            elif index == 1 and path.absolute and steps[0].axis is Axis.DESCENDANT:
                fields = self.static_steps(self.after_descent((step,)), fields)
            elif in_form:
                fields = self.static_step(step, fields)
            select = _stepped(select, step)
            for predicate in step.predicates:
                select = self.filtered(select, predicate, fields)
        if in_form:
            if not fields and not any(step.axis is Axis.ATTRIBUTE for step in steps):
                self.missing.append(_written(path))
            self.depends_on |= fields
        return select, fields

    def filtered(self, select: Select, predicate: Expression, fields: Fields) -> Select:
        """A predicate: a number is a position, anything else a condition (XPath 1.0 §2.4)."""
        holds = self.value(predicate, fields)

        def kept(context: Context) -> list[Node]:
            nodes = select(context)
            inner = Context(context.world, context.node, context.current)
            inner.size = len(nodes)
            found: list[Node] = []
            for position, node in enumerate(nodes, 1):
                inner.node = node
                inner.position = position
                value = holds(inner)
                if (value == position) if isinstance(value, float) else to_boolean(value):
                    found.append(node)
            return found

        return kept

    def indexed(self, path: Path, here: Fields) -> Select | None:
        """`instance('x')/root/item[column = value and …]/…` through an index on the column."""
        start = path.start
        if not (
            isinstance(start, Call)
            and start.name == "instance"
            and len(start.arguments) == 1
            and isinstance(start.arguments[0], Text)
        ):
            return None
        used = next((at for at, step in enumerate(path.steps, 1) if step.predicates), 0)
        if not used or any(s.axis is not Axis.CHILD or s.name == "*" for s in path.steps[:used]):
            return None
        step = path.steps[used - 1]
        names = [one.name for one in path.steps[:used]]
        parts = _conjunction(step.predicates[0])
        chosen = next((part for part in parts if _equality(part) is not None), None)
        if chosen is None:
            return None
        column, other = _equality(chosen) or ("", chosen)
        instance = start.arguments[0].value
        if instance not in self.secondary:
            self.missing.append(f"instance('{instance}')")
        value = self.value(other, here)
        way = tuple(names)
        whole = self.value(chosen, NOWHERE)

        def select(context: Context) -> list[Node]:
            found = context.world.secondary(instance)
            if found is None:
                return []
            wanted = value(context)
            if isinstance(wanted, str):
                return found.items_where(way, column, wanted)
            if isinstance(wanted, float):
                return found.items_where(way, column, wanted) if wanted == wanted else []
            inner = Context(context.world, context.node, context.current)
            kept: list[Node] = []
            for item in found.items(way):
                inner.node = item
                if to_boolean(whole(inner)):
                    kept.append(item)
            return kept

        result: Select = select
        for part in parts:
            if part is not chosen:
                result = self.filtered(result, part, NOWHERE)
        for predicate in step.predicates[1:]:
            result = self.filtered(result, predicate, NOWHERE)
        return self.walk(result, NOWHERE, path.steps[used:], path)[0]


_Special = Callable[[_Compiler, Call, Fields], Evaluate]
_SPECIAL: dict[str, tuple[int, int | None, _Special]] = {
    "if": (3, 3, _Compiler.call_if),
    "coalesce": (2, None, _Compiler.call_coalesce),
    "once": (1, 1, _Compiler.call_once),
    "position": (0, 1, _Compiler.call_position),
    "last": (0, 0, _Compiler.call_last),
    "jr:choice-name": (2, 2, _Compiler.call_choice_name),
    "indexed-repeat": (3, 7, _Compiler.call_indexed_repeat),
    "pulldata": (4, 4, _Compiler.call_pulldata),
}

KNOWN_FUNCTIONS = frozenset(_SPECIAL) | frozenset(FUNCTIONS) | {"instance", "current", "randomize"}
"""Every function that an expression may call."""


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, KNOWN_FUNCTIONS, 1)
    return f" Is “{close[0]}()” meant?" if close else ""


def _stepped(select: Select, step: Step) -> Select:
    """One step of a path from every node before it; what is not relevant is passed over."""
    name = step.name
    if step.axis is Axis.SELF:
        if name == "*":
            return select
        return lambda context: [node for node in select(context) if node.name == name]
    if step.axis is Axis.PARENT:
        return lambda context: list(
            dict.fromkeys(node.parent for node in select(context) if node.parent is not None)
        )
    if step.axis is Axis.ATTRIBUTE:
        return lambda context: [
            Node(name, node, node.attributes[name])
            for node in select(context)
            if node.attributes and name in node.attributes
        ]
    if step.axis is Axis.DESCENDANT:

        def descend(context: Context) -> list[Node]:
            found: list[Node] = []
            left = list(reversed(select(context)))
            while left:
                node = left.pop()
                found.append(node)
                left.extend(child for child in reversed(node.children) if child.relevant)
            return found

        return descend
    if name == "*":
        return lambda context: [
            child for node in select(context) for child in node.children if child.relevant
        ]
    return lambda context: [
        child
        for node in select(context)
        for child in node.children
        if child.name == name and child.relevant
    ]


def _conjunction(tree: Expression) -> tuple[Expression, ...]:
    """The parts that `and` joins, or the expression itself."""
    if isinstance(tree, Operation) and all(operator == "and" for operator, _ in tree.rest):
        return (tree.first, *(part for _, part in tree.rest))
    return (tree,)


def _equality(tree: Expression) -> tuple[str, Expression] | None:
    """The column and the other side of `column = …`, where the other side is not about the item."""
    if not (isinstance(tree, Operation) and len(tree.rest) == 1 and tree.rest[0][0] == "="):
        return None
    left, right = tree.first, tree.rest[0][1]
    for one, other in ((left, right), (right, left)):
        column = _column(one)
        if column is not None and _stands_alone(other):
            return column, other
    return None


def _column(tree: Expression) -> str | None:
    if isinstance(tree, Path) and not tree.absolute and tree.start is None:
        steps = [step for step in tree.steps if step.axis is not Axis.SELF or step.name != "*"]
        if (
            len(steps) == 1
            and steps[0].axis is Axis.CHILD
            and steps[0].name != "*"
            and not any(step.predicates for step in tree.steps)
        ):
            return steps[0].name
    return None


def _stands_alone(tree: Expression) -> bool:
    """Whether an expression means the same whichever item it is asked about."""
    match tree:
        case Number() | Text():
            return True
        case Path(absolute=absolute, start=start, steps=steps):
            if not absolute and not (isinstance(start, Call) and start.name == "current"):
                return False
            return not any(step.predicates for step in steps)
    return False


def _written(path: Path) -> str:
    """A path as an author would write it, predicates left out."""
    text = ""
    for index, step in enumerate(path.steps):
        if step.axis is Axis.DESCENDANT:
            text += "/"
            continue
        name = {Axis.SELF: ".", Axis.PARENT: ".."}.get(step.axis, step.name)
        text += ("/" if index or path.absolute else "") + name
    if isinstance(path.start, Call):
        return f"{path.start.name}()/{text}"
    return text or "/"
