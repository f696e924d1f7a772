"""One row of a table becomes the finished entry of a form, or is refused: nothing is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import SystemRandom

from forms.engine import Entry, Outcome, Unfinished, UnknownQuestion
from forms.engine.steps import Verdict
from forms.errors import FormError
from forms.xform.controls import Control, Group, Kind, Question, Repeat
from forms.xpath.nodes import Field
from kiosk.offer import Offer
from kiosk.paper.cells import Labels, Names, alike, read_cell
from kiosk.paper.columns import LANGUAGE, Columns, Target, ref_of
from kiosk.paper.errors import BadRow
from kiosk.paper.files import Files
from kiosk.paper.lots import said_of_lots
from sync.attachment import Attachment

# What no XForm can hold (XML 1.0, 2.2: Char).
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Filled:
    """A finished entry.

    Attributes:
        language: the tag of the row's; "" where it says none.
        fields: path and value of everything that was answered.
        attachments: the files that answers name.
    """

    language: str
    fields: tuple[tuple[str, str], ...]
    attachments: tuple[Attachment, ...]


@dataclass
class _Row:
    """A row on its way into an entry.

    Attributes:
        entry: what is filled.
        wanted: by path, what is still to be answered.
        names: by path, the columns as the table calls them.
        held: by path, what the entry took.
        refused: by path, why it did not take an answer.
        attached: by path, the file that was attached.
    """

    entry: Entry
    wanted: dict[str, str]
    names: Mapping[str, str]
    instances: Mapping[str, int]
    languages: Sequence[str]
    held: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    attached: dict[str, Attachment] = field(default_factory=dict)


class Filler:
    """Fills entries of one consultation from the rows of one table.

    Args:
        offer: the consultation.
        columns: those of its form, checked for the table.
        files: what lies beside the table.
        codes: whether cells hold the names of choices alone, and no labels.
    """

    def __init__(
        self, offer: Offer, columns: Columns, files: Files, *, codes: bool = False
    ) -> None:
        self._offer = offer
        self._form = offer.form
        self._columns = columns
        self._files = files
        self._codes = codes
        # By question and by what it offers: under a filter, one name may stand for two choices.
        self._labels: dict[tuple[Field, str, tuple[tuple[str, str], ...]], Labels] = {}

    def fill(self, values: Mapping[str, str]) -> Filled:
        """Fill an entry with a row's cells.

        Raises:
            BadRow: some cell is not what the form asks for, or cannot be told for sure.
        """
        language = self._language(values)
        given: dict[Target, str] = {}
        names: dict[str, str] = {}
        for name, text in values.items():
            if self._columns.own(name) or not text.strip():
                continue
            if strange := _UNWRITABLE.search(text):
                code = f"U+{ord(strange[0]):04X}"
                raise BadRow(
                    f"{name}: it holds the character {code}, which is no letter: take it out."
                )
            target = self._columns.target(name)
            given[target] = text
            names[target.ref] = name
        said = said_of_lots(self._columns, given, codes=self._codes)
        entry = Entry(self._form, clock=self._offer.clock, random=SystemRandom(), drawn=said.drawn)
        if language:
            entry.language = self._offer.form_language(language)
        wanted = {target.ref: text for target, text in said.answers.items()}
        languages = (language,) if language else self._offer.languages
        row = _Row(entry, wanted, names, _instances(said.answers), languages)
        try:
            left = len(wanted) + 1
            while row.wanted and len(row.wanted) < left:
                # An answer further down may be what an earlier question is asked for.
                left = len(row.wanted)
                self._walk(row, self._form.body, ())
            self._compare(row)
            fields = entry.finish().fields
        except Unfinished as unfinished:
            problem = unfinished.problems[0]
            missing = problem.outcome is Outcome.REQUIRED
            said_so = problem.message or (
                "an answer is needed" if missing else "the form refuses it"
            )
            raise BadRow(f"{self._called(row, problem.ref)}: {said_so}") from None
        except UnknownQuestion:
            raise
        except FormError as error:
            raise BadRow(f"The form cannot be filled so: {error}") from None
        self._check_all_is_there(row, dict(fields))
        return Filled(language, fields, tuple(dict.fromkeys(row.attached.values())))

    def _language(self, values: Mapping[str, str]) -> str:
        language = values.get(LANGUAGE, "").strip()
        if language and language not in self._offer.languages:
            spoken = ", ".join(self._offer.languages)
            raise BadRow(f"{LANGUAGE}: “{language}” is none of this consultation’s: {spoken}.")
        return language

    # --- answering, in the order of the form -------------------------------------------------

    def _walk(self, row: _Row, controls: Sequence[Control], at: tuple[int, ...]) -> None:
        """Answer what is wanted among some controls, in these instances of their repeats."""
        for control in controls:
            match control:
                case Question():
                    if (ref := ref_of(control.field, at)) in row.wanted:
                        self._answer(row, control, ref)
                case Group():
                    self._walk(row, control.children, at)
                case Repeat():
                    self._repeat(row, control, at)

    def _repeat(self, row: _Row, repeat: Repeat, at: tuple[int, ...]) -> None:
        """Answer in each instance that is wanted, after adding those that are not there."""
        above = repeat.field.parent
        assert above is not None
        ref = f"{ref_of(above, at)}/{repeat.field.name}"
        for position in range(1, row.instances.get(ref, 0) + 1):
            try:
                row.entry.value(f"{ref}[{position}]")
            except UnknownQuestion:
                if not row.entry.may_add(ref):
                    return
                row.entry.add_repeat(ref)
            self._walk(row, repeat.children, (*at, position))

    def _answer(self, row: _Row, question: Question, ref: str) -> None:
        """Give one answer; what cannot be given yet is left for the next time round."""
        if self._shown_only(question):
            return
        text, name = row.wanted[ref], self._called(row, ref)
        try:
            typed = self._read(row, question, ref, text)
        except BadRow as bad:
            row.refused[ref] = str(bad)
            return
        except UnknownQuestion:
            return
        try:
            verdict = row.entry.answer(ref, typed)
        except UnknownQuestion:
            row.refused.pop(ref, None)
            return
        if not verdict.kept:
            row.refused[ref] = f"{name}: “{text}” – {_why(verdict)}"
            row.attached.pop(ref, None)
            return
        row.refused.pop(ref, None)
        row.held[ref] = row.entry.value(ref)
        del row.wanted[ref]

    def _read(self, row: _Row, question: Question, ref: str, text: str) -> str:
        name = self._called(row, ref)
        try:
            if question.kind.uploads:
                row.attached[ref] = self._files.attach(question.kind, question.attributes, text)
                return row.attached[ref].name
            names = self._names(row, question, ref) if question.kind.chooses else None
            return read_cell(question.kind, text, row.languages, names)
        except BadRow as bad:
            raise BadRow(f"{name}: {bad}") from None

    def _names(self, row: _Row, question: Question, ref: str) -> Names:
        """The choices that can be chosen now, by name and by label in every language."""
        offered = tuple((choice.name, choice.label) for choice in row.entry.choices(ref))

        def labels() -> Labels:
            key = (question.field, row.entry.language, offered)
            if key not in self._labels:
                self._labels[key] = self._all_labels(row.entry, ref)
            return self._labels[key]

        return Names(frozenset(name for name, _ in offered), labels, codes=self._codes)

    def _all_labels(self, entry: Entry, ref: str) -> Labels:
        spoken = entry.language
        found: dict[str, set[str]] = {}
        for language in self._form.languages or ("",):
            entry.language = language
            for choice in entry.choices(ref):
                found.setdefault(alike(choice.label), set()).add(choice.name)
        entry.language = spoken
        return found

    # --- nothing is left out -----------------------------------------------------------------

    def _compare(self, row: _Row) -> None:
        """What the form shows or computes by itself has to be what the row says.

        Raises:
            BadRow: it is something else, or something was not asked or not accepted.
        """
        for ref, text in row.wanted.items():
            name = self._called(row, ref)
            if ref in row.refused:
                raise BadRow(row.refused[ref])
            field = self._form.field(re.sub(r"\[\d+\]", "", ref))
            question = None if field is None else self._form.question(field)
            if question is not None and question.kind is Kind.NOTE:
                raise BadRow(f"{name}: this is a note, and takes no answer.")
            if question is not None and not self._shown_only(question):
                raise BadRow(f"{name}: this question is not asked, given the other answers.")
            try:
                held = row.entry.value(ref)
            except UnknownQuestion:
                raise BadRow(
                    f"{name}: the form shows no such one, given the other answers."
                ) from None
            if not self._same(row, question, ref, held, text):
                shown = f"“{held}”" if held else "nothing"
                raise BadRow(f"{name}: “{text}” – the form itself makes this {shown}.")

    def _same(self, row: _Row, question: Question | None, ref: str, held: str, text: str) -> bool:
        if held == text.strip():
            return True
        if question is not None:
            try:
                return held == self._read(row, question, ref, text)
            except BadRow:
                return False
        try:
            return float(held) == float(text.replace(",", "."))
        except ValueError:
            return False

    def _check_all_is_there(self, row: _Row, fields: Mapping[str, str]) -> None:
        """An answer may have been dropped, or written over, by what came after it."""
        for ref, held in row.held.items():
            now = fields.get(ref, "")
            if now == held:
                continue
            name = self._called(row, ref)
            if not now:
                raise BadRow(f"{name}: this question is not asked, given the other answers.")
            raise BadRow(f"{name}: with the other answers, the form makes this “{now}”.")

    def _shown_only(self, question: Question) -> bool:
        """Whether a question takes no answers: a note, or what the form computes and shows."""
        bind = self._form.bind(question.field)
        return question.kind is Kind.NOTE or (bind is not None and bind.always_readonly)

    def _called(self, row: _Row, ref: str) -> str:
        return row.names.get(ref) or self._short(ref)

    def _short(self, ref: str) -> str:
        field = self._form.field(ref)
        return self._columns.name(field) if field is not None else ref.strip("/").partition("/")[2]


def _instances(answers: Mapping[Target, str]) -> dict[str, int]:
    """By the path of each repeat, the last of its instances that something is said of."""
    found: dict[str, int] = {}
    for target in answers:
        for depth, repeat in enumerate(target.field.repeats):
            if repeat.parent is None:
                continue
            ref = f"{ref_of(repeat.parent, target.positions[:depth])}/{repeat.name}"
            found[ref] = max(found.get(ref, 0), target.positions[depth])
    return found


def _why(verdict: Verdict) -> str:
    return verdict.message or verdict.cause or "the form does not accept it"
