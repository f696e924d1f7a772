"""What the mediator says to the person before anything else, and whether the person agrees."""

from kivy.properties import ObjectProperty, StringProperty

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.widgets.page import Page
from sync.contribution import Given

WORDING = "2026-1"


class AgreementScreen(Page):
    """To be read aloud; the agreement is recorded, who the person is is not."""

    title = StringProperty()
    wording = StringProperty()
    notice = ObjectProperty(None, allownone=True)

    def enter(self) -> None:
        """Show the words in the person's language."""
        self.back_text = tr._("La personne refuse")
        self.next_text = tr._("La personne accepte")
        self.next_icon = "check"
        notice = self.kiosk.offer.notice(tr.language)
        self.title = tr._("Lisez ceci à la personne")
        self.wording = "\n".join(
            (
                tr._("{organiser} vous demande votre avis. Le sujet : {title}").format(
                    organiser=notice.who, title=self.kiosk.offer.title(tr.language)
                ),
                tr._("Je vous aide à répondre. C’est vous qui décidez."),
                tr._("Je note votre accord, et l’aide que je vous donne."),
                tr._("Je ne note pas votre nom. Vous pouvez arrêter à tout moment."),
                tr._("Êtes-vous d’accord ?"),
            )
        )

    def say(self) -> str:
        """The words themselves."""
        return self.wording

    def go_back(self) -> None:
        """The person does not agree: nothing was asked, nothing is kept."""
        self.kiosk.erase()

    def go_on(self) -> None:
        """The person said yes."""
        self.kiosk.journey.agree(Given.SPOKEN, WORDING)
        self.kiosk.show()


load_beside(__file__)
