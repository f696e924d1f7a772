"""Paper contributions, typed into a table, one per row: checked by the form, sealed like any other.

A table is CSV, with a header of question names, or JSON lines, one object per line. Multiple
choices and rankings are names with spaces between them, dates as 2026-11-21, numbers with a point.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path

from forms.engine import Entry, Kind, Outcome, Step, Unfinished
from kiosk.counter import contribution_of
from kiosk.errors import DeviceError
from kiosk.offer import Offer
from sync.contribution import Mode
from sync.device import Device

LARGEST_TABLE = 64 << 20  # bytes
_LANGUAGE_COLUMN = "language"
# What no XForm can hold (XML 1.0, 2.2: Char).
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BadTable(DeviceError):
    """The table as a whole cannot be read; nothing of it was kept."""


class BadRow(DeviceError):
    """One row is not what the form asks for."""


@dataclass(frozen=True)
class Row:
    """One contribution as typed: `line` counts as an editor does, from 1."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True)
class Rejected:
    """A row that was not kept, and why."""

    row: Row
    cause: str


@dataclass(frozen=True)
class Transcribed:
    """What became of a table."""

    kept: int
    rejected: tuple[Rejected, ...]


def read_table(path: Path) -> tuple[Row, ...]:
    """All rows of a CSV or JSON-lines file; empty lines are passed over.

    Raises:
        BadTable: it cannot be read, is too large, is not UTF-8, or is neither of the two.
    """
    try:
        if path.stat().st_size > LARGEST_TABLE:
            raise BadTable(f"{path} is larger than 64 MB. Split it.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadTable(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadTable(f"{path} is not UTF-8 text. Save it as “CSV UTF-8” and try again.") from None
    begins = text.lstrip()
    if not begins:
        raise BadTable(f"{path} is empty.")
    rows = tuple(_json_rows(text) if begins.startswith("{") else _csv_rows(text))
    if not rows:
        raise BadTable(f"{path} has a header and no rows.")
    return rows


def transcribe(
    device: Device,
    offer: Offer,
    rows: tuple[Row, ...],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Transcribed:
    """Seal every row that the form accepts; the others are told with their cause.

    Raises:
        BadTable: a column is no question of this form; nothing was kept.
        SyncError: the device could not store a row; those before it are kept.
    """
    names = _question_names(offer)
    unknown = sorted({name for row in rows for name in row.values} - names - {_LANGUAGE_COLUMN})
    if unknown:
        raise BadTable(
            f"No question of this form is called {', '.join(unknown)}. "
            f"Its questions are: {', '.join(sorted(names))}."
        )
    kept, rejected = 0, []
    for done, row in enumerate(rows, 1):
        try:
            language = _language(row, offer)
            fields = _fill(offer.begin(), row.values)
            device.confirm(offer.id, contribution_of(offer, fields, language, mode=Mode.PAPER))
            kept += 1
        except BadRow as bad:
            rejected.append(Rejected(row, str(bad)))
        progress(done, len(rows))
    return Transcribed(kept, tuple(rejected))


def write_rejected(path: Path, rejected: tuple[Rejected, ...]) -> None:
    """A table of the rows that were not kept, to be corrected and transcribed in their turn.

    Raises:
        BadTable: it cannot be written there.
    """
    columns = list(dict.fromkeys(name for one in rejected for name in one.row.values))
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            table = csv.DictWriter(file, columns)
            table.writeheader()
            table.writerows(one.row.values for one in rejected)
    except OSError as error:
        raise BadTable(f"{path} cannot be written: {error.strerror}.") from None


def _language(row: Row, offer: Offer) -> str:
    language = row.values.get(_LANGUAGE_COLUMN, "").strip()
    if language and language not in offer.languages:
        spoken = ", ".join(offer.languages)
        raise BadRow(f"{_LANGUAGE_COLUMN}: “{language}” is none of this consultation’s: {spoken}.")
    return language


def _fill(entry: Entry, values: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Answer in the form's own order, since an answer decides what is asked after it."""
    wanted = {name: text for name, text in values.items() if name != _LANGUAGE_COLUMN and text}
    for name, text in wanted.items():
        if strange := _UNWRITABLE.search(text):
            code = f"U+{ord(strange[0]):04X}"
            raise BadRow(f"{name}: it holds the character {code}, which is no letter: take it out.")
    answered: set[str] = set()
    while True:
        step = next((one for one in entry.steps() if _wanted(one, wanted, answered)), None)
        if step is None:
            break
        name = _name(step)
        answered.add(name)
        verdict = entry.answer(step.ref, _as_the_form_writes(step, wanted[name]))
        if verdict.outcome is not Outcome.OK:
            said = verdict.message or verdict.cause or "the form does not accept it"
            raise BadRow(f"{name}: “{wanted[name]}” – {said}")
    for name in wanted:
        if name not in answered:
            raise BadRow(f"{name}: this question is not asked, given the other answers.")
    try:
        return entry.finish().fields
    except Unfinished as unfinished:
        problem = unfinished.problems[0]
        name = problem.ref.rpartition("/")[2]
        missing = problem.outcome is Outcome.REQUIRED
        said = problem.message or ("an answer is needed" if missing else "the form refuses it")
        raise BadRow(f"{name}: {said}") from None


def _wanted(step: Step, wanted: dict[str, str], answered: set[str]) -> bool:
    return not step.readonly and _name(step) in wanted and _name(step) not in answered


def _as_the_form_writes(step: Step, text: str) -> str:
    if step.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.RANGE):
        return text.strip().replace(",", ".")
    if step.kind in (Kind.SELECT_ONE, Kind.SELECT_MULTIPLE, Kind.RANK):
        return " ".join(text.split())
    return text


def _name(step: Step) -> str:
    return step.ref.rpartition("/")[2]


def _question_names(offer: Offer) -> set[str]:
    return {question.field.path.rpartition("/")[2] for question in offer.form.questions}


def _csv_rows(text: str) -> Iterator[Row]:
    header_line = text.lstrip().splitlines()[0]
    delimiter = max(",;\t", key=header_line.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    ended = 0
    try:
        for cells in reader:
            # A row with line breaks in a cell is named by the line that it begins on.
            line, ended = ended + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
                _check_header(header)
                continue
            if len(cells) > len(header):
                raise BadTable(
                    f"Line {line} has {len(cells)} cells, the header {len(header)}. "
                    "A text with the delimiter in it must stand in quotation marks."
                )
            yield Row(line, dict(zip(header, cells, strict=False)))
    except csv.Error as error:
        raise BadTable(f"Line {reader.line_num} is not CSV: {error}.") from None


def _check_header(header: list[str]) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise BadTable(f"The header names a question twice: {', '.join(twice)}.")
    if "" in header:
        raise BadTable("A column of the header has no name. Name it by its question.")


def _json_rows(text: str) -> Iterator[Row]:
    for line, written in enumerate(text.splitlines(), 1):
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
            return " ".join(value)
        case _:
            raise BadTable(f"Line {line}: an answer is a text, a number or a list of names.")
