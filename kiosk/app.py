"""Start-up, and nothing else: the window, one input source, the kiosk on it."""

import logging
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.errors import DeviceError
from kiosk.lean import lean_kivy

log = logging.getLogger(__name__)


class NoDisplay(DeviceError):
    """There is no screen to draw on."""


USUAL_FPS, RESTING_FPS = 60, 20  # a touch on the idle screen waits 50 ms at most


@dataclass(frozen=True)
class Display:
    """How the kiosk is drawn.

    Attributes:
        size: pixels across and down; None for the whole screen.
        diagonal: of the panel, in inches; None where it is the usual one for its pixels.
        off_screen: draw real pixels with no screen.
    """

    size: tuple[int, int] | None = None
    diagonal: float | None = None
    off_screen: bool = False


def open_window(display: Display, home: Path) -> Any:
    """Prepare Kivy and open the window; must come before anything else imports Kivy.

    On Linux Kivy would get each tap twice, as SDL's mouse and through its own reader of input
    devices. Exactly one source is left, so that no tap counts twice. Keys that would open
    settings, leave, or take pictures of the screen do nothing.

    Args:
        display: how to draw.
        home: a folder for what Kivy writes about itself.

    Returns:
        Kivy's window.

    Raises:
        NoDisplay: there is no screen to open it on.
    """
    os.environ.setdefault("KIVY_NO_ARGS", "1")
    os.environ.setdefault("KIVY_NO_CONFIG", "1")
    os.environ.setdefault("KIVY_NO_FILELOG", "1")
    os.environ.setdefault("KIVY_NO_CONSOLELOG", "1")
    os.environ.setdefault("KIVY_LOG_MODE", "PYTHON")
    os.environ.setdefault("KIVY_HOME", str(home))
    os.environ["KIVY_METRICS_DENSITY"] = "1"
    os.environ["KIVY_DPI"] = "96"
    if display.off_screen:
        os.environ["SDL_VIDEODRIVER"] = "offscreen"
    else:
        # By itself SDL would draw where nobody sees it, rather than say that there is no screen.
        os.environ.setdefault("SDL_VIDEODRIVER", "wayland,x11,KMSDRM")
        os.environ.setdefault("KIVY_WINDOW", "sdl2")  # Kivy's own for X ends the process
    kivy_log = logging.getLogger("kivy")
    kivy_log.setLevel(logging.ERROR)
    # Kivy looks for a reader of touchscreens that is not used here, and complains with a traceback.
    kivy_log.addFilter(lambda record: "MTDev" not in record.getMessage())
    # That no window can be opened is told below, in a sentence.
    kivy_log.addFilter(lambda record: "Window provider" not in record.getMessage())

    with lean_kivy(home):
        import kivy.clock  # noqa: F401
    from kivy.config import Config

    for option in Config.options("input"):
        Config.remove_option("input", option)
    if not display.off_screen:
        Config.set("input", "mouse", "mouse,disable_multitouch")
    Config.set("kivy", "exit_on_escape", "0")
    Config.set("kivy", "log_level", "error")
    Config.set("graphics", "allow_screensaver", "0")
    Config.set("graphics", "multisamples", "0")
    Config.remove_option("modules", "inspector")
    if display.size:
        Config.set("graphics", "width", str(display.size[0]))
        Config.set("graphics", "height", str(display.size[1]))
    else:
        Config.set("graphics", "fullscreen", "auto")
    from kivy.core.window import Window

    if Window is None:
        raise NoDisplay(
            "No screen can be opened: there is no display, or this user may not use it. Start the "
            "kiosk in a graphical session, or name one (DISPLAY=:0 parvis-kiosk run …)."
        )
    return Window


def fit_theme(window: Any, display: Display) -> None:
    """Size everything by the panel's real density, now and when the window changes."""
    from kiosk.theme.theme import Panel, theme

    def fit(*_: Any) -> None:
        width, height = window.size
        panel = Panel.usual(width, height)
        if display.diagonal:
            panel = Panel(width, height, display.diagonal)
        theme.fit(panel)

    fit()
    window.bind(size=fit)


def erase_and_log(mistake: Exception, kiosk: Any) -> bool:
    """A mistake of ours must not leave a person's answers on the screen, nor in the log.

    Erases, goes back to Welcome, and logs where it happened but nothing that was said.

    Returns:
        Whether the kiosk can go on.
    """
    where = "".join(traceback.format_tb(mistake.__traceback__))
    log.error("%s, erased and went on:\n%s", type(mistake).__name__, where)
    try:
        kiosk.erase()
    except Exception as again:  # noqa: BLE001
        log.critical("%s while erasing: stopping", type(again).__name__)
        return False
    return True


def rest_while_idle(root: Callable[[], Any], window: Any) -> None:
    """Look less often for touches while nobody is there; a touch wakes it up.

    Kivy looks sixty times a second, and has no other way to look less often than this attribute.
    """
    from kivy.clock import Clock

    def pace(resting: bool) -> None:
        Clock._max_fps = RESTING_FPS if resting else USUAL_FPS

    Clock.schedule_interval(lambda _: pace(root().is_idle), 1)
    window.bind(on_touch_down=lambda *_: pace(False), on_key_down=lambda *_: pace(False))


def run(kiosk_of: Any, display: Display, home: Path) -> None:
    """Open the kiosk and serve people until the window is closed.

    Args:
        kiosk_of: builds the root widget once the window is there.
        display: how to draw.
        home: a folder for what Kivy writes about itself.
    """
    window = open_window(display, home)
    from kivy.app import App
    from kivy.base import ExceptionHandler, ExceptionManager

    class Outermost(ExceptionHandler):
        """Where whatever goes wrong ends up."""

        def handle_exception(self, exception: Exception) -> int:
            """Erase and go on; stop where even that fails."""
            went_on = erase_and_log(exception, App.get_running_app().root)
            return int(ExceptionManager.PASS if went_on else ExceptionManager.RAISE)

    class KioskApp(App):
        """Kivy's application, without its settings panel."""

        title = "Parvis"
        use_kivy_settings = False

        def build(self) -> Any:
            fit_theme(window, display)
            return kiosk_of()

        def on_start(self) -> None:
            rest_while_idle(lambda: self.root, window)
            for signal_number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(signal_number, lambda *_: self.stop())

        def open_settings(self, *_: Any) -> bool:
            return False

    ExceptionManager.add_handler(Outermost())
    KioskApp().run()
