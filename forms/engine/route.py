"""Which questions of an entry can be met now, in the order of the form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forms.engine.instance import EntryNode, Instance
from forms.engine.speaking import Speaker
from forms.engine.steps import Section
from forms.xform.controls import Control, Group, Question, Repeat
from forms.xform.form import Form
from forms.xform.texts import NOTHING_SAID
from forms.xpath.context import Context
from forms.xpath.nodes import Field


@dataclass(frozen=True, slots=True)
class Met:
    """One question where it is met.

    Attributes:
        node: what holds its answer.
        within: the groups and instances of repeats it stands in, outermost first.
        screen: the path of the group whose questions are shown together; "" where none are.
    """

    question: Question
    node: EntryNode
    within: tuple[Section, ...]
    screen: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """One repeat where it is met; it comes after the questions of its instances.

    Attributes:
        repeat: what the form says of it.
        above: the node that its instances are in.
        label: of the repeat in general.
        instances: those that can be met.
        within: the groups and instances of repeats it stands in, outermost first.
        screen: the path of the group whose questions are shown together; "" where none are.
    """

    repeat: Repeat
    above: EntryNode
    label: str
    instances: tuple[Section, ...]
    within: tuple[Section, ...]
    screen: str


class Route:
    """The way through a form as an entry stands."""

    def __init__(self, form: Form, instance: Instance, speaker: Speaker) -> None:
        self.form = form
        self.instance = instance
        self.speaker = speaker

    def questions(self) -> Iterator[Met]:
        """Every question that can be met, in order."""
        return (met for met in self.places() if isinstance(met, Met))

    def places(self) -> Iterator[Met | Repeated]:
        """Every question and repeat that can be met, in order."""
        return self.walk(self.form.body, self.instance.root, (), "")

    def walk(
        self,
        controls: Iterable[Control],
        at: EntryNode,
        within: tuple[Section, ...],
        screen: str,
    ) -> Iterator[Met | Repeated]:
        """Every question and repeat among some controls, with what they stand in.

        Args:
            controls: what is walked.
            at: the repeat instance at hand, or the root.
            within: what all of it stands in.
            screen: the group that all of it is shown with.
        """
        for number, control in enumerate(controls, 1):
            if isinstance(control, Question):
                node = self._below(at, control.field)
                if node is not None and node.relevant:
                    yield Met(control, node, within, screen)
            elif isinstance(control, Repeat):
                yield from self._repeated(control, at, within, screen, None)
            else:
                yield from self._grouped(control, at, within, screen, number)

    def _repeated(
        self,
        repeat: Repeat,
        at: EntryNode,
        within: tuple[Section, ...],
        screen: str,
        around: Group | None,
    ) -> Iterator[Met | Repeated]:
        above = at if repeat.field.parent is None else self._below(at, repeat.field.parent)
        if above is None or not above.relevant:
            return
        label, appearance, attributes = NOTHING_SAID, repeat.appearance, repeat.attributes
        if around is not None:
            label = around.label
            appearance |= around.appearance
            attributes = {**around.attributes, **attributes}
        found: list[Section] = []
        nodes = self.instance.nodes_of(repeat.field, above)
        for node in nodes:
            if node.relevant:
                ref = node.ref
                said = self.speaker.say(label, repeat.field, node)
                repeated = ref.rpartition("[")[0]
                section = Section(ref, said, appearance, attributes, repeated, node.ordinal)
                found.append(section)
                together = screen or (ref if "field-list" in appearance else "")
                yield from self.walk(repeat.children, node, (*within, section), together)
        if not found and (nodes or not self._would_be_relevant(repeat.field, above)):
            return
        name = self.speaker.name(label)
        yield Repeated(repeat, above, name, tuple(found), within, screen)

    def _would_be_relevant(self, field: Field, above: EntryNode) -> bool:
        """Whether an instance of a repeat would be relevant, if there were one."""
        bind = self.form.bind(field)
        if bind is None or bind.relevant is None:
            return True
        imagined = EntryNode(field, above, "")
        return bind.relevant.is_true(Context(self.speaker.world, imagined))

    def _grouped(
        self, group: Group, at: EntryNode, within: tuple[Section, ...], screen: str, number: int
    ) -> Iterator[Met | Repeated]:
        if group.field is None or group.field.repeat:
            only = group.children[0] if len(group.children) == 1 else None
            if isinstance(only, Repeat) and group.field in {None, only.field}:
                yield from self._repeated(only, at, within, screen, group)
                return
        node = at if group.field is None else self._below(at, group.field)
        if node is None or not node.relevant:
            return
        own = group.field is not None and not group.field.repeat
        ref = node.ref if own else _numbered(within, node, number)
        label = self.speaker.say(group.label, node.field, node)
        section = Section(ref, label, group.appearance, group.attributes)
        together = screen or (ref if "field-list" in group.appearance else "")
        yield from self.walk(group.children, node, (*within, section), together)

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


def _numbered(within: tuple[Section, ...], node: EntryNode, number: int) -> str:
    """What a group without a node of its own is told from others by."""
    around = within[-1].ref if within else node.ref
    return f"{around}#{number}"
