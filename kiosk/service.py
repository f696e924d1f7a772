"""The kiosk's process: what people see first at once, the rest step by step behind it.

Where the welcome's words were kept from the last time (`kiosk.greeting`), the window opens with
them on the porch (`kiosk.porch`), and a touch there is answered. Everything else is loaded and
built meanwhile, one short step between two frames, and then takes the porch's place. Nothing of it
is imported before: this is the one place that decides when what is loaded.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from functools import partial
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from kiosk.app import Display, run
from kiosk.greeting import Greeting, read_greeting
from kiosk.tidying import leave_to_quiet_moments

if TYPE_CHECKING:
    from kiosk.access.commands import KeyMap
    from sync.client.background import Rhythm

SECONDS_BEFORE_CONNECTING = 1.0
SECONDS_ALONE = 0.25  # for the first screen: who waits to touch it goes before the rest
MOST_SECONDS_HELD = 3.0  # longer, it is no finger: something lies on the screen

# What takes its time to load, in steps of some hundredths of a second.
_FOR_THE_DEVICE = (
    *("click", "dateutil.parser", "sqlite_utils.plugins", "sqlite_utils", "cryptography.x509"),
    *("lxml.etree", "regex", "forms.xform", "forms.engine", "sync.device", "sync.client.courier"),
    *("kiosk.counter", "kiosk.devices.equipment", "kiosk.assembly"),
)
_FOR_THE_STAGE = ("kiosk.locales", "kiosk.widgets.keyboard", "kiosk.access.keypad", "kiosk.stage")


def serve(
    data: Path,
    display: Display,
    *,
    place: str = "",
    patience: float | None = None,
    grace: float = 30,
    rhythm: "Rhythm | None" = None,
    keys: "KeyMap | None" = None,
    ready: Callable[[Any], None] = lambda kiosk: None,
) -> None:
    """Serve people at this device until the window closes.

    Args:
        data: the device's directory.
        display: how to draw.
        place: where the device stands.
        patience: seconds without a touch before the kiosk asks; None as the consultation says.
        grace: seconds that it then counts down.
        rhythm: of the sync in the background.
        keys: what the keys of its keypad ask for; a keyboard's own unless given.
        ready: told of the root widget, once it is there and whole.

    Raises:
        DeviceBusy: another process serves this device.
        NothingToOffer: there is nothing to take part in.
        BadConfiguration: what is noted about the device cannot be.
    """
    leave_to_quiet_moments()
    wishes: dict[str, Any] = {
        "place": place,
        "patience": patience,
        "grace": grace,
        "rhythm": rhythm,
    }
    if keys is not None:
        wishes["keys"] = keys
    with (
        tempfile.TemporaryDirectory(prefix="parvis-") as home,
        ExitStack() as closing,
    ):
        opening = _Opening(data, wishes, closing, ready)
        greeting = read_greeting(data, date.today())
        if greeting is None:
            opening.find_device()  # what is wrong is told before a window opens
        run(partial(opening.root, greeting), display, Path(home))
        if opening.trouble is not None:
            raise opening.trouble


class _Opening:
    """From the first frame to the whole kiosk."""

    def __init__(
        self,
        data: Path,
        wishes: dict[str, Any],
        closing: ExitStack,
        ready: Callable[[Any], None],
    ) -> None:
        self.trouble: Exception | None = None
        self._data = data
        self._wishes = wishes
        self._closing = closing
        self._ready = ready
        self._porch: Any = None
        self._stage: Any = None
        self._steps = self._all_steps()
        self._device_found = False
        self._held_since: float | None = None  # since when something touches the screen

    def find_device(self) -> None:
        """All steps that need no window."""
        while not self._device_found:
            next(self._steps)

    def root(self, greeting: Greeting | None) -> Any:
        """The window's first root: the porch, or the stage where there is no greeting yet."""
        if greeting is None:
            return self.stage()
        from kivy.clock import Clock
        from kivy.core.window import Window

        from kiosk.porch import Porch

        def begin(*_: Any) -> None:
            Window.unbind(on_flip=begin)
            Clock.schedule_once(go_on, SECONDS_ALONE)

        def go_on(_: float) -> None:
            Clock.schedule_interval(self._step, 0)

        self._porch = Porch(greeting, self.stage)
        Window.bind(on_flip=begin)  # the first frame is to be seen
        return self._porch

    def stage(self) -> Any:
        """The stage, whatever of it is still to be done done now."""
        while self._stage is None:
            self._take_step()
        return self._stage

    def _step(self, _: float) -> bool:
        """One step between two frames; says whether there are more.

        None while a finger is down: whoever touches the screen goes first.
        """
        if self._is_touched():
            return True
        if self._stage is None and self.trouble is None:
            try:
                self._take_step()
            except Exception:  # noqa: BLE001 - the command tells it, once the window is closed
                return False
        return self._stage is None and self.trouble is None

    def _is_touched(self) -> bool:
        """Whether a finger is down; what never lifts is none."""
        from kivy.base import EventLoop

        if not EventLoop.touches:
            self._held_since = None
            return False
        if self._held_since is None:
            self._held_since = monotonic()
        return monotonic() - self._held_since < MOST_SECONDS_HELD

    def _take_step(self) -> None:
        from kivy.app import App

        if self.trouble is not None:
            raise self.trouble
        try:
            next(self._steps, None)
        except Exception as error:
            self.trouble = error  # for the command to tell, once the window is closed
            if (app := App.get_running_app()) is not None:
                app.stop()
            raise

    def _all_steps(self) -> Iterator[None]:
        yield from _load(_FOR_THE_DEVICE)
        from kiosk.assembly import Assembly, Wishes

        assembly = Assembly(self._data, Wishes(**self._wishes), self._closing)
        yield from assembly.find_device()
        self._device_found = True
        yield
        yield from _load(_FOR_THE_STAGE)
        porch = self._porch
        for stage in assembly.build_stage(lambda: porch.leave() if porch is not None else {}):
            if stage is None:
                yield
        self._take_over(assembly, stage)

    def _take_over(self, assembly: Any, stage: Any) -> None:
        from kivy.app import App
        from kivy.clock import Clock

        self._stage = stage
        if self._porch is not None:
            app = App.get_running_app()
            window = app.root_window
            window.remove_widget(self._porch)
            app.root = stage
            window.add_widget(stage)
            if self._porch.begun:
                stage.begin()
        assembly.keep_greeting(stage)
        stage.on_news = lambda: assembly.keep_greeting(stage)
        # Whoever touches the screen first comes before the network and its libraries.
        Clock.schedule_once(lambda _: assembly.connect(stage), SECONDS_BEFORE_CONNECTING)
        self._ready(stage)


def _load(modules: tuple[str, ...]) -> Iterator[None]:
    for module in modules:
        import_module(module)
        yield
