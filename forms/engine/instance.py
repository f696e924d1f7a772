"""The instance of an entry: its nodes, the paths to them, the XML they become."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from forms.errors import FormError
from forms.xform.form import Form
from forms.xform.namespaces import JAVAROSA, local
from forms.xform.source import attributes_of
from forms.xpath.nodes import Field, Node
from forms.xpath.values import Value, read_value

MOST_NODES = 200_000
"""Nodes that repeats may make of one entry."""

_TEMPLATE = f"{{{JAVAROSA}}}template"
_STEP = re.compile(r"([^/\[\]]+)(?:\[(\d{1,6})\])?")


class EntryNode(Node):
    """One element of the instance.

    Attributes:
        field: what it is an instance of.
        value: its text by its type.
        own_relevance: what its own condition says.
        relevant: whether it and everything above it is relevant.
        ordinal: its place among the instances of its field beside it, from 1.
        words: what was said instead of a value that only a map could give; "" usually.
    """

    __slots__ = ("field", "ordinal", "own_relevance", "relevant", "value", "words")

    field: Field
    relevant: bool
    ordinal: int
    value: Value
    children: list[EntryNode]  # type: ignore[assignment]

    def __init__(self, field: Field, parent: Node | None, text: str) -> None:
        super().__init__(field.name, parent, text)
        self.field = field
        self.own_relevance = True
        self.relevant = True
        self.ordinal = 1
        self.words = ""
        self.value = read_value(text, field.kind)

    def put(self, text: str) -> None:
        """Hold another text."""
        self.text = text
        self.value = read_value(text, self.field.kind)

    def settle_relevance(self, changed: list[EntryNode]) -> None:
        """Bring `relevant` up to date here and below; add to `changed` what became different."""
        above = self.parent.relevant if self.parent is not None else True
        now = self.own_relevance and above
        if now is not self.relevant:
            self.relevant = now
            changed.append(self)
            for child in self.children:
                child.settle_relevance(changed)

    def below(self) -> Iterator[EntryNode]:
        """This node and every node under it, in document order."""
        yield self
        for child in self.children:
            yield from child.below()

    @property
    def ref(self) -> str:
        """The path to it, with a position at every repeat."""
        if not self.field.repeats:
            return self.field.path
        steps: list[str] = []
        node: Node | None = self
        while isinstance(node, EntryNode):
            step = node.name
            if node.field.repeat:
                step += f"[{node.ordinal}]"
            steps.append(step)
            node = node.parent
        return "/" + "/".join(reversed(steps))

    def detach(self) -> int:
        """Take it out of its parent; return where it stood."""
        siblings = self._siblings()
        place = siblings.index(self)
        del siblings[place]
        for later in siblings[place:]:
            if later.field is self.field:
                later.ordinal -= 1
        return place

    def attach(self, place: int) -> None:
        """Put it among its parent's children at a place."""
        siblings = self._siblings()
        siblings.insert(place, self)
        self.ordinal = 1
        if place and siblings[place - 1].field is self.field:
            self.ordinal = siblings[place - 1].ordinal + 1
        for later in siblings[place + 1 :]:
            if later.field is self.field:
                later.ordinal += 1

    def _siblings(self) -> list[EntryNode]:
        if not isinstance(self.parent, EntryNode):
            raise TypeError("The root of an instance is never moved.")
        return self.parent.children

    def within(self, field: Field) -> EntryNode | None:
        """The node of a field that it stands in, itself included; None where it stands in none."""
        node: Node | None = self
        while isinstance(node, EntryNode):
            if node.field is field:
                return node
            node = node.parent
        return None


def _place_for(node: EntryNode, parent: EntryNode) -> int:
    """Where a node belongs among its siblings: by the order of fields, after those of its own."""
    number = node.field.number
    place = len(parent.children)
    while place and parent.children[place - 1].field.number > number:
        place -= 1
    return place


class Instance:
    """The tree of an entry.

    Attributes:
        document: the node above the root.
        single: by field number, the node of a field that no repeat holds.
        size: how many nodes were made.
        given: the instances of repeats that the form brings; a count never takes them away.
    """

    def __init__(self, form: Form) -> None:
        self.form = form
        self.document = Node("", None)
        self.single: list[EntryNode | None] = [None] * len(form.fields)
        self.size = 0
        self.given: set[EntryNode] = set()
        self.root = self._grow(form.instance, form.root, self.document)
        self.document.children.append(self.root)

    def _grow(self, element: etree._Element, field: Field, parent: Node) -> EntryNode:
        """The node of an element and those below it, templates of repeats left out."""
        text = (element.text or "").strip() if len(element) else element.text or ""
        node = EntryNode(field, parent, text)
        self.size += 1
        if element.attrib:
            node.attributes = attributes_of(element)
        if not field.repeats:
            self.single[field.number] = node
        for attribute in field.children:
            if attribute.is_attribute:
                held = EntryNode(attribute, node, element.get(attribute.name[1:]) or "")
                held.attach(len(node.children))
                if not attribute.repeats:
                    self.single[attribute.number] = held
        for child in element:
            if _TEMPLATE not in child.attrib:
                below = field.child(local(child.tag))
                if below is not None:
                    grown = self._grow(child, below, node)
                    grown.attach(_place_for(grown, node))
                    if below.repeat:
                        self.given.add(grown)
        return node

    def new_instance(self, repeat: Field, parent: EntryNode) -> EntryNode:
        """One more instance of a repeat, after those that its parent has.

        The first inside an instance that was itself added comes last, as in JavaRosa.
        """
        node = self._grow(self.form.templates[repeat], repeat, parent)
        if self.size > MOST_NODES:
            raise FormError(f"The entry has grown beyond {MOST_NODES:,} fields.")
        if node.attributes:
            node.attributes = {k: v for k, v in node.attributes.items() if k != _TEMPLATE}
        self.place(node, parent)
        return node

    def place(self, node: EntryNode, parent: EntryNode) -> None:
        """Put an instance of a repeat after those that its parent has."""
        repeat = node.field
        first = all(child.field is not repeat for child in parent.children)
        fresh = first and any(
            place is not None and place not in self.given
            for place in (parent.within(one) for one in parent.field.repeats)
        )
        node.attach(len(parent.children) if fresh else _place_for(node, parent))

    def find(self, ref: str) -> EntryNode | None:
        """The node at a path; a repeat without a position means its first instance."""
        nodes: list[EntryNode] = [self.root]
        for index, step in enumerate(ref.strip("/").split("/")):
            match = _STEP.fullmatch(step)
            if match is None:
                return None
            name, position = match[1], int(match[2] or 1)
            candidates = nodes if index == 0 else nodes[0].children
            alike = [node for node in candidates if node.name == name]
            if not 1 <= position <= len(alike):
                return None
            nodes = [alike[position - 1]]
        return nodes[0]

    def nodes_of(self, field: Field, within: EntryNode | None = None) -> list[EntryNode]:
        """Every node of a field; within one node, where that is given and above the field."""
        single = self.single[field.number]
        if single is not None:
            return [single]
        if not field.repeats:
            return []
        chain: list[Field] = []
        place: Field | None = field
        top = within.field if within is not None else None
        while place is not None and place is not top:
            chain.append(place)
            place = place.parent
        if within is not None and place is None:
            within, nodes = None, []
        nodes = [within] if within is not None else [self.root]
        if within is None:
            chain.pop()
        for step in reversed(chain):
            nodes = [child for node in nodes for child in node.children if child.field is step]
        return nodes

    def near(self, field: Field, node: Node) -> list[EntryNode]:
        """The nodes of a field in the innermost repeat instance that a node stands in as well."""
        place: Node | None = node
        while isinstance(place, EntryNode):
            if place.field in field.repeats:
                return [place] if place.field is field else self.nodes_of(field, place)
            place = place.parent
        return self.nodes_of(field)

    def leaves(self) -> Iterator[EntryNode]:
        """Every relevant node that holds no other, in document order."""
        left = [self.root]
        while left:
            node = left.pop()
            if not node.relevant:
                continue
            if node.field.children:
                left.extend(reversed(node.children))
            else:
                yield node

    def xml(self) -> bytes:
        """The instance as XML, what is not relevant left out."""
        element = self._element(self.root, None)
        return etree.tostring(element, encoding="UTF-8", xml_declaration=True)

    def _element(self, node: EntryNode, parent: etree._Element | None) -> etree._Element:
        tag = self.form.tags[node.field.number]
        attributes = dict(node.attributes or {})
        if parent is None:
            element = etree.Element(tag, attributes, nsmap=self.form.instance.nsmap)  # type: ignore[arg-type]
        else:
            element = etree.SubElement(parent, tag, attributes)
        if node.text and not node.children:
            element.text = node.text
        for child in node.children:
            if child.field.is_attribute:
                element.set(child.name[1:], child.text if child.relevant else "")
            elif child.relevant:
                self._element(child, element)
        return element
