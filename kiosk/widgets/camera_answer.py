"""Answering with what the camera sees: its picture, one large button under it, tools beside it."""

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from forms.engine import Step
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.widgets import preview as preview  # its kv rule draws with it
from kiosk.widgets.answer import Setting
from kiosk.widgets.sides import SideBySide
from kiosk.widgets.upload import Uploaded


class CameraAnswer(Uploaded, SideBySide):
    """Base: `state` is "looking", "taken", "broken", or what a subclass adds."""

    state = StringProperty("looking")
    shape = NumericProperty(4 / 3)
    told = StringProperty()  # over the picture
    over = BooleanProperty(False)  # the button lies over the picture, not under it

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        preview = self.ids.preview
        preview.bind(shape=self.setter("shape"), on_fail=lambda *_: self.failed())
        if not self.show_again():
            self.look()
        self.arrange()

    def show_again(self) -> bool:
        """Show what was taken before; False where nothing was."""
        raise NotImplementedError

    def look(self) -> None:
        """Show what the camera sees."""
        camera = self.equipment.camera
        assert camera is not None, "a device without a camera does not offer this"
        self.state = "looking"
        self.ids.preview.look(camera)

    def again(self) -> None:
        """Take another one; this one is gone."""
        self.erase()
        self.look()

    def failed(self) -> None:
        """The camera gives no picture any more."""
        self.state = "broken"

    def touched(self) -> None:
        """The large button does the next thing that one wants."""
        raise NotImplementedError

    def words(self) -> str:
        """On the large button."""
        return tr._("Essayer encore")

    def icon(self) -> str:
        """On the large button."""
        return "arrow-clockwise"

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


load_beside(__file__)
