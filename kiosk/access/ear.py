"""By ear: each screen says itself when it opens, and each thing that the keys come to.

Begins with headphones plugged in, a key, or the button "Listen"; is over when that person goes.
"""

from collections.abc import Sequence
from typing import Any

from kivy.event import EventDispatcher
from kivy.properties import BooleanProperty

from kiosk.access.commands import Command
from kiosk.access.names import described, name_of, state_of
from kiosk.access.spoken import is_of_form, recording_of, spoken_words, step_of
from kiosk.focus import keys_in_use
from kiosk.language import tr
from kiosk.speech.parts import Part, Speech
from kiosk.speech.voice import SPEEDS, VOLUMES, Voice
from kiosk.widgets.lead import Lead


class Ear(EventDispatcher):
    """What is said, and when.

    Args:
        stage: the window's root, whose screen and question are said.
        voice: what says it; None where the device cannot speak: then nothing is ever said.
    """

    on = BooleanProperty(False)
    """Whether screens say themselves."""

    def __init__(self, stage: Any, voice: Voice | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._stage = stage
        self.voice = voice
        self.told = False  # whether a screen has said something of its own since a choice
        self._asked = ""  # the question that was said last, by its path

    # --- on and off ---------------------------------------------------------------------------

    def begin(self) -> None:
        """From now on everything says itself; the screen that is shown begins."""
        if self.voice is not None:
            self.on = True
            self.say_screen()

    def end(self) -> None:
        """Silent from now on, until somebody asks again."""
        self.on = False
        self.hush()

    def toggle(self) -> None:
        """Begin, or end."""
        (self.end if self.on else self.begin)()

    def reset(self) -> None:
        """As the next person should find it: silent, at the usual speed and loudness."""
        self.on = False
        if self.voice is not None:
            self.voice.calm_down()

    def hush(self) -> None:
        """Be silent at once; what comes next is said again."""
        if self.voice is not None:
            self.voice.hush()

    @property
    def speaks(self) -> bool:
        """Whether something is being said."""
        return self.voice is not None and self.voice.speaks

    # --- what happens on the screen -----------------------------------------------------------

    def opened(self) -> None:
        """Another screen, or a question over it, was put up."""
        if self.on:
            self.say_screen()
        else:
            self.hush()

    def say_screen(self) -> None:
        """What the screen says, and where the keys stand on it."""
        cover = self._stage.cover
        if cover is None:
            return
        parts = list(cover.spoken())
        journey = self._stage.journey
        self._asked = journey.ref if journey.entry is not None else ""
        at = self._stage.keypad.focused
        if keys_in_use.now and at is not None and not isinstance(at, Lead):
            parts += self._parts_of(at)
        self._say(parts)

    def came_to(self, widget: Any) -> None:
        """The keys lead to this now."""
        if not self.on or widget is None:
            return
        if isinstance(widget, Lead):
            self._say(list(self._stage.cover.spoken()))
        else:
            self._say(self._parts_of(widget))

    def changed(self, widget: Any, news: str) -> None:
        """This was chosen, and the same screen is still there: how it stands now, and the news."""
        if not self.on:
            return
        step = step_of(widget)
        if step is not None and step.ref != self._asked:  # it has become another question's
            self._say([Speech(news, tr.language), *self._parts_of(widget)])
            return
        told = state_of(widget) or ("" if news else name_of(widget))
        self.say_words(". ".join(part for part in (told, news) if part))

    def say_words(self, text: str) -> None:
        """Say this in the person's language, if they listen."""
        if self.on:
            self.told = True
            self._say([Speech(text, tr.language)])

    # --- how fast, how loud -------------------------------------------------------------------

    def adjust(self, command: Command) -> None:
        """Faster, slower, louder or quieter; says how it is now, in that very way."""
        voice = self.voice
        if voice is None:
            return
        match command:
            case Command.FASTER | Command.SLOWER:
                voice.speed += 1 if command is Command.FASTER else -1
            case Command.LOUDER | Command.QUIETER:
                voice.volume += 1 if command is Command.LOUDER else -1
        self.told = True  # nothing else is to be said of the touch that asked for it
        self._say([Speech(self.level(command), tr.language)])

    def level(self, command: Command) -> str:
        """How fast or how loud it is, as "speed 3 of 7"."""
        if self.voice is None:
            return ""
        if command in (Command.FASTER, Command.SLOWER):
            text, at, of = tr._("Vitesse {n} sur {total}"), self.voice.speed, len(SPEEDS)
        else:
            text, at, of = tr._("Volume {n} sur {total}"), self.voice.volume, len(VOLUMES)
        return text.format(n=at + 1, total=of)

    # --- within -------------------------------------------------------------------------------

    def _parts_of(self, widget: Any) -> list[Part]:
        """A thing's name and state; before it the question, where that is another than before."""
        before: list[Part] = []
        step = step_of(widget)
        if step is not None and step.ref != self._asked:
            self._asked = step.ref
            if not name_of(widget).startswith(" ".join(step.label.split())):
                before = list(spoken_words(step, self._stage.offer.consultation.media))
        return [*before, *self._thing(widget)]

    def _thing(self, widget: Any) -> list[Part]:
        """Its name, in the form's language where that is the form's, and its state."""
        recorded = recording_of(self._stage, widget)
        if recorded is not None:
            return [recorded, Speech(state_of(widget), tr.language)]
        language = getattr(widget, "spoken_language", "")
        if not language:
            language = tr.asked if is_of_form(widget) else tr.language
        if language == tr.language == tr.asked:
            return [Speech(described(widget), language)]
        name, state = name_of(widget), state_of(widget)
        of_form = " ".join(getattr(widget, "of_form", "").split())
        before = name.removesuffix(of_form) if of_form else name
        parts: list[Part] = [Speech(before, language)]
        if before != name:
            parts.append(Speech(of_form, tr.asked))
        if not name.endswith(state):
            parts.append(Speech(state, tr.asked if of_form else tr.language))
        return parts

    def _say(self, parts: Sequence[Part]) -> None:
        if self.voice is not None:
            self.voice.say(parts)
