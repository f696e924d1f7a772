"""Instances of repeats: added and removed by people, or counted by the form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from forms.engine.instance import EntryNode, Instance
from forms.engine.recalculation import Changed, Changes, Recalculation, add_changed, all_below
from forms.engine.steps import UnknownQuestion
from forms.errors import FormError
from forms.xform.controls import Control, Question, Repeat
from forms.xpath.context import Context, World
from forms.xpath.values import to_number, write_number

MOST_REPEATS = 1_000
"""Instances of one repeat in one place."""


class TooManyRepeats(FormError):
    """The form, or a person, wants more instances of a repeat than there may be."""


class Begin(Protocol):
    """Does what a form wants done with a new instance."""

    def __call__(self, repeat: Repeat, node: EntryNode, changes: Changes) -> None:
        """Do it."""


class Repeats:
    """The repeats of one entry.

    Args:
        instance: the entry's.
        recalculation: settles what is in a new instance.
        world: what expressions may ask.
        begin: does the actions of a new instance.
    """

    def __init__(
        self, instance: Instance, recalculation: Recalculation, world: World, begin: Begin
    ) -> None:
        self.instance = instance
        self.form = instance.form
        self.recalculation = recalculation
        self.world = world
        self.begin = begin
        self._shelves: dict[tuple[EntryNode, Repeat], list[EntryNode]] = {}

    def open_for_more(self, ref: str) -> tuple[Repeat, EntryNode]:
        """The repeat at a path, and the node that a new instance goes into.

        Raises:
            UnknownQuestion: nothing repeats there, or nothing may be added.
        """
        head, _, name = ref.rpartition("/")
        parent = self.instance.find(head)
        field = parent.field.child(name) if parent is not None else None
        repeat = self.form.repeat(field) if field is not None else None
        if parent is None or repeat is None or not parent.relevant:
            raise UnknownQuestion(f"Nothing repeats at {ref}.")
        _check_open(repeat, ref)
        return repeat, parent

    def removable(self, ref: str) -> EntryNode:
        """The instance at a path.

        Raises:
            UnknownQuestion: nothing repeats there, or nothing may be removed.
        """
        node = self.instance.find(ref)
        repeat = None if node is None else self.form.repeat(node.field)
        if node is None or repeat is None or not node.relevant:
            raise UnknownQuestion(f"Nothing repeats at {ref}.")
        _check_open(repeat, ref)
        return node

    def add(self, repeat: Repeat, parent: EntryNode, changes: Changes) -> EntryNode:
        """One more instance, its actions done and everything inside it settled."""
        had = sum(1 for child in parent.children if child.field is repeat.field)
        if had >= MOST_REPEATS:
            raise TooManyRepeats(f"{repeat.field.path} is repeated {had} times already.")
        node = self.instance.new_instance(repeat.field, parent)
        node.relevant = False
        node.settle_relevance([])
        changes.moved.append((node, None))
        self.begin(repeat, node, changes)
        self.recalculation.settle_all(changes, node)
        return node

    def count(self, controls: Iterable[Control], changes: Changes) -> bool:
        """Bring repeats that the form counts to their number; say whether that changed any.

        What was answered in instances that a lower number takes away is held, counts for nothing
        and leaves with nobody, and is there again where the number is raised: a person who
        mistypes a number loses nothing.

        Instances that the form brings stay, whatever the count, as in JavaRosa: authors who want
        none where the count is 0 make the repeat not relevant.
        """
        changed = False
        for control in controls:
            if isinstance(control, Question):
                continue
            if isinstance(control, Repeat) and control.count is not None:
                changed |= self._count(control, changes)
            changed |= self.count(control.children, changes)
        return changed

    def _count(self, repeat: Repeat, changes: Changes) -> bool:
        changed: Changed = {}
        above = repeat.field.parent
        if repeat.count is None or above is None:
            return False
        for parent in self.instance.nodes_of(above):
            if not parent.relevant:
                continue
            place = EntryNode(repeat.field, parent, "")
            number = to_number(repeat.count.evaluate(Context(self.world, place)))
            if number > MOST_REPEATS:
                times = write_number(number)
                raise TooManyRepeats(f"{repeat.field.path} would be repeated {times} times.")
            wanted = int(number) if number > 0 else 0
            alike = [child for child in parent.children if child.field is repeat.field]
            wanted = max(wanted, sum(child in self.instance.given for child in alike))
            shelf = self._shelves.setdefault((parent, repeat), [])
            for _ in range(wanted - len(alike)):
                node = (
                    self._put_back(parent, shelf, changes)
                    if shelf
                    else self.add(repeat, parent, changes)
                )
                add_changed(changed, node.below())
            for node in reversed(alike[wanted:]):
                changes.moved.append((node, node.detach()))
                changes.shelved.append((shelf, node, True))
                shelf.append(node)
                changed.update(all_below(repeat.field))
        if changed:
            self.recalculation.settle(changed, changes)
        return bool(changed)

    def _put_back(self, parent: EntryNode, shelf: list[EntryNode], changes: Changes) -> EntryNode:
        """The instance that a lowered count took away last, with what was answered in it."""
        node = shelf.pop()
        changes.shelved.append((shelf, node, False))
        self.instance.place(node, parent)
        changes.moved.append((node, None))
        node.settle_relevance([])
        self.recalculation.settle_all(changes, node)
        return node


def changed_by(node: EntryNode) -> Changed:
    """What is different once an instance is there: everything in it."""
    changed: Changed = {}
    add_changed(changed, node.below())
    return changed


def _check_open(repeat: Repeat, ref: str) -> None:
    if repeat.fixed or repeat.count is not None:
        raise UnknownQuestion(f"The form says itself how often {ref} is repeated.")
