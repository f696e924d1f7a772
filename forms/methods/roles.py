"""Ways to take part whose questions are ordinary ones, each with a role in `parvis:role`.

A report on a place, a question to a representative, a petition, consent, a panel, a proposal:
counting, maps and exports find the answers by their roles, whatever the questions are called.
"""

from __future__ import annotations

from collections.abc import Mapping

from forms.methods.asked import Fields, Wrong, asked, values_at
from forms.xform.controls import Question, questions_of
from forms.xform.form import Form

ROLE = "parvis:role"
QUOTA = "parvis:quota"

NEEDED: Mapping[str, frozenset[str]] = {
    "report": frozenset({"kind", "category", "description", "place"}),
    "question": frozenset({"recipient", "question"}),
    "petition": frozenset({"signature"}),
    "consent": frozenset({"position", "reason"}),
    "panel": frozenset({"willing"}),
    "proposal": frozenset({"proposal"}),
}
"""By method, the roles that it cannot do without."""


def read(form: Form) -> dict[str, str]:
    """The path of each role's question."""
    return {
        one.attributes[ROLE]: one.field.path
        for one in questions_of(form.body)
        if ROLE in one.attributes
    }


def quotas(form: Form) -> dict[str, str]:
    """By name, the path of each question that a balanced draw goes by."""
    return {one.field.name: one.field.path for one in _questions(form) if QUOTA in one.attributes}


def problems(form: Form) -> list[Wrong]:
    """Which roles are missing."""
    there = read(form).keys()
    found = []
    first = {place.method: place.path for place in reversed(asked(form))}
    for method in dict.fromkeys(place.method for place in asked(form)):
        at = first[method]
        missing = NEEDED.get(method, frozenset()) - there
        found += [
            Wrong(at, f"“{method}” needs a question with {ROLE} “{role}”.")
            for role in sorted(missing)
        ]
        if method == "panel" and not quotas(form):
            sentence = f"“panel” needs questions with {QUOTA}, for the draw to be balanced."
            found.append(Wrong(at, sentence))
    return found


def ballot(form: Form, fields: Fields) -> dict[str, str]:
    """What one person said, by role; those who said nothing are missing."""
    values = values_at(fields)
    return {role: values[path] for role, path in read(form).items() if path in values}


def _questions(form: Form) -> tuple[Question, ...]:
    return tuple(questions_of(form.body))
