"""Questions that the form wants shown together: one under the other, checked together."""

from collections.abc import Sequence
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from forms.engine import Kind, Place, Repetition, Section, Step, Verdict
from forms.errors import FormError
from kiosk.access.spoken import spoken_words
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.speech.parts import Part, Speech
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.ask import Option
from kiosk.widgets.asking import (
    QuestionWords,
    Wording,
    name_of,
    objection,
    question_of,
)
from kiosk.widgets.asking_page import AskingPage
from kiosk.widgets.choices import Chosen
from kiosk.widgets.picture import picture_for
from kiosk.widgets.touch import Action, Row
from kiosk.widgets.written import Written


class Heading(Row):
    """The name of a group inside the page, or of one of several alike things on it."""

    text = StringProperty()
    removes = ObjectProperty(None, allownone=True)


class Block(Row):
    """One question of several, with its words, what is wrong with it, and its answer.

    A row of a grid stands beside its words, everything else under them.
    """

    def __init__(self, step: Step, setting: Setting, **kwargs: Any) -> None:
        super().__init__(orientation="vertical", **kwargs)
        self.step = step
        self.known = ""  # the answer as the entry holds it, or as it was refused
        self.words = QuestionWords(
            question=question_of(step), hint=step.hint, plain=step.kind is Kind.NOTE
        )
        self.answer: Answer | None = None
        self.wording: Wording | None = None
        self.add_widget(self.words)
        picture = picture_for(step, setting)
        if picture is not None:
            self.add_widget(picture)

    def hold(self, answer: Answer | None) -> None:
        """Answer with this widget from now on."""
        if self.answer is not None:
            self.answer.leave()
            self.remove_widget(self.answer)
        self.answer = answer
        if answer is not None:
            beside = getattr(answer, "beside", False)
            self.orientation = "horizontal" if beside else "vertical"
            self.words.plain = self.words.plain or beside
            self.add_widget(answer)

    def ask_wording(self, reworded: set[str]) -> None:
        """A mediator says whose words the answer is in; it is kept among the reworded ones."""
        ref = self.step.ref
        self.wording = self.wording or Wording()
        self.wording.reworded = ref in reworded
        self.wording.bind(
            on_choice=lambda _, mine: (reworded.add if mine else reworded.discard)(ref)
        )
        if self.wording.parent is not None:
            self.remove_widget(self.wording)
        self.add_widget(self.wording)

    def says(self, step: Step) -> None:
        """Show the words as they are now."""
        self.step = step
        self.words.question, self.words.hint = question_of(step), step.hint


class TogetherScreen(AskingPage):
    """One screen for all such groups; what is relevant comes and goes while people answer."""

    heading = StringProperty()
    skips = BooleanProperty(False)  # offers to pass over the whole list

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.blocks: dict[str, Block] = {}
        self._key = ""
        self._language = ""
        self._plan: tuple[object, ...] = ()
        self._seen = False  # whether the end of the page was seen
        self.writing: Written | None = None
        self._refresh_soon = Clock.create_trigger(self._refresh, -1)
        self._place_soon = Clock.create_trigger(self._bring_into_sight, 0)
        self._wanted: Any = None  # what is to be in sight
        self.ids.paged.bind(more_below=self._more_changed, viewport=self._give_room)
        theme.bind(body=self._text_size_changed, px_per_mm=self._text_size_changed)

    def enter(self) -> None:
        """Show the questions that the journey stands at."""
        journey = self.kiosk.journey
        self.say_where()
        self.skips = journey.way.may_skip_series
        if self._key != journey.ref or self._language != tr.language:
            self._take_away()
            self._seen = False
            self.ids.paged.to_top()
        self._key, self._language = journey.ref, tr.language
        self._refresh()
        self._show_objections()
        self._name_next()

    def forget(self) -> None:
        """No word of any answer remains in any widget."""
        for block in self.blocks.values():
            if block.answer is not None:
                block.answer.forget()
        self._take_away()
        self.heading = self.group = self._key = ""

    def say(self) -> str:
        """Every question, with its hint and what can be answered."""
        said = [self.heading]
        for block in self.blocks.values():
            said += [block.words.trouble, block.step.label, block.step.hint]
            said += [choice.label for choice in block.step.choices[:30]]
        return ". ".join(part for part in said if part)

    def spoken(self) -> Sequence[Part]:
        """The questions without their choices: these are heard when the keys come to them."""
        media = self.kiosk.offer.consultation.media
        parts: list[Part] = [Speech(text, tr.language) for text in (self.place, self.heading)]
        for block in self.blocks.values():
            parts.append(Speech(block.words.trouble, tr.language))
            parts += spoken_words(block.step, media)
            parts.append(Speech(block.answer.spoken() if block.answer else "", tr.language))
        return parts

    @property
    def keys_stay_in(self) -> Sequence[Widget]:
        """While one writes, keys lead round field and keyboard: no other question has room then."""
        return () if self.writing is None else (self.writing, self.writing.keyboard)

    def key_back(self) -> None:
        """The keyboard is put away first, where it hides the way back."""
        if self.writing is not None:
            self._write(None)
        else:
            self.go_back()

    def refused(self, verdict: Verdict) -> None:
        """Say it beside each question concerned."""
        self._refresh()
        self._show_objections()
        self.kiosk.ear.say_words(objection(verdict))

    def stays_for_unfinished(self) -> bool:
        """Say beside each question what is still to be done."""
        first = None
        for block in self.blocks.values():
            unfinished = block.answer.unfinished if block.answer is not None else ""
            if unfinished:
                block.words.trouble = unfinished
                first = first or block
        if first is not None:
            self._bring(first)
            self.kiosk.ear.say_words(first.words.trouble)
        return first is not None

    def show_trouble(self, message: str) -> None:
        """The review sent back here: say what is missing, beside each question concerned."""
        way = self.kiosk.journey.way
        way.settle()
        self._show_objections()
        if not way.objections and message and self.blocks:
            next(iter(self.blocks.values())).words.trouble = message

    def skip(self) -> None:
        """There is nothing to tell of."""
        self.kiosk.journey.skip_series()
        self.kiosk.show()

    # --- what stands on the page --------------------------------------------------------------

    def _refresh(self, *_: Any) -> None:
        """Bring the page to what is relevant now; what is already there stays as it is."""
        if self.kiosk.page is not self and self.kiosk.page is not None:
            return
        way = self.kiosk.journey.way
        stop = way.stop
        steps = {place.ref: way.step(place.ref) for place in stop.places}
        for gone in [ref for ref in self.blocks if ref not in steps]:
            self._drop(gone)
        for ref, step in steps.items():
            self._bring_up_to_date(ref, step)
        title = next((part for part in stop.items[0].within if part.ref == stop.key), None)
        self.heading = title.label if title is not None and not title.repeat else ""
        first = self.blocks[stop.places[0].ref]
        first.words.alone = stop.has_other
        self._give_room()
        plan = tuple((item.ref, item.within) for item in stop.items)
        if plan != self._plan:
            if stop.has_other and len(self._plan) == 1 < len(plan):
                self._bring(self.blocks[stop.places[-1].ref])
            self._plan = plan
            self._lay_out(stop.items, stop.key)

    def _give_room(self, *_: Any) -> None:
        """To one choice alone on the page: what the text of "other" leaves, for larger cards."""
        first = next(iter(self.blocks.values()), None)
        if first is None or not first.words.alone or not isinstance(first.answer, Chosen):
            return
        text = 2 * theme.target + 2 * theme.body + 4 * theme.gap
        first.answer.room = max(0.0, self.ids.paged.viewport - first.words.height - text)

    def _bring_up_to_date(self, ref: str, step: Step) -> None:
        block = self.blocks.get(ref)
        value = self.kiosk.journey.value(ref)
        if block is None:
            block = self.blocks[ref] = Block(step, self._setting)
            self._answer_with(block, step, value)
            return
        before = block.step
        block.says(step)
        shape = (step.kind, step.readonly, step.appearance, step.choices)
        other = shape != (before.kind, before.readonly, before.appearance, before.choices)
        if other or value != block.known:
            self._answer_with(block, step, value)

    def _answer_with(self, block: Block, step: Step, value: str) -> None:
        if block.answer is not None and block.answer is self.writing:
            self._write(None)
        block.known = value
        answer = self.kiosk.ahead.take(step, value, self._setting)
        block.hold(answer)
        if answer is None:
            return
        answer.bind(on_given=self._given)
        if self.kiosk.journey.assistance is not None and step.kind is Kind.TEXT:
            block.ask_wording(self.kiosk.journey.way.reworded)
        if isinstance(answer, Written):
            answer.bind(on_touched=lambda answer: self._write(answer))
            answer.bind(on_done=lambda *_: self._write(None))

    def answer_anew(self, ref: str) -> None:
        """This question is to be answered in another way: its widget is another."""
        if ref in self.blocks:
            self._answer_with(
                self.blocks[ref], self.blocks[ref].step, self.kiosk.journey.value(ref)
            )

    @property
    def _setting(self) -> Setting:
        around: Setting = self.kiosk.setting(among_others=True)
        return around

    def _drop(self, ref: str) -> None:
        block = self.blocks.pop(ref)
        if block.answer is self.writing:
            self._write(None)
        if block.answer is not None:
            block.answer.leave()
            block.answer.forget()

    def _lay_out(self, items: tuple[Place | Repetition, ...], key: str) -> None:
        questions = self.ids.questions
        questions.clear_widgets()
        above: tuple[Section, ...] = ()
        for item in items:
            inside = [section.ref for section in item.within]
            within = item.within[inside.index(key) + 1 :] if key in inside else ()
            if isinstance(item, Repetition):
                if item.may_add:
                    questions.add_widget(self._adder(item))
                continue
            for depth, section in enumerate(within):
                if section not in above[: depth + 1] and (section.label or section.repeat):
                    questions.add_widget(self._heading(section))
            above = within
            questions.add_widget(self.blocks[item.ref])

    def _heading(self, section: Section) -> Heading:
        heading = Heading(text=name_of(section))
        if self.kiosk.journey.way.entry.may_remove(section.ref):
            heading.removes = lambda: self._ask_to_remove(section, heading.text)
        return heading

    def _adder(self, repeat: Repetition) -> Row:
        row = Row(size_hint_y=None, height=theme.target)
        words = tr._("Ajouter : {what}").format(what=repeat.label) if repeat.label else ""
        add = Action(text=words or tr._("Ajouter"), icon="plus")
        row.height = add.height
        add.bind(height=row.setter("height"), on_release=lambda *_: self._add(repeat.ref))
        row.add_widget(add)
        return row

    def _add(self, repeat: str) -> None:
        self._write(None)
        try:
            self.kiosk.journey.way.add_here(repeat)
        except FormError:
            self.kiosk.ask(
                tr._("La liste est pleine. On ne peut plus rien ajouter."),
                "",
                [Option(tr._("Je continue"), self.kiosk.dismiss, primary=True)],
            )
            return
        self._refresh()

    def _ask_to_remove(self, section: Section, name: str) -> None:
        """Before answers are taken away, make sure that this is what is wanted."""
        self.kiosk.ask(
            tr._("Enlever ceci ?"),
            name,
            [
                Option(tr._("Non, je garde"), self.kiosk.dismiss, primary=True),
                Option(
                    tr._("Oui, enlever"),
                    lambda: self._remove(section.ref),
                    icon="trash",
                    warns=True,
                ),
            ],
            icon="trash",
        )

    def _remove(self, instance: str) -> None:
        """Positions change below it: those questions are drawn anew."""
        self.kiosk.dismiss()
        self._write(None)
        repeat = instance.rpartition("[")[0]
        self.kiosk.journey.way.remove(instance)
        for ref in [ref for ref in self.blocks if ref.startswith(f"{repeat}[")]:
            self._drop(ref)
        self._plan = ()
        self._refresh()

    def _take_away(self) -> None:
        self._write(None)
        for ref in list(self.blocks):
            self._drop(ref)
        self.ids.questions.clear_widgets()
        self._plan = ()

    def _text_size_changed(self, *_: Any) -> None:
        """Whether a grid fits hangs on the size of the text: the page is built again."""
        if self.kiosk is not None and self.kiosk.page is self and self.blocks:
            self._take_away()
            self._refresh()

    # --- answers --------------------------------------------------------------------------------

    def _given(self, answer: Answer, value: str) -> None:
        """An answer: what depends on it on this page follows at once."""
        ref = answer.step.ref
        way = self.kiosk.journey.way
        way.hold(value, ref)
        if ref in self.blocks:
            self.blocks[ref].words.trouble = ""
        way.try_held(ref)
        if ref in self.blocks:
            self.blocks[ref].known = way.value(ref)
        self._name_next()
        self._refresh_soon()

    def _show_objections(self) -> None:
        first = None
        for ref, block in self.blocks.items():
            verdict = self.kiosk.journey.way.objections.get(ref)
            block.words.trouble = objection(verdict, block.step) if verdict else ""
            first = first or (block if verdict else None)
        if first is not None:
            self._bring(first)

    def _bring(self, widget: Any) -> None:
        """Bring this into sight, once what has changed has found its place."""
        self._wanted = widget
        Clock.schedule_once(lambda *_: self._place_soon(), 0)

    def _bring_into_sight(self, *_: Any) -> None:
        if self._wanted is not None and self._wanted.parent is not None:
            self.ids.paged.show_top_of(self._wanted)
            if not self.bare:
                self.ids.paged.bring_into_sight(self._wanted)

    def _more_changed(self, *_: Any) -> None:
        if self.kiosk.page is self and not self.ids.paged.more_below and not self.bare:
            self._seen = True
        self._name_next()

    def _name_next(self) -> None:
        """Nobody should pass over questions that they have not seen: those come first."""
        self.shows_more = self.ids.paged.more_below and not self._seen
        if self.shows_more:
            self.next_text, self.next_icon = tr._("Voir la suite"), "arrow-down"
        else:
            self.next_text, self.next_icon = tr._("Suivant"), "arrow-right"
        self.next_primary = True

    # --- writing --------------------------------------------------------------------------------

    def _write(self, answer: Written | None) -> None:
        """Show the keyboard for that field and keep it in sight; None puts the keyboard away."""
        if answer is self.writing:
            return
        before, self.writing = self.writing, answer
        if before is not None:
            before.done_button = False
            before.leave()
        self.bare = answer is not None
        if answer is not None:
            answer.done_button = True
            self.ids.below.add_widget(answer.lend_keyboard())
        self._settle_room()

    def _settle_room(self, *_: Any) -> None:
        if self.writing is not None:
            self._bring(self.writing)


load_beside(__file__)
