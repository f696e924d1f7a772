"""How much a form can be answered with: answers as wide as they can be, drawn again and again.

From this follows how long a sealed contribution to the form has to look, so that its length tells
nothing of what was chosen, or whether anything was (`sync.desk.lengths`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

from forms.engine import Entry
from forms.xform import Form
from forms.xform.controls import PLACES, Kind, Question
from forms.xform.material import choices_of
from forms.xpath.nodes import Field

_LONGEST_REPEATED = 100
"""Instances of a repeat whose number the form fixes, that are drawn."""

_MOST_CHOSEN = 40
"""Choices of one question that one answer holds: the longest names; hardly anybody ticks more."""

_MOST_TEXTS = 4
"""Answers in words that are drawn: whoever answers many tells by the length that they did."""

_OF_A_TEXT = 24
_COMPUTED = 24
_TOLD = 40
"""Characters of an answer in words, of a computed text, and of what the device tells of itself."""

_OPEN = frozenset({Kind.TEXT, Kind.BARCODE, Kind.GEOTRACE, Kind.GEOSHAPE})
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ANY_DAY = datetime(2026, 11, 21, 10, tzinfo=UTC)


class WidestAnswers:
    """What a form can be answered with at most.

    Attributes:
        open: the paths of what is answered in words, by files, or as often as people like: no
            length covers it.
    """

    def __init__(self, form: Form) -> None:
        self._form = form
        self._leaves = [
            one
            for one in form.fields
            if not one.children and "/meta/" not in one.path and one is not form.root
        ]
        begun = Entry(form, clock=lambda: _ANY_DAY, random=Random(0)).as_it_stands()  # noqa: S311 — no secret
        self._begun = dict(begun.fields)
        self._times = {
            repeat: self._counted(repeat) for one in form.fields for repeat in one.repeats
        }
        self._names = {
            one: sorted((name for name, _ in choices_of(question, form)), key=len, reverse=True)
            for one in self._leaves
            if (question := form.question(one)) is not None and question.kind.chooses
        }
        open_ = [one for one in self._leaves if self._is_open(one)]
        self.open = tuple(one.path for one in open_)
        self._undrawn = frozenset(open_[_MOST_TEXTS:])

    def draw(self, random: Random) -> tuple[tuple[str, str], ...]:
        """Every field that can hold something, with something as long as it gets."""
        return tuple(
            (path, value)
            for one in self._leaves
            if one not in self._undrawn
            for path in self._paths(one)
            if (value := self._value(one, path, random))
        )

    def _is_open(self, field: Field) -> bool:
        question = self._form.question(field)
        endless = any(self._times[repeat] is None for repeat in field.repeats)
        return endless or (
            question is not None and (question.kind in _OPEN or question.kind.uploads)
        )

    def _counted(self, repeat: Field) -> int | None:
        """How many instances a repeat has; None where people, or their answers, say."""
        control = self._form.repeat(repeat)
        count = None if control is None else control.count
        constant = None if count is None else count.constant
        if isinstance(constant, int | float) and 0 <= constant <= _LONGEST_REPEATED:
            return int(constant)
        return None

    def _paths(self, field: Field) -> Iterator[str]:
        """A field's paths with the positions of its repeats."""
        paths = [""]
        for step in [*reversed([*field.above()]), field]:
            paths = [f"{path}/{step.name}" for path in paths]
            if step in field.repeats:
                times = self._times[step]
                counts = range(1, 2 if times is None else times + 1)
                paths = [f"{path}[{place}]" for path in paths for place in counts]
        yield from paths

    def _value(self, field: Field, path: str, random: Random) -> str:
        question = self._form.question(field)
        if question is not None and question.kind is not Kind.NOTE:
            return self._answer(field, question, random)
        bind = self._form.bind(field)
        if bind is not None and bind.preload[0]:
            what, _ = bind.preload
            if what == "property":
                return _letters(random, _TOLD) if path in self._begun else ""
            return _moment(random) if what in ("timestamp", "date") else _letters(random, _TOLD)
        if bind is not None and bind.calculate is not None:
            return _letters(random, _COMPUTED)
        if any(action.target is field for action in self._form.actions):
            return _letters(random, _COMPUTED)
        return self._begun.get(path, "")

    def _answer(self, field: Field, question: Question, random: Random) -> str:
        kind = question.kind
        if kind.chooses:
            names = self._names[field]
            if kind is Kind.SELECT_ONE:
                return random.choice(names[: max(8, len(names) // 4)]) if names else ""
            longest = names[:_MOST_CHOSEN]
            return " ".join(random.sample(longest, len(longest)))
        if kind is Kind.RANGE and question.bounds is not None:
            bounds = question.bounds
            ends = [bounds.start, bounds.end, bounds.start + bounds.step, bounds.end - bounds.step]
            return max((str(one) for one in ends), key=len)
        if kind in PLACES:
            return " ".join(f"-{random.uniform(10, 180):.10f}" for _ in range(4))
        if kind is Kind.DATE:
            return _moment(random)[:10]
        if kind is Kind.TIME:
            return _moment(random)[11:]
        if kind is Kind.DATETIME:
            return _moment(random)
        if kind is Kind.INTEGER:
            return str(-random.randrange(10**9, 10**10))
        if kind in (Kind.DECIMAL, Kind.RANGE):
            return f"-{random.uniform(10**8, 10**9):.9f}"
        if kind in (Kind.BOOLEAN, Kind.TRIGGER):
            return "false" if kind is Kind.BOOLEAN else "OK"
        return "" if kind.uploads else _letters(random, _OF_A_TEXT)


def _letters(random: Random, count: int) -> str:
    return "".join(random.choices(_LETTERS, k=count))


def _moment(random: Random) -> str:
    day = f"20{random.randrange(100):02}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}"
    time = f"{random.randrange(24):02}:{random.randrange(60):02}:{random.randrange(60):02}"
    return f"{day}T{time}.{random.randrange(1000):03}+{random.randrange(15):02}:00"
