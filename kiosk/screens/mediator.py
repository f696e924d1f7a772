"""The mediator's place between two people: begin with the next one, or sign out."""

from kivy.properties import StringProperty

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.widgets.page import Page
from sync.promise import Channel, allows


class MediatorScreen(Page):
    """The session goes on; each person's agreement and receipt are their own."""

    name = StringProperty()
    receipts = StringProperty()
    """What each person takes away, where the consultation gives anything."""

    def enter(self) -> None:
        """Greet the mediator."""
        account = self.kiosk.account
        self.name = account.name if account else ""
        gives = allows(Channel.RECEIPT, self.kiosk.offer.traceability)
        self.receipts = (
            tr._("Chaque personne donne son accord et garde son reçu.")
            if gives
            else tr._("Cette consultation ne donne pas de reçu.")
        )
        self.back_text = tr._("Quitter")
        self.next_text = tr._("Nouvelle personne")
        self.next_icon = "plus"

    def say(self) -> str:
        """Who is signed in."""
        return self.name

    def go_back(self) -> None:
        """Sign out."""
        self.kiosk.sign_out()

    def go_on(self) -> None:
        """Begin with the next person."""
        self.kiosk.start()


load_beside(__file__)
