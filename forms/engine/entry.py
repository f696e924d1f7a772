"""One filling of a form in progress, in memory: what to ask next, what answers lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from random import Random, SystemRandom

from forms.engine.answers import WrongKind, read_answer, with_point
from forms.engine.defaults import KINDS, read_defaults
from forms.engine.instance import EntryNode, Instance
from forms.engine.judging import Judge
from forms.engine.offers import drop_choices
from forms.engine.preloads import preload
from forms.engine.recalculation import (
    Changed,
    Changes,
    Recalculation,
    all_below,
    text_for,
)
from forms.engine.repeats import Repeats, TooManyRepeats, changed_by
from forms.engine.route import Met, Route
from forms.engine.speaking import Speaker
from forms.engine.steps import (
    Finished,
    Objection,
    Outcome,
    Place,
    Progress,
    Repetition,
    Step,
    Unfinished,
    UnknownQuestion,
    Verdict,
)
from forms.errors import FormError
from forms.moments import local_time
from forms.xform.controls import (
    NO_ATTRIBUTES,
    PLACES,
    Action,
    Choice,
    Kind,
    Question,
    Repeat,
)
from forms.xform.form import Form
from forms.xpath.context import Context
from forms.xpath.nodes import Field, Node, SecondaryInstance
from forms.xpath.values import DataType

MOST_LOOKS = 2_000_000
"""Nodes that predicates may look at for one answer: some seconds' work."""

FIRST_LOAD = frozenset({"odk-instance-first-load", "xforms-ready"})
NEW_REPEAT = frozenset({"odk-new-repeat"})
VALUE_CHANGED = frozenset({"xforms-value-changed"})


def _lists(question: Question) -> bool:
    """Whether a question has choices: a range may have some, as the labels of its ticks."""
    return question.kind.chooses or (question.kind is Kind.RANGE and question.itemset is not None)


@contextmanager
def _whole(changes: Changes) -> Iterator[None]:
    """All of some changes, or none of them where the form turns out to be wrong."""
    try:
        yield
    except FormError:
        changes.take_back()
        raise


class Entry:
    """One filling of a form in progress; nothing of it is anywhere but in memory.

    Args:
        form: what is filled.
        clock: what `today()`, `now()` and timestamps go by; its zone is that in which moments
            are told.
        random: what `random()`, `uuid()` and shuffles without a seed draw from.
        properties: what forms may ask of the device and its user ("deviceid", "username", …);
            nothing is told that is not in here.
        beginning: what fields hold before anything is calculated, by path: where the form says
            `once(…)`, it is kept.
        spoken: the language that `format-date()` names days and months in; that of the entry
            where none is given.
        drawn: what the form would draw by lot, and was drawn elsewhere, by path: it is held, and
            never computed. A path without positions is for every instance that has none here.
    """

    def __init__(
        self,
        form: Form,
        *,
        clock: Callable[[], datetime] = local_time,
        random: Random | None = None,
        properties: Mapping[str, str] | None = None,
        beginning: Mapping[str, str] | None = None,
        spoken: str | None = None,
        drawn: Mapping[str, str] | None = None,
    ) -> None:
        self.form = form
        self.clock = clock
        self.random: Random = SystemRandom() if random is None else random
        self._language = form.default_language
        self._asked_in = ""
        self._spoken = spoken
        self._instance = Instance(form)
        self._speaker = Speaker(form, self)
        self._rules = Judge(form, self._speaker, self)
        self._route = Route(form, self._instance, self._speaker)
        self._recalculation = Recalculation(self._instance, form.order, self, drawn or {})
        self._repeats = Repeats(self._instance, self._recalculation, self, self._begin_instance)
        self._properties = dict(properties or {})
        self._taken: list[Changes] = []
        self._refs: tuple[str, ...] | None = None
        self._looks = 0
        self._begin(beginning or {})

    # --- what expressions may ask (forms.xpath.context.World) ----------------------------------

    @property
    def document(self) -> Node:
        """The node above the instance's root."""
        return self._instance.document

    @property
    def single(self) -> list[EntryNode | None]:
        """By field number, the node of a field that no repeat holds."""
        return self._instance.single

    def secondary(self, name: str) -> SecondaryInstance | None:
        """The form's list of that id; None where it has none."""
        return self.form.secondary.get(name)

    def spend(self, looks: int) -> None:
        """Count the nodes that predicates look at since the entry was last asked something.

        Raises:
            FormError: they are more than any form needs.
        """
        self._looks += looks
        if self._looks > MOST_LOOKS:
            raise FormError(
                "An expression of this form takes too long: its filters stand inside each other,"
                " and look at long lists again and again."
            )

    def itext(self, name: str) -> str:
        """A text of the form in the entry's language."""
        template = self.form.template(name, self._language)
        return self._speaker.render(template, self.form.root, self._instance.root)

    def choice_label(self, field: Field, node: Node, name: str) -> str:
        """The label of a choice of the question at a field; "" where it has no such choice."""
        question = self.form.question(field)
        if question is None:
            return ""
        at = next(iter(self._instance.near(field, node)), None)
        if at is None:
            return ""
        choices = self._speaker.choices(question, at)
        found = (choice.styled or choice.label for choice in choices if choice.name == name)
        return next(found, "")

    # --- what whoever asks the questions needs -----------------------------------------------

    @property
    def language(self) -> str:
        """The language that texts are in: one of the form's, "" where it has no translations."""
        return self._language

    @language.setter
    def language(self, wanted: str) -> None:
        """Change the language; nothing that was answered is lost.

        What is calculated in words, such as the name of a day, follows. A form without
        translations stays as it is, but for those names.

        Raises:
            FormError: the form has translations, and this is none of them.
        """
        found = self.form.language_for(wanted)
        if found is None:
            if self.form.languages:
                raise FormError(
                    f"The form is not in “{wanted}”, only in {', '.join(self.form.languages)}."
                )
            self._asked_in = wanted
        else:
            self._language = found
        self._speak()

    @property
    def spoken(self) -> str:
        """The language that days and months are named in."""
        return (self._language or self._asked_in) if self._spoken is None else self._spoken

    def _speak(self) -> None:
        """Say anew what is calculated in words; it is no answer, and never undone."""
        self._looks = 0
        changes = Changes()
        with _whole(changes):
            self._follow(self._recalculation.speak(changes), changes)
        if changes.relevance or changes.moved:
            self._refs = None

    def steps(self) -> tuple[Step, ...]:
        """Every question and note that can be met now, in order."""
        self._looks = 0
        return tuple(self._step(met) for met in self._route.questions())

    def refs(self) -> tuple[str, ...]:
        """The paths of what `steps` gives; the same object as long as the way is the same.

        Whoever goes through a form asks for these, and then for one step: to make every step again
        after every answer takes a large form into minutes.
        """
        self._looks = 0
        if self._refs is None:
            self._refs = tuple(met.node.ref for met in self._route.questions())
        return self._refs

    def step(self, ref: str, nth: int = 0) -> Step:
        """One step, as it is now.

        Args:
            ref: its path.
            nth: which one, of a field that the form asks for more than once, from 0.

        Raises:
            UnknownQuestion: no question is there, or it cannot be met now.
        """
        self._looks = 0
        target = self._find(ref)
        for met in self._route.questions():
            if met.node is target:
                if not nth:
                    return self._step(met)
                nth -= 1
        raise UnknownQuestion(f"{ref} is not asked as things stand.")

    def value(self, ref: str) -> str:
        """What the instance holds at a path; "" where it holds nothing.

        Raises:
            UnknownQuestion: the form has nothing there.
        """
        return self._find(ref).text

    def choices(self, ref: str) -> Sequence[Choice]:
        """What can be chosen now at the path of a question, in the entry's language.

        Raises:
            UnknownQuestion: the form has no question there.
        """
        self._looks = 0
        node = self._find(ref)
        question = self.form.question(node.field)
        if question is None:
            raise UnknownQuestion(f"The form has no question at {ref}.")
        return self._speaker.choices(question, node) if _lists(question) else ()

    def answer(self, ref: str, value: str) -> Verdict:
        """Take an answer, and bring everything that follows from it up to date.

        Args:
            ref: the path of the question, as its step has it.
            value: the answer; "" clears it. Several choices are separated by spaces.

        Returns:
            OK where the answer is kept; REQUIRED, CONSTRAINT or TOO_MANY where it is not, and the
            earlier one stays.

        Raises:
            UnknownQuestion: no question is there, it cannot be met now, or it takes no answers.
        """
        self._looks = 0
        node = self._find(ref)
        question = self.form.question(node.field)
        if question is None or not node.relevant:
            raise UnknownQuestion(f"{ref} is not asked as things stand.")
        if self._rules.is_readonly(node):
            raise UnknownQuestion(f"{ref} is shown, and takes no answer.")
        text = "" if not value.strip() else value
        if text:
            try:
                text = self._read(text, question, node)
            except WrongKind as wrong:
                return Verdict(Outcome.CONSTRAINT, cause=str(wrong), limits=wrong.limits)
        verdict = self._rules.judge(node, text)
        if verdict.kept:
            node.words = ""
            try:
                self._take(question, node, text)
            except TooManyRepeats as beyond:
                return Verdict(Outcome.TOO_MANY, cause=str(beyond))
        return verdict

    def answer_in_words(self, ref: str, words: str) -> Verdict:
        """Say in words where something is, where nobody can point at it: an address, a corner.

        The place itself stays empty, as no tool could read words in it; they leave beside it, at
        the path that `words_path` gives. A place that is required has been answered.

        Raises:
            UnknownQuestion: no question about a place is there, or it takes no answer now.
        """
        node = self._find(ref)
        question = self.form.question(node.field)
        if question is None or question.kind not in PLACES or not node.relevant:
            raise UnknownQuestion(f"{ref} asks for no place as things stand.")
        if self._rules.is_readonly(node):
            raise UnknownQuestion(f"{ref} is shown, and takes no answer.")
        node.words = " ".join(words.split())
        if node.text and node.words:
            self._take(question, node, "")
        return self._rules.judge(node, node.text)

    def _take(self, question: Question, node: EntryNode, text: str) -> None:
        """Hold an answer, with everything that follows from it, or nothing of it at all."""
        changes = Changes()
        with _whole(changes):
            if self._recalculation.write(node, text, changes):
                self._follow({node.field: [node]}, changes, node)
                self._act(question.actions, VALUE_CHANGED, node, changes)
            elif text:
                self._follow({}, changes, node)
        if changes:
            self._keep(changes)

    def _keep(self, changes: Changes) -> None:
        """Remember what was changed, so that it may be undone."""
        self._taken.append(changes)
        if changes.relevance or changes.moved:
            self._refs = None

    def undo(self) -> bool:
        """Take back the last answer that changed something; say whether there was one."""
        if not self._taken:
            return False
        self._taken.pop().take_back()
        self._refs = None
        self._speak()
        return True

    def problems(self) -> tuple[Objection, ...]:
        """Everything in the way of finishing, in the order of the form."""
        self._looks = 0
        with self._leaving() as found:
            return tuple(found)

    @contextmanager
    def _leaving(self, upto_first: bool = False) -> Iterator[list[Objection]]:
        """The entry as it is when it leaves, and what stands in the way of that.

        As in JavaRosa, every question is met once more in order, and its answer given again: what
        was written over a calculated value holds until an answer that it follows from is given.

        Args:
            upto_first: whether to stop where something stands in the way.
        """
        changes = Changes()
        found: list[Objection] = []
        try:
            for met in self._route.questions():
                node = met.node
                verdict = self._rules.judge(node, node.text)
                if not verdict.kept:
                    told = (verdict.outcome, verdict.message, verdict.limits)
                    found.append(Objection(node.ref, *told))
                    if upto_first:
                        break
                elif node.text and self.form.made_again(node.field):
                    self._recalculation.settle({}, changes, node)
            yield found
        finally:
            changes.take_back()

    @property
    def progress(self) -> Progress:
        """How many of the questions that can be met now are answered; notes do not count."""
        done = total = 0
        for met in self._route.questions():
            if met.question.kind is not Kind.NOTE and not self._rules.is_readonly(met.node):
                total += 1
                done += met.node.text != ""
        return Progress(done, total)

    def finish(self) -> Finished:
        """The finished instance.

        Raises:
            Unfinished: something required is missing, or a constraint does not hold.
        """
        problems = self.problems()
        if problems:
            raise Unfinished(problems)
        return self.as_it_stands()

    def as_it_stands(self) -> Finished:
        """The instance as it would leave now, whether the form is content with it or not."""
        self._looks = 0
        preload(self, self._instance, "end", self._properties)
        with self._leaving(upto_first=True):
            fields = tuple(_said(self._instance))
            files = tuple(
                (node.ref, node.text)
                for node in self._instance.leaves()
                if node.text and node.field.kind is DataType.BINARY
            )
            return Finished(self._instance.xml(), fields, files)

    # --- repeats -----------------------------------------------------------------------------

    def repeats(self) -> tuple[Repetition, ...]:
        """Every repeat that can be met now, with its instances, in the order that they end."""
        return tuple(place for place in self.outline() if isinstance(place, Repetition))

    def outline(self) -> tuple[Place | Repetition, ...]:
        """Every question and, after its last instance, every repeat that can be met, in order."""
        self._looks = 0
        found: list[Place | Repetition] = []
        after = ""
        for met in self._route.places():
            if isinstance(met, Met):
                after = met.node.ref
                found.append(Place(after, met.question.kind, met.screen, met.within))
                continue
            repeat = met.repeat
            open_ = not repeat.fixed and repeat.count is None
            ref = f"{met.above.ref}/{repeat.field.name}"
            found.append(
                Repetition(
                    *(ref, met.label, met.instances, after, open_, open_), met.screen, met.within
                )
            )
        return tuple(found)

    def add_repeat(self, ref: str) -> str:
        """Add one more instance of a repeat, and return its path.

        Args:
            ref: the repeat's path without a position of its own ("/data/household").

        Raises:
            UnknownQuestion: nothing repeats there, or nothing may be added.
        """
        self._looks = 0
        repeat, parent = self._repeats.open_for_more(ref)
        changes = Changes()
        with _whole(changes):
            node = self._repeats.add(repeat, parent, changes)
            self._follow(changed_by(node), changes, added=repeat.field)
        self._keep(changes)
        return node.ref

    def remove_repeat(self, ref: str) -> None:
        """Remove one instance of a repeat, with every answer in it.

        Args:
            ref: the path of the instance ("/data/household[2]").

        Raises:
            UnknownQuestion: nothing repeats there, or nothing may be removed.
        """
        self._looks = 0
        node = self._repeats.removable(ref)
        changes = Changes()
        with _whole(changes):
            changes.moved.append((node, node.detach()))
            self._follow(all_below(node.field), changes)
        self._keep(changes)

    def may_add(self, ref: str) -> bool:
        """Whether people may add an instance of the repeat at a path ("/data/household")."""
        try:
            self._repeats.open_for_more(ref)
        except UnknownQuestion:
            return False
        return True

    def may_remove(self, ref: str) -> bool:
        """Whether a path is that of an instance that people may remove."""
        try:
            self._repeats.removable(ref)
        except UnknownQuestion:
            return False
        return True

    # --- inside ------------------------------------------------------------------------------

    def _begin(self, beginning: Mapping[str, str]) -> None:
        """What happens before the first question: preloads, defaults, calculations."""
        changes = Changes()
        for ref, text in beginning.items():
            self._recalculation.write(self._find(ref), text, changes)
        preload(self, self._instance, "start", self._properties)
        for action in self.form.actions:
            if action.events & FIRST_LOAD:
                for node in self._instance.nodes_of(action.target):
                    self._set(action, node, changes)
        read_defaults(self.form, self._instance.root, self._recalculation, self._read, changes)
        self._recalculation.settle_all(changes)
        self._follow({}, changes)

    def _follow(
        self,
        changed: Changed,
        changes: Changes,
        answered: EntryNode | None = None,
        added: Field | None = None,
    ) -> None:
        """Settle what follows from changes; drop choices that are not offered any more."""
        different: Changed = {}
        if changed or answered is not None:
            different = self._recalculation.settle(changed, changes, answered, added)
        if self.form.counts_repeats and self._repeats.count(self.form.body, changes):
            return self._follow_choices(dict.fromkeys(self.form.fields), changes)
        return self._follow_choices(different, changes)

    def _follow_choices(self, different: Changed, changes: Changes) -> None:
        for _ in range(10):
            dropped = drop_choices(self._recalculation, self._speaker, different, changes)
            if not dropped:
                return
            different = self._recalculation.settle(dropped, changes)

    def _act(
        self, actions: Iterable[Action], events: frozenset[str], near: EntryNode, changes: Changes
    ) -> None:
        """Do the actions of some events, in the repeat instance that a node stands in."""
        for action in actions:
            if action.events & events:
                for node in self._instance.near(action.target, near):
                    if self._set(action, node, changes):
                        self._follow({action.target: [node]}, changes)

    def _begin_instance(self, repeat: Repeat, node: EntryNode, changes: Changes) -> None:
        """What a form does with a new instance of a repeat."""
        self._act(repeat.actions, NEW_REPEAT, node, changes)
        read_defaults(self.form, node, self._recalculation, self._read, changes)

    def _set(self, action: Action, node: EntryNode, changes: Changes) -> bool:
        """Do one setvalue; say whether it changed anything."""
        drawn = self._recalculation.drawn(node)
        if drawn is not None:
            text = drawn
        elif action.value is None:
            text = action.text
        else:
            text = text_for(
                action.value.evaluate(Context(self, node)), node.field.kind, self.clock()
            )
        if text and node.field.kind is DataType.DECIMAL:
            text = with_point(text)
        return self._recalculation.write(node, text, changes)

    def _find(self, ref: str) -> EntryNode:
        field = self.form.field(ref)
        node = self._instance.single[field.number] if field is not None else None
        node = self._instance.find(ref) if node is None else node
        if node is None:
            raise UnknownQuestion(f"The form has no question at {ref}.")
        return node

    def _read(self, text: str, question: Question | None, node: EntryNode) -> str:
        """What is given as the instance holds it, by the question or, without, by the field's type.

        Raises:
            WrongKind: it is not of that kind.
        """
        held_as, now = node.field.kind, self.clock()
        if question is None:
            kind = KINDS.get(held_as, Kind.TEXT) if held_as is not None else Kind.TEXT
            return read_answer(text, kind, held_as, now=now)
        names = self._speaker.names(question, node) if question.kind.chooses else ()
        return read_answer(
            text, question.kind, held_as, names=names, bounds=question.bounds, now=now
        )

    def _step(self, met: Met) -> Step:
        question, node = met.question, met.node
        speaker, field = self._speaker, question.field
        bind = self.form.bind(field)
        readonly = self._rules.is_readonly(node)
        return Step(
            ref=node.ref,
            kind=question.kind,
            label=speaker.say(question.label, field, node),
            hint=speaker.say(question.hint, field, node),
            guidance=speaker.say(question.hint, field, node, "guidance"),
            media=speaker.media(question.label),
            required=self._rules.is_required(node) and not (readonly and node.text),
            readonly=readonly,
            required_message=(
                "" if bind is None else speaker.say(bind.required_message, field, node)
            ),
            appearance=question.appearance,
            attributes=question.attributes or NO_ATTRIBUTES,
            choices=speaker.choices(question, node) if _lists(question) else (),
            bounds=question.bounds,
            value=node.text,
            group=tuple(section.label for section in met.within if section.label),
            screen=met.screen,
            within=met.within,
            words=node.words,
        )


def words_path(ref: str) -> str:
    """Where the words stand that were said instead of a place: "/data/place/place_words"."""
    return f"{ref}/{ref.rpartition('/')[2]}_words"


def _said(instance: Instance) -> Iterator[tuple[str, str]]:
    """What leaves, by path: each value, and words beside a place that has none."""
    for node in instance.leaves():
        if node.text:
            yield node.ref, node.text
        elif node.words:
            yield words_path(node.ref), node.words
