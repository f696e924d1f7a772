"""What finds nodes when an expression is evaluated: steps of paths, and positions among them."""

from __future__ import annotations

import math

from forms.xpath.context import Context, Evaluate, Select
from forms.xpath.nodes import Node
from forms.xpath.tree import Axis, Step
from forms.xpath.values import Value, to_number


def first_value(select: Select) -> Evaluate:
    """What computes the value of the first node that a path leads to; "" where it leads nowhere."""

    def evaluate(context: Context) -> Value:
        nodes = select(context)
        if not nodes:
            return ""
        node = nodes[0]
        return node.whole_text() if node.children else node.value

    return evaluate


def first_ones(select: Select, sign: str, limit: Evaluate) -> Select:
    """`[position() < limit]` and its like, the limit asked for once."""

    def kept(context: Context) -> list[Node]:
        nodes = select(context)
        most = to_number(limit(context))
        if most != most:
            return []
        if sign == "=":
            place = int(most) if most == most // 1 and abs(most) <= len(nodes) else 0
            return nodes[place - 1 : place] if place >= 1 else []
        bounded = max(0.0, min(most, len(nodes) + 1.0))
        upto = math.floor(bounded)
        match sign:
            case "<=":
                return nodes[:upto]
            case "<":
                return nodes[: math.ceil(bounded) - 1] if bounded > 0 else []
            case ">":
                return nodes[upto:]
        return nodes[max(0, math.ceil(bounded) - 1) :]

    return kept


def stepped(select: Select, step: Step) -> Select:
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
            found
            for node in select(context)
            if (found := node.child(f"@{name}") or _attribute(node, name)) is not None
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
            child
            for node in select(context)
            for child in node.children
            if child.relevant and child.name[0] != "@"
        ]
    return lambda context: [
        child
        for node in select(context)
        for child in node.children
        if child.name == name and child.relevant
    ]


def _attribute(node: Node, name: str) -> Node | None:
    if node.attributes and name in node.attributes:
        return Node(name, node, node.attributes[name])
    return None
