"""Bring data that an older parvis-server wrote to the schema of this one; nothing is lost.

Tables that are new are made empty by `Store` before; each step here fills them, and moves the
version on, in one transaction with all the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select, update

from sync import batch
from sync.errors import SyncError
from sync.server import schema
from sync.server.files import DataDirectory
from sync.server.register import enter


def migrate(db: Connection, files: DataDirectory, found: int) -> None:
    """Go from version `found` to this one, step by step.

    Raises:
        SyncError: the data cannot be read; nothing was changed.
    """
    for version in range(found, schema.VERSION):
        _STEPS[version](db, files)
        db.execute(update(schema.schema_version).values(version=version + 1))


def _fill_registers(db: Connection, files: DataDirectory) -> None:
    """1 → 2: every contribution stored so far enters its register, in the order of the batches."""
    batches, records, devices = schema.batches.c, schema.records.c, schema.devices.c
    query = (
        select(batches.number, batches.name, batches.consultation, devices.public_key)
        .join(schema.devices, devices.key_id == batches.device_key_id)
        .order_by(batches.number)
    )
    for row in db.execute(query).all():
        stored = set(
            db.execute(select(records.id).where(records.batch == row.number)).scalars().all()
        )
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


def _nothing_more(_db: Connection, _files: DataDirectory) -> None:
    """2 → 3: a table for attachments, empty until the first comes."""


_STEPS: Mapping[int, Callable[[Connection, DataDirectory], None]] = {
    1: _fill_registers,
    2: _nothing_more,
}
