"""Entering the records of a new batch: what became of each, and what is waited for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from sync.acknowledgement import Verdict
from sync.server import schema
from sync.server.database import Database
from sync.server.stored import IncomingBatch

_IDS_AT_ONCE = 500


@dataclass(frozen=True)
class Indexed:
    """What became of a batch's records.

    Attributes:
        verdicts: one for each record.
        awaited: the attachments that have not come yet, by name.
        commitments: of those records that were not there before, and enter the register.
    """

    verdicts: tuple[Verdict, ...]
    awaited: tuple[str, ...]
    commitments: tuple[bytes, ...]


def index(database: Database, db: Connection, number: int, batch: IncomingBatch) -> Indexed:
    """Enter the records of a batch that comes to be stored under this number."""
    enclosed = [one for record in batch.records for one in record.attachments]
    _announce(db, batch.consultation, enclosed)
    waited = awaited(db, batch.consultation, [name for name, _ in enclosed])
    known = _enter(database, db, number, batch)
    verdicts: list[Verdict] = []
    commitments: list[bytes] = []
    for record in batch.records:
        if record.held_back is not None:
            verdict = record.held_back
        elif record.id not in known:
            verdict = Verdict.STORED
            known[record.id] = record.fingerprint  # again in the same batch, it is a duplicate
            if record.registered:
                commitments.append(record.commitment)
        elif known[record.id] == record.fingerprint:
            verdict = Verdict.DUPLICATE
        else:
            verdict = Verdict.OTHER_BYTES
        if waited and verdict.settled and any(name in waited for name, _ in record.attachments):
            verdict = Verdict.AWAITED
        verdicts.append(verdict)
    left = tuple(name for name, _ in enclosed if name in waited)
    return Indexed(tuple(verdicts), left, tuple(commitments))


def set_aside(db: Connection, number: int, batch: IncomingBatch, said: Indexed) -> None:
    """Write down which records are in quarantine; their bytes stay in the batch."""
    held_back = [
        {
            "consultation": batch.consultation,
            "batch": number,
            "position": position,
            "id": record.id,
            "fingerprint": record.fingerprint,
            "verdict": verdict.code,
        }
        for position, (record, verdict) in enumerate(zip(batch.records, said.verdicts, strict=True))
        if verdict.quarantined
    ]
    if held_back:
        db.execute(insert(schema.quarantine), held_back)


def awaited(db: Connection, consultation: str, names: Collection[str]) -> frozenset[str]:
    """Those of these attachments that are not there yet."""
    known = _attachments(db, consultation, names)
    return frozenset(name for name in names if not known.get(name, False))


def _enter(
    database: Database, db: Connection, number: int, batch: IncomingBatch
) -> dict[bytes, bytes]:
    """Enter what is new; returns id and fingerprint of what was there before."""
    first: dict[bytes, bytes] = {}
    for record in batch.records:
        if record.held_back is None:
            first.setdefault(record.id, record.fingerprint)
    if not first:
        return {}
    added = database.add_records(db, batch.consultation, number, list(first.items()))
    if added == len(first):
        return {}
    table, known, ids = schema.records.c, {}, list(first)
    for at in range(0, len(ids), _IDS_AT_ONCE):
        query = select(table.id, table.fingerprint).where(
            table.consultation == batch.consultation,
            table.id.in_(ids[at : at + _IDS_AT_ONCE]),
            table.batch != number,
        )
        known.update({row.id: row.fingerprint for row in db.execute(query)})
    return known


def _announce(db: Connection, consultation: str, enclosed: Sequence[tuple[str, int]]) -> None:
    """Enter attachments that are to come, where they are not known."""
    if not enclosed:
        return
    known = _attachments(db, consultation, [name for name, _ in enclosed])
    fresh = [
        {"consultation": consultation, "name": name, "size": size}
        for name, size in enclosed
        if name not in known
    ]
    if fresh:
        db.execute(insert(schema.attachments), fresh)


def _attachments(db: Connection, consultation: str, names: Collection[str]) -> dict[str, bool]:
    """Name → whether it is there, of those attachments that are known."""
    table, asked = schema.attachments.c, list(names)
    known: dict[str, bool] = {}
    for at in range(0, len(asked), _IDS_AT_ONCE):
        query = select(table.name, table.arrived_at).where(
            table.consultation == consultation, table.name.in_(asked[at : at + _IDS_AT_ONCE])
        )
        known.update({row.name: row.arrived_at is not None for row in db.execute(query)})
    return known
