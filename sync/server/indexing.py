"""Entering the records of a new batch: what became of each, and what is waited for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

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
    others = _announce(db, batch)
    waited = awaited(db, batch.consultation, [name for name, _ in enclosed])
    known, foreign = _enter(database, db, number, batch, others)
    verdicts: list[Verdict] = []
    commitments: list[bytes] = []
    for record in batch.records:
        if record.id in others:
            verdict = Verdict.OTHERS_FILE
        elif record.held_back is not None:
            verdict = record.held_back
        elif record.id not in known:
            verdict = Verdict.STORED
            known[record.id] = record.fingerprint  # again in the same batch, it is a duplicate
            if record.registered:
                commitments.append(record.commitment)
        elif known[record.id] == record.fingerprint:
            verdict = Verdict.OTHER_DEVICE if record.id in foreign else Verdict.DUPLICATE
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
    database: Database,
    db: Connection,
    number: int,
    batch: IncomingBatch,
    others: Collection[bytes],
) -> tuple[dict[bytes, bytes], frozenset[bytes]]:
    """Enter what is new, but for `others`.

    Returns:
        Id and fingerprint of what was there before; and which of it another device has brought.
    """
    first: dict[bytes, bytes] = {}
    for record in batch.records:
        if record.held_back is None and record.id not in others:
            first.setdefault(record.id, record.fingerprint)
    if not first:
        return {}, frozenset()
    added = database.add_records(db, batch.consultation, number, list(first.items()))
    if added == len(first):
        return {}, frozenset()
    table, batches, ids = schema.records.c, schema.batches.c, list(first)
    known: dict[bytes, bytes] = {}
    foreign: set[bytes] = set()
    for at in range(0, len(ids), _IDS_AT_ONCE):
        query = (
            select(table.id, table.fingerprint, batches.device_key_id)
            .join(
                schema.batches,
                (batches.consultation == table.consultation) & (batches.number == table.batch),
            )
            .where(
                table.consultation == batch.consultation,
                table.id.in_(ids[at : at + _IDS_AT_ONCE]),
                table.batch != number,
            )
        )
        for row in db.execute(query):
            known[row.id] = row.fingerprint
            if row.device_key_id != batch.device_key_id:
                foreign.add(row.id)
    return known, frozenset(foreign)


def _announce(db: Connection, batch: IncomingBatch) -> frozenset[bytes]:
    """Enter attachments that are to come, each as the first contribution's that names it.

    Its size is the largest that anybody names, until it is there: whoever names another one first
    keeps nobody from bringing it.

    Returns:
        The ids of those contributions that name one of another's.
    """
    named = [(name, size, one.id) for one in batch.records for name, size in one.attachments]
    if not named:
        return frozenset()
    table = schema.attachments
    known = _owners(db, batch.consultation, [name for name, _, _ in named])
    fresh: dict[str, dict[str, object]] = {}
    others: set[bytes] = set()
    for name, size, id_ in named:
        if name not in known:
            known[name] = (id_, size)
            fresh[name] = {
                "consultation": batch.consultation,
                "name": name,
                "size": size,
                "contribution": id_,
            }
            continue
        owner, largest = known[name]
        if owner is not None and owner != id_:
            others.add(id_)
        if size > largest:
            known[name] = (owner, size)
            if name in fresh:
                fresh[name]["size"] = size
                continue
            here = (table.c.consultation == batch.consultation) & (table.c.name == name)
            waited = here & table.c.arrived_at.is_(None)
            db.execute(update(table).where(waited).values(size=size))
    if fresh:
        db.execute(insert(table), list(fresh.values()))
    return frozenset(others)


def _owners(
    db: Connection, consultation: str, names: Sequence[str]
) -> dict[str, tuple[bytes | None, int]]:
    """Name → whose it is and its size, of those attachments that are known."""
    table = schema.attachments.c
    known: dict[str, tuple[bytes | None, int]] = {}
    for at in range(0, len(names), _IDS_AT_ONCE):
        query = select(table.name, table.contribution, table.size).where(
            table.consultation == consultation, table.name.in_(names[at : at + _IDS_AT_ONCE])
        )
        known.update({row.name: (row.contribution, row.size) for row in db.execute(query)})
    return known


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
