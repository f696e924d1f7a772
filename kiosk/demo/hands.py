"""A person's hands and eyes at the kiosk: touches what can be seen, by its words.

Touches go through Kivy's whole input pipeline, as those of a touchscreen do. A story is a
generator: each `yield` lets the kiosk draw a frame.
"""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.input.motionevent import MotionEvent
from kivy.uix.widget import Widget

from kiosk.demo.waiting import LIMIT
from kiosk.pause import pause
from kiosk.theme.text import french_spaces
from kiosk.widgets.keyboard import Keyboard
from kiosk.widgets.layouts import Action
from kiosk.widgets.touch import Tap

Story = Iterator[None]


class NotThere(Exception):
    """What the story wants to touch is not on the screen."""


class Fingertip(MotionEvent):
    """One finger at a point of the window."""

    def __init__(self, x: float, y: float) -> None:
        place = (x / Window.width, y / Window.height)
        super().__init__("hands", id(self), place, is_touch=True, type_id="touch")
        self.profile = ["pos"]

    def depack(self, args: Any) -> None:
        """Take the position in."""
        self.sx, self.sy = args
        super().depack(args)


class Hands:
    """Touches, types and takes pictures.

    Args:
        kiosk: the root widget.
        pictures: folder for what a person would have seen.
        first: the number of the first picture.
        settling: seconds that they let a thing come to its place before they touch it.
        patience: seconds that they look for a thing.
    """

    def __init__(
        self,
        kiosk: Any,
        pictures: Path,
        first: int = 1,
        *,
        settling: float = 0.1,
        patience: float = LIMIT,
    ) -> None:
        self.kiosk = kiosk
        self._settling = settling
        self._patience = patience
        self._pictures = pictures
        self._next = first

    def touch(self, words: str) -> Story:
        """Touch the thing that says this, as soon as it is there."""
        yield from self._look_for(words)
        yield from self.pause(self._settling)
        thing = yield from self._look_for(words)
        yield from self.tap(*thing.to_window(*thing.center))

    def begin(self) -> Story:
        """Touch the welcome, in whatever language it is at that moment."""
        yield from self.until(lambda: "start" in self.kiosk.page.ids)
        yield from self.pause(self._settling)
        start = self.kiosk.page.ids.start
        yield from self.tap(*start.to_window(*start.center))

    def tap(self, x: float, y: float) -> Story:
        """Put a finger down at a point of the window, as soon as it counts, and lift it."""
        yield from self.until(lambda: not pause.swallows_touch(self.kiosk.cover, x, y))
        finger = Fingertip(x, y)
        EventLoop.post_dispatch_input("begin", finger)
        yield
        EventLoop.post_dispatch_input("end", finger)
        yield
        yield

    def type(self, text: str) -> Story:
        """Write on the kiosk's keyboard, key by key."""
        field = self.kiosk.page.answer.field
        yield from self.tap(*field.to_window(*field.center))
        yield from self.pause(2 * self._settling)
        for character in text:
            keyboard = self._keyboard()
            if character.isupper():
                yield from self._press(keyboard, Action.SHIFT)
            yield from self._press(keyboard, character)

    def see(self, name: str) -> Story:
        """Let the screen settle, and keep a picture of it."""
        yield from self.pause(3 * self._settling)
        path = self._pictures / f"{self._next:02d}-{name}.png"
        self.kiosk.export_to_png(str(path))
        self._next += 1

    def pause(self, seconds: float) -> Story:
        """Do nothing for a while; at least three frames."""
        end = monotonic() + seconds
        for _ in range(3):
            yield
        while monotonic() < end:
            yield

    def until(self, what: Any) -> Story:
        """Wait until `what()` is true.

        Raises:
            NotThere: it was not, for as long as their patience lasts.
        """
        end = monotonic() + self._patience
        while not what():
            if monotonic() > end:
                raise NotThere("What was waited for did not come.")
            yield

    def _look_for(self, words: str) -> Any:
        end = monotonic() + self._patience
        while monotonic() < end:
            for thing in self.things():
                if french_spaces(thing.said) == french_spaces(words):
                    return thing
            yield
        there = ", ".join(f"“{thing.said}”" for thing in self.things() if thing.said)
        raise NotThere(f"Nothing on the screen says “{words}”; there are: {there}.")

    def things(self) -> Iterator[Tap]:
        """Everything that can be touched now, the topmost first."""
        cover = self.kiosk.children[0]
        for widget in cover.walk():
            if isinstance(widget, Tap) and not widget.disabled and _is_shown(widget):
                yield widget

    def _keyboard(self) -> Keyboard:
        return next(widget for widget in self.kiosk.walk() if isinstance(widget, Keyboard))

    def _press(self, keyboard: Keyboard, what: str | Action) -> Story:
        cap = keyboard.cap(what)
        yield from self.tap(*cap.to_window(*cap.center))


def play(story: Story, ended: Any) -> None:
    """Let a story run beside the kiosk, a step each frame.

    Args:
        story: the generator.
        ended: called when it is over, with the exception that ended it or None.
    """

    def step(_: float) -> bool:
        try:
            next(story)
        except StopIteration:
            ended(None)
            return False
        except NotThere as error:
            ended(error)
            return False
        return True

    Clock.schedule_interval(step, 0)


def _is_shown(widget: Widget) -> bool:
    while widget is not None and widget is not Window:
        if widget.opacity == 0 or (widget.parent is None):
            return False
        widget = widget.parent
    return True
