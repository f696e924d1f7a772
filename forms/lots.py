"""What a form draws by lot: the fields that hold it, and what follows from them.

What was answered elsewhere, on paper, was not drawn here: who enters it has to say what was drawn
then (`Entry(…, drawn=…)`), or it would be booked on something nobody saw.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms.xform.controls import Action, Control, Question, Repeat
from forms.xform.dependencies import Settles, behind
from forms.xform.form import Form
from forms.xpath.compiler import Formula
from forms.xpath.nodes import Field


@dataclass(frozen=True)
class Lot:
    """One field that a form fills by lot.

    Attributes:
        field: what holds it.
        follows: the calculated fields that follow from it, directly or through others, in order.
        order_alone: whether it decides nothing but the order in which choices are shown.
    """

    field: Field
    follows: tuple[Field, ...]
    order_alone: bool


def lots_of(form: Form) -> tuple[Lot, ...]:
    """Every field that a form fills by lot, in order."""
    calculated = {
        bind.field: bind.calculate for bind in form.binds.values() if bind.calculate is not None
    }
    unsteady = {field for field, formula in calculated.items() if not formula.steady}
    unsteady |= {one.target for one in _actions(form) if one.value and not one.value.steady}

    def shuffled(formula: Formula) -> bool:
        """Whether a seed that nobody chose decides an order that is calculated."""
        left, seen = list(formula.seeds), set[Field]()
        while left:
            field = left.pop()
            if field in unsteady:
                return True
            if field not in seen and field in calculated:
                seen.add(field)
                left.extend(calculated[field].depends_on)
        return False

    drawn = {field for field, formula in calculated.items() if formula.by_lot or shuffled(formula)}
    drawn |= {one.target for one in _actions(form) if one.value is not None and one.value.by_lot}
    drawn |= {seed for seed in _seeds(form) if seed in unsteady}
    return tuple(
        Lot(field, _follows(form, field, drawn), _orders_alone(form, field))
        for field in form.fields
        if field in drawn
    )


def drawn_conditions(form: Form) -> tuple[Field, ...]:
    """What a form asks, or repeats, or refuses by a lot that no field holds: nobody can say it."""
    found = [
        bind.field
        for bind in form.binds.values()
        for formula in (bind.relevant, bind.required, bind.readonly, bind.constraint)
        if formula is not None and formula.by_lot
    ]
    found += [
        one.field
        for one in _controls(form.body)
        if isinstance(one, Repeat) and one.count is not None and one.count.by_lot
    ]
    return tuple(dict.fromkeys(found))


def _follows(form: Form, field: Field, drawn: set[Field]) -> tuple[Field, ...]:
    triggers = form.order.triggers
    return tuple(
        triggers[index].field
        for index in behind(form.order, field)
        if triggers[index].settles is Settles.CALCULATE and triggers[index].field not in drawn
    )


def _orders_alone(form: Form, field: Field) -> bool:
    """Whether all that reads a field is the shuffling of choices."""
    used = False
    for formula, shuffles in _readers(form):
        if field in formula.depends_on:
            if not shuffles or field not in formula.seeds:
                return False
            used = True
    return used


def _readers(form: Form) -> Iterator[tuple[Formula, bool]]:
    """Every expression of a form, and whether it says which choices there are."""
    for bind in form.binds.values():
        rules = (bind.relevant, bind.required, bind.readonly, bind.constraint, bind.calculate)
        yield from ((rule, False) for rule in rules if rule is not None)
    for action in _actions(form):
        if action.value is not None:
            yield action.value, False
    for control in _controls(form.body):
        if isinstance(control, Question) and control.itemset is not None:
            yield control.itemset.nodes, True
        elif isinstance(control, Repeat) and control.count is not None:
            yield control.count, False


def _seeds(form: Form) -> set[Field]:
    return {seed for formula, shuffles in _readers(form) if shuffles for seed in formula.seeds}


def _actions(form: Form) -> Iterator[Action]:
    yield from form.actions
    for control in _controls(form.body):
        if isinstance(control, Question | Repeat):
            yield from control.actions


def _controls(controls: tuple[Control, ...]) -> Iterator[Control]:
    for control in controls:
        yield control
        if not isinstance(control, Question):
            yield from _controls(control.children)
