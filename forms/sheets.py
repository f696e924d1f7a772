"""An author's spreadsheet as rows that know their place, whatever kind of file it is.

The reading is pyxform's, so that Parvis sees the cells that pyxform compiles; this module adds
where each row is, and says in a sentence what keeps a file from being read.
"""

from __future__ import annotations

import codecs
import csv
import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers.expat import ExpatError

import openpyxl
from openpyxl.utils import get_column_letter
from pyxform.errors import PyXFormError
from pyxform.xls2json_backends import (
    Definition,
    DefinitionData,
    SupportedFileTypes,
    get_xlsform,
)
from xlrd import XLRDError
from xlrd.compdoc import CompDocError

from forms.compound import goes_in_circles
from forms.errors import FormErrors, Problem
from forms.textsheets import ENDINGS as TEXT_FILES
from forms.textsheets import lost_cells, text_sheets

ENDINGS = (".xlsx", ".xls", ".csv", ".md")
BIGGEST = 64 * 1024 * 1024
"""Bytes of one spreadsheet."""

BIGGEST_UNPACKED = 256 * 1024 * 1024
"""Bytes of an .xlsx once unpacked; a list of 20,000 choices takes five million."""

FOREIGN_ERRORS = (
    PyXFormError,
    XLRDError,
    CompDocError,
    ExpatError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    csv.Error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What the libraries that read spreadsheets raise on files they do not expect."""

_ALIASES = {
    "relevance": "relevant",
    "calculate": "calculation",
    "command": "type",
    "tag": "name",
    "value": "name",
    "caption": "label",
    "readonly": "read_only",
    "count": "repeat_count",
    "constraining_message": "constraint_message",
    "list name": "list_name",
    "list": "list_name",
    "listname": "list_name",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet.

    Attributes:
        number: as a spreadsheet counts, the header being row 1; in text files, the line.
        cells: by the name that XLSForm gives the column; empty cells left out.
        headers: by that name, the header as the author wrote it.
        written: every cell that says something, by the header as the author wrote it.
    """

    number: int
    cells: Mapping[str, str]
    headers: Mapping[str, str]
    written: Mapping[str, str] = field(default_factory=dict)

    def cell(self, column: str) -> str:
        """What a column says here; "" where it says nothing."""
        return self.cells.get(column, "").strip()

    def header(self, column: str) -> str:
        """A column's header as the author wrote it."""
        return self.headers.get(column, column)


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets of an XLSForm that Parvis looks into.

    Attributes:
        definition: as pyxform read it.
        survey: the rows of the survey sheet.
        choices: the rows of the choices sheet.
        lines: by sheet, in text files, the line of each row, the header first.
        path: of the file.
        lost: cells of a text file that no tool reads.
    """

    definition: DefinitionData
    survey: tuple[Row, ...]
    choices: tuple[Row, ...]
    lines: Mapping[str, list[int]] = field(default_factory=dict)
    path: Path = Path()
    lost: tuple[Problem, ...] = ()

    def row_number(self, sheet: str, row: int) -> int:
        """The number a person sees, of a row that pyxform counts as such."""
        lines = self.lines.get(sheet, [])
        return lines[row - 1] if 1 <= row <= len(lines) else row

    def headers(self, sheet: str) -> tuple[str, ...]:
        """The headers of a sheet, in its order, empty ones left out."""
        listed = getattr(self.definition, f"{sheet}_header", None) or [{}]
        return tuple(str(header) for header in listed[0])

    def rows(self, sheet: str) -> tuple[Row, ...]:
        """The rows of a sheet of an XLSForm; () where there is no such sheet."""
        if sheet == "survey":
            return self.survey
        if sheet == "choices":
            return self.choices
        return tuple(_rows(getattr(self.definition, sheet, None) or [], self.lines.get(sheet)))


def read_workbook(path: Path) -> Workbook:
    """Read an author's spreadsheet.

    Raises:
        FormErrors: it cannot be read; the problem says why and what to do.
    """
    _check_file(path)
    written = text_sheets(path) if path.suffix.lower() in TEXT_FILES else {}
    lost = tuple(lost_cells(path, written))
    lines = {sheet: [line.number for line in found] for sheet, found in written.items()}
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            definition = get_xlsform(_without_mark(path), file_type=path.suffix.lower())
    except FOREIGN_ERRORS as wrong:
        raise FormErrors(lost or [_unreadable(path, wrong)]) from None
    if not definition.survey:
        raise FormErrors([_no_survey(path, definition)])
    return Workbook(
        definition,
        tuple(_rows(definition.survey, lines.get("survey"))),
        tuple(_rows(definition.choices or [], lines.get("choices"))),
        lines,
        path,
        lost,
    )


def _without_mark(path: Path) -> Definition:
    """A file as pyxform takes it: a text without the byte order mark that Excel writes."""
    ending = path.suffix.lower()
    content = path.read_bytes()
    if ending in TEXT_FILES:
        content = content.removeprefix(codecs.BOM_UTF8)
    return Definition(io.BytesIO(content), SupportedFileTypes(ending), path.stem)


def _check_file(path: Path) -> None:
    problem: Problem | None = None
    if path.is_dir():
        problem = Problem(f"{path} is a folder.", advice="Name the form's file in it.")
    elif not path.exists():
        problem = Problem(f"There is no file {path}.", advice="Check the name and the folder.")
    elif path.suffix.lower() not in ENDINGS:
        problem = Problem(
            f"{path.name} is not a spreadsheet that Parvis reads.",
            advice="Save it as .xlsx, .xls, .csv or .md.",
        )
    elif path.stat().st_size == 0:
        problem = Problem(f"{path.name} is empty.", advice="Fill in a survey sheet, and save it.")
    elif path.stat().st_size > BIGGEST:
        problem = Problem(f"{path.name} has more than {BIGGEST // 1024 // 1024} MB.")
    elif path.suffix.lower() == ".xlsx" and _unpacked(path) > BIGGEST_UNPACKED:
        problem = Problem(
            f"{path.name} would unpack to more than {BIGGEST_UNPACKED // 1024 // 1024} MB.",
            advice="No form is that long: do not open it if it came from somebody else.",
        )
    elif path.suffix.lower() == ".xls" and goes_in_circles(path.read_bytes()):
        problem = _unreadable(path, XLRDError())
    if problem is not None:
        raise FormErrors([problem])


def _unpacked(path: Path) -> int:
    """Bytes that an .xlsx says it unpacks to, and no reader unpacks more; 0 where it is none."""
    try:
        with zipfile.ZipFile(path) as packed:
            return sum(one.file_size for one in packed.infolist())
    except FOREIGN_ERRORS:
        return 0  # said later, by what reads it


def _unreadable(path: Path, wrong: BaseException) -> Problem:
    ending = path.suffix.lower()
    if isinstance(wrong, PermissionError):
        return Problem(
            f"{path.name} may not be read.", advice="Give yourself the right to read it."
        )
    if isinstance(wrong, UnicodeDecodeError):
        return Problem(f"{path.name} is not UTF-8 text.", advice="Save it again as CSV UTF-8.")
    if isinstance(wrong, PyXFormError) and str(wrong).startswith("Duplicate column header: "):
        header = str(wrong).partition(": ")[2]
        return Problem(
            f"Two columns of a sheet have the header “{header}”.",
            row=1,
            column=header,
            advice="Remove or rename one of them.",
        )
    if isinstance(wrong, PyXFormError) and "survey" in str(wrong):
        return Problem(
            "The file has no sheet named “survey”.", advice="Add one: it holds the questions."
        )
    if ending == ".csv" and (separator := _other_separator(path)):
        return Problem(
            f"The cells of {path.name} are separated by {separator}, not by commas.",
            advice="Save it as .xlsx, or as CSV with commas between the cells.",
        )
    if ending in TEXT_FILES:
        return Problem(
            f"{path.name} holds no sheets.",
            advice="Write a sheet's name alone on a line; below, its header and rows, a column on.",
        )
    if ending == ".xlsx" and (problem := _header_no_text(path)):
        return problem
    return Problem(
        f"{path.name} cannot be read as {ending}: it is damaged, protected by a password, "
        "or another kind of file under that name.",
        advice="Open it in your spreadsheet program and save it again.",
    )


def _header_no_text(path: Path) -> Problem | None:
    """A header of an .xlsx that is a number or a date, which pyxform cannot take."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            for sheet in book.worksheets:
                for cell in next(sheet.iter_rows(max_row=1), ()):
                    if cell.value is not None and not isinstance(cell.value, str):
                        return Problem(
                            f"The header “{cell.value}” is a number or a date.",
                            sheet.title.lower(),
                            1,
                            str(cell.value),
                            "Format the cell as text, and write the header again.",
                            get_column_letter(cell.column),
                        )
    except FOREIGN_ERRORS:
        return None
    return None


def _other_separator(path: Path) -> str:
    """What separates the cells of a CSV, where it is no comma."""
    first = path.read_bytes()[:5000].decode("utf-8", "replace")
    if first.count(",") >= max(first.count(";"), first.count("\t"), 1):
        return ""
    return "“;”" if ";" in first else "tabs" if "\t" in first else ""


def _no_survey(path: Path, definition: DefinitionData) -> Problem:
    found = [name for name in definition.sheet_names or () if name]
    near = [name for name in found if name.strip().lower() == "survey"]
    if near and near[0].lower() != "survey":
        return Problem(
            f"The sheet “{near[0]}” has a space in its name.", advice="Name the sheet “survey”."
        )
    if near and not any((definition.survey_header or [{}])[0]):
        return Problem(
            "The first row of the sheet is empty.",
            "survey",
            1,
            advice="Write the headers into it: type, name, label.",
        )
    if near:
        return Problem(
            "The sheet has no questions.", "survey", advice="Add a row for each question."
        )
    listed = f" It has: {', '.join(found)}." if found else ""
    return Problem(
        f"{path.name} has no sheet named “survey”.{listed}",
        advice="Name the sheet with the questions “survey”.",
    )


def column_name(header: str) -> str:
    """The name XLSForm gives a column, whatever way its header is written; languages left out."""
    name = header.partition("::")[0].partition(":")[0] if ":" in header else header
    if name in {"bind", "body", "control", "instance", "media"}:
        return header
    simple = name.strip().lower()
    return _ALIASES.get(simple, _ALIASES.get(simple.replace(" ", "_"), simple.replace(" ", "_")))


def _rows(found: list[dict[str, str]], lines: list[int] | None) -> Iterator[Row]:
    for index, cells in enumerate(found):
        number = index + 2
        if lines is not None and index + 1 < len(lines):
            number = lines[index + 1]
        known: dict[str, str] = {}
        headers: dict[str, str] = {}
        written: dict[str, str] = {}
        for header, cell in cells.items():
            name = column_name(str(header))
            if cell is None or not str(cell).strip():
                continue
            written[str(header)] = str(cell)
            if name not in known:
                known[name] = str(cell)
                headers[name] = str(header)
        yield Row(number, known, headers, written)
