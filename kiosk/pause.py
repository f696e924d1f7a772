"""A second touch that comes too soon counts for nothing: what it meets is not what was meant.

A hand that trembles touches twice. The first touch may put up another screen, another card, or the
same thing otherwise; half a second is needed to see that. Until then, touches and presses of keys
that would act on what is new do nothing. What is still what it was before the first touch can be
touched at once: the keys of a keyboard, "more", another choice.

Whatever can be touched, and may become something else under a finger, has an attribute `alike`:
what a person would tell it by. The same widget in the same place with the same `alike` is the same
thing.
"""

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

from kivy.clock import Clock
from kivy.uix.stencilview import StencilView
from kivy.uix.widget import Widget

from kiosk.theme.theme import theme

SECONDS = 0.5  # EN 301 549, 5.8
STIRRED = 2  # millimetres: what moved no further is in the same place


class Pause:
    """Knows since when what is on the screen can have been seen.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.clock = clock
        self._is_used = False  # somebody has touched: before that, no touch is a second one
        self._seen_since = float("-inf")
        self._touched_at = float("-inf")
        self._before: dict[int, tuple[float, float, object]] = {}
        self._seen_soon = Clock.create_trigger(self._seen, 0)

    # --- what happens -------------------------------------------------------------------------

    def changed(self) -> None:
        """Another screen or page is there: seen from the next frame on, once it was drawn."""
        self._touched_at = float("-inf")
        self._before.clear()
        self._seen()
        self._seen_soon()  # before what was touched meanwhile is looked at

    def touched(self, cover: Widget) -> None:
        """A touch, or a key, counts: what it may change on this screen is as follows."""
        self._is_used = True
        self._touched_at = self.clock()
        self._before = {id(thing): _place_of(thing) for thing in _things(cover)}

    def lifted(self) -> None:
        """The finger of a touch that counts is lifted: only now does what it chose change."""
        self._touched_at = self.clock()

    # --- what it means ------------------------------------------------------------------------

    @property
    def is_new(self) -> bool:
        """Whether the screen has only just become another."""
        return self._is_used and self.clock() - self._seen_since < SECONDS

    @property
    def goes_on(self) -> bool:
        """Whether the last touch that counted was less than half a second ago."""
        return self.clock() - self._touched_at < SECONDS

    def swallows_touch(self, cover: Widget, x: float, y: float) -> bool:
        """Whether a touch at this point of the window comes too soon to have been meant."""
        if self.is_new:
            return True
        return self.goes_on and any(map(self._is_other, _things(cover, (x, y))))

    def swallows_press(self, thing: Any) -> bool:
        """Whether choosing this with a key comes too soon; wherever it was scrolled to."""
        if self.is_new:
            return True
        before = self._before.get(id(thing))
        if not self.goes_on or not hasattr(thing, "alike"):
            return False
        return before is None or before[2] != thing.alike

    # --- within -------------------------------------------------------------------------------

    def _seen(self, *_: Any) -> None:
        self._seen_since = self.clock()

    def _is_other(self, thing: Any) -> bool:
        before = self._before.get(id(thing))
        if before is None or before[2] != thing.alike:
            return True
        x, y, _ = _place_of(thing)
        return max(abs(x - before[0]), abs(y - before[1])) > theme.mm(STIRRED)


def _place_of(thing: Any) -> tuple[float, float, object]:
    """Where it is in the window, by its middle, and what one tells it by."""
    return (*thing.to_window(*thing.center), thing.alike)


def _things(widget: Any, at: tuple[float, float] | None = None) -> Iterator[Any]:
    """What can be touched on a screen; at this point of the window, where one is named."""
    if widget.opacity == 0 or widget.disabled:
        return
    here = at is None or widget.collide_point(*widget.parent.to_widget(*at))
    if not here and isinstance(widget, StencilView):
        return  # what stands in it is out of sight there
    if hasattr(widget, "alike"):
        if here:
            yield widget
        return
    for child in widget.children:
        yield from _things(child, at)


pause = Pause()
