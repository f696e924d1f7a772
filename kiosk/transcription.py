"""Paper contributions, typed into a table, one per row: checked by the form, sealed like any other.

Each row is sealed once, however often its table is transcribed (`kiosk.paper.kept`, and the
outbox's origins).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Protocol

from kiosk.counter import contribution_of
from kiosk.errors import DeviceError
from kiosk.offer import Offer
from kiosk.paper.columns import CAUSE, LINE, OWN, Columns
from kiosk.paper.errors import BadRow, BadTable
from kiosk.paper.files import Files
from kiosk.paper.filling import Filler
from kiosk.paper.kept import KeptRows, Note, abandoned_note, copied_table, kept_beside, open_kept
from kiosk.paper.plan import Fate, Plan, Planned, plan
from kiosk.paper.tables import LARGEST_TABLE, Row, read_table
from sync.attachment import Attachment
from sync.contribution import Contribution, Mode
from sync.durable import write_whole
from sync.errors import ErasedAlready, MalformedContribution, SyncError
from sync.receipt import Receipt

__all__ = [
    "LARGEST_TABLE",
    "BadRow",
    "BadTable",
    "Rejected",
    "Row",
    "Sealer",
    "Stopped",
    "Table",
    "Transcribed",
    "check_rejected",
    "read_table",
    "transcribe",
    "write_rejected",
]


class Sealer(Protocol):
    """What seals rows: a device, or the kiosk that runs on it."""

    @property
    def key_id(self) -> bytes:
        """The device's."""

    def sealed_of(self, consultation_id: str, origins: Collection[str]) -> frozenset[str]:
        """Of some origins, those that were sealed."""

    def confirm(
        self,
        consultation_id: str,
        contribution: Contribution,
        attachments: Sequence[Attachment] = (),
        origin: str = "",
    ) -> Receipt:
        """Seal and store a contribution, unless something of that origin was."""


@dataclass(frozen=True)
class Rejected:
    """A row that was not kept, and why."""

    row: Row
    cause: str


@dataclass(frozen=True)
class Transcribed:
    """What became of a table.

    Attributes:
        kept: rows sealed now.
        rejected: rows that were not kept.
        before: rows that had been kept before, and were passed over.
        taken: of those, the ones whose sheet was kept from another table.
        left: rows that it did not come to.
        trouble: why it did not come to them, as a sentence; "" where it was stopped, or did.
    """

    kept: int
    rejected: tuple[Rejected, ...]
    before: int = 0
    taken: tuple[Row, ...] = ()
    left: int = 0
    trouble: str = ""


class Interrupted(DeviceError):
    """Rows can be sealed no more: whoever did it is gone."""


class Stopped(Exception):
    """Somebody asked for the work to end; raised by `progress`."""


@dataclass(frozen=True)
class Table:
    """Where rows come from, and how they are meant.

    Attributes:
        path: the table; the files that rows name lie beside it.
        kept: its note; beside it unless given.
        as_new: whether rows at taken places are new ones.
        sheet: the column with the sheets' numbers; "" for `sheet` or `feuille`.
        codes: whether cells hold the names of choices alone.
    """

    path: Path
    kept: Path | None = None
    as_new: bool = False
    sheet: str = ""
    codes: bool = False


def transcribe(
    sealer: Sealer,
    offer: Offer,
    rows: Sequence[Row],
    progress: Callable[[int, int], None] = lambda done, of: None,
    table: Table | None = None,
) -> Transcribed:
    """Seal every row that the form accepts and that is not sealed yet; the others are told.

    Args:
        sealer: where they are sealed.
        offer: the consultation.
        rows: what was typed.
        progress: told how many rows are done, of how many; may raise `Stopped`.
        table: where the rows come from. Without, those that have no sheet's number are sealed
            however often they come.

    Raises:
        BadTable: a column is no question of this form, or the table's note cannot be kept; nothing
            was kept.
    """
    columns = Columns(offer.form, table.sheet if table else "")
    columns.check(name for row in rows for name in row.values)
    columns.check_sheet(name for row in rows for name in row.values)
    files = Files(table.path.parent if table else None)
    filler = Filler(offer, columns, files, codes=bool(table and table.codes))
    with _planned(sealer, offer, columns, rows, table) as (planned, origin):
        done = _Done(len(planned.rows))
        try:
            for one in planned.rows:
                _one(done, one, sealer, offer, filler, origin(one.note))
                progress(done.rows, done.of)
        except Stopped:
            return done.told()
        except (SyncError, Interrupted) as error:
            return done.told(str(error))
        return done.told()


class _Done:
    """What became of the rows so far."""

    def __init__(self, of: int) -> None:
        self.of = of
        self.rows = self.kept = self.before = 0
        self.taken: list[Row] = []
        self.rejected: list[Rejected] = []

    def told(self, trouble: str = "") -> Transcribed:
        left = self.of - self.rows
        rejected, taken = tuple(self.rejected), tuple(self.taken)
        return Transcribed(self.kept, rejected, self.before, taken, left, trouble)


@contextmanager
def _planned(
    sealer: Sealer, offer: Offer, columns: Columns, rows: Sequence[Row], table: Table | None
) -> Iterator[tuple[Plan, Callable[[Note], str]]]:
    """What is to become of the rows, and where each comes from."""

    def noted(by: KeptRows) -> tuple[Note, ...]:
        return by.note_of((_cells(columns, row), _sheet(columns, row)) for row in rows)

    def decided(kept: KeptRows) -> Plan:
        as_new = bool(table and table.as_new)
        return plan(rows, noted(kept), kept, partial(sealer.sealed_of, offer.id), as_new=as_new)

    device = sealer.key_id.hex()
    if table is None:
        passing = KeptRows.new(Path(), offer.id, device)
        yield decided(passing), lambda note: passing.origin(note) if note.sheet else ""
        return
    path = table.kept or kept_beside(table.path)
    with open_kept(table.path, path, offer.id, device) as kept:
        if not path.exists() and (other := abandoned_note(table.path, kept, noted)) is not None:
            raise BadTable(
                f"{other} says that rows of this table are kept, and the table that it was written "
                f"for is gone: was it renamed? Rename {other.name} to {path.name}, too. If this is "
                "another table, move that file away."
            )
        begun = path.exists() or table.as_new
        if not begun and (same := copied_table(table.path, kept, noted)) is not None:
            raise BadTable(
                f"All rows of {same} are kept, and {table.path.name} begins with the same: is it a "
                f"copy? Then add what is new to {same.name}, and transcribe that one. If these are "
                "other people's sheets, give --as-new."
            )
        planned = decided(kept)
        if planned.notes != kept.notes or not path.exists():
            kept.write(planned.notes)
        yield planned, kept.origin


def _one(
    done: _Done, one: Planned, sealer: Sealer, offer: Offer, filler: Filler, origin: str
) -> None:
    """One row.

    Raises:
        SyncError: the device could not store it.
    """
    try:
        match one.fate:
            case Fate.KEPT | Fate.TAKEN:
                done.before += 1
                done.taken += [one.row] if one.fate is Fate.TAKEN else []
            case Fate.TWICE:
                raise BadRow(
                    f"sheet {one.note.sheet} stands on line {one.other} already. If these are two "
                    "sheets, give --as-new."
                )
            case Fate.CHANGED:
                which = f"sheet {one.note.sheet}" if one.note.sheet else "the row that stood here"
                raise BadRow(
                    f"{which} was kept as it was before, and cannot be changed any more. If this "
                    "is another person’s, give --as-new."
                )
            case Fate.SEAL:
                filled = filler.fill(one.row.values)
                said = contribution_of(offer, filled.fields, filled.language, mode=Mode.PAPER)
                sealer.confirm(offer.id, said, filled.attachments, origin)
                done.kept += 1
    except ErasedAlready:
        done.before += 1
    except (BadRow, MalformedContribution) as bad:
        done.rejected.append(Rejected(one.row, str(bad)))
    done.rows += 1


def _cells(columns: Columns, row: Row) -> dict[str, str]:
    """What a row says: without what Parvis itself noted in it."""
    own = (columns.line, columns.cause)
    return {name: text for name, text in row.values.items() if name not in own}


def _sheet(columns: Columns, row: Row) -> str:
    """The number of a row's sheet, as it is whatever program wrote it; "" without."""
    typed = next((row.values[name] for name in columns.sheets if row.values.get(name)), "")
    number = "".join(typed.split()).casefold()
    whole, point, rest = number.partition(".")
    if whole.isdecimal() and (not point or not rest.strip("0")):
        return str(int(whole))
    return number


def check_rejected(path: Path, table: Path) -> None:
    """Refuse to write the rows that are not kept over anything but such a list.

    Args:
        path: where they are to be written.
        table: what is transcribed; it may be such a list itself.

    Raises:
        BadTable: something else is there already, which would be lost.
    """
    try:
        with path.open("rb") as file:
            begins = file.read(1 << 10).decode("utf-8-sig", "replace")
    except OSError:
        return  # nothing is there, or writing will say what is wrong
    heading = re.split("[\r\n]", begins, maxsplit=1)[0].replace('"', "")
    names = [name.strip().removeprefix(OWN) for name in re.split("[,;\t]", heading)]
    if begins and names[:2] != [LINE, CAUSE]:
        which = "is the table itself" if path.exists() and path.samefile(table) else "is there"
        raise BadTable(
            f"{path} {which}, and would be lost: it is no list of rows that were not kept. Name "
            "another file with --rejected."
        )


def write_rejected(
    path: Path, rejected: Sequence[Rejected], columns: Columns | None = None
) -> None:
    """A table of the rows that were not kept, to be corrected and transcribed in their turn.

    Each begins with the line that it came from, and why it was not kept. A note of a table that was
    there under that name before is taken away: none of these rows is kept.

    Raises:
        BadTable: it cannot be written there.
    """
    line, cause = (columns.line, columns.cause) if columns else (LINE, CAUSE)
    names = dict.fromkeys(name for one in rejected for name in one.row.values)
    heading = [line, cause, *(name for name in names if name not in (line, cause))]
    written = StringIO(newline="")
    table = csv.DictWriter(written, heading)
    table.writeheader()
    for one in rejected:
        table.writerow({**one.row.values, line: one.row.line, cause: one.cause})
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        write_whole(path, written.getvalue().encode("utf-8-sig", "surrogatepass"), mode=0o600)
        kept_beside(path).unlink(missing_ok=True)
    except OSError as error:
        raise BadTable(f"{path} cannot be written: {error.strerror}.") from None
