"""One question on the screen: large choices, one thing to do."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty

from forms.engine import Kind, Outcome, Verdict
from kiosk.access.spoken import spoken_step
from kiosk.journey import Stage
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.speech.parts import Part, Speech
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer
from kiosk.widgets.asking import objection
from kiosk.widgets.asking_page import AskingPage
from kiosk.widgets.keyboard import forget_choices
from kiosk.widgets.picture import picture_for
from kiosk.widgets.written import Written

QUICK = frozenset({"quick", "quickcompact"})
LEAST_SEEN = 1.1  # targets: so much of an answer is worth more than large letters above it
STILL = 3  # times that nothing moved while the page is laid out: it is settled
SEEN = 0.4  # seconds for which one sees what one chose, before the next question comes


class QuestionScreen(AskingPage):
    """The one screen for all questions, reused by changing what is on it."""

    question = StringProperty()
    hint = StringProperty()
    trouble = StringProperty()
    answer = ObjectProperty(None, allownone=True)
    skips = BooleanProperty(False)  # offers to pass over a whole list
    asks_wording = BooleanProperty(False)  # a mediator says whose words an open answer is in
    reworded = BooleanProperty(False)
    keeps_question = BooleanProperty(True)  # while one writes, on this panel
    writes = BooleanProperty(False)  # the keyboard was asked for
    lift = NumericProperty(0)  # room left below what is written in, on a panel with much of it
    letters = NumericProperty(0)  # of the question, where room is short; else those of a title

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._ref = ""
        self._framed = 0.0  # what question, tools and footer take when they are all there
        self._settled = (0.0, 0)  # what the answer lacks in room, and how often it was just that
        self._come_closer_soon = Clock.create_trigger(self._come_closer, -1)
        self._moving_on = Clock.create_trigger(self._move_on, SEEN)
        theme.bind(body=self._loosen, px_per_mm=self._loosen)
        theme.bind(sunk=self._sink)
        self.ids.body.bind(height=self._settle_room)
        self.ids.head_words.bind(height=self._settle_room)
        self.ids.paged.bind(viewport=self._settle_room, more_below=self._more_changed)

    def enter(self) -> None:
        """Show the question that the journey stands at."""
        journey = self.kiosk.journey
        step = journey.step()
        self.say_where()
        self.skips = journey.way.may_skip_series
        self.question = step.label
        self.hint = step.hint
        self.trouble = ""
        helped = journey.assistance
        self.asks_wording = helped is not None and step.kind is Kind.TEXT
        self.reworded = helped is not None and step.ref in helped.reworded
        self._put(step)
        self._name_next(journey.value())
        if self._ref != step.ref:
            self._ref = step.ref
            self.ids.paged.to_top()

    def forget(self) -> None:
        """No word of the answer remains in any widget."""
        if self.answer is not None:
            self.answer.forget()
        self._take_away()
        forget_choices()
        self.question = self.hint = self.trouble = self._ref = self.group = ""

    def say(self) -> str:
        """The question, its hint, and the choices."""
        step = self.kiosk.journey.step()
        return ". ".join(
            part
            for part in (
                *(self.trouble, self.question, self.hint),
                *(choice.label for choice in step.choices),
            )
            if part
        )

    def spoken(self) -> Sequence[Part]:
        """The same as it is heard, with where it stands among the others."""
        step, media = self.kiosk.journey.step(), self.kiosk.offer.consultation.media
        before = (Speech(text, tr.language) for text in (self.place, self.trouble, self.group))
        own = Speech(self.answer.spoken() if self.answer else "", tr.language)
        return [*before, *spoken_step(step, media), own]

    def key_back(self) -> None:
        """The keyboard is put away first, where it hides the way back."""
        (partial(self._write, False) if self.bare else self.go_back)()

    def refused(self, verdict: Verdict) -> None:
        """Say it above the question."""
        self._say_trouble(objection(verdict, self.kiosk.journey.step()))

    def stays_for_unfinished(self) -> bool:
        """Say above the question what is still to be done."""
        unfinished = self.answer.unfinished if self.answer is not None else ""
        if unfinished:
            self._say_trouble(unfinished)
        return bool(unfinished)

    def skip(self) -> None:
        """There is nothing to tell of."""
        self.kiosk.journey.skip_series()
        self.kiosk.show()

    def reword(self, mine: bool) -> None:
        """Whether the answer is in the mediator's words."""
        self.kiosk.journey.reword(mine)
        self.reworded = mine

    def show_trouble(self, message: str, outcome: Outcome = Outcome.CONSTRAINT) -> None:
        """Say what stands against going on, above the question."""
        self._say_trouble(objection(Verdict(outcome, message), self.kiosk.journey.step()))

    def _say_trouble(self, trouble: str) -> None:
        self.trouble = trouble
        self.ids.paged.to_top()
        self.kiosk.ear.say_words(self.trouble)

    # --- the answer's widget ------------------------------------------------------------------

    def _put(self, step: Any) -> None:
        self._take_away()
        value = self.kiosk.journey.value()
        setting = self.kiosk.setting()
        self.picture = picture_for(step, setting)
        if self.picture is not None:
            self.ids.picture.add_widget(self.picture)
        self.letters = 0
        self.lift = 0.0
        self.answer = self.kiosk.ahead.take(step, value, setting)
        self._sink()
        if self.answer is None:
            return
        if isinstance(self.answer, Written):
            self.ids.below.add_widget(self.answer)
            self.answer.bind(on_touched=lambda *_: self._write(True))
            self.answer.bind(on_done=lambda *_: self._written())
            self.answer.bind(keyboard_height=self._settle_room)
            self.answer.bind(height=self._settle_room)
        else:
            if self.answer.standing is not None:
                self.ids.below.add_widget(self.answer.standing)
            self.ids.paged.add_widget(self.answer)
            self.answer.bind(height=self._settle_room)
        self.answer.bind(on_given=self._given)
        Clock.schedule_once(self._settle_room, -1)

    def _take_away(self) -> None:
        if self.answer is not None:
            self.answer.leave()
            if self.answer.parent is not None:
                self.answer.parent.remove_widget(self.answer)
            self.ids.below.clear_widgets()
            self.answer = None
        self.ids.picture.clear_widgets()
        self._moving_on.cancel()
        self.bare = False
        self._write(False)

    def _write(self, writing: bool) -> None:
        """The keyboard was asked for, or put away; where there is no room, the frame goes."""
        self.writes = writing
        self._settle_room()

    def _written(self) -> None:
        """Ready with the text: back to the whole question, or on where it was in sight."""
        if self.bare:
            self._write(False)
        else:
            self.go_on()

    def _given(self, answer: Answer, value: str) -> None:
        if answer is not self.answer:  # what came too late answers no other question
            return
        self.kiosk.journey.hold(value, answer.step.ref)
        self.trouble = ""
        self._name_next(value)
        step = self.answer.step
        if value and step.kind is Kind.SELECT_ONE and QUICK & step.appearance:
            self._moving_on()

    def _move_on(self, *_: Any) -> None:
        """The form wants it to go on by itself (`quick`); back leads here again."""
        if self.kiosk.page is self and not self.kiosk.asks:
            self.go_on()

    def _more_changed(self, *_: Any) -> None:
        if self.kiosk.page is self and self.kiosk.journey.stage is Stage.QUESTION:
            self._name_next(self.kiosk.journey.value())

    def _name_next(self, value: str) -> None:
        step = self.kiosk.journey.step()
        several = step.kind in (Kind.SELECT_MULTIPLE, Kind.RANK)
        self.shows_more = self.ids.paged.more_below and (several or not value)
        if self.shows_more:
            self.next_text, self.next_icon = tr._("Voir la suite"), "arrow-down"
            self.next_primary = True
            return
        self.next_icon = "arrow-right"
        asks = step.kind is not Kind.NOTE and not step.readonly
        skips = asks and not value and not step.required
        self.next_text = tr._("Je passe") if skips else tr._("Suivant")
        self.next_primary = not skips

    def _sink(self, *_: Any) -> None:
        """On a large panel the question stands with its answer, near the middle."""
        beside_field = theme.large and isinstance(self.answer, Written)
        self.ids.paged.sunk = 1.0 if beside_field else theme.sunk

    def _loosen(self, *_: Any) -> None:
        """With other letters the question may have room for large ones again."""
        self.letters = 0
        self._settle_room()

    def _settle_room(self, *_: Any) -> None:
        """Give the answer the height that the question leaves; hide the frame for the keyboard."""
        if self.answer is None:
            return
        words = self.ids.head_words.height + theme.gap
        if not isinstance(self.answer, Written):
            room = self.ids.paged.viewport - words
            self.answer.room = max(0, room)
            if theme.compact and not self.letters and self.answer.height > room:
                self._settled = (0.0, 0)
                self._come_closer_soon()
            return
        typed = self.answer
        whole = self.height - 2 * theme.margin
        wording = theme.target + theme.gap if self.asks_wording else 0
        if not self.bare:
            self._framed = (
                self.ids.top.minimum_height + self.ids.foot.height + words + 3 * theme.gap
            )
            self._framed += wording
            self._framed += self.ids.body.padding[1] + self.ids.body.padding[3]
        framed = self._framed
        least = typed.least + theme.gap + typed.keyboard_height
        fits = framed + least <= whole
        line = theme.small * 1.3
        # Between the parts of the page and of its body there are four gaps.
        left = bare_room = whole - typed.keyboard_height - 4 * theme.gap
        left -= typed.least if typed.least <= bare_room else typed.barest
        self.keeps_question = (typed.keeps_question and left >= line) or not theme.compact
        self.bare = self.writes and not fits
        if not self.bare:  # seen whole in smaller letters, rather than half in large ones
            self.letters = self._letters_within(whole - framed - typed.barest)
        typed.writing = self.writes or fits
        typed.done_button = self.bare
        lift = 0.0
        if self.bare:
            few_lines = 2 * line if self.keeps_question else 0
            typed.room = bare_room - min(self.ids.head_words.height, few_lines)
        else:
            typed.room = whole - framed - (typed.keyboard_height + theme.gap if fits else 0)
            lift = max(0.0, whole - framed - typed.height)
            if theme.large:  # question, field and keyboard stand together
                lift *= 1 - theme.sunk
            elif fits or theme.compact:  # else the field stands under its question
                lift = 0.0
        self.lift = lift

    def _letters_within(self, spare: float) -> float:
        """Letters for the question, if so many pixels more could be its height; 0: a title's."""
        question = self.ids.question
        for letters in (theme.title, *theme.smaller):
            if question.height_at(question.width, font_size=letters) - question.height <= spare:
                return 0.0 if letters == theme.title else float(letters)
        return float(theme.small)

    def _come_closer(self, *_: Any) -> None:
        """On a small panel: the question in smaller letters, where that brings its answer in sight.

        Whole, or at least the first of what can be touched. While the page is being laid out, all
        within one frame, its heights say nothing yet.
        """
        if self.answer is None or isinstance(self.answer, Written) or self.letters:
            return
        lacks = self.answer.height - self.answer.room
        before, times = self._settled
        if times < STILL:
            self._settled = (lacks, times + 1 if lacks == before else 0)
            self._come_closer_soon()
            return
        words = self.ids.question
        won = words.height - words.height_at(self.ids.paged.width, font_size=theme.lesser)
        hidden = self.answer.room < LEAST_SEEN * theme.target
        if lacks > 0 and won > 0 and (won >= lacks or hidden):
            self.letters = theme.lesser


load_beside(__file__)
