"""A picture that comes with a question; a touch shows it as large as the screen."""

from collections.abc import Sequence
from typing import Any

from kivy.properties import NumericProperty, ObjectProperty
from kivy.uix.boxlayout import BoxLayout

from forms.engine import Step
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.speech.parts import Part, Speech
from kiosk.theme.pictures import picture_of
from kiosk.widgets.answer import Setting
from kiosk.widgets.touch import Tap


class Picture(Tap):
    """The picture in the room there is beside a question's words."""

    texture = ObjectProperty(None)
    tallest = NumericProperty(0)  # pixels

    def __init__(self, setting: Setting, large: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._setting = setting
        self._large = large
        self.said = tr._("Agrandir l’image")

    def on_release(self) -> None:
        """Show it as large as the screen."""
        kiosk = self._setting.kiosk
        if kiosk is not None:
            kiosk.lay_over(Enlarged(texture=self._large, close=kiosk.dismiss))


class Enlarged(BoxLayout):
    """The picture over the whole screen, until it is touched."""

    texture = ObjectProperty(None)
    close = ObjectProperty(None)

    def say(self) -> str:
        """That it can be closed."""
        return str(tr._("Fermer"))

    def spoken(self) -> Sequence[Part]:
        """The same as it is heard."""
        return (Speech(self.say(), tr.language),)

    def on_touch_down(self, touch: Any) -> bool:
        """Nothing below can be touched."""
        super().on_touch_down(touch)
        return True


def picture_for(step: Step, setting: Setting) -> Picture | None:
    """A question's own picture; None where it has none that can be shown."""
    names = step.media
    small = picture_of(setting.files, names.get("image", ""))
    large = picture_of(setting.files, names.get("big-image", ""))
    if small is None and large is None:
        return None
    picture = Picture(setting, large or small)
    picture.texture = small or large
    return picture


load_beside(__file__)
