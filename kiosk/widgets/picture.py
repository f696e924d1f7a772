"""A picture or a film that comes with a question; a touch shows it as large as the screen."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from kivy.clock import Clock
from kivy.graphics.texture import Texture
from kivy.properties import NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from forms.engine import Step
from kiosk.devices.film import Showing, first_picture_of
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.speech.parts import Part, Speech
from kiosk.theme.pictures import picture_of
from kiosk.widgets.answer import Setting
from kiosk.widgets.preview import texture_of
from kiosk.widgets.touch import Tap


class Picture(Tap):
    """The picture in the room there is beside a question's words."""

    texture = ObjectProperty(None)
    tallest = NumericProperty(0)  # pixels
    icon = StringProperty("arrows-out")

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


class Film(Picture):
    """A film's first picture; touched, the film is shown, and heard."""

    def __init__(self, setting: Setting, film: bytes, large: Any, **kwargs: Any) -> None:
        super().__init__(setting, large, **kwargs)
        self._film = film
        self.icon, self.said = "play", tr._("Voir la vidéo")

    def on_release(self) -> None:
        """Show it as large as the screen."""
        kiosk = self._setting.kiosk
        if kiosk is not None:
            kiosk.ear.hush()
            kiosk.lay_over(Cinema(self._film, kiosk, texture=self._large, close=kiosk.dismiss))


class Cinema(Enlarged):
    """A film over the whole screen, until it is touched; its last picture stays."""

    def __init__(self, film: bytes, kiosk: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._kiosk = kiosk
        self._screen: Texture | None = None  # never the one that stands for the film
        self._showing = Showing(film)
        if kiosk.equipment.player is not None:
            kiosk.equipment.player.play(film)
        self._ticking = Clock.schedule_interval(self._tick, 1 / 30)
        self.bind(parent=self._left)

    def _tick(self, passed: float) -> bool:
        self._kiosk.idle.touched()  # who looks is there
        picture = self._showing.due(passed)
        if picture is not None:
            self._screen = self.texture = texture_of(picture, self._screen)
            self.canvas.ask_update()
        return not self._showing.over

    def _left(self, *_: Any) -> None:
        if self.parent is None:
            self._ticking.cancel()
            self._showing.stop()
            if self._kiosk.equipment.player is not None:
                self._kiosk.equipment.player.hush()


def picture_for(step: Step, setting: Setting) -> Picture | None:
    """A question's own picture or film; None where it has none that can be shown."""
    names = step.media
    small = picture_of(setting.files, names.get("image", ""))
    large = picture_of(setting.files, names.get("big-image", ""))
    film = setting.files.get(names.get("video", ""), b"")
    begins = first_of(film)
    if begins is not None:
        picture: Picture = Film(setting, film, begins)
        picture.texture = small or begins
        return picture
    if small is None and large is None:
        return None
    picture = Picture(setting, large or small)
    picture.texture = small or large
    return picture


@lru_cache(8)  # what the form brings, and nothing that a person gave
def first_of(film: bytes) -> Texture | None:
    """A film's first picture; None where it cannot be shown."""
    frame = first_picture_of(film) if film else None
    return None if frame is None else texture_of(frame)


load_beside(__file__)
