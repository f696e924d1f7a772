"""What the device fills in by itself in a form: times, days, and what names the device.

Nobody answered these fields, and they tell when, and where, somebody answered the others. Whoever
publishes contributions asks here which fields they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum

from forms.xform.controls import Control, Question, Repeat
from forms.xform.form import Form
from forms.xpath.compiler import Formula
from forms.xpath.nodes import Field

_MOMENT = re.compile(r"(?<![\w.:-])now\s*\(")
_DAY = re.compile(r"(?<![\w.:-])today\s*\(")
_ONCE = re.compile(r"(?<![\w.:-])uuid\s*\(")
_WRITTEN_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T.*)?", re.DOTALL)


class Filled(Enum):
    """What the device fills a field in with."""

    DAY = "a day"
    MOMENT = "a moment, or what follows from one"
    MARK = "what names the device, its user, or the entry"


def filled_in(form: Form) -> Mapping[str, Filled]:
    """The fields that the device fills in, by path without positions.

    What is computed from answers and the day (an age) is an answer; what is computed from answers
    and the moment could tell the moment.
    """
    found: dict[Field, Filled] = {}
    for bind in form.preloads:
        match bind.preload:
            case ("timestamp", _):
                found[bind.field] = Filled.MOMENT
            case ("date", _):
                found[bind.field] = Filled.DAY
            case ("property" | "uid", _):
                found[bind.field] = Filled.MARK
    written = [*_written(form)]
    again = True
    while again:
        again = False
        for field, formula in written:
            told = _told(formula, found)
            if told is not None and _weight(found.get(field)) < _weight(told):
                found[field] = told
                again = True
    return {field.path: told for field, told in found.items()}


def as_day(value: str) -> str:
    """The day of a day or a moment as forms write them; "" for anything else."""
    written = _WRITTEN_DAY.fullmatch(value.strip())
    return written.group(1) if written else ""


def _written(form: Form) -> Iterator[tuple[Field, Formula]]:
    """Every formula that writes into a field."""
    for bind in form.binds.values():
        if bind.calculate is not None:
            yield bind.field, bind.calculate
    actions = [*form.actions]
    left: list[Control] = list(form.body)
    while left:
        control = left.pop()
        if not isinstance(control, Question):
            left.extend(control.children)
        if isinstance(control, Question | Repeat):
            actions.extend(control.actions)
    for action in actions:
        if action.value is not None:
            yield action.target, action.value


def _told(formula: Formula, found: Mapping[Field, Filled]) -> Filled | None:
    """What a formula lets into the field that it writes."""
    reads = [found.get(field) for field in formula.depends_on]
    if Filled.MARK in reads or _ONCE.search(formula.source):
        return Filled.MARK
    if Filled.MOMENT in reads or _MOMENT.search(formula.source):
        return Filled.MOMENT
    days = Filled.DAY in reads or _DAY.search(formula.source) is not None
    return Filled.DAY if days and None not in reads else None


def _weight(told: Filled | None) -> int:
    return 0 if told is None else list(Filled).index(told) + 1
