"""The stop before all others on a screen: what it says. Choosing it does nothing but say it again.

Keys land here when a screen opens: whoever presses "choose" once too often has chosen nothing.
"""

from typing import Any

from kivy.lang import Builder
from kivy.properties import ObjectProperty
from kivy.uix.behaviors import FocusBehavior
from kivy.uix.widget import Widget

from kiosk.theme.theme import theme

Builder.load_string("""
#:import theme kiosk.theme.theme.theme
#:import keys kiosk.focus.keys_in_use

<Lead>:
    canvas.after:
        Color:
            rgba: theme.focus[:3] + [1 if self.focus and keys.now else 0]
        SmoothLine:
            rounded_rectangle:
                self.ring(*self.around.pos, *self.around.size, theme.px_per_mm) \
                if self.around else (0, 0, 1, 1, 1)
            width: theme.mm(.45)
""")


class Lead(FocusBehavior, Widget):
    """Takes no room and feels no finger; its ring is drawn round what it stands for."""

    cover = ObjectProperty(None, allownone=True)
    """The screen, or the question over it, that it belongs to."""
    around = ObjectProperty(None, allownone=True, rebind=True)

    def ring(self, x: float, y: float, width: float, height: float, _: float) -> tuple[float, ...]:
        """A box a little larger than what it stands for, with round corners."""
        out = theme.mm(1.4)
        return (x - out, y - out, width + 2 * out, height + 2 * out, theme.radius)

    def on_touch_down(self, touch: Any) -> bool:
        """Fingers are not its business."""
        return False

    def keyboard_on_key_down(
        self, window: Any, keycode: tuple[int, str], text: str, modifiers: list[str]
    ) -> bool:
        """Nothing to press."""
        return True
