"""A consultation of the catalogue as a spreadsheet of one's own, to change and to publish."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from forms.catalogue import NOTICE_ENDING, find
from forms.errors import FormError
from forms.sheets import read_workbook

SHEETS = ("survey", "choices", "settings", "entities")
WIDEST = 60
"""Characters a column is wide at most; longer texts are wrapped."""


def start_from(name: str, path: Path) -> tuple[Path, Path]:
    """Write a consultation of the catalogue as an .xlsx file, with its notice beside it.

    Args:
        name: the consultation's.
        path: of the spreadsheet, which must not be there yet.

    Returns:
        The spreadsheet and the notice.

    Raises:
        FormError: the catalogue holds no such consultation, or a file would be overwritten.
    """
    entry = find(name)
    if path.suffix.lower() != ".xlsx":
        raise FormError(f"{path.name} has to end in .xlsx.")
    notice = path.with_name(f"{path.stem}{NOTICE_ENDING}")
    for file in (path, notice):
        if file.exists():
            raise FormError(f"{file} is there already: choose another name with -o.")
    definition = read_workbook(entry.form).definition
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in SHEETS:
        rows = getattr(definition, sheet) or []
        if rows:
            _write_sheet(book, sheet, rows)
    book.save(path)
    notice.write_bytes(entry.notice.read_bytes())
    return path, notice


def _write_sheet(book: Workbook, name: str, rows: list[dict[str, str]]) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    sheet = book.create_sheet(name)
    sheet.append(columns)
    for row in rows:
        sheet.append([row.get(column, "") for column in columns])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, 1):
        longest = max(len(column), *(len(row.get(column, "")) for row in rows))
        sheet.column_dimensions[get_column_letter(number)].width = min(longest + 2, WIDEST)
        for (cell,) in sheet.iter_rows(min_row=2, min_col=number, max_col=number):
            cell.alignment = Alignment(wrap_text=True, vertical="top")
