"""A person's way among the questions of one entry: from stop to stop, with detours, as plain data.

A list (of the instances of a repeat that people fill themselves) comes after its instances. Once it
was seen, they are entered from it alone, each on a detour that leads back to it; so does a change
from the review.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from forms.engine import (
    PLACES,
    Entry,
    Kind,
    Outcome,
    Repetition,
    Section,
    Step,
    UnknownQuestion,
    Verdict,
)
from kiosk.stops import Stop, stops

_POSITION = re.compile(r"\[\d+\]")


class Where(Enum):
    """What the person stands at."""

    QUESTION = auto()  # one question
    TOGETHER = auto()  # several that the form wants shown together
    SERIES = auto()  # the list of a repeat's instances
    BEFORE = auto()  # what comes before the first question
    AFTER = auto()  # what comes after the last one


@dataclass(frozen=True)
class Detour:
    """A part of the way that leads back to where it was entered from.

    Attributes:
        scope: the path of what is gone through: a question, a group, a repeat or its instance.
        home: the key of the stop to come back to; "" for the review.
        added: whether the instance gone through was added for it.
    """

    scope: str
    home: str
    added: bool = False


@dataclass(frozen=True)
class Removal:
    """What was taken away last.

    Attributes:
        repeat: the path of the repeat.
        reworded: the answers in a mediator's words before.
    """

    repeat: str
    reworded: frozenset[str]


class Way:
    """Where a person is among the questions, and what the screen shows as their answers.

    Args:
        entry: what they fill.
        reworded: the answers that a mediator put in their own words; kept with their questions.

    Attributes:
        ref: the key of the stop where they are.
        where: what that is.
        objections: what the form says against answers on this stop, by question.
    """

    def __init__(self, entry: Entry, reworded: set[str]) -> None:
        self.entry = entry
        self.reworded = reworded
        self.ref = ""
        self.where = Where.BEFORE
        self.objections: dict[str, Verdict] = {}
        self._held: dict[str, str] = {}
        self._answered = False  # the person has said something, whatever became of it
        self._detours: list[Detour] = []
        self._seen: set[str] = set()  # repeats whose list was seen
        self._came_from = ""  # the stop from which a list was reached
        self._removal: Removal | None = None

    # --- from stop to stop --------------------------------------------------------------------

    def begin(self) -> None:
        """Go to the first stop."""
        self._detours.clear()
        self._arrive(self._beside("", 1))

    def end(self) -> None:
        """Go to the last stop, from behind; to what comes before, where there is none."""
        self._detours.clear()
        ways = self._linear()
        self._arrive(ways[-1] if ways else None)
        if not ways:
            self.where = Where.BEFORE

    def next(self) -> Verdict:
        """Leave this stop, if its answers may stand; else the first objection."""
        verdict = self.settle()
        if verdict.kept:
            self._leave(1)
        return verdict

    def back(self) -> None:
        """One step back; nothing is lost."""
        self.settle()
        self._leave(-1)

    def change(self, ref: str) -> None:
        """From the review to the stop that shows a question or a list, and straight back."""
        stop = self._stop_of(ref)
        if stop is not None:
            self._detours = [Detour(stop.key, "")]
            self._arrive(stop)

    # --- several alike things -----------------------------------------------------------------

    @property
    def series(self) -> Repetition:
        """The repeat whose list is shown."""
        found = self.stop.series
        if found is None:
            raise RuntimeError("no list is shown")
        return found

    def add(self) -> None:
        """Add one more to the list that is shown, and go through its questions.

        Raises:
            FormError: the form allows no more.
        """
        home = self.ref
        ref = self.entry.add_repeat(home)
        self._go_through(ref, home, added=True)

    def edit(self, instance: str) -> None:
        """Go through the questions of one on the list, and back to it."""
        self._go_through(instance, self.ref, added=False)

    def remove(self, instance: str) -> None:
        """Take one away with all that was said in it; `restore` brings it back."""
        repeat = instance.rpartition("[")[0]
        self._removal = Removal(repeat, frozenset(self.reworded))
        self.entry.remove_repeat(instance)
        self._forget_held(repeat)
        self._came_from = ""
        self._reword({moved for ref in self.reworded if (moved := _without(instance, ref))})

    @property
    def may_restore(self) -> bool:
        """Whether what was taken away last can be brought back."""
        return self._removal is not None

    def restore(self) -> None:
        """Bring back what was taken away last, if nothing was said since."""
        if self._removal is None:
            return
        removal, self._removal = self._removal, None
        self.entry.undo()
        self._forget_held(removal.repeat)
        self._reword(removal.reworded)

    def add_here(self, repeat: str) -> str:
        """Add an instance of a repeat on the stop that is shown, and say which.

        Raises:
            FormError: the form allows no more.
        """
        self._removal = None
        return self.entry.add_repeat(repeat)

    @property
    def may_skip_series(self) -> bool:
        """Whether the person may say that there is nothing to tell of: on the first question."""
        return bool(self._skippable())

    def skip_series(self) -> None:
        """There is nothing to tell of: on to what comes after the list."""
        instance = self._skippable()
        if not instance:
            return
        repeat = instance.rpartition("[")[0]
        self.entry.remove_repeat(instance)
        self._forget_held(repeat)
        self._seen.add(repeat)
        self.ref = repeat
        self._leave(1)

    # --- what is asked and answered -----------------------------------------------------------

    @property
    def stop(self) -> Stop:
        """Where the person is among the questions."""
        return next(stop for stop in self._stops() if stop.key == self.ref)

    def ahead(self) -> Stop | None:
        """The questions that come next if nothing said here changes that; None where none do."""
        if self.where not in {Where.QUESTION, Where.TOGETHER}:
            return None
        beside = self._beside(self.ref, 1)
        if beside is None or beside.series is not None:
            return None
        inside = not self._detours or beside.within(self._detours[-1].scope)
        return beside if inside else None

    def step(self, ref: str = "") -> Step:
        """A question on the screen; the first one, where none is named."""
        if not ref:
            ref = self.ref if self.where is Where.QUESTION else self.stop.places[0].ref
        return self.entry.step(ref)

    def hold(self, value: str, ref: str = "") -> None:
        """What the screen shows as the answer so far; the answer, once the person goes on."""
        self._held[ref or self.ref] = value
        self._removal = None
        self._answered = True

    @property
    def has_answers(self) -> bool:
        """Whether the person has answered anything that still stands; defaults are no answers."""
        return self._answered and (
            any(self._held.values())
            or any((step.value or step.words) and not step.readonly for step in self.entry.steps())
        )

    def try_held(self, ref: str) -> bool:
        """Give the entry what the screen shows at once, where others on it may depend on it.

        Returns:
            Whether the entry took it; what it does not take stays held.
        """
        self.objections.pop(ref, None)
        return self._settle_one(ref).kept

    def value(self, ref: str = "") -> str:
        """What the screen should show as the answer: also one that the form did not accept."""
        ref = ref or self.ref
        if ref in self._held:
            return self._held[ref]
        step = self.step(ref)
        return step.value or step.words

    def place(self) -> tuple[int, int]:
        """Which screen of questions is shown, from 1, and how many there are."""
        keys = [stop.key for stop in self._stops() if stop.series is None]
        if self.ref in keys:
            return (keys.index(self.ref) + 1, len(keys))
        before = sum(1 for stop in self._before(self.ref) if stop.series is None)
        return (max(1, before), max(1, len(keys)))

    def number(self) -> tuple[tuple[Section, int], ...]:
        """For each repeat around the stop, outermost first: the instance, and of how many.

        Of 0 where the person adds as many as they like.
        """
        series = {repeat.ref: repeat for repeat in self.entry.repeats()}
        return tuple(
            (
                instance,
                0 if series[instance.repeat].may_add else len(series[instance.repeat].instances),
            )
            for instance in self.stop.instances
        )

    def settle(self) -> Verdict:
        """Give the entry what the screen shows; what it does not accept stays held."""
        self.objections = {}
        first = Verdict(Outcome.OK)
        for place in self.stop.places:
            verdict = self._settle_one(place.ref)
            if not verdict.kept:
                self.objections[place.ref] = verdict
                first = first if not first.kept else verdict
        return first

    # --- inside -------------------------------------------------------------------------------

    def _settle_one(self, ref: str) -> Verdict:
        try:
            step = self.entry.step(ref)
        except UnknownQuestion:  # an answer beside it made it fall away
            return Verdict(Outcome.OK)
        if step.kind is Kind.NOTE or step.readonly:
            if step.in_the_way:
                return Verdict(Outcome.REQUIRED, step.required_message)
            return Verdict(Outcome.OK)
        held = self._held.get(step.ref, step.value or step.words)
        verdict = self.entry.answer(step.ref, held)
        if not verdict.kept and verdict.cause and step.kind in PLACES:
            verdict = self.entry.answer_in_words(step.ref, held)
        if verdict.kept:
            self._held.pop(step.ref, None)
        return verdict

    def _arrive(self, stop: Stop | None) -> None:
        """Stand at that stop; behind the last one, where there is none."""
        self.objections = {}
        self._removal = None
        if stop is None:
            self._detours.clear()
            self.where = Where.AFTER
            return
        self.ref = stop.key
        if stop.series is not None:
            self._seen.add(stop.key)
            self.where = Where.SERIES
        else:
            self._came_from = ""
            self.where = Where.TOGETHER if stop.together else Where.QUESTION

    def _leave(self, direction: int) -> None:
        """To the stop beside, on (1) or back (-1); at the end of a detour, to where it began."""
        if direction < 0 and self.where is Where.SERIES and self._came_from:
            before = self._stop_of(self._came_from)
            if before is not None:
                instance = self._instance_in(before, self.ref)
                self._detours.append(Detour(instance, self.ref))
                self._arrive(before)
                return
        beside = self._beside(self.ref, direction)
        if self._detours and (beside is None or not beside.within(self._detours[-1].scope)):
            self._end_detour(direction, beside)
            return
        if beside is None and direction < 0:
            self.where = Where.BEFORE
            return
        left = self.ref
        self._arrive(beside)
        if direction > 0 and self.where is Where.SERIES and left.startswith(f"{self.ref}["):
            self._came_from = left

    def _end_detour(self, direction: int, beside: Stop | None) -> None:
        detour, left = self._detours.pop(), self.ref
        if detour.home:
            if direction < 0 and detour.added and not self._said_in(detour.scope):
                self.entry.remove_repeat(detour.scope)
                self._forget_held(detour.home)
            self._arrive(self._stop_of(detour.home))
            self._came_from = left if direction > 0 else ""
        elif direction > 0:
            self._arrive(None)
        elif beside is None:
            self.where = Where.BEFORE
        else:
            self._arrive(beside)

    def _go_through(self, instance: str, home: str, *, added: bool) -> None:
        first = next((stop for stop in self._stops() if stop.within(instance)), None)
        if first is not None:
            self._detours.append(Detour(instance, home, added))
            self._arrive(first)

    def _stops(self) -> tuple[Stop, ...]:
        return stops(self.entry.outline(), self._has_field)

    def _has_field(self, ref: str) -> bool:
        return self.entry.form.field(_POSITION.sub("", ref)) is not None

    def _linear(self) -> tuple[Stop, ...]:
        """The stops as one meets them: instances of a list that was seen only from there."""
        scopes = [detour.scope for detour in self._detours]
        hidden = [
            repeat
            for repeat in self._seen
            if not any(scope.startswith(f"{repeat}[") for scope in scopes)
        ]
        return tuple(
            stop
            for stop in self._stops()
            if not any(stop.key.startswith(f"{repeat}[") for repeat in hidden)
        )

    def _beside(self, key: str, direction: int) -> Stop | None:
        """The stop after (1) or before (-1) another; the first, after none."""
        found = self._linear()
        keys = [stop.key for stop in found]
        if key in keys:
            at = keys.index(key) + direction
        else:  # it fell away: where it stood
            known = {stop.key for stop in self._before(key)}
            before = sum(1 for stop in found if stop.key in known)
            at = before if direction > 0 else before - 1
        return found[at] if 0 <= at < len(found) else None

    def _before(self, key: str) -> tuple[Stop, ...]:
        """The stops before that one, as the form has them."""
        found = self._stops()
        keys = [stop.key for stop in found]
        return found[: keys.index(key)] if key in keys else ()

    def _stop_of(self, ref: str) -> Stop | None:
        """The stop of that key, or that shows that question."""
        for stop in self._stops():
            if stop.key == ref or any(item.ref == ref for item in stop.items):
                return stop
        return None

    def _instance_in(self, stop: Stop, repeat: str) -> str:
        """The instance of a repeat that a stop stands in, or is."""
        return next(section.ref for section in stop.instances if section.repeat == repeat)

    def _said_in(self, scope: str) -> bool:
        """Whether anything was answered there."""
        return any(
            ((step.value or step.words) and not step.readonly) or self._held.get(step.ref)
            for step in self.entry.steps()
            if step.ref.startswith(f"{scope}/")
        )

    def _skippable(self) -> str:
        """The instance whose first stop this is, alone on its list and empty; "" otherwise."""
        if self.where not in {Where.QUESTION, Where.TOGETHER} or self._detours:
            return ""
        stop = self.stop
        if not stop.instances:
            return ""
        instance = stop.instances[-1].ref
        first = next(other for other in self._stops() if other.within(instance))
        siblings = [
            section.ref
            for repeat in self.entry.repeats()
            if repeat.ref == stop.instances[-1].repeat and repeat.may_remove
            for section in repeat.instances
        ]
        may = siblings == [instance] and first.key == stop.key
        return instance if may and not self._said_in(instance) else ""

    def _reword(self, refs: Iterable[str]) -> None:
        kept = set(refs)
        self.reworded.clear()
        self.reworded.update(kept)

    def _forget_held(self, repeat: str) -> None:
        """Positions in a repeat change: what was held there may be another's."""
        self._held = {
            ref: value for ref, value in self._held.items() if not ref.startswith(f"{repeat}[")
        }


def _without(instance: str, ref: str) -> str:
    """That path once an instance is gone: the ones after it move up; "" where it was inside."""
    repeat, _, place = instance.rpartition("[")
    if not ref.startswith(f"{repeat}["):
        return ref
    at, _, rest = ref[len(repeat) + 1 :].partition("]")
    number, gone = int(at), int(place.rstrip("]"))
    if number == gone:
        return ""
    return f"{repeat}[{number - 1 if number > gone else number}]{rest}"
