"""Functions that need more than the values of their arguments: their trees, or the context.

`if`, `coalesce` and `once` do not evaluate all they are given; the others are about places in the
form rather than about values.
"""

from __future__ import annotations

from collections.abc import Callable

from forms.xpath.context import Context, Evaluate
from forms.xpath.nodes import Field, Node
from forms.xpath.paths import PathCompiler, UnknownFunction
from forms.xpath.places import NOWHERE, Fields, Reach, is_own_position
from forms.xpath.reader import read_expression
from forms.xpath.tree import Call, Text
from forms.xpath.values import Value, to_boolean, to_number, to_text


def as_number(evaluate: Evaluate) -> Callable[[Context], float]:
    """What computes a value, as a number."""

    def number(context: Context) -> float:
        value = evaluate(context)
        return value if isinstance(value, float) else to_number(value)

    return number


def call_if(compiler: PathCompiler, tree: Call, here: Fields) -> Evaluate:
    """`if(condition, then, otherwise)`: only the one that is wanted is evaluated."""
    condition, then, otherwise = (compiler.value(part, here) for part in tree.arguments)
    return lambda context: then(context) if to_boolean(condition(context)) else otherwise(context)


def call_coalesce(compiler: PathCompiler, tree: Call, here: Fields) -> Evaluate:
    """`coalesce(a, b, …)`: the first that is not empty."""
    parts = [compiler.value(part, here) for part in tree.arguments]

    def evaluate(context: Context) -> Value:
        value: Value = ""
        for part in parts:
            value = part(context)
            if value != "" and value == value:
                return value
        return value

    return evaluate


def call_once(compiler: PathCompiler, tree: Call, here: Fields) -> Evaluate:
    """`once(value)`: what the field holds already, else the value."""
    evaluate = compiler.value(tree.arguments[0], here)

    def kept(context: Context) -> Value:
        return context.current.value if context.current.text else evaluate(context)

    return kept


def call_position(compiler: PathCompiler, tree: Call, here: Fields) -> Evaluate:
    """`position()` in a predicate; `position(node)` among the siblings of its name."""
    if not tree.arguments:
        return lambda context: float(context.position)
    if not compiler.is_path(tree.arguments[0]):
        raise UnknownFunction("The function “position()” takes a path, as in position(..).")
    select, _ = compiler.nodes(tree.arguments[0], here)

    def evaluate(context: Context) -> Value:
        nodes = select(context)
        return float(nodes[0].ordinal) if nodes else 1.0

    return evaluate


def call_last(compiler: PathCompiler, tree: Call, here: Fields) -> Evaluate:
    """`last()`: how many nodes the predicate filters."""
    return lambda context: float(context.size)


def call_choice_name(compiler: PathCompiler, tree: Call, here: Fields) -> Evaluate:
    """`jr:choice-name(value, 'path')`: the question is named by a string, or by a path."""
    value = compiler.value(tree.arguments[0], here)
    where = tree.arguments[1]
    if isinstance(where, Text):
        where = read_expression(where.value)
    targets = compiler.nodes(where, here)[1] if compiler.is_path(where) else NOWHERE
    if not targets:
        raise UnknownFunction("The function “jr:choice-name()” needs the path of a question.")
    compiler.reads(targets)
    compiler.steady = False
    compiler.speaks = True
    target = min(targets, key=lambda place: place.number)
    return lambda context: context.world.choice_label(
        target, context.current, to_text(value(context))
    )


def call_indexed_repeat(compiler: PathCompiler, tree: Call, here: Fields) -> Evaluate:
    """`indexed-repeat(node, repeat, index, …)`: the node in the instances so numbered.

    An index below 1 means the first instance, as for JavaRosa.
    """
    if len(tree.arguments) % 2 == 0 or not all(
        compiler.is_path(part) for part in (tree.arguments[0], *tree.arguments[1::2])
    ):
        raise UnknownFunction(
            "The function “indexed-repeat()” takes a question, then a repeat and a number,"
            " up to three times."
        )
    _, targets = compiler.nodes(tree.arguments[0], here)
    pairs: list[tuple[Fields, Callable[[Context], float]]] = []
    for repeat, index in zip(tree.arguments[1::2], tree.arguments[2::2], strict=True):
        pairs.append((compiler.nodes(repeat, here)[1], as_number(compiler.value(index, here))))
    if not targets:
        return lambda context: ""
    target = min(targets, key=lambda place: place.number)
    compiler.reads((target,), _reach_of_indexes(compiler, tree, target))
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
                    place_of = max(1.0, index) if index == index else 1.0
                    alike = [alike[int(place_of) - 1]] if place_of < len(alike) + 1 else []
                found.extend(alike)
            nodes = found
        return nodes[0].value if nodes and nodes[0].relevant else ""

    return evaluate


def _reach_of_indexes(compiler: PathCompiler, tree: Call, target: Field) -> Reach | None:
    """Whether an indexed-repeat() only looks back from the instance that it stands in."""
    repeat = target.repeats[-1] if target.repeats else None
    if repeat is None or len(target.repeats) > 1 or repeat not in compiler.at.repeats:
        return None
    back = not compiler.inside and is_own_position(compiler.at, tree.arguments[2], repeat)
    return Reach(repeat, earlier=True) if back else None


def call_pulldata(compiler: PathCompiler, tree: Call, here: Fields) -> Evaluate:
    """`pulldata(instance, column, key column, key)`: one cell of a list."""
    name, column, key_column, key = (compiler.value(part, here) for part in tree.arguments)

    def evaluate(context: Context) -> Value:
        instance = context.world.secondary(to_text(name(context)))
        if instance is None:
            return ""
        wanted = ((to_text(key_column(context)), to_text(key(context))),)
        items = instance.items_where(("root", "item"), wanted)
        return (items[0].cell(to_text(column(context))) or "") if items else ""

    return evaluate


Special = Callable[[PathCompiler, Call, Fields], Evaluate]
SPECIAL: dict[str, tuple[int, int | None, Special]] = {
    "if": (3, 3, call_if),
    "coalesce": (2, None, call_coalesce),
    "once": (1, 1, call_once),
    "position": (0, 1, call_position),
    "last": (0, 0, call_last),
    "jr:choice-name": (2, 2, call_choice_name),
    "indexed-repeat": (3, 7, call_indexed_repeat),
    "pulldata": (4, 4, call_pulldata),
}
"""By name: how few arguments, how many, and what compiles the call."""
