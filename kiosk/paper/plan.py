"""What is to become of each row of a table: sealed, passed over, or asked about first.

A row is known by what it says, whatever stands before it. Where one that was sealed is not in the
table any more, and another stands in its place, it may be the same sheet, corrected: it is named,
and sealed only where the typist says that it is a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import pairwise

from kiosk.paper.kept import KeptRows, Note
from kiosk.paper.tables import Row


class Fate(Enum):
    """What becomes of a row."""

    SEAL = auto()
    KEPT = auto()  # sealed before, and passed over
    TAKEN = auto()  # its sheet was sealed before, from another table
    CHANGED = auto()  # where it stands, another row was sealed
    TWICE = auto()  # its sheet stands further up in this table


@dataclass(frozen=True)
class Planned:
    """One row, and what is to become of it.

    Attributes:
        row: as typed.
        note: as it is noted beside the table.
        fate: what becomes of it.
        other: the line on which its sheet stands, too.
    """

    row: Row
    note: Note
    fate: Fate
    other: int = 0


@dataclass(frozen=True)
class Plan:
    """What is to become of a table.

    Attributes:
        rows: all of its rows, in order.
        notes: what has to stand in the note before the first of them is sealed.
    """

    rows: tuple[Planned, ...]
    notes: tuple[Note, ...]


def plan(
    rows: Sequence[Row],
    fresh: Sequence[Note],
    kept: KeptRows,
    sealed: Callable[[Collection[str]], frozenset[str]],
    *,
    as_new: bool = False,
) -> Plan:
    """Decide on every row.

    Args:
        rows: the table's.
        fresh: the same, as they are noted.
        kept: what was noted before.
        sealed: of some origins, those that the device has sealed.
        as_new: whether a row at a taken place is a new one.
    """
    noted = {(one.row, one.nth): one for one in kept.notes}
    known = [noted.get((one.row, one.nth)) for one in fresh]
    notes = [before or one for one, before in zip(fresh, known, strict=True)]
    origins = [kept.origin(one) for one in (*notes, *kept.notes)]
    done = sealed(origins)
    here = {(one.row, one.nth) for one in fresh}
    gone = [
        one for one in kept.notes if (one.row, one.nth) not in here and kept.origin(one) in done
    ]
    changed = _at_taken_places(notes, known, kept.notes, gone)
    noted_sheets = {one.sheet for one in kept.notes if one.sheet}
    planned: list[Planned] = []
    lines: dict[str, int] = {}
    for index, (row, note) in enumerate(zip(rows, notes, strict=True)):
        fate, other = Fate.SEAL, lines.get(note.sheet, 0)
        if kept.origin(note) in done and (known[index] or not note.sheet):
            fate = Fate.KEPT
        elif other and not note.as_new:
            fate = Fate.TWICE
        elif kept.origin(note) in done:
            fate = Fate.CHANGED if note.sheet in noted_sheets else Fate.TAKEN
        elif index in changed:
            fate = Fate.CHANGED
        if as_new and fate in (Fate.TWICE, Fate.CHANGED, Fate.TAKEN):
            fate, note = Fate.SEAL, replace(note, as_new=bool(note.sheet))
        if note.sheet:
            lines.setdefault(note.sheet, row.line)
        planned.append(Planned(row, note, fate, other))
    stay = [one.note for one in planned if one.fate in (Fate.SEAL, Fate.KEPT)]
    return Plan(tuple(planned), tuple(_with_those_gone(stay, kept.notes, gone)))


def _at_taken_places(
    notes: Sequence[Note],
    known: Sequence[Note | None],
    before: Sequence[Note],
    gone: Sequence[Note],
) -> frozenset[int]:
    """Rows without a sheet's number that stand where a sealed one stood that is gone.

    Between the same two neighbours as that one; or anywhere, where rows were put in another order,
    too. What was written behind the end of the table is new.
    """
    places = {(one.row, one.nth): place for place, one in enumerate(before)}
    missing = [places[one.row, one.nth] for one in gone if not one.sheet]
    if not missing:
        return frozenset()
    at = [None if one is None else places[one.row, one.nth] for one in known]
    there = [place for place in at if place is not None]
    in_order = all(one < two for one, two in pairwise(there))
    found = set()
    after: list[int] = []  # by row, where the next known one stood
    following = len(before)
    for place in reversed(at):
        following = following if place is None else place
        after.append(following)
    after.reverse()
    previous = -1
    for index, place in enumerate(at):
        if place is not None:
            previous = place
        elif not notes[index].sheet and index < len(before):
            between = any(previous < one < after[index] for one in missing)
            if between or not in_order:
                found.add(index)
    return frozenset(found)


def _with_those_gone(
    stay: Sequence[Note], before: Sequence[Note], gone: Sequence[Note]
) -> list[Note]:
    """The rows to be noted, with the sealed ones that are gone where they stood."""
    lost = {(one.row, one.nth) for one in gone}
    behind: dict[tuple[str, int] | None, list[Note]] = {}
    last: tuple[str, int] | None = None
    present = {(one.row, one.nth) for one in stay}
    for one in before:
        key = (one.row, one.nth)
        if key in lost:
            behind.setdefault(last, []).append(one)
        elif key in present:
            last = key
    found = list(behind.get(None, ()))
    for one in stay:
        found += [one, *behind.get((one.row, one.nth), ())]
    return found
