"""Gives another engine's answers to ours, and tells where the two see a form differently.

A walk lists the questions that JavaRosa met, what was answered, and what it said of it, and ends
with its instance. Two engines agree where they show the same questions in the same order, give the
same verdicts, and end with the same instance; what a clock, a device or chance decides does not
count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lxml import etree

from forms.engine import Entry, Step, UnknownQuestion
from forms.errors import FormError
from forms.xform.form import Form
from forms.xform.namespaces import local
from forms.xform.source import parse_xml

_UNSTEADY = re.compile(r"\b(?:uuid|now|today|random|randomize)\(")


@dataclass(slots=True)
class Agreement:
    """What came of a walk.

    Attributes:
        steps: what our engine did, as walks write it.
        valid: whether our engine is content with the end; None where the walk broke off before.
        instance: our instance; "" where the walk broke off before.
        difference: where the engines differ first: the step, what was expected, what we got.
    """

    steps: list[dict[str, str]] = field(default_factory=list)
    valid: bool | None = None
    instance: str = ""
    difference: dict[str, object] | None = None

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return self.difference is None

    def differs(self, step: int, expected: object, got: object) -> Agreement:
        """Note the first difference."""
        self.difference = {"step": step, "expected": expected, "got": got}
        return self

    def as_json(self) -> str:
        """One JSON object, as `parvis-forms walk` prints it."""
        told = {
            "agrees": self.agrees,
            "steps": self.steps,
            "valid": self.valid,
            "instance": self.instance,
            "difference": self.difference,
        }
        return json.dumps(told, ensure_ascii=False)


def read_walk(path: Path) -> dict[str, object]:
    """A walk from its file.

    Raises:
        FormError: the file holds no walk.
    """
    try:
        found = json.loads(path.read_bytes())
    except ValueError as wrong:
        raise FormError(f"{path} is not JSON: {wrong}.") from None
    if not isinstance(found, dict) or not isinstance(found.get("steps"), list):
        raise FormError(f"{path} is not a walk: it has no steps.")
    for number, step in enumerate(found["steps"]):
        if not (isinstance(step, dict) and {"op", "ref"} <= step.keys()) or not all(
            isinstance(said, str) for said in step.values()
        ):
            raise FormError(f"{path} is not a walk: its step {number} has no “op” and “ref”.")
        if step["op"] == "answer" and not {"value", "outcome"} <= step.keys():
            raise FormError(f"{path} is not a walk: its step {number} has no value and outcome.")
    return found


def follow(form: Form, walk: Mapping[str, object]) -> Agreement:
    """Walk through a form as another engine did, at the moment and in the zone that it did.

    Raises:
        FormError: the walk tells a moment or a zone that is none.
    """
    at = _moment_of(walk)
    return _Walker(form, lambda: at).follow(walk)


def _moment_of(walk: Mapping[str, object]) -> datetime:
    """When and where a walk was made; now, and UTC, where it does not say."""
    named, told = walk.get("zone"), walk.get("at")
    try:
        zone = UTC if named is None else zone_named(str(named))
        moment = datetime.now(UTC) if told is None else datetime.fromisoformat(str(told))
    except ZoneInfoNotFoundError:
        raise FormError(f"The walk's zone “{named}” is not in the list of time zones.") from None
    except ValueError:
        raise FormError(f"The walk's moment “{told}” or zone “{named}” is none.") from None
    return moment.astimezone(zone)


def zone_named(name: str) -> ZoneInfo:
    """A zone by its name ("Europe/Paris"), as the list that comes with this program has it.

    The system's list may be years old, and know nothing of a change that Java knows.

    Raises:
        ZoneInfoNotFoundError: there is no such zone.
        ValueError: the name is none.
    """
    known = ZoneInfo(name)
    try:
        with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as listed:
            return ZoneInfo.from_file(listed, name)
    except (ModuleNotFoundError, OSError):
        return known


class _Walker:
    def __init__(self, form: Form, clock: Callable[[], datetime]) -> None:
        self.form = form
        self.entry = Entry(form, clock=clock, spoken="en")  # as the device of the walks is set
        self.at: str | None = None
        self.nth = self.coming = 0
        self.again = False

    def follow(self, walk: Mapping[str, object]) -> Agreement:
        agreement = Agreement()
        told = walk["steps"]
        for number, expected in enumerate(told if isinstance(told, list) else []):
            if expected.get("outcome") == "error":
                return agreement
            try:
                got = self.do(expected)
            except FormError as wrong:
                return agreement.differs(number, expected, str(wrong))
            agreement.steps.append(got)
            if got != expected:
                return agreement.differs(number, expected, got)
        end = len(agreement.steps)
        missed = None if self.again and self.next() is None else self.next()
        if missed is not None and end < 3000:
            return agreement.differs(end, None, {"ref": _written(missed.ref)})
        agreement.valid = not self.entry.problems()
        agreement.instance = self.entry.as_it_stands().xml.decode()
        if agreement.valid != walk.get("valid"):
            return agreement.differs(end, {"valid": walk.get("valid")}, {"valid": agreement.valid})
        instance = walk.get("instance")
        if isinstance(instance, str):
            apart = self.compare(instance, agreement.instance)
            if apart is not None:
                return agreement.differs(end, *apart)
        return agreement

    def next(self) -> Step | None:
        """The question after the one at hand; a form may ask for the same field twice."""
        refs = self.entry.refs()
        index = 0
        if self.at is not None:
            places = [place for place, ref in enumerate(refs) if ref == self.at]
            index = places[min(self.nth, len(places) - 1)] + 1 if places else 0
        if index >= len(refs):
            return None
        following = refs[index]
        self.coming = sum(ref == following for ref in refs[:index])
        return self.entry.step(following, self.coming)

    def do(self, expected: Mapping[str, str]) -> dict[str, str]:
        """One step of the walk, as our engine takes it."""
        if expected["op"] == "add_repeat":
            self.again = False
            self.entry.add_repeat(self.where_repeated(expected["ref"]))
            return {"op": "add_repeat", "ref": expected["ref"]}
        step: Step | None
        if self.again and self.at is not None and expected["ref"] == _written(self.at):
            step = self.entry.step(self.at)
        else:
            step = self.next()
            self.nth = self.coming
        if step is None:
            return {"op": "end", "ref": ""}
        self.at = step.ref
        got = {"op": expected["op"], "ref": _written(step.ref)}
        if got["ref"] != expected["ref"]:
            return got
        if step.readonly:
            return got | {"op": "note"}
        if expected["op"] == "answer":
            value = expected["value"]
            verdict = self.entry.answer(step.ref, value)
            self.again = not verdict.kept
            return got | {"value": value, "outcome": verdict.outcome.value}
        if expected["op"] == "note":
            return got | {"op": "answer"}
        return got

    def where_repeated(self, ref: str) -> str:
        """The path of a repeat with every position that walks leave out."""
        nodes = ref.strip("/").split("/")
        path = ""
        for name in nodes[:-1]:
            path += f"/{name}"
        if self.form.field(re.sub(r"\[\d+\]", "", ref)) is None:
            raise UnknownQuestion(f"Nothing repeats at {ref}.")
        return f"{path}/{nodes[-1]}"

    def compare(self, expected: str, got: str) -> tuple[object, object] | None:
        """The first place where two instances differ; None where there is none."""
        unsteady = self.unsteady()

        def differ(
            one: etree._Element, other: etree._Element, path: str
        ) -> tuple[object, object] | None:
            names = [local(child.tag) for child in one]
            others = [local(child.tag) for child in other]
            if names != others:
                return {path: names}, {path: others}
            if not names and path not in unsteady and (one.text or "") != (other.text or ""):
                return {path: one.text or ""}, {path: other.text or ""}
            for child, counterpart in zip(one, other, strict=True):
                apart = differ(child, counterpart, f"{path}/{local(child.tag)}")
                if apart is not None:
                    return apart
            return None

        first, second = parse_xml(expected.encode()), parse_xml(got.encode())
        return differ(first, second, f"/{local(first.tag)}")

    def unsteady(self) -> frozenset[str]:
        """Paths of fields that a clock, a device or chance decides, directly or through others."""
        found = set()
        for bind in self.form.binds.values():
            formula = bind.calculate
            if bind.preload[0] or (formula is not None and _UNSTEADY.search(formula.source)):
                found.add(bind.field)
        for action in self.form.actions:
            if action.value is not None and _UNSTEADY.search(action.value.source):
                found.add(action.target)
        for trigger in self.form.order.triggers:
            if trigger.formula.depends_on & found and trigger.settles.value == "calculate":
                found.add(trigger.field)
        names = {"instanceID", "start", "end", "deviceID", "deviceid"}
        found.update(place for place in self.form.fields if place.name in names)
        return frozenset(place.path for place in found)


def _written(ref: str) -> str:
    """A path as walks write it: first instances without their position."""
    return ref.replace("[1]", "")
