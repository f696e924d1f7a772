"""Which language: each written in itself."""

from collections.abc import Sequence
from typing import Any

from kiosk.kv import load_beside
from kiosk.language import own_name, tr
from kiosk.speech.parts import Part, Speech
from kiosk.widgets.cards import ChoiceCard
from kiosk.widgets.page import Page


class LanguageScreen(Page):
    """One touch chooses the language and goes on."""

    def enter(self) -> None:
        """Offer the languages of this consultation."""
        self.back_text = tr._("Retour")
        grid = self.ids.grid
        grid.clear_widgets()
        for code in self.kiosk.offer.languages:
            card = ChoiceCard(name=code, text=own_name(code), mark_off="", spoken_language=code)
            card.bind(on_release=self._choose)
            grid.add_widget(card)

    def say(self) -> str:
        """Each language's name."""
        return ", ".join(own_name(code) for code in self.kiosk.offer.languages)

    def spoken(self) -> Sequence[Part]:
        """Each by its own voice."""
        return [Speech(own_name(code), code) for code in self.kiosk.offer.languages]

    def _choose(self, card: Any) -> None:
        self.kiosk.journey.language_chosen()
        self.kiosk.speak_language(card.name)
        self.kiosk.show()


load_beside(__file__)
