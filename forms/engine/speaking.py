"""What an entry says: texts with the values they show, and choices with their labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from random import Random
from types import MappingProxyType
from typing import overload

from forms.engine.instance import EntryNode
from forms.engine.styling import unstyled
from forms.xform.controls import Choice, Itemset, Question
from forms.xform.form import Form
from forms.xform.texts import MEDIA, PICTURES, Template, Wording, address_in, media_name, plain
from forms.xpath.context import Context, World
from forms.xpath.nodes import Field, Node, SecondaryInstance
from forms.xpath.values import to_text

NO_MEDIA: Mapping[str, str] = MappingProxyType({})


class Speaker:
    """Renders a form's texts for one entry, in the language that the entry has at the moment."""

    def __init__(self, form: Form, world: World) -> None:
        self.form = form
        self.world = world

    def render(self, template: Template, field: Field, node: Node) -> str:
        """A template as text, its outputs evaluated about a node."""
        if len(template) == 1 and isinstance(template[0], str):
            return template[0]
        context = Context(self.world, node)
        return "".join(
            part
            if isinstance(part, str)
            else to_text(self.form.formula(part.source, field).evaluate(context))
            for part in template
        ).strip()

    def say(self, wording: Wording, field: Field, node: Node, form: str = "") -> str:
        """What a label, a hint or a message says."""
        if wording.key:
            template = self.form.template(wording.key, self.world.language, form)
        else:
            template = () if form else wording.inline
        return unstyled(self.render(template, field, node)) if template else ""

    def name(self, wording: Wording) -> str:
        """What a label says whatever is answered: the values that it shows are left out."""
        template = wording.inline
        if wording.key:
            template = self.form.template(wording.key, self.world.language)
        return " ".join(unstyled(plain(template)).split())

    def media(self, wording: Wording) -> Mapping[str, str]:
        """The media that go with a label."""
        return media_of(self.form, wording.key, self.world.language) if wording.key else NO_MEDIA

    def choices(self, question: Question, node: EntryNode) -> Sequence[Choice]:
        """What can be chosen now."""
        language = self.world.language
        kept = self.form.choices_kept.get((question, language))
        if kept is not None:
            return kept
        itemset = question.itemset
        if itemset is None:
            found: Sequence[Choice] = tuple(
                Choice(
                    item.name,
                    self.say(item.label, question.field, node),
                    self.media(item.label),
                    NO_MEDIA,
                )
                for item in question.items
            )
            lasting = all(self._is_plain(item.label) for item in question.items)
        else:
            lasting = itemset.fixed and not (itemset.translated and self._texts_of_lists_move())
            if lasting:
                found = LateChoices(self.form, itemset, language)
            else:
                items = self.items(itemset, node)
                found = tuple(self._choice(itemset, item, question.field, node) for item in items)
        if lasting:
            self.form.choices_kept[question, language] = found
        return found

    def _texts_of_lists_move(self) -> bool:
        """Whether labels of lists may show values; the texts of questions have paths as ids."""
        return not all(key.startswith("/") for key in self.form.texts.moving)

    def names(self, question: Question, node: EntryNode) -> list[str]:
        """The names of what can be chosen now."""
        if question.itemset is None:
            return [item.name for item in question.items]
        return [
            cell_of(item, question.itemset.value) for item in self.items(question.itemset, node)
        ]

    def items(self, itemset: Itemset, node: EntryNode) -> list[Node]:
        """The nodes that an itemset leads to now."""
        select = itemset.nodes.select
        return [] if select is None else select(Context(self.world, node))

    def _choice(self, itemset: Itemset, item: Node, field: Field, node: EntryNode) -> Choice:
        shown = ""
        if itemset.translated:
            template = self.form.template(cell_of(item, itemset.label), self.world.language)
            shown = self.render(template, field, node) if template else ""
        return choice_of(self.form, itemset, item, self.world.language, shown)

    def _is_plain(self, wording: Wording) -> bool:
        template = wording.inline
        if wording.key:
            template = self.form.template(wording.key, self.world.language)
        return all(isinstance(part, str) for part in template)


class LateChoices(Sequence[Choice]):
    """The choices of a list that is the same in every entry, made when first looked at.

    It belongs to the form, and knows nothing of any entry.
    """

    __slots__ = ("_form", "_itemset", "_language", "_made")

    def __init__(self, form: Form, itemset: Itemset, language: str) -> None:
        self._form = form
        self._itemset = itemset
        self._language = language
        self._made: tuple[Choice, ...] | None = None

    @property
    def made(self) -> tuple[Choice, ...]:
        """All of them."""
        if self._made is None:
            form, itemset = self._form, self._itemset
            found: list[Choice] = []
            for item in fixed_items(form, itemset):
                shown = ""
                if itemset.translated:
                    key = cell_of(item, itemset.label)
                    shown = plain(form.template(key, self._language))
                found.append(choice_of(form, itemset, item, self._language, shown))
            self._made = tuple(found)
        return self._made

    @overload
    def __getitem__(self, index: int) -> Choice: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Choice]: ...

    def __getitem__(self, index: int | slice) -> Choice | Sequence[Choice]:
        return self.made[index]

    def __len__(self) -> int:
        return len(self.made)

    def __iter__(self) -> Iterator[Choice]:
        return iter(self.made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self.made == tuple(other)

    def __hash__(self) -> int:
        return hash(self.made)

    def __repr__(self) -> str:
        return repr(self.made)


def fixed_items(form: Form, itemset: Itemset) -> list[Node]:
    """The items of a list that depends on nothing."""
    select = itemset.nodes.select
    return [] if select is None else select(Context(_Lists(form), form.nowhere))


class _Lists:
    """What the expressions of fixed lists may ask: the lists, and nothing of an entry."""

    random = Random(0)  # noqa: S311 - nothing fixed draws from it
    language = spoken = ""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.clock: Callable[[], datetime] = datetime.now
        self.document = form.nowhere
        self.single: list[Node | None] = [None] * len(form.fields)

    def secondary(self, name: str) -> SecondaryInstance | None:
        return self.form.secondary.get(name)

    def spend(self, looks: int) -> None:
        """Fixed lists have no predicates."""

    def itext(self, name: str) -> str:
        return ""

    def choice_label(self, field: Field, node: Node, name: str) -> str:
        return ""


def choice_of(form: Form, itemset: Itemset, item: Node, language: str, shown: str) -> Choice:
    """An item of a list as a choice.

    Args:
        form: where texts and media are.
        itemset: says which cells hold name and label.
        item: the item.
        language: of the media.
        shown: its label, where that is a text of the form.
    """
    name = cell_of(item, itemset.value)
    media: Mapping[str, str] = NO_MEDIA
    if itemset.translated:
        media = media_of(form, cell_of(item, itemset.label), language)
    else:
        shown = cell_of(item, itemset.label) if itemset.label else name
    apart = {itemset.value, itemset.label}
    columns = {column: text for column, text in item.cells() if column not in apart}
    said = unstyled(shown)
    return Choice(name, said, media, columns or NO_MEDIA, "" if said == shown else shown)


def media_of(form: Form, key: str, language: str) -> Mapping[str, str]:
    """The media of a text of the form: recordings in this language, pictures from any."""
    forms = form.texts.find(key, language)
    pictured = form.texts.pictured.get(key)
    if pictured and not any(kind in forms for kind in PICTURES):
        forms = {**forms, **pictured}
    named = {kind: plain(forms[kind]) for kind in MEDIA if kind in forms}
    found = {kind: media_name(name) for kind, name in named.items() if not address_in(name)}
    return found or NO_MEDIA


def cell_of(item: Node, path: str) -> str:
    """The text at a path of names below an item; "" where there is none."""
    if path in {".", ""}:
        return item.text
    if "/" not in path:
        return item.cell(path.rpartition(":")[2]) or ""
    found: Node | None = item
    for name in path.split("/"):
        if name != "." and found is not None:
            found = found.child(name.rpartition(":")[2])
    return "" if found is None else found.text
