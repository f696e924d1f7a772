"""Every answer in the person's own words; each can be changed from here.

With a mediator this is the read-back: the same list, to be read aloud before anything is sealed.
"""

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.journey import Stage
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.widgets.answers import describe
from kiosk.widgets.page import Page


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
        lines = self.ids.lines
        lines.clear_widgets()
        for step in journey.review():
            answer = describe(step, step.value)
            lines.add_widget(
                Line(
                    question=step.label,
                    answer=answer or tr._("Pas de réponse"),
                    answered=bool(answer),
                    change=lambda ref=step.ref: self._change(ref),
                )
            )
        self.ids.paged.to_top()

    def forget(self) -> None:
        """Let go of the list."""
        self.ids.lines.clear_widgets()

    def say(self) -> str:
        """The questions with their answers."""
        lines = reversed(self.ids.lines.children)
        return f"{self.heading}. " + " ".join(f"{line.question} {line.answer}." for line in lines)

    def go_on(self) -> None:
        """On, unless an answer that the form requires is missing."""
        trouble = self.kiosk.journey.reviewed()
        self.kiosk.show()
        if self.kiosk.journey.stage is Stage.QUESTION:
            self.kiosk.page.show_trouble(trouble)

    def _change(self, ref: str) -> None:
        self.kiosk.journey.change(ref)
        self.kiosk.show()


load_beside(__file__)
