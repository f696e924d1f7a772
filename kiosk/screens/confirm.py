"""What happens next, in one sentence; then it is sealed."""

from kivy.properties import StringProperty

from forms.engine import Unfinished
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.widgets.ask import Option
from kiosk.widgets.page import Page
from sync.consultation import Traceability
from sync.errors import SyncError


class ConfirmScreen(Page):
    """The last touch before the contribution can no longer be changed."""

    heading = StringProperty()
    sentence = StringProperty()
    follow = StringProperty()
    """How far the receipt can be followed, by whoever holds it."""

    def enter(self) -> None:
        """Say what confirming does."""
        self.heading = tr._("Envoyer vos réponses ?")
        self.sentence = tr._(
            "Après, vous ne pourrez plus les changer. Cet appareil ne pourra plus les lire."
        )
        self.follow = {
            Traceability.INCLUSION: tr._(
                "Votre reçu prouve que votre avis compte. Il ne dit pas ce que vous avez répondu."
            ),
            Traceability.FULL: tr._(
                "Vos réponses peuvent être publiées. La personne qui a votre reçu peut alors les"
                " retrouver. Gardez-le pour vous."
            ),
            Traceability.NONE: tr._(
                "Vous n’aurez pas de reçu. Ainsi, personne ne peut s’en servir pour retrouver vos"
                " réponses."
            ),
        }[self.kiosk.offer.traceability]
        self.back_text = tr._("Retour")
        self.next_text = tr._("J’envoie")
        self.next_icon = "paper-plane-tilt"

    def say(self) -> str:
        """The question and the sentences."""
        return f"{self.heading} {self.sentence} {self.follow}"

    def go_on(self) -> None:
        """Seal and store; the receipt is shown only when that is durable."""
        try:
            self.kiosk.journey.confirm()
        except Unfinished:  # the form asks for something else by now, as one that looks at the hour
            self.kiosk.reviewed()
            return
        except SyncError as error:
            self.kiosk.counter.report(error)
            self.kiosk.ask(
                tr._("Vos réponses ne sont pas encore enregistrées"),
                tr._("Vos réponses sont toujours là. Demandez de l’aide à l’accueil."),
                [
                    Option(tr._("J’essaie encore"), self._again, primary=True),
                    Option(tr._("Retour"), self.kiosk.dismiss),
                ],
                icon="warning",
            )
            return
        self.kiosk.show()

    def _again(self) -> None:
        self.kiosk.dismiss()
        self.go_on()


load_beside(__file__)
