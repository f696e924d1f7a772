"""The outbox: sealed contributions that wait on the device until the server has acknowledged them.

    waiting ──next_batch──▶ sent ──release──▶ released      (its ciphertext is deleted)
                              │ └──release──▶ quarantined   (the server says why)
                              └────refuse───▶ sent, in half the batch; alone: quarantined

Only ciphertext is here; that of attachments lies in files beside the database, named by it
(`sync.stream_folder`). Every method is one transaction, durable when it returns (SQLite,
synchronous=FULL). One connection, shared by all threads under a lock: SQLite before 3.51.3 can
damage a write-ahead log that several connections write to.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlite_utils import Database

from sync import acknowledgement, batch
from sync.batch import MOST_ENCLOSED, NO_BATCH, Enclosed, Moment, Section
from sync.envelope import Record, Sealed, SessionHeader
from sync.errors import (
    DamagedOutbox,
    ForgedAcknowledgement,
    NotEnrolled,
    NotKept,
    StorageFailed,
    UnknownBatch,
)
from sync.stream_folder import StreamFolder

USUAL_BATCH = 500
"""Records in a batch, unless asked otherwise."""

_FULLEST_BATCH = 4 << 20  # bytes of ciphertext after which a batch takes no more
_SCHEMA = 2


class State(Enum):
    """Where a contribution stands on this device."""

    WAITING = "waiting"
    SENT = "sent"
    RELEASED = "released"
    QUARANTINED = "quarantined"


@dataclass(frozen=True)
class Counts:
    """How many contributions stand where; together, all that were ever confirmed here."""

    waiting: int = 0
    sent: int = 0
    released: int = 0
    quarantined: int = 0


@dataclass(frozen=True)
class Outgoing:
    """A batch to be sent, and to be sent again in these very bytes until it is acknowledged.

    Attributes:
        name: SHA-256 of the bytes, in hexadecimal.
        consultation: whose records it holds.
        records: how many.
        data: the file.
    """

    name: str
    consultation: str
    records: int
    data: bytes


@dataclass(frozen=True)
class Quarantined:
    """A contribution that somebody has to look at.

    Attributes:
        id: the contribution's, 16 bytes.
        consultation: its consultation's id.
        cause: what a steward reads.
    """

    id: bytes
    consultation: str
    cause: str


class Outbox:
    """Sealed contributions that wait on the device until the server has acknowledged them.

    Args:
        path: the SQLite file; made if it is not there.
        device_key: signs the batches.
        server: the key that acknowledgements must be signed by; None before enrolment.
        now: when a batch is formed.

    Raises:
        DamagedOutbox: the file is no outbox, or cannot be read.
        StorageFailed: the disk does not take it.
    """

    def __init__(
        self,
        path: Path,
        device_key: Ed25519PrivateKey,
        *,
        server: Ed25519PublicKey | None = None,
        now: Callable[[], Moment],
    ) -> None:
        self.server = server
        self._device_key = device_key
        self._now = now
        self._lock = threading.RLock()
        self._streams = StreamFolder(path.with_name("attachments"))
        with _in_words():
            path.touch(mode=0o600)  # SQLite gives its other files the mode of this one
            self._connection = sqlite3.connect(path, check_same_thread=False)
            self._database = Database(self._connection)
            self._database.execute("PRAGMA secure_delete=ON").fetchall()
            self._database.enable_wal()
            self._database.execute("PRAGMA synchronous=FULL")
            with self._transaction():
                _lay_out(self._database)
                self._streams.sweep(_streams_named(self._database))
        # What was deleted before a power cut may still lie in the write-ahead log.
        self._forget()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def keep(self, sealed: Sealed) -> None:
        """Store one sealed contribution and its session's header, in one transaction.

        Its attachments are on the disk before that begins: all of it is stored, or nothing.

        The person may be shown their receipt once this returns.

        Raises:
            NotKept: the disk did not take it; nothing of it is stored.
        """
        record, header = sealed.record, sealed.header
        names: list[str] = []
        try:
            with _in_words():
                names += map(self._streams.keep, sealed.streams)
            with self._transaction() as database:
                database.execute(
                    "INSERT OR IGNORE INTO session (id, consultation, header) VALUES (?, ?, ?)",
                    (header.session, record.consultation, header.data),
                )
                database.execute(
                    "INSERT INTO contribution (id, session, place, commitment, ciphertext, state)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        record.id,
                        record.session,
                        record.index,
                        record.commitment,
                        record.ciphertext,
                        State.WAITING.value,
                    ),
                )
                number = database.conn.execute("SELECT last_insert_rowid()").fetchone()[0]
                database.conn.executemany(
                    "INSERT INTO attachment (name, contribution, place, size) VALUES (?, ?, ?, ?)",
                    [
                        (name, number, place, stream.size)
                        for place, (name, stream) in enumerate(
                            zip(names, sealed.streams, strict=True)
                        )
                    ],
                )
        except (StorageFailed, DamagedOutbox) as error:
            with contextlib.suppress(OSError):
                self._streams.remove(names)
            raise NotKept(f"{NotKept.sentence} ({error})") from error

    def counts(self) -> Counts:
        """How many contributions stand where."""
        with self._transaction() as database:
            return _counts(database)

    def next_batch(self, most: int = USUAL_BATCH) -> Outgoing | None:
        """The batch to send next; None when nothing waits.

        A batch already formed and not acknowledged comes first, in the same bytes as before;
        otherwise the oldest contributions not yet in a batch are signed as one and stored before
        this returns.

        Args:
            most: records in a new batch.
        """
        with self._transaction() as database:
            for outgoing in self._outgoing(database):
                return outgoing
            return self._form(database, most)

    def every_batch(self, most: int = USUAL_BATCH) -> tuple[Outgoing, ...]:
        """All batches not acknowledged, after forming them from whatever waits: for a courier.

        Args:
            most: records in a new batch.
        """
        with self._transaction() as database:
            while self._form(database, most):
                pass
            return tuple(self._outgoing(database))

    def release(self, data: bytes) -> int:
        """Let go of what the server has durably stored, and say how many that was.

        An acknowledgement may come any number of times; it counts once.

        Args:
            data: the server's acknowledgement.

        Raises:
            ForgedAcknowledgement: it is not signed by this device's server, or does not fit its
                batch; nothing was released.
            NotEnrolled: this device has no server.
            UnknownBatch: it is about a batch of another device.
        """
        if self.server is None:
            raise NotEnrolled()
        acknowledged = acknowledgement.read(data, self.server)
        with self._transaction() as database:
            known = database.execute(
                "SELECT state FROM batch WHERE name = ?", (acknowledged.batch,)
            ).fetchone()
            if known is None:
                raise UnknownBatch()
            if known != (State.SENT.value,):
                return 0
            ids = _ids(database, acknowledged.batch)
            if len(ids) != len(acknowledged.verdicts):
                raise ForgedAcknowledgement(
                    "The server's answer does not speak of every contribution of its batch; "
                    "nothing was released. Update the server."
                )
            kept = [
                (verdict.words, contribution)
                for contribution, verdict in zip(ids, acknowledged.verdicts, strict=True)
                if verdict.quarantined
            ]
            database.conn.executemany(
                "UPDATE contribution SET state = 'quarantined', cause = ?, batch = NULL,"
                " rank = NULL WHERE id = ?",
                kept,
            )
            _settle(database, acknowledged.batch)
            gone = [
                row[0]
                for row in database.execute(
                    "DELETE FROM attachment WHERE contribution IN"
                    " (SELECT number FROM contribution WHERE batch = ?) RETURNING name",
                    (acknowledged.batch,),
                ).fetchall()
            ]
            database.execute(
                "UPDATE contribution SET state = 'released', ciphertext = NULL, commitment = NULL,"
                " session = NULL, place = NULL WHERE batch = ?",
                (acknowledged.batch,),
            )
            database.execute(
                "DELETE FROM session WHERE id NOT IN"
                " (SELECT session FROM contribution WHERE session IS NOT NULL)"
            )
        with _in_words():
            self._streams.remove(gone)
        self._forget()
        return len(ids) - len(kept)

    def refuse(self, name: str, cause: str) -> int:
        """The server will not take this batch (4xx): halve it, or quarantine its only record.

        The halves are formed and stored at once, under new numbers.

        Args:
            name: the batch's.
            cause: what a steward reads.

        Returns:
            How many contributions were quarantined: 1, or 0 after halving.

        Raises:
            UnknownBatch: no batch of that name waits to be acknowledged.
        """
        with self._transaction() as database:
            known = database.execute(
                "SELECT consultation FROM batch WHERE name = ? AND state = 'sent'", (name,)
            ).fetchone()
            if known is None:
                raise UnknownBatch()
            rows = _sealed_in(database, name)
            _settle(database, name)
            if len(rows) == 1:
                database.execute(
                    "UPDATE contribution SET state = 'quarantined', cause = ?, batch = NULL,"
                    " rank = NULL WHERE batch = ?",
                    (cause, name),
                )
                return 1
            half = len(rows) // 2
            self._sign(database, known[0], rows[:half])
            self._sign(database, known[0], rows[half:])
        return 0

    def quarantined(self) -> tuple[Quarantined, ...]:
        """What somebody has to look at, oldest first."""
        with self._transaction() as database:
            return tuple(
                Quarantined(*row)
                for row in database.execute(
                    "SELECT id, consultation, cause FROM sealed"
                    " WHERE state = 'quarantined' ORDER BY number"
                )
            )

    def try_again(self) -> int:
        """Let everything in quarantine wait to be sent once more, and say how many that is."""
        with self._transaction() as database:
            return database.execute(
                "UPDATE contribution SET state = 'waiting', cause = NULL"
                " WHERE state = 'quarantined'"
            ).rowcount

    def _form(self, database: Database, most: int) -> Outgoing | None:
        """A new batch of the oldest contributions that wait, all of one consultation."""
        oldest = database.execute(
            "SELECT consultation FROM sealed WHERE state = 'waiting' ORDER BY number LIMIT 1"
        ).fetchone()
        if oldest is None:
            return None
        found = database.execute(
            "SELECT * FROM sealed WHERE state = 'waiting' AND consultation = ?"
            " ORDER BY number LIMIT ?",
            (oldest[0], min(max(most, 1), batch.MOST_RECORDS)),
        )
        rows = [_row(*one) for one in found]
        return self._sign(database, oldest[0], _as_many_as_fit(database, rows))

    def _outgoing(self, database: Database) -> Iterator[Outgoing]:
        """Batches not acknowledged, oldest first.

        One whose bytes are not what its name says any more (a failing disk) is formed again from
        its records, which are kept beside it: else it would be refused for ever, and hold up all.
        """
        for name, consultation, records, data in database.execute(
            "SELECT name, consultation, records, data FROM batch WHERE state = 'sent'"
            " ORDER BY rowid"
        ).fetchall():
            if batch.name_of(data or b"") == name:
                yield Outgoing(name, consultation, records, data)
                continue
            rows = _sealed_in(database, name)
            _settle(database, name)
            if rows:
                yield self._sign(database, consultation, rows)

    def _sign(self, database: Database, consultation: str, rows: Sequence["_Row"]) -> Outgoing:
        """Form a batch of these contributions, and store it."""
        last = database.execute(
            "SELECT sequence, name FROM batch WHERE consultation = ?"
            " ORDER BY sequence DESC LIMIT 1",
            (consultation,),
        ).fetchone()
        sequence, previous = (
            (0, NO_BATCH) if last is None else (last[0] + 1, bytes.fromhex(last[1]))
        )
        ordered = sorted(rows, key=lambda row: (row.session_number, row.record.index))
        sections = [
            Section(SessionHeader.from_bytes(header), tuple(row.record for row in group))
            for header, group in groupby(ordered, key=lambda row: row.header)
        ]
        data = batch.build(
            device_key=self._device_key,
            consultation=consultation,
            sequence=sequence,
            previous=previous,
            formed=self._now(),
            sections=sections,
            enclosed=[
                Enclosed(position, name, size)
                for position, row in enumerate(ordered)
                for name, size in _attachments(database, row.number)
            ],
        )
        name = batch.name_of(data)
        database.execute(
            "INSERT INTO batch (name, consultation, sequence, records, data, state)"
            " VALUES (?, ?, ?, ?, ?, 'sent')",
            (name, consultation, sequence, len(ordered), data),
        )
        database.conn.executemany(
            "UPDATE contribution SET state = 'sent', batch = ?, rank = ? WHERE number = ?",
            [(name, rank, row.number) for rank, row in enumerate(ordered)],
        )
        return Outgoing(name, consultation, len(ordered), data)

    def _forget(self) -> None:
        """Empty the write-ahead log, so that what was deleted leaves the disk."""
        with self._lock, _in_words():
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[Database]:
        with self._lock, _in_words(), self._database.atomic():
            yield self._database


def read_counts(path: Path) -> Counts:
    """The counts of an outbox that another process may be using; nothing is written.

    Args:
        path: the SQLite file.

    Raises:
        DamagedOutbox: there is no outbox, or it cannot be read.
    """
    if not path.exists():
        return Counts()
    with (
        _in_words(),
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as c,
    ):
        return _counts(Database(c))


@dataclass(frozen=True)
class _Row:
    """A contribution as stored, with its session."""

    number: int
    session_number: int
    header: bytes
    record: Record


def _lay_out(database: Database) -> None:
    """Make the tables of a new outbox, or what an older one lacks; refuse a newer Parvis's."""
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > _SCHEMA:
        raise DamagedOutbox("This outbox was written by a newer Parvis. Update this one.")
    if version < 1:
        _lay_out_first(database)
    if version < 2:
        database.execute(
            "CREATE TABLE attachment (name TEXT PRIMARY KEY, contribution INTEGER NOT NULL,"
            " place INTEGER NOT NULL, size INTEGER NOT NULL, UNIQUE (contribution, place))"
        )
    database.execute(f"PRAGMA user_version={_SCHEMA}")


def _lay_out_first(database: Database) -> None:
    """The tables of version 1."""
    database.execute(
        "CREATE TABLE session (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
        " consultation TEXT NOT NULL, header BLOB NOT NULL)"
    )
    database.execute(
        "CREATE TABLE contribution (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
        " session BLOB, place INTEGER, commitment BLOB, ciphertext BLOB,"
        " state TEXT NOT NULL, batch TEXT, rank INTEGER, cause TEXT)"
    )
    database.execute(
        "CREATE TABLE batch (name TEXT PRIMARY KEY, consultation TEXT NOT NULL,"
        " sequence INTEGER NOT NULL, records INTEGER NOT NULL, data BLOB, state TEXT NOT NULL,"
        " UNIQUE (consultation, sequence))"
    )
    database.execute(
        "CREATE VIEW sealed AS SELECT c.number, s.number AS session_number, s.header,"
        " s.consultation, c.session, c.place, c.commitment, c.ciphertext,"
        " c.id, c.state, c.batch, c.rank, c.cause"
        " FROM contribution c JOIN session s ON s.id = c.session"
    )
    database.execute("CREATE INDEX contribution_state ON contribution (state, number)")
    database.execute("CREATE INDEX contribution_batch ON contribution (batch, rank)")
    database.execute("CREATE INDEX contribution_session ON contribution (session)")
    database.execute("CREATE INDEX batch_state ON batch (state)")


def _counts(database: Database) -> Counts:
    rows = database.execute("SELECT state, count(*) FROM contribution GROUP BY state").fetchall()
    try:
        return Counts(**{State(state).value: count for state, count in rows})
    except ValueError as error:
        raise DamagedOutbox(f"{DamagedOutbox.sentence} ({error}.)") from error


def _row(
    number: int,
    session_number: int,
    header: bytes,
    consultation: str,
    session: bytes,
    place: int,
    commitment: bytes,
    ciphertext: bytes,
    *_: object,
) -> _Row:
    """A row of the view `sealed`."""
    record = Record(consultation, session, place, commitment, ciphertext)
    return _Row(number, session_number, header, record)


def _as_many_as_fit(database: Database, rows: Sequence[_Row]) -> Sequence[_Row]:
    """The first rows, as many as one batch carries; at least one."""
    size = enclosed = 0
    for place, row in enumerate(rows):
        size += len(row.record.ciphertext)
        enclosed += len(_attachments(database, row.number))
        if (size > _FULLEST_BATCH or enclosed > MOST_ENCLOSED) and place:
            return rows[:place]
    return rows


def _attachments(database: Database, number: int) -> list[tuple[str, int]]:
    """Name and size of the streams of a contribution, in its order."""
    return list(
        database.execute(
            "SELECT name, size FROM attachment WHERE contribution = ? ORDER BY place", (number,)
        ).fetchall()
    )


def _streams_named(database: Database) -> frozenset[str]:
    """The streams that some contribution still has."""
    return frozenset(row[0] for row in database.execute("SELECT name FROM attachment"))


def _sealed_in(database: Database, name: str) -> list[_Row]:
    """The contributions of a batch as they are stored, in its order."""
    found = database.execute("SELECT * FROM sealed WHERE batch = ? ORDER BY rank", (name,))
    return [_row(*one) for one in found]


def _ids(database: Database, name: str) -> list[bytes]:
    """The contributions of a batch, in its order."""
    return [
        row[0]
        for row in database.execute(
            "SELECT id FROM contribution WHERE batch = ? ORDER BY rank", (name,)
        )
    ]


def _settle(database: Database, name: str) -> None:
    """The batch need not be sent again."""
    database.execute("UPDATE batch SET state = 'settled', data = NULL WHERE name = ?", (name,))


@contextmanager
def _in_words() -> Iterator[None]:
    """Turn what SQLite says into what a steward can act on."""
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise StorageFailed(f"{StorageFailed.sentence} ({error}.)") from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise DamagedOutbox(f"{DamagedOutbox.sentence} ({error}.)") from error
