"""What an entry shows of itself: questions to ask, verdicts on answers, the finished whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from forms.errors import FormError
from forms.xform.controls import Choice, Kind, Range

__all__ = [
    "Choice",
    "Finished",
    "Objection",
    "Outcome",
    "Progress",
    "Step",
    "Unfinished",
    "UnknownQuestion",
    "Verdict",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One question or note, as it stands now.

    Attributes:
        ref: its path in the instance; "[n]" only inside repeats: "/data/household[2]/name".
        guidance: what a mediator may read besides the hint.
        media: file names by "image", "audio", "video", "big-image".
        required_message: the form's words where it is required and empty; "" without.
        attributes: what the form adds: "rows", "start", …; and "parvis:purse" and its like,
            from Parvis's namespace, whatever prefix the form uses for it.
        bounds: of a range; None elsewhere.
        value: the answer as the instance holds it; "" where there is none.
        group: the labels of the groups it stands in, outermost first.
        screen: the path of the group whose questions are to be shown together (appearance
            "field-list"); "" where the question has a screen for itself.
    """

    ref: str
    kind: Kind
    label: str
    hint: str
    guidance: str
    media: Mapping[str, str]
    required: bool
    readonly: bool
    required_message: str
    appearance: frozenset[str]
    attributes: Mapping[str, str]
    choices: Sequence[Choice]
    bounds: Range | None
    value: str
    group: tuple[str, ...]
    screen: str


class Outcome(Enum):
    """What becomes of an answer."""

    OK = "ok"
    REQUIRED = "required"
    CONSTRAINT = "constraint"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the form says to an answer.

    Attributes:
        message: the form's own words, in the entry's language; "" where it has none.
        cause: where the answer is not of the question's kind, what is wrong, in plain English.
    """

    outcome: Outcome
    message: str = ""
    cause: str = ""

    @property
    def kept(self) -> bool:
        """Whether the entry took the answer."""
        return self.outcome is Outcome.OK


@dataclass(frozen=True, slots=True)
class Objection:
    """A question that stands in the way of finishing."""

    ref: str
    outcome: Outcome
    message: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the questions that can be met now are answered."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Finished:
    """An entry as it leaves: what is not relevant is not in it.

    Attributes:
        xml: the instance, as ODK submissions have it.
        fields: path and value of every leaf that holds something, in document order.
    """

    xml: bytes
    fields: tuple[tuple[str, str], ...]


class Unfinished(FormError):
    """The entry cannot be finished yet.

    Attributes:
        problems: the questions that stand in the way.
    """

    def __init__(self, problems: Sequence[Objection]) -> None:
        self.problems = tuple(problems)
        places = ", ".join(problem.ref for problem in self.problems[:5])
        more = "…" if len(self.problems) > 5 else ""
        super().__init__(f"Some questions are not answered as the form asks: {places}{more}.")


class UnknownQuestion(FormError):
    """A path leads to no question that can be answered now."""
