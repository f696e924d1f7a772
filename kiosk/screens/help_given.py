"""How much help was given: recorded, so that analysis can tell whether help changed answers."""

from typing import Any

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.widgets.cards import ChoiceCard
from kiosk.widgets.page import Page
from sync.contribution import Help


class HelpGivenScreen(Page):
    """Several may be true; none is an answer too."""

    def enter(self) -> None:
        """Show what was chosen so far."""
        self.back_text = tr._("Retour")
        self.next_text = tr._("Suivant")
        grid = self.ids.grid
        grid.clear_widgets()
        chosen = self.kiosk.journey.assistance.help
        for kind, text, icon in (
            (Help.TECHNICAL, tr._("Toucher l’écran, écrire au clavier"), "device-tablet"),
            (Help.READING, tr._("Lire les questions"), "book-open"),
            (Help.WORDING, tr._("Trouver les mots"), "chat-circle-text"),
            (Help.TRANSLATION, tr._("Traduire"), "translate"),
        ):
            card = ChoiceCard(
                name=kind.value,
                text=text,
                icon=icon,
                mark_off="square",
                mark_on="check-square",
                taken=kind in chosen,
            )
            card.bind(on_release=self._toggle)
            grid.add_widget(card)

    def say(self) -> str:
        """The question."""
        return tr._("Quelle aide avez-vous donnée ?")

    def go_on(self) -> None:
        """To the confirmation."""
        self.kiosk.journey.helped()
        self.kiosk.show()

    def _toggle(self, card: Any) -> None:
        self.kiosk.journey.assistance.help ^= {Help(card.name)}
        card.taken = not card.taken


load_beside(__file__)
