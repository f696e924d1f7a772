"""What an entry shows of itself: questions to ask, verdicts on answers, the finished whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from forms.engine.limits import Limits
from forms.errors import FormError
from forms.xform.controls import Choice, Kind, Range

__all__ = [
    "Choice",
    "Finished",
    "Objection",
    "Outcome",
    "Place",
    "Progress",
    "Repetition",
    "Section",
    "Step",
    "Unfinished",
    "UnknownQuestion",
    "Verdict",
]


@dataclass(frozen=True, slots=True)
class Section:
    """A group, or one instance of a repeat, that steps stand in.

    Attributes:
        ref: its path ("/data/home", "/data/household[2]"); for a group that holds nothing of its
            own, the path of what is around it, and "#" with a number.
        label: of the group; of a repeat, with the values of this very instance.
        appearance: what the form wishes of its looks: "field-list", "table-list", "w4", …
        attributes: what the form adds, as in `Step.attributes`.
        repeat: of an instance of a repeat, the repeat's path as `add_repeat` takes it
            ("/data/household"); "" for a group.
        position: of an instance, its place among its kind, from 1; 0 for a group.
    """

    ref: str
    label: str
    appearance: frozenset[str]
    attributes: Mapping[str, str]
    repeat: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class Repetition:
    """A repeat that can be met now, with its instances.

    Attributes:
        ref: its path as `add_repeat` takes it: "/data/household", "/data/household[2]/person".
        label: of the repeat in general; what to call one more of it.
        instances: each, in order; `remove_repeat` takes its `ref`. There may be none.
        after: the path of the last step before its end: once that is answered is the moment to
            ask whether there is another. "" where the repeat is what comes first.
        may_add: whether people may add an instance; the form may count them itself.
        may_remove: whether people may remove one.
        screen: the path of the group that is shown together and holds it; "" where none does.
        within: the groups and instances of repeats it stands in, outermost first.
    """

    ref: str
    label: str
    instances: tuple[Section, ...]
    after: str
    may_add: bool
    may_remove: bool
    screen: str = ""
    within: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question or note is met, without its words.

    Attributes:
        ref: its path, as its step has it.
        screen: as its step has it.
        within: as its step has it.
    """

    ref: str
    kind: Kind
    screen: str
    within: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One question or note, as it stands now.

    Attributes:
        ref: its path in the instance; "[n]" only inside repeats: "/data/household[2]/name".
        guidance: what a mediator may read besides the hint.
        media: file names by "image", "audio", "video", "big-image", in the entry's language.
        required: whether nobody gets past it without an answer; of what is only shown, whether
            nobody gets past it at all (`in_the_way`).
        required_message: the form's words where it is required and empty; "" without.
        attributes: what the form adds to its control or its bind: "rows", "start", "accept",
            "odk:quality", "orx:max-pixels", …; and "parvis:purse" and its like, from Parvis's
            namespace, whatever prefix the form uses for it.
        choices: what can be chosen now; of a range, the labels of numbers on its line.
        bounds: of a range; None elsewhere.
        value: the answer as the instance holds it; "" where there is none.
        group: the labels of the groups it stands in, outermost first.
        screen: the path of the group whose questions are to be shown together (appearance
            "field-list"); "" where the question has a screen for itself. Steps of one screen
            follow each other.
        within: the groups and instances of repeats it stands in, outermost first, those
            without a label as well.
        words: of a place, what was said instead of it (`Entry.answer_in_words`).
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
    within: tuple[Section, ...] = ()
    words: str = ""

    @property
    def in_the_way(self) -> bool:
        """Whether it takes no answer and is required: nobody gets past it before it is gone."""
        return self.readonly and self.required and not self.value

    @property
    def mediatype(self) -> str:
        """Of an upload, the kind of file it asks for ("image/*"); "" elsewhere."""
        return self.attributes.get("mediatype", "") if self.kind.uploads else ""


class Outcome(Enum):
    """What becomes of an answer."""

    OK = "ok"
    REQUIRED = "required"
    CONSTRAINT = "constraint"
    TOO_MANY = "too many"  # it is a number of repeats that no entry holds


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the form says to an answer.

    Attributes:
        message: the form's own words, in the entry's language; "" where it has none.
        cause: where the answer is not of the question's kind, what is wrong, in plain English.
        limits: where the form has no words of its own, the bounds that the answer breaks.
    """

    outcome: Outcome
    message: str = ""
    cause: str = ""
    limits: Limits | None = None

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
    limits: Limits | None = None


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
        attachments: path and file name of every answer that is a file, in document order.
    """

    xml: bytes
    fields: tuple[tuple[str, str], ...]
    attachments: tuple[tuple[str, str], ...] = ()


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
