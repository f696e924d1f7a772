"""What it is about: who asks, why, what becomes of it, what is kept and for how long."""

from collections.abc import Sequence

from kivy.properties import NumericProperty, StringProperty

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.speech.parts import Part, Speech
from kiosk.widgets.page import Page
from kiosk.widgets.touch import Row


class Point(Row):
    """An icon, a heading, and a sentence or two."""

    icon = StringProperty()
    heading = StringProperty()
    text = StringProperty()
    air = NumericProperty(0)  # above and below it, and twice as much after its lines, in pixels

    def needed_height(self, width: float) -> float:
        """How high it is at this width."""
        inner = width - self.ids.badge.width - self.spacing - 2 * self.air
        words = self.ids.heading.height_at(inner) + self.ids.words.height_at(inner)
        return max(words, self.ids.badge.height) + 2 * self.air


OWN_WORDS = "translate"  # the icon of the point that the interface makes itself


class NoticeScreen(Page):
    """Short, in easy language; can be heard."""

    title = StringProperty()

    def enter(self) -> None:
        """Show the notice in the person's language."""
        self.back_text = tr._("Retour")
        arguments = self.kiosk.offer.arguments(tr.language)
        self.next_text = tr._("Suivant") if arguments else tr._("Je commence")
        self.title = self.kiosk.offer.title(tr.language)
        notice = self.kiosk.offer.notice(tr.language)
        self.ids.paged.to_top()
        points = self.ids.points
        points.clear_widgets()
        asked_in = self.kiosk.asked_in
        for icon, heading, text in (
            (
                OWN_WORDS,
                tr._("Langue des questions : {language}").format(language=asked_in),
                tr._("Vous pouvez répondre dans votre langue.") if asked_in else "",
            ),
            ("bank", tr._("Qui vous demande votre avis ?"), notice.who),
            ("question", tr._("Pourquoi ?"), notice.why),
            ("chat-circle-text", tr._("À quoi serviront vos réponses ?"), notice.becomes),
            ("lock", tr._("Que gardons-nous ?"), notice.kept),
        ):
            if text:
                points.add_widget(Point(icon=icon, heading=heading, text=text))

    def say(self) -> str:
        """The whole notice."""
        points = reversed(self.ids.points.children)
        return ". ".join((self.title, *(f"{point.heading} {point.text}" for point in points)))

    def spoken(self) -> Sequence[Part]:
        """The same, each in its own language: the notice may be in another than the person's."""
        said = [Speech(self.title, tr.asked)]
        for point in reversed(self.ids.points.children):
            own = point.icon == OWN_WORDS
            said.append(Speech(point.heading, tr.language))
            said.append(Speech(point.text, tr.language if own else tr.asked))
        return said

    def go_on(self) -> None:
        """To the cards for and against, or to the first question."""
        self.kiosk.journey.notice_read()
        self.kiosk.show()


load_beside(__file__)
