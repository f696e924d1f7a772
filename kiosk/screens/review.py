"""Every answer in the person's own words; each can be changed from here.

With a mediator this is the read-back: the same list, to be read aloud before anything is sealed.
"""

from functools import partial
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from forms.engine import Step
from kiosk.journey import Stage
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.widgets.kinds import describe
from kiosk.widgets.page import Page

LINES_AT_ONCE = 5  # as many as can be seen; the others follow, so that nobody waits for them


class Line(BoxLayout):
    """One question, its answer, and the way to change it."""

    question = StringProperty()
    answer = StringProperty()
    answered = BooleanProperty(False)
    change = ObjectProperty(None)


class ReviewScreen(Page):
    """All answers, one under the other."""

    heading = StringProperty()
    advice = StringProperty()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._left: list[Step] = []  # not yet listed, the last first
        self._adding = Clock.create_trigger(self._add_more, 0, interval=True)

    def enter(self) -> None:
        """List the answers as they stand."""
        journey = self.kiosk.journey
        self.shows_progress = True
        self.progress = 1
        self.back_text = tr._("Retour")
        if journey.stage is Stage.READ_BACK:
            self.heading = tr._("Relisez à voix haute")
            self.advice = tr._("Lisez chaque réponse. La personne dit oui, ou change.")
            self.next_text = tr._("La personne dit oui")
        else:
            self.heading = tr._("Vos réponses")
            self.advice = tr._("Relisez vos réponses. Vous pouvez encore tout changer.")
            self.next_text = tr._("C’est bon")
        self.place = self.heading
        self.ids.lines.clear_widgets()
        self._left = list(reversed(journey.review()))
        self._add_lines(LINES_AT_ONCE)
        self._adding()
        self.ids.paged.to_top()

    def forget(self) -> None:
        """Let go of the list."""
        self._left = []
        self._adding.cancel()
        self.ids.lines.clear_widgets()

    def say(self) -> str:
        """The questions with their answers."""
        self._add_lines(len(self._left))
        lines = reversed(self.ids.lines.children)
        return f"{self.heading}. " + " ".join(f"{line.question} {line.answer}." for line in lines)

    def go_on(self) -> None:
        """On, unless an answer that the form requires is missing."""
        trouble = self.kiosk.journey.reviewed()
        self.kiosk.show()
        if self.kiosk.journey.stage is Stage.QUESTION:
            self.kiosk.page.show_trouble(trouble)

    def _add_lines(self, count: int) -> None:
        for _ in range(min(count, len(self._left))):
            step = self._left.pop()
            answer = describe(step, step.value, self.kiosk.journey.attachments)
            self.ids.lines.add_widget(
                Line(
                    question=step.label,
                    answer=answer or tr._("Pas de réponse"),
                    answered=bool(answer),
                    change=partial(self._change, step.ref),
                )
            )

    def _add_more(self, *_: Any) -> bool:
        """One line a frame, for as long as there are any."""
        self._add_lines(1)
        return bool(self._left)

    def _change(self, ref: str) -> None:
        self.kiosk.journey.change(ref)
        self.kiosk.show()


load_beside(__file__)
