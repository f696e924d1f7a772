"""What a form would draw by lot, as a row of paper says it was drawn.

The order of opinion cards follows from the cards that the row names, one in each instance of their
repeat: any of them, in any order. Whatever else is drawn by lot has a column of its own. Where the
row does not say, it is refused: it would be booked on something that nobody saw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from forms.lots import Lot
from forms.methods.asked import asked
from forms.methods.opinion_cards import METHOD
from forms.xform.controls import Question
from forms.xform.form import Form
from forms.xpath.nodes import Field
from kiosk.paper.cells import Labels, Names, alike
from kiosk.paper.columns import Columns, Target, ref_of
from kiosk.paper.errors import BadRow


@dataclass(frozen=True)
class Said:
    """A row with what it says of lots taken out.

    Attributes:
        drawn: by path, as `Entry(…, drawn=…)` takes it.
        answers: what is left to be answered, or to be compared with what the form makes of it.
    """

    drawn: Mapping[str, str]
    answers: Mapping[Target, str]


def said_of_lots(columns: Columns, given: Mapping[Target, str], *, codes: bool = False) -> Said:
    """Find out what was drawn where a row was written.

    Raises:
        BadRow: the row does not say, or what it says cannot be.
    """
    for field in columns.conditions_drawn:
        raise BadRow(
            f"{columns.name(field)}: the form draws by lot whether this is asked, and keeps no "
            "field that says so. Such a form cannot be transcribed from paper."
        )
    drawn: dict[str, str] = {}
    answers = dict(given)
    named = {target.field for target in given}
    for lot in columns.lots:
        if lot.field in named:
            for target in [one for one in answers if one.field is lot.field]:
                drawn[target.ref] = answers.pop(target).strip()
            if lot.field.repeats:
                _check_every_instance(columns, lot, answers, drawn)
        elif lot.order_alone or _all_said(columns, lot, named):
            drawn[lot.field.path] = ""  # paper has an order of its own, and nothing hangs on it
        else:
            order, answers = _cards(columns, lot, answers, codes=codes)
            drawn[lot.field.path] = order
    return Said(drawn, answers)


def _all_said(columns: Columns, lot: Lot, named: set[Field]) -> bool:
    """Whether what reads a lot is drawn as well, and said: a seed whose order is given."""
    drawn = {one.field for one in columns.lots}
    readers = [
        bind.field
        for bind in columns.form.binds.values()
        for rule in (bind.calculate, bind.relevant, bind.constraint, bind.required, bind.readonly)
        if rule is not None and lot.field in rule.depends_on
    ]
    return bool(readers) and all(field in drawn and field in named for field in readers)


def _check_every_instance(
    columns: Columns, lot: Lot, answers: Mapping[Target, str], drawn: Mapping[str, str]
) -> None:
    """A lot that is drawn anew in each instance of a repeat has to be said for each."""
    depth = len(lot.field.repeats)
    for target in answers:
        if target.field.repeats[:depth] == lot.field.repeats:
            ref = ref_of(lot.field, target.positions[:depth])
            if ref not in drawn:
                raise BadRow(_not_said(columns, lot.field, ref))


def _cards(
    columns: Columns, lot: Lot, answers: dict[Target, str], *, codes: bool
) -> tuple[str, dict[Target, str]]:
    """The order that a row's cards came in; the answers, those cards one after the other."""
    shown = [field for field in lot.follows if field.repeats]
    repeats = list(dict.fromkeys(field.repeats[0] for field in shown))
    if len(repeats) != 1:
        raise BadRow(_not_said(columns, lot.field, lot.field.path))
    repeat = repeats[0]
    inside = {one.positions[0] for one in answers if repeat in one.field.repeats}
    named = [field for field in shown if any(one.field is field for one in answers)]
    if not inside:
        if repeat.path in {place.path for place in asked(columns.form, METHOD)}:
            return "", answers  # a sheet whose cards were left alone: none was shown
        raise BadRow(_not_said(columns, lot.field, lot.field.path))
    if len(named) != 1 or len(named[0].repeats) != 1:
        asks = named or [field for field in shown if columns.form.question(field)] or shown
        first = Target(asks[0], (min(inside), *[1] * (len(asks[0].repeats) - 1)))
        raise BadRow(
            f"{_short(first.ref)}: the form draws by lot which one this is, and the row does not "
            "say. Add a column of this name."
        )
    (field,) = named
    names = _names(columns.form, field, codes=codes)
    order: list[str] = []
    for position in sorted(inside):
        ref = ref_of(field, (position,))
        typed = answers.get(Target(field, (position,)), "")
        if not typed:
            raise BadRow(
                f"{_short(ref)}: the form draws by lot which one this is, and the row does not say."
            )
        card = names.one(typed) if names is not None else typed.strip()
        if (names is not None and card not in names) or not card or len(card.split()) > 1:
            raise BadRow(f"{_short(ref)}: “{typed}” is none of those that the form may show.")
        if card in order:
            raise BadRow(f"{_short(ref)}: “{typed}” is there twice.")
        order.append(card)
    places = {position: place for place, position in enumerate(sorted(inside), 1)}
    moved = {
        target.moved(0, places[target.positions[0]])
        if repeat in target.field.repeats
        else target: text
        for target, text in answers.items()
    }
    for place, card in enumerate(order, 1):
        moved[Target(field, (place,))] = card
    return " ".join(order), moved


class _Listed(Names):
    """All choices of a list, whichever of them a question offers at the moment."""

    def __init__(self, names: list[str], labels: Callable[[], Labels], *, codes: bool) -> None:
        super().__init__(names, labels, codes=codes)
        self._all = frozenset(names)

    def __contains__(self, name: str) -> bool:
        return name in self._all


def _names(form: Form, field: Field, *, codes: bool) -> _Listed | None:
    """The names in the list that a question shows one of; None where it shows no choice."""
    question = form.question(field)
    if question is None or question.itemset is None:
        return None
    source = question.itemset.nodes.source
    found: dict[str, set[str]] = {}
    names: list[str] = []
    for key, instance in form.secondary.items():
        if f"'{key}'" not in source and f'"{key}"' not in source:
            continue
        for item in instance.items(("root", "item")):
            name = item.cell(question.itemset.value) or ""
            names.append(name)
            for label in _labels(form, question, item.cell(question.itemset.label) or ""):
                found.setdefault(alike(label), set()).add(name)
    return _Listed(names, lambda: found, codes=codes) if names else None


def _labels(form: Form, question: Question, cell: str) -> list[str]:
    if question.itemset is None or not question.itemset.translated:
        return [cell]
    return [form.text(cell, language) for language in form.languages or ("",)]


def _not_said(columns: Columns, field: Field, ref: str) -> str:
    name = columns.name(field) if "[" not in ref else _short(ref)
    return (
        f"{name}: the form draws this by lot, and the row does not say what was drawn. Add a "
        f"column “{name}” that says it."
    )


def _short(ref: str) -> str:
    return ref.strip("/").partition("/")[2]
