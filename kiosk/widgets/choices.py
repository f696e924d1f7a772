"""Choosing one or several of a list, as cards."""

from collections.abc import Sequence
from typing import Any

from forms.engine import Choice, Step
from kiosk.theme.icons import has_icon
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.cards import CardGrid, ChoiceCard


class Chosen(Answer):
    """One or several of a list, as cards."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        self.grid = CardGrid()
        self.bind(room=self.grid.setter("room"))
        self.add_widget(self.grid)
        self.cards: dict[str, ChoiceCard] = {}
        for choice in step.choices:
            card = self._card(choice)
            card.bind(on_release=lambda card: self.choose(card.name))
            self.cards[choice.name] = card
            self.grid.add_widget(card)
        self.grid.columns = _columns(len(step.choices))
        self._show()

    def choose(self, name: str) -> None:
        """The person touched this choice."""
        raise NotImplementedError

    def _card(self, choice: Choice) -> ChoiceCard:
        icon = choice.columns.get("icon", "")
        return ChoiceCard(name=choice.name, text=choice.label, icon=icon if has_icon(icon) else "")

    def _show(self) -> None:
        taken = set(self.value.split())
        for name, card in self.cards.items():
            card.taken = name in taken


class ChosenOne(Chosen):
    """Select one: a second touch takes the choice away again."""

    def choose(self, name: str) -> None:
        """Take this choice instead of the other, or none."""
        self.give("" if self.value == name else name)
        self._show()


class ChosenSeveral(Chosen):
    """Select multiple: each touch adds or takes away, in the order of the list."""

    def _card(self, choice: Choice) -> ChoiceCard:
        card = super()._card(choice)
        card.mark_off, card.mark_on = "square", "check-square"
        return card

    def choose(self, name: str) -> None:
        """Add this choice, or take it away."""
        taken = set(self.value.split()) ^ {name}
        self.give(" ".join(other for other in self.cards if other in taken))
        self._show()


def describe(step: Step, value: str) -> str:
    """The labels of what was chosen, one a line."""
    return "\n".join(labels_of(step, value))


def labels_of(step: Step, value: str) -> list[str]:
    """The labels of the choices in an answer, in its order; the name where there is no label."""
    labels = {choice.name: choice.label for choice in step.choices}
    return [labels.get(name, name) for name in value.split()]


def _columns(count: int) -> Sequence[int]:
    """How many columns choices may stand in, the preferred first."""
    if count <= 3 or theme.width_mm < 120:
        return (1, 2, 3)
    return (2, 1, 3) if theme.width_mm < 300 else (2, 3, 1)
