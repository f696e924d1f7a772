"""Where the keypad stands: Tab leads through what can be touched, and shows it to who uses keys."""

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
    """What Tab leads to on this screen, in reading order: all that could be touched."""
    for widget in cover.walk(restrict=True):
        if isinstance(widget, FocusBehavior) and not widget.disabled and _is_shown(widget, cover):
            yield widget


def move_focus(cover: Widget, first: Widget | None, direction: int) -> None:
    """Go to the next thing on this screen (1) or the one before (-1), and round again.

    Args:
        cover: the topmost screen or question; nothing below it can be reached.
        first: within this it begins, when nothing has the focus yet.
        direction: forward or backward.
    """
    order = list(stops(cover))
    if not order:
        return
    at = next((place for place, stop in enumerate(order) if stop.focus), None)
    if at is None:
        inside = set() if first is None else set(first.walk(restrict=True))
        wanted = next((stop for stop in order if stop in inside), order[0])
    else:
        order[at].focus = False
        wanted = order[(at + direction) % len(order)]
    wanted.focus = True
    place = wanted.parent
    while place is not None and place is not cover:
        if hasattr(place, "bring_into_sight"):
            place.bring_into_sight(wanted)
        place = place.parent


def let_go() -> None:
    """Nothing has the focus: what leaves the screen must not feel keys any more."""
    Window.release_all_keyboards()


def _is_shown(widget: Widget, cover: Widget) -> bool:
    while widget is not None:
        if widget.opacity == 0 or not widget.width or not widget.height:
            return False
        if widget is cover:
            return True
        widget = widget.parent
    return False
