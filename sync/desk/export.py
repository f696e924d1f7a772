"""The organiser's table: one row per contribution, as CSV that spreadsheet programs open right.

Files that belong to contributions are copied to `media/` beside it; the cells hold their names.

UTF-8 with a byte order mark, every cell in quotes (so that a text never falls apart into cells in a
program that expects another separator), lines ended by CR LF (RFC 4180).

A text that a spreadsheet program would run as a formula (it begins with = + - @, a tab or a line
end, and is not simply a number) is shown with an apostrophe before it. A text that begins with
apostrophes and then such a character gets one more, so that nothing is lost: to have the exact
text back, take one apostrophe off every cell that begins with apostrophes followed by one of those
characters; or export with `exact`, for programs that do not calculate.

Rows stand by their ids, the same in every table, and not as people came. Ids lead to receipts, and
so does their order where the column is taken away: what is for everybody is made by `open_data`.

What a form wants kept apart from the answers (`forms.methods.apart`: who signed, how to reach
somebody) has a table of its own beside it, `NAME-identity.csv` for the kind "identity". Its rows
bear no id, and stand in the order of what is in them: they lead to no row of the answers.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from forms.methods.apart import kind_of, places
from forms.xform import Form, read_form
from sync.desk.file_kinds import DOUBTFUL
from sync.desk.media import lay_beside, names_beside
from sync.desk.promised import promised_by
from sync.desk.sorted_rows import SortedRows
from sync.desk.store import DeskContribution, DeskStore
from sync.desk.tables import Column, Versions, columns, labelled
from sync.errors import SyncError
from sync.promise import Channel, allows

FIXED = ("id", "received", "mode", "language", "help", "read_back", "form_version")
"""The columns before the questions. `received` is the day the server got it."""

_LARGEST_HEADING = 1 << 20
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")


class NothingToExport(SyncError):
    """There is no such consultation in the store, or several and none was named."""


class OverTheStore(SyncError):
    """The table would be written over the store that it is made from."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        consultation: its id.
        contributions: rows.
        columns: of the table.
        files: attached files that lie next to the table, in `media/`.
        apart: the tables beside it of what is kept apart from the answers.
        doubtful: files among them that are not what they are called: they end in `.unchecked`.
        aside: contributions that are set aside, and not in the table.
        for_others: whether the table may be given to everybody, by what people were promised.
    """

    consultation: str
    contributions: int
    columns: int
    files: int = 0
    apart: tuple[Path, ...] = ()
    doubtful: int = 0
    aside: int = 0
    for_others: bool = True


def export_csv(
    store: DeskStore,
    path: Path,
    *,
    consultation: str = "",
    labels: bool = False,
    language: str = "",
    separator: str = ",",
    exact: bool = False,
) -> Exported:
    """Write a consultation's table; a file of that name is replaced once the new one is whole.

    Args:
        store: the desk's.
        path: of the CSV file.
        consultation: its id; "" where the store holds only one.
        labels: questions and choices by their labels rather than their names.
        language: of the labels; the form's default one if "".
        separator: between cells.
        exact: write texts as they are, formulas included.

    Raises:
        NothingToExport: the store holds no such consultation, or several and none was named.
        OverTheStore: `path` is the store.
        UnknownLanguage: no version of the form is in `language`.
    """
    not_the_store(path, store.path)
    id_ = chosen(store, consultation)
    forms = read_versions(store, id_)
    every = columns(forms, store.paths(id_), FIXED)
    versions = Versions(forms, language) if labels else None
    if versions is not None:
        every = labelled(every, versions, store.form_hashes(id_))
    kept = {place: kind for form in reversed(forms) for place, kind in places(form).items()}
    kinds = {column.path: kind_of(kept, column.path) for column in every}
    asked = tuple(column for column in every if not kinds[column.path])
    tables = {
        kind: tuple(column for column in every if kinds[column.path] == kind)
        for kind in dict.fromkeys(filter(None, kinds.values()))
    }
    table = _Table(separator, exact)
    count = files = doubtful = 0
    shared = store.shared_names(id_)
    aside = store.aside.of(id_)

    def rows(apart: SortedRows) -> Iterator[Iterable[str]]:
        nonlocal count, files, doubtful
        for contribution in store.by_id(id_):
            if contribution.id in aside:
                continue
            names = names_beside(contribution.id, store.media, contribution.attachments, shared)
            doubtful += sum(name.endswith(DOUBTFUL) for name in names.values())
            shown = _shown(contribution, versions)
            yield _row(contribution, asked, names, shown)
            for kind, held in tables.items():
                if any(column.path in shown for column in held):
                    apart.add(kind, [shown.get(one.path, "") for one in held])
            files += lay_beside(path, store.media, contribution.attachments, names)
            count += 1

    beside = []
    with SortedRows(path.with_name(f".{path.name}.apart.part")) as apart:
        table.write(path, (*FIXED, *(one.heading for one in asked)), rows(apart))
        for kind, held in tables.items():
            beside.append(path.with_name(f"{path.stem}-{kind}{path.suffix}"))
            table.write(beside[-1], [one.heading for one in held], apart.of(kind))
    return Exported(
        id_,
        count,
        len(FIXED) + len(asked),
        files,
        tuple(beside),
        doubtful,
        len(aside),
        allows(Channel.HANDED_ON, promised_by(store, id_)),
    )


@dataclass(frozen=True)
class _Table:
    """How tables are written: one cell from the next, and whether formulas stay as they are."""

    separator: str
    exact: bool

    def write(self, path: Path, heading: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
        """Write a table; a file of that name is replaced once the new one is whole."""
        protect = (lambda text: text) if self.exact else protected
        part = path.with_name(f".{path.name}.part")
        try:
            # Like the store, for this user alone, unless the file replaced was shown to others.
            rights = path.stat().st_mode & 0o777 if path.exists() else 0o600
            part.touch(mode=0o600)
            part.chmod(rights)
            with part.open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.writer(file, delimiter=self.separator, quoting=csv.QUOTE_ALL)
                writer.writerow([protect(name) for name in heading])
                for row in rows:
                    writer.writerow([protect(cell) for cell in row])
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def not_the_store(path: Path, store: Path) -> None:
    """Refuse to write a file over the store that it is made from.

    Raises:
        OverTheStore: it is.
    """
    if path.exists() and store.exists() and path.samefile(store):
        raise OverTheStore(f"{path} is the store itself: the file would replace it. Name another.")


def changed_since(store: DeskStore, path: Path, consultation: str) -> str:
    """What somebody would lose with a file that a table is to replace; "" where nothing.

    A table as export wrote it is made anew at will. One with a further column (themes, say), one
    that another program has saved since, and any other file hold somebody's work.

    Args:
        store: the desk's.
        path: of the file.
        consultation: its id.
    """
    with path.open("rb") as file:
        beginning = file.read(_LARGEST_HEADING).decode("utf-8-sig", errors="replace")
        file.seek(0)
        as_written = file.read(4) == '\ufeff"'.encode()
    first = io.StringIO(beginning, newline="")
    separator = max(",;\t", key=beginning.partition("\n")[0].count)
    heading = next(csv.reader(first, delimiter=separator), []) if beginning else []
    if not heading:
        return "" if not beginning else "no table of parvis-desk export"
    if tuple(heading[: len(FIXED)]) != FIXED:
        return "no table of parvis-desk export"
    names = {
        one.heading
        for one in columns(read_versions(store, consultation), store.paths(consultation), FIXED)
    }
    more = [
        one
        for one in map(unprotected, heading[len(FIXED) :])
        if one not in names and one.rpartition(" (")[2].removesuffix(")") not in names
    ]
    if more:
        return "a table with columns that export did not write: " + ", ".join(more)
    return "" if as_written else "a table that another program has saved since"


def protected(text: str) -> str:
    """A text that no spreadsheet program runs as a formula."""
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def unprotected(cell: str) -> str:
    """What `protected` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _shown(contribution: DeskContribution, versions: Versions | None) -> Mapping[str, str]:
    """Every field as the table shows it, by the version of the form that it was given to."""
    if versions is None:
        return dict(contribution.fields)
    answered = versions.answered(contribution.form_hash, contribution.fields)
    return {path: versions.shown(answered, path, value) for path, value in contribution.fields}


def _row(
    contribution: DeskContribution,
    asked: tuple[Column, ...],
    names: Mapping[str, str],
    shown: Mapping[str, str],
) -> Iterator[str]:
    read_back = contribution.read_back
    yield contribution.id
    yield contribution.received
    yield contribution.mode
    yield contribution.language
    yield contribution.help
    yield "" if read_back is None else "yes" if read_back else "no"
    yield contribution.form_version
    values = dict(contribution.fields)
    for column in asked:
        yield names.get(values.get(column.path, "")) or shown.get(column.path, "")


def read_versions(store: DeskStore, consultation: str) -> tuple[Form, ...]:
    """The form of every version of a consultation, the newest first."""
    return tuple(
        read_form(one.form, media=one.media)
        for one in store.consultations()
        if one.id == consultation
    )


def chosen(store: DeskStore, wanted: str) -> str:
    """The id of the consultation that is meant: the one named, or the only one there is.

    Raises:
        NothingToExport: there is none, or several and none was named.
    """
    known = {one.id: one.title_in("fr") for one in reversed(store.consultations())}
    if wanted in known:
        return wanted
    listed = "; ".join(f"{id_} “{title}”" for id_, title in known.items())
    if not known:
        raise NothingToExport("The store holds no consultation yet. Pull first.")
    if wanted:
        raise NothingToExport(f"The store holds no consultation {wanted}. It holds: {listed}.")
    if len(known) > 1:
        raise NothingToExport(f"Say which one, by --consultation ID. The store holds: {listed}.")
    return next(iter(known))
