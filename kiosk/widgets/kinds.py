"""Which widget answers which kind of question, and how each tells its answer in the review.

A kind brings a module with an `Answer` class, and where an answer is not simply read as it is held,
a function `describe(step, value)` for the review. Modules are imported when a question first needs
them. One line in `WAYS` makes a kind known; the first line that fits a question is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType

from forms.engine import Kind, Step
from kiosk.widgets.answer import Answer, Setting


@dataclass(frozen=True)
class Way:
    """How questions of one kind are answered.

    Attributes:
        kind: the kind.
        module: in `kiosk.widgets`, or its full name.
        widget: its class there, made as `widget(step, value, setting)`.
        appearance: only for questions with this appearance; "" for all.
        when: only for questions that this is true of.
    """

    kind: Kind
    module: str
    widget: str
    appearance: str = ""
    when: Callable[[Step], bool] | None = None

    def fits(self, step: Step) -> bool:
        """Whether that question is answered in this way."""
        return (
            step.kind is self.kind
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


# The particular first, the general last.
WAYS: tuple[Way, ...] = (
    Way(Kind.SELECT_MULTIPLE, "kiosk.widgets.methods.budget", "Budget", when=method("budget")),
    Way(Kind.TEXT, "typed", "TypedAnswer"),
    Way(Kind.INTEGER, "typed", "TypedAnswer"),
    Way(Kind.DECIMAL, "typed", "TypedAnswer"),
    Way(Kind.DATE, "dates", "DateSteps"),
    Way(Kind.SELECT_ONE, "choices", "ChosenOne"),
    Way(Kind.SELECT_MULTIPLE, "choices", "ChosenSeveral"),
    Way(Kind.RANK, "ranking", "Ranked"),
    Way(Kind.RANGE, "number_line", "NumberLine"),
    Way(Kind.TRIGGER, "trigger", "Triggered"),
)


def way_of(step: Step) -> Way | None:
    """The way in which a question is answered; None for a note, or a kind that has none yet."""
    return next((way for way in WAYS if way.fits(step)), None)


def answer_widget(step: Step, value: str, setting: Setting) -> Answer | None:
    """The widget for a question; None where there is nothing to answer with."""
    way = way_of(step)
    if way is None:
        return None
    widget: Answer = getattr(way.loaded, way.widget)(step, value, setting)
    return widget


def describe(step: Step, value: str) -> str:
    """An answer in words, as the review tells it; "" where there is none."""
    way = way_of(step) if value else None
    tell = getattr(way.loaded, "describe", None) if way else None
    return str(tell(step, value)) if tell else value


@cache
def _module(name: str) -> ModuleType:
    return import_module(name if "." in name else f"kiosk.widgets.{name}")
