"""Which questions of an entry can be met now, in the order of the form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forms.engine.instance import EntryNode, Instance
from forms.engine.speaking import Speaker
from forms.xform.controls import Control, Group, Question, Repeat
from forms.xform.form import Form
from forms.xpath.nodes import Field, Node


@dataclass(frozen=True, slots=True)
class Met:
    """One question where it is met.

    Attributes:
        node: what holds its answer.
        groups: the labels of the groups it stands in, outermost first.
        screen: the path of the group whose questions are shown together; "" where none are.
    """

    question: Question
    node: EntryNode
    groups: tuple[str, ...]
    screen: str


class Route:
    """The way through a form as an entry stands."""

    def __init__(self, form: Form, instance: Instance, speaker: Speaker) -> None:
        self.form = form
        self.instance = instance
        self.speaker = speaker

    def questions(self) -> Iterator[Met]:
        """Every question that can be met, in order."""
        return self.walk(self.form.body, self.instance.root, (), "")

    def near(self, field: Field, node: Node) -> list[EntryNode]:
        """The nodes of a field in the innermost repeat instance that a node stands in as well."""
        place: Node | None = node
        while isinstance(place, EntryNode):
            if place.field in field.repeats:
                return [place] if place.field is field else self.instance.nodes_of(field, place)
            place = place.parent
        return self.instance.nodes_of(field)

    def walk(
        self, controls: Iterable[Control], within: EntryNode, groups: tuple[str, ...], screen: str
    ) -> Iterator[Met]:
        """Every question that can be met, with its node, its groups' labels and its screen."""
        for control in controls:
            if isinstance(control, Question):
                node = self._below(within, control.field)
                if node is not None and node.relevant:
                    yield Met(control, node, groups, screen)
            elif isinstance(control, Repeat):
                yield from self._repeated(control, within, groups, screen)
            else:
                yield from self._grouped(control, within, groups, screen)

    def _repeated(
        self, repeat: Repeat, within: EntryNode, groups: tuple[str, ...], screen: str
    ) -> Iterator[Met]:
        for node in self.instance.nodes_of(repeat.field, within):
            if node.relevant:
                together = screen or (node.ref if "field-list" in repeat.appearance else "")
                yield from self.walk(repeat.children, node, groups, together)

    def _grouped(
        self, group: Group, within: EntryNode, groups: tuple[str, ...], screen: str
    ) -> Iterator[Met]:
        node: EntryNode | None = within
        if group.field is not None and not group.field.repeat:
            node = self._below(within, group.field)
        if node is None or not node.relevant:
            return
        label = self.speaker.say(group.label, node.field, node)
        inside = (*groups, label) if label else groups
        together = screen or (node.ref if "field-list" in group.appearance else "")
        yield from self.walk(group.children, node, inside, together)

    def _below(self, within: EntryNode, field: Field) -> EntryNode | None:
        """The node of a field in the repeat instance at hand."""
        single = self.instance.single[field.number]
        if single is not None:
            return single
        place: EntryNode | None = within
        while place is not None and place.field not in (*field.above(), field):
            place = place.parent if isinstance(place.parent, EntryNode) else None
        if place is None:
            return None
        nodes = self.instance.nodes_of(field, place) if place.field is not field else [place]
        return nodes[0] if nodes else None
