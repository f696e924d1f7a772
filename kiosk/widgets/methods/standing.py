"""What stays in sight below a question: what there is left to give out, and undoing."""

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kiosk.kv import load_beside
from kiosk.widgets import page as page  # its kv rule draws with the page's bar
from kiosk.widgets.touch import Row


class Standing(Row):
    """Words, a bar that empties, and a button that undoes the last touch.

    Events:
        on_undo: The person wants the last touch undone.
    """

    icon = StringProperty()
    text = StringProperty()
    warning = StringProperty()  # instead of the words, until the next touch
    left = NumericProperty(1.0)  # what the bar is filled to, from 0 to 1
    can_undo = BooleanProperty(False)

    __events__ = ("on_undo",)

    def on_undo(self) -> None:
        """The person wants the last touch undone."""


class History:
    """The answers before each touch, the last one last; nothing of it outlives the screen."""

    def __init__(self) -> None:
        self._before: list[Any] = []

    def __bool__(self) -> bool:
        return bool(self._before)

    def keep(self, value: Any) -> None:
        """Remember what is about to change."""
        self._before.append(value)

    def take(self) -> Any:
        """What it was before the last touch."""
        return self._before.pop()

    def forget(self) -> None:
        """Nothing can be undone any more."""
        self._before.clear()


load_beside(__file__)
