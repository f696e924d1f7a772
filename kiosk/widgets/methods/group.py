"""The base of widgets that answer a whole group of questions in one way to take part."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from kivy.properties import NumericProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from forms.engine import Kind, Section, Step
from kiosk.access.spoken import recorded
from kiosk.speech.parts import Part, in_words
from kiosk.stops import Stop
from kiosk.widgets.answer import Setting

METHOD = "parvis:method"

# The widget of a group with that method: module in kiosk.widgets.methods, and class.
GROUPS: Mapping[str, tuple[str, str]] = {
    "majority-judgment": ("judgment", "MajorityJudgment"),
    "points": ("points", "Points"),
    "criteria": ("criteria", "Criteria"),
    "for-against": ("for_against", "ForAgainst"),
    "opinion-cards": ("opinion_cards", "OpinionCard"),
}


@dataclass(frozen=True)
class Asked:
    """What is asked together.

    Attributes:
        section: the group, or the instance of a repeat.
        steps: its questions and notes, in order.
        values: what the screen should show as their answers, by path.
        setting: what stands around them.
    """

    section: Section
    steps: tuple[Step, ...]
    values: Mapping[str, str]
    setting: Setting

    @property
    def notes(self) -> tuple[Step, ...]:
        """What only tells."""
        return tuple(step for step in self.steps if step.kind is Kind.NOTE)

    @property
    def questions(self) -> tuple[Step, ...]:
        """What can be answered."""
        return tuple(
            step for step in self.steps if step.kind is not Kind.NOTE and not step.readonly
        )


class GroupAnswer(BoxLayout):
    """Base: shows the answers of a group, and dispatches `on_given` when the person gives one.

    `room` is the height that it would be good to fill; `standing` is what of it must stay in
    sight below, `heading` what of that has its place in the head line.

    Events:
        on_given: The path of a question, and its new answer as the form writes it.
    """

    room = NumericProperty(0)
    standing: Widget | None = None
    heading: Widget | None = None
    new: Widget | None = None  # what the last answer brought, to be brought into sight

    __events__ = ("on_given",)

    def __init__(self, asked: Asked, **kwargs: Any) -> None:
        super().__init__(orientation="vertical", size_hint_y=None, **kwargs)
        self.bind(minimum_height=self.setter("height"))
        self.asked = asked
        self.values = dict(asked.values)

    @property
    def introduction(self) -> str:
        """What is told under the title: the group's notes, unless the widget shows them itself."""
        return "\n".join(note.label for note in self.asked.notes)

    def renew(self, asked: Asked) -> None:
        """An answer made questions come or go: show them as they are now."""
        self.asked = asked
        self.values = dict(asked.values)

    def give(self, ref: str, value: str) -> None:
        """Take this as one of the answers."""
        self.values[ref] = value
        self.dispatch("on_given", ref, value)

    def on_given(self, ref: str, value: str) -> None:
        """The person gave this answer to that question."""

    def advance(self) -> bool:
        """Before the screen is left: show what was not seen yet, and say whether there was any."""
        return False

    def first_seen(self, ref: str) -> Widget | None:
        """What answers a question, to be brought into sight; None where nothing does."""
        return None

    def spoken(self) -> str:
        """What it says aloud, after the title and the introduction."""
        return in_words(self.spoken_parts({}))

    def spoken_parts(self, media: Mapping[str, bytes]) -> list[Part]:
        """The same as it is heard, recordings where the form has any.

        Args:
            media: the consultation's files by name.
        """
        return [recorded(step.media, step.label, media) for step in self.asked.questions]

    def leave(self) -> None:
        """The questions are left."""

    def forget(self) -> None:
        """Let go of what was answered."""
        self.values.clear()


def group_of(stop: Stop) -> Section | None:
    """The group of a stop that one of these widgets answers as a whole; None otherwise."""
    for section in stop.items[0].within:
        if section.ref == stop.key and section.attributes.get(METHOD) in GROUPS:
            return section
    return None


def group_widget(asked: Asked) -> GroupAnswer:
    """The widget for a group that `group_of` found."""
    module, name = GROUPS[asked.section.attributes[METHOD]]
    widget: GroupAnswer = getattr(import_module(f"kiosk.widgets.methods.{module}"), name)(asked)
    return widget
