"""`TABLE.kept`: which rows of a table were handed to the device, beside the table itself.

It is written, and synced, before the first of them is sealed. Each row's origin follows from a
random id in it, the row's hash, and how many equal rows stand before it; so a run that was cut off
goes on where it was, whatever rows were put in, moved or taken out meanwhile, and two honest equal
rows stay two. What was sealed the device alone says.

    {"parvis": "kept", "version": 1, "consultation": …, "device": …, "table": random}
    {"row": hash, "sheet": number or "", "new": whether --as-new sealed it}        one a row
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex

from kiosk.paper.errors import BadTable
from sync.durable import write_whole

_VERSION = 1
_SUFFIX = ".kept"


@dataclass(frozen=True)
class Note:
    """One row as it was noted.

    Attributes:
        row: hash of its cells, under the table's random id.
        nth: how many equal rows stand before it.
        sheet: its sheet's number; "" without.
        as_new: whether it was to be sealed although its sheet's number was taken.
    """

    row: str
    nth: int
    sheet: str = ""
    as_new: bool = False


def kept_beside(table: Path) -> Path:
    """Where the note of a table lies, unless told otherwise."""
    return table.with_name(table.name + _SUFFIX)


class KeptRows:
    """The note of one table; made by `open_kept`.

    Attributes:
        path: the file.
        table: the table's random id.
        notes: the rows noted, in the order of the table as it was.
    """

    def __init__(
        self, path: Path, consultation: str, device: str, table: str, notes: tuple[Note, ...]
    ) -> None:
        self.path = path
        self.table = table
        self.notes = notes
        self._consultation = consultation
        self._device = device

    @classmethod
    def new(cls, path: Path, consultation: str, device: str) -> KeptRows:
        """The note of a table that nothing is noted of yet."""
        return cls(path, consultation, device, token_hex(16), ())

    def note_of(self, rows: Iterable[tuple[dict[str, str], str]]) -> tuple[Note, ...]:
        """Rows, as cells and number of the sheet, the way they are noted."""
        seen: Counter[str] = Counter()
        found = []
        for cells, sheet in rows:
            hashed = self._hash(cells)
            found.append(Note(hashed, seen[hashed], sheet))
            seen[hashed] += 1
        return tuple(found)

    def origin(self, note: Note) -> str:
        """Where a row comes from, as `Device.confirm` takes it."""
        if note.sheet and not note.as_new:
            return f"sheet {note.sheet}"
        return f"row {self.table} {note.row} {note.nth}"

    def write(self, notes: Sequence[Note]) -> None:
        """Put down which rows are handed to the device, durably, before they are.

        Raises:
            BadTable: it cannot be written: nothing may be sealed.
        """
        head = {
            "parvis": "kept",
            "version": _VERSION,
            "consultation": self._consultation,
            "device": self._device,
            "table": self.table,
        }
        lines = [head, *({"row": n.row, "sheet": n.sheet, "new": n.as_new} for n in notes)]
        written = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        try:
            write_whole(self.path, written.encode())
        except OSError as error:
            raise BadTable(
                f"{self.path} cannot be written ({error.strerror}), and nothing was kept: without "
                "it the same rows would count twice if you had to begin again. Copy the table to a "
                "folder that can be written, or name a file with --kept."
            ) from None
        self.notes = tuple(notes)

    def _hash(self, cells: dict[str, str]) -> str:
        said = sorted(
            (name, " ".join(text.split())) for name, text in cells.items() if text.strip()
        )
        written = json.dumps([self.table, said], ensure_ascii=False)
        return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


@contextmanager
def open_kept(table: Path, path: Path, consultation: str, device: str) -> Iterator[KeptRows]:
    """The note of a table, for this process alone while it is open; a new one where none is there.

    Raises:
        BadTable: another process transcribes this table, or the note belongs to something else.
    """
    with _alone(table):
        yield _read(path, consultation, device)


def abandoned_note(
    table: Path, kept: KeptRows, rows: Callable[[KeptRows], Iterable[Note]]
) -> Path | None:
    """A note in the same folder whose own table is gone, and that knows rows of this one.

    Args:
        table: what is transcribed, without a note of its own.
        kept: its new note.
        rows: the table's rows as another note would have them.
    """
    for other in _beside(table, kept):
        known = {note.row for note in other.notes}
        if not _table_of(other).exists() and any(note.row in known for note in rows(other)):
            return other.path
    return None


def copied_table(
    table: Path, kept: KeptRows, rows: Callable[[KeptRows], Iterable[Note]]
) -> Path | None:
    """A table in the same folder, kept already, with all of whose rows this one begins.

    Rows with a sheet's number are left aside: they are known wherever they come from.

    Args:
        table: what is transcribed, without a note of its own.
        kept: its new note.
        rows: the table's rows as another note would have them.
    """
    for other in _beside(table, kept):
        theirs = [note.row for note in other.notes if not note.sheet]
        ours = [note.row for note in rows(other) if not note.sheet]
        if theirs and _table_of(other).exists() and ours[: len(theirs)] == theirs:
            return _table_of(other)
    return None


def _beside(table: Path, kept: KeptRows) -> Iterator[KeptRows]:
    """The other notes of this consultation in the table's folder."""
    for path in sorted(table.parent.glob("*" + _SUFFIX)):
        if path != kept.path:
            with suppress(BadTable):
                yield _read(path, kept._consultation, kept._device)


def _table_of(note: KeptRows) -> Path:
    return note.path.with_name(note.path.name.removesuffix(_SUFFIX))


def _read(path: Path, consultation: str, device: str) -> KeptRows:
    try:
        written = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return KeptRows.new(path, consultation, device)
    except (OSError, UnicodeDecodeError) as error:
        raise BadTable(f"{path} cannot be read ({error}), and it says what is kept.") from None
    try:
        head, *lines = [json.loads(line) for line in written.split("\n") if line]
        if head["parvis"] != "kept" or head["version"] != _VERSION:
            raise BadTable(f"{path} was written by a newer Parvis. Update this one.")
        of, by, table = str(head["consultation"]), str(head["device"]), str(head["table"])
        notes = _numbered(Note(str(n["row"]), 0, str(n["sheet"]), bool(n["new"])) for n in lines)
    except (ValueError, KeyError, TypeError):
        raise BadTable(
            f"{path} is damaged, and it says which rows are kept. Restore it, or delete it if none "
            "was: without it, rows that are kept would be sealed again."
        ) from None
    if of != consultation:
        raise BadTable(
            f"{path} says that this table belongs to consultation {of}. If it was meant for that "
            "one, name it; else copy the table to another name."
        )
    if by != device:
        raise BadTable(
            f"{path} says that this table was begun at another device: go on there. What was kept "
            "there would count twice if it were sealed here, too."
        )
    return KeptRows(path, consultation, device, table, notes)


def _numbered(notes: Iterable[Note]) -> tuple[Note, ...]:
    seen: Counter[str] = Counter()
    found = []
    for note in notes:
        found.append(replace(note, nth=seen[note.row]))
        seen[note.row] += 1
    return tuple(found)


@contextmanager
def _alone(table: Path) -> Iterator[None]:
    """Hold a lock on the table: two who transcribe it at once would each write a note."""
    try:
        file = table.open("rb")
    except OSError as error:
        raise BadTable(f"{table} cannot be read: {error.strerror}.") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadTable(
                f"Somebody else transcribes {table} at the moment. Wait until they are done, and "
                "run it again: what they kept is passed over."
            ) from None
        except OSError:
            pass  # a folder of another machine, without locks
        yield
