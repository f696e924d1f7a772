"""What a form shows: questions, groups and repeats, as its body lists them ("Body")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias

from forms.xform.texts import NOTHING_SAID, Wording
from forms.xpath.compiler import Formula
from forms.xpath.nodes import Field

NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


class Kind(Enum):
    """What a question asks for, and so what it is answered with."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TIME = "time"
    DATETIME = "dateTime"
    BOOLEAN = "boolean"
    SELECT_ONE = "select one"
    SELECT_MULTIPLE = "select multiple"
    RANK = "rank"
    RANGE = "range"
    NOTE = "note"
    TRIGGER = "trigger"
    BARCODE = "barcode"
    GEOPOINT = "geopoint"
    GEOTRACE = "geotrace"
    GEOSHAPE = "geoshape"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    FILE = "file"

    @property
    def chooses(self) -> bool:
        """Whether it is answered by choosing among choices."""
        return self in {Kind.SELECT_ONE, Kind.SELECT_MULTIPLE, Kind.RANK}

    @property
    def uploads(self) -> bool:
        """Whether it is answered by the name of a file."""
        return self in {Kind.IMAGE, Kind.AUDIO, Kind.VIDEO, Kind.FILE}


PLACES = frozenset({Kind.GEOPOINT, Kind.GEOTRACE, Kind.GEOSHAPE})


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers a range question offers: from start to end, by step (which is positive)."""

    start: Decimal
    end: Decimal
    step: Decimal


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose.

    Attributes:
        name: what the answer holds.
        label: what people read; plain text, in the entry's language.
        media: file names by "image", "audio", "video".
        columns: further columns of the choices sheet, such as a cost.
        styled: the label as the form writes it, where it has marks of a style; "" otherwise.
    """

    name: str
    label: str
    media: Mapping[str, str]
    columns: Mapping[str, str]
    styled: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A choice written in the body."""

    name: str
    label: Wording


@dataclass(frozen=True, slots=True)
class Itemset:
    """Choices that an expression leads to.

    Attributes:
        nodes: leads to the items.
        value: the path from an item to its name.
        label: the path from an item to its label, or to the id of its text.
        translated: whether the label path leads to the id of a text.
    """

    nodes: Formula
    value: str
    label: str
    translated: bool

    @property
    def fixed(self) -> bool:
        """Whether the items are the same whatever was answered."""
        return not self.nodes.depends_on and self.nodes.source.rstrip().endswith("item")


@dataclass(frozen=True, slots=True)
class Action:
    """`setvalue`: a value that an event writes (specification, "Events and Actions").

    Attributes:
        events: the names of the events.
        target: the field that is written.
        value: what computes the value; None where `text` is it.
        text: the value as written in place.
    """

    events: frozenset[str]
    target: Field
    value: Formula | None
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One control of the body."""

    field: Field
    kind: Kind
    label: Wording = NOTHING_SAID
    hint: Wording = NOTHING_SAID
    appearance: frozenset[str] = frozenset()
    attributes: Mapping[str, str] = made(default_factory=lambda: NO_ATTRIBUTES)
    items: tuple[Item, ...] = ()
    itemset: Itemset | None = None
    bounds: Range | None = None
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Questions that stand together; without a field it only groups what is shown."""

    field: Field | None
    label: Wording
    appearance: frozenset[str]
    attributes: Mapping[str, str]
    children: tuple[Control, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """Questions that are asked again for each instance of a field.

    Attributes:
        count: how many instances there are to be; None where people add and remove them.
        fixed: whether people may neither add nor remove instances.
        actions: what happens to a new instance.
    """

    field: Field
    count: Formula | None
    fixed: bool
    appearance: frozenset[str]
    attributes: Mapping[str, str]
    children: tuple[Control, ...]
    actions: tuple[Action, ...] = ()


Control: TypeAlias = Question | Group | Repeat


def questions_of(controls: tuple[Control, ...]) -> Iterator[Question]:
    """Every question, in the order of the body."""
    for control in controls:
        if isinstance(control, Question):
            yield control
        else:
            yield from questions_of(control.children)
