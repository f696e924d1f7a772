"""Points: so many to place on options, as many on each as one likes, up to a limit.

A group (field-list) with `parvis:method` "points", `parvis:points` (how many in all) and
`parvis:points-each` (at most on one option): an integer for each option. Each constraint adds all
of them up, so that every tool refuses too many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forms.engine import Entry
from forms.methods.asked import Asked, Fields, MethodError, Wrong, values_at
from forms.xform.controls import Kind
from forms.xform.form import Form

METHOD = "points"
TOTAL = "parvis:points"
EACH = "parvis:points-each"
CONSTRAINT = "constraint"


@dataclass(frozen=True)
class Points:
    """What points are placed on.

    Attributes:
        options: path of each, by name, in order.
        total: how many points there are.
        each: how many one option takes at most.
    """

    options: Mapping[str, str]
    total: int
    each: int


def read(form: Form, place: Asked) -> Points:
    """The points of a form.

    Raises:
        MethodError: how many there are is not said, or is no whole number.
    """
    attributes = place.group.attributes
    total = _count(attributes.get(TOTAL, ""), place.path, TOTAL)
    each = _count(attributes.get(EACH) or str(total), place.path, EACH)
    options = {
        one.field.name: one.field.path for one in place.questions if one.kind is Kind.INTEGER
    }
    return Points(options, total, each)


def problems(form: Form, place: Asked) -> list[Wrong]:
    """Where the form's own constraints and the points do not agree."""
    points = read(form, place)
    if len(points.options) < 2:
        return [Wrong(place.path, "points are placed on at least two whole numbers.")]
    entry = Entry(form)
    paths = list(points.options.values())
    found = [
        Wrong(path, f"the constraint accepts {points.each + 1} points on one option.", CONSTRAINT)
        for path in paths
        if entry.answer(path, str(points.each + 1)).kept
    ]
    left = points.total
    for path in paths:
        placed = min(points.each, left)
        if placed and not entry.answer(path, str(placed)).kept:
            refused = f"the constraint refuses {placed} of {points.total} points."
            found.append(Wrong(path, refused, CONSTRAINT))
        left -= placed
    last = next((path for path in paths if not dict(_held(entry)).get(path)), "")
    if left == 0 and last and entry.answer(last, "1").kept:
        accepted = f"the constraint accepts more than {points.total} points in all."
        found.append(Wrong(last, accepted, CONSTRAINT))
    return found


def ballot(points: Points, fields: Fields) -> dict[str, int]:
    """How many points one person placed on each option."""
    values = values_at(fields)
    return {name: int(values.get(path) or 0) for name, path in points.options.items()}


def _held(entry: Entry) -> Fields:
    return entry.as_it_stands().fields


def _count(text: str, path: str, attribute: str) -> int:
    if not text.isdecimal() or not int(text):
        sentence = f"{attribute} says how many points: a whole number, not “{text}”."
        raise MethodError(Wrong(path, sentence, attribute))
    return int(text)
