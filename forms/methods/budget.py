"""Participatory budget: projects with costs, and a purse.

A select_multiple with `parvis:method` "budget" and `parvis:purse`, the amount; its list has a
column `cost`. The form's own constraint refuses what the purse does not hold, unless
`parvis:purse-limits` is "no": then the cost is only shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import gcd
from random import Random

from forms.engine import Entry
from forms.methods.asked import Asked, Fields, MethodError, Wrong, choices_of, values_at
from forms.xform.form import Form
from forms.xpath.values import words_of

METHOD = "budget"
PURSE = "parvis:purse"
LIMITS = "parvis:purse-limits"
CURRENCY = "parvis:currency"
COST = "cost"
"""The column of the list that says what each project costs."""
TRIES = 60
"""How many sets of projects by chance the form's constraint is tried on."""
LONGEST_EDGE = 5_000
"""The purse, in units that all costs are multiples of, up to which its edge is looked for."""


@dataclass(frozen=True)
class Purse:
    """What there is to spend, and on what.

    Attributes:
        amount: what it holds at first.
        costs: of each project, by name.
        limits: whether more than it holds cannot be spent.
        currency: as ISO 4217 has it.
    """

    amount: Decimal
    costs: Mapping[str, Decimal]
    limits: bool = True
    currency: str = "EUR"

    def spent(self, chosen: Iterable[str]) -> Decimal:
        """What these projects cost together."""
        return sum((self.costs.get(name, Decimal(0)) for name in chosen), Decimal(0))

    def left(self, chosen: Iterable[str]) -> Decimal:
        """What remains; below zero where more was spent than there is."""
        return self.amount - self.spent(chosen)

    def missing(self, chosen: Iterable[str], name: str) -> Decimal:
        """How much the purse lacks to add one project; 0 where it does not."""
        lacking = self.costs.get(name, Decimal(0)) - self.left(chosen)
        return max(Decimal(0), lacking) if self.limits else Decimal(0)


def purse_of(
    attributes: Mapping[str, str], choices: Mapping[str, Mapping[str, str]], where: str = ""
) -> Purse:
    """The purse that a question speaks of.

    Args:
        attributes: the question's.
        choices: the columns of each project, by name.
        where: the question's path, for what is wrong with it.

    Raises:
        MethodError: an amount is missing, or is no number.
    """
    costs = {
        name: _amount(cells.get("cost", ""), f"The cost of “{name}”", where, COST, name)
        for name, cells in choices.items()
    }
    amount = _amount(attributes.get(PURSE, ""), f"The purse ({PURSE})", where, PURSE)
    limits = attributes.get(LIMITS, "yes") != "no"
    return Purse(amount, costs, limits, attributes.get(CURRENCY, "EUR"))


def read(form: Form, place: Asked) -> Purse:
    """The purse of a form.

    Raises:
        MethodError: the form lacks something of it.
    """
    question = place.question
    return purse_of(question.attributes, choices_of(form, question), place.path)


def problems(form: Form, place: Asked) -> list[Wrong]:
    """Where the form's own constraint and the purse do not agree."""
    purse = read(form, place)
    dear = [name for name, cost in purse.costs.items() if purse.limits and cost > purse.amount]
    found = [
        Wrong(
            place.path,
            f"“{name}” costs more than the whole purse: nobody can choose it.",
            COST,
            name,
        )
        for name in dear
    ]
    if not purse.limits:
        return found
    entry = Entry(form, random=Random(1))  # noqa: S311 - the same each time
    for chosen in _tries(purse):
        affords = purse.left(chosen) >= 0
        if entry.answer(place.path, " ".join(chosen)).kept is not affords:
            verb = "refuses" if affords else "accepts"
            found.append(
                Wrong(
                    place.path,
                    f"the constraint {verb} {' '.join(chosen)},"
                    f" which cost {purse.spent(chosen)} of {purse.amount}.",
                    "constraint",
                )
            )
            break
    return found


def _tries(purse: Purse) -> Iterator[list[str]]:
    """Sets of projects to try a constraint on: all, each alone, and those at the purse's edge."""
    names = list(purse.costs)
    yield names
    yield from ([name] for name in names)
    random = Random(1)  # noqa: S311 - the same sets each time
    yield from (random.sample(names, random.randint(1, len(names))) for _ in range(TRIES))
    whole = [int(cost) for cost in purse.costs.values() if cost == int(cost)]
    unit = gcd(*whole) if len(whole) == len(names) else 0
    if unit and purse.amount / unit <= LONGEST_EDGE:
        for name in names:
            yield from _at_the_edge(purse, name, unit)


def _at_the_edge(purse: Purse, with_this: str, unit: int) -> Iterator[list[str]]:
    """With one project, the dearest set that the purse still holds, and the cheapest beyond."""
    edge = int(purse.amount // unit)
    sums: dict[int, list[str]] = {int(purse.costs[with_this]) // unit: [with_this]}
    for name, cost in purse.costs.items():
        if name != with_this:
            for total, chosen in list(sums.items()):
                if total <= edge:
                    sums.setdefault(total + int(cost) // unit, [*chosen, name])
    held = max((total for total in sums if total <= edge), default=None)
    beyond = min((total for total in sums if total > edge), default=None)
    yield from (sums[total] for total in (held, beyond) if total is not None)


def ballot(place: Asked, fields: Fields) -> tuple[str, ...]:
    """The projects that one person chose, in the order of the list."""
    return tuple(words_of(values_at(fields).get(place.path, "")))


def _amount(text: str, what: str, path: str, attribute: str, choice: str = "") -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        sentence = f"{what} is no number: “{text}”."
        raise MethodError(Wrong(path, sentence, attribute, choice)) from None
    if not amount.is_finite() or amount < 0:
        raise MethodError(Wrong(path, f"{what} is no amount: “{text}”.", attribute, choice))
    return amount
