"""Tables as people save them: CSV of any spreadsheet, XLSX, JSON lines.

A row's cells are texts by column. Lines are counted as an editor or a spreadsheet does, from 1.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from io import BytesIO, StringIO
from pathlib import Path
from typing import Protocol
from zipfile import BadZipFile

from kiosk.paper.errors import BadTable

LARGEST_TABLE = 64 << 20  # bytes
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_DELIMITERS = ";,\t"
# What Windows' own table has no letter for; and what its text files never hold.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# What Western languages do not write. Where it seems to stand, a file is in the letters of another
# Windows (Turkish, Cyrillic, Arabic) or of an older Macintosh.
_NOT_WESTERN = re.compile(
    r"[ÐÝÞðýþƒŽžˆ˜†‡‰¤¦¨¬¯¸¶][^\W\d_]|[^\W\d_][ÐÝÞðýþƒŽžˆ˜†‡‰¤¦¨¬¯¸¶]|[a-z][™Õ][a-z]|[À-ÿ]{3}"
)
# A first line that Excel reads, and that some programs write for it: which delimiter follows.
_DELIMITER_SAID = re.compile(r'"?sep=([;,\t|])"?[;,\t|]*\s*', re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """One contribution as typed: `line` counts as an editor does, from 1."""

    line: int
    values: dict[str, str]


class _Cell(Protocol):
    """A cell of a spreadsheet."""

    @property
    def value(self) -> object:
        """What it shows."""

    @property
    def data_type(self) -> str:
        """`e` for an error, `f` for a formula."""


def read_table(path: Path) -> tuple[Row, ...]:
    """All rows of a CSV, XLSX or JSON-lines file; empty lines are passed over.

    Text is UTF-8, or what Excel writes on a Western Windows (CP1252) where it can be nothing else.

    Raises:
        BadTable: it cannot be read, is too large, or is none of these.
    """
    try:
        if path.stat().st_size > LARGEST_TABLE:
            raise BadTable(f"{path} is larger than 64 MB. Split it.")
        content = path.read_bytes()
    except OSError as error:
        raise BadTable(f"{path} cannot be read: {error.strerror}.") from None
    if content.startswith(_ZIP):
        rows = tuple(_xlsx_rows(path, content))
    else:
        text = _text(path, content)
        begins = text.lstrip()
        if not begins:
            raise BadTable(f"{path} is empty.")
        rows = tuple(_json_rows(text) if begins.startswith("{") else _csv_rows(text))
    if not rows:
        raise BadTable(f"{path} has a header and no rows.")
    return rows


def _text(path: Path, content: bytes) -> str:
    if content.startswith(_OLD_EXCEL):
        raise BadTable(f"{path} is an old Excel file. Save it as .xlsx or “CSV UTF-8”.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        text = "\x00"
    if _NO_TEXT.search(text):
        raise BadTable(f"{path} is no text that can be read. Save it as “CSV UTF-8”.")
    if _NOT_WESTERN.search(text):
        raise BadTable(
            f"{path} is not “CSV UTF-8”, and its letters could be read in several ways. Save it as "
            "“CSV UTF-8”, or as .xlsx."
        )
    return text


# --- CSV ------------------------------------------------------------------------------------------


def _csv_rows(text: str) -> Iterator[Row]:
    header_line = next(line for line in text.split("\n") if line.strip())
    said = _DELIMITER_SAID.fullmatch(header_line)
    # Of equals the first: a French spreadsheet writes semicolons, and commas in its texts.
    delimiter = said[1] if said else max(_DELIMITERS, key=_outside_quotes(header_line).count)
    yield from _below_a_header(
        _csv_lines(text, delimiter, 1 if said else 0),
        "A text with the delimiter in it must stand in quotation marks.",
    )


def _csv_lines(text: str, delimiter: str, passed: int) -> Iterator[tuple[int, list[str]]]:
    """Cells with the line that they begin on: a cell may have line breaks.

    Args:
        text: the table.
        delimiter: between cells.
        passed: how many lines with something in them say nothing of people.
    """
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    ended = 0
    try:
        for cells in reader:
            line, ended = ended + 1, reader.line_num
            if passed and any(cell.strip() for cell in cells):
                passed -= 1
                continue
            yield line, cells
    except csv.Error as error:
        raise BadTable(f"Line {reader.line_num} is not CSV: {error}.") from None


def _below_a_header(lines: Iterable[tuple[int, list[str]]], advice: str) -> Iterator[Row]:
    """The rows below the first line that has something in it; empty ones are passed over.

    Args:
        lines: cells, each with the number of their line.
        advice: what to do about a row with more cells than the header.
    """
    header: list[str] | None = None
    for line, cells in lines:
        # Spreadsheets write as many cells in every row as the widest has.
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            _check_header(header)
            continue
        if len(cells) > len(header):
            raise BadTable(
                f"Line {line} has {len(cells)} cells, the header {len(header)}. {advice}"
            )
        cells += [""] * (len(header) - len(cells))
        yield Row(line, dict(zip(header, cells, strict=True)))


def _outside_quotes(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _check_header(header: list[str]) -> None:
    if "" in header:
        place = header.index("") + 1
        raise BadTable(f"Column {place} of the header has no name. Name it by its question.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise BadTable(f"The header names a question twice: {', '.join(twice)}.")


# --- XLSX -----------------------------------------------------------------------------------------


def _xlsx_rows(path: Path, content: bytes) -> Iterator[Row]:
    """The rows of the one sheet that holds something."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
        sheets = {sheet.title: list(sheet.iter_rows()) for sheet in book.worksheets}
        _check_cells(content, sheets)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError):
        raise BadTable(
            f"{path} is no spreadsheet that can be read. Save it as .xlsx or “CSV UTF-8”."
        ) from None
    filled = [
        title for title, rows in sheets.items() if any(cell.value for row in rows for cell in row)
    ]
    if not filled:
        raise BadTable(f"{path} is empty.")
    if len(filled) > 1:
        raise BadTable(f"{path} has {len(filled)} sheets: {', '.join(filled)}. Keep only one.")
    yield from _below_a_header(
        (
            (line, [_cell(cell.value) for cell in row])
            for line, row in enumerate(sheets[filled[0]], 1)
        ),
        "Name each column by its question.",
    )


def _check_cells(content: bytes, sheets: Mapping[str, Sequence[Sequence[_Cell]]]) -> None:
    """Refuse what shows no answer: an error, or a formula that no program has computed yet.

    Raises:
        BadTable: there is such a cell.
    """
    from openpyxl import load_workbook

    for rows in sheets.values():
        for line, row in enumerate(rows, 1):
            for place, cell in enumerate(row, 1):
                if cell.data_type == "e":
                    raise BadTable(
                        f"Line {line}, column {place}: the spreadsheet shows {cell.value} there, "
                        "which is no answer. Write what the sheet of paper says."
                    )
    written = load_workbook(BytesIO(content), read_only=True)
    for sheet in written.worksheets:
        for line, (row, shown) in enumerate(
            zip(sheet.iter_rows(), sheets[sheet.title], strict=True), 1
        ):
            for place, (cell, seen) in enumerate(zip(row, shown, strict=True), 1):
                if cell.data_type == "f" and seen.value is None:
                    raise BadTable(
                        f"Line {line}, column {place}: a formula stands there that was never "
                        "computed. Open the table in a spreadsheet program, save it, and try again."
                    )


def _cell(value: object) -> str:
    """A cell of a spreadsheet as text; a formula's cell is what it showed when it was saved."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(timespec="seconds")
        case date() | time():
            return value.isoformat()
    return str(value)


# --- JSON -----------------------------------------------------------------------------------------


def _json_rows(text: str) -> Iterator[Row]:
    for line, written in enumerate(text.split("\n"), 1):
        if not written.strip():
            continue
        try:
            values = json.loads(written, object_pairs_hook=partial(_once_each, line))
        except (ValueError, RecursionError):
            raise BadTable(f"Line {line} is not JSON.") from None
        if not isinstance(values, dict):
            raise BadTable(f"Line {line} is not a JSON object of question names and answers.")
        yield Row(line, {str(name): _json_text(value, line) for name, value in values.items()})


def _once_each(line: int, pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadTable(f"Line {line} names a question twice: {', '.join(twice)}.")
    return dict(pairs)


def _json_text(value: object, line: int) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            raise BadTable(f"Line {line}: write the name of the choice instead of {value}.")
        case int() | float():
            return str(value)
        case list() if all(isinstance(one, str) for one in value):
            return "\n".join(value)  # names and labels may hold blanks, and commas
        case _:
            raise BadTable(f"Line {line}: an answer is a text, a number or a list of names.")
