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

    def failure(definition: DefinitionData) -> BaseException | None:
        try:
            reads(compile_sheets(definition)[0])
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
            if problem not in found:
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
    if placed:
        sheet, column = placed[1], placed[2]
        rest = _ON_SHEET.sub("", message).strip()
        message = f"The value under “{column}” is not valid. {rest}".strip()
    if row is not None:
        row = book.row_number(sheet, row)
    if not message.endswith((".", "!", "?")) and "http" not in message[-60:]:
        message += "."
    return Problem(message, sheet, row, column)


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
        if found.index is None or not found.sheet:
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
            if index is not None:
                column = rows[index].header(problem.column)
                return replace(problem, column=column), Found(problem.sheet, index, column)
            return problem, Found()
    found = search.find(definition, wrong) if search is not None else Found()
    if not found.sheet:
        return _without_place(problem, search), found
    if found.index is None:
        number, text = 1 if not book.lines else book.row_number(found.sheet, 1), ""
    else:
        row = book.rows(found.sheet)[found.index]
        number, text = row.number, row.written.get(found.header, "")
    message, advice = problem.message, ""
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
