"""PostgreSQL under the server: many processes on one database.

What is acknowledged is durable: a session never runs with `synchronous_commit` off, whatever the
server's own configuration. Stores of one consultation take turns (`numbering` holds its row), those
of different ones do not. The one that publishes a register holds an advisory lock, which ends with
its connection, so that a killed process leaves none behind.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from sync.errors import SyncError
from sync.server.copying import new_sqlite_file
from sync.server.database import Together, Unreachable, UnusableStore
from sync.server.locks import Rank, holding, in_order

_CONNECTIONS = 5  # of one process: who serves, who publishes; the others wait for a moment
_LOCKS = 3  # further ones, that only hold a lock: one of each kind that `alone` is asked for
_CONNECT_SECONDS = 5
_LOCK_MILLISECONDS = 20_000
_NAMES = {rank: f"parvis {rank.name.lower()}".encode() for rank in Rank}
_NAMES[Rank.PUBLISHING] = b"parvis register"  # as former versions, which may run beside this one
_PREPARING = int.from_bytes(b"parvis", "big")  # the key of an advisory lock
_SORT = text(  # some 2 MB
    "SELECT max(place) FROM (SELECT row_number() OVER (ORDER BY md5(one::text)) AS place "
    "FROM generate_series(1, 20000) AS one) AS sorted"
)
_LOG_FILE = text("SELECT pg_walfile_name(pg_current_wal_lsn())")
_ADD = text(
    "INSERT INTO records (consultation, id, fingerprint, batch) "
    "SELECT :consultation, one.id, one.fingerprint, :batch "
    "FROM unnest(CAST(:ids AS bytea[]), CAST(:fingerprints AS bytea[])) AS one (id, fingerprint) "
    "ON CONFLICT DO NOTHING"
)


class BadDatabaseAddress(SyncError):
    """The address of the database cannot be read."""

    sentence = (
        "The database is named like this: --database postgresql://user@host:5432/parvis . "
        "Without --database, the server keeps everything in its data directory."
    )


class PostgresDatabase:
    """One PostgreSQL database.

    Args:
        address: `postgresql://…`, as libpq takes it; what it leaves out comes from the environment
            (PGPASSWORD, PGSSLMODE and so on) and from the user's password file.

    Raises:
        BadDatabaseAddress: `address` is none.
    """

    shared = True

    def __init__(self, address: str) -> None:
        try:
            url = make_url(address)
        except ArgumentError:
            raise BadDatabaseAddress() from None
        if url.drivername not in ("postgresql", "postgres"):
            raise BadDatabaseAddress()
        self._where = f"{url.host or url.query.get('host') or 'this machine'}, {url.database}"
        self._engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            poolclass=QueuePool,
            pool_size=_CONNECTIONS,
            max_overflow=0,
            pool_pre_ping=True,  # a database that was restarted costs nobody an error
            connect_args={"connect_timeout": _CONNECT_SECONDS},
        )
        event.listen(self._engine, "connect", _prepare)
        # Of their own: who holds a lock needs a second connection to do what it is held for, and
        # must not wait for it behind those who wait for that lock.
        self._locks = create_engine(
            self._engine.url,
            poolclass=QueuePool,
            pool_size=_LOCKS,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_SECONDS},
        )
        event.listen(self._locks, "connect", _prepare)
        self._alone = {rank: threading.Lock() for rank in Rank}
        self._threads = threading.local()
        self._looking = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    def close(self) -> None:
        """Let go of it."""
        self._engine.dispose()
        self._locks.dispose()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """As `Database.writing`."""
        together = self._together
        if together is None:
            with in_order(Rank.DATABASE), self._in_words(), self._engine.begin() as db:
                yield db
        elif together.writing:
            with self._in_words(), together.db.begin_nested():
                yield together.db
        else:
            raise AssertionError("who only looks does not write")

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """As `Database.reading`; each statement sees what is committed by then."""
        together = self._together
        if together is None:
            with in_order(Rank.DATABASE), self._in_words(), self._looking.connect() as db:
                yield db
        else:
            with self._in_words():
                yield together.db

    @contextlib.contextmanager
    def writing_together(self) -> Iterator[None]:
        """As `Database.writing_together`."""
        with self.writing() as db, self._all_on(Together(db, writing=True)):
            yield

    @contextlib.contextmanager
    def looking_together(self) -> Iterator[None]:
        """As `Database.looking_together`."""
        with self.reading() as db, self._all_on(Together(db, writing=False)):
            yield

    @property
    def _together(self) -> Together | None:
        """What this thread does in one go, if it does."""
        return getattr(self._threads, "together", None)

    @contextlib.contextmanager
    def _all_on(self, together: Together) -> Iterator[None]:
        self._threads.together = together
        try:
            yield
        finally:
            self._threads.together = None

    @contextlib.contextmanager
    def preparing(self) -> Iterator[Connection]:
        """As `Database.preparing`."""
        with self.writing() as db:
            db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PREPARING})
            yield db

    def publishing(self, consultation: str) -> contextlib.AbstractContextManager[None]:
        """As `Database.publishing`."""
        return self.alone(Rank.PUBLISHING, consultation)

    @contextlib.contextmanager
    def alone(self, rank: Rank, what: str = "") -> Iterator[None]:
        """As `Database.alone`: an advisory lock, of one thread of this process at a time."""
        hashed = hashlib.sha256(b"%s %s" % (_NAMES[rank], what.encode())).digest()
        key = int.from_bytes(hashed[:8], "big", signed=True)
        with holding(rank, self._alone[rank]), self._in_words(), self._locks.begin() as db:
            db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
            yield

    def add_records(
        self, db: Connection, consultation: str, batch: int, records: Sequence[tuple[bytes, bytes]]
    ) -> int:
        """As `Database.add_records`."""
        given = {
            "consultation": consultation,
            "batch": batch,
            "ids": [id_ for id_, _ in records],
            "fingerprints": [fingerprint for _, fingerprint in records],
        }
        return db.execute(_ADD, given).rowcount

    def forget(self, table: str) -> None:
        """As `Database.forget`: the table is written anew; the server's own log goes in time."""
        with self.reading() as db:
            db.exec_driver_sql(f'VACUUM FULL "{table}"')

    def copy_to(self, path: Path) -> None:
        """As `Database.copy_to`; nobody waits meanwhile."""
        steady = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with in_order(Rank.DATABASE), self._in_words(), steady.begin() as db:
            new_sqlite_file(path, db)

    def try_room(self) -> None:
        """As `Database.try_room`: a sort that does not fit into memory goes over the disk.

        A write that changes nothing does not tell: it finds room in what the log has allotted.
        """
        with self.writing() as db:
            db.execute(text("SET LOCAL work_mem = '64kB'"))
            db.execute(_SORT).all()

    def lineage(self) -> str:
        """As `Database.lineage`: the timeline, by the name of the file of the log."""
        with self.reading() as db:
            name: str = db.execute(_LOG_FILE).scalar_one()
        return name[:8]

    def integrity(self) -> tuple[str, ...]:
        """As `Database.integrity`: settings with which a power cut would cost what was stored."""
        with self.reading() as db:
            off = [
                name
                for name in ("fsync", "full_page_writes")
                if db.execute(text(f"SHOW {name}")).scalar_one() == "off"
            ]
        return tuple(
            f"PostgreSQL runs with {name} off, so that a power cut can damage it: set it on"
            for name in off
        )

    def version(self) -> str:
        """As `Database.version`."""
        with self.reading() as db:
            return f"PostgreSQL {db.execute(text('SHOW server_version')).scalar_one()}"

    @contextlib.contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            said = " ".join(str(error.orig).split())
            if error.connection_invalidated or not error.statement:
                raise Unreachable(
                    f"The database ({self._where}) cannot be reached now: start it, or correct "
                    f"--database. (PostgreSQL says: {said}.)"
                ) from error
            raise UnusableStore(f"{UnusableStore.sentence} (PostgreSQL says: {said}.)") from error
        except SQLAlchemyError as error:  # no connection became free in time
            raise UnusableStore(f"{UnusableStore.sentence} ({error}.)") from error


def _prepare(connection: object, _record: object) -> None:
    """Settings of each connection."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    if cursor.execute("SHOW synchronous_commit").fetchone() == ("off",):
        cursor.execute("SET synchronous_commit = on")
    cursor.execute(f"SET lock_timeout = {_LOCK_MILLISECONDS}")
    cursor.execute("SET timezone = 'UTC'")
    connection.commit()  # type: ignore[attr-defined]
    cursor.close()
