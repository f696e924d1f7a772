"""Where a form asks in which way: the questions, groups and repeats with `parvis:method`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from forms.engine.speaking import fixed_items
from forms.errors import FormError
from forms.xform.controls import Control, Group, Question, Repeat, questions_of
from forms.xform.form import Form

METHOD = "parvis:method"

Fields: TypeAlias = Iterable[tuple[str, str]]
"""What a contribution holds: path and value of every field that is not empty."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that does not work as a method wants, and where.

    Attributes:
        path: of the question, group or repeat; "" where it concerns the form as a whole.
        sentence: what is wrong.
        attribute: that says it, as "parvis:points" or "constraint"; "" where none does.
        choice: the name of the choice it is about; "" where it is about none.
    """

    path: str
    sentence: str
    attribute: str = METHOD
    choice: str = ""

    def __str__(self) -> str:
        """As one sentence, the path before it."""
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


class MethodError(FormError):
    """A form asks in some way, but lacks what that way needs.

    Attributes:
        wrong: what it lacks, and where.
    """

    def __init__(self, wrong: Wrong) -> None:
        self.wrong = wrong
        super().__init__(str(wrong))


@dataclass(frozen=True)
class Asked:
    """One place of a form that asks in some way.

    Attributes:
        method: the way, as "budget".
        control: what carries the attribute.
    """

    method: str
    control: Control

    @property
    def path(self) -> str:
        """Where it is in the instance; "" for a group that holds nothing of its own."""
        return self.control.field.path if self.control.field else ""

    @property
    def questions(self) -> tuple[Question, ...]:
        """The question itself, or all in the group or repeat."""
        if isinstance(self.control, Question):
            return (self.control,)
        return tuple(questions_of(self.control.children))

    @property
    def question(self) -> Question:
        """The question that it is.

        Raises:
            MethodError: it is a group or a repeat.
        """
        if not isinstance(self.control, Question):
            raise MethodError(Wrong(self.path, f"{METHOD} “{self.method}” belongs on a question."))
        return self.control

    @property
    def group(self) -> Group | Repeat:
        """The group or repeat that it is.

        Raises:
            MethodError: it is a question.
        """
        if isinstance(self.control, Question):
            raise MethodError(Wrong(self.path, f"{METHOD} “{self.method}” belongs on a group."))
        return self.control


def asked(form: Form, method: str = "") -> tuple[Asked, ...]:
    """Every place of a form that asks in some way, or in this one, in order."""
    found = _asked(form.body)
    return tuple(one for one in found if not method or one.method == method)


def _asked(controls: Iterable[Control]) -> Iterator[Asked]:
    for control in controls:
        if METHOD in control.attributes:
            yield Asked(control.attributes[METHOD], control)
        if not isinstance(control, Question):
            yield from _asked(control.children)


def choices_of(form: Form, question: Question) -> dict[str, Mapping[str, str]]:
    """The names that a question offers, in order, each with its further columns."""
    if question.itemset is None:
        return {item.name: {} for item in question.items}
    found: dict[str, Mapping[str, str]] = {}
    for item in fixed_items(form, question.itemset):
        cells = dict(item.cells())
        found[cells.get(question.itemset.value, "")] = cells
    return found


def values_at(fields: Fields) -> dict[str, str]:
    """A contribution's values by path."""
    return dict(fields)
