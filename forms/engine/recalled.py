"""What was read beside an answer when it was given: labels for finished entries, long afterwards.

A choice's label is looked up in the version of the form that the answer was given to, among the
choices that the form offered beside the other answers: where a list has two choices of one name,
told apart by a filter, each answer gets the one that its person saw. Nothing is calculated anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from random import Random

from forms.engine.instance import EntryNode, Instance
from forms.engine.speaking import Speaker, choice_of
from forms.engine.styling import unstyled
from forms.errors import FormError
from forms.xform.controls import Kind, Question
from forms.xform.form import Form
from forms.xform.texts import Template, plain
from forms.xpath.nodes import Field, Node, SecondaryInstance
from forms.xpath.values import words_of

Fields = Sequence[tuple[str, str]]
"""Path and value, as a finished entry has them."""

_MOST_LOOKS = 2_000_000
SEVERAL = frozenset({Kind.SELECT_MULTIPLE, Kind.RANK})
"""The kinds of questions that are answered with several choices."""


class Labels:
    """The labels of one version of a form, in one language.

    Args:
        form: the version.
        language: one of the form's; its default one if "".
    """

    def __init__(self, form: Form, language: str = "") -> None:
        self.form = form
        self.language = language or form.default_language or form.texts.default
        self._at: dict[str, Question | None] = {}
        self._known: dict[Question, dict[str, str | None]] = {}

    def question_at(self, path: str) -> Question | None:
        """The question that asked for a field; None where none did."""
        if path not in self._at:
            bare = "/".join(step.partition("[")[0] for step in path.split("/"))
            field = self.form.field(bare)
            self._at[path] = None if field is None else self.form.question(field)
        return self._at[path]

    def of_question(self, question: Question) -> str:
        """What a question is called, the values that it shows left out."""
        wording = question.label
        template = wording.inline
        if wording.key:
            template = self.form.template(wording.key, self.language)
        return unstyled(plain(template))

    def of_value(self, path: str, value: str, said: Recalled) -> tuple[tuple[str, str], ...]:
        """The choices that a value names, each with its label; "" for one that has none.

        Args:
            path: of the field, with positions inside repeats.
            value: what it holds.
            said: everything that was answered beside it.
        """
        question = self.question_at(path)
        if question is None or not value:
            return ()
        if not question.items and question.itemset is None:
            return ()
        names = words_of(value) if question.kind in SEVERAL else [value]
        known = self._known.get(question)
        if known is None:
            known = self._known[question] = self._everywhere(question)
        always = question.itemset is not None and not known  # its choices are answers themselves
        return tuple(
            (
                name,
                said.label(question, path, name, self.language)
                if always or known.get(name, "") is None
                else known.get(name) or "",
            )
            for name in names
        )

    def _everywhere(self, question: Question) -> dict[str, str | None]:
        """The label of every choice, whatever is answered; None where that has to be looked at."""
        found: dict[str, str | None] = {}
        for name, label in self._offered(question):
            found[name] = label if found.get(name, label) == label else None
        return found

    def _offered(self, question: Question) -> Iterable[tuple[str, str | None]]:
        """Every choice that a question can ever offer, out of a list or its own."""
        for item in question.items:
            template = item.label.inline
            if item.label.key:
                template = self.form.template(item.label.key, self.language)
            yield item.name, _lasting(template)
        itemset = question.itemset
        if itemset is None:
            return
        source = itemset.nodes.source
        for key, instance in self.form.secondary.items():
            if f"'{key}'" not in source and f'"{key}"' not in source:
                continue
            for node in instance.items(("root", "item")):
                if not itemset.translated:
                    one = choice_of(self.form, itemset, node, self.language, "")
                    yield one.name, one.label
                    continue
                name, label = node.child(itemset.value), node.child(itemset.label)
                if name is not None and label is not None:
                    yield name.text, _lasting(self.form.template(label.text, self.language))


def _lasting(template: Template) -> str | None:
    """A label that shows no values; None for one that does."""
    if all(isinstance(part, str) for part in template):
        return unstyled(plain(template))
    return None


class Recalled:
    """A finished entry's answers, back in their places: what the form's expressions look at.

    It is made when it is first looked at, which is seldom.

    Args:
        form: the version that was filled.
        fields: what it held.
    """

    def __init__(self, form: Form, fields: Fields) -> None:
        self.form = form
        self.clock: Callable[[], datetime] = lambda: datetime.fromtimestamp(0, UTC)
        self.random = Random(0)  # noqa: S311 - the order of choices tells nothing here
        self.language = ""
        self._fields = fields
        self._filled: Instance | None = None
        self._looks = 0

    def label(self, question: Question, path: str, name: str, language: str) -> str:
        """The label of a choice as it was offered at a path; "" where none or several of it were.

        Raises:
            FormError: the form's filters look at more than any form needs.
        """
        self._looks = 0
        self.language = language
        node = self._instance.find(path)
        if node is None:
            return ""
        choices = Speaker(self.form, self).choices(question, node)
        called = {one.label for one in choices if one.name == name}
        return called.pop() if len(called) == 1 else ""

    @property
    def _instance(self) -> Instance:
        if self._filled is None:
            self._filled = _filled(self.form, self._fields)
        return self._filled

    # what expressions may ask (forms.xpath.context.World)

    @property
    def spoken(self) -> str:
        """The language that days and months are named in."""
        return self.language

    @property
    def document(self) -> Node:
        """The node above the instance's root."""
        return self._instance.document

    @property
    def single(self) -> Sequence[Node | None]:
        """By field number, the node of a field that no repeat holds."""
        return self._instance.single

    def secondary(self, name: str) -> SecondaryInstance | None:
        """The form's list of that id; None where it has none."""
        return self.form.secondary.get(name)

    def spend(self, looks: int) -> None:
        """Count the nodes that predicates look at.

        Raises:
            FormError: they are more than any form needs.
        """
        self._looks += looks
        if self._looks > _MOST_LOOKS:
            raise FormError("The filters of this form look at long lists again and again.")

    def itext(self, name: str) -> str:
        """A text of the form."""
        template = self.form.template(name, self.language)
        return Speaker(self.form, self).render(template, self.form.root, self._instance.root)

    def choice_label(self, field: Field, node: Node, name: str) -> str:
        """The label of a choice of the question at a field; "" where it has no such choice."""
        question = self.form.question(field)
        at = next(iter(self._instance.near(field, node)), None)
        if question is None or at is None:
            return ""
        choices = Speaker(self.form, self).choices(question, at)
        return next((one.label for one in choices if one.name == name), "")


def _filled(form: Form, fields: Fields) -> Instance:
    """The instance that holds these fields, and nothing that the form brings by itself."""
    instance = Instance(form)
    for node in instance.root.below():
        if not node.children:
            node.put("")
    for path, value in fields:
        found = _reached(instance, path)
        if found is not None:
            found.put(value)
    return instance


def _reached(instance: Instance, path: str) -> EntryNode | None:
    """The node at a path, instances of repeats made where they are not there yet."""
    node = instance.root
    at = f"/{node.name}"
    for step in path.strip("/").split("/")[1:]:
        at += f"/{step}"
        found = instance.find(at)
        field = node.field.child(step.partition("[")[0])
        while found is None and field is not None and field.repeat:
            for made in instance.new_instance(field, node).below():
                made.put("")
            found = instance.find(at)
        if found is None:
            return None
        node = found
    return node
