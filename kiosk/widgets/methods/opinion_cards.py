"""Opinion cards: one proposal after the other; for, against or neither, and why."""

from collections.abc import Mapping
from typing import Any

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from forms.engine import Choice, Kind, Step
from kiosk.access.spoken import choices_of, recorded
from kiosk.kv import load_beside
from kiosk.speech.parts import Part
from kiosk.theme.drawing import Pen
from kiosk.theme.icons import has_icon
from kiosk.theme.pictures import picture_of
from kiosk.theme.theme import theme
from kiosk.widgets.cards import CardGrid
from kiosk.widgets.methods.group import Asked, GroupAnswer
from kiosk.widgets.touch import Tap


class Proposal(BoxLayout):
    """The card itself: a few words in large letters, over them its picture where there is one."""

    text = StringProperty()
    texture = ObjectProperty(None, allownone=True)


class Opinion(Tap):
    """One thing to say of the card: large for an opinion, smaller for a reason."""

    name = StringProperty()
    text = StringProperty()
    icon = StringProperty()
    taken = BooleanProperty(False)
    several = BooleanProperty(False)  # one of several that may be said

    @property
    def least_width(self) -> float:
        """How wide it must be not to break a word."""
        measure = Pen(self.ids.words.font_size, bold=True).measure
        longest = max((measure(word) for word in self.text.split()), default=0.0)
        return float(longest + self._beside + theme.mm(1))

    @property
    def _beside(self) -> float:
        picture = self.ids.sign.width + self.spacing
        return float(self.padding[0] + self.padding[2] + picture)

    def needed_height(self, width: float) -> float:
        """As high as its words at this width."""
        inner = width - self._beside
        return max(float(theme.target), self.ids.words.height_at(max(1.0, inner)) + theme.mm(3))


class OpinionGrid(CardGrid):
    """Opinions or reasons side by side, where their longest word has room."""

    def do_layout(self, *args: Any) -> None:
        """Find how narrow one may be, then lay out."""
        self.narrowest = max((card.least_width for card in self.children), default=0)
        super().do_layout(*args)


class Opinions(BoxLayout):
    """The choices of one question about the card."""

    text = StringProperty()

    def __init__(self, step: Step, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.step = step
        several = step.kind is Kind.SELECT_MULTIPLE
        count = len(step.choices)
        columns = (count, 2, 1) if count <= 3 else (3, 2, 1)
        self.grid = OpinionGrid(columns=columns)
        self.cards = {choice.name: _opinion(choice, several) for choice in step.choices}
        for card in self.cards.values():
            self.grid.add_widget(card)
        self.add_widget(self.grid)

    def show(self, value: str) -> None:
        """Mark what was said."""
        taken = value.split()
        for name, card in self.cards.items():
            card.taken = name in taken


class OpinionCard(GroupAnswer):
    """An instance of a repeat, whose read-only select shows the card.

    The first question is the opinion; those that follow are reasons, where the form has them.
    """

    def __init__(self, asked: Asked, **kwargs: Any) -> None:
        super().__init__(asked, **kwargs)
        self.spacing = theme.gap
        shown = _card(asked.steps)
        picture = shown.media.get("image", "") if shown else ""
        self.proposal = Proposal(
            text=shown.label if shown else "", texture=picture_of(asked.setting.files, picture)
        )
        self.add_widget(self.proposal)
        self.parts: dict[str, Opinions] = {}
        self._bring(asked)

    @property
    def introduction(self) -> str:
        """The card's own words are the screen's."""
        return ""

    def renew(self, asked: Asked) -> None:
        """Reasons come and go with the opinion."""
        super().renew(asked)
        self._bring(asked)

    def choose(self, ref: str, name: str) -> None:
        """Say this of the card, or take it back."""
        step, value = self.parts[ref].step, self.values.get(ref, "")
        if step.kind is Kind.SELECT_MULTIPLE:
            taken = set(value.split()) ^ {name}
            self.give(ref, " ".join(other.name for other in step.choices if other.name in taken))
        else:
            self.give(ref, "" if value == name else name)
        self.parts[ref].show(self.values[ref])

    def first_seen(self, ref: str) -> Widget | None:
        """The choices of a question."""
        return self.parts.get(ref)

    def spoken_parts(self, media: Mapping[str, bytes]) -> list[Part]:
        """The card, and what can be said of it."""
        told = _card(self.asked.steps)
        said = [recorded(told.media, told.label, media)] if told is not None else []
        for part in self.parts.values():
            said.append(recorded(part.step.media, part.step.label, media))
            said += choices_of(part.step, media)
        return said

    def forget(self) -> None:
        """Let go of what was answered."""
        super().forget()
        for part in self.parts.values():
            part.show("")

    def _bring(self, asked: Asked) -> None:
        steps = {step.ref: step for step in asked.questions}
        for gone in [ref for ref in self.parts if ref not in steps]:
            self.remove_widget(self.parts.pop(gone))
        for place, (ref, step) in enumerate(steps.items()):
            if ref not in self.parts:
                part = Opinions(step, text=step.label if place else "")
                for card in part.cards.values():
                    card.bind(on_release=lambda card, ref=ref: self.choose(ref, card.name))
                self.parts[ref] = part
                self.add_widget(part)
                self.new = part if place else None
            self.parts[ref].show(asked.values.get(ref, ""))


def _opinion(choice: Choice, several: bool) -> Opinion:
    icon = choice.columns.get("icon", "")
    icon = icon if has_icon(icon) else ""
    return Opinion(name=choice.name, text=choice.label, icon=icon, several=several)


def _card(steps: tuple[Step, ...]) -> Choice | Step | None:
    """What a read-only select shows as chosen; else the first note."""
    for step in steps:
        if step.readonly and step.kind is Kind.SELECT_ONE:
            return next((choice for choice in step.choices if choice.name == step.value), None)
    return next((step for step in steps if step.kind is Kind.NOTE), None)


load_beside(__file__)
