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
EXPLANATION = "_lisez-moi"
WIDEST = 60
"""Characters a column is wide at most; longer texts are wrapped."""


def start_from(name: str, path: Path) -> tuple[Path, Path]:
    """Write a consultation of the catalogue as an .xlsx file, with its notice beside it.

    Args:
        name: the consultation's.
        path: of the spreadsheet, which must not be there yet; or of a folder to write it into.

    Returns:
        The spreadsheet and the notice.

    Raises:
        FormError: the catalogue holds no such consultation, or a file would be overwritten.
    """
    entry = find(name)
    if path.is_dir():
        path /= f"{entry.name}.xlsx"
    if path.suffix.lower() != ".xlsx":
        advice = f": {path.with_suffix('.xlsx')}" if path.name else ""
        raise FormError(f"{path.name} has to end in .xlsx{advice}.")
    if not path.parent.is_dir():
        raise FormError(f"The folder {path.parent} is not there: make it first.")
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
    _write_explanation(book, entry.form.read_text(encoding="utf-8"))
    book.save(path)
    notice.write_bytes(entry.notice.read_bytes())
    return path, notice


def _write_explanation(book: Workbook, form: str) -> None:
    """What stands before the tables, as a sheet of its own, which no compiler reads."""
    told = form.partition("\n|")[0].strip().removeprefix("# ")
    sheet = book.create_sheet(EXPLANATION)
    sheet.column_dimensions["A"].width = 2 * WIDEST
    for paragraph in told.split("\n\n"):
        sheet.append([" ".join(paragraph.split())])
        sheet.cell(sheet.max_row, 1).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.cell(1, 1).font = Font(bold=True)


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
