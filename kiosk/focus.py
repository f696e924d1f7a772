"""Where the keypad stands: keys lead through what can be touched; who uses them sees where."""

from collections.abc import Iterator
from typing import Any

from kivy.core.window import Window
from kivy.event import EventDispatcher
from kivy.properties import BooleanProperty
from kivy.uix.behaviors import FocusBehavior
from kivy.uix.widget import Widget


class KeysInUse(EventDispatcher):
    """Whether the last input was a key: only then is it shown where the focus is."""

    now = BooleanProperty(False)

    def watch(self) -> None:
        """Begin to listen to the window."""
        Window.bind(on_key_down=self._key, on_touch_down=self._touch)

    def _key(self, *_: Any) -> None:
        self.now = True

    def _touch(self, *_: Any) -> None:
        self.now = False


keys_in_use = KeysInUse()


def stops(cover: Widget) -> Iterator[Widget]:
    """What keys lead to on this screen, in reading order: all that could be touched.

    A widget with a method `own_stops` says itself what keys lead to within it. A cover with a
    `lead` (see `kiosk.widgets.lead`) has one stop more: what it says, before what can be touched.
    A cover may keep the keys within some widgets for a while (`keys_stay_in`).
    """
    kept = getattr(cover, "keys_stay_in", ())
    for widget in kept:
        yield from _within(widget, None)
    if not kept:
        yield from _within(cover, getattr(cover, "lead", None))


def _within(widget: Widget, lead: Widget | None) -> Iterator[Widget]:
    if lead is not None and widget is lead.around and not lead.disabled:
        yield lead
    if widget.opacity == 0 or not widget.width or not widget.height:
        return
    if hasattr(widget, "own_stops"):
        yield from widget.own_stops()
        return
    if isinstance(widget, FocusBehavior) and not widget.disabled and widget is not lead:
        yield widget
    for child in reversed(widget.children):
        yield from _within(child, lead)


def focused(cover: Widget) -> Widget | None:
    """What has the focus on this screen; None where nothing has."""
    return next((stop for stop in stops(cover) if stop.focus), None)


def move_focus(cover: Widget, first: Widget | None, direction: int) -> Widget | None:
    """Go to the next thing on this screen (1) or the one before (-1), and round again.

    Args:
        cover: the topmost screen or question; nothing below it can be reached.
        first: within this it begins, when nothing has the focus yet.
        direction: forward or backward.

    Returns:
        What has the focus now; None where there is nothing to lead to.
    """
    order = list(stops(cover))
    if not order:
        return None
    at = next((place for place, stop in enumerate(order) if stop.focus), None)
    if at is None:
        lead = getattr(cover, "lead", None)
        inside = set() if first is None else set(first.walk(restrict=True)) - {lead}
        wanted = next((stop for stop in order if stop in inside), order[0])
    else:
        wanted = order[(at + direction) % len(order)]
    put_focus(cover, wanted)
    return wanted


def put_focus(cover: Widget, wanted: Widget) -> None:
    """Give the focus to this stop, and bring it into sight."""
    for stop in stops(cover):
        if stop is not wanted:
            stop.focus = False
    wanted.focus = True
    place = wanted.parent
    while place is not None and place is not cover:
        if hasattr(place, "bring_into_sight"):
            place.bring_into_sight(wanted)
        place = place.parent


def let_go() -> None:
    """Nothing has the focus: what leaves the screen must not feel keys any more."""
    Window.release_all_keyboards()
