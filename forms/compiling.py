"""Compiles an author's sheets with pyxform, and says everything that stops it, each at its cell.

pyxform stops at the first thing it cannot take. The row that it names, or that a search finds, is
made plain, and the rest is compiled again, until nothing stops it any more.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from pyxform.builder import create_survey_element_from_dict
from pyxform.errors import PyXFormError
from pyxform.xls2json import workbook_to_json
from pyxform.xls2json_backends import DefinitionData

from forms.bisection import Found, Search, plain_row
from forms.errors import FormError, Problem
from forms.quotation import kept, restored
from forms.sheets import FOREIGN_ERRORS, Workbook

STOPS = (*FOREIGN_ERRORS, FormError)
"""What a form can fail with, at pyxform or at the engine."""

MOST_FAILURES = 25
"""Things that stop pyxform in one form; after so many the rest is told the next time."""

_SAID_BETTER = ("Language '", "The following language declarations")
"""How warnings begin that `forms.languages` tells with their places."""
_ROW = re.compile(r"\[row : (\d+)(?:, column : ([^\]]+))?\]\s*")
_ON_SHEET = re.compile(r"On the '([^']+)' sheet, the '([^']+)' value(?: '[^']*')? is invalid\.\s*")
_COLUMN_OF = {"dataset": "list_name"}
_SAID_OF = {
    "Missing calculation": "calculation",
    "Choice filter": "choice_filter",
    "File name for": "type",
    "List name not in": "type",
    "arameter": "parameters",
    "table list": "type",
    "invalid calculation": "calculation",
}
"""What pyxform says without naming the column, and the column that it is about."""

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for ("Characters")."""

_MISSED = re.compile(r"Could not find the name '([^']+)'")
_OURS = "https://parvis.example/ns/forms/1"
_ON_A_SHEET = re.compile(r"On the '(survey|choices|settings|entities)' sheet, the ")
_SAME_LIST = re.compile(r"The same instance id will be generated .* Instance name: '([^']+)'.*")
_UNLABELLED = re.compile(r"The survey element named '([^']+)' has no label or hint\.?")
_DUMP = re.compile(r":? \{'.*\}$")
"""A row as Python writes it, at the end of a sentence of pyxform's."""
_SHEET = re.compile(r"sheet:? '(\w+)'|[Tt]he (\w+) sheet|'(\w+)' sheet")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of compiling a form.

    Attributes:
        xml: the XForm, without what stopped pyxform; None where nothing could be compiled.
        root: the name of its root.
        said: pyxform's warnings.
        problems: what stopped pyxform.
        passed_over: the rows of the survey sheet, by number, that are not in the XForm as written.
    """

    xml: bytes | None
    root: str
    said: tuple[Problem, ...]
    problems: tuple[Problem, ...]
    passed_over: frozenset[int]


def attempt(
    book: Workbook,
    wrong_already: Iterable[Problem],
    reads: Callable[[bytes], None],
    *,
    nested: bool,
) -> Attempt:
    """Compile a form, as far as it can be compiled.

    Args:
        book: the author's sheets.
        reads: reads an XForm as a device will; raises a FormError where it cannot be read at all.
        wrong_already: what is known to be wrong: its rows are left out of what is compiled.
        nested: whether groups begin and end where they should; otherwise one try is all.
    """
    working = _Working(book)
    for problem in wrong_already:
        if nested and problem.row is not None:
            working.pass_over(problem.sheet, problem.row)
    found: list[Problem] = []

    def failure(definition: DefinitionData, reading: bool) -> BaseException | None:
        try:
            xml = compile_sheets(definition)[0]
            if reading:
                reads(xml)
        except STOPS as wrong:
            return wrong
        return None

    search = Search(book, failure)
    for _ in range(MOST_FAILURES):
        try:
            xml, root, said = compile_sheets(working.definition)
            reads(xml)
        except STOPS as wrong:
            problem, place = _told(wrong, book, working.definition, search if nested else None)
            if problem not in found and not _follows(problem, working):
                found.append(problem)
            if not (nested and working.leave_out(place)):
                break
        else:
            told = tuple(
                placed_by_pyxform(text, book) for text in said if not text.startswith(_SAID_BETTER)
            )
            return Attempt(xml, root, told, tuple(found), frozenset(working.passed_over))
    return Attempt(None, "", (), tuple(found), frozenset(working.passed_over))


def compile_sheets(definition: DefinitionData) -> tuple[bytes, str, list[str]]:
    """From rows to an XForm, pyxform's own way; the name of its root, and pyxform's warnings."""
    said: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = workbook_to_json(
            workbook_dict=kept(definition),
            fallback_form_name=definition.fallback_form_name,
            warnings=said,
        )
        survey = create_survey_element_from_dict(data)
        xml: str = survey.to_xml(validate=False, pretty_print=False, warnings=said)
    return restored(xml).encode(), str(survey.name), [restored(text) for text in said]


def placed_by_pyxform(said: str, book: Workbook) -> Problem:
    """A sentence of pyxform's, its place taken out of it."""
    message = _DUMP.sub("", " ".join(said.split()))
    found = _ROW.search(message)
    row = int(found[1]) if found else None
    column = (found[2] or "").strip() if found else ""
    message = _ROW.sub("", message)
    placed = _ON_SHEET.search(message)
    sheet = "survey" if row is not None else ""
    if named := _ON_A_SHEET.search(message):
        sheet = named[1]
    if placed:
        sheet, column = placed[1], placed[2]
        rest = _ON_SHEET.sub("", message).strip()
        column = _COLUMN_OF.get(column, column)
        message = f"The value under “{column}” is not valid. {rest}".strip()
    if row is not None:
        row = book.row_number(sheet, row)
    if same := _SAME_LIST.fullmatch(message):
        message = (
            f"Two lists are called “{same[1]}”: files of one name, or a file and a list of"
            " choices. Rename one of them."
        )
    if unlabelled := _UNLABELLED.fullmatch(message):
        message = f"“{unlabelled[1]}” has neither a label nor a hint. Write what people are asked."
        column = "label"
    if not message.endswith((".", "!", "?")) and "http" not in message[-60:]:
        message += "."
    return Problem(message, sheet, row, column)


def _follows(problem: Problem, working: _Working) -> bool:
    """Whether pyxform only misses the name of a row that was left out."""
    missed = _MISSED.search(problem.message)
    return missed is not None and any(
        row.number in working.passed_over and row.cell("name") == missed[1]
        for row in working.book.survey
    )


class _Working:
    """A form on its way to one that compiles."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.definition = book.definition
        self.passed_over: set[int] = set()

    def pass_over(self, sheet: str, row: int) -> bool:
        """Leave out the row of a number; whether there was anything to leave out."""
        rows = self.book.rows(sheet) if sheet in {"survey", "choices", "entities"} else ()
        index = next((index for index, one in enumerate(rows) if one.number == row), None)
        return index is not None and self.leave_out(Found(sheet, index))

    def leave_out(self, found: Found) -> bool:
        """Make a row plain, or empty; whether that changed anything."""
        if found.index is None or found.sheet in {"", "entities"}:
            return False
        rows: list[dict[str, str]] = list(getattr(self.definition, found.sheet))
        before = rows[found.index]
        if found.sheet == "survey":
            rows[found.index] = plain_row(self.book, found.index)
            self.passed_over.add(self.book.survey[found.index].number)
        elif found.sheet == "settings":
            rows[found.index] = {k: v for k, v in before.items() if k != found.header}
        else:
            rows[found.index] = {}
        self.definition = replace(self.definition, **{found.sheet: rows})
        return rows[found.index] != before


def _told(
    wrong: BaseException, book: Workbook, definition: DefinitionData, search: Search | None
) -> tuple[Problem, Found]:
    """A failure as a problem at its cell, and the place to leave out."""
    problem = Problem(str(wrong) if isinstance(wrong, FormError) else "")
    if isinstance(wrong, PyXFormError):
        problem = placed_by_pyxform(restored(str(wrong)), book)
        if problem.row is not None:
            rows = book.rows(problem.sheet)
            index = next((i for i, row in enumerate(rows) if row.number == problem.row), None)
            if index is None:
                return problem, Found()
            column = problem.column or _column_said(problem.message)
            if column:
                column = rows[index].header(column)
            elif search is not None:
                column = search.cell(definition, problem.sheet, index, wrong)
            return replace(problem, column=column), Found(problem.sheet, index, column)
    found = search.find(definition, wrong) if search is not None else Found()
    elsewhere = _without_place(problem, search)
    if problem.message and elsewhere.sheet not in {"", found.sheet}:
        return elsewhere, Found()
    if not found.sheet:
        if search is not None and search.between is not None:
            return _narrowed(problem, search.between, book), found
        return _without_place(problem, search), found
    if found.index is None:
        number, text = 1 if not book.lines else book.row_number(found.sheet, 1), ""
    else:
        row = book.rows(found.sheet)[found.index]
        number, text = row.number, row.written.get(found.header, "")
        if problem.column:
            found = replace(found, header=row.header(problem.column))
    message, advice = problem.message, ""
    if isinstance(wrong, FormError) and "not well-formed XML" in message:
        message, advice = _unwritable(text, found.header)
    if not message:
        told = text if len(text) <= 60 else f"{text[:60]}…"
        message = (
            f"“{told}” cannot stand under “{found.header}” here."
            if told
            else f"A column “{found.header}” cannot be compiled."
            if found.header
            else "The cells of this row cannot be compiled together."
        )
        advice = "Tried: without it, the form compiles. Correct it, or take it out."
    return Problem(message, found.sheet, number, found.header, advice), found


def _narrowed(problem: Problem, between: tuple[str, int, int], book: Workbook) -> Problem:
    """A failure in a form too long to be tried to the end."""
    sheet, first, last = between
    rows = book.rows(sheet)
    return Problem(
        f"Something between row {rows[first].number} and row {rows[last].number} cannot be"
        f" compiled. {problem.message}".strip(),
        sheet,
        rows[first].number,
        advice="The form is too long to try every row: look at what was changed there.",
    )


def _column_said(message: str) -> str:
    """The column that a sentence of pyxform's is about, where it gives none; "" otherwise."""
    return next((column for said, column in _SAID_OF.items() if said in message), "")


def _unwritable(text: str, header: str) -> tuple[str, str]:
    """Why a cell makes an XForm that is no XML, and what to do."""
    sign = next((sign for sign in text if _FORBIDDEN.fullmatch(sign)), "")
    if sign:
        return (
            f"The text holds an invisible sign that no form can hold, U+{ord(sign):04X}.",
            "Write the text again instead of pasting it.",
        )
    name = header.rpartition("::")[2]
    prefix = name.rpartition(":")[0]
    if prefix:
        address = _OURS if prefix == "parvis" else "https://…"
        return (
            f"The prefix “{prefix}” of “{header}” is not declared, or “{name}” cannot be a name.",
            f'Write {prefix}="{address}" under namespaces on the settings sheet.',
        )
    return (
        f"“{header}” cannot be the name of an attribute, or not with this value.",
        "Begin it with a letter; go on with letters and digits, without spaces.",
    )


def _without_place(problem: Problem, search: Search | None) -> Problem:
    if problem.message:
        named = _SHEET.search(problem.message)
        sheet = next((name for name in named.groups() if name), "") if named else ""
        return replace(problem, sheet=sheet.lower())
    if search is None:
        return Problem(
            "The form cannot be compiled while its groups do not begin and end in pairs."
        )
    return Problem(
        "The form cannot be compiled, and no single cell of it was found to be the reason.",
        advice="Compare it with a copy that could be compiled: what was changed since is the"
        " reason.",
    )
