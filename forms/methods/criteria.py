"""Rating on several criteria: each measure is marked on each of them.

A group (field-list) for each measure, with `parvis:method` "criteria": a range for each criterion,
which `parvis:criterion` names, so that measures can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from forms.methods.asked import Asked, Fields, Wrong, asked, values_at
from forms.xform.controls import Kind, Range
from forms.xform.form import Form

METHOD = "criteria"
CRITERION = "parvis:criterion"


@dataclass(frozen=True)
class Measure:
    """One thing that is marked.

    Attributes:
        name: of its group.
        marks: path of each criterion's question, by criterion.
        scale: the numbers that can be given; None where there are no criteria.
    """

    name: str
    marks: Mapping[str, str]
    scale: Range | None


def read(form: Form, place: Asked) -> Measure:
    """One measure of a form.

    Raises:
        MethodError: it is a question instead of a group.
    """
    name = place.group.field.name if place.group.field else ""
    ranges = [one for one in place.questions if one.kind is Kind.RANGE]
    marks = {one.attributes.get(CRITERION, one.field.name): one.field.path for one in ranges}
    return Measure(name, marks, ranges[0].bounds if ranges else None)


def problems(form: Form, place: Asked) -> list[Wrong]:
    """What is wrong with a measure beside the others."""
    measure = read(form, place)
    first = read(form, asked(form, METHOD)[0])
    found = []
    if not measure.marks:
        found.append(Wrong(place.path, "no range asks for a mark."))
    if set(measure.marks) != set(first.marks):
        missing = ", ".join(sorted(set(measure.marks) ^ set(first.marks)))
        sentence = f"not the same criteria ({CRITERION}) as before: {missing}."
        found.append(Wrong(place.path, sentence, CRITERION))
    if any(one.kind is Kind.RANGE and one.bounds != first.scale for one in place.questions):
        found.append(Wrong(place.path, "not the same scale for every criterion.", "parameters"))
    return found


def ballot(form: Form, fields: Fields) -> dict[str, dict[str, Decimal]]:
    """The marks that one person gave: by measure, by criterion; those not given are missing."""
    values = values_at(fields)
    measures = [read(form, place) for place in asked(form, METHOD)]
    return {
        measure.name: {
            criterion: Decimal(values[path])
            for criterion, path in measure.marks.items()
            if path in values
        }
        for measure in measures
    }
