"""Sheets in text files, CSV or Markdown: which line holds which cells, and what gets lost on it.

pyxform reads such files without telling where anything was; and a row with a cell too many stops
it, or loses the cell, without a word.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyxform.constants import SUPPORTED_SHEET_NAMES

from forms.errors import Problem

ENDINGS = (".csv", ".md")
_PIPE = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[|:\- ]+")
_REMARK = re.compile(r"#[^|]+$")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a sheet in a text file.

    Attributes:
        number: of the line it ends on, from 1.
        cells: all of them, the one for the sheet's name first, empty ones too.
        rest: what stands after the last “|” of a Markdown row, which no tool reads.
    """

    number: int
    cells: tuple[str, ...]
    rest: str = ""


def text_sheets(path: Path) -> Mapping[str, list[Line]]:
    """The rows of each sheet, its header first; nothing where the file is no text."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, OSError):
        return {}
    lines = _of_markdown(text) if path.suffix.lower() == ".md" else _of_csv(text)
    found: dict[str, list[Line]] = {}
    sheet: list[Line] = []
    try:
        for line in lines:
            if line.cells and line.cells[0]:
                sheet = found.setdefault(line.cells[0].lower(), [])
            if any(line.cells[1:]):
                sheet.append(line)
    except csv.Error:
        return {}
    return found


def lost_cells(path: Path, sheets: Mapping[str, list[Line]]) -> Iterator[Problem]:
    """Cells that stand under no header, or after the end of their row: no tool reads them."""
    way_out = (
        "Take it out; a “|” that belongs to a text is written \\|."
        if path.suffix.lower() == ".md"
        else "Take it out; a text with commas stands between quotation marks."
    )
    for sheet, lines in sheets.items():
        if sheet not in SUPPORTED_SHEET_NAMES or not lines:
            continue
        headers = lines[0].cells
        for header, count in Counter(filter(None, headers[1:])).items():
            if count > 1:
                yield Problem(
                    f"Two columns of a sheet have the header “{header}”.",
                    sheet,
                    lines[0].number,
                    header,
                    "Remove or rename one of them.",
                )
        for line in lines[1:]:
            further = [cell for cell in line.cells[len(headers) :] if cell]
            if further:
                yield Problem(
                    f"The row has {len(line.cells) - 1} cells, and the header {len(headers) - 1}:"
                    f" “{further[0]}” stands under no header.",
                    sheet,
                    line.number,
                    advice=way_out,
                )
            if line.rest:
                yield Problem(
                    f"The row does not end with “|”: “{line.rest}” is not read.",
                    sheet,
                    line.number,
                    advice="Write a “|” after its last cell.",
                )


def _of_csv(text: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""))
    for row in reader:
        yield Line(reader.line_num, tuple(cell.strip() for cell in row))


def _of_markdown(text: str) -> Iterator[Line]:
    for number, written in enumerate(text.split("\n"), 1):
        line = _REMARK.sub("", written).strip()
        if not line.startswith("|") or line.count("|") < 2 or _RULE.fullmatch(line):
            continue
        *cells, rest = _PIPE.split(line[1:])
        yield Line(number, tuple(cell.strip().replace(r"\|", "|") for cell in cells), rest.strip())
