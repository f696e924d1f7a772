"""Batches of a consultation are numbered in the order in which they are committed.

One row for each consultation holds the last number given. Whoever stores a batch takes that row
first and keeps it until the commit: so numbers rise in the order of commits (a desk that has seen
number 7 never misses a 6 that came later), and the entries of its register follow each other
without a gap, however many processes store at once.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, text

from sync.server import schema

_BEGIN = text(
    "INSERT INTO numbering (consultation, batch) VALUES (:consultation, 0) ON CONFLICT DO NOTHING"
)


_NEXT = text(
    "UPDATE numbering SET batch = batch + 1 WHERE consultation = :consultation RETURNING batch"
)


def next_batch(db: Connection, consultation: str) -> int:
    """The number of the batch that this transaction stores; others of its consultation wait."""
    here = {"consultation": consultation}
    number = db.execute(_NEXT, here).scalar_one_or_none()
    if number is None:
        db.execute(_BEGIN, here)
        number = db.execute(_NEXT, here).scalar_one()
    return int(number)


def hold(db: Connection, consultation: str) -> None:
    """Let nobody else add to this consultation until this transaction ends."""
    db.execute(_BEGIN, {"consultation": consultation})
    table = schema.numbering.c
    db.execute(
        select(table.batch).where(table.consultation == consultation).with_for_update()
    ).scalar_one()
