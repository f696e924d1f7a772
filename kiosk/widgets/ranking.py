"""Ranking: choices put in an order."""

from forms.engine import Step
from kiosk.widgets.choices import Chosen, labels_of


class Ranked(Chosen):
    """Rank: touched in order, the first first; the last one takes the last place itself."""

    def choose(self, name: str) -> None:
        """Give this choice the next place, or take its place away from it."""
        order = self.value.split()
        if name in order:
            order.remove(name)
        else:
            order.append(name)
            remaining = [other for other in self.cards if other not in order]
            if len(remaining) == 1:
                order += remaining
        self.give(" ".join(order))
        self._show()

    def _show(self) -> None:
        order = self.value.split()
        for name, card in self.cards.items():
            card.taken = name in order
            card.badge = str(order.index(name) + 1) if name in order else ""


def describe(step: Step, value: str) -> str:
    """The labels in their order, numbered."""
    return "\n".join(f"{at}. {label}" for at, label in enumerate(labels_of(step, value), 1))
