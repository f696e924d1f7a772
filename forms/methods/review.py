"""Everything that is wrong with the ways to take part of a form, for whoever writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from forms.methods import (
    articles,
    before_after,
    budget,
    criteria,
    majority_judgment,
    opinion_cards,
    points,
    roles,
)
from forms.methods.asked import Asked, MethodError, Wrong, asked
from forms.xform.form import Form

_BY_PLACE: Mapping[str, Callable[[Form, Asked], list[Wrong]]] = {
    budget.METHOD: budget.problems,
    criteria.METHOD: criteria.problems,
    majority_judgment.METHOD: majority_judgment.problems,
    opinion_cards.METHOD: opinion_cards.problems,
    points.METHOD: points.problems,
}
_BY_FORM: Mapping[str, Callable[[Form], list[Wrong]]] = {
    articles.METHOD: articles.problems,
    before_after.METHOD: before_after.problems,
}
KNOWN = frozenset({*_BY_PLACE, *_BY_FORM, *roles.NEEDED, before_after.CARDS, "ranking"})


def review(form: Form) -> tuple[str, ...]:
    """What does not work as its method wants, as sentences; empty where all does."""
    return tuple(str(wrong) for wrong in review_methods(form))


def review_methods(form: Form) -> tuple[Wrong, ...]:
    """What does not work as its method wants, and where; empty where all does."""
    found: list[Wrong] = []
    for place in asked(form):
        if place.method not in KNOWN:
            known = ", ".join(sorted(KNOWN))
            sentence = f"there is no method “{place.method}”; known are: {known}."
            found.append(Wrong(place.path, sentence))
        elif place.method in _BY_PLACE:
            found += _tried(partial(_BY_PLACE[place.method], form, place))
    for method in dict.fromkeys(place.method for place in asked(form)):
        if method in _BY_FORM:
            found += _tried(partial(_BY_FORM[method], form))
    return (*found, *roles.problems(form))


def _tried(problems: Callable[[], list[Wrong]]) -> list[Wrong]:
    try:
        return problems()
    except MethodError as wrong:
        return [wrong.wrong]
