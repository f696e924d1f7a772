"""The bridge to screen readers: AT-SPI, through accesskit.

Nothing is read from the screen, and nothing runs, until an assistive technology asks for it.
"""

import logging
import os
import re
from typing import Any

import accesskit
from kivy.clock import Clock
from kivy.core.window import Window

from kiosk.access.tree import Kind, Reading, Thing
from kiosk.focus import focused, keys_in_use, put_focus
from kiosk.theme.bidi import runs_right_to_left
from kiosk.widgets.field import AnswerField

log = logging.getLogger(__name__)

WINDOW = 1  # the number of the window itself
LINES = 1 << 32  # from here on, the numbers of the lines in fields
MOST_LINES = 1000  # of one field
_WORD = re.compile(r"\S{1,200}\s{0,50}|\s{1,50}")
SECONDS_BETWEEN_LOOKS = 0.1

_ROLES = {
    Kind.TEXT: accesskit.Role.LABEL,
    Kind.TROUBLE: accesskit.Role.ALERT,
    Kind.BUTTON: accesskit.Role.BUTTON,
    Kind.ONE_OF: accesskit.Role.RADIO_BUTTON,
    Kind.SEVERAL_OF: accesskit.Role.CHECK_BOX,
    Kind.FIELD: accesskit.Role.TEXT_INPUT,
    Kind.PROGRESS: accesskit.Role.PROGRESS_INDICATOR,
}
_TOUCHED = (Kind.BUTTON, Kind.ONE_OF, Kind.SEVERAL_OF, Kind.FIELD)


class ScreenReaders:
    """Tells assistive technologies what is on the screen, and does what they ask.

    Args:
        stage: the window's root.
    """

    def __init__(self, stage: Any) -> None:
        self._stage = stage
        self._reading = Reading(Window)
        self._told: tuple[object, ...] = ()
        self._looking: Any = None
        # Called on a thread of accesskit's own.
        self._adapter = accesskit.unix.Adapter(
            lambda: Clock.schedule_once(self._begin, 0) and None,
            lambda request: Clock.schedule_once(lambda _: self._do(request), 0),
            lambda: Clock.schedule_once(self._end, 0),
        )

    @property
    def active(self) -> bool:
        """Whether somebody listens."""
        return self._looking is not None

    def close(self) -> None:
        """Look no more."""
        self._end()

    def _begin(self, *_: Any) -> None:
        self._told = ()
        self._adapter.update_window_focus_state(True)
        if self._looking is None:
            self._looking = Clock.schedule_interval(self._look, SECONDS_BETWEEN_LOOKS)
        self._look()

    def _end(self, *_: Any) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def _look(self, *_: Any) -> None:
        """Tell what changed, if anything did."""
        stage = self._stage
        if stage.cover is None:
            return
        things = () if stage.curtained else self._reading.things(stage.cover)
        at = focused(stage.cover)
        at_number = WINDOW if at is None else self._reading.number_of(at)
        if at_number not in {thing.number for thing in things}:
            at_number = WINDOW
        told = (things, at_number, stage.cover.say())
        if told != self._told:
            self._told = told
            self._adapter.update_if_active(lambda: _update(things, at_number, Window.size))

    def _do(self, request: Any) -> None:
        """What an assistive technology asks for; on Kivy's own thread."""
        widget: Any = self._reading.widget(request.target)
        known = {thing.number for thing in self._reading.things(self._stage.cover)}
        if widget is None or request.target not in known:
            return
        keys_in_use.now = True
        self._stage.idle.touched()
        put_focus(self._stage.cover, widget)
        if request.action == accesskit.Action.CLICK:
            self._stage.keypad.choose()
        elif request.action == accesskit.Action.SET_VALUE and isinstance(widget, AnswerField):
            kind, value = request.data
            if kind == accesskit.ActionDataKind.VALUE:
                widget.text, widget.caret = "", 0
                widget.insert(value)
        self._look()


def _update(things: tuple[Thing, ...], at: int, size: tuple[float, float]) -> Any:
    """Everything, as accesskit wants it."""
    update = accesskit.TreeUpdate(at)
    update.tree = accesskit.Tree(WINDOW)
    root = accesskit.Node(accesskit.Role.WINDOW)
    root.set_label("Parvis")
    root.set_bounds(accesskit.Rect(0, 0, *size))
    root.set_children([thing.number for thing in things])
    update.nodes.append((WINDOW, root))
    for thing in things:
        node = _node(thing)
        update.nodes.append((thing.number, node))
        if thing.kind is Kind.FIELD:
            update.nodes += _written(thing, node)
    return update


def _written(thing: Thing, field: Any) -> list[tuple[int, Any]]:
    """What stands in a field, line by line: only so can it be read letter by letter."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", thing.value) or [""]
    if lines[-1].endswith("\n"):
        lines.append("")
    numbers = [LINES + thing.number * MOST_LINES + at for at in range(len(lines))][:MOST_LINES]
    runs, before, caret = [], 0, None
    for number, line in zip(numbers, lines, strict=False):
        run = accesskit.Node(accesskit.Role.TEXT_RUN)
        run.set_value(line)
        run.set_bounds(accesskit.Rect(*thing.box))
        run.set_character_lengths([len(letter.encode()) for letter in line])
        run.set_word_lengths([len(word) for word in _WORD.findall(line)])
        direction = accesskit.TextDirection
        backward = runs_right_to_left(line, rtl=False)
        run.set_text_direction(direction.RIGHT_TO_LEFT if backward else direction.LEFT_TO_RIGHT)
        runs.append((number, run))
        if caret is None and thing.caret <= before + len(line.rstrip("\n")):
            caret = accesskit.TextPosition(number, thing.caret - before)
        before += len(line)
    field.set_children(numbers)
    if caret is not None:
        field.set_text_selection(accesskit.TextSelection(caret, caret))
    return runs


def _node(thing: Thing) -> Any:
    role = _ROLES[thing.kind]
    if thing.multiline:
        role = accesskit.Role.MULTILINE_TEXT_INPUT
    node = accesskit.Node(role)
    node.set_bounds(accesskit.Rect(*thing.box))
    if thing.kind is Kind.TEXT:
        node.set_value(thing.name)
    elif thing.name:
        node.set_label(thing.name)
    if thing.kind is Kind.TROUBLE:
        node.set_live(accesskit.Live.ASSERTIVE)
    if thing.kind is Kind.FIELD:
        node.set_value(thing.value)
        node.add_action(accesskit.Action.SET_VALUE)
    if thing.kind is Kind.PROGRESS:
        node.set_min_numeric_value(0)
        node.set_max_numeric_value(1)
        node.set_numeric_value(float(thing.value))
    if thing.taken is not None:
        on, off = accesskit.Toggled.TRUE, accesskit.Toggled.FALSE
        node.set_toggled(on if thing.taken else off)
    if thing.state:
        node.set_description(thing.state)
    if thing.kind in _TOUCHED:
        node.add_action(accesskit.Action.CLICK)
        node.add_action(accesskit.Action.FOCUS)
    return node


def open_bridge(stage: Any) -> ScreenReaders | None:
    """The bridge, where there is a session bus that an assistive technology could come by."""
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return None
    return ScreenReaders(stage)
