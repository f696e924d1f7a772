"""One filling of a form in progress, in memory: what to ask next, what answers lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from random import Random, SystemRandom

from forms.engine.answers import WrongKind, read_answer
from forms.engine.instance import EntryNode, Instance
from forms.engine.recalculation import Changes, Recalculation, text_for
from forms.engine.speaking import Speaker
from forms.engine.steps import (
    Finished,
    Objection,
    Outcome,
    Progress,
    Step,
    Unfinished,
    UnknownQuestion,
    Verdict,
)
from forms.errors import FormError
from forms.xform.controls import NO_ATTRIBUTES, Action, Control, Group, Kind, Question, Repeat
from forms.xform.form import Form
from forms.xpath.context import Context
from forms.xpath.nodes import Field, Node, SecondaryInstance
from forms.xpath.values import to_number, to_text, write_moment, write_number

MOST_REPEATS = 1_000
"""Instances of one repeat in one place."""

FIRST_LOAD = frozenset({"odk-instance-first-load", "xforms-ready"})
NEW_REPEAT = frozenset({"odk-new-repeat"})
VALUE_CHANGED = frozenset({"xforms-value-changed"})


def local_time() -> datetime:
    """The moment it is, where the device is."""
    return datetime.now().astimezone()


class Entry:
    """One filling of a form in progress; nothing of it is anywhere but in memory.

    Args:
        form: what is filled.
        clock: what `today()`, `now()` and timestamps go by.
        random: what `random()`, `uuid()` and shuffles without a seed draw from.
    """

    def __init__(
        self,
        form: Form,
        *,
        clock: Callable[[], datetime] = local_time,
        random: Random | None = None,
    ) -> None:
        self.form = form
        self.clock = clock
        self.random: Random = SystemRandom() if random is None else random
        self._language = form.default_language
        self._instance = Instance(form)
        self._speaker = Speaker(form, self)
        self._recalculation = Recalculation(self._instance, form.order, self)
        self._taken: list[Changes] = []
        self._begin()

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

    def itext(self, name: str) -> str:
        """A text of the form in the entry's language."""
        template = self.form.template(name, self._language)
        return self._speaker.render(template, self.form.root, self._instance.root)

    def choice_label(self, field: Field, node: Node, name: str) -> str:
        """The label of a choice of the question at a field; several names give several labels."""
        question = self.form.question(field)
        if question is None:
            return ""
        at = next(iter(self._near(field, node)), None)
        if at is None:
            return ""
        labels = {choice.name: choice.label for choice in self._speaker.choices(question, at)}
        if name in labels:
            return labels[name]
        return ", ".join(labels[one] for one in name.split() if one in labels)

    def _near(self, field: Field, node: Node) -> list[EntryNode]:
        """The nodes of a field in the innermost repeat instance that the node stands in as well."""
        place: Node | None = node
        while isinstance(place, EntryNode):
            if place.field in field.repeats:
                return self._instance.nodes_of(field, place)
            place = place.parent
        return self._instance.nodes_of(field)

    # --- what whoever asks the questions needs -----------------------------------------------

    @property
    def language(self) -> str:
        """The language that texts are in: one of the form's, "" where it has no translations."""
        return self._language

    @language.setter
    def language(self, wanted: str) -> None:
        """Change the language; nothing that was answered is lost.

        Raises:
            FormError: the form has translations, and this is none of them.
        """
        found = self.form.language_for(wanted)
        if found is None:
            if self.form.languages:
                raise FormError(
                    f"The form is not in “{wanted}”, only in {', '.join(self.form.languages)}."
                )
            return
        self._language = found

    def steps(self) -> tuple[Step, ...]:
        """Every question and note that can be met now, in order."""
        return tuple(
            self._step(question, node, groups, screen)
            for question, node, groups, screen in self._walk(
                self.form.body, self._instance.root, (), ""
            )
        )

    def step(self, ref: str) -> Step:
        """One step, as it is now.

        Raises:
            UnknownQuestion: no question is there, or it cannot be met now.
        """
        target = self._find(ref)
        for question, node, groups, screen in self._walk(
            self.form.body, self._instance.root, (), ""
        ):
            if node is target:
                return self._step(question, node, groups, screen)
        raise UnknownQuestion(f"{ref} is not asked as things stand.")

    def answer(self, ref: str, value: str) -> Verdict:
        """Take an answer, and bring everything that follows from it up to date.

        Args:
            ref: the path of the question, as its step has it.
            value: the answer; "" clears it. Several choices are separated by spaces.

        Returns:
            OK where the answer is kept; REQUIRED or CONSTRAINT where it is not, and the earlier
            one stays.

        Raises:
            UnknownQuestion: no question is there, it cannot be met now, or it takes no answers.
        """
        node = self._find(ref)
        question = self.form.question(node.field)
        if question is None or not node.relevant:
            raise UnknownQuestion(f"{ref} is not asked as things stand.")
        if self._is_readonly(node):
            raise UnknownQuestion(f"{ref} is shown, and takes no answer.")
        text = "" if not value.strip() else value
        if text:
            try:
                text = self._read(text, question, node)
            except WrongKind as wrong:
                return Verdict(Outcome.CONSTRAINT, cause=str(wrong))
        verdict = self._judge(node, text)
        if verdict.kept:
            self._take(question, node, text)
        return verdict

    def _take(self, question: Question, node: EntryNode, text: str) -> None:
        """Hold an answer, with everything that follows from it, or nothing of it at all."""
        changes = Changes()
        try:
            if self._recalculation.write(node, text, changes):
                self._follow({node.field}, changes)
                self._act(question.actions, VALUE_CHANGED, node, changes)
        except FormError:
            changes.take_back()
            raise
        if changes:
            self._taken.append(changes)

    def undo(self) -> bool:
        """Take back the last answer that changed something; say whether there was one."""
        if not self._taken:
            return False
        self._taken.pop().take_back()
        return True

    def problems(self) -> tuple[Objection, ...]:
        """Everything in the way of finishing, in the order of the form."""
        found: list[Objection] = []
        for _, node, _, _ in self._walk(self.form.body, self._instance.root, (), ""):
            if not self._is_readonly(node):
                verdict = self._judge(node, node.text)
                if not verdict.kept:
                    found.append(Objection(node.ref, verdict.outcome, verdict.message))
        return tuple(found)

    @property
    def progress(self) -> Progress:
        """How many of the questions that can be met now are answered; notes do not count."""
        done = total = 0
        for question, node, _, _ in self._walk(self.form.body, self._instance.root, (), ""):
            if question.kind is not Kind.NOTE and not self._is_readonly(node):
                total += 1
                done += node.text != ""
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
        self._preload("end")
        fields = tuple((node.ref, node.text) for node in self._instance.leaves() if node.text)
        return Finished(self._instance.xml(), fields)

    # --- repeats -----------------------------------------------------------------------------

    def add_repeat(self, ref: str) -> str:
        """Add one more instance of a repeat, and return its path.

        Args:
            ref: the repeat's path without a position of its own ("/data/household").

        Raises:
            UnknownQuestion: nothing repeats there, or nothing may be added.
        """
        head, _, name = ref.rpartition("/")
        parent = self._instance.find(head)
        field = parent.field.child(name) if parent is not None else None
        repeat = self.form.repeat(field) if field is not None else None
        if parent is None or field is None or repeat is None or not parent.relevant:
            raise UnknownQuestion(f"Nothing repeats at {ref}.")
        if repeat.fixed or repeat.count is not None:
            raise UnknownQuestion(f"The form says itself how often {ref} is repeated.")
        changes = Changes()
        try:
            node = self._add(repeat, parent, changes)
            self._follow(set(field.below()), changes)
        except FormError:
            changes.take_back()
            raise
        self._taken.append(changes)
        return node.ref

    def _add(self, repeat: Repeat, parent: EntryNode, changes: Changes) -> EntryNode:
        """One more instance, its actions done and everything inside it settled."""
        had = sum(1 for child in parent.children if child.field is repeat.field)
        if had >= MOST_REPEATS:
            raise FormError(f"{repeat.field.path} is repeated {had} times already.")
        node = self._instance.new_instance(repeat.field, parent)
        node.relevant = False
        node.settle_relevance([])
        changes.added.append(node)
        self._act(repeat.actions, NEW_REPEAT, node, changes)
        self._recalculation.settle_all(changes, node)
        return node

    def _count_repeats(self, controls: Iterable[Control], changes: Changes) -> bool:
        """Bring repeats that the form counts to their number; say whether that changed any."""
        changed = False
        for control in controls:
            if isinstance(control, Question):
                continue
            if isinstance(control, Repeat) and control.count is not None:
                changed |= self._count_repeat(control, changes)
            changed |= self._count_repeats(control.children, changes)
        return changed

    def _count_repeat(self, repeat: Repeat, changes: Changes) -> bool:
        changed = False
        above = repeat.field.parent
        if repeat.count is None or above is None:
            return False
        for parent in self._instance.nodes_of(above):
            if not parent.relevant:
                continue
            number = to_number(repeat.count.evaluate(Context(self, parent)))
            if number > MOST_REPEATS:
                times = write_number(number)
                raise FormError(f"{repeat.field.path} would be repeated {times} times.")
            wanted = int(number) if number > 0 else 0
            alike = [child for child in parent.children if child.field is repeat.field]
            for _ in range(wanted - len(alike)):
                self._add(repeat, parent, changes)
                changed = True
            for node in reversed(alike[wanted:]):
                changes.removed.append((node, parent.children.index(node)))
                parent.children.remove(node)
                changed = True
        if changed:
            self._recalculation.settle(set(repeat.field.below()), changes)
        return changed

    # --- inside ------------------------------------------------------------------------------

    def _begin(self) -> None:
        """What happens before the first question: preloads, defaults, calculations."""
        changes = Changes()
        self._preload("start")
        for action in self.form.actions:
            if action.events & FIRST_LOAD:
                for node in self._instance.nodes_of(action.target):
                    self._set(action, node, changes)
        self._recalculation.settle_all(changes)
        self._follow(set(), changes)

    def _follow(self, changed: set[Field], changes: Changes) -> None:
        """Settle what follows from changed fields; drop choices that are not offered any more."""
        different = self._recalculation.settle(changed, changes) if changed else set()
        if self.form.counts_repeats:
            self._count_repeats(self.form.body, changes)
        for _ in range(10):
            dropped = self._drop_choices(different, changes)
            if not dropped:
                return
            different = self._recalculation.settle(dropped, changes)

    def _drop_choices(self, different: set[Field], changes: Changes) -> set[Field]:
        """Take away answers that name choices which the changed fields no longer offer."""
        dropped: set[Field] = set()
        for question in self.form.filtered_questions:
            if question.itemset is None or (
                question.field not in different
                and different.isdisjoint(question.itemset.nodes.depends_on)
            ):
                continue
            for node in self._instance.nodes_of(question.field):
                if node.text and node.relevant:
                    names = set(self._speaker.names(question, node))
                    left = " ".join(name for name in node.text.split() if name in names)
                    if self._recalculation.write(node, left, changes):
                        dropped.add(question.field)
        return dropped

    def _act(
        self, actions: Iterable[Action], events: frozenset[str], near: EntryNode, changes: Changes
    ) -> None:
        """Do the actions of some events, in the repeat instance that a node stands in."""
        for action in actions:
            if action.events & events:
                for node in self._near(action.target, near):
                    if self._set(action, node, changes):
                        self._follow({action.target}, changes)

    def _set(self, action: Action, node: EntryNode, changes: Changes) -> bool:
        """Do one setvalue; say whether it changed anything."""
        if action.value is None:
            text = action.text
        else:
            text = text_for(action.value.evaluate(Context(self, node)), node.field.kind)
        return self._recalculation.write(node, text, changes)

    def _preload(self, when: str) -> None:
        """Fill the metadata that the form asks for (bindings, "Preload Attributes")."""
        for bind in self.form.preloads:
            what, parameter = bind.preload
            text: str | None = None
            if when == "start" and what == "uid":
                text = "uuid:" + to_text(
                    self.form.formula("uuid()", bind.field).evaluate(
                        Context(self, self._instance.root)
                    )
                )
            elif what == "timestamp" and parameter == when:
                text = write_moment(self.clock())
            elif when == "start" and what == "date" and parameter == "today":
                text = self.clock().date().isoformat()
            if text is not None:
                for node in self._instance.nodes_of(bind.field):
                    node.put(text)

    def _find(self, ref: str) -> EntryNode:
        field = self.form.field(ref)
        node = self._instance.single[field.number] if field is not None else None
        node = self._instance.find(ref) if node is None else node
        if node is None:
            raise UnknownQuestion(f"The form has no question at {ref}.")
        return node

    def _read(self, text: str, question: Question, node: EntryNode) -> str:
        """An answer as the instance holds it; raises WrongKind."""
        names = self._speaker.names(question, node) if question.kind.chooses else ()
        return read_answer(
            text,
            question.kind,
            node.field.kind,
            names=names,
            bounds=question.bounds,
            now=self.clock(),
        )

    def _judge(self, node: EntryNode, text: str) -> Verdict:
        """Whether the form lets a node hold a text."""
        bind = self.form.bind(node.field)
        if bind is None:
            return Verdict(Outcome.OK)
        if not text:
            if self._is_required(node):
                message = self._speaker.say(bind.required_message, node.field, node)
                return Verdict(Outcome.REQUIRED, message)
            return Verdict(Outcome.OK)
        if bind.constraint is not None:
            had = node.text
            node.put(text)
            holds = bind.constraint.is_true(Context(self, node))
            node.put(had)
            if not holds:
                message = self._speaker.say(bind.constraint_message, node.field, node)
                return Verdict(Outcome.CONSTRAINT, message)
        return Verdict(Outcome.OK)

    def _is_required(self, node: EntryNode) -> bool:
        bind = self.form.bind(node.field)
        rule = None if bind is None else bind.required
        return rule is not None and rule.is_true(Context(self, node))

    def _is_readonly(self, node: EntryNode) -> bool:
        """Whether a node, or a group it stands in, takes no answers."""
        for field, rule in self.form.readonly_rules(node.field):
            place: Node | None = node
            while isinstance(place, EntryNode) and place.field is not field:
                place = place.parent
            if place is not None and rule.is_true(Context(self, place)):
                return True
        return False

    def _walk(
        self, controls: Iterable[Control], within: EntryNode, groups: tuple[str, ...], screen: str
    ) -> Iterator[tuple[Question, EntryNode, tuple[str, ...], str]]:
        """Every question that can be met, with its node, its groups' labels and its screen."""
        for control in controls:
            if isinstance(control, Question):
                node = self._below(within, control.field)
                if node is not None and node.relevant:
                    yield control, node, groups, screen
            elif isinstance(control, Repeat):
                yield from self._walk_repeat(control, within, groups, screen)
            else:
                yield from self._walk_group(control, within, groups, screen)

    def _walk_repeat(
        self, repeat: Repeat, within: EntryNode, groups: tuple[str, ...], screen: str
    ) -> Iterator[tuple[Question, EntryNode, tuple[str, ...], str]]:
        for node in self._instance.nodes_of(repeat.field, within):
            if node.relevant:
                together = screen or (node.ref if "field-list" in repeat.appearance else "")
                yield from self._walk(repeat.children, node, groups, together)

    def _walk_group(
        self, group: Group, within: EntryNode, groups: tuple[str, ...], screen: str
    ) -> Iterator[tuple[Question, EntryNode, tuple[str, ...], str]]:
        node: EntryNode | None = within
        if group.field is not None and not group.field.repeat:
            node = self._below(within, group.field)
        if node is None or not node.relevant:
            return
        label = self._speaker.say(group.label, node.field, node)
        inside = (*groups, label) if label else groups
        together = screen or (node.ref if "field-list" in group.appearance else "")
        yield from self._walk(group.children, node, inside, together)

    def _below(self, within: EntryNode, field: Field) -> EntryNode | None:
        """The node of a field in the repeat instance at hand."""
        single = self._instance.single[field.number]
        if single is not None:
            return single
        place: EntryNode | None = within
        while place is not None and place.field not in (*field.above(), field):
            place = place.parent if isinstance(place.parent, EntryNode) else None
        if place is None:
            return None
        nodes = self._instance.nodes_of(field, place) if place.field is not field else [place]
        return nodes[0] if nodes else None

    def _step(
        self, question: Question, node: EntryNode, groups: tuple[str, ...], screen: str
    ) -> Step:
        speaker, field = self._speaker, question.field
        bind = self.form.bind(field)
        readonly = self._is_readonly(node)
        return Step(
            ref=node.ref,
            kind=question.kind,
            label=speaker.say(question.label, field, node),
            hint=speaker.say(question.hint, field, node),
            guidance=speaker.say(question.hint, field, node, "guidance"),
            media=speaker.media(question.label),
            required=not readonly and self._is_required(node),
            readonly=readonly,
            required_message=(
                "" if bind is None else speaker.say(bind.required_message, field, node)
            ),
            appearance=question.appearance,
            attributes=question.attributes or NO_ATTRIBUTES,
            choices=speaker.choices(question, node) if question.kind.chooses else (),
            bounds=question.bounds,
            value=node.text,
            group=groups,
            screen=screen,
        )
