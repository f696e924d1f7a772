"""Values in expressions that no choice has: `${lien} = 'habitte'` is never true, for anybody.

Held against every choice of a list, whatever filters it. What is set or calculated into a select
may be something else on purpose, and is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from lxml import etree

from forms.claims import ITEMS, Cell, Claim, Compares, claims_of
from forms.errors import Problem
from forms.placing import Places
from forms.xform.controls import Kind, Question
from forms.xform.form import Form
from forms.xform.namespaces import local
from forms.xpath.nodes import Field
from forms.xpath.reader import read_expression
from forms.xpath.tree import Call, Expression, Filtered, Path, Text

_DAY = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?$")


class Offers:
    """What the questions of a form offer at all, filters apart."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._columns: dict[str, dict[str, frozenset[str]]] = {}
        self._taken = self._set_otherwise()

    def names(self, field: Field) -> frozenset[str] | None:
        """The choices of a question; None where it has none, or nobody can tell them."""
        question = self.form.question(field)
        if question is None or not question.kind.chooses or field in self._taken:
            return None
        if any(word.startswith("search(") for word in question.appearance):
            return None
        if question.itemset is None:
            return frozenset(item.name for item in question.items) or None
        instance = list_behind(question)
        if instance is None:
            return None
        return self.columns(instance).get(question.itemset.value)

    def columns(self, instance: str) -> Mapping[str, frozenset[str]]:
        """By column, everything that stands in it in some row; empty where the list is."""
        found = self._columns.get(instance)
        if found is None:
            held = self.form.secondary.get(instance)
            gathered: dict[str, set[str]] = {}
            for item in held.items(ITEMS) if held is not None else ():
                for column, text in item.cells():
                    gathered.setdefault(column, set()).add(text)
            found = {column: frozenset(texts) for column, texts in gathered.items()}
            self._columns[instance] = found
        return found

    def _set_otherwise(self) -> frozenset[Field]:
        """Questions that a calculation, or an event with a calculation, may give any value."""
        found = {field for field, bind in self.form.binds.items() if bind.calculate is not None}
        actions = [*self.form.actions]
        for question in self.form.questions:
            actions.extend(question.actions)
        found.update(
            action.target
            for action in actions
            if action.value is not None and action.value.constant is None
        )
        return frozenset(found)


def list_behind(question: Question) -> str | None:
    """The id of the list that a question's choices come from; None where they come from none."""
    if question.itemset is None:
        return None
    tree: Expression | None = read_expression(question.itemset.nodes.source)
    while tree is not None:
        match tree:
            case Call(name="instance", arguments=(Text(value=name),)):
                return name
            case Call(name="randomize", arguments=arguments) if arguments:
                tree = arguments[0]
            case Path(start=start):
                tree = start
            case Filtered(inner=inner):
                tree = inner
            case _:
                return None
    return None


def review_values(form: Form, places: Places, claims: tuple[Claim, ...] = ()) -> Iterator[Problem]:
    """Every value that an expression, or a default, asks of a list that has no such choice."""
    offers = Offers(form)
    for claim in claims or claims_of(form):
        if not isinstance(claim, Compares):
            continue
        if claim.cell is not None:
            yield from _in_column(claim, claim.cell, offers, places)
        else:
            yield from _among_choices(claim, offers, places)
    yield from _defaults(form, offers, places)


def _among_choices(claim: Compares, offers: Offers, places: Places) -> Iterator[Problem]:
    known: set[str] = set()
    several = False
    for field in claim.fields:
        names = offers.names(field)
        question = offers.form.question(field)
        if names is None or question is None:
            return
        known |= names
        several = several or question.kind is not Kind.SELECT_ONE
    (first, *_) = sorted(field.name for field in claim.fields)
    for value in claim.value.split() if several else [claim.value]:
        if value and not _held(value, known):
            yield places.at(
                claim.rule.field.path,
                claim.rule.name,
                f"“{value}” is no choice of “{first}”.",
                _nearest(value, known),
            )


def _in_column(claim: Compares, cell: Cell, offers: Offers, places: Places) -> Iterator[Problem]:
    known = offers.columns(cell.instance).get(cell.column)
    if known is not None and claim.value and not _held(claim.value, known):
        yield places.at(
            claim.rule.field.path,
            claim.rule.name,
            f"“{claim.value}” stands in no row under “{cell.column}” of the list"
            f" “{cell.instance}”.",
            _nearest(claim.value, known),
        )


def _defaults(form: Form, offers: Offers, places: Places) -> Iterator[Problem]:
    elements: dict[str, etree._Element] = {}
    left: list[tuple[str, etree._Element]] = [(form.root.path, form.instance)]
    while left:
        path, element = left.pop()
        elements.setdefault(path, element)
        left.extend((f"{path}/{local(child.tag)}", child) for child in element)
    given = [
        (question.field, elements[question.field.path].text or "")
        for question in form.questions
        if question.field.path in elements
    ]
    for field, text in given:
        names = offers.names(field)
        question = form.question(field)
        if question is not None and text.strip() and not _could_be(question.kind, text.strip()):
            yield places.at(
                field.path,
                "default",
                f"The default “{text.strip()}” is no answer to a question of type"
                f" {question.kind.value}: it is not held.",
                "Write a day as 2026-11-21."
                if question.kind is Kind.DATE
                else "Write it in digits, with a point before decimals.",
            )
        if names is None or question is None or not text.strip():
            continue
        for value in text.split() if question.kind is not Kind.SELECT_ONE else [text.strip()]:
            if value not in names:
                yield places.at(
                    field.path,
                    "default",
                    f"The default “{value}” is no choice of “{field.name}”: it is not held.",
                    _nearest(value, names),
                )


def _could_be(kind: Kind, text: str) -> bool:
    """Whether a default can be an answer, as far as its type tells."""
    if kind in {Kind.INTEGER, Kind.DECIMAL}:
        return _as_number(text) is not None
    return kind is not Kind.DATE or _DAY.match(text) is not None


def _held(value: str, known: set[str] | frozenset[str]) -> bool:
    """Whether some choice has a value, as XPath compares: 1 and 01 as numbers."""
    if value in known:
        return True
    try:
        number = float(value)
    except ValueError:
        return False
    return any(_as_number(name) == number for name in known)


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _nearest(value: str, known: set[str] | frozenset[str]) -> str:
    close = get_close_matches(value, known, 1) or [
        name for name in known if name.casefold() == value.casefold()
    ]
    if close:
        return f"Is “{close[0]}” meant?"
    if len(known) <= 8:
        return f"There are: {', '.join(sorted(known))}."
    return "Write the name of a choice, not its label."
