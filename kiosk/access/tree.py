"""What is on the screen as a list of named things, in reading order: what a screen reader reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any
from weakref import WeakKeyDictionary

from kivy.uix.behaviors import FocusBehavior
from kivy.uix.widget import Widget

from forms.engine import Kind as Asked
from kiosk.access.names import name_of, state_of
from kiosk.access.spoken import step_of
from kiosk.language import tr
from kiosk.widgets.asking import Trouble
from kiosk.widgets.field import AnswerField
from kiosk.widgets.keyboard import KeyCap
from kiosk.widgets.lead import Lead
from kiosk.widgets.page import Bar
from kiosk.widgets.words import Words


class Kind(Enum):
    """What a thing is."""

    TEXT = "text"
    TROUBLE = "trouble"  # to be said as soon as it appears
    BUTTON = "button"
    ONE_OF = "one of"  # a choice of which one counts
    SEVERAL_OF = "several of"
    FIELD = "field"
    PROGRESS = "progress"


@dataclass(frozen=True)
class Thing:
    """One thing on the screen.

    Attributes:
        number: the same for as long as it is there.
        name: what it is called, or the text itself.
        state: how it stands, in words.
        taken: whether it is chosen; None where it cannot be.
        value: what is written in it, or how far along.
        caret: before which character of it the next one goes.
        box: left, top, right, bottom, in pixels from the window's upper left corner.
    """

    number: int
    kind: Kind
    name: str
    state: str = ""
    taken: bool | None = None
    value: str = ""
    caret: int = 0
    multiline: bool = False
    box: tuple[float, float, float, float] = (0, 0, 0, 0)


class Reading:
    """Reads the screen; keeps the numbers by which things are known."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self._numbers: WeakKeyDictionary[Widget, int] = WeakKeyDictionary()
        self._last = 1  # the window's own
        self._cover: Widget | None = None

    def things(self, cover: Widget) -> tuple[Thing, ...]:
        """Everything on this screen, or on the question over it."""
        self._cover = cover
        return tuple(self._within(cover))

    def number_of(self, widget: Widget) -> int:
        """The number of a thing, new or known."""
        if widget not in self._numbers:
            self._last += 1
            self._numbers[widget] = self._last
        return self._numbers[widget]

    def widget(self, number: int) -> Widget | None:
        """The thing of that number, if it is still there."""
        return next((one for one, known in self._numbers.items() if known == number), None)

    def _within(self, widget: Any) -> Iterator[Thing]:
        if widget.opacity == 0 or not widget.width or not widget.height:
            return
        if isinstance(widget, Trouble):
            if widget.text:
                yield self._thing(widget, Kind.TROUBLE, widget.text)
            return
        if isinstance(widget, Words):
            if widget.text.strip():
                yield self._thing(widget, Kind.TEXT, " ".join(widget.text.split()))
            return
        if isinstance(widget, Bar):
            told = tr._("{n} sur {total}").format(n=round(widget.value * 100), total=100)
            name = getattr(self._cover, "place", "") or told
            yield self._thing(widget, Kind.PROGRESS, name, value=f"{widget.value:.2f}")
            return
        if isinstance(widget, FocusBehavior) and not isinstance(widget, Lead):
            if not widget.disabled:
                yield from self._touchable(widget)
            return
        for child in reversed(widget.children):
            yield from self._within(child)

    def _touchable(self, widget: Any) -> Iterator[Thing]:
        name, taken = name_of(widget), getattr(widget, "taken", None)
        if isinstance(widget, AnswerField):
            yield self._thing(
                widget,
                Kind.FIELD,
                name,
                state=state_of(widget),
                value=widget.text,
                caret=min(int(widget.caret), len(widget.text)),
                multiline=bool(widget.multiline),
            )
        elif isinstance(widget, KeyCap):
            yield self._thing(widget, Kind.BUTTON, name)
        elif not name:
            return  # a row of keys, which only keypads stop at
        elif taken is None or getattr(widget, "mark_off", "circle") == "":
            yield self._thing(widget, Kind.BUTTON, name, state=state_of(widget))
        else:
            marked = getattr(widget, "mark_off", "") == "square"
            several = marked or getattr(widget, "several", False) or _is_ranked(widget)
            kind = Kind.SEVERAL_OF if several else Kind.ONE_OF
            state = state_of(widget) if getattr(widget, "badge", "") else ""
            yield self._thing(widget, kind, name, taken=bool(taken), state=state)

    def _thing(self, widget: Any, kind: Kind, name: str, **more: Any) -> Thing:
        x, y = widget.to_window(widget.x, widget.y)
        top = self._window.height - y - widget.height
        box = (x, top, x + widget.width, top + widget.height)
        return Thing(self.number_of(widget), kind, name, box=box, **more)


def _is_ranked(widget: Widget) -> bool:
    """Whether it is one of several that are put in order: choosing one lets go of no other."""
    step = step_of(widget)
    return step is not None and step.kind is Asked.RANK
