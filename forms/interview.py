"""Asks a form's questions in a terminal, one at a time."""

from __future__ import annotations

import re
import shutil
import textwrap
from typing import TextIO

from forms.engine import Choice, Entry, Finished, Kind, Outcome, Step, Verdict
from forms.errors import FormError

BACK = "<"
CLEAR = "-"
LANGUAGE = ":"
HELP = "?"
YES = frozenset({"y", "yes", "ok", "o", "oui"})
SHOWN = 30
"""Choices that are listed at most; of more, the first, and those that contain what is typed."""
_INSTANCE = re.compile(r"\[\d+\]")

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
        self.width = shutil.get_terminal_size().columns if speaks.isatty() else 0
        self.told: list[str] = []
        self.declined: set[tuple[str, int]] = set()

    def hold(self) -> Finished:
        """Ask everything, then finish.

        Raises:
            StoppedError: the input ended before the form did, or Ctrl-C was pressed.
        """
        title = self.entry.form.title or self.entry.form.form_id
        self.say(title)
        self.say("Type an answer and press Enter.")
        self._help()
        at: str | None = None
        back = False
        while True:
            step = self._next(at, back)
            if step is None:
                if self._more(at or ""):
                    continue
                problems = self.entry.problems()
                if not problems:
                    return self.entry.finish()
                at = self._before(problems[0].ref)
                back = False
                continue
            if not back and self._more(at or ""):
                continue
            back = not self._ask(step)
            at = step.ref

    def _help(self) -> None:
        """What can be typed besides answers."""
        self.say("  Enter alone  keeps the answer in [brackets], or leaves the question empty")
        self.say(f"  {BACK}            goes back")
        self.say(f"  {CLEAR}            clears the answer")
        if self.entry.form.languages:
            codes = ", ".join(self.entry.form.languages)
            self.say(f"  {LANGUAGE}fr          another language: {codes}")
        self.say(f"  {HELP}            shows this again")

    def _more(self, at: str) -> bool:
        """Offer one more instance of each repeat that ends at a step; say whether one was added."""
        for repeat in self.entry.repeats():
            had = len(repeat.instances)
            if repeat.after != at or not repeat.may_add or (repeat.ref, had) in self.declined:
                continue
            label = repeat.label or repeat.ref.rpartition("/")[2]
            told = "Add another" if had else "Add one"
            if self._line(f"\n{told}: {label}? y/N > ").lower() in YES:
                self.entry.add_repeat(repeat.ref)
                return True
            self.declined.add((repeat.ref, had))
        return False

    def _next(self, at: str | None, back: bool) -> Step | None:
        """The step after the one at hand, or the one before it that can be answered."""
        refs = self.entry.refs()
        if at is None:
            return self.entry.step(refs[0]) if refs else None
        index = refs.index(at) if at in refs else -1
        if not back:
            return self.entry.step(refs[index + 1]) if index + 1 < len(refs) else None
        before = (self.entry.step(ref) for ref in reversed(refs[: max(index, 0)]))
        return next((step for step in before if not step.readonly), self.entry.step(refs[0]))

    def _before(self, ref: str) -> str | None:
        refs = self.entry.refs()
        index = refs.index(ref)
        return refs[index - 1] if index else None

    def _ask(self, step: Step) -> bool:
        """Ask until an answer is kept; False where the person goes back."""
        self._show(step)
        if step.readonly:
            return not self._stays(step)
        while True:
            given = self._hear(step)
            if given == BACK:
                return False
            if given == HELP:
                self._help()
                continue
            if given.startswith(LANGUAGE):
                step = self._speak(given[len(LANGUAGE) :], step)
                continue
            if given == "" and (step.value or not step.required):
                return True
            text = "" if given == CLEAR else self._meant(given, step)
            if text is None and self._found(given, step):
                continue
            if text is None:
                self.say(f"  {_misread(step)}")
                continue
            verdict = self.entry.answer(step.ref, text)
            if verdict.kept:
                return True
            self.say(f"  {_refusal(verdict)}")

    def _stays(self, step: Step) -> bool:
        """Whether a step that takes no answer has to be gone before the person gets on."""
        if not step.in_the_way:
            return False
        said = step.required_message or "This stands in the way until an earlier answer changes."
        self.say(f"  {said}")
        self._line("Press Enter to go back > ")
        return True

    def _speak(self, language: str, step: Step) -> Step:
        """Go on in another language; the question again, in that language."""
        try:
            self.entry.language = language.strip()
        except FormError as wrong:
            self.say(f"  {wrong}")
            return step
        step = self.entry.step(step.ref)
        self._show(step)
        return step

    def _show(self, step: Step) -> None:
        place = [*step.group]
        instance = _INSTANCE.findall(step.ref)
        if instance:
            place[-1:] = [f"{''.join(place[-1:])} {instance[-1].strip('[]')}".strip()]
        if place != self.told:
            self.told = place
            if place:
                self.say(f"\n— {' › '.join(place)} —")
        required = step.required and not step.readonly
        self.say(f"\n{step.label}{' *' if required else ''}")
        if step.hint:
            self.say(f"  {step.hint}")
        self._list(list(enumerate(step.choices, 1)), step)

    def _found(self, given: str, step: Step) -> bool:
        """List the choices that contain what was typed; False where none does, or all were seen."""
        if not step.kind.chooses or len(step.choices) <= SHOWN:
            return False
        sought = given.casefold()
        found = [
            (number, choice)
            for number, choice in enumerate(step.choices, 1)
            if sought in choice.label.casefold()
        ]
        self._list(found, step)
        return bool(found)

    def _list(self, numbered: list[tuple[int, Choice]], step: Step) -> None:
        chosen = step.value.split()
        for number, choice in numbered[:SHOWN]:
            mark = "●" if choice.name in chosen else " "
            self.say(f"  {mark} {number}. {choice.label}")
        if len(numbered) > SHOWN:
            self.say(f"  … and {len(numbered) - SHOWN} more: type a part of a name to find it.")

    def _hear(self, step: Step) -> str:
        says = _SAYS.get(step.kind, "")
        if step.bounds is not None:
            says = f"{step.bounds.start} to {step.bounds.end}, by {step.bounds.step}"
        shown = f" [{step.value}]" if step.value and not step.choices else ""
        if step.value and step.choices:
            names = [choice.name for choice in step.choices]
            chosen = [names.index(name) + 1 for name in step.value.split() if name in names]
            shown = f" [{' '.join(map(str, chosen))}]"
        return self._line(f"{says}{shown} > ")

    def _line(self, prompt: str) -> str:
        self.speaks.write(prompt)
        self.speaks.flush()
        try:
            line = self.listens.readline()
        except KeyboardInterrupt:
            line = ""
        if not line:
            self.say("")
            raise StoppedError("The form was not finished, and nothing was written.")
        return line.strip()

    @staticmethod
    def _meant(given: str, step: Step) -> str | None:
        """What was typed as the entry takes it: numbers of choices become their names."""
        if step.kind is Kind.TRIGGER:
            return "OK" if given.lower() in YES else None
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
        """One line to the person; in a terminal, broken between words."""
        for part in line.split("\n"):
            margin = part[: len(part) - len(part.lstrip())]
            self.speaks.write(
                textwrap.fill(
                    part,
                    self.width,
                    subsequent_indent=margin,
                    break_long_words=False,
                    break_on_hyphens=False,
                )
                if len(part) > self.width > 0
                else part
            )
            self.speaks.write("\n")


def _misread(step: Step) -> str:
    if step.kind is Kind.TRIGGER:
        return "Type y to confirm, or press Enter to leave it."
    if step.kind is Kind.SELECT_ONE:
        return f"Type one number, from 1 to {len(step.choices)}."
    return f"Type numbers from 1 to {len(step.choices)}, with spaces between them."


def _refusal(verdict: Verdict) -> str:
    if verdict.message or verdict.cause:
        return verdict.message or verdict.cause
    if verdict.outcome is Outcome.REQUIRED:
        return "An answer is needed here."
    return "The form does not accept this answer."
