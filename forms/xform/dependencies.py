"""Which calculations and conditions follow from which fields, each settled once, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from heapq import heapify, heappop, heappush

from forms.errors import FormError
from forms.xform.binds import Bind
from forms.xpath.compiler import Formula
from forms.xpath.nodes import Field


class CircularForm(FormError):
    """Fields of a form depend on each other in a circle.

    Attributes:
        fields: the fields of the circle, each depending on the next, the last on the first.
    """

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = tuple(fields)
        if len(fields) == 1:
            message = f"{fields[0].path} depends on itself."
        else:
            circle = " → ".join(field.path for field in (*fields, fields[0]))
            message = f"These questions depend on each other in a circle: {circle}."
        super().__init__(message)


class Settles(Enum):
    """What a trigger writes."""

    CALCULATE = "calculate"
    RELEVANT = "relevant"


@dataclass(frozen=True, slots=True, eq=False)
class Trigger:
    """A calculation or a condition, to be evaluated again when what it reads has changed."""

    settles: Settles
    field: Field
    formula: Formula


@dataclass(frozen=True, slots=True)
class Order:
    """Every trigger so that none comes before one it depends on.

    Attributes:
        triggers: in that order.
        readers: by field number, the triggers (by index) that read the field.
    """

    triggers: tuple[Trigger, ...]
    readers: tuple[tuple[int, ...], ...]


def order_triggers(binds: Iterable[Bind], fields: Sequence[Field]) -> Order:
    """Put every calculation and relevance of a form in the order that settles them.

    Raises:
        CircularForm: there is no such order.
    """
    triggers: list[Trigger] = []
    for bind in binds:
        if bind.relevant is not None:
            triggers.append(Trigger(Settles.RELEVANT, bind.field, bind.relevant))
        if bind.calculate is not None:
            triggers.append(Trigger(Settles.CALCULATE, bind.field, bind.calculate))
    reads: list[list[int]] = [[] for _ in fields]
    for index, trigger in enumerate(triggers):
        for read in trigger.formula.depends_on:
            reads[read.number].append(index)
    follows: list[list[int]] = []
    waits = [0] * len(triggers)
    for trigger in triggers:
        places = [trigger.field]
        if trigger.settles is Settles.RELEVANT:
            places = list(trigger.field.below())
        after = sorted({reader for place in places for reader in reads[place.number]})
        follows.append(after)
        for reader in after:
            waits[reader] += 1
    ready = [index for index, waiting in enumerate(waits) if not waiting]
    heapify(ready)
    order: list[int] = []
    while ready:
        index = heappop(ready)
        order.append(index)
        for reader in follows[index]:
            waits[reader] -= 1
            if not waits[reader]:
                heappush(ready, reader)
    if len(order) < len(triggers):
        raise CircularForm(_circle(triggers, follows, [i for i, w in enumerate(waits) if w]))
    place_of = {index: place for place, index in enumerate(order)}
    return Order(
        tuple(triggers[index] for index in order),
        tuple(tuple(sorted(place_of[index] for index in readers)) for readers in reads),
    )


def behind(order: Order, field: Field) -> list[int]:
    """The triggers, by index, that follow from a field, directly or through others."""
    found: set[int] = set()
    left = list(order.readers[field.number])
    while left:
        index = left.pop()
        if index not in found:
            found.add(index)
            trigger = order.triggers[index]
            places: Iterable[Field] = (trigger.field,)
            if trigger.settles is Settles.RELEVANT:
                places = trigger.field.below()
            for place in places:
                left.extend(order.readers[place.number])
    return sorted(found)


def _circle(triggers: list[Trigger], follows: list[list[int]], stuck: list[int]) -> list[Field]:
    """One circle among triggers that wait for each other."""
    inside = set(stuck)
    before: dict[int, list[int]] = {index: [] for index in stuck}
    for index in stuck:
        for reader in follows[index]:
            if reader in inside:
                before[reader].append(index)
    walked: list[int] = []
    index = stuck[0]
    while index not in walked:
        walked.append(index)
        index = before[index][0]
    circle = walked[walked.index(index) :]
    fields: list[Field] = []
    for step in circle:
        if not fields or fields[-1] is not triggers[step].field:
            fields.append(triggers[step].field)
    if len(fields) > 1 and fields[0] is fields[-1]:
        fields.pop()
    return fields
