"""What the steward sees at a glance: what waits, what was sent, what is stuck and why."""

from datetime import datetime
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.troubles import told
from kiosk.widgets.page import Page
from kiosk.widgets.touch import Action


class Figure(BoxLayout):
    """A number and what it counts."""

    number = StringProperty()
    caption = StringProperty()
    icon = StringProperty()


class CopyToStick(Action):
    """Begins the copy; there is no room for it while there is no stick."""


class StewardScreen(Page):
    """Changes nothing that a contributor said, and cannot read it."""

    server = StringProperty()
    trouble = StringProperty()
    stick_there = BooleanProperty(False)
    carried = StringProperty()
    """How the copy to a stick is doing."""

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
        return ". ".join([*told, self.server, self.trouble, self.carried])

    def go_back(self) -> None:
        """Sign out."""
        self.kiosk.sign_out()

    def go_on(self) -> None:
        """Try to send at once."""
        self.kiosk.counter.send_now()

    def carry(self) -> None:
        """Copy to the stick, and take what came back on it."""
        self.kiosk.counter.carrier.begin()
        self._refresh()

    def _carried(self) -> str:
        """How the copy is doing."""
        state = self.kiosk.counter.carrier.state
        if state.trouble:
            return told(state.trouble)
        if state.busy:
            if state.progress is None:
                return tr._("Copie en cours. Laissez la clé en place.")
            return tr._("Copie : {done} sur {of}. Laissez la clé en place.").format(
                done=state.progress.files, of=state.progress.of_files
            )
        if state.sent is None:
            return ""
        if not state.sent.contributions:
            return tr._("Rien à copier. Vous pouvez retirer la clé.")
        said: str = tr.plural(
            "{n} réponse est sur la clé. Vous pouvez la retirer.",
            "{n} réponses sont sur la clé. Vous pouvez la retirer.",
            state.sent.contributions,
        )
        return said

    def _refresh(self, *_: Any) -> None:
        carrier = self.kiosk.counter.carrier
        self.stick_there = carrier.stick() is not None and not carrier.state.busy
        self.carried = self._carried()
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
        self.trouble = told(state.trouble)


load_beside(__file__)
