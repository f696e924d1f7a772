"""A form as read: what an entry follows, and never changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from functools import cached_property

from lxml import etree

from forms.language_codes import language_code
from forms.xform.binds import Bind
from forms.xform.controls import Action, Choice, Control, Question, Repeat, questions_of
from forms.xform.dependencies import Order, Settles, behind
from forms.xform.texts import Template, Texts, plain
from forms.xpath.compiler import Formula, compile_formula
from forms.xpath.nodes import Field, Node, SecondaryInstance


@dataclass(eq=False)
class Form:
    """An ODK XForm, its expressions compiled and its dependencies in order.

    Attributes:
        form_id: the `id` of the primary instance.
        version: its `version`; "" where the form has none.
        title: the title as written; "" where it has none.
        languages: as the form names them ("Français (fr)"); () where it has no translations.
        default_language: one of them; "" where there are none.
        hash: SHA-256 of the XML it was read from.
        body: what is shown, in order.
        root: the field of the primary instance's root; `fields` lists all, in document order.
        instance: the primary instance as the form brings it.
        templates: by repeat, what a new instance of it starts from.
        secondary: by id, the secondary instances.
        attached: the media files that the form names, without folders.
        elsewhere: addresses of pictures and recordings that it names, and that no device shows.
        nowhere: a node that is in no entry, for expressions that are about none.
        choices_kept: by question and language, choices that are the same in every entry.
    """

    form_id: str
    version: str
    title: str
    hash: bytes
    texts: Texts
    root: Field
    fields: tuple[Field, ...]
    tags: tuple[str, ...]
    instance: etree._Element
    templates: Mapping[Field, etree._Element]
    binds: Mapping[Field, Bind]
    body: tuple[Control, ...]
    actions: tuple[Action, ...]
    secondary: Mapping[str, SecondaryInstance]
    order: Order
    attached: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()
    nowhere: Node = made(default_factory=lambda: Node("", None))
    choices_kept: dict[tuple[Question, str], Sequence[Choice]] = made(default_factory=dict)
    _formulas: dict[tuple[str, Field], Formula] = made(default_factory=dict)
    _readonly: dict[Field, tuple[tuple[Field, Formula], ...]] = made(default_factory=dict)
    _made_again: dict[Field, tuple[int, ...]] = made(default_factory=dict)
    _by_path: dict[str, Field] = made(default_factory=dict)
    _by_field: dict[Field, Question] = made(default_factory=dict)
    _repeats: dict[Field, Repeat] = made(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_path = {field.path: field for field in self.fields}
        self._by_field = {question.field: question for question in questions_of(self.body)}
        left = list(self.body)
        while left:
            control = left.pop()
            if not isinstance(control, Question):
                left.extend(control.children)
                if isinstance(control, Repeat):
                    self._repeats[control.field] = control

    @property
    def questions(self) -> tuple[Question, ...]:
        """Every question of the body, whether it can be met or not."""
        return tuple(questions_of(self.body))

    @property
    def languages(self) -> tuple[str, ...]:
        """The names of the form's translations; a single one that has no name does not count."""
        return () if self.texts.languages == ("default",) else self.texts.languages

    @property
    def default_language(self) -> str:
        """The language of a form that nobody chose one for."""
        return self.texts.default if self.languages else ""

    def language_for(self, wanted: str) -> str | None:
        """The form's name of a language: "fr" finds "Français (fr)", "fr" and "French (fr)".

        A regional code finds its language ("fr-BE" finds "fr") where the form has not the region.
        """
        code = language_code(wanted)
        for language in self.languages:
            if language.lower() == wanted.lower() or language_code(language) == code:
                return language
        for language in self.languages:
            if language_code(language).partition("-")[0] == code.partition("-")[0]:
                return language
        return None

    def text(self, key: str, language: str = "", form: str = "") -> str:
        """A text of the form by its id, outputs left out; "" where there is none."""
        return plain(self.texts.find(key, language).get(form, ()))

    def template(self, key: str, language: str, form: str = "") -> Template:
        """A text of the form by its id, in pieces."""
        return self.texts.find(key, language).get(form, ())

    @cached_property
    def preloads(self) -> tuple[Bind, ...]:
        """The fields that are filled with metadata."""
        return tuple(bind for bind in self.binds.values() if bind.preload[0])

    @cached_property
    def _written_over(self) -> frozenset[Field]:
        """Calculated fields that people, events or preloads may give another value."""
        fields = {question.field for question in self.questions}
        fields.update(bind.field for bind in self.preloads)
        actions = [*self.actions]
        for question in self.questions:
            actions.extend(question.actions)
        for repeat in self._repeats.values():
            actions.extend(repeat.actions)
        fields.update(action.target for action in actions)
        return frozenset(fields)

    def told_by_place(self, repeat: Field) -> tuple[int, ...]:
        """Calculations that read a repeat itself, as `position(..)` does, and may be written over.

        By their place in `order`.
        """
        return tuple(
            index
            for index in self.order.readers[repeat.number]
            if self.order.triggers[index].settles is Settles.CALCULATE
            and self.order.triggers[index].field in self._written_over
        )

    def made_again(self, field: Field) -> tuple[int, ...]:
        """The calculations behind a field that may hold something else than they compute.

        By their place in `order`. They are made again whenever the field is answered, also where
        nothing between has changed (XForms 1.1, "Recalculation Sequence Algorithm").
        """
        found = self._made_again.get(field)
        if found is None:
            triggers = self.order.triggers
            found = tuple(
                index
                for index in behind(self.order, field)
                if triggers[index].settles is Settles.CALCULATE
                and (
                    triggers[index].field in self._written_over
                    or not triggers[index].formula.steady
                )
            )
            self._made_again[field] = found
        return found

    @cached_property
    def filtered_questions(self) -> tuple[Question, ...]:
        """The questions whose choices depend on other answers."""
        return tuple(
            question
            for question in self.questions
            if question.itemset is not None and question.itemset.nodes.depends_on
        )

    @cached_property
    def counts_repeats(self) -> bool:
        """Whether the form says itself how often something is repeated."""
        return any(repeat.count is not None for repeat in self._repeats.values())

    def readonly_rules(self, field: Field) -> tuple[tuple[Field, Formula], ...]:
        """The rules, of a field and of the groups it stands in, that may make it read-only."""
        found = self._readonly.get(field)
        if found is None:
            binds = (self.binds.get(place) for place in (field, *field.above()))
            found = tuple(
                (bind.field, bind.readonly)
                for bind in binds
                if bind is not None and bind.readonly is not None
            )
            self._readonly[field] = found
        return found

    def field(self, path: str) -> Field | None:
        """The field at a path without positions; None where there is none."""
        return self._by_path.get(path)

    def question(self, field: Field) -> Question | None:
        """The question that asks for a field; None where nothing does."""
        return self._by_field.get(field)

    def repeat(self, field: Field) -> Repeat | None:
        """The repeat whose instances a field has; None where it is not repeated."""
        return self._repeats.get(field)

    def bind(self, field: Field) -> Bind | None:
        """The rules of a field; None where the form gives none."""
        return self.binds.get(field)

    def formula(self, source: str, at: Field) -> Formula:
        """An expression about a field, compiled once.

        Raises:
            ExpressionError: it is not an expression.
            UnknownFunction: it calls a function that does not exist.
        """
        found = self._formulas.get((source, at))
        if found is None:
            found = compile_formula(source, at=at, root=self.root, secondary=self.secondary)
            self._formulas[source, at] = found
        return found

    def dictionary_material(self) -> bytes:
        """Bytes that contributions to this form are likely to contain, the likeliest last.

        The same form gives the same bytes anywhere: both sides of a compression make them anew.
        """
        from forms.xform.material import dictionary_material

        return dictionary_material(self)
