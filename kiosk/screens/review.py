"""Every answer in the person's own words; each can be changed from here.

With a mediator this is the read-back: the same list, to be read aloud before anything is sealed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from forms.engine import Place, Repetition, Step
from kiosk.journey import Stage
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.speech.parts import Part, Speech
from kiosk.subjects import subjects
from kiosk.widgets.asking import name_of, question_of
from kiosk.widgets.kinds import describe
from kiosk.widgets.page import Page
from kiosk.widgets.paged import Hanging
from kiosk.widgets.thumbnail import thumbnail
from kiosk.widgets.touch import Row

LINES_READY = 6  # as many as can be seen, made while nobody is there
LINES_KEPT = 60  # used again for the next person, without their words


class Line(BoxLayout):
    """One question, its answer, and the way to change it."""

    question = StringProperty()
    about = StringProperty()
    """What the question is about, where it stands over several."""
    quoted = StringProperty()
    """The same, where nothing else says it."""
    answer = StringProperty()
    answered = BooleanProperty(False)
    change = ObjectProperty(None, allownone=True)
    picture = ObjectProperty(None, allownone=True)  # a texture


class Answers(Hanging):
    """Lines one under the other: one more moves none of those that are there.

    On whole pixels: a sum's last digits differ with each line, and would move them all.
    """

    def _iterate_layout(self, sizes: Any) -> Iterator[tuple[Any, ...]]:
        for index, x, y, width, height in super()._iterate_layout(sizes):
            yield index, x, round(y), width, height


class Chapter(Row):
    """The name of a group, of one of several alike things, or of their list."""

    text = StringProperty()
    change = ObjectProperty(None, allownone=True)


@dataclass(frozen=True)
class Heading:
    """What stands over some answers.

    Attributes:
        text: its words.
        change: the path of the list that it is the head of; "" where it heads a group.
    """

    text: str
    change: str = ""


class ReviewScreen(Page):
    """All answers, one under the other."""

    heading = StringProperty()
    advice = StringProperty()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._all: list[Step | Heading] = []
        self._left: list[Step | Heading] = []  # of these, not yet listed, the last first
        self._subjects: Mapping[str, str] = {}
        self._spare = [Line() for _ in range(LINES_READY)]
        self._adding = Clock.create_trigger(self._add_more, 0, interval=True)

    def enter(self) -> None:
        """List the answers as they stand."""
        journey = self.kiosk.journey
        self.shows_progress = True
        self.progress = 1
        self.back_text = tr._("Retour")
        if journey.stage is Stage.READ_BACK:
            self.heading = tr._("Relisez à voix haute")
            self.advice = tr._("Lisez chaque réponse. La personne dit oui, ou change.")
            self.next_text = tr._("La personne dit oui")
        else:
            self.heading = tr._("Vos réponses")
            self.advice = tr._("Relisez vos réponses. Vous pouvez encore tout changer.")
            self.next_text = tr._("C’est bon")
        self.place = self.heading
        self._clear()
        outline = journey.outline()
        freely = (one.ref for one in outline if isinstance(one, Repetition) and one.may_add)
        self._subjects = subjects(journey.steps(), freely)
        self._all = list(chapters(outline, journey.review(), self._subjects))
        self._left = self._all[::-1]
        self._add_lines(1)  # the others follow, one a frame, so that nobody waits for them
        self._adding()
        self.ids.paged.to_top()

    def forget(self) -> None:
        """Let go of the list."""
        self._all = self._left = []
        self._subjects = {}
        self._adding.cancel()
        self._clear()

    def say(self) -> str:
        """The questions with their answers, whether they are on the screen yet or not."""
        said = (
            f"{item.text}."
            if isinstance(item, Heading)
            else f"{self._asked(item)} {self._told(item) or _nothing()}."
            for item in self._all
        )
        return f"{self.heading}. " + " ".join(said)

    def spoken(self) -> Sequence[Part]:
        """The same as it is heard: what stands in the form in the form's language."""
        said = [Speech(self.heading, tr.language)]
        for item in self._all:
            if isinstance(item, Heading):
                said.append(Speech(item.text, tr.asked))
                continue
            answer = self._told(item)
            said.append(Speech(self._asked(item), tr.asked))
            of_form = bool(answer and item.choices)
            said.append(Speech(answer or _nothing(), tr.asked if of_form else tr.language))
        return said

    def go_on(self) -> None:
        """On, unless an answer that the form requires is missing."""
        self.kiosk.reviewed()

    def _add_lines(self, count: int) -> None:
        for _ in range(min(count, len(self._left))):
            step = self._left.pop()
            if isinstance(step, Heading):
                change = partial(self._change, step.change) if step.change else None
                self.ids.lines.add_widget(Chapter(text=step.text, change=change))
                continue
            answer = self._told(step)
            line = self._spare.pop() if self._spare else Line()
            line.question = question_of(step)
            line.quoted = self._subjects.get(step.ref, "")
            line.about = line.quoted or self._around(step)
            line.answered = bool(answer)
            line.answer = answer or _nothing()
            line.change = partial(self._change, step.ref)
            line.picture = thumbnail(step.value, self.kiosk.journey.attachments)
            self.ids.lines.add_widget(line)

    def _asked(self, step: Step) -> str:
        """A question in words, after what it is about where no heading says that."""
        about = self._subjects.get(step.ref, "")
        return " ".join(part for part in (about, question_of(step)) if part)

    def _around(self, step: Step) -> str:
        """What the card, or whatever it is one of, is about."""
        around = (self._subjects.get(section.ref, "") for section in reversed(step.within))
        return next((about for about in around if about), "")

    def _told(self, step: Step) -> str:
        """An answer in words; "" where there is none."""
        return describe(step, step.value or step.words, self.kiosk.journey.attachments)

    def _clear(self) -> None:
        """Take the list away; its lines are kept, without a word on them."""
        lines = [line for line in self.ids.lines.children if isinstance(line, Line)]
        self.ids.lines.clear_widgets()
        for line in lines:
            line.question = line.about = line.quoted = line.answer = ""
            line.answered = False
            line.change = line.picture = None
        self._spare = (self._spare + lines)[:LINES_KEPT]

    def _add_more(self, *_: Any) -> bool:
        """One line a frame, for as long as there are any."""
        self._add_lines(1)
        return bool(self._left)

    def _change(self, ref: str) -> None:
        self.kiosk.journey.change(ref)
        self.kiosk.show()


def _nothing() -> str:
    """What stands for an answer that was not given."""
    return str(tr._("Pas de réponse"))


def chapters(
    outline: Iterable[Place | Repetition],
    steps: Iterable[Step],
    about: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Step | Heading]:
    """The answers under the names of their groups; lists and what is on them have theirs too.

    Args:
        outline: of all that is met.
        steps: those that can be answered.
        about: what groups and instances are about, by path (`kiosk.subjects`).
    """
    answered = {step.ref: step for step in steps}
    lists = {item.ref: item for item in outline if isinstance(item, Repetition)}
    above: tuple[str, ...] = ()
    begun: set[str] = set()
    for item in outline:
        if isinstance(item, Repetition):
            if item.ref not in begun and item.may_add:
                yield Heading(item.label or tr._("Votre liste"), item.ref)
            continue
        if item.ref not in answered:
            continue
        for section in item.within:
            if section.repeat and section.repeat not in begun:
                begun.add(section.repeat)
                if lists[section.repeat].may_add:
                    label = lists[section.repeat].label
                    yield Heading(label or tr._("Votre liste"), section.repeat)
            subject = about.get(section.ref, "")
            if section.ref not in above and (section.label or section.repeat or subject):
                yield Heading(" · ".join(part for part in (name_of(section), subject) if part))
        above = tuple(section.ref for section in item.within)
        yield answered[item.ref]


load_beside(__file__)
