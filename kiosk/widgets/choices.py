"""Choosing one or several of a list, as cards."""

from collections.abc import Sequence
from typing import Any

from forms.engine import Choice, Step
from kiosk.language import tr
from kiosk.theme.drawing import Pen
from kiosk.theme.icons import has_icon
from kiosk.theme.pictures import picture_of
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.asking import label_of
from kiosk.widgets.cards import CardGrid, ChoiceCard, UprightCard
from kiosk.widgets.touch import Action
from kiosk.widgets.words import Words


class Chosen(Answer):
    """One or several of a list, as cards, with the pictures that the form has for them.

    Appearances (XLSForm): `columns-N`, `columns`, `columns-pack` and `compact` say how many stand
    side by side, `no-buttons` leaves out what marks the choice, `likert` is a scale in one row.
    What does not fit as the form wishes stands in fewer columns.
    """

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        self.grid = CardGrid()
        self.bind(room=self.grid.setter("room"))
        self.add_widget(self.grid)
        self.cards: dict[str, ChoiceCard] = {}
        pictures = {
            choice.name: picture_of(setting.files, choice.media.get("image", ""))
            for choice in step.choices
        }
        self.pictured = any(pictures.values())
        self.scale = "likert" in step.appearance and not self.pictured and fits_in_a_row(step)
        for choice in step.choices:
            card = self._card(choice)
            card.texture = pictures[choice.name]
            card.bind(on_release=lambda card: self.choose(card.name))
            self.cards[choice.name] = card
            self.grid.add_widget(card)
        if not self.cards:
            self._say_empty()
        self._arrange()
        theme.bind(body=self._arrange)
        self._show()

    def _say_empty(self) -> None:
        """Where there must be an answer, and none can be given, somebody has to help."""
        self.spacing = theme.gap
        self.add_widget(Words(text=tr._("Il n’y a rien à choisir ici."), font_size=theme.body))
        kiosk = self.setting.kiosk
        if self.step.required and kiosk is not None:
            helps = Action(text=tr._("Demander de l’aide"), icon="hand-waving")
            helps.bind(on_release=lambda *_: kiosk.call_for_help())
            self.add_widget(helps)

    def choose(self, name: str) -> None:
        """The person touched this choice."""
        raise NotImplementedError

    def _card(self, choice: Choice) -> ChoiceCard:
        icon = choice.columns.get("icon", "")
        upright = self.pictured or self.scale
        card = (UprightCard if upright else ChoiceCard)(
            name=choice.name, text=label_of(choice), icon=icon if has_icon(icon) else ""
        )
        if {"no-buttons", "compact", "quickcompact"} & self.step.appearance:
            card.mark_off = ""
        return card

    def _arrange(self, *_: Any) -> None:
        """How many columns there may be, the preferred first."""
        count = len(self.cards)
        if not count:
            return
        wanted = wished_columns(self.step.appearance, count)
        if self.scale:
            wanted = (count, 1)
        elif self.pictured and not wanted:
            wanted = (3, 2, 4, 1) if count != 4 else (4, 2, 3, 1)
        self.grid.columns = wanted or usual_columns(count)
        if wanted:
            self.grid.narrowest = self._narrowest()

    def _narrowest(self) -> float:
        """What no card may be narrower than: its longest word, and a finger."""
        pen = Pen(theme.body, bold=True)
        words = [word for card in self.cards.values() for word in card.text.split()]
        longest = max((pen.measure(word) for word in words), default=0.0)
        upright = self.pictured or self.scale
        card = next(iter(self.cards.values()))
        beside = card.inset * 2 if upright else card.beside
        return float(max(theme.target, longest + beside + theme.mm(0.5)))

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
        if card.mark_off:
            card.mark_off = "square"
        card.mark_on = "check-square"
        return card

    def choose(self, name: str) -> None:
        """Add this choice, or take it away."""
        taken = set(self.value.split()) ^ {name}
        self.give(" ".join(other for other in self.cards if other in taken))
        self._show()


def fits_in_a_row(step: Step) -> bool:
    """Whether all choices stand beside each other, their words whole, on this page."""
    pen = Pen(theme.body, bold=True)
    words = [word for choice in step.choices for word in choice.label.split()]
    longest = max((pen.measure(word) for word in words), default=0.0) + theme.mm(4.5)
    each = max(theme.target, longest) + theme.gap
    page = min(theme.mm(theme.width_mm) - 2 * theme.margin, theme.mm(330))
    return bool(each * len(step.choices) <= page - theme.target)


def wished_columns(appearance: frozenset[str], count: int) -> tuple[int, ...]:
    """The numbers of columns that the form wishes, the most first; none where it does not say."""
    for name in appearance:
        head, _, number = name.partition("-")
        if head in {"columns", "compact", "quickcompact"} and number.isdigit() and int(number):
            return tuple(range(min(int(number), count), 0, -1))
    if appearance & {"columns-pack", "compact", "quickcompact", "horizontal", "horizontal-compact"}:
        return tuple(range(min(6, count), 0, -1))
    if "columns" in appearance:
        return tuple(range(min(3, count), 0, -1))
    return ()


def usual_columns(count: int) -> Sequence[int]:
    """How many columns choices may stand in, the preferred first."""
    if count <= 3 or theme.width_mm < 120:
        return (1, 2, 3)
    return (2, 1, 3) if theme.width_mm < 300 else (2, 3, 1)


def describe(step: Step, value: str) -> str:
    """The labels of what was chosen, one a line."""
    return "\n".join(labels_of(step, value))


def labels_of(step: Step, value: str) -> list[str]:
    """The labels of the choices in an answer, in its order; the name where there is no label."""
    chosen = value.split()
    wanted = set(chosen)
    labels = {choice.name: label_of(choice) for choice in step.choices if choice.name in wanted}
    return [labels.get(name) or name for name in chosen]
