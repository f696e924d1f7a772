"""Finds the part of a filter that needs no look at every item: a column, or a position."""

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
        if column is not None and stands_alone(other):
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


def stands_alone(tree: Expression) -> bool:
    """Whether an expression means the same whichever item it is asked about."""
    match tree:
        case Number() | Text():
            return True
        case Path(absolute=absolute, start=start, steps=steps):
            if not absolute and not (isinstance(start, Call) and start.name == "current"):
                return False
            return not any(step.predicates for step in steps)
        case Call(name="position", arguments=(path,)):
            return stands_alone(path)
        case Operation(first=first, rest=rest):
            return all(stands_alone(part) for part in (first, *(part for _, part in rest)))
    return False


_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


def position_compared(tree: Expression) -> tuple[str, Expression] | None:
    """The sign and the other side of `position() < …`; None where a predicate is another."""
    if not (isinstance(tree, Operation) and len(tree.rest) == 1 and tree.rest[0][0] in _TURNED):
        return None
    ((sign, right),) = tree.rest
    if _is_position(tree.first):
        return sign, right
    return (_TURNED[sign], tree.first) if _is_position(right) else None


def _is_position(tree: Expression) -> bool:
    return isinstance(tree, Call) and tree.name == "position" and not tree.arguments
