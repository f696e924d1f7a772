"""Which column of a table is which question of a form.

A question is named by as much of its path as it takes: `nom`, `foyer/nom`, `/data/foyer/nom`. In a
repeat, `personne[2]/nom` is the second one's; without a number the first is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from forms.lots import Lot, drawn_conditions, lots_of
from forms.xform.controls import Kind
from forms.xform.form import Form
from forms.xpath.nodes import Field
from kiosk.paper.errors import BadTable

LANGUAGE = "language"
SHEETS = ("sheet", "feuille")
LINE, CAUSE = "line", "cause"
OWN = "parvis:"
"""Begins the names of columns that Parvis wrote itself where a question has their usual name."""

_STEP = re.compile(r"([^\[\]]+)(?:\[(\d{1,6})\])?")
_FIRST = 1


@dataclass(frozen=True)
class Target:
    """What a column holds the answers to.

    Attributes:
        field: of the question.
        positions: of the instances of the repeats that it stands in, outermost first.
    """

    field: Field
    positions: tuple[int, ...] = ()

    @property
    def ref(self) -> str:
        """Its path in the instance, with a position at every repeat."""
        return ref_of(self.field, self.positions)

    def moved(self, depth: int, position: int) -> Target:
        """The same in another instance of the repeat at a depth."""
        places = list(self.positions)
        places[depth] = position
        return Target(self.field, tuple(places))


def ref_of(field: Field, positions: Iterable[int]) -> str:
    """The path of a field in these instances of its repeats."""
    left = list(positions)
    steps = []
    for place in reversed((field, *field.above())):
        step = place.name
        if place.repeat:
            step += f"[{left.pop(0) if left else _FIRST}]"
        steps.append(step)
    return "/" + "/".join(steps)


class Columns:
    """The columns that tables may have for one form."""

    def __init__(self, form: Form, sheet: str = "") -> None:
        """Look through a form.

        Args:
            form: what is answered.
            sheet: the column with the sheets' numbers; "" for `sheet` or `feuille`.

        Raises:
            BadTable: a question has the name of that column.
        """
        self.form = form
        self._asked = sheet
        self._known: dict[str, Target] = {}
        self._named: dict[str, list[Field]] = {}
        preloaded = {bind.field for bind in form.preloads}
        for field in form.fields:
            asked = form.question(field) is not None
            computed = (bind := form.bind(field)) is not None and bind.calculate is not None
            held = (asked or computed or field in self._drawn) and field not in preloaded
            if held and not field.children and not field.is_attribute:
                self._named.setdefault(field.name, []).append(field)
        if sheet and sheet in self._named:
            raise BadTable(f"“{sheet}” is a question of this form: name another column.")
        self.sheets = (sheet,) if sheet else tuple(n for n in SHEETS if n not in self._named)
        self.line = LINE if LINE not in self._named else OWN + LINE
        self.cause = CAUSE if CAUSE not in self._named else OWN + CAUSE

    @cached_property
    def lots(self) -> tuple[Lot, ...]:
        """What the form draws by lot."""
        return lots_of(self.form)

    @cached_property
    def conditions_drawn(self) -> tuple[Field, ...]:
        """What the form asks by a lot that nobody can say."""
        return drawn_conditions(self.form)

    @cached_property
    def _drawn(self) -> frozenset[Field]:
        return frozenset(lot.field for lot in self.lots)

    def check_sheet(self, names: Iterable[str]) -> None:
        """Refuse a table that has not the column in which sheets' numbers are said to stand.

        Raises:
            BadTable: without it, a sheet that is typed twice would count twice.
        """
        if self._asked and self._asked not in set(names):
            raise BadTable(
                f"No column is called “{self._asked}”. Name the one that holds the sheets' numbers."
            )

    def own(self, name: str) -> bool:
        """Whether a column holds no answers, but what Parvis needs or has noted itself."""
        return name in (LANGUAGE, *self.sheets, self.line, self.cause)

    def check(self, names: Iterable[str]) -> None:
        """Look up every column of a table.

        Raises:
            BadTable: one is no question of this form, could be several, or two are the same.
        """
        unknown: list[str] = []
        found: dict[str, str] = {}
        for name in dict.fromkeys(names):
            if self.own(name):
                continue
            target = self._look_up(name)
            if target is None:
                unknown.append(name)
                continue
            other = found.setdefault(target.ref, name)
            if other != name:
                raise BadTable(f"Two columns, “{other}” and “{name}”, are the same question.")
            self._known[name] = target
        if unknown:
            raise BadTable(
                f"No question of this form is called {', '.join(sorted(unknown))}. "
                f"Its questions are: {', '.join(sorted(self._names()))}."
            )

    def target(self, name: str) -> Target:
        """What a column that was checked holds the answers to."""
        return self._known[name]

    def name(self, field: Field) -> str:
        """What a column for a field has to be called, at the least."""
        alike = self._named.get(field.name, [])
        return field.name if len(alike) == 1 else _inner(field)

    def _look_up(self, name: str) -> Target | None:
        steps = [_STEP.fullmatch(step.strip()) for step in name.strip().strip("/").split("/")]
        named = [step[1].strip() for step in steps if step is not None]
        if len(named) < len(steps):
            return None
        fields = [
            one for one in self._named.get(named[-1], []) if _path(one)[-len(named) :] == named
        ]
        exact = [one for one in fields if _path(one) == named or _path(one)[1:] == named]
        if not fields:
            return None
        if len(fields) > 1 and len(exact) != 1:
            ways = ", ".join(sorted(_inner(one) for one in fields))
            raise BadTable(
                f"This form asks “{name}” in {len(fields)} places. Say which one is meant: {ways}."
            )
        field = (exact or fields)[0]
        given = [int(step[2]) if step and step[2] else None for step in steps]
        places = list(reversed((field, *field.above())))[-len(given) :]
        positions = [_FIRST] * len(field.repeats)
        for place, position in zip(places, given, strict=True):
            if position is None:
                continue
            if not place.repeat:
                raise BadTable(f"“{name}”: {place.name} is asked once only, and has no number.")
            if position < 1:
                raise BadTable(f"“{name}”: the first {place.name} has number 1.")
            positions[field.repeats.index(place)] = position
        return Target(field, tuple(positions))

    def _names(self) -> Iterable[str]:
        """Of the questions, and of what is drawn by lot, as columns may be called."""
        for fields in self._named.values():
            for field in fields:
                question = self.form.question(field)
                if field in self._drawn or (question and question.kind is not Kind.NOTE):
                    yield self.name(field)


def _path(field: Field) -> list[str]:
    return field.path.strip("/").split("/")


def _inner(field: Field) -> str:
    """The path of a field without the form's root, unless only the whole tells it from others."""
    return field.path.strip("/").partition("/")[2] or field.path
