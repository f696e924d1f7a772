"""What the mediator says to the person before anything else, and whether the person agrees."""

from kivy.properties import ObjectProperty, StringProperty

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.widgets.page import Page
from sync.contribution import Given

WORDING = "2026-2"
WORDING_WITH_NAME = f"{WORDING}-name"
"""Where the form may ask who somebody is, nobody is told that it is not noted."""


class AgreementScreen(Page):
    """To be read aloud; what is said of the name is true of the form at hand."""

    title = StringProperty()
    wording = StringProperty()
    notice = ObjectProperty(None, allownone=True)

    def enter(self) -> None:
        """Show the words in the person's language."""
        self.back_text = tr._("La personne refuse")
        self.next_text = tr._("La personne accepte")
        self.next_icon = "check"
        notice = self.kiosk.offer.notice(tr.language)
        named = self.kiosk.offer.asks_identity
        self.title = tr._("Lisez ceci à la personne")
        self.wording = "\n".join(
            (
                tr._("{organiser} vous demande votre avis. Le sujet : {title}").format(
                    organiser=notice.who, title=self.kiosk.offer.title(tr.language)
                ),
                tr._("Je vous aide à répondre. C’est vous qui décidez."),
                tr._("Je note votre accord, et l’aide que je vous donne."),
                tr._("Des questions peuvent demander qui vous êtes.")
                if named
                else tr._("Je ne note pas votre nom."),
                tr._("Vous pouvez arrêter à tout moment."),
                tr._("Êtes-vous d’accord ?"),
            )
        )

    def say(self) -> str:
        """The words themselves."""
        return self.wording

    def go_back(self) -> None:
        """The person does not agree: nothing is kept; answers from before are asked about."""
        self.kiosk.leave()

    def go_on(self) -> None:
        """The person said yes."""
        wording = WORDING_WITH_NAME if self.kiosk.offer.asks_identity else WORDING
        self.kiosk.journey.agree(Given.SPOKEN, wording)
        self.kiosk.show()


load_beside(__file__)
