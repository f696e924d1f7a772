"""A contribution: what one person said, and what belongs to how they said it.

It is written as canonical JSON (RFC 8785). Its commitment is what the register will hold: every
field hashed with a salt of its own, the hashes hashed together, so that a published contribution
can leave one field out and still prove the others.

It is written in the lowest version that can say it: a desk of before reads what says nothing new.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

import rfc8785
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from sync.attachment import Attached, check_attached
from sync.errors import MalformedContribution
from sync.provenance import (
    MeetingLine,
    Paper,
    check_alias,
    provenance_document,
    read_provenance,
)
from sync.wire import number, sized

HASH_BYTES = 32
SEED_BYTES = 32
ID_BYTES = 16

LARGEST_CONTRIBUTION = 1 << 20
"""Bytes of canonical JSON; attachments are named by hash and travel apart."""

_FORMAT = 1
_FORMAT_OF_MORE = 2  # of what says something that version 1 has no room for
_LAST_HOUR = 23
_MOST_FIELDS = 20_000
_LONGEST_NAME = 1_024  # characters, for everything that is not an answer
_FIELD_LABEL = b"parvis/1 field\x00"
_SALT_LABEL = b"parvis/1 salt\x00"
_COMMITMENT_LABEL = b"parvis/1 commitment\x00"
_ID_LABEL = b"parvis/1 contribution\x00"


class Mode(Enum):
    """The entry mode: who held the pen."""

    SELF = "self"
    ASSISTED = "assisted"
    MEETING = "meeting"
    PAPER = "paper"


class Help(Enum):
    """A kind of help that a mediator gave."""

    TECHNICAL = "technical"
    READING = "reading"
    WORDING = "wording"
    TRANSLATION = "translation"


class Given(Enum):
    """How a person agreed to be assisted."""

    SPOKEN = "spoken"
    SIGNED = "signed"


@dataclass(frozen=True)
class Agreement:
    """A person's agreement to be assisted; who the person is stays out.

    Attributes:
        date: ISO 8601 date.
        place: where, as the mediator's station is called.
        mediator: the mediator's name or number; "" where a pseudonym stands for it.
        wording: the version of what was read aloud.
        given: how the person agreed.
        hour: of that day, 0 to 23, by the device's clock; None where the day is enough.
        pseudonym: of the mediator, in this consultation alone; only the steward's list says whose.
        language: the tag of the language it was read in; "" where that is not said.
    """

    date: str
    place: str
    mediator: str
    wording: str
    given: Given
    hour: int | None = None
    pseudonym: str = ""
    language: str = ""

    def __post_init__(self) -> None:
        if self.hour is not None and not 0 <= self.hour <= _LAST_HOUR:
            raise MalformedContribution("A day has the hours 0 to 23.")
        if self.mediator and self.pseudonym:
            raise MalformedContribution(
                "A mediator is named by a name or by a pseudonym, not both."
            )

    @property
    def says_more(self) -> bool:
        """Whether it says something that version 1 has no room for."""
        return self.hour is not None or bool(self.pseudonym or self.language)


@dataclass(frozen=True)
class Assistance:
    """What belongs to an assisted entry.

    Attributes:
        agreement: the person's.
        help: the kinds of help given; none is possible.
        read_back: whether everything was read aloud before it was confirmed.
        reworded: paths of the answers put in the mediator's words rather than the person's own.
    """

    agreement: Agreement
    help: frozenset[Help] = frozenset()
    read_back: bool = False
    reworded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contribution:
    """A finished entry as it is sealed.

    Attributes:
        form_id: the form's own id.
        form_version: the form's own version.
        form_hash: SHA-256 of the XForm, in hexadecimal.
        mode: the entry mode.
        language: the language it was answered in, as an IETF tag ("fr"); "" where unknown.
        fields: every non-empty leaf of the finished instance, in order: (path, value); all but
            `meta/instanceID`, which follows from the contribution's id.
        assistance: of an assisted entry; None otherwise.
        attachments: the files that fields refer to by name; they are sealed beside it.
        paper: the sheet that it was transcribed from; None where that is not said.
        meeting: the line of a meeting that it is; None where that is not said.
        alias: the code that stands on a paper's stub in place of the receipt's; "" without one.
    """

    form_id: str
    form_version: str
    form_hash: str
    mode: Mode
    language: str
    fields: tuple[tuple[str, str], ...]
    assistance: Assistance | None = None
    attachments: tuple[Attached, ...] = ()
    paper: Paper | None = None
    meeting: MeetingLine | None = None
    alias: str = ""

    def __post_init__(self) -> None:
        if self.mode is Mode.ASSISTED and self.assistance is None:
            raise MalformedContribution("An assisted contribution needs the person's agreement.")
        if self.mode is Mode.SELF and self.assistance is not None:
            raise MalformedContribution("Who contributes alone has not been assisted.")
        if len(self.form_hash) != 2 * HASH_BYTES or not set(self.form_hash) <= set(
            "0123456789abcdef"
        ):
            raise MalformedContribution("The form's hash is not a SHA-256 in hexadecimal.")
        if len(self.fields) > _MOST_FIELDS:
            raise MalformedContribution(
                f"More than {_MOST_FIELDS} answers are in one contribution."
            )
        check_attached(self.attachments)
        if self.paper is not None and self.mode is not Mode.PAPER:
            raise MalformedContribution("Only what was on paper comes from a sheet.")
        if self.meeting is not None and self.mode is not Mode.MEETING:
            raise MalformedContribution("Only what was said in a meeting is a line of one.")
        if self.alias:
            check_alias(self.alias)

    @property
    def version(self) -> int:
        """The version of the format that it is written in: the lowest that can say it."""
        more = self.paper or self.meeting or self.alias
        agreed = self.assistance is not None and self.assistance.agreement.says_more
        return _FORMAT_OF_MORE if more or agreed else _FORMAT

    def to_json(self) -> bytes:
        """Canonical JSON.

        Raises:
            MalformedContribution: it is larger than 1 MiB, a name in it is longer than names may
                be, or a text is not valid Unicode.
        """
        # What could not be read again must not be sealed: nobody could ever open it.
        if any(len(name) > _LONGEST_NAME for name in self._names()):
            raise MalformedContribution(
                f"A name in this contribution (of a question, a form, a place, a person) is longer "
                f"than {_LONGEST_NAME} characters. Shorten it."
            )
        document: dict[str, Any] = {
            "fields": [list(field) for field in self.fields],
            "form": {"hash": self.form_hash, "id": self.form_id, "version": self.form_version},
            "language": self.language,
            "mode": self.mode.value,
            "parvis": self.version,
        }
        if self.assistance is not None:
            document["assistance"] = _assistance_document(self.assistance)
        if self.attachments:
            document["attachments"] = [one.document() for one in self.attachments]
        document |= provenance_document(self.paper, self.meeting, self.alias)
        written = canonical(document)
        if len(written) > LARGEST_CONTRIBUTION:
            raise MalformedContribution("This contribution is larger than 1 MiB.")
        return written

    @classmethod
    def from_json(cls, data: bytes) -> "Contribution":
        """Read what `to_json` wrote, byte for byte.

        Raises:
            MalformedContribution: it is anything else.
        """
        if len(data) > LARGEST_CONTRIBUTION:
            raise MalformedContribution()
        try:
            document = json.loads(data)
            assistance = document.get("assistance")
            form = document["form"]
            paper, meeting, alias = read_provenance(document)
            contribution = cls(
                form_id=_name(form["id"]),
                form_version=_name(form["version"]),
                form_hash=_name(form["hash"]),
                mode=Mode(document["mode"]),
                language=_name(document["language"]),
                fields=tuple((_name(path), _text(value)) for path, value in document["fields"]),
                assistance=None if assistance is None else _read_assistance(assistance),
                attachments=tuple(_attached(one) for one in document.get("attachments", ())),
                paper=paper,
                meeting=meeting,
                alias=alias,
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise MalformedContribution() from None
        if contribution.to_json() != data:
            raise MalformedContribution()
        return contribution

    def _names(self) -> Iterator[str]:
        """Everything that `from_json` reads as a name."""
        yield from (self.form_id, self.form_version, self.language)
        yield from (path for path, _ in self.fields)
        if self.assistance is not None:
            agreement = self.assistance.agreement
            yield from (agreement.date, agreement.place, agreement.mediator, agreement.wording)
            yield from (agreement.pseudonym, agreement.language)
            yield from self.assistance.reworded
        if self.paper is not None:
            yield from self.paper.names()
        if self.meeting is not None:
            yield from self.meeting.names()

    def leaves(self) -> tuple[tuple[str, str], ...]:
        """What the commitment is over: how it was said, then every field, in order."""
        leaves = [
            ("form", f"{self.form_hash} {self.form_id} {self.form_version}"),
            ("language", self.language),
            ("mode", self.mode.value),
        ]
        if self.assistance is not None:
            written = canonical(_assistance_document(self.assistance))
            leaves.append(("assistance", written.decode()))
        provenance = provenance_document(self.paper, self.meeting, self.alias)
        for name, value in sorted(provenance.items()):
            text = value if isinstance(value, str) else canonical(value).decode()
            leaves.append((name, text))
        for one in self.attachments:
            leaves.append(("attachment", canonical(one.document()).decode()))
        return (*leaves, *self.fields)


def leaf_hash(seed: bytes, place: int, leaf: tuple[str, str]) -> bytes:
    """The hash of the leaf at `place`, under the salt that the seed gives that place.

    Who publishes a contribution without this leaf publishes this hash in its stead.
    """
    return salted_hash(leaf_salt(seed, place), leaf)


def leaf_salt(seed: bytes, place: int) -> bytes:
    """The salt of the leaf at `place`; published beside the leaf, it says nothing of the others."""
    return HKDFExpand(SHA256(), HASH_BYTES, _SALT_LABEL + number(place)).derive(seed)


def salted_hash(salt: bytes, leaf: tuple[str, str]) -> bytes:
    """The hash of one leaf under its salt."""
    path, value = leaf
    return hashlib.sha256(_FIELD_LABEL + salt + sized(_utf8(path)) + sized(_utf8(value))).digest()


def joined_commitment(leaf_hashes: Sequence[bytes]) -> bytes:
    """The commitment that these leaf hashes make together."""
    joined = b"".join(leaf_hashes)
    return hashlib.sha256(_COMMITMENT_LABEL + number(len(leaf_hashes)) + joined).digest()


class Sealable(Protocol):
    """What one record holds: a contribution, or a document of another kind (`sync.documents`)."""

    @property
    def form_hash(self) -> str:
        """SHA-256 of the XForm, in hexadecimal."""

    @property
    def attachments(self) -> tuple[Attached, ...]:
        """The files that are sealed beside it."""

    def to_json(self) -> bytes:
        """As it is sealed."""

    def leaves(self) -> tuple[tuple[str, str], ...]:
        """What its commitment is over."""


def commitment(contribution: Sealable, seed: bytes) -> bytes:
    """What the register holds and the receipt promises of one record, 32 bytes."""
    leaves = contribution.leaves()
    return joined_commitment([leaf_hash(seed, place, leaf) for place, leaf in enumerate(leaves)])


def contribution_id(consultation: str, committed: bytes) -> bytes:
    """The contribution's id, 16 bytes; it follows from the commitment and is never carried."""
    hashed = _id_of(consultation).copy()
    hashed.update(committed)
    return hashed.digest()[:ID_BYTES]


@lru_cache(maxsize=256)
def _id_of(consultation: str) -> "hashlib._Hash":
    return hashlib.sha256(_ID_LABEL + sized(consultation.encode()))


def without_instance_id(fields: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The fields without `meta/instanceID`: 41 random bytes that `instance_id` can make anew."""
    return tuple(one for one in fields if not one[0].endswith("/meta/instanceID"))


def instance_id(contribution: bytes) -> str:
    """The ODK instance id that follows from a contribution's id: "uuid:…"."""
    return f"uuid:{UUID(bytes=contribution)}"


def _assistance_document(assistance: Assistance) -> dict[str, Any]:
    return {
        "agreement": agreement_document(assistance.agreement),
        "help": sorted(kind.value for kind in assistance.help),
        "read_back": assistance.read_back,
        "reworded": list(assistance.reworded),
    }


def agreement_document(agreement: Agreement) -> dict[str, Any]:
    """As JSON; what is not said is not there."""
    document: dict[str, Any] = {
        "date": agreement.date,
        "given": agreement.given.value,
        "mediator": agreement.mediator,
        "place": agreement.place,
        "wording": agreement.wording,
    }
    if agreement.hour is not None:
        document["hour"] = agreement.hour
    if agreement.pseudonym:
        document["pseudonym"] = agreement.pseudonym
    if agreement.language:
        document["language"] = agreement.language
    return document


def _read_assistance(document: dict[str, Any]) -> Assistance:
    agreement = document["agreement"]
    hour = agreement.get("hour")
    if not isinstance(hour, int | None) or isinstance(hour, bool):
        raise MalformedContribution()
    return Assistance(
        agreement=Agreement(
            date=_name(agreement["date"]),
            place=_name(agreement["place"]),
            mediator=_name(agreement["mediator"]),
            wording=_name(agreement["wording"]),
            given=Given(agreement["given"]),
            hour=hour,
            pseudonym=_name(agreement.get("pseudonym", "")),
            language=_name(agreement.get("language", "")),
        ),
        help=frozenset(Help(kind) for kind in document["help"]),
        read_back=bool(document["read_back"]),
        reworded=tuple(_name(path) for path in document["reworded"]),
    )


def _attached(document: dict[str, Any]) -> Attached:
    size = document["size"]
    if not isinstance(size, int) or isinstance(size, bool):
        raise MalformedContribution()
    return Attached(
        name=_name(document["name"]),
        sha256=_name(document["sha256"]),
        size=size,
        media_type=_name(document["type"]),
    )


def canonical(document: Any) -> bytes:
    """JSON as RFC 8785 writes it.

    Raises:
        MalformedContribution: a text in it is not valid Unicode.
    """
    try:
        return rfc8785.dumps(document)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        raise MalformedContribution("A text of this contribution is not valid Unicode.") from None


def _name(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_NAME:
        raise MalformedContribution()
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise MalformedContribution()
    return value


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise MalformedContribution("A text of this contribution is not valid Unicode.") from None
