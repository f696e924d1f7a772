"""The mediator's place between two people: begin with the next one, or sign out."""

from kivy.properties import StringProperty

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.widgets.page import Page


class MediatorScreen(Page):
    """The session goes on; each person's agreement and receipt are their own."""

    name = StringProperty()

    def enter(self) -> None:
        """Greet the mediator."""
        account = self.kiosk.account
        self.name = account.name if account else ""
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
