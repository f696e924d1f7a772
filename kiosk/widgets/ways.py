"""The ways to answer a question that wants a picture, a voice or a file."""

from typing import Any

from forms.engine import Kind, Step
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Setting
from kiosk.widgets.cards import CardGrid, ChoiceCard
from kiosk.widgets.upload import MEANS, Uploaded, take_way, ways_here

HELP = "help"


class WaysMenu(Uploaded):
    """One card for each way that this device has, and one to call somebody."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        self.ids.why.text = self.why()
        self.grid = CardGrid(columns=(2, 1))
        self.cards: dict[str, ChoiceCard] = {}
        for way in ways_here(step, self.equipment):
            self._add(way, MEANS[way].words(), MEANS[way].icon)
        if not theme.compact:  # there the tool above is enough
            self._add(HELP, tr._("Demander de l’aide"), "hand-waving")
        self.add_widget(self.grid)
        self.bind(room=self._settle)
        self.ids.why.bind(height=self._settle)

    def why(self) -> str:
        """Why one has to choose, in a sentence."""
        lacks = {
            Kind.IMAGE: tr._("Choisissez comment répondre."),
            Kind.AUDIO: tr._("Il n’y a pas de micro ici. Choisissez comment répondre."),
            Kind.VIDEO: tr._("On ne peut pas filmer ici. Choisissez comment répondre."),
            Kind.FILE: tr._("Vous n’avez pas de fichier ici. Choisissez comment répondre."),
        }
        there = {Kind.AUDIO: self.equipment.recorder, Kind.VIDEO: self.equipment.camera}
        if there.get(self.step.kind) is not None:
            return lacks[Kind.IMAGE]
        return lacks[self.step.kind]

    def choose(self, way: str) -> None:
        """Answer in this way."""
        if way != HELP:
            take_way(self.step, way, self.setting)
        elif self.setting.kiosk is not None:
            self.setting.kiosk.call_for_help()

    def spoken(self) -> str:
        """Why, and the ways."""
        return ". ".join((self.ids.why.text, *(card.text for card in self.cards.values())))

    def _add(self, name: str, words: str, icon: str) -> None:
        card = ChoiceCard(name=name, text=words, icon=icon, mark_off="", mark_on="")
        card.bind(on_release=lambda card: self.choose(card.name))
        self.cards[name] = card
        self.grid.add_widget(card)

    def _settle(self, *_: Any) -> None:
        self.grid.room = max(0.0, self.room - self.ids.why.height - self.spacing)


load_beside(__file__)
