"""What all screens among the questions share: where one stands, more first, and then on."""

from typing import Any

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from forms.engine import Outcome, Verdict
from kiosk.language import tr
from kiosk.widgets.asking import whereabouts
from kiosk.widgets.page import Page


class AskingPage(Page):
    """A screen among the questions.

    `group` says what the questions are about. While `shows_more`, the button that leads on leads
    down the page: nobody should pass over what they have not seen. What an `answer` keeps in the
    head line stands there instead of where one is.
    """

    answer = ObjectProperty(None, allownone=True)
    group = StringProperty()
    shows_more = BooleanProperty(False)

    def say_where(self) -> None:
        """Tell how far along the person is, in which groups, and how to come back."""
        journey = self.kiosk.journey
        at, of = journey.place()
        self.shows_progress = True
        self.progress = at / of
        self.place = tr._("Question {n} sur {total}").format(n=at, total=of)
        self.group = whereabouts(journey.way)
        self.back_text = tr._("Retour")

    def on_answer(self, _: Any, answer: Any) -> None:
        """Give the head line to what the answer keeps in sight there."""
        aside = self.ids.aside
        aside.clear_widgets()
        heading = getattr(answer, "heading", None)
        if heading is not None:
            aside.add_widget(heading)
        self.headed = heading is not None

    def go_on(self) -> None:
        """Down the page, as long as there is more; then to what comes next."""
        if self.shows_more:
            self.ids.paged.turn(1)
        else:
            self.go_further()

    def go_further(self) -> None:
        """To the next stop, if the form has nothing against what is answered here."""
        if self.stays_for_unfinished():
            return
        verdict = self.kiosk.journey.next()
        if verdict.outcome is Outcome.OK:
            self.kiosk.show()
        else:
            self.refused(verdict)

    def stays_for_unfinished(self) -> bool:
        """Whether an answer that was begun would be lost by going on; says which."""
        return False

    def refused(self, verdict: Verdict) -> None:
        """Say what the form has against it."""
