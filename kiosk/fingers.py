"""Fingers that are down while the screen changes: what they touched is not what they see now.

Another person's hand, a palm, or one's other hand may rest on the screen while somebody goes on.
Lifted later, such a finger would answer a question that nobody looks at any more, or another one.
"""

from typing import Any

from kivy.base import EventLoop
from kivy.uix.widget import Widget


class Held(Widget):
    """Base of what holds a finger until it is lifted (`touch.grab`)."""

    def lose(self, touch: Any, *, ends: bool) -> None:
        """The finger counts no more here, as if it had never come down.

        Args:
            touch: the finger.
            ends: what it had begun may stand: the answer that it belongs to is still there.
        """


def lift_all(*, ends: bool = False) -> None:
    """Whatever is held lets go of its finger; lifted, none of those that are down now counts.

    Args:
        ends: what they had begun may stand: the answers that it belongs to are still there.
    """
    for touch in EventLoop.touches:
        for holder in tuple(touch.grab_list):
            widget = holder()
            touch.ungrab(widget)
            if isinstance(widget, Held):
                widget.lose(touch, ends=ends)
        touch.ud.clear()
