"""Answering by speaking: record, see how loud one is, hear it again, erase.

The recording is the answer from its first sound on, so that nothing is lost by who goes on while
they still speak.
"""

from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, InstructionGroup, Rectangle
from kivy.properties import ListProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from forms.engine import Step
from kiosk.attachments import OGG, Making
from kiosk.devices.recorder import NothingRecorded
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Setting
from kiosk.widgets.sides import SideBySide
from kiosk.widgets.touch import Tap
from kiosk.widgets.upload import Uploaded

LONGEST_SECONDS = 120
_OFTEN = 0.05  # seconds between two looks at the microphone
_BARS = 48


class Wave(Widget):
    """How loud it was lately: one bar for each look at the microphone, the latest at the end."""

    levels = ListProperty()
    colour = ListProperty([0, 0, 0, 1])

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._drawn = InstructionGroup()
        self.canvas.add(self._drawn)
        redraw = Clock.create_trigger(self._redraw, -1)
        self.bind(levels=redraw, pos=redraw, size=redraw, colour=redraw)

    def _redraw(self, *_: Any) -> None:
        self._drawn.clear()
        self._drawn.add(Color(*self.colour))
        step = self.width / _BARS
        lately = list(self.levels[-_BARS:])
        lately = [0.0] * (_BARS - len(lately)) + lately
        for place, level in enumerate(lately):
            height = max(theme.mm(0.6), self.height * min(1.0, level * 1.4))
            x = self.x + (place if not theme.rtl else _BARS - 1 - place) * step
            size = (step * 0.6, height)
            self._drawn.add(Rectangle(pos=(x, self.center_y - height / 2), size=size))


class Speaking(Tap):
    """The large card: touch to speak, to stop, to hear again."""

    icon = StringProperty("microphone")
    text = StringProperty()
    note = StringProperty()
    levels = ListProperty()
    needed = NumericProperty(0)  # the height that its words need


class VoiceAnswer(Uploaded, SideBySide):
    """One recording.

    `state` is "empty", "recording", "recorded" or "playing".
    """

    state = StringProperty("empty")
    seconds = NumericProperty(0)
    trouble = StringProperty()
    levels = ListProperty()

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        self._ticking = Clock.create_trigger(self._tick, _OFTEN, interval=True)
        if self.attachments.media_type(value) == OGG:
            making = self.attachments.making(value)
            self.state, self.seconds = "recorded", making.seconds
            self.levels = list(making.origin or [])
        self.bind(state=self._tell, seconds=self._tell, trouble=self._tell)
        self._tell()
        self.arrange()

    @property
    def can_hear(self) -> bool:
        """Whether the device can play what it recorded."""
        return self.equipment.player is not None

    def touched(self) -> None:
        """The large card does the next thing that one wants."""
        match self.state:
            case "empty":
                self.record()
            case "recording":
                self.stop()
            case _:
                self.hear()

    def record(self) -> None:
        """Begin to record."""
        recorder, kiosk = self.equipment.recorder, self.setting.kiosk
        assert recorder is not None, "a device without a recorder does not offer to speak"
        if kiosk is not None:
            kiosk.ear.hush()
        self.trouble, self.seconds, self.levels = "", 0, []
        recorder.start(LONGEST_SECONDS)
        self.state = "recording"
        self._ticking()

    def stop(self) -> None:
        """The recording is done."""
        if self.state != "recording":
            return
        self._ticking.cancel()
        self.state = "recorded"
        recorder = self.equipment.recorder
        assert recorder is not None, "it recorded a moment ago"
        if not self.value and recorder.seconds:
            self._hold()
        if not self.value:
            recorder.cancel()
            self.state = "empty"
            self.trouble = tr._("Le micro n’entend rien. Essayez encore, ou autrement.")
            return
        self.attachments[self.value]  # made now, while the recorder is there

    def hear(self) -> None:
        """Hear it again; a second touch silences it."""
        player = self.equipment.player
        if player is None:
            return
        if self.state == "playing":
            player.hush()
            self.state = "recorded"
            return
        kiosk = self.setting.kiosk
        if kiosk is not None:
            kiosk.ear.hush()
        player.play(self.attachments[self.value].content)
        self.state = "playing"
        self._ticking()

    def erase(self) -> None:
        """Let go of the recording."""
        self._quiet()
        super().erase()
        self.state, self.seconds, self.levels = "empty", 0, []

    def spoken(self) -> str:
        """What the card says."""
        return f"{self.ids.card.text}. {self.ids.card.note}"

    def leave(self) -> None:
        """What was said until now stays; nothing is recorded or heard any more."""
        self.stop()
        self._quiet()

    def forget(self) -> None:
        """Let go of what was said."""
        self._quiet()
        super().forget()
        self.state, self.levels = "empty", []

    def _quiet(self) -> None:
        self._ticking.cancel()
        if self.state == "recording" and self.equipment.recorder:
            self.equipment.recorder.cancel()
        if self.state == "playing" and self.equipment.player:
            self.equipment.player.hush()
            self.state = "recorded"

    def _tick(self, *_: Any) -> bool:
        """Look at the microphone, or at the loudspeaker."""
        if self.setting.kiosk is not None:
            self.setting.kiosk.idle.touched()  # who speaks, or listens, is there
        if self.state == "playing":
            player = self.equipment.player
            if player is None or not player.plays:
                self.state = "recorded"
            return self.state == "playing"
        recorder = self.equipment.recorder
        if self.state != "recording" or recorder is None:
            return False
        self.seconds = recorder.seconds
        self.levels = [*self.levels[1 - _BARS :], recorder.level]
        if not self.value and recorder.seconds:
            self._hold()
        if not recorder.runs:
            self.stop()
        return self.state == "recording"

    def _hold(self) -> None:
        """The answer is what is being recorded."""
        recorder, attachments, levels = self.equipment.recorder, self.attachments, self.levels
        assert recorder is not None, "it records"
        names: list[str] = []

        def finish() -> bytes:
            try:
                recording = recorder.stop()
            except NothingRecorded:
                return b""
            attachments.note(names[0], Making(recording.seconds, levels))
            return recording.content

        self.keep(finish, OGG)
        names.append(self.value)

    def _tell(self, *_: Any) -> None:
        """Words and icon of the large card."""
        card = self.ids.card
        texts = {
            "empty": tr._("Touchez pour parler"),
            "recording": tr._("Touchez pour arrêter"),
            "recorded": tr._("Touchez pour réécouter") if self.can_hear else tr._("Enregistré"),
            "playing": tr._("Touchez pour arrêter"),
        }
        if theme.compact:  # a low panel has room for one word
            hear = tr._("Réécouter") if self.can_hear else tr._("Enregistré")
            stop = tr._("Arrêter")
            texts = {"empty": tr._("Parler"), "recorded": hear, "recording": stop, "playing": stop}
        icons = {"empty": "microphone", "recorded": "play" if self.can_hear else "check"}
        card.text, card.icon = texts[self.state], icons.get(self.state, "stop")
        if self.state == "recording":
            card.note = so_far(self.seconds, LONGEST_SECONDS)
        elif self.state == "empty":
            card.note = self.trouble or at_most(LONGEST_SECONDS)
        else:
            card.note = clock(self.seconds)


def at_most(seconds: int) -> str:
    """How long it can become."""
    return tr.plural("{n} minute au plus", "{n} minutes au plus", seconds // 60)


def so_far(seconds: float, longest: float) -> str:
    """How long it is, of how long it can become."""
    return tr._("{done} sur {longest}").format(done=clock(seconds), longest=clock(longest))


def clock(seconds: float) -> str:
    """Minutes and seconds, as 1:05."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


load_beside(__file__)
