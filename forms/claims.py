"""What the expressions of a form say of its lists: columns they read, values they compare with.

Read from the form as compiled, so that a form is looked through whatever wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from forms.xform.controls import Action, Control, Question, Repeat
from forms.xform.form import Form
from forms.xform.texts import Output, Wording
from forms.xpath.nodes import Field
from forms.xpath.places import static_step
from forms.xpath.reader import ExpressionError, read_expression
from forms.xpath.tree import (
    Axis,
    Call,
    Expression,
    Filtered,
    Negation,
    Number,
    Operation,
    Path,
    Step,
    Text,
)

ITEMS = ("root", "item")
"""Where the rows of a list are, as XLSForm and all its tools have them."""

_HOLDS = frozenset({"selected", "is-selected"})
_SAME_VALUE = frozenset({"randomize", "indexed-repeat", "selected-at", "once", "string"})
"""Functions whose value is one of those that their first argument has."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An expression of a form, and what it is there for.

    Attributes:
        field: that it is about.
        name: the attribute: "relevant", "choices", "label", …
        source: as the form writes it.
    """

    field: Field
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a list."""

    instance: str
    column: str


@dataclass(frozen=True, slots=True)
class Reads:
    """A rule reads a column of a list; "" where it only names the list."""

    rule: Rule
    cell: Cell


@dataclass(frozen=True, slots=True)
class Compares:
    """A rule asks whether fields, or a column, hold a value.

    Attributes:
        rule: that asks.
        fields: any of them; empty where a column is asked.
        cell: the column; None where fields are asked.
        value: as written.
    """

    rule: Rule
    fields: frozenset[Field]
    cell: Cell | None
    value: str


Claim: TypeAlias = Reads | Compares

_Rows: TypeAlias = tuple[str, tuple[str, ...]]
"""A list, and the path of names from it to where a path leads."""
_Place: TypeAlias = frozenset[Field] | _Rows | None
"""Where a path leads: to fields, into a list, or nobody can tell."""


def rules_of(form: Form) -> Iterator[Rule]:
    """Every expression of a form, binds first, then the body in its order."""
    for bind in form.binds.values():
        for name in ("relevant", "required", "readonly", "constraint", "calculate"):
            formula = getattr(bind, name)
            if formula is not None:
                yield Rule(bind.field, name, formula.source)
        for message, name in (
            (bind.required_message, "required_message"),
            (bind.constraint_message, "constraint_message"),
        ):
            yield from _of_wording(form, bind.field, name, message)
    yield from _of_actions(form.actions)
    yield from _of_controls(form, form.body)


def claims_of(form: Form) -> Iterator[Claim]:
    """What every expression of a form says of its lists and their values."""
    for rule in rules_of(form):
        try:
            tree = read_expression(rule.source)
        except ExpressionError:
            continue  # told elsewhere
        reader = _ClaimReader(form, rule)
        reader.walk(tree, frozenset((rule.field,)))
        yield from reader.found


def _of_controls(form: Form, controls: tuple[Control, ...]) -> Iterator[Rule]:
    for control in controls:
        if isinstance(control, Question):
            field = control.field
            yield from _of_wording(form, field, "label", control.label)
            yield from _of_wording(form, field, "hint", control.hint)
            if control.itemset is not None:
                yield Rule(field, "choices", control.itemset.nodes.source)
            yield from _of_actions(control.actions)
            continue
        if isinstance(control, Repeat):
            if control.count is not None:
                yield Rule(control.field, "count of repeats", control.count.source)
            yield from _of_actions(control.actions)
        elif control.field is not None:
            yield from _of_wording(form, control.field, "label", control.label)
        yield from _of_controls(form, control.children)


def _of_actions(actions: tuple[Action, ...]) -> Iterator[Rule]:
    for action in actions:
        if action.value is not None:
            yield Rule(action.target, "setvalue", action.value.source)


def _of_wording(form: Form, field: Field, name: str, wording: Wording) -> Iterator[Rule]:
    if wording.key and wording.key not in form.texts.moving:
        return
    templates = form.texts.versions(wording.key) if wording.key else [wording.inline]
    for template in templates:
        for part in template:
            if isinstance(part, Output):
                yield Rule(field, name, part.source)


class _ClaimReader:
    """Walks one expression, and notes what it says."""

    def __init__(self, form: Form, rule: Rule) -> None:
        self.form = form
        self.rule = rule
        self.found: list[Claim] = []

    def walk(self, tree: Expression, here: _Place) -> None:
        match tree:
            case Negation(inner=inner):
                self.walk(inner, here)
            case Operation(first=first, rest=rest):
                self.walk(first, here)
                left = first
                for operator, right in rest:
                    self.walk(right, here)
                    if operator in {"=", "!="} and len(rest) == 1:
                        self.compare(left, right, here)
                        self.compare(right, left, here)
                    left = right
            case Call():
                self.call(tree, here)
            case Path() | Filtered():
                self.lead(tree, here, noting=True)
            case _:
                return

    def call(self, tree: Call, here: _Place) -> None:
        texts = [part.value if isinstance(part, Text) else None for part in tree.arguments]
        for argument in tree.arguments:
            self.walk(argument, here)
        if tree.name in _HOLDS and len(texts) == 2:
            self.compare(tree.arguments[0], tree.arguments[1], here)
        elif tree.name == "jr:choice-name" and len(texts) == 2:
            self.choice_name(tree.arguments[0], tree.arguments[1], here)
        elif tree.name == "instance" and len(texts) == 1 and texts[0] is not None:
            self.found.append(Reads(self.rule, Cell(texts[0], "")))
        elif tree.name == "pulldata" and len(texts) == 4 and texts[0] is not None:
            for column in (texts[1], texts[2]):
                if column is not None:
                    self.found.append(Reads(self.rule, Cell(texts[0], column)))

    def choice_name(self, value: Expression, question: Expression, here: _Place) -> None:
        """`jr:choice-name(value, 'path of the question')`."""
        if isinstance(question, Text):
            try:
                question = read_expression(question.value)
            except ExpressionError:
                return
        self.compare(question, value, here)

    def compare(self, where: Expression, what: Expression, here: _Place) -> None:
        """Note that an expression is held against a value, where both are known."""
        if isinstance(what, Text):
            value = what.value
        elif isinstance(what, Number):
            value = f"{what.value:.15g}"
        else:
            return
        place = self.lead(where, here)
        if isinstance(place, frozenset):
            if place:
                self.found.append(Compares(self.rule, place, None, value))
        elif place is not None and len(place[1]) == 3 and place[1][:2] == ITEMS:
            cell = Cell(place[0], place[1][2])
            self.found.append(Compares(self.rule, frozenset(), cell, value))

    def lead(self, tree: Expression, here: _Place, *, noting: bool = False) -> _Place:
        """Where a path leads.

        Args:
            tree: the path.
            here: its context.
            noting: whether what its predicates say, and the columns it reads, are noted.
        """
        match tree:
            case Call(name="current"):
                return frozenset((self.rule.field,))
            case Call(name="instance", arguments=(Text(value=name),)):
                return (name, ())
            case Call(name=name, arguments=arguments) if name in _SAME_VALUE and arguments:
                return self.lead(arguments[0], here)
            case Filtered(inner=inner, predicates=predicates):
                if noting:
                    self.walk(inner, here)
                place = self.lead(inner, here)
                if noting:
                    for predicate in predicates:
                        self.walk(predicate, place)
                return place
            case Path():
                return self.lead_path(tree, here, noting=noting)
        return None

    def lead_path(self, path: Path, here: _Place, *, noting: bool) -> _Place:
        place: _Place
        steps = path.steps
        if path.start is not None:
            if noting:
                self.walk(path.start, here)
            place = self.lead(path.start, here)
        elif path.absolute:
            root = self.form.root
            if not steps or steps[0].axis is not Axis.CHILD:
                return None
            if steps[0].name not in {"*", root.name}:
                return None
            place, steps = frozenset((root,)), steps[1:]
        else:
            place = here
        for step in steps:
            place = self.step(step, place, noting=noting)
            if noting:
                for predicate in step.predicates:
                    self.walk(predicate, place)
        return place

    def step(self, step: Step, place: _Place, *, noting: bool) -> _Place:
        if place is None:
            return None
        if isinstance(place, frozenset):
            return static_step(step, place)
        name, path = place
        if step.axis is Axis.SELF and step.name == "*":
            return place
        if step.axis is Axis.PARENT:
            return (name, path[:-1]) if path else None
        if step.axis is not Axis.CHILD or step.name == "*":
            return None
        if noting and path == ITEMS:
            self.found.append(Reads(self.rule, Cell(name, step.name)))
        return (name, (*path, step.name))
