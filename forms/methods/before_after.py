"""Before and after: an opinion, cards for and against, and the opinion again.

Two select_ones over one list with `parvis:method` "before-after" and `parvis:moment` "before" and
"after"; between them a group (field-list) with `parvis:method` "for-against", whose notes say in
`parvis:side` what they speak for.
"""

from __future__ import annotations

from dataclasses import dataclass

from forms.methods.asked import Fields, MethodError, Wrong, asked, choices_of, values_at
from forms.xform.controls import Kind
from forms.xform.form import Form

METHOD = "before-after"
CARDS = "for-against"
MOMENT = "parvis:moment"
SIDE = "parvis:side"
SIDES = frozenset({"for", "against", "fact"})


@dataclass(frozen=True)
class Change:
    """Where the two opinions are, and what can be said.

    Attributes:
        before: the path of the first opinion.
        after: of the second.
        opinions: the names that both offer, in order.
    """

    before: str
    after: str
    opinions: tuple[str, ...]


def read(form: Form) -> Change:
    """The two opinions of a form.

    Raises:
        MethodError: one of them is missing.
    """
    found = {one.question.attributes.get(MOMENT, ""): one for one in asked(form, METHOD)}
    if not {"before", "after"} <= found.keys():
        sentence = f"{METHOD} needs two questions, with {MOMENT} “before” and “after”."
        path = next((one.path for one in found.values()), "")
        raise MethodError(Wrong(path, sentence, MOMENT))
    opinions = tuple(choices_of(form, found["before"].question))
    return Change(found["before"].path, found["after"].path, opinions)


def problems(form: Form) -> list[Wrong]:
    """What is wrong with it."""
    change = read(form)
    found = []
    for one in asked(form, METHOD):
        if tuple(choices_of(form, one.question)) != change.opinions:
            found.append(Wrong(one.path, "it offers other opinions than the first time.", "type"))
    for place in asked(form, CARDS):
        notes = [one for one in place.questions if one.kind is Kind.NOTE]
        sides = [one.attributes.get(SIDE, "") for one in notes]
        found += [
            Wrong(
                note.field.path, f"{SIDE} is one of {', '.join(sorted(SIDES))}, not “{side}”.", SIDE
            )
            for note, side in zip(notes, sides, strict=True)
            if side not in SIDES
        ]
        if sides.count("for") != sides.count("against"):
            sentence = (
                f"{sides.count('for')} cards for and"
                f" {sides.count('against')} against: they should be as many."
            )
            found.append(Wrong(place.path, sentence))
    return found


def ballot(change: Change, fields: Fields) -> tuple[str, str]:
    """One person's opinion before and after; "" where they gave none."""
    values = values_at(fields)
    return values.get(change.before, ""), values.get(change.after, "")
