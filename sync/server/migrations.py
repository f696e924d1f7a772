"""Make the tables, or bring what an older parvis-server wrote to this one's; nothing is lost.

All in one transaction: first the tables get their present shape, version by version; then those
that are new are made; then they are filled from what is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, insert, inspect, select, text, update

from sync import batch
from sync.errors import SyncError
from sync.server import schema
from sync.server.database import UnusableStore
from sync.server.files import DataDirectory
from sync.server.register import enter

_KEYED_BY_CONSULTATION = ("batches", "records", "quarantine", "register")


class NewerStore(UnusableStore):
    """A newer parvis-server wrote the data."""

    sentence = "This data was written by a newer parvis-server. Update it."


def prepare(db: Connection, files: DataDirectory) -> None:
    """Make the database ready for this parvis-server.

    Raises:
        NewerStore: a newer parvis-server wrote it.
        SyncError: what is stored cannot be read; nothing was changed.
    """
    found = None
    if inspect(db).has_table(schema.schema_version.name):
        found = db.execute(select(schema.schema_version.c.version)).scalar()
    if found is None:
        schema.tables.create_all(db)
        db.execute(insert(schema.schema_version), {"version": schema.VERSION})
        return
    if found > schema.VERSION:
        raise NewerStore()
    if found < schema.VERSION:
        for version in range(found + 1, schema.VERSION + 1):
            _RESHAPE.get(version, _nothing)(db)
        schema.tables.create_all(db)
        for version in range(found + 1, schema.VERSION + 1):
            _FILL.get(version, _nothing_more)(db, files)
        db.execute(update(schema.schema_version).values(version=schema.VERSION))


def _key_by_consultation(db: Connection) -> None:
    """3 → 4: every key begins with the consultation, and each counts its own batches."""
    (newest,) = db.execute(text("SELECT coalesce(max(number), 0) FROM batches")).one()
    given = db.execute(text("SELECT seq FROM sqlite_sequence WHERE name = 'batches'")).scalar()
    db.execute(text("DROP INDEX batches_by_consultation"))
    there = [name for name in _KEYED_BY_CONSULTATION if inspect(db).has_table(name)]
    for name in there:
        db.execute(text(f"ALTER TABLE {name} RENAME TO former_{name}"))
    made = [schema.tables.tables[name] for name in ("numbering", *there)]
    schema.tables.create_all(db, tables=made)
    had = {
        name: {one["name"] for one in inspect(db).get_columns(f"former_{name}")} for name in there
    }
    columns = {
        name: [
            column.name
            for column in schema.tables.tables[name].c
            if column.name in {*had[name], "consultation"}  # not what later versions added
        ]
        for name in there
    }
    for name in there:
        listed = ", ".join(columns[name])
        values = listed
        source = f"former_{name}"
        if name == "quarantine":
            values = ", ".join(f"former_quarantine.{one}" for one in columns[name][1:])
            values = f"former_batches.consultation, {values}"
            source += " JOIN former_batches ON former_batches.number = former_quarantine.batch"
        db.execute(text(f"INSERT INTO {name} ({listed}) SELECT {values} FROM {source}"))  # noqa: S608
    for name in reversed(there):
        db.execute(text(f"DROP TABLE former_{name}"))
    db.execute(
        text("INSERT INTO numbering SELECT DISTINCT consultation, :last FROM batches"),
        {"last": max(newest, given or 0)},
    )


def _fill_registers(db: Connection, files: DataDirectory) -> None:
    """1 → 2: every contribution stored so far enters its register, in the order of the batches."""
    batches, records, devices = schema.batches.c, schema.records.c, schema.devices.c
    query = (
        select(batches.number, batches.name, batches.consultation, devices.public_key)
        .join(schema.devices, devices.key_id == batches.device_key_id)
        .order_by(batches.number)
    )
    for row in db.execute(query).all():
        here = (records.consultation == row.consultation) & (records.batch == row.number)
        stored = set(db.execute(select(records.id).where(here)).scalars().all())
        public = Ed25519PublicKey.from_public_bytes(row.public_key)
        try:
            read = batch.read(files.batch(row.name), public)
        except SyncError as error:
            raise SyncError(
                f"This data cannot be brought to the present version: batch {row.name} is missing "
                "or damaged. Restore it from a backup, and start again."
            ) from error
        commitments = [
            record.commitment
            for section in read.sections
            for record in section.records
            if record.id in stored
        ]
        enter(db, row.consultation, row.number, commitments)


def _own_and_lose(db: Connection) -> None:
    """6 → 7: an attachment belongs to a contribution, as far as is known; a batch may be lost."""
    for column in (schema.attachments.c.contribution, schema.batches.c.lost_at):
        table = column.table.name
        # The tables of some versions were just made as they are now.
        there = inspect(db).get_columns(table) if inspect(db).has_table(table) else []
        if there and column.name not in {one["name"] for one in there}:
            kind = column.type.compile(db.dialect)
            db.execute(text(f"ALTER TABLE {table} ADD COLUMN {column.name} {kind}"))


def _nothing(_db: Connection) -> None: ...


def _nothing_more(_db: Connection, _files: DataDirectory) -> None: ...


_RESHAPE: Mapping[int, Callable[[Connection], None]] = {
    4: _key_by_consultation,
    7: _own_and_lose,
}
_FILL: Mapping[int, Callable[[Connection, DataDirectory], None]] = {2: _fill_registers}
