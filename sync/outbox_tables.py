"""The outbox's tables: how they are laid out, brought up to date, and read.

session       the headers of sealing sessions, and of which kind their records are
contribution  waiting, sent, released, quarantined or erased; ciphertext and session until it is
              let go of; its origin for good: what was sealed once is never sealed again; what
              its receipt promises, until it is erased
attachment    the sealed streams of contributions; the files lie beside the database
batch         sent, stored (its attachments are still on their way), acknowledged (kept some days
              in case the server is set back), settled (number and name only)
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from sqlite_utils import Database

from sync.batch import MOST_ENCLOSED, Enclosed
from sync.envelope import Record
from sync.errors import DamagedOutbox, StorageFailed

_SCHEMA = 7


class State(Enum):
    """Where a contribution stands on this device."""

    WAITING = "waiting"
    SENT = "sent"
    RELEASED = "released"
    QUARANTINED = "quarantined"
    ERASED = "erased"


@dataclass(frozen=True)
class Counts:
    """How many contributions stand where; together, all that were ever confirmed here."""

    waiting: int = 0
    sent: int = 0
    released: int = 0
    quarantined: int = 0
    erased: int = 0

    @property
    def owed(self) -> int:
        """Those that the server has not acknowledged and that may go."""
        return self.waiting + self.sent


@dataclass(frozen=True)
class Row:
    """A contribution as stored, with its session."""

    number: int
    session_number: int
    header: bytes
    record: Record
    kind: int


def lay_out(database: Database) -> None:
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
    if version < 3:
        database.execute("ALTER TABLE batch ADD COLUMN acknowledged INTEGER")
    if version < 4:
        database.execute("ALTER TABLE batch ADD COLUMN registered INTEGER NOT NULL DEFAULT 0")
    if version < 5:
        database.execute("ALTER TABLE batch ADD COLUMN seen TEXT")
    if version < 6:
        database.execute("ALTER TABLE contribution ADD COLUMN origin BLOB")
        database.execute("ALTER TABLE contribution ADD COLUMN promised BLOB")
        database.execute("CREATE UNIQUE INDEX contribution_origin ON contribution (origin)")
    if version < 7:
        database.execute("ALTER TABLE session ADD COLUMN kind INTEGER NOT NULL DEFAULT 0")
        database.execute("DROP VIEW sealed")
        database.execute(
            "CREATE VIEW sealed AS SELECT c.number, s.number AS session_number, s.header,"
            " s.consultation, c.session, c.place, c.commitment, c.ciphertext, s.kind,"
            " c.id, c.state, c.batch, c.rank, c.cause"
            " FROM contribution c JOIN session s ON s.id = c.session"
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


def counts(database: Database) -> Counts:
    """How many contributions stand where."""
    rows = database.execute("SELECT state, count(*) FROM contribution GROUP BY state").fetchall()
    try:
        return Counts(**{State(state).value: count for state, count in rows})
    except ValueError as error:
        raise DamagedOutbox(f"{DamagedOutbox.sentence} ({error}.)") from error


def oldest_waiting(
    database: Database, most: int, fullest: int, kinds: int
) -> tuple[str, Sequence[Row]]:
    """The oldest contributions that wait, all of one consultation, as many as one batch carries.

    Args:
        database: the outbox's.
        most: of them.
        fullest: bytes of ciphertext after which a batch takes no more; it takes one at least.
        kinds: the highest kind of record that goes.
    """
    oldest = database.execute(
        "SELECT consultation FROM sealed WHERE state = 'waiting' AND kind <= ?"
        " ORDER BY number LIMIT 1",
        (kinds,),
    ).fetchone()
    if oldest is None:
        return "", ()
    found = database.execute(
        "SELECT * FROM sealed WHERE state = 'waiting' AND kind <= ? AND consultation = ?"
        " ORDER BY number LIMIT ?",
        (kinds, oldest[0], most),
    )
    rows = [_row(*one) for one in found]
    size = enclosed = 0
    for place, row in enumerate(rows):
        size += len(row.record.ciphertext)
        enclosed += len(streams_of(database, row.number))
        if (size > fullest or enclosed > MOST_ENCLOSED) and place:
            return oldest[0], rows[:place]
    return oldest[0], rows


def sealed_in(database: Database, name: str) -> list[Row]:
    """The contributions of a batch that the server has not acknowledged, in its order."""
    found = database.execute(
        "SELECT * FROM sealed WHERE batch = ? AND state = 'sent' ORDER BY rank", (name,)
    )
    return [_row(*one) for one in found]


def enclosed_in(database: Database, name: str) -> tuple[Enclosed, ...]:
    """The streams of the contributions of a batch that the server has not acknowledged."""
    return tuple(
        Enclosed(*row)
        for row in database.execute(
            "SELECT c.rank, a.name, a.size FROM attachment a"
            " JOIN contribution c ON c.number = a.contribution"
            " WHERE c.batch = ? AND c.state = 'sent' ORDER BY c.rank, a.place",
            (name,),
        )
    )


def streams_of(database: Database, number: int) -> list[tuple[str, int]]:
    """Name and size of the streams of a contribution, in its order."""
    return list(
        database.execute(
            "SELECT name, size FROM attachment WHERE contribution = ? ORDER BY place", (number,)
        ).fetchall()
    )


def every_stream(database: Database) -> frozenset[str]:
    """The names of all streams that some contribution has."""
    return frozenset(row[0] for row in database.execute("SELECT name FROM attachment"))


def settle(database: Database, names: Collection[str]) -> list[str]:
    """Let go of all that is kept of these batches; returns the streams that are free to go."""
    streams: list[str] = []
    for name in names:
        database.execute(
            "UPDATE batch SET state = 'settled', data = NULL, acknowledged = NULL WHERE name = ?",
            (name,),
        )
        released = "SELECT number FROM contribution WHERE batch = ? AND state = 'released'"
        streams += [
            row[0]
            for row in database.execute(
                f"DELETE FROM attachment WHERE contribution IN ({released}) RETURNING name",  # noqa: S608
                (name,),
            ).fetchall()
        ]
        database.execute(
            "UPDATE contribution SET ciphertext = NULL, commitment = NULL, session = NULL,"
            " place = NULL WHERE batch = ? AND state = 'released'",
            (name,),
        )
    database.execute(
        "DELETE FROM session WHERE id NOT IN"
        " (SELECT session FROM contribution WHERE session IS NOT NULL)"
    )
    return streams


def erase(database: Database, number: int, batch: str | None) -> list[str]:
    """Forget all that was said in a contribution; returns the streams that are free to go."""
    streams = [
        row[0]
        for row in database.execute(
            "DELETE FROM attachment WHERE contribution = ? RETURNING name", (number,)
        ).fetchall()
    ]
    database.execute(
        "UPDATE contribution SET state = 'erased', ciphertext = NULL, commitment = NULL,"
        " session = NULL, place = NULL, cause = NULL, promised = NULL WHERE number = ?",
        (number,),
    )
    # Its batch's bytes hold it, too. Without them a batch that is still to be sent is formed again
    # from what is left; one that nothing is left of is done.
    database.execute("UPDATE batch SET data = x'' WHERE name = ? AND data IS NOT NULL", (batch,))
    database.execute(
        "UPDATE batch SET state = 'settled', data = NULL WHERE name = ? AND state != 'settled'"
        " AND NOT EXISTS (SELECT 1 FROM contribution c WHERE c.batch = batch.name"
        " AND c.state IN ('sent', 'released', 'quarantined'))",
        (batch,),
    )
    database.execute(
        "DELETE FROM session WHERE id NOT IN"
        " (SELECT session FROM contribution WHERE session IS NOT NULL)"
    )
    return streams


def _row(
    number: int,
    session_number: int,
    header: bytes,
    consultation: str,
    session: bytes,
    place: int,
    commitment: bytes,
    ciphertext: bytes,
    kind: int,
    *_: object,
) -> Row:
    """A row of the view `sealed`."""
    record = Record(consultation, session, place, commitment, ciphertext)
    return Row(number, session_number, header, record, kind)


@contextmanager
def in_words() -> Iterator[None]:
    """Turn what SQLite says into what a steward can act on."""
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise StorageFailed(f"{StorageFailed.sentence} ({error}.)") from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise DamagedOutbox(f"{DamagedOutbox.sentence} ({error}.)") from error
