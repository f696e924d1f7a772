"""What the camera sees, as a picture that moves."""

from typing import Any

from kivy.clock import Clock
from kivy.graphics.texture import Texture
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty
from kivy.uix.widget import Widget

from kiosk.devices.camera import Camera, Frame, NoPicture
from kiosk.kv import load_beside

_OFTEN = 1 / 15  # seconds between two pictures


class Preview(Widget):
    """Shows a camera while `looks`; else the picture it was last given.

    Events:
        on_frame: A new picture is shown.
        on_fail: The camera gives none.
    """

    camera = ObjectProperty(None, allownone=True)
    looks = BooleanProperty(False)
    mirrored = BooleanProperty(True)  # as a mirror does, for who stands before it
    texture = ObjectProperty(None, allownone=True)
    shape = NumericProperty(4 / 3)
    shown = ListProperty([1, 1])  # width and height of the picture
    turned = NumericProperty(1)  # -1: as in a mirror

    __events__ = ("on_frame", "on_fail")

    def __init__(self, **kwargs: Any) -> None:
        self._ticking = Clock.create_trigger(self._tick, _OFTEN, interval=True)
        self.frame: Frame | None = None
        super().__init__(**kwargs)

    def on_frame(self, frame: Frame) -> None:
        """A new picture is shown."""

    def on_fail(self) -> None:
        """The camera gives none."""

    def look(self, camera: Camera) -> None:
        """Show what this camera sees from now on."""
        self.camera, self.looks, self.frame = camera, True, None
        camera.start()
        self._ticking()

    def stop(self) -> None:
        """The picture stands still, and the camera looks no more."""
        self._ticking.cancel()
        if self.looks and self.camera is not None:
            self.camera.stop()
        self.looks = False

    def show(self, frame: Frame) -> None:
        """Show this picture."""
        self.texture = texture_of(frame, self.texture)
        self.shape = frame.width / frame.height
        self.canvas.ask_update()

    def forget(self) -> None:
        """Nothing of what was seen remains."""
        self.stop()
        self.frame = None
        self.texture = None

    def _tick(self, *_: Any) -> None:
        try:
            frame = self.camera.frame()
        except NoPicture:
            self.stop()
            self.dispatch("on_fail")
            return
        if frame is not None and frame is not self.frame:
            self.frame = frame
            self.show(frame)
            self.dispatch("on_frame", frame)


def texture_of(frame: Frame, former: Texture | None = None) -> Texture:
    """A picture as a texture: the former one, where it is as large."""
    if former is None or tuple(former.size) != (frame.width, frame.height):
        former = Texture.create(size=(frame.width, frame.height), colorfmt="rgb")
        former.flip_vertical()
    former.blit_buffer(frame.pixels, colorfmt="rgb", bufferfmt="ubyte")
    return former


load_beside(__file__)
