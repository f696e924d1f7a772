"""A card to touch, to say that one has read or agrees."""

from typing import Any

from forms.engine import Step
from kiosk.language import tr
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.cards import CardGrid, ChoiceCard


class Triggered(Answer):
    """Trigger: one card to touch, to say that one has read or agrees."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        self.card = ChoiceCard(
            name="OK", text=tr._("J’ai lu"), mark_off="square", mark_on="check-square"
        )
        self.card.bind(on_release=self._toggle)
        grid = CardGrid(columns=(1,))
        self.bind(room=grid.setter("room"))
        grid.add_widget(self.card)
        self.add_widget(grid)
        self.card.taken = bool(value)

    def _toggle(self, *_: Any) -> None:
        self.give("" if self.value else "OK")
        self.card.taken = bool(self.value)


def describe(step: Step, value: str) -> str:
    """What the card says."""
    return tr._("J’ai lu")
