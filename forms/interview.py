"""Asks a form's questions in a terminal, one at a time."""

from __future__ import annotations

from typing import TextIO

from forms.engine import Entry, Finished, Kind, Outcome, Step, Verdict
from forms.errors import FormError

BACK = "<"
CLEAR = "-"

_SAYS = {
    Kind.TEXT: "text",
    Kind.INTEGER: "a whole number",
    Kind.DECIMAL: "a number",
    Kind.DATE: "a date, such as 2026-11-21",
    Kind.TIME: "a time, such as 14:30",
    Kind.DATETIME: "a date and time, such as 2026-11-21T14:30",
    Kind.SELECT_ONE: "one number",
    Kind.SELECT_MULTIPLE: "numbers, separated by spaces",
    Kind.RANK: "numbers in your order, separated by spaces",
    Kind.TRIGGER: "y to confirm",
    Kind.GEOPOINT: "latitude and longitude",
}


class StoppedError(FormError):
    """The person stopped before the end; nothing was written."""


class Interview:
    """A conversation about one entry.

    Args:
        entry: what is filled.
        listens: where answers come from.
        speaks: where questions go.
    """

    def __init__(self, entry: Entry, listens: TextIO, speaks: TextIO) -> None:
        self.entry = entry
        self.listens = listens
        self.speaks = speaks
        self.told: tuple[str, ...] = ()

    def hold(self) -> Finished:
        """Ask everything, then finish.

        Raises:
            StoppedError: the input ended before the form did.
        """
        title = self.entry.form.title or self.entry.form.form_id
        self.say(title)
        self.say(f"Enter keeps the answer shown. “{BACK}” goes back, “{CLEAR}” clears.")
        at: str | None = None
        back = False
        while True:
            step = self._next(at, back)
            if step is None:
                problems = self.entry.problems()
                if not problems:
                    return self.entry.finish()
                at = self._before(problems[0].ref)
                back = False
                continue
            back = not self._ask(step)
            at = step.ref

    def _next(self, at: str | None, back: bool) -> Step | None:
        """The step after the one at hand, or the one before it that can be answered."""
        steps = self.entry.steps()
        if at is None:
            return steps[0] if steps else None
        refs = [step.ref for step in steps]
        index = refs.index(at) if at in refs else -1
        if not back:
            return steps[index + 1] if index + 1 < len(steps) else None
        before = [step for step in steps[: max(index, 0)] if not step.readonly]
        return before[-1] if before else steps[0]

    def _before(self, ref: str) -> str | None:
        refs = [step.ref for step in self.entry.steps()]
        index = refs.index(ref)
        return refs[index - 1] if index else None

    def _ask(self, step: Step) -> bool:
        """Ask until an answer is kept; False where the person goes back."""
        self._show(step)
        if step.readonly:
            return True
        while True:
            given = self._hear(step)
            if given == BACK:
                return False
            if given == "" and (step.value or not step.required):
                return True
            text = "" if given == CLEAR else self._meant(given, step)
            if text is None:
                self.say("  That is not one of the numbers.")
                continue
            verdict = self.entry.answer(step.ref, text)
            if verdict.kept:
                return True
            self.say(f"  {_refusal(verdict)}")

    def _show(self, step: Step) -> None:
        if step.group != self.told:
            self.told = step.group
            if step.group:
                self.say(f"\n— {' › '.join(step.group)} —")
        self.say(f"\n{step.label}{' *' if step.required else ''}")
        if step.hint:
            self.say(f"  {step.hint}")
        chosen = step.value.split()
        for number, choice in enumerate(step.choices, 1):
            mark = "●" if choice.name in chosen else " "
            self.say(f"  {mark} {number}. {choice.label}")

    def _hear(self, step: Step) -> str:
        says = _SAYS.get(step.kind, "")
        if step.bounds is not None:
            says = f"{step.bounds.start} to {step.bounds.end}, by {step.bounds.step}"
        shown = f" [{step.value}]" if step.value and not step.choices else ""
        self.speaks.write(f"{says}{shown} > ")
        self.speaks.flush()
        line = self.listens.readline()
        if not line:
            self.say("")
            raise StoppedError("The form was not finished, and nothing was written.")
        return line.strip()

    @staticmethod
    def _meant(given: str, step: Step) -> str | None:
        """What was typed as the entry takes it: numbers of choices become their names."""
        if step.kind is Kind.TRIGGER:
            return "OK" if given.lower() in {"y", "yes", "ok", "o", "oui"} else None
        if not step.kind.chooses:
            return given
        names = [choice.name for choice in step.choices]
        chosen: list[str] = []
        for part in given.replace(",", " ").split():
            if part.isdigit() and 1 <= int(part) <= len(names):
                chosen.append(names[int(part) - 1])
            elif part in names:
                chosen.append(part)
            else:
                return None
        if step.kind is Kind.SELECT_ONE and len(chosen) != 1:
            return None
        return " ".join(chosen)

    def say(self, line: str) -> None:
        """One line to the person."""
        self.speaks.write(line + "\n")


def _refusal(verdict: Verdict) -> str:
    if verdict.message or verdict.cause:
        return verdict.message or verdict.cause
    if verdict.outcome is Outcome.REQUIRED:
        return "An answer is needed here."
    return "The form does not accept this answer."
