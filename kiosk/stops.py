"""What stands together on one screen: the stops of a journey, as plain data.

A stop is one question, a group of questions that the form wants shown together ("field-list"), or
the list of a repeat's instances, to which people add and from which they remove. A choice among
others with "other" (`or_other`) and the text that says what else stand together as well.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from forms.engine import Kind, Place, Repetition, Section


@dataclass(frozen=True)
class Stop:
    """One screen of the way.

    Attributes:
        key: the path of the question, of the group, or of the repeat.
        items: what is on it, in order.
        has_other: whether it is one choice, and a text where something else is chosen.
    """

    key: str
    items: tuple[Place | Repetition, ...]
    has_other: bool = False

    @property
    def places(self) -> tuple[Place, ...]:
        """The questions on it."""
        return tuple(item for item in self.items if isinstance(item, Place))

    @property
    def together(self) -> bool:
        """Whether the form wants its questions shown together."""
        return bool(self.items[0].screen) or self.has_other

    @property
    def series(self) -> Repetition | None:
        """The repeat that it is the list of; None where it asks questions."""
        first = self.items[0]
        return first if isinstance(first, Repetition) and not self.together else None

    @property
    def instances(self) -> tuple[Section, ...]:
        """The instances of repeats that it stands in, or is, outermost first."""
        return tuple(
            section
            for section in self.items[0].within
            if section.repeat and (self.key == section.ref or _within(self.key, section.ref))
        )

    def within(self, scope: str) -> bool:
        """Whether it is that question, or in that group, repeat or instance."""
        return self.key == scope or _within(self.key, scope)


OTHER = "_other"  # what pyxform adds to the name of a question for the text of `or_other`


def stops(
    outline: Iterable[Place | Repetition], has_field: Callable[[str], bool] = lambda _: False
) -> tuple[Stop, ...]:
    """The screens of a way, in order.

    A repeat whose instances the form counts has no list: people go through its instances.

    Args:
        outline: as the entry gives it.
        has_field: whether the form has a field at a path, met or not.
    """
    found: list[Stop] = []
    for key, items in _gathered(outline):
        before = found[-1] if found else None
        if before is not None and before.has_other and key == before.key + OTHER:
            found[-1] = Stop(before.key, before.items + items, has_other=True)
            continue
        only = items[0]
        chooses = isinstance(only, Place) and only.kind in {Kind.SELECT_ONE, Kind.SELECT_MULTIPLE}
        with_other = chooses and not only.screen and has_field(key + OTHER)
        found.append(Stop(key, items, has_other=with_other))
    return tuple(found)


def _gathered(
    outline: Iterable[Place | Repetition],
) -> Iterator[tuple[str, tuple[Place | Repetition, ...]]]:
    screen, together = "", list[Place | Repetition]()
    for item in outline:
        if item.screen != screen and together:
            yield screen, tuple(together)
            together = []
        screen = item.screen
        if screen:
            together.append(item)
        elif isinstance(item, Place) or item.may_add:
            yield item.ref, (item,)
    if together:
        yield screen, tuple(together)


def _within(ref: str, scope: str) -> bool:
    return ref.startswith((f"{scope}/", f"{scope}[", f"{scope}#"))
