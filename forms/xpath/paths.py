"""Turns paths into functions that select nodes, and tells which fields they can lead to.

Paths are resolved against the fields of the form when the form is read, so that most of them cost
one list lookup when an answer is given. Absolute paths inside a repeat mean the instance at hand
(repeats, "A Big Deviation with XForms"); inside the predicates of `instance('…')` they still mean
the primary instance (bindings, `instance`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from dataclasses import field as made

from forms.errors import FormError
from forms.functions.nodesets import shuffled
from forms.xpath.context import Context, Evaluate, Select
from forms.xpath.equality import conjunction, equality, position_compared, stands_alone
from forms.xpath.nodes import Field, Node
from forms.xpath.places import NOWHERE, Fields, Reach, reach_of, static_step, static_steps
from forms.xpath.selecting import first_ones, stepped
from forms.xpath.tree import Axis, Call, Expression, Filtered, Operation, Path, Step, Text
from forms.xpath.values import Value, to_boolean, to_text


class UnknownFunction(FormError):
    """An expression calls a function that neither the specification nor Parvis has."""


def check_count(tree: Call, least: int, most: int | None) -> None:
    """Refuse a call with fewer or more arguments than its function takes."""
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


@dataclass(slots=True)
class PathCompiler(ABC):
    """Compiles the paths of one expression; gathers what they depend on and what they miss.

    Attributes:
        at: the field that the expression is about.
        root: the primary instance's root.
        secondary: the ids of the form's secondary instances.
        depends_on: the fields that the expression reads.
        reach: of those inside repeats, the instances they are read in; None for all instances.
        missing: paths that lead to no field.
        inside: how many predicates enclose what is compiled at the moment.
        steady: whether nothing so far asks a clock or chance.
        speaks: whether something so far is in the words of the entry's language.
        by_lot: whether something so far is drawn by lot.
        seeds: the fields that are read for nothing but the order of a shuffle.
    """

    at: Field
    root: Field
    secondary: Collection[str]
    depends_on: set[Field] = made(default_factory=set)
    reach: dict[Field, Reach | None] = made(default_factory=dict)
    missing: list[str] = made(default_factory=list)
    inside: int = 0
    steady: bool = True
    speaks: bool = False
    by_lot: bool = False
    seeds: set[Field] = made(default_factory=set)

    def reads(self, fields: Iterable[Field], reach: Reach | None = None) -> None:
        """Note fields that the expression depends on."""
        for field in fields:
            self.depends_on.add(field)
            if field.repeats:
                had = self.reach.get(field, reach)
                if had != reach:
                    same = had is not None and reach is not None and had.repeat is reach.repeat
                    self.reach[field] = Reach(had.repeat, True) if same and had else None
                else:
                    self.reach[field] = reach

    @abstractmethod
    def value(self, tree: Expression, here: Fields) -> Evaluate:
        """What computes the value of an expression whose context node is at one of some fields."""

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
            fields = static_steps(steps, start)
        elif path.start is None:
            fields = static_steps(path.steps, here)
        elif isinstance(path.start, Call) and path.start.name == "current":
            fields = static_steps(path.steps, frozenset((self.at,)))
        else:
            return None
        if len(fields) != 1:
            return None
        (only,) = fields
        return None if only.repeats or only.children else only

    def single_value(self, target: Field) -> Evaluate:
        """What computes the value of a field outside repeats: one list lookup."""
        self.reads((target,))
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
        """`instance('id')`: the node above a list's root."""
        check_count(tree, 1, 1)
        name = self.value(tree.arguments[0], here)
        if isinstance(tree.arguments[0], Text) and tree.arguments[0].value not in self.secondary:
            self.missing.append(f"instance('{tree.arguments[0].value}')")

        def select(context: Context) -> list[Node]:
            found = context.world.secondary(to_text(name(context)))
            return [] if found is None else [found]

        return select

    def randomize(self, tree: Call, here: Fields) -> tuple[Select, Fields]:
        """`randomize(nodes, seed)`: the nodes in another order."""
        check_count(tree, 1, 2)
        inner, fields = self.nodes(tree.arguments[0], here)
        before = frozenset(self.depends_on)
        seed = self.value(tree.arguments[1], here) if len(tree.arguments) == 2 else None
        self.seeds.update(self.depends_on - before)
        self.steady = self.steady and seed is not None
        self.by_lot = self.by_lot or seed is None

        def select(context: Context) -> list[Node]:
            return shuffled(inner(context), context, None if seed is None else seed(context))

        return select, fields

    def path(self, path: Path, here: Fields) -> tuple[Select, Fields]:
        """A path: from the root, from the context, or from what another expression leads to."""
        if path.start is not None:
            indexed = self.indexed(path, here)
            if indexed is not None:
                return indexed, NOWHERE
            select, fields = self.nodes(path.start, here)
            from_here = isinstance(path.start, Call) and path.start.name == "current"
            reach = reach_of(self.at, path.steps) if from_here else None
            return self.walk(select, fields, path.steps, path, reach)
        if path.absolute:
            return self.absolute(path)
        reach = None if self.inside else reach_of(self.at, path.steps)
        return self.walk(lambda context: [context.node], here, path.steps, path, reach)

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
        rest = path.steps[used:]
        shared = self.shared(target)
        if any(step.axis is not Axis.CHILD for step in rest):
            reach = None
        elif shared is not None:
            reach = Reach(shared)
        else:
            reach = reach_of(self.at, rest, target) if rest else None
        return self.walk(self.instances(target), frozenset((target,)), rest, path, reach)

    def shared(self, target: Field) -> Field | None:
        """The innermost repeat whose instance at hand is meant by an absolute path to a field.

        A path to a repeat itself means all of its instances.
        """
        repeats = target.repeats[:-1] if target.repeat else target.repeats
        return next((one for one in reversed(repeats) if one in self.at.repeats), None)

    def instances(self, target: Field) -> Select:
        """The nodes of one field, within the repeat instances that the context stands in."""
        if not target.repeats:
            number = target.number

            def single(context: Context) -> list[Node]:
                node = context.world.single[number]
                return [node] if node is not None and node.relevant else []

            return single
        shared = self.shared(target)
        chain: list[str] = []
        place: Field = target
        top = shared if shared is not None else target.repeats[0].parent
        while place is not top:
            chain.insert(0, place.name)
            assert place.parent is not None
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
        self,
        select: Select,
        fields: Fields,
        steps: tuple[Step, ...],
        path: Path,
        reach: Reach | None = None,
    ) -> tuple[Select, Fields]:
        """Steps after what a path starts with, each with its predicates."""
        in_form = bool(fields) or path.absolute
        for index, step in enumerate(steps):
            if step.axis is Axis.DESCENDANT and path.absolute and index == 0:
                fields = frozenset(self.root.below())
            elif index == 1 and path.absolute and steps[0].axis is Axis.DESCENDANT:
                fields = static_steps(self.after_descent((step,)), fields)
            elif in_form:
                fields = static_step(step, fields)
            select = stepped(select, step)
            for predicate in step.predicates:
                select = self.filtered(select, predicate, fields)
        if in_form:
            if not fields and not any(step.axis is Axis.ATTRIBUTE for step in steps):
                self.missing.append(_written(path))
            self.reads(fields, reach)
        return select, fields

    def filtered(self, select: Select, predicate: Expression, fields: Fields) -> Select:
        """A predicate: a number is a position, anything else a condition (XPath 1.0 §2.4)."""
        self.inside += 1
        compared = position_compared(predicate)
        if compared is not None and stands_alone(compared[1]):
            limit = self.value(compared[1], fields)
            self.inside -= 1
            return first_ones(select, compared[0], limit)
        holds = self.value(predicate, fields)
        self.inside -= 1

        def kept(context: Context) -> list[Node]:
            nodes = select(context)
            context.world.spend(len(nodes))
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
        parts = conjunction(step.predicates[0])
        found = [(part, wanted) for part in parts if (wanted := equality(part)) is not None]
        if not found:
            return None
        instance = start.arguments[0].value
        if instance not in self.secondary:
            self.missing.append(f"instance('{instance}')")
        way = tuple(names)
        sides = [(column, self.value(other, here)) for _, (column, other) in found]

        def select(context: Context) -> list[Node]:
            items = context.world.secondary(instance)
            if items is None:
                return []
            wanted: list[tuple[str, str | float]] = []
            for column, side in sides:
                value = side(context)
                if value != value:
                    return []
                if isinstance(value, float | str):
                    wanted.append((column, value))
            return items.items_where(way, tuple(wanted)) if wanted else items.items(way)

        result: Select = select
        for part in parts:
            result = self.filtered(result, part, NOWHERE)
        for predicate in step.predicates[1:]:
            result = self.filtered(result, predicate, NOWHERE)
        return self.walk(result, NOWHERE, path.steps[used:], path)[0]


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
