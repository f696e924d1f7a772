"""Plays a person at the screen: real Kivy, real pixels, off screen, one frame at a time.

Import this before anything of Kivy: it sets the environment that Kivy reads when it is imported.
Nothing here waits for real time, except `pass_time`. People here are unhurried: between two of
their touches or keys as much time is over as `kiosk.pause` asks for, on a clock moved by hand;
`trembling` are those who touch again at once.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import hypot
from pathlib import Path
from time import monotonic
from typing import Any

os.environ.update(
    SDL_VIDEODRIVER="offscreen",
    KIVY_NO_ARGS="1",
    KIVY_NO_CONFIG="1",
    KIVY_NO_FILELOG="1",
    KIVY_NO_CONSOLELOG="1",
    KIVY_LOG_MODE="PYTHON",
    KIVY_METRICS_DENSITY="1",
    KIVY_DPI="96",
)
# What Kivy warns of while it is imported (a library for pens that nobody has) is told to nobody.
logging.getLogger().addHandler(logging.NullHandler())

from kivy.config import Config

for option in Config.options("input"):
    Config.remove_option("input", option)
for option, value in {"multisamples": "0", "maxfps": "0", "vsync": "0", "resizable": "1"}.items():
    Config.set("graphics", option, value)
Config.set("kivy", "exit_on_escape", "0")

from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.core.window import Keyboard, Window
from kivy.tests.common import UnitTestTouch
from kivy.uix.widget import Widget
from PIL import Image

from kiosk.pause import pause

EventLoop.ensure_window()
Clock._max_fps = 0  # no test waits for a frame's time to be over
# Everything is laid out, and nothing drawn on the window that nobody sees: `picture` draws.
Window.on_draw = Window.on_flip = lambda *_: None
EventLoop.status = "started"


class _Moments:
    """The clock of people's touches: so much is over between two of them."""

    def __init__(self) -> None:
        self.now, self.between = 1000.0, 1.0

    def __call__(self) -> float:
        return self.now

    def go_by(self) -> None:
        self.now += self.between


moments = _Moments()
pause.clock = moments


@contextmanager
def trembling(seconds: float = 0.15) -> Iterator[None]:
    """Each touch or key within comes so soon after the one before."""
    usual, moments.between = moments.between, seconds
    try:
        yield
    finally:
        moments.between = usual


@dataclass(frozen=True)
class Screen:
    """A panel that Parvis is built for: its pixels, and how many of them make an inch."""

    width: int
    height: int
    dpi: float

    @property
    def px_per_mm(self) -> float:
        return self.dpi / 25.4

    @property
    def diagonal(self) -> float:
        """In inches."""
        return hypot(self.width, self.height) / self.dpi


SMALL = Screen(800, 480, 133)  # a 7-inch panel
MIDDLE = Screen(1280, 800, 150)  # a 10-inch tablet
LARGE = Screen(1920, 1080, 100)  # a 22-inch kiosk
SMALL_WIDE = Screen(1024, 600, 170)  # a sharper 7-inch panel
UPRIGHT = Screen(1080, 1920, 102.5)  # a 21.5-inch totem
SCREENS = (SMALL, MIDDLE, LARGE)
EVERY_SCREEN = (SMALL, SMALL_WIDE, MIDDLE, LARGE, UPRIGHT)


def frames(count: int = 1) -> None:
    """Let Kivy do what it does in so many frames: clock, input, layout, drawing."""
    for _ in range(count):
        EventLoop.idle()


def pass_time(seconds: float) -> None:
    """Draw frames until so much real time is over (for what hangs on Kivy's clock)."""
    end = monotonic() + seconds
    while monotonic() < end:
        frames()


def perform(story: Iterator[None]) -> None:
    """Play a story of `kiosk.demo.hands` to its end, a frame at each of its steps."""
    for _ in story:
        moments.go_by()
        frames()


def resize(screen: Screen) -> None:
    """Give the window the size of that panel."""
    if tuple(Window.system_size) != (screen.width, screen.height):
        Window.size = (screen.width, screen.height)
        frames(2)


def show(widget: Widget) -> Widget:
    """Put a widget alone on the window, filling it, and draw it."""
    clear()
    Window.add_widget(widget)
    if widget.size_hint == [1, 1]:
        widget.pos, widget.size = (0, 0), Window.size
    frames(3)
    return widget


def clear() -> None:
    """Take everything off the window and let go of keyboards and touches."""
    for child in list(Window.children):
        Window.remove_widget(child)
    Window.release_all_keyboards()
    frames(2)


def touch_at(x: float, y: float) -> Any:
    """A finger at a point of the window; it still has to come down (`touch_down()`)."""
    moments.go_by()
    return UnitTestTouch(x, y)


def finger(widget: Widget, across: float = 0.5, up: float = 0.5) -> Any:
    """A finger over a widget, at a fraction of its width and height; not yet down."""
    x, y = widget.x + widget.width * across, widget.y + widget.height * up
    return touch_at(*widget.to_window(x, y))


def tap(widget: Widget, across: float = 0.5, up: float = 0.5) -> None:
    """Touch a widget and let go, as a person does."""
    touch = finger(widget, across, up)
    touch.touch_down()
    frames()
    touch.touch_up()
    frames(2)


def key(name: str, text: str | None = None, *modifiers: str) -> None:
    """Press and release a key of a real keyboard, by Kivy's name for it ("tab", "enter", "a").

    With `text`, that is typed too, as SDL does for keys that write something.
    """
    moments.go_by()
    code = Keyboard.keycodes[name]
    Window.dispatch("on_key_down", code, 0, text, list(modifiers))
    if text:
        Window.dispatch("on_textinput", text)
    Window.dispatch("on_key_up", code, 0)
    frames(2)


def hold(name: str) -> None:
    """Press a key, and do not let go of it; again and again as a held key does."""
    moments.go_by()
    Window.dispatch("on_key_down", Keyboard.keycodes[name], 0, None, [])
    frames()


def let_go(name: str) -> None:
    """Let go of a key that was held."""
    Window.dispatch("on_key_up", Keyboard.keycodes[name], 0)
    frames()


def type_text(text: str) -> None:
    """Write text as a real keyboard's input method does, character by character."""
    for character in text:
        Window.dispatch("on_textinput", character)
    frames(2)


def picture(widget: Widget, path: Path | str) -> Path:
    """Save what the widget looks like now as a PNG, on the window's colour, and say where."""
    frames(2)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    widget.export_to_png(str(path))
    with Image.open(path) as drawn:
        ground = Image.new("RGBA", drawn.size, tuple(round(255 * c) for c in Window.clearcolor))
        ground.alpha_composite(drawn.convert("RGBA"))
    ground.convert("RGB").save(path)
    return path
