"""Where the keypad stands is shown only to those who use one."""

from typing import Any

from kivy.core.window import Window
from kivy.event import EventDispatcher
from kivy.properties import BooleanProperty


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
