"""Finds the part of a list's filter that an index can answer: a column that equals a value."""

from __future__ import annotations

from forms.xpath.tree import Axis, Call, Expression, Number, Operation, Path, Text


def conjunction(tree: Expression) -> tuple[Expression, ...]:
    """The parts that `and` joins, or the expression itself."""
    if isinstance(tree, Operation) and all(operator == "and" for operator, _ in tree.rest):
        return (tree.first, *(part for _, part in tree.rest))
    return (tree,)


def equality(tree: Expression) -> tuple[str, Expression] | None:
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
