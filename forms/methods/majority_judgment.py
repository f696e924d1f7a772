"""Majority judgment: each option is given a mention, from the best to the worst.

A group (field-list) with `parvis:method` "majority-judgment": one select_one for each option, all
over one list of mentions, the best first. A note in it says what a missing mention counts as.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forms.methods.asked import Asked, Fields, Wrong, choices_of, values_at
from forms.xform.controls import Kind
from forms.xform.form import Form

METHOD = "majority-judgment"


@dataclass(frozen=True)
class Judgment:
    """What is judged, and how.

    Attributes:
        options: path of each, by name, in order.
        mentions: their names, the best first.
    """

    options: Mapping[str, str]
    mentions: tuple[str, ...]


def read(form: Form, place: Asked) -> Judgment:
    """The judgment that a form asks for.

    Raises:
        MethodError: it is asked by a question instead of a group.
    """
    assert place.group
    options = [one for one in place.questions if one.kind is Kind.SELECT_ONE]
    mentions = tuple(choices_of(form, options[0])) if options else ()
    return Judgment({one.field.name: one.field.path for one in options}, mentions)


def problems(form: Form, place: Asked) -> list[Wrong]:
    """What is wrong with it."""
    judgment = read(form, place)
    found = []
    if len(judgment.options) < 2:
        found.append(Wrong(place.path, "a judgment compares at least two options."))
    if len(judgment.mentions) < 2:
        found.append(Wrong(place.path, "a judgment needs at least two mentions."))
    for one in place.questions:
        if one.kind is Kind.NOTE:
            continue
        if one.kind is not Kind.SELECT_ONE:
            found.append(Wrong(one.field.path, "only select_one questions can be judged.", "type"))
        elif tuple(choices_of(form, one)) != judgment.mentions:
            sentence = "its mentions are others than those before it."
            found.append(Wrong(one.field.path, sentence, "type"))
    return found


def ballot(judgment: Judgment, fields: Fields) -> dict[str, str | None]:
    """The mention that one person gave each option; None where they gave none."""
    values = values_at(fields)
    return {name: values.get(path) for name, path in judgment.options.items()}
