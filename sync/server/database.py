"""The database under the server: one SQLite file (here), or PostgreSQL (`postgresql`).

Embedded default: one SQLite file in WAL mode with `synchronous=FULL`, one connection, used by one
thread at a time.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.pool import StaticPool

from sync.errors import SyncError
from sync.server.copying import copy_sqlite_file
from sync.server.files import DataDirectory
from sync.server.locks import Rank, holding

_BUSY_MILLISECONDS = 10_000
_TRIES = 4

_Result = TypeVar("_Result")


class UnusableStore(SyncError):
    """The server's database cannot be used."""

    sentence = "The server's database cannot be used now. `parvis-server doctor` says more."


class Unreachable(UnusableStore):
    """The database server does not answer, or does not let this server in."""


class Database(Protocol):
    """Transactions, and what else differs from one database to another."""

    shared: bool
    """Whether several server processes may work on it at once."""

    def reading(self) -> contextlib.AbstractContextManager[Connection]:
        """A connection that only looks.

        Raises:
            UnusableStore: the database cannot be used.
        """

    def writing(self) -> contextlib.AbstractContextManager[Connection]:
        """A transaction that changes something, durable when it ends.

        Raises:
            UnusableStore: the database cannot be used; nothing was changed, as far as is known.
            IntegrityError: a key is there already; nothing was changed.
        """

    def writing_together(self) -> contextlib.AbstractContextManager[None]:
        """One transaction for all that this thread reads and writes until it ends.

        Each `writing` in it is a savepoint: one that fails takes nothing else with it. Nothing is
        durable before this ends.

        Raises:
            UnusableStore: the database cannot be used; nothing was changed, as far as is known.
        """

    def looking_together(self) -> contextlib.AbstractContextManager[None]:
        """One connection for all that this thread reads until it ends; it must not write."""

    def preparing(self) -> contextlib.AbstractContextManager[Connection]:
        """The same, for one process at a time alone: to make tables, or to change them."""

    def publishing(self, consultation: str) -> contextlib.AbstractContextManager[None]:
        """Be the only one, of all threads and processes, that publishes a register.

        Raises:
            UnusableStore: it cannot be said, or another one takes too long.
        """

    def alone(self, rank: Rank, what: str = "") -> contextlib.AbstractContextManager[None]:
        """Be the only one, of all threads and processes, that does something.

        Args:
            rank: what, and its place in the order of locks.
            what: to which consultation, where it matters.

        Raises:
            UnusableStore: it cannot be said, or another one takes too long.
        """

    def add_records(
        self, db: Connection, consultation: str, batch: int, records: Sequence[tuple[bytes, bytes]]
    ) -> int:
        """Enter records (id and fingerprint, no id twice) that are not there yet.

        Returns:
            How many of them were not.
        """

    def forget(self, table: str) -> None:
        """Leave nothing on the disk of what was deleted from a table, as far as it can.

        Raises:
            UnusableStore: the database cannot be used.
        """

    def copy_to(self, path: Path) -> None:
        """Write all of it, as it is at one moment, into a new SQLite file, durably."""

    def try_room(self) -> None:
        """Try whether the database's own disk takes anything, where it is not this machine's.

        Raises:
            UnusableStore: it does not.
        """

    def lineage(self) -> str:
        """Which line of history the database is in: another one where a standby took over.

        Raises:
            UnusableStore: it cannot be said now.
        """

    def integrity(self) -> tuple[str, ...]:
        """What is wrong with the database as far as it knows; empty where it is sound."""

    def version(self) -> str:
        """Which programme and version it is."""

    def close(self) -> None:
        """Let go of it."""


def settled(transaction: Callable[[], _Result]) -> _Result:
    """What a transaction comes to that others may do at the same moment.

    Where several entered the same, one did, and the others find now what that one left.

    Args:
        transaction: done again from its beginning; nothing is left of a try that failed.

    Raises:
        UnusableStore: others are always first.
    """
    for _ in range(_TRIES):
        try:
            return transaction()
        except IntegrityError:
            continue
    raise UnusableStore()


class Together(NamedTuple):
    """What a thread does in one go.

    Attributes:
        db: on this connection.
        writing: whether it changes something.
    """

    db: Connection
    writing: bool


class SqliteDatabase:
    """The SQLite file of a data directory; safe to use from several threads, which take turns.

    Args:
        files: the data directory.
        address: `file:…`, where it is only looked at: then nothing is made or changed.
    """

    shared = False

    def __init__(self, files: DataDirectory, address: str = "") -> None:
        self._files = files
        self._shares = not address  # the file, with other commands
        self._turn = threading.RLock()
        self._publishing = threading.Lock()
        self._connection: Connection | None = None
        self._together: Together | None = None  # of the thread that has the turn
        if not address:
            files.touch_database()
        where = address or files.database
        self._engine = create_engine(
            "sqlite://",
            poolclass=StaticPool,  # one connection, ever
            creator=lambda: sqlite3.connect(where, check_same_thread=False, uri=bool(address)),
        )
        event.listen(self._engine, "connect", _prepare_to_look if address else _prepare)
        event.listen(self._engine, "begin", _begin)

    def close(self) -> None:
        """Let go of it; the write-ahead log goes into the file."""
        with self._having_the_turn(), self._files.writing():
            self.abandon()

    def abandon(self) -> None:
        """Let go of it as a process does that is killed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """As `Database.writing`."""
        with self._having_the_turn():
            if self._together is None:
                with self._transaction(writing=True) as db:
                    yield db
            elif self._together.writing:
                with self._together.db.begin_nested():
                    yield self._together.db
            else:
                raise AssertionError("who only looks does not write")

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """As `Database.reading`."""
        with self._having_the_turn():
            if self._together is None:
                with self._transaction(writing=False) as db:
                    yield db
            else:
                yield self._together.db

    @contextlib.contextmanager
    def writing_together(self) -> Iterator[None]:
        """As `Database.writing_together`."""
        with self._having_the_turn(), self._transaction(writing=True) as db:
            self._together = Together(db, writing=True)
            try:
                yield
            finally:
                self._together = None

    @contextlib.contextmanager
    def looking_together(self) -> Iterator[None]:
        """As `Database.looking_together`."""
        with self._having_the_turn(), self._transaction(writing=False) as db:
            self._together = Together(db, writing=False)
            try:
                yield
            finally:
                self._together = None

    def _having_the_turn(self) -> contextlib.AbstractContextManager[None]:
        return holding(Rank.DATABASE, self._turn, again=self._together is not None)

    @contextlib.contextmanager
    def _transaction(self, *, writing: bool) -> Iterator[Connection]:
        """A transaction of whoever has the turn."""
        try:
            held = self._files.writing() if writing and self._shares else contextlib.nullcontext()
            with held, self._begun() as db:
                yield db
        except IntegrityError:
            raise
        except DatabaseError as error:
            raise UnusableStore(_in_words(error)) from error
        except UnicodeDecodeError as error:
            raise UnusableStore(_DAMAGED_TEXT) from error

    def preparing(self) -> contextlib.AbstractContextManager[Connection]:
        """As `Database.preparing`."""
        return self.writing()

    @contextlib.contextmanager
    def _begun(self) -> Iterator[Connection]:
        """A transaction on the one connection, which stays open: half a dozen for each batch."""
        if self._connection is None:
            self._connection = self._engine.connect()
        with self._connection.begin():
            yield self._connection

    @contextlib.contextmanager
    def publishing(self, consultation: str) -> Iterator[None]:
        """As `Database.publishing`; among processes, only the one that serves publishes."""
        with holding(Rank.PUBLISHING, self._publishing):
            yield

    @contextlib.contextmanager
    def alone(self, rank: Rank, what: str = "") -> Iterator[None]:
        """As `Database.alone`; one at a time, whatever it is done to."""
        with self._files.alone(rank):
            yield

    def add_records(
        self, db: Connection, consultation: str, batch: int, records: Sequence[tuple[bytes, bytes]]
    ) -> int:
        """As `Database.add_records`."""
        # The driver's own executemany: 500 rows in a quarter of the time that Core takes.
        added = db.exec_driver_sql(
            "INSERT INTO records (consultation, id, fingerprint, batch) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            # In their order, neighbours lie on the same page.
            [(consultation, id_, fingerprint, batch) for id_, fingerprint in sorted(records)],
        )
        return added.rowcount

    def forget(self, table: str) -> None:
        """As `Database.forget`: pages are overwritten already, and the log is emptied."""
        try:
            with self._having_the_turn(), self._files.writing():
                connection = self._engine.raw_connection()
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except (DatabaseError, sqlite3.DatabaseError) as error:
            raise UnusableStore(f"{UnusableStore.sentence} (SQLite says: {error}.)") from error

    def copy_to(self, path: Path) -> None:
        """As `Database.copy_to`; writers wait meanwhile."""
        with self.writing() as db:
            connection = db.connection.driver_connection
            assert isinstance(connection, sqlite3.Connection)
            copy_sqlite_file(connection, path)

    def try_room(self) -> None:
        """As `Database.try_room`: its file lies in the data directory."""

    def lineage(self) -> str:
        """As `Database.lineage`: a file has but one."""
        return ""

    def integrity(self) -> tuple[str, ...]:
        """As `Database.integrity`."""
        with self.reading() as db:
            try:
                said = db.execute(text("PRAGMA integrity_check")).scalars().all()
            except DatabaseError as error:
                return (str(error.orig),)
        return tuple(line for line in said if line != "ok")

    def version(self) -> str:
        """As `Database.version`."""
        return f"SQLite {sqlite3.sqlite_version}"


_DAMAGED_TEXT = (
    "The server's database is damaged: a text in it is none. Stop the server, keep the directory "
    "as it is, and restore the last backup beside it."
)


def _prepare_to_look(connection: object, _record: object) -> None:
    """Settings where nothing is changed."""
    connection.isolation_level = None  # type: ignore[attr-defined]  # _begin says BEGIN itself
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA trusted_schema=OFF")
    cursor.close()


def _prepare(connection: object, _record: object) -> None:
    """Settings of the one connection."""
    connection.isolation_level = None  # type: ignore[attr-defined]  # _begin says BEGIN itself
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in (
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
        "secure_delete=ON",  # what was published of a contribution that is erased
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(db: Connection) -> None:
    db.exec_driver_sql("BEGIN")


def _in_words(error: DatabaseError) -> str:
    return f"{UnusableStore.sentence} (SQLite says: {error.orig}.)"
