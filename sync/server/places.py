"""Where a server keeps what it stores: all in its data directory, or some of it elsewhere.

The data directory remembers what it was told once (`places.json`), so that a command that is typed
without `--database` or `--blobs` works on the same data as the server that runs.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from sync.durable import write_whole
from sync.errors import SyncError
from sync.server.blobs import Blobs, blobs_at
from sync.server.database import Database, SqliteDatabase
from sync.server.files import DataDirectory

_FILE = "places.json"


class TwoDatabases(SyncError):
    """The data directory has a database of its own, and another one is named."""

    sentence = (
        "This data directory has an SQLite database of its own. To go on with it in PostgreSQL: "
        "parvis-server backup, then parvis-server restore into a new directory with --database."
    )


class TwoStores(SyncError):
    """The data directory holds batches, and another place for them is named."""

    sentence = (
        "This data directory holds batches of its own. To go on with them elsewhere: "
        "parvis-server backup, then parvis-server restore into a new directory with --blobs."
    )


class BadPlaces(SyncError):
    """What the data directory remembers cannot be read."""

    sentence = (
        "places.json in the data directory cannot be read: delete it, and say --database and "
        "--blobs again, where you did before."
    )


@dataclass(frozen=True)
class Places:
    """The places.

    Attributes:
        database: `postgresql://…`; None for the SQLite file in the data directory.
        blobs: `s3://bucket/prefix` or a folder; None for the data directory itself.
    """

    database: str | None = None
    blobs: str | None = None

    @classmethod
    def of(cls, root: Path, database: str | None = None, blobs: str | None = None) -> Places:
        """Those that were named, or that the data directory remembers.

        Raises:
            TwoDatabases: a database is named, and the directory has one of its own.
            TwoStores: a store is named, and the directory has batches of its own.
            BadPlaces: what it remembers cannot be read.
        """
        known = cls.remembered(root)
        places = cls(database or known.database, blobs or known.blobs)
        if places.database is not None and _holds_database(root):
            raise TwoDatabases()
        if places.blobs is not None and any((root / "batches").glob("??/*")):
            raise TwoStores()
        return places

    @classmethod
    def remembered(cls, root: Path) -> Places:
        """What the data directory was told last.

        Raises:
            BadPlaces: it cannot be read.
        """
        try:
            said = json.loads((root / _FILE).read_text())
            places = cls(**said)  # a word that is none of these would mean another place
            if not all(isinstance(one, str) or one is None for one in said.values()):
                raise BadPlaces()
            return places
        except FileNotFoundError:
            return IN_THE_DIRECTORY
        except (ValueError, TypeError):
            raise BadPlaces() from None

    def remember(self, root: Path) -> None:
        """Write them down, for this user alone: an address may hold a password."""
        if self != self.remembered(root):
            content = json.dumps(asdict(self), indent=1)
            write_whole(root / _FILE, content.encode())

    def open_blobs(self) -> Blobs | None:
        """Where batches, attachments and registers lie; None for the data directory.

        Raises:
            BadBlobsAddress: the address is none.
            UnusableBlobs: the bucket cannot be used.
        """
        return None if self.blobs is None else blobs_at(self.blobs)

    def open_database(self, files: DataDirectory) -> Database:
        """The database.

        Raises:
            BadDatabaseAddress: the address is none.
        """
        if self.database is None:
            return SqliteDatabase(files)
        from sync.server.postgresql import PostgresDatabase  # loaded only where it is used

        return PostgresDatabase(self.database)


def _holds_database(root: Path) -> bool:
    file = root / "parvis.sqlite"
    return file.exists() and file.stat().st_size > 0


IN_THE_DIRECTORY = Places()
