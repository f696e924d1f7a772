"""What the steward sees at a glance: what waits, what was sent, what is stuck and why."""

from datetime import datetime
from typing import Any

from kivy.clock import Clock
from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.widgets.page import Page


class Figure(BoxLayout):
    """A number and what it counts."""

    number = StringProperty()
    caption = StringProperty()
    icon = StringProperty()


class StewardScreen(Page):
    """Changes nothing that a contributor said, and cannot read it."""

    server = StringProperty()
    trouble = StringProperty()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._refreshing: Any = None

    def enter(self) -> None:
        """Show how things are, and keep it up to date while it is looked at."""
        self.back_text = tr._("Quitter")
        self.next_text = tr._("Envoyer maintenant")
        self.next_icon = "cloud-arrow-up"
        self._refresh()
        if self._refreshing is None:
            self._refreshing = Clock.schedule_interval(self._refresh, 1)

    def forget(self) -> None:
        """Stop looking."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            self._refreshing = None

    def say(self) -> str:
        """The figures and the trouble."""
        figures = reversed(self.ids.figures.children)
        told = [f"{figure.caption}, {figure.number}" for figure in figures]
        return ". ".join([*told, self.server, self.trouble])

    def go_back(self) -> None:
        """Sign out."""
        self.kiosk.sign_out()

    def go_on(self) -> None:
        """Try to send at once."""
        self.kiosk.counter.send_now()

    def _refresh(self, *_: Any) -> None:
        state = self.kiosk.counter.state()
        figures = self.ids.figures
        figures.clear_widgets()
        for number, caption, icon in (
            (state.waiting, tr._("Réponses à envoyer"), "lock"),
            (state.released, tr._("Reçues par le serveur"), "cloud-check"),
            (state.quarantined, tr._("À vérifier"), "warning"),
        ):
            figures.add_widget(Figure(number=str(number), caption=caption, icon=icon))
        self.server = state.server or tr._(
            "Cet appareil n’a pas de serveur. Demandez un code à l’organisateur."
        )
        if state.last_success is not None:
            at = datetime.fromtimestamp(state.last_success)
            when = f"{tr.date(at.date())}, {tr.time(at)}"
            self.server += " · " + tr._("dernier envoi : {time}").format(time=when)
        self.trouble = state.trouble


load_beside(__file__)
