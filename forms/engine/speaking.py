"""What an entry says: texts with the values they show, and choices with their labels."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from forms.engine.instance import EntryNode
from forms.xform.controls import Choice, Itemset, Question
from forms.xform.form import Form
from forms.xform.texts import MEDIA, Template, Wording, media_name, plain
from forms.xpath.context import Context, World
from forms.xpath.nodes import Field, Node
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
        return self.render(template, field, node) if template else ""

    def media(self, wording: Wording) -> Mapping[str, str]:
        """The media that go with a label."""
        return self._media(wording.key) if wording.key else NO_MEDIA

    def _media(self, key: str) -> Mapping[str, str]:
        forms = self.form.texts.find(key, self.world.language)
        found = {kind: media_name(plain(forms[kind])) for kind in MEDIA if kind in forms}
        return found or NO_MEDIA

    def choices(self, question: Question, node: EntryNode) -> tuple[Choice, ...]:
        """What can be chosen now."""
        language = self.world.language
        kept = self.form.choices_kept.get((question, language))
        if kept is not None:
            return kept
        itemset = question.itemset
        if itemset is None:
            found = tuple(
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
            items = self.items(itemset, node)
            found = tuple(self._choice(itemset, item, question.field, node) for item in items)
            lasting = itemset.fixed and not any(self._moves(itemset, item) for item in items)
        if lasting:
            self.form.choices_kept[question, language] = found
        return found

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
        name = cell_of(item, itemset.value)
        shown = cell_of(item, itemset.label) if itemset.label else name
        media: Mapping[str, str] = NO_MEDIA
        if itemset.translated:
            template = self.form.template(shown, self.world.language)
            media = self._media(shown)
            shown = self.render(template, field, node) if template else ""
        apart = {itemset.value, itemset.label}
        columns = {column: text for column, text in item.cells() if column not in apart}
        return Choice(name, shown, media, columns or NO_MEDIA)

    def _is_plain(self, wording: Wording) -> bool:
        template = wording.inline
        if wording.key:
            template = self.form.template(wording.key, self.world.language)
        return all(isinstance(part, str) for part in template)

    def _moves(self, itemset: Itemset, item: Node) -> bool:
        """Whether a choice's label shows values of the entry."""
        if not itemset.translated:
            return False
        template = self.form.template(cell_of(item, itemset.label), self.world.language)
        return not all(isinstance(part, str) for part in template)


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
