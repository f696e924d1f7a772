"""Where paths lead among the fields of a form, known when it is read, whatever is answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forms.xpath.equality import position_compared
from forms.xpath.nodes import Field
from forms.xpath.tree import Axis, Call, Expression, Number, Operation, Path, Step

Fields = frozenset[Field]
NOWHERE: Fields = frozenset()


@dataclass(frozen=True, slots=True)
class Reach:
    """In which instances of a repeat an expression reads a field.

    Attributes:
        repeat: the repeat whose instance the expression stands in as well.
        earlier: whether it reads the instances before that one too.
    """

    repeat: Field
    earlier: bool = False


def static_steps(steps: Iterable[Step], start: Fields) -> Fields:
    """The fields that steps lead to, predicates apart."""
    fields = start
    for step in steps:
        fields = static_step(step, fields)
    return fields


def static_step(step: Step, fields: Fields) -> Fields:
    """The fields that one step leads to."""
    if step.axis is Axis.SELF:
        return fields if step.name == "*" else frozenset(f for f in fields if f.name == step.name)
    if step.axis is Axis.PARENT:
        return frozenset(f.parent for f in fields if f.parent is not None)
    if step.axis is Axis.DESCENDANT:
        return frozenset(below for f in fields for below in f.below())
    if step.name == "*" and step.axis is Axis.CHILD:
        return frozenset(child for f in fields for child in f.children if not child.is_attribute)
    name = f"@{step.name}" if step.axis is Axis.ATTRIBUTE else step.name
    found = (f.child(name) for f in fields)
    return frozenset(child for child in found if child is not None)


def reach_of(at: Field, steps: Iterable[Step], start: Field | None = None) -> Reach | None:
    """The instances that steps from a field that the expression stands in lead to."""
    top: Field | None = start or at
    field = top
    for step in steps:
        if step.axis is Axis.PARENT:
            field = field.parent if field is not None else None
            top = field
        elif step.axis is Axis.CHILD and field is not None:
            field = field.child(step.name)
            if field is not None and field in at.repeats:
                earlier = step.predicates and _is_earlier(at, step.predicates[0], field)
                return Reach(field, earlier=True) if earlier else None
        elif step.axis is not Axis.SELF:
            return None
    if top is None or not top.repeats or top.repeats[-1] not in at.repeats:
        return None
    return Reach(top.repeats[-1])


def _is_earlier(at: Field, predicate: Expression, repeat: Field) -> bool:
    """Whether a predicate is `position() < position(current()/..)`, of the repeat at hand."""
    compared = position_compared(predicate)
    if compared is None or compared[0] not in {"<", "<="}:
        return False
    return is_own_position(at, compared[1], repeat, from_here=False)


def is_own_position(at: Field, tree: Expression, repeat: Field, *, from_here: bool = True) -> bool:
    """Whether an expression is the position of the instance at hand, or less.

    Args:
        at: the field that the whole expression is about.
        tree: the expression.
        repeat: whose instance is at hand.
        from_here: whether the context node is the one that the whole expression is about.
    """
    if isinstance(tree, Operation):
        less = all(sign == "-" and isinstance(part, Number) for sign, part in tree.rest)
        return less and is_own_position(at, tree.first, repeat, from_here=from_here)
    if not (isinstance(tree, Call) and tree.name == "position" and len(tree.arguments) == 1):
        return False
    (path,) = tree.arguments
    if not isinstance(path, Path) or path.absolute:
        return False
    from_current = isinstance(path.start, Call) and path.start.name == "current"
    if not from_current and (not from_here or path.start is not None):
        return False
    return static_steps(path.steps, frozenset((at,))) == {repeat}
