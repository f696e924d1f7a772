"""A group of questions that one way to take part asks together: one widget answers them all."""

from collections.abc import Sequence
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from forms.engine import Verdict
from kiosk.access.spoken import recorded
from kiosk.journey import Stage
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.pause import pause
from kiosk.speech.parts import Part, Speech
from kiosk.theme.theme import theme
from kiosk.widgets import asking as asking  # its kv rules draw with it
from kiosk.widgets.answer import Setting
from kiosk.widgets.asking import objection
from kiosk.widgets.asking_page import AskingPage
from kiosk.widgets.methods.group import Asked, GroupAnswer, group_of, group_widget


class MethodScreen(AskingPage):
    """One screen for all such groups, reused by changing what is on it."""

    heading = StringProperty()
    introduction = StringProperty()
    trouble = StringProperty()
    answer = ObjectProperty(None, allownone=True)
    briefs = BooleanProperty(False)  # on a small panel, what is told has a page for itself

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._shown = ("", "")  # the group and the language that are on the screen
        self._seen = False  # whether the end of the page was seen
        self._briefed: set[str] = set()  # introductions that had their page
        self._look_soon = Clock.create_trigger(self._look, 0)
        self._renew_soon = Clock.create_trigger(self._renew, -1)
        theme.bind(body=self._text_size_changed, px_per_mm=self._text_size_changed)
        self.ids.head_words.bind(height=self._settle_room)
        self.ids.paged.bind(viewport=self._settle_room, more_below=self._more_changed)

    def enter(self) -> None:
        """Show the group that the journey stands at."""
        journey = self.kiosk.journey
        self.say_where()
        self.trouble = ""
        if self._shown != (journey.ref, tr.language):
            self._shown = (journey.ref, tr.language)
            self._seen = False
            self._put(self._asked())
            self.ids.paged.to_top()
        else:
            self._renew()
        self._name_next()

    def forget(self) -> None:
        """No word of any answer remains in any widget."""
        if self.answer is not None:
            self.answer.forget()
        self._take_away()
        self.heading = self.introduction = self.group = self.trouble = ""
        self._shown = ("", "")
        self._briefed.clear()

    def say(self) -> str:
        """The title, what is told, and the questions."""
        spoken = self.answer.spoken() if self.answer and not self.briefs else ""
        parts = (self.trouble, self.heading, self.introduction, spoken)
        return ". ".join(part for part in parts if part)

    def spoken(self) -> Sequence[Part]:
        """The same as it is heard, with where it stands among the others."""
        place = (Speech(text, tr.language) for text in (self.place, self.trouble))
        media = self.kiosk.offer.consultation.media
        told: list[Part] = [Speech(self.group, tr.asked), Speech(self.heading, tr.asked)]
        if self.answer is not None and self.introduction:
            told += [recorded(note.media, note.label, media) for note in self.answer.asked.notes]
        if self.answer is not None and not self.briefs:
            told += self.answer.spoken_parts(media)
        return [*place, *told]

    def go_further(self) -> None:
        """From what is told to what is asked, through all of it, and to the next stop."""
        if self.briefs:
            self._briefed.add(self.introduction)
            self._shown = ("", "")
            self.kiosk.show()
            return
        if self.answer is not None and self.answer.advance():
            pause.changed()
            self.ids.paged.to_top()
            return
        super().go_further()

    def refused(self, _: Verdict) -> None:
        """Say it above, and show what it is about."""
        self._show_objections()

    def show_trouble(self, message: str) -> None:
        """The review sent back here: say what is missing."""
        self.kiosk.journey.way.settle()
        self._show_objections()
        self.trouble = self.trouble or message
        if self.briefs:
            self.go_on()

    # --- the widget ---------------------------------------------------------------------------

    def _asked(self) -> Asked:
        way = self.kiosk.journey.way
        section = group_of(way.stop)
        assert section is not None, f"{way.ref} has no way to take part"
        steps = tuple(way.step(place.ref) for place in way.stop.places)
        media = self.kiosk.offer.consultation.media
        return Asked(
            section,
            steps,
            {step.ref: way.value(step.ref) for step in steps},
            Setting(self.kiosk.today(), tr.language, media, kiosk=self.kiosk),
        )

    def _put(self, asked: Asked) -> None:
        self._take_away()
        self.answer = group_widget(asked)
        told = self.answer.introduction
        self.briefs = bool(theme.compact and told and told not in self._briefed)
        self._name_group()
        self.introduction = told if self.briefs or not theme.compact else ""
        self.answer.bind(on_given=self._given)
        if self.briefs:
            return
        if self.answer.standing is not None:
            self.ids.below.add_widget(self.answer.standing)
        self.ids.paged.add_widget(self.answer)
        Clock.schedule_once(self._settle_room, -1)

    def _name_group(self) -> None:
        """On a small panel, larger letters and what stays in sight leave no room for the title."""
        untitled = theme.cramped and not self.briefs and self.answer.standing is not None
        section = self.answer.asked.section
        self.heading = "" if section.repeat or untitled else section.label

    def _take_away(self) -> None:
        if self.answer is not None:
            self.answer.leave()
            if self.answer.parent is not None:
                self.answer.parent.remove_widget(self.answer)
            self.ids.below.clear_widgets()
            self.answer = None

    def _given(self, _: GroupAnswer, ref: str, value: str) -> None:
        """An answer: what depends on it in this group follows at once."""
        way = self.kiosk.journey.way
        way.hold(value, ref)
        way.try_held(ref)
        self.trouble = ""
        self._renew_soon()

    def _renew(self, *_: Any) -> None:
        if self.answer is not None and self.kiosk.journey.stage is Stage.TOGETHER:
            self.answer.renew(self._asked())
            self._name_next()
            if self.answer.new is not None:
                Clock.schedule_once(self._show_new, 0)

    def _show_new(self, *_: Any) -> None:
        """What an answer brought is shown at once."""
        if self.answer is not None and self.answer.new is not None:
            self.ids.paged.bring_into_sight(self.answer.new)
            self.answer.new = None

    def _show_objections(self) -> None:
        objections = self.kiosk.journey.way.objections
        for ref, verdict in objections.items():
            self.trouble = objection(verdict)
            self.kiosk.ear.say_words(self.trouble)
            place = self.answer.first_seen(ref) if self.answer else None
            if place is not None:
                self.ids.paged.bring_into_sight(place)
            else:
                self.ids.paged.to_top()
            break

    def _more_changed(self, *_: Any) -> None:
        self._look_soon()
        self._name_next()

    def _look(self, *_: Any) -> None:
        """Once the page is laid out: before that, it ends where the one before was taken away."""
        paged = self.ids.paged
        if self.kiosk.page is self and paged.overflows and not paged.more_below:
            self._seen = True
            self._name_next()

    def _name_next(self) -> None:
        """Nobody should pass over what they have not seen: that comes first."""
        self.shows_more = self.ids.paged.more_below and not self._seen
        more = self.shows_more
        self.next_text = tr._("Voir la suite") if more else tr._("Suivant")
        self.next_icon = "arrow-down" if more else "arrow-right"
        self.next_primary = True

    def _text_size_changed(self, *_: Any) -> None:
        if self.answer is not None:
            self._name_group()
        self._settle_room()

    def _settle_room(self, *_: Any) -> None:
        if self.answer is not None:
            words = self.ids.head_words.height + theme.gap
            self.answer.room = max(0, self.ids.paged.viewport - words)


load_beside(__file__)
