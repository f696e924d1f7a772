"""What can be touched: rows that mirror, cards, buttons, tools."""

from collections.abc import Iterator
from typing import Any

from kivy.core.window import Window
from kivy.event import EventDispatcher
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    NumericProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior, FocusBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label

from kiosk.kv import load_beside
from kiosk.theme.theme import theme


class Row(BoxLayout):
    """A box layout that reads from the right where the language does."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        theme.fbind("rtl", self._trigger_layout)

    def _iterate_layout(self, sizes: Any) -> Iterator[tuple[Any, ...]]:
        for index, x, y, width, height in super()._iterate_layout(sizes):
            if theme.rtl and self.orientation == "horizontal":
                x = self.x + self.right - x - width
            yield index, x, y, width, height


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


class Tap(FocusBehavior, ButtonBehavior, Row):
    """Base of everything that can be touched.

    Counts on release inside its border; Enter or the space bar do the same when it has the focus.
    """

    said = StringProperty()  # what it says aloud, and to screen readers
    fill = ColorProperty(theme.card)
    border = ColorProperty(theme.line)
    border_width = NumericProperty(2)
    lifted = BooleanProperty(False)  # has a shadow
    corner = NumericProperty(14)

    def keyboard_on_key_down(
        self, window: Any, keycode: tuple[int, str], text: str, modifiers: list[str]
    ) -> bool:
        """Enter, the space bar and a switch's "choose" act like a touch."""
        if keycode[1] in ("enter", "spacebar", "numpadenter"):
            self.dispatch("on_press")
            self.dispatch("on_release")
            return True
        return bool(super().keyboard_on_key_down(window, keycode, text, modifiers))


class Sign(Label):
    """One icon, drawn as a letter of the icon font."""

    name = StringProperty()
    filled = BooleanProperty(False)


class Button(Tap):
    """A large button with words, and an icon before or after them."""

    icon = StringProperty()
    icon_after = BooleanProperty(False)
    text = StringProperty()
    primary = BooleanProperty(False)
    warns = BooleanProperty(False)


class Tool(Tap):
    """One of the small buttons that are always there: an icon over a word."""

    icon = StringProperty()
    text = StringProperty()
    wordless = BooleanProperty(False)


load_beside(__file__)
