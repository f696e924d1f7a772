"""Which widget answers which kind of question, and how each tells its answer in the review.

A kind brings a module with an `Answer` class, and where an answer is not simply read as it is held,
a function `describe(step, value)` for the review. Modules are imported when a question first needs
them. One line in `WAYS` makes a kind known; the first line that fits a question is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import import_module
from types import ModuleType

from forms.engine import Kind, Step
from forms.xpath.values import read_date, read_time
from kiosk.attachments import Attachments
from kiosk.widgets.answer import Answer, Setting


@dataclass(frozen=True)
class Way:
    """How questions of one kind are answered.

    Attributes:
        kind: the kind.
        module: in `kiosk.widgets`, or its full name.
        widget: its class there, made as `widget(step, value, setting)`; "" where such a question
            only tells something.
        appearance: only for questions with this appearance; "" for all.
        when: only for questions that this is true of.
        among_others: only where other questions stand on the same screen; False: only where none.
    """

    kind: Kind
    module: str
    widget: str
    appearance: str = ""
    when: Callable[[Step], bool] | None = None
    among_others: bool | None = None

    def fits(self, step: Step, among_others: bool) -> bool:
        """Whether that question is answered in this way."""
        return (
            step.kind is self.kind
            and self.among_others in {None, among_others}
            and (not self.appearance or self.appearance in step.appearance)
            and (self.when is None or self.when(step))
        )

    @property
    def loaded(self) -> ModuleType:
        """The module, imported now if it was not."""
        return _module(self.module)


def method(name: str) -> Callable[[Step], bool]:
    """Whether a question is of that way to take part."""
    return lambda step: step.attributes.get("parvis:method") == name


MANY = 30  # choices; more than these are searched
MANY_AMONG_OTHERS = 12


def _many(step: Step) -> bool:
    """Whether there are more choices than one looks through."""
    few = 10 if {"autocomplete", "search"} & step.appearance else MANY
    return len(step.choices) > few


def _folds(step: Step) -> bool:
    """Whether the choices would take the room that other questions need."""
    small = bool({"minimal", "autocomplete", "search"} & step.appearance)
    return small or len(step.choices) > MANY_AMONG_OTHERS


def _is_row(step: Step) -> bool:
    """Whether a question is a row of a grid that fits the screen."""
    grid = {"list-nolabel", "list"} & step.appearance
    return bool(grid) and bool(_module("matrix").fits(step))


def _is_head(step: Step) -> bool:
    """Whether a question is the words over the columns of such a grid."""
    return bool(_module("matrix").fits(step))


def _choosing(kind: Kind, widget: str) -> tuple[Way, ...]:
    return (
        Way(kind, "matrix", "MatrixHead", "label", when=_is_head, among_others=True),
        Way(kind, "matrix", "", "label", among_others=True),
        Way(kind, "matrix", "MatrixRow", when=_is_row, among_others=True),
        Way(kind, "folded", "Folded", when=_folds, among_others=True),
        Way(kind, "search", "Searched", when=_many, among_others=False),
        Way(kind, "choices", widget),
    )


def _of_a_method_and_noted(step: Step) -> bool:
    if "parvis:method" not in step.attributes:
        return False
    return bool(_module("kiosk.widgets.methods.noted").explains(step))


# The particular first, the general last.
WAYS: tuple[Way, ...] = (
    Way(Kind.SELECT_MULTIPLE, "kiosk.widgets.methods.budget", "Budget", when=method("budget")),
    Way(Kind.SELECT_ONE, "kiosk.widgets.methods.articles", "Article", when=method("article")),
    Way(Kind.SELECT_ONE, "kiosk.widgets.methods.noted", "NotedOne", when=_of_a_method_and_noted),
    Way(Kind.TEXT, "typed", "TypedAnswer"),
    Way(Kind.INTEGER, "typed", "TypedAnswer"),
    Way(Kind.DECIMAL, "typed", "TypedAnswer"),
    Way(Kind.BOOLEAN, "yes_no", "YesOrNo"),
    Way(Kind.DATE, "dates", "DateSteps"),
    Way(Kind.TIME, "times", "TimeAnswer"),
    Way(Kind.DATETIME, "times", "MomentAnswer"),
    *_choosing(Kind.SELECT_ONE, "ChosenOne"),
    *_choosing(Kind.SELECT_MULTIPLE, "ChosenSeveral"),
    Way(Kind.RANK, "ranking", "Ranked"),
    Way(Kind.RANGE, "number_line", "NumberLine"),
    Way(Kind.TRIGGER, "trigger", "Triggered"),
    Way(Kind.IMAGE, "upload", "upload"),
    Way(Kind.AUDIO, "upload", "upload"),
    Way(Kind.VIDEO, "upload", "upload"),
    Way(Kind.FILE, "upload", "upload"),
    Way(Kind.BARCODE, "barcode", "BarcodeAnswer"),
    Way(Kind.GEOPOINT, "place", "place"),
    Way(Kind.GEOTRACE, "place", "place"),
    Way(Kind.GEOSHAPE, "place", "place"),
)


def way_of(step: Step, *, among_others: bool = False) -> Way | None:
    """The way in which a question is answered; None for a note, or a kind that has none yet."""
    return next((way for way in WAYS if way.fits(step, among_others)), None)


def answer_widget(step: Step, value: str, setting: Setting) -> Answer | None:
    """The widget for a question; None where there is nothing to answer with, nor to tell."""
    if step.readonly or step.kind is Kind.NOTE:
        told = describe(step, value)
        return _module("told").Told(step, value, setting, told=told) if told else None
    way = way_of(step, among_others=setting.among_others)
    if way is None or not way.widget:
        return None
    held = value if _is_readable(step, value) else ""
    widget: Answer = getattr(way.loaded, way.widget)(step, held, setting)
    return widget


def describe(step: Step, value: str, attachments: Attachments | None = None) -> str:
    """An answer in words, as the review tells it; "" where there is none."""
    way = way_of(step) if value else None
    if way and step.kind.uploads:
        return str(way.loaded.describe_attachment(step, value, attachments))
    tell = getattr(way.loaded, "describe", None) if way and _is_readable(step, value) else None
    return str(tell(step, value)) if tell else value


def _is_readable(step: Step, value: str) -> bool:
    """Whether a widget could show it: a form may calculate anything into any field."""
    day, _, clock = value.rpartition("T") if step.kind is Kind.DATETIME else (value, "", value)
    match step.kind if value else None:
        case Kind.DATE:
            return _is_iso(value[:10])
        case Kind.TIME:
            return read_time(value) is not None
        case Kind.DATETIME:  # of which only one part may be said yet
            return "T" in value and _is_iso(day) and (not clock or read_time(clock) is not None)
        case Kind.RANGE:
            return _is_number(value)
    return True


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _is_iso(day: str) -> bool:
    return not day or (len(day) == len("2026-11-21") and read_date(day) is not None)


@cache
def _module(name: str) -> ModuleType:
    return import_module(name if "." in name else f"kiosk.widgets.{name}")
