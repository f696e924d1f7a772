"""Ranking: choices touched in order; once all are, moved up and down by arrows or by dragging."""

from typing import Any

from kivy.properties import StringProperty

from forms.engine import Step
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Setting
from kiosk.widgets.cards import ChoiceCard
from kiosk.widgets.choices import Chosen, labels_of
from kiosk.widgets.touch import DRAGGED, Row, Tap


class Arrow(Tap):
    """Moves a choice one place up or down."""

    icon = StringProperty()


class RankRow(Row):
    """A choice in its place, with the arrows that move it."""

    def __init__(self, card: ChoiceCard, **kwargs: Any) -> None:
        super().__init__(size_hint=(None, None), spacing=theme.gap, **kwargs)
        self.card = card
        higher, lower = tr._("Plus haut"), tr._("Plus bas")
        self.up = Arrow(icon="arrow-up", said=f"{higher}. {card.text}", of_form=card.text)
        self.down = Arrow(icon="arrow-down", said=f"{lower}. {card.text}", of_form=card.text)
        card.size_hint_x = 1
        for part in (card, self.up, self.down):
            self.add_widget(part)
        self.bind(height=lambda _, height: setattr(card, "height", height))

    def needed_height(self, width: float) -> float:
        """How high it must be to show all its words at this width."""
        return self.card.needed_height(width - 2 * (theme.target + theme.gap))


class Ranked(Chosen):
    """Rank: touched in order, the first first; the last one takes the last place itself.

    While places are given the choices stay where they are. Once all have theirs they stand in
    their order, each with arrows; a touch on one takes its place away again.
    """

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        self.rows: dict[str, RankRow] = {}
        self._shown: tuple[str, ...] = ()
        super().__init__(step, value, setting, spacing=theme.gap, **kwargs)

    @property
    def complete(self) -> bool:
        """Whether every choice has its place."""
        return len(self.value.split()) == len(self.cards) > 1

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
        self._order(order)

    def put(self, name: str, place: int) -> None:
        """Give a choice this place, from 0; the others move along."""
        order = self.value.split()
        order.remove(name)
        order.insert(max(0, place), name)
        self._order(order)

    def on_touch_down(self, touch: Any) -> bool:
        """A finger on a choice that has its place may carry it to another."""
        for name, row in self.rows.items():
            if row.card.collide_point(*touch.pos):
                touch.ud[self] = name
        return bool(super().on_touch_down(touch))

    def on_touch_move(self, touch: Any) -> bool:
        """What is carried over another takes its place at once."""
        name = touch.ud.get(self)
        if name is None or name not in self.rows:
            return bool(super().on_touch_move(touch))
        order = self.value.split()
        for place, other in enumerate(order):
            row = self.rows[other]
            if other != name and row.y <= touch.y <= row.top and row.x <= touch.x <= row.right:
                touch.ud[DRAGGED] = True
                self.put(name, place)
                break
        return True

    def _order(self, order: list[str]) -> None:
        self.give(" ".join(order))
        self._show()

    def _show(self) -> None:
        order = self.value.split()
        for name, card in self.cards.items():
            card.taken = name in order
            card.badge = str(order.index(name) + 1) if name in order else ""
        shown = tuple(order) if self.complete else ()
        if shown != self._shown:
            self._shown = shown
            self._set_up(order)

    def _set_up(self, order: list[str]) -> None:
        """The cards as they were, or in their order with arrows."""
        self.grid.clear_widgets()
        if not self.complete:
            for row in self.rows.values():
                row.clear_widgets()
            self.rows = {}
            for card in self.cards.values():
                card.size_hint = (None, None)
                self.grid.add_widget(card)
            self._arrange()
            return
        for name in order:
            if name not in self.rows:
                self.rows[name] = self._row(name)
            self.grid.add_widget(self.rows[name])
        for place, name in enumerate(order):
            row = self.rows[name]
            for arrow, usable in ((row.up, place > 0), (row.down, place < len(order) - 1)):
                arrow.disabled = not usable
                arrow.opacity = 1 if usable else 0
        self.grid.columns = (1,)

    def _row(self, name: str) -> RankRow:
        row = RankRow(self.cards[name])
        row.up.bind(on_release=lambda *_: self._step(name, -1))
        row.down.bind(on_release=lambda *_: self._step(name, 1))
        return row

    def _step(self, name: str, by: int) -> None:
        self.put(name, self.value.split().index(name) + by)


def describe(step: Step, value: str) -> str:
    """The labels in their order, numbered."""
    return "\n".join(f"{at}. {label}" for at, label in enumerate(labels_of(step, value), 1))


load_beside(__file__)
