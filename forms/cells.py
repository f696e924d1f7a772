"""What a spreadsheet's own cells say beyond their text: letters, errors, formulas without a value.

pyxform hands on texts alone. An error of the spreadsheet program comes as a text like any other
(“#REF!”; in an .xls as a bare number), a formula whose value was never kept as nothing at all.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import xlrd
from openpyxl.utils import get_column_letter
from pyxform.constants import SUPPORTED_SHEET_NAMES

from forms.errors import Problem
from forms.sheets import FOREIGN_ERRORS, Workbook, column_name
from forms.textsheets import ENDINGS as TEXT_FILES
from forms.textsheets import text_sheets
from forms.xform.source import parse_xml

_ERROR = re.compile(
    r"#(REF|N/A|NAME\?|VALUE|DIV/0|NULL|NUM|SPILL|CALC|NOM\?|VALEUR|NOMBRE|NUL)!?|#N/D|Err:\d{3}"
)
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d) \d\d:\d\d:\d\d(\.\d+)?")
_WHITE = re.compile(r" +")


class Unread(Problem):
    """Something that no tool reads, and that keeps a form from nothing."""


_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"[^>]*(?<!/)>(.*?)</c>', re.DOTALL)
_VALUE = re.compile(rb"<v>[^<]|<t[^>]*>[^<]")
_FORMULA = re.compile(rb"<f[^>]*>([^<]*)</f>")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_EMPTY_ROWS = 60
"""After so many, pyxform takes a sheet to be over."""
_TOO_BIG_TO_LOOK = 32 * 1024 * 1024
"""Bytes of one unpacked sheet that is searched for formulas."""


def review_cells(book: Workbook) -> Iterator[Problem]:
    """Cells that hold an error of the spreadsheet program, or a formula without its value."""
    for sheet in ("survey", "choices", "settings", "entities"):
        for row in book.rows(sheet):
            for header, text in row.written.items():
                if _ERROR.fullmatch(text.strip()):
                    yield Problem(
                        f"The cell holds the error “{text.strip()}” of a formula.",
                        sheet,
                        row.number,
                        header,
                        "Correct the formula, or write its result in its place.",
                    )
    yield from _hidden_from_pyxform(book)


def moments(book: Workbook) -> Iterator[Problem]:
    """Cells that a spreadsheet program made a date of, where that is hardly meant."""
    for sheet in ("survey", "choices"):
        for row in book.rows(sheet):
            kind = row.cell("type").lower()
            for header, text in row.written.items():
                if not _MOMENT.fullmatch(text.strip()) or kind in {"datetime", "note"}:
                    continue
                yield Problem(
                    f"The spreadsheet program made a date of this cell: “{text.strip()}” is read.",
                    sheet,
                    row.number,
                    header,
                    "Format the cell as text, and write again what is meant, such as"
                    f" {text.strip()[:10]}.",
                )


def lettered(problems: Iterable[Problem], book: Workbook) -> list[Problem]:
    """The problems with the letters of their columns, in the order of the author's sheets."""
    found = list(dict.fromkeys(problems))
    if not any(problem.column for problem in found):
        columns: dict[str, dict[str, int]] = {}
    else:
        columns = _columns(book)
    sheets = [str(name).strip().lower() for name in book.definition.sheet_names or ()]

    for numbers in columns.values():
        for header, known in list(numbers.items()):
            numbers.setdefault(column_name(header), known)

    def order(problem: Problem) -> tuple[int, int, int]:
        sheet = sheets.index(problem.sheet) if problem.sheet in sheets else len(sheets)
        column = columns.get(problem.sheet, {}).get(problem.column, 0)
        return (sheet if problem.sheet else -1, problem.row or 0, column)

    found.sort(key=order)
    return [
        replace(problem, letter=get_column_letter(number))
        if (number := columns.get(problem.sheet, {}).get(problem.column))
        else problem
        for problem in found
    ]


def _columns(book: Workbook) -> dict[str, dict[str, int]]:
    """By sheet, the number of each column by its header, from 1."""
    ending = book.path.suffix.lower()
    try:
        if ending in TEXT_FILES:
            sheets = text_sheets(book.path)
            firsts = {sheet: lines[0].cells for sheet, lines in sheets.items() if lines}
        elif ending == ".xls":
            firsts = _first_rows_of_xls(book.path)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                firsts = _first_rows_of_xlsx(book.path)
    except FOREIGN_ERRORS:
        return {}
    return {
        sheet: {
            _WHITE.sub(" ", header.strip()): number
            for number, header in reversed(list(enumerate(headers, 1)))
            if header.strip() and (number > 1 or ending not in TEXT_FILES)
        }
        for sheet, headers in firsts.items()
    }


def _first_rows_of_xlsx(path: Path) -> dict[str, tuple[str, ...]]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        return {
            _sheet_name(sheet.title, len(book.sheetnames)): tuple(
                str(value or "") for value in next(sheet.iter_rows(max_row=1, values_only=True), ())
            )
            for sheet in book.worksheets
        }
    finally:
        book.close()


def _first_rows_of_xls(path: Path) -> dict[str, tuple[str, ...]]:
    book = xlrd.open_workbook(path, logfile=io.StringIO(), on_demand=True)
    try:
        return {
            _sheet_name(name, book.nsheets): tuple(
                str(value) for value in (sheet.row_values(0) if sheet.nrows else ())
            )
            for name in book.sheet_names()
            for sheet in (book.sheet_by_name(name),)
        }
    finally:
        book.release_resources()


def _sheet_name(title: str, sheets: int) -> str:
    """What pyxform takes a sheet for: an only one is the survey, whatever it is called."""
    name = title.lower()
    return "survey" if sheets == 1 and name not in SUPPORTED_SHEET_NAMES else name


def _hidden_from_pyxform(book: Workbook) -> Iterator[Problem]:
    try:
        if book.path.suffix.lower() == ".xlsx":
            yield from _hidden_in_xlsx(book)
        elif book.path.suffix.lower() == ".xls":
            yield from _errors_of_xls(book)
    except FOREIGN_ERRORS:
        return  # what cannot be read here was read by pyxform, and is held to that


def _hidden_in_xlsx(book: Workbook) -> Iterator[Problem]:
    """Formulas that no program has computed yet, and rows after so many empty ones.

    Looked for in the sheets' own XML: what is empty there takes no time.
    """
    letters: dict[str, dict[str, str]] = {}
    with zipfile.ZipFile(book.path) as packed:
        for name, part in _parts(packed).items():
            if packed.getinfo(part).file_size > _TOO_BIG_TO_LOOK:
                continue
            last = 0
            end = len(book.rows(name)) + 1
            for cell in _CELL.finditer(packed.read(part)):
                column, row, inside = cell[1].decode(), int(cell[2]), cell[3]
                valued = bool(_VALUE.search(inside))
                formula = _FORMULA.search(inside)
                if valued and row > max(last, end + _EMPTY_ROWS):
                    letters = letters or _headers_by_letter(book)
                    last = row if column in letters.get(name, {}) else last
                if formula and not valued and row <= end:
                    letters = letters or _headers_by_letter(book)
                    yield Problem(
                        f"The cell holds a formula without its result: ={formula[1].decode()}",
                        name,
                        row,
                        letters.get(name, {}).get(column, column),
                        "Open the file in a spreadsheet program and save it, or write the result"
                        " in the formula's place.",
                    )
            if last:
                yield _after_a_gap(name, last)


def _after_a_gap(sheet: str, row: int) -> Problem:
    return Unread(
        f"After more than {_EMPTY_ROWS} empty rows nothing is read, and there are rows below.",
        sheet,
        row,
        advice="Take the empty rows out.",
    )


def _parts(packed: zipfile.ZipFile) -> dict[str, str]:
    """The part of an .xlsx that each sheet of an XLSForm is in."""
    targets = {
        str(one.get("Id")): str(one.get("Target"))
        for one in parse_xml(packed.read("xl/_rels/workbook.xml.rels"))
    }
    sheets = [
        one
        for one in parse_xml(packed.read("xl/workbook.xml")).iter("{*}sheet")
        if one.get(_RELATION)
    ]
    found = {}
    for one in sheets:
        name = _sheet_name(str(one.get("name")), len(sheets))
        target = targets.get(str(one.get(_RELATION)), "")
        part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        if name in SUPPORTED_SHEET_NAMES and part in packed.namelist():
            found[name] = part
    return found


def _headers_by_letter(book: Workbook) -> dict[str, dict[str, str]]:
    return {
        sheet: {get_column_letter(number): header for header, number in columns.items()}
        for sheet, columns in _columns(book).items()
    }


def _errors_of_xls(form: Workbook) -> Iterator[Problem]:
    """Errors in an .xls, which pyxform reads as numbers, and rows after so many empty ones."""
    book = xlrd.open_workbook(form.path, logfile=io.StringIO())
    try:
        for name in book.sheet_names():
            sheet = book.sheet_by_name(name)
            known = _sheet_name(name, book.nsheets)
            if known not in SUPPORTED_SHEET_NAMES or not sheet.nrows:
                continue
            headers = [str(value).strip() for value in sheet.row_values(0)]
            named = [column for column, header in enumerate(headers) if header]
            filled = [
                row
                for row in range(sheet.nrows)
                if any(_says(sheet.cell_value(row, column)) for column in named)
            ]
            if filled and filled[-1] > len(form.rows(known)) + _EMPTY_ROWS:
                yield _after_a_gap(known, filled[-1] + 1)
            for number in range(1, sheet.nrows):
                for column, kind in enumerate(sheet.row_types(number)):
                    if kind == xlrd.XL_CELL_ERROR and column < len(headers) and headers[column]:
                        code = xlrd.error_text_from_code.get(sheet.cell_value(number, column), "#")
                        yield Problem(
                            f"The cell holds the error “{code}” of a formula.",
                            known,
                            number + 1,
                            headers[column],
                            "Correct the formula, or write its result in its place.",
                        )
    finally:
        book.release_resources()


def _says(value: object) -> bool:
    return bool(str(value).strip())
