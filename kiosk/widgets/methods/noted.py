"""Choices that explain themselves: a title, and after a long dash a quieter line."""

from forms.engine import Choice, Step
from kiosk.widgets.cards import ChoiceCard
from kiosk.widgets.choices import ChosenOne, labels_of
from kiosk.widgets.methods.wording import DASH, title_and_note


class NotedOne(ChosenOne):
    """Select one, each choice with what it means."""

    def _card(self, choice: Choice) -> ChoiceCard:
        card = super()._card(choice)
        card.text, card.note = title_and_note(choice.label)
        card.said = choice.label
        return card


def explains(step: Step) -> bool:
    """Whether every choice of a question says what it means."""
    return bool(step.choices) and all(DASH in choice.label for choice in step.choices)


def describe(step: Step, value: str) -> str:
    """The title of what was chosen."""
    return "\n".join(title_and_note(label)[0] for label in labels_of(step, value))
