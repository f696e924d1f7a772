"""Brings calculations and relevance up to date after a change, each at most once, in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from datetime import date, datetime, time, timedelta
from heapq import heapify, heappop, heappush
from typing import TypeAlias

from forms.engine.answers import LEAST_INTEGER, MOST_INTEGER, WrongKind, read_places
from forms.engine.instance import EntryNode, Instance
from forms.xform.dependencies import Order, Settles, Trigger
from forms.xpath.compiler import Formula
from forms.xpath.context import Context, World
from forms.xpath.nodes import Field
from forms.xpath.values import (
    DataType,
    Value,
    to_boolean,
    to_number,
    to_text,
    told_in,
    write_moment,
    write_number,
    write_time,
)

_POSITION = re.compile(r"\[\d+\]")


@dataclass(slots=True)
class Changes:
    """What one answer changed, so that it can be taken back.

    Attributes:
        texts: nodes and the texts they had.
        relevance: nodes and what their own condition said.
        moved: instances of repeats that were removed, with the place they had; or that were
            added, with None.
        shelved: instances that a lowered count put on a shelf, or a raised one took from it, and
            whether they were put there.
    """

    texts: list[tuple[EntryNode, str]] = made(default_factory=list)
    relevance: list[tuple[EntryNode, bool]] = made(default_factory=list)
    moved: list[tuple[EntryNode, int | None]] = made(default_factory=list)
    shelved: list[tuple[list[EntryNode], EntryNode, bool]] = made(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.texts or self.relevance or self.moved)

    def take_back(self) -> None:
        """Put everything back, the last change first."""
        for shelf, instance, put in reversed(self.shelved):
            if put:
                shelf.remove(instance)
            else:
                shelf.append(instance)
        for node, place in reversed(self.moved):
            if place is None:
                node.detach()
            else:
                node.attach(place)
        for node, text in reversed(self.texts):
            node.put(text)
        for node, own in reversed(self.relevance):
            node.own_relevance = own
            node.settle_relevance([])


Changed: TypeAlias = dict[Field, list[EntryNode] | None]
"""What is different now: by field, which of its nodes; None for any of them."""


def add_changed(changed: Changed, nodes: Iterable[EntryNode]) -> None:
    """Note more nodes."""
    for node in nodes:
        had = changed.setdefault(node.field, [])
        if had is not None:
            had.append(node)


def all_below(field: Field) -> Changed:
    """Any node of a field and of those under it."""
    return dict.fromkeys(field.below())


class Recalculation:
    """The calculations and conditions of one entry."""

    def __init__(
        self, instance: Instance, order: Order, world: World, drawn: Mapping[str, str]
    ) -> None:
        self.instance = instance
        self.order = order
        self.world = world
        self._drawn = drawn
        form = instance.form
        places = (form.field(_POSITION.sub("", path)) for path in drawn)
        self._by_lot = frozenset(place for place in places if place is not None)

    def drawn(self, node: EntryNode) -> str | None:
        """What was drawn for a node before the entry began; None where the form computes it."""
        if node.field not in self._by_lot:
            return None
        return self._drawn.get(node.ref, self._drawn.get(node.field.path, ""))

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
                self._evaluate(trigger, self._targets(trigger.field, within), changes)

    def speak(self, changes: Changes) -> Changed:
        """Evaluate what is in the words of a language, which is another now, and what follows."""
        changed: Changed = {}
        for trigger in self.order.triggers:
            if trigger.formula.speaks:
                at = self.instance.nodes_of(trigger.field)
                for nodes in self._evaluate(trigger, at, changes).values():
                    add_changed(changed, nodes or ())
        return self.settle(changed, changes)

    def settle(
        self,
        changed: Changed,
        changes: Changes,
        answered: EntryNode | None = None,
        added: Field | None = None,
    ) -> Changed:
        """Evaluate what follows from changed nodes; return everything that is different now.

        Args:
            changed: the nodes.
            changes: where what this changes is noted.
            added: a repeat that has one more instance. As in JavaRosa, calculations that tell the
                place of an instance in it are made again in all of them, also where something
                else was written over.
            answered: a node that was answered, maybe with what it held already. Calculations
                behind it that something else was written over are made again all the same.
        """
        waiting: list[int] = []
        pending: dict[int, dict[EntryNode, None] | None] = {}
        different: Changed = {}
        if answered is not None:
            for index in self.instance.form.made_again(answered.field):
                at = self.instance.near(self.order.triggers[index].field, answered)
                pending[index] = dict.fromkeys(at)
                waiting.append(index)
        for index in self.instance.form.told_by_place(added) if added is not None else ():
            pending[index] = None
            waiting.append(index)
        heapify(waiting)

        def follow(field: Field, nodes: list[EntryNode] | None) -> None:
            had = different.get(field, [])
            different[field] = None if nodes is None or had is None else had + nodes
            for index in self.order.readers[field.number]:
                if index not in pending:
                    pending[index] = {}
                    heappush(waiting, index)
                trigger = self.order.triggers[index]
                targets = pending[index]
                if targets is not None:
                    at = self.reached(trigger.formula, trigger.field, field, nodes)
                    if at is None:
                        pending[index] = None
                    else:
                        targets.update(dict.fromkeys(at))

        for field, nodes in changed.items():
            follow(field, nodes)
        while waiting:
            index = heappop(waiting)
            trigger = self.order.triggers[index]
            targets = pending.pop(index)
            at = self.instance.nodes_of(trigger.field) if targets is None else list(targets)
            for field, nodes in self._evaluate(trigger, at, changes).items():
                follow(field, nodes)
        return different

    def reached(
        self, formula: Formula, at: Field, read: Field, nodes: list[EntryNode] | None
    ) -> list[EntryNode] | None:
        """The nodes of a field whose expression reads one of some nodes; None for all of them."""
        reach = formula.reach.get(read)
        if reach is None or nodes is None or not at.repeats:
            return None
        found: list[EntryNode] = []
        for node in nodes:
            place = node.within(reach.repeat)
            if place is None:
                return None
            places = [place]
            if reach.earlier and isinstance(place.parent, EntryNode):
                places = [
                    one
                    for one in place.parent.children
                    if one.field is reach.repeat and one.ordinal >= place.ordinal
                ]
            for one in places:
                found.extend([one] if one.field is at else self.instance.nodes_of(at, one))
        return found

    def _evaluate(self, trigger: Trigger, nodes: Iterable[EntryNode], changes: Changes) -> Changed:
        """Evaluate one trigger at nodes of its field; return what changed."""
        different: Changed = {}
        given = trigger.settles is Settles.CALCULATE and trigger.field in self._by_lot
        for node in nodes:
            if given:
                if self.write(node, self.drawn(node) or "", changes):
                    add_changed(different, (node,))
                continue
            value = trigger.formula.evaluate(Context(self.world, node))
            if trigger.settles is Settles.CALCULATE:
                if self.write(
                    node, text_for(value, trigger.field.kind, self.world.clock()), changes
                ):
                    add_changed(different, (node,))
                continue
            own = to_boolean(value)
            if own is not node.own_relevance:
                changes.relevance.append((node, node.own_relevance))
                node.own_relevance = own
                moved: list[EntryNode] = []
                node.settle_relevance(moved)
                add_changed(different, moved)
        return different

    def _targets(self, field: Field, within: EntryNode | None) -> list[EntryNode]:
        """The nodes of a field; of one repeat instance, where that is given."""
        if within is not None and within.field is field:
            return [within]
        return self.instance.nodes_of(field, within)


def text_for(value: Value, kind: DataType | None, now: datetime) -> str:
    """The text that a computed value leaves in a field of a type, as JavaRosa writes it.

    A condition leaves 1 or 0, whatever the type; what is not a number leaves nothing; a day or a
    time leaves a dateTime, unless the field is for a date or a time.

    Args:
        value: what was computed.
        kind: the type of the field.
        now: whose day a time becomes a dateTime of, and whose offset a day.
    """
    if isinstance(value, float) and value != value:
        return ""
    if isinstance(value, str) and not value:
        return ""
    if kind is DataType.INTEGER:
        number = to_number(value)
        if number != number:
            return to_text(value)
        return write_number(float(int(max(LEAST_INTEGER, min(number, MOST_INTEGER)))))
    if kind is DataType.DECIMAL and not isinstance(value, str):
        number = to_number(value)
        return to_text(value) if number != number else write_number(number)
    if kind in _PLACES and isinstance(value, str):
        try:
            return read_places(value)
        except WrongKind:
            return value
    if isinstance(value, bool) or kind is DataType.BOOLEAN:
        return "1" if to_boolean(value) else "0"
    if isinstance(value, date | time | str):
        return _moment_for(value, kind, now)
    if kind is DataType.DATE or kind is DataType.DATETIME:
        return _moment_of_days(value, kind, now)
    return to_text(value)


_PLACES = frozenset({DataType.GEOPOINT, DataType.GEOTRACE, DataType.GEOSHAPE})


def _moment_of_days(days: Value, kind: DataType, now: datetime) -> str:
    """The day or moment that a number tells: `today() + 7` is one (JavaRosa refuses to cast it)."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=now.tzinfo) + timedelta(days=to_number(days))
    except (OverflowError, ValueError):
        return ""
    return moment.date().isoformat() if kind is DataType.DATE else write_moment(moment)


def _moment_for(value: date | time | str, kind: DataType | None, now: datetime) -> str:
    if isinstance(value, str):
        return value
    if kind is DataType.DATE and isinstance(value, date):
        return date(value.year, value.month, value.day).isoformat()
    if isinstance(value, time):
        value = datetime.combine(now.date(), value)
    elif not isinstance(value, datetime):
        value = datetime.combine(value, time())
    moment = told_in(value, now.tzinfo)
    return write_time(moment) if kind is DataType.TIME else write_moment(moment)
