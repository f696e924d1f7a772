"""Answering with a photo: see what the camera sees, take it, take another."""

from typing import Any

from kivy.properties import NumericProperty, StringProperty

from forms.engine import Step
from kiosk.attachments import JPEG, Making
from kiosk.devices.camera import Frame
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.widgets import preview as preview  # its kv rule draws with it
from kiosk.widgets.answer import Setting
from kiosk.widgets.sides import SideBySide
from kiosk.widgets.upload import Uploaded, pixels_wanted


class PhotoAnswer(Uploaded, SideBySide):
    """One photo.

    `state` is "looking", "taken" or "broken".
    """

    state = StringProperty("looking")
    shape = NumericProperty(4 / 3)

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        preview = self.ids.preview
        preview.bind(shape=self.setter("shape"), on_fail=lambda *_: self._failed())
        taken = self.attachments.making(value).origin
        if self.attachments.media_type(value) == JPEG and isinstance(taken, Frame):
            self.state = "taken"
            preview.show(taken)
        else:
            self.look()
        self.arrange()

    def look(self) -> None:
        """Show what the camera sees."""
        camera = self.equipment.camera
        assert camera is not None, "a device without a camera does not offer photos"
        self.state = "looking"
        self.ids.preview.look(camera)

    def take(self) -> None:
        """This is the photo."""
        preview = self.ids.preview
        frame = preview.frame
        if self.state != "looking" or frame is None:
            return
        preview.stop()
        preview.show(frame)
        most = pixels_wanted(self.step, max(frame.width, frame.height))
        self.keep(lambda: frame.jpeg(most), JPEG, Making(origin=frame))
        self.state = "taken"

    def again(self) -> None:
        """Take another one; this one is gone."""
        self.erase()
        self.look()

    def spoken(self) -> str:
        """What can be done."""
        return str(self.ids.main.text)

    def leave(self) -> None:
        """The camera looks no more."""
        self.ids.preview.stop()

    def forget(self) -> None:
        """Nothing of what was seen remains."""
        super().forget()
        self.ids.preview.forget()

    def touched(self) -> None:
        """The large button does the next thing that one wants."""
        if self.state == "looking":
            self.take()
        elif self.state == "taken":
            self.again()
        else:
            self.look()

    def words(self) -> str:
        """On the large button."""
        return {
            "looking": tr._("Prendre la photo"),
            "taken": tr._("Reprendre la photo"),
            "broken": tr._("Essayer encore"),
        }[self.state]

    def _failed(self) -> None:
        self.state = "broken"


load_beside(__file__)
