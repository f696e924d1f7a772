"""What stays in sight of a question: what there is left to give out, and undoing."""

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kiosk.kv import load_beside
from kiosk.theme.theme import theme
from kiosk.widgets import page as page  # its kv rule draws with the page's bar
from kiosk.widgets.touch import Row


class Standing(Row):
    """Words, a bar that empties, and a button that undoes the last touch; below the question.

    On a small panel all that stands in the head line (`heading`), and here is only a warning.

    Events:
        on_undo: The person wants the last touch undone.
    """

    icon = StringProperty()
    text = StringProperty()
    brief = StringProperty()  # the same in a few words; "" where there are few anyway
    warning = StringProperty()  # instead of the words, until the next touch
    left = NumericProperty(1.0)  # what the bar is filled to, from 0 to 1
    can_undo = BooleanProperty(False)
    only_warns = BooleanProperty(False)

    __events__ = ("on_undo",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heading = StandingAbove(self) if theme.compact else None
        self.only_warns = self.heading is not None

    def on_undo(self) -> None:
        """The person wants the last touch undone."""


class StandingAbove(Row):
    """The same in the head line of a small panel, in place of where one is.

    The button that undoes takes the place of the icon.
    """

    icon = StringProperty()
    text = StringProperty()
    left = NumericProperty(1.0)
    can_undo = BooleanProperty(False)

    def __init__(self, below: Standing, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._below = below
        for name in ("text", "brief"):
            below.fbind(name, self._tell)
        for name in ("icon", "left", "can_undo"):
            below.fbind(name, self.setter(name))
            setattr(self, name, getattr(below, name))
        self._tell()

    def undo(self) -> None:
        """The person wants the last touch undone."""
        self._below.dispatch("on_undo")

    def _tell(self, *_: Any) -> None:
        self.text = self._below.brief or self._below.text


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
