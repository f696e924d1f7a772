"""A server's data as they are, for commands that only look: nothing is made, nothing is changed.

What an older parvis-server wrote is looked at in a copy that was brought to the present version;
in PostgreSQL, where none can be made, only once `parvis-server tables` has done so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import inspect, select

from sync.looking import looked_at, while_it_is_used
from sync.server import schema
from sync.server.blobs import Blobs, FolderBlobs, blobs_at
from sync.server.database import Database, SqliteDatabase, UnusableStore
from sync.server.files import DataDirectory
from sync.server.migrations import NewerStore
from sync.server.places import Places
from sync.server.register import missing
from sync.server.signed_registers import SignedRegisters
from sync.server.store import Store
from sync.server.stored import EnrolledDevice
from sync.server.stored_batches import StoredBatches
from sync.six_words import SixWords


class NoTables(UnusableStore):
    """The database holds nothing of a parvis-server."""

    sentence = (
        "There are no tables of a parvis-server in the database yet: make them with "
        "parvis-server tables."
    )


class OlderTables(UnusableStore):
    """The tables of a shared database are an older parvis-server's."""

    sentence = (
        "The tables are those of an older parvis-server. Bring them to this one's with "
        "parvis-server tables, then look again."
    )


class Looked:
    """A server's data, to look at.

    Attributes:
        files: the data directory.
        store: what its database holds.
    """

    def __init__(self, files: DataDirectory, store: Store) -> None:
        self.files = files
        self.store = store

    def damaged_registers(self) -> Iterator[str]:
        """The consultations whose public files are not what this server signed."""
        public = self._public()
        if public is not None:
            blobs = self.files.blobs.within("register")
            yield from SignedRegisters(blobs, public, self.store.reading).damaged()

    def damaged_batches(self) -> Iterator[str]:
        """The names of batches of the index that are not on disk, or not as they were."""
        public = self._public()
        if public is not None:
            yield from StoredBatches(self.store, public).damaged_batches()

    def erasures_undone(self) -> int:
        """How many orders to erase are not carried out."""
        public = self._public()
        return 0 if public is None else len(StoredBatches(self.store, public).undone())

    def left_over(self) -> Iterator[str]:
        """The names of files that hold something that was ordered to be erased."""
        public = self._public()
        if public is not None:
            yield from StoredBatches(self.store, public).left_over()

    def _public(self) -> Ed25519PublicKey | None:
        owner = self.store.owner()
        return None if owner is None else Ed25519PublicKey.from_public_bytes(owner)

    def missing(self) -> int:
        """How many contributions of the public registers are not here."""
        with self.store.reading() as db:
            return missing(db)

    def words(self, device: EnrolledDevice) -> SixWords | None:
        """The six words of a device's last enrolment; None where they are not known."""
        last, public = self.store.last_enrolment(device.key_id), self._public()
        if last is None or public is None:
            return None
        return SixWords.of(public, device.public_key, last.token_hash)


@contextlib.contextmanager
def looking(root: Path, places: Places) -> Iterator[Looked]:
    """A server's data as they are.

    Args:
        root: the data directory.
        places: where the rest lies.

    Raises:
        UnusableStore: the database cannot be looked at; `NewerStore` where it is a newer Parvis's.
    """
    files = DataDirectory(root, _blobs(places), made=False)
    with contextlib.ExitStack() as stack:
        if places.database is None:
            database = stack.enter_context(_sqlite(files))
        else:
            database = places.open_database(files)
            stack.callback(database.close)
            if _version(database) < schema.VERSION:
                raise OlderTables()
        yield Looked(files, Store(files, database, prepared=True))


def _blobs(places: Places) -> Blobs | None:
    if places.blobs is None:
        return None
    return blobs_at(places.blobs) if "://" in places.blobs else FolderBlobs(Path(places.blobs))


@contextlib.contextmanager
def _sqlite(files: DataDirectory) -> Iterator[Database]:
    """The SQLite file: beside the server that works on it, or as it lies there."""
    if not files.holds_database():
        raise NoTables()
    with contextlib.ExitStack() as stack:
        if files.is_served():
            database = SqliteDatabase(files, while_it_is_used(files.database))
            stack.callback(database.abandon)
            _version(database)
            yield database
            return
        # No command that writes is in the middle of it while it is copied.
        with files.nobody_writes():
            address = stack.enter_context(looked_at(files.database))
        database = SqliteDatabase(files, address)
        stack.callback(database.abandon)
        if _version(database) < schema.VERSION:
            with files.nobody_writes():
                address = stack.enter_context(looked_at(files.database, changed=True))
            database = SqliteDatabase(files, address)
            stack.callback(database.abandon)
            Store(files, database)  # brings the copy to the present version
        yield database


def _version(database: Database) -> int:
    """Which version of the tables it has.

    Raises:
        NoTables: it has none.
        NewerStore: a newer parvis-server's.
    """
    with database.reading() as db:
        version: int | None = None
        if inspect(db).has_table(schema.schema_version.name):
            version = db.execute(select(schema.schema_version.c.version)).scalar()
    if version is None:
        raise NoTables()
    if version > schema.VERSION:
        raise NewerStore()
    return version
