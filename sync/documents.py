"""What else than contributions is sealed and travels: signatures, keyings, meetings and their logs.

`docs/format.md`, section 4. Each is canonical JSON and has a commitment, as a contribution has, so
that it is sealed, carried, acknowledged, erased and opened in the same way. A ballot's slip needs
nothing of its own: it is a contribution that is sealed as another kind.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sync.attachment import Attached
from sync.contribution import HASH_BYTES, LARGEST_CONTRIBUTION, canonical
from sync.errors import MalformedContribution
from sync.provenance import Unread, read_unread, unread_document, whole, word
from sync.record_kind import RecordKind

_FORMAT = 2

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Document(ABC):
    """What one record holds beside contributions.

    Attributes:
        form_id: the id of the consultation's form.
        form_version: its version.
        form_hash: SHA-256 of the XForm, in hexadecimal.
    """

    kind: ClassVar[RecordKind]

    form_id: str
    form_version: str
    form_hash: str

    @property
    def attachments(self) -> tuple[Attached, ...]:
        """No file is sealed beside it."""
        return ()

    @abstractmethod
    def members(self) -> dict[str, Any]:
        """What it says beside its form, as JSON."""

    @classmethod
    @abstractmethod
    def read(cls, form: tuple[str, str, str], document: Mapping[str, Any]) -> Self:
        """What `members` wrote, behind id, version and hash of the form.

        Raises:
            MalformedContribution, KeyError, TypeError, ValueError: it is something else.
        """

    def to_json(self) -> bytes:
        """Canonical JSON.

        Raises:
            MalformedContribution: it is larger than 1 MiB, or a text is not valid Unicode.
        """
        form = {"hash": self.form_hash, "id": self.form_id, "version": self.form_version}
        kind = self.kind.name.lower()
        written = canonical({**self.members(), "form": form, "kind": kind, "parvis": _FORMAT})
        if len(written) > LARGEST_CONTRIBUTION:
            raise MalformedContribution("This document is larger than 1 MiB.")
        return written

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read what `to_json` wrote, byte for byte.

        Raises:
            MalformedContribution: it is anything else, or says more than this Parvis knows.
        """
        if len(data) > LARGEST_CONTRIBUTION:
            raise MalformedContribution()
        try:
            document = json.loads(data)
            form = document["form"]
            named = (word(form["id"]), word(form["version"]), word(form["hash"]))
            read = cls.read(named, document)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise MalformedContribution() from None
        if len(read.form_hash) != 2 * HASH_BYTES or read.to_json() != data:
            raise MalformedContribution()
        return read

    def leaves(self) -> tuple[tuple[str, str], ...]:
        """What the commitment is over: its form, its kind, then every member by its name."""
        leaves = [
            ("form", f"{self.form_hash} {self.form_id} {self.form_version}"),
            ("kind", self.kind.name.lower()),
        ]
        for name, value in sorted(self.members().items()):
            leaves.append((name, value if isinstance(value, str) else canonical(value).decode()))
        return tuple(leaves)


@dataclass(frozen=True)
class Signature(Document):
    """A drawn signature under an agreement: a name, and so tied to no answer.

    Attributes:
        date: ISO 8601 date; no hour, by which it could be laid beside a contribution.
        place: where, as the mediator's station is called.
        wording: the version of what was agreed to.
        drawn: the strokes, as SVG path data.
    """

    kind: ClassVar[RecordKind] = RecordKind.SIGNATURE

    date: str
    place: str
    wording: str
    drawn: str

    def members(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "date": self.date,
            "drawn": self.drawn,
            "place": self.place,
            "wording": self.wording,
        }

    @classmethod
    def read(cls, form: tuple[str, str, str], document: Mapping[str, Any]) -> Self:
        """What `members` wrote."""
        return cls(
            *form,
            word(document["date"]),
            word(document["place"]),
            word(document["wording"]),
            word(document["drawn"]),
        )


@dataclass(frozen=True)
class Keying(Document):
    """A sheet as one person keyed it; the contribution is made once differences are settled.

    Attributes:
        sheet: its number, check digit included.
        stack: what its stack is called; "" where it is in none.
        keyer: who keyed it, by their pseudonym in this consultation.
        turn: 1 for the first keying of this sheet, 2 for the second, and so on.
        fields: what was keyed: path and value, in the form's order.
        unread: paths of questions without an answer, and why.
    """

    kind: ClassVar[RecordKind] = RecordKind.KEYING

    sheet: str
    stack: str
    keyer: str
    turn: int
    fields: Fields
    unread: tuple[tuple[str, Unread], ...] = ()

    def members(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "fields": [list(one) for one in self.fields],
            "keyer": self.keyer,
            "sheet": self.sheet,
            "stack": self.stack,
            "turn": self.turn,
            "unread": unread_document(self.unread),
        }

    @classmethod
    def read(cls, form: tuple[str, str, str], document: Mapping[str, Any]) -> Self:
        """What `members` wrote."""
        return cls(
            *form,
            word(document["sheet"]),
            word(document["stack"]),
            word(document["keyer"]),
            whole(document["turn"]),
            _pairs(document["fields"]),
            read_unread(document["unread"]),
        )


@dataclass(frozen=True)
class Operation:
    """One thing that was done in a meeting.

    Attributes:
        elapsed: milliseconds since the meeting was opened, by a clock that nobody sets.
        name: what was done: `opened`, `line`, `struck`, `count-closed`, …
        said: what belongs to it, by name, in the order of the names.
    """

    elapsed: int
    name: str
    said: Fields = ()

    def __post_init__(self) -> None:
        names = [name for name, _ in self.said]
        if names != sorted(set(names)):
            raise MalformedContribution("What belongs to an operation is named once, in order.")


@dataclass(frozen=True)
class MeetingLog(Document):
    """A piece of one tablet's log of a meeting; the pieces of all tablets together are the meeting.

    Attributes:
        meeting: the meeting's name among the consultation's.
        tablet: which tablet's log it is.
        first: the number of its first operation in that log, from 0.
        operations: one after the other.
    """

    kind: ClassVar[RecordKind] = RecordKind.LOG

    meeting: str
    tablet: str
    first: int
    operations: tuple[Operation, ...]

    def members(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "first": self.first,
            "meeting": self.meeting,
            "operations": [[one.elapsed, one.name, dict(one.said)] for one in self.operations],
            "tablet": self.tablet,
        }

    @classmethod
    def read(cls, form: tuple[str, str, str], document: Mapping[str, Any]) -> Self:
        """What `members` wrote."""
        return cls(
            *form,
            word(document["meeting"]),
            word(document["tablet"]),
            whole(document["first"]),
            tuple(
                Operation(whole(elapsed), word(name), _pairs(sorted(said.items())))
                for elapsed, name, said in document["operations"]
            ),
        )


@dataclass(frozen=True)
class Phase:
    """A phase of a meeting, as it was meant and as it went.

    Attributes:
        name: what it is called.
        planned: seconds.
        lasted: seconds, by a clock that nobody sets.
        began: what the clock on the wall showed, a label and no more: "18:05".
    """

    name: str
    planned: int
    lasted: int
    began: str


@dataclass(frozen=True)
class Count:
    """A count in the room.

    Attributes:
        question: what was asked.
        method: how it was counted: `hands`, `cards`, `dots`, …
        present: how many people were in the room then.
        result: how many for each choice, in the order it was asked in.
        corrects: which count, from 0, this one stands in the place of; None where it is the first.
    """

    question: str
    method: str
    present: int
    result: tuple[tuple[str, int], ...]
    corrects: int | None = None


@dataclass(frozen=True)
class MeetingRecord(Document):
    """What is written down once when a meeting is closed.

    Attributes:
        meeting: the meeting's name among the consultation's.
        date: ISO 8601 date.
        place: where.
        phases: one after the other.
        presence: minute of the meeting, and how many were there from then on.
        counts: in the order that they were closed in; corrected ones stay.
        changes: who (by pseudonym), what (the operation's name), and on which line.
    """

    kind: ClassVar[RecordKind] = RecordKind.MEETING

    meeting: str
    date: str
    place: str
    phases: tuple[Phase, ...] = ()
    presence: tuple[tuple[int, int], ...] = ()
    counts: tuple[Count, ...] = ()
    changes: tuple[tuple[str, str, str], ...] = ()

    def members(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "changes": [list(one) for one in self.changes],
            "counts": [
                {
                    **({} if one.corrects is None else {"corrects": one.corrects}),
                    "method": one.method,
                    "present": one.present,
                    "question": one.question,
                    "result": [list(each) for each in one.result],
                }
                for one in self.counts
            ],
            "date": self.date,
            "meeting": self.meeting,
            "phases": [
                {
                    "began": one.began,
                    "lasted": one.lasted,
                    "name": one.name,
                    "planned": one.planned,
                }
                for one in self.phases
            ],
            "place": self.place,
            "presence": [list(one) for one in self.presence],
        }

    @classmethod
    def read(cls, form: tuple[str, str, str], document: Mapping[str, Any]) -> Self:
        """What `members` wrote."""
        return cls(
            *form,
            word(document["meeting"]),
            word(document["date"]),
            word(document["place"]),
            tuple(
                Phase(
                    word(one["name"]),
                    whole(one["planned"]),
                    whole(one["lasted"]),
                    word(one["began"]),
                )
                for one in document["phases"]
            ),
            tuple((whole(minute), whole(people)) for minute, people in document["presence"]),
            tuple(
                Count(
                    word(one["question"]),
                    word(one["method"]),
                    whole(one["present"]),
                    tuple((word(choice), whole(many)) for choice, many in one["result"]),
                    whole(one["corrects"]) if "corrects" in one else None,
                )
                for one in document["counts"]
            ),
            tuple((word(who), word(what), word(line)) for who, what, line in document["changes"]),
        )


_BY_KIND: Mapping[int, type[Document]] = {
    one.kind: one for one in (Signature, Keying, MeetingLog, MeetingRecord)
}


def read_document(kind: int, data: bytes) -> Document:
    """What a record of this kind holds.

    Raises:
        MalformedContribution: it is something else, or of a kind that this Parvis does not know.
    """
    try:
        return _BY_KIND[kind].from_json(data)
    except KeyError:
        raise MalformedContribution(
            f"This is of a kind ({kind}) that this Parvis does not know. Update it."
        ) from None


def _pairs(document: Any) -> Fields:
    return tuple((word(name), word(value)) for name, value in document)
