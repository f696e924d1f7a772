"""Where a contribution comes from, where nobody said it at a screen: a sheet of paper, a meeting.

`docs/format.md`, section 3. Part of what is sealed; each is a leaf of its own, which can be left
out of what is published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sync import crockford
from sync.errors import MalformedContribution, MistypedCode

MOST_KEYINGS = 9

ALIAS_LETTERS = 12
"""As many as a receipt's code has, with its check character: the same field takes both."""


class Unread(Enum):
    """Why a question of a sheet has no answer, by whoever keyed it."""

    ILLEGIBLE = "illegible"
    EMPTY = "empty"
    SEVERAL = "several"  # more boxes are ticked than may be


@dataclass(frozen=True)
class Paper:
    """The sheet that a contribution was transcribed from.

    Attributes:
        sheet: its number, check digit included.
        stack: what its stack is called; "" where it was in none.
        keyings: how many people keyed it, each without seeing what the others had.
        settled: paths of the answers that they had keyed differently, and that were settled by
            looking at the sheet.
        unread: paths of questions without an answer, and why.
    """

    sheet: str
    stack: str = ""
    keyings: int = 1
    settled: tuple[str, ...] = ()
    unread: tuple[tuple[str, Unread], ...] = ()

    def __post_init__(self) -> None:
        if not self.sheet or not 1 <= self.keyings <= MOST_KEYINGS:
            raise MalformedContribution(
                f"A sheet has a number, and was keyed 1 to {MOST_KEYINGS} times."
            )
        if self.settled and self.keyings == 1:
            raise MalformedContribution("What was keyed once has no differences to settle.")

    def names(self) -> tuple[str, ...]:
        """Everything in it that is a name, and no answer."""
        return (self.sheet, self.stack, *self.settled, *(path for path, _ in self.unread))

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "keyings": self.keyings,
            "settled": list(self.settled),
            "sheet": self.sheet,
            "stack": self.stack,
            "unread": unread_document(self.unread),
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Paper:
        """Read what `document` wrote; how long names may be is checked by who writes it again.

        Raises:
            MalformedContribution, KeyError, TypeError, ValueError: it is something else.
        """
        return cls(
            word(document["sheet"]),
            word(document["stack"]),
            whole(document["keyings"]),
            tuple(word(path) for path in document["settled"]),
            read_unread(document["unread"]),
        )


@dataclass(frozen=True)
class MeetingLine:
    """The line of a meeting that a contribution is.

    Attributes:
        meeting: the meeting's name among the consultation's, the same on all its tablets.
        phase: in which phase it was captured; "" where there are none.
        line: its own name within the meeting.
        parent: the name of the line that it goes on from, on whatever tablet; "" without one.
    """

    meeting: str
    phase: str = ""
    line: str = ""
    parent: str = ""

    def __post_init__(self) -> None:
        if not self.meeting or (self.parent and self.parent == self.line):
            raise MalformedContribution("A line belongs to a meeting, and not to itself.")

    def names(self) -> tuple[str, ...]:
        """Everything in it that is a name, and no answer."""
        return (self.meeting, self.phase, self.line, self.parent)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "line": self.line,
            "meeting": self.meeting,
            "parent": self.parent,
            "phase": self.phase,
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> MeetingLine:
        """Read what `document` wrote; how long names may be is checked by who writes it again.

        Raises:
            MalformedContribution, KeyError, TypeError, ValueError: it is something else.
        """
        return cls(*(word(document[name]) for name in ("meeting", "phase", "line", "parent")))


def provenance_document(
    paper: Paper | None, meeting: MeetingLine | None, alias: str
) -> dict[str, Any]:
    """The members of a contribution that say where it comes from; none for what is not said."""
    document: dict[str, Any] = {}
    if paper is not None:
        document["paper"] = paper.document()
    if meeting is not None:
        document["meeting"] = meeting.document()
    if alias:
        document["alias"] = alias
    return document


def read_provenance(
    document: Mapping[str, Any],
) -> tuple[Paper | None, MeetingLine | None, str]:
    """Read what `provenance_document` wrote; other members are passed over.

    Raises:
        MalformedContribution, KeyError, TypeError, ValueError: it is something else.
    """
    paper, meeting = document.get("paper"), document.get("meeting")
    return (
        None if paper is None else Paper.read(paper),
        None if meeting is None else MeetingLine.read(meeting),
        word(document.get("alias", "")),
    )


def check_alias(alias: str) -> None:
    """Refuse what cannot stand on a paper's stub in place of a receipt's code.

    Raises:
        MalformedContribution: it is not spelt as `sync.receipt.receipt_code` spells.
    """
    try:
        letters = crockford.checked(alias, ALIAS_LETTERS)
    except MistypedCode:
        letters = ""
    if not letters or crockford.grouped(letters + crockford.check_character(letters)) != alias:
        raise MalformedContribution("What stands on the stub is no code: XXXX-XXXX-XXXX.")


def unread_document(unread: Sequence[tuple[str, Unread]]) -> list[list[str]]:
    """As JSON."""
    return [[path, why.value] for path, why in unread]


def read_unread(document: Sequence[Sequence[str]]) -> tuple[tuple[str, Unread], ...]:
    """Read what `unread_document` wrote.

    Raises:
        MalformedContribution, TypeError, ValueError: it is something else.
    """
    return tuple((word(path), Unread(why)) for path, why in document)


def word(value: object) -> str:
    """A text of JSON.

    Raises:
        MalformedContribution: it is something else.
    """
    if not isinstance(value, str):
        raise MalformedContribution()
    return value


def whole(value: object) -> int:
    """A whole number of JSON, below 2⁵³.

    Raises:
        MalformedContribution: it is something else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
        raise MalformedContribution()
    return value
