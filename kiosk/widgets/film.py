"""Answering with a film: see what the camera sees, film it, see it again, film anew.

The film is the answer from its first picture on, so that nothing is lost by who goes on while they
still film.
"""

from typing import Any

from kivy.clock import Clock

from forms.engine import Step
from kiosk.attachments import WEBM, Making
from kiosk.devices.film import Filming, NothingFilmed, Showing, first_picture_of
from kiosk.language import tr
from kiosk.widgets.answer import Setting
from kiosk.widgets.camera_answer import CameraAnswer
from kiosk.widgets.sides import SideTool
from kiosk.widgets.voice import at_most, clock, so_far

LONGEST_SECONDS = 60
_OFTEN = 1 / 15  # seconds between two looks


class FilmAnswer(CameraAnswer):
    """One film.

    `state` is "looking", "filming", "taken", "showing" or "broken".
    """

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        self._ticking = Clock.create_trigger(self._tick, _OFTEN, interval=True)
        self._filming: Filming | None = None
        self._showing: Showing | None = None
        super().__init__(step, value, setting, **kwargs)
        self._eraser = SideTool(icon="trash", on_release=lambda _: self.again())
        self.ids.tools.add_widget(self._eraser)
        self.bind(state=self._tell, over=self._tell)
        self._tell()

    def show_again(self) -> bool:
        """Show the first picture of the film that was made before; False where none was."""
        if self.attachments.media_type(self.value) != WEBM:
            return False
        self.state = "taken"
        self._rest()
        return True

    def film(self) -> None:
        """Begin to film what is seen."""
        camera, kiosk = self.equipment.camera, self.setting.kiosk
        if self.state != "looking" or camera is None or self.ids.preview.frame is None:
            return
        if kiosk is not None:
            kiosk.ear.hush()
        self._filming = Filming(camera, self.equipment.recorder, LONGEST_SECONDS)
        self.state = "filming"
        self._ticking()

    def stop(self) -> None:
        """The film is done."""
        if self.state != "filming" or self._filming is None:
            return
        self._ticking.cancel()
        self._hold()
        if not self.value:
            self._filming.cancel()
            self._filming = None
            self.failed()
            return
        self.attachments[self.value]  # made now, while the camera is there
        self.ids.preview.stop()
        self.state = "taken"
        self._rest()

    def show(self) -> None:
        """See it again, and hear it."""
        kiosk, player = self.setting.kiosk, self.equipment.player
        if kiosk is not None:
            kiosk.ear.hush()
        content = self.attachments[self.value].content
        self._showing = Showing(content)
        if player is not None and self.attachments.making(self.value).origin:
            player.play(content)
        self.state = "showing"
        self._ticking()

    def touched(self) -> None:
        """The large button does the next thing that one wants."""
        match self.state:
            case "looking":
                self.film()
            case "filming":
                self.stop()
            case "taken":
                self.show()
            case "showing":
                self._quiet()
                self._rest()
            case _:
                self.look()

    def words(self) -> str:
        """On the large button."""
        stop = tr._("Arrêter")
        texts = {
            "looking": tr._("Filmer"),
            "filming": stop,
            "taken": tr._("Revoir la vidéo"),
            "showing": stop,
        }
        return texts.get(self.state) or super().words()

    def icon(self) -> str:
        """On the large button."""
        icons = {"looking": "video-camera", "filming": "stop", "taken": "play", "showing": "stop"}
        return icons.get(self.state) or super().icon()

    def failed(self) -> None:
        """The camera gives no picture any more: what was filmed until then stays."""
        if self.state == "filming" and self._filming is not None and self._filming.seconds:
            self.stop()
        else:
            super().failed()

    def erase(self) -> None:
        """Let go of the film."""
        self._quiet()
        super().erase()

    def leave(self) -> None:
        """What was filmed until now stays; nothing is seen or heard any more."""
        self.stop()
        self._quiet()
        super().leave()

    def forget(self) -> None:
        """Let go of what was filmed."""
        self._quiet()
        super().forget()

    def _quiet(self) -> None:
        self._ticking.cancel()
        if self._filming is not None:
            self._filming.cancel()
            self._filming = None
        if self._showing is not None:
            self._showing.stop()
            self._showing = None
        if self.state == "showing":
            if self.equipment.player:
                self.equipment.player.hush()
            self.state = "taken"

    def _rest(self) -> None:
        """Show the first picture."""
        picture = first_picture_of(self.attachments[self.value].content)
        if picture is not None:
            self.ids.preview.show(picture)

    def _tick(self, passed: float) -> bool:
        """Look how far it is."""
        if self.setting.kiosk is not None:
            self.setting.kiosk.idle.touched()  # who films, or looks, is there
        if self._showing is not None:
            return self._show_on(self._showing, passed)
        if self.state != "filming" or self._filming is None:
            return False
        if not self.value and self._filming.seconds:
            self._hold()
        self._tell()
        if not self._filming.runs:
            self.stop()
        return self.state == "filming"

    def _show_on(self, showing: Showing, passed: float) -> bool:
        """Show the picture that is due; at the end, the first again."""
        picture = showing.due(passed)
        if picture is not None:
            self.ids.preview.show(picture)
        if showing.over:
            self._quiet()
            self._rest()
        return not showing.over

    def _hold(self) -> None:
        """The answer is what is being filmed."""
        filming, attachments = self._filming, self.attachments
        if self.value or filming is None or not filming.seconds:
            return
        names: list[str] = []

        def finish() -> bytes:
            try:
                film = filming.stop()
            except NothingFilmed:
                return b""
            attachments.note(names[0], Making(film.seconds, film.sounds))
            return film.content

        self.keep(finish, WEBM)
        names.append(self.value)

    def _tell(self, *_: Any) -> None:
        """How far it is, over the picture; and what the eraser does."""
        if self.state == "filming" and self._filming is not None:
            self.told = so_far(self._filming.seconds, LONGEST_SECONDS)
        elif self.state in ("taken", "showing"):
            self.told = clock(self.attachments.making(self.value).seconds)
        else:
            roomy = self.state == "looking" and not self.over
            self.told = at_most(LONGEST_SECONDS) if roomy else ""
        self._eraser.idle = self.state not in ("taken", "showing")
        self._eraser.text, self._eraser.said = tr._("Refaire"), tr._("Effacer et filmer encore")
