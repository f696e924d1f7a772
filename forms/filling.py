"""Fills an entry from answers that a file brings, in the order that the form asks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from forms.engine import Entry, UnknownQuestion, Verdict
from forms.errors import FormError


class AnswersRefusedError(FormError):
    """Answers do not fit the form; one line for each."""


def read_answers(path: Path) -> dict[str, str]:
    """Answers by question, from a JSON object.

    Lists stand for several choices; null for no answer.

    Raises:
        FormError: the file is not such an object.
    """
    try:
        found = json.loads(path.read_bytes())
    except ValueError as wrong:
        raise FormError(f"{path} is not JSON: {wrong}.") from None
    if not isinstance(found, dict):
        raise FormError(f"{path} has to hold one JSON object, of answers by question.")
    return {name: _text(value, name) for name, value in found.items()}


def _text(value: object, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(_text(one, name) for one in value)
    if isinstance(value, str | int | float):
        return str(value)
    raise FormError(f"The answer to {name} has to be a text, a number or a list of names.")


def answer_all(entry: Entry, answers: Mapping[str, str]) -> None:
    """Give answers by path, or by name, each when its question comes up.

    Where a person may add an instance of a repeat, one is added for each that a path names next:
    "/data/household[2]/age" after the first household.

    Raises:
        AnswersRefusedError: some are refused, or never asked for; every one is named.
    """
    left = dict(answers)
    wrong: list[str] = []
    wrong += _given(entry, left)
    while left and _grown(entry, left):
        wrong += _given(entry, left)
    wrong.extend(f"{name}: the form does not ask this, or not with these answers." for name in left)
    if wrong:
        raise AnswersRefusedError("\n".join(wrong))


def _given(entry: Entry, left: dict[str, str]) -> list[str]:
    """Give what is asked for now, taking it out of what is left; a line for each refusal."""
    wrong: list[str] = []
    for ref in _as_they_come(entry):
        name = ref.rpartition("/")[2]
        key = ref if ref in left else name
        if key not in left:
            continue
        try:
            verdict = entry.answer(ref, left[key])
        except UnknownQuestion:  # it is shown, and takes no answer
            continue
        del left[key]
        if not verdict.kept:
            wrong.append(f"{ref}: {_why(verdict)}")
    return wrong


def _grown(entry: Entry, left: Mapping[str, str]) -> bool:
    """Add the instances of repeats that answers are left for; whether there were any."""
    paths = [name.replace("[1]", "") for name in left]
    grown = False
    for repeat in entry.repeats():
        if not repeat.may_add:
            continue
        start = repeat.ref.replace("[1]", "")
        inside = (_POSITION.match(one[len(start) :]) for one in paths if one.startswith(start))
        named = {int(found[1] or 1) for found in inside if found}
        following = len(repeat.instances) + 1
        while following in named:
            entry.add_repeat(repeat.ref)
            following, grown = following + 1, True
    return grown


_POSITION = re.compile(r"(?:\[([0-9]{1,6})\])?/")


def _as_they_come(entry: Entry) -> Iterator[str]:
    """Every question that comes up while answers are given, each once, the first one first."""
    asked: set[str] = set()
    refs, at = entry.refs(), 0
    while at < len(refs):
        if refs[at] not in asked:
            asked.add(refs[at])
            yield refs[at]
        at += 1
        now = entry.refs()
        if now is not refs:  # an answer has changed the way: something before it may be new
            refs, at = now, 0


def _why(verdict: Verdict) -> str:
    return verdict.message or verdict.cause or f"The answer is refused ({verdict.outcome.value})."
