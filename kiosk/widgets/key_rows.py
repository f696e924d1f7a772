"""A row of the on-screen keyboard as one stop: who uses keys or switches goes row by row.

"Next" leads from row to row, "choose" into a row, then from key to key and out of it again. Arrows
lead to the key beside, above or below.
"""

from typing import Any

from kivy.graphics import Color, SmoothLine
from kivy.uix.behaviors import FocusBehavior
from kivy.uix.widget import Widget

from kiosk.focus import keys_in_use
from kiosk.language import tr
from kiosk.theme.theme import theme


class KeyRow(FocusBehavior, Widget):
    """Feels no finger; its ring is drawn round all keys of the row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(size_hint=(None, None), size=(0, 0), **kwargs)
        self.caps: list[Any] = []
        self.above: KeyRow | None = None
        self.below: KeyRow | None = None
        with self.canvas.after:
            self._colour = Color(0, 0, 0, 0)
            self._ring = SmoothLine(width=1)
        self.fbind("focus", self._paint)
        keys_in_use.bind(now=self._paint)
        theme.bind(focus=self._paint)

    @property
    def said(self) -> str:
        """What is on it, to be heard."""
        return tr._("Rangée : {letters}").format(letters=" ".join(cap.said for cap in self.caps))

    def span(self, caps: list[Any]) -> None:
        """Stand for these keys."""
        self.caps = caps
        if not caps:
            return
        x, y = min(cap.x for cap in caps), min(cap.y for cap in caps)
        right, top = max(cap.right for cap in caps), max(cap.top for cap in caps)
        out = theme.mm(0.4)
        self._ring.rounded_rectangle = (
            *(x - out, y - out, right - x + 2 * out, top - y + 2 * out),
            theme.radius,
        )
        self._ring.width = theme.mm(0.45)
        self._paint()

    def beside(self, direction: str) -> Widget | None:
        """The row above or below, or the first or last key; None where the keyboard ends."""
        if direction in ("up", "down"):
            return self.above if direction == "up" else self.below
        return self.caps[0 if direction == "right" else -1]

    def _paint(self, *_: Any) -> None:
        shown = self.focus and keys_in_use.now and bool(self.caps)
        self._colour.rgba = (*theme.focus[:3], 1 if shown else 0)

    def on_touch_down(self, touch: Any) -> bool:
        """Fingers are the keyboard's business."""
        return False

    def keyboard_on_key_down(
        self, window: Any, keycode: tuple[int, str], text: str, modifiers: list[str]
    ) -> bool:
        """Enter leads to its first key."""
        if keycode[1] in ("enter", "spacebar", "numpadenter") and self.caps:
            self.caps[0].focus = True
            return True
        return bool(super().keyboard_on_key_down(window, keycode, text, modifiers))


def chained(rows: list[KeyRow]) -> None:
    """Let each know the one above and below."""
    for place, row in enumerate(rows):
        row.above = rows[place - 1] if place else None
        row.below = rows[place + 1] if place + 1 < len(rows) else None
