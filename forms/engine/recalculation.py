"""Brings calculations and relevance up to date after a change, each at most once, in order."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as made
from datetime import datetime
from heapq import heappop, heappush

from forms.engine.instance import EntryNode, Instance
from forms.xform.dependencies import Order, Settles, Trigger
from forms.xpath.context import Context, World
from forms.xpath.nodes import Field
from forms.xpath.values import (
    DataType,
    Value,
    read_date,
    read_datetime,
    to_boolean,
    to_number,
    to_text,
    write_moment,
    write_number,
)


@dataclass(slots=True)
class Changes:
    """What one answer changed, so that it can be taken back.

    Attributes:
        texts: nodes and the texts they had.
        relevance: nodes and what their own condition said.
        added: instances of repeats that were added.
        removed: instances that were removed, with the place they had among their siblings.
    """

    texts: list[tuple[EntryNode, str]] = made(default_factory=list)
    relevance: list[tuple[EntryNode, bool]] = made(default_factory=list)
    added: list[EntryNode] = made(default_factory=list)
    removed: list[tuple[EntryNode, int]] = made(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.texts or self.relevance or self.added or self.removed)

    def take_back(self) -> None:
        """Put everything back, the last change first."""
        for node in reversed(self.added):
            if node.parent is not None:
                node.parent.children.remove(node)
        for node, place in reversed(self.removed):
            if node.parent is not None:
                node.parent.children.insert(place, node)
        for node, text in reversed(self.texts):
            node.put(text)
        for node, own in reversed(self.relevance):
            node.own_relevance = own
            node.settle_relevance([])


class Recalculation:
    """The calculations and conditions of one entry."""

    def __init__(self, instance: Instance, order: Order, world: World) -> None:
        self.instance = instance
        self.order = order
        self.world = world

    def write(self, node: EntryNode, text: str, changes: Changes) -> bool:
        """Give a node a text; say whether that is another than it had."""
        if node.text == text:
            return False
        changes.texts.append((node, node.text))
        node.put(text)
        return True

    def settle_all(self, changes: Changes, within: EntryNode | None = None) -> None:
        """Evaluate everything once: at the start, or for a new instance of a repeat."""
        fields = None if within is None else frozenset(within.field.below())
        for trigger in self.order.triggers:
            if fields is None or trigger.field in fields:
                self._evaluate(trigger, changes, within)

    def settle(self, changed: Iterable[Field], changes: Changes) -> set[Field]:
        """Evaluate what follows from changed fields; return every field that is different now."""
        waiting: list[int] = []
        seen: set[int] = set()
        different: set[Field] = set()

        def follow(fields: Iterable[Field]) -> None:
            for field in fields:
                different.add(field)
                for index in self.order.readers[field.number]:
                    if index not in seen:
                        seen.add(index)
                        heappush(waiting, index)

        follow(changed)
        while waiting:
            trigger = self.order.triggers[heappop(waiting)]
            follow(self._evaluate(trigger, changes))
        return different

    def _evaluate(
        self, trigger: Trigger, changes: Changes, within: EntryNode | None = None
    ) -> set[Field]:
        """Evaluate one trigger at the nodes of its field; return the fields that changed."""
        different: set[Field] = set()
        for node in self._targets(trigger.field, within):
            value = trigger.formula.evaluate(Context(self.world, node))
            if trigger.settles is Settles.CALCULATE:
                if self.write(node, text_for(value, trigger.field.kind), changes):
                    different.add(trigger.field)
                continue
            own = to_boolean(value)
            if own is not node.own_relevance:
                changes.relevance.append((node, node.own_relevance))
                node.own_relevance = own
                moved: list[EntryNode] = []
                node.settle_relevance(moved)
                different.update(one.field for one in moved)
        return different

    def _targets(self, field: Field, within: EntryNode | None) -> list[EntryNode]:
        """The nodes of a field; of one repeat instance, where that is given."""
        if within is not None and within.field is field:
            return [within]
        return self.instance.nodes_of(field, within)


def text_for(value: Value, kind: DataType | None) -> str:
    """The text that a computed value leaves in a field of a type, as JavaRosa writes it.

    A condition leaves 1 or 0, whatever the type; what is not a number leaves nothing.
    """
    if isinstance(value, float) and value != value:
        return ""
    if isinstance(value, str) and not value:
        return ""
    if kind is DataType.INTEGER:
        number = to_number(value)
        return write_number(float(int(number))) if math.isfinite(number) else to_text(value)
    if kind is DataType.DECIMAL:
        number = to_number(value)
        return to_text(value) if number != number else write_number(number)
    if isinstance(value, bool) or kind is DataType.BOOLEAN:
        return "1" if to_boolean(value) else "0"
    if kind is DataType.DATE and isinstance(value, datetime | str):
        day = value.date() if isinstance(value, datetime) else read_date(value)
        return to_text(value) if day is None else day.isoformat()
    if kind is DataType.DATETIME and isinstance(value, str):
        moment = read_datetime(value)
        return value if moment is None else write_moment(moment)
    return to_text(value)
