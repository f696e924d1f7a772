"""The outbox: sealed contributions that wait on the device until the server has acknowledged them.

    waiting ──next_batch──▶ sent ──release──▶ released      (kept some days, then let go of)
                              │ ├──release──▶ sent          (its attachments are on their way)
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
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlite_utils import Database

from sync import acknowledgement, batch
from sync import outbox_tables as tables
from sync.batch import NO_BATCH, Enclosed, Moment, Section
from sync.envelope import Sealed, SessionHeader
from sync.errors import (
    DamagedOutbox,
    ForgedAcknowledgement,
    NotEnrolled,
    NotKept,
    SeveralMeant,
    StorageFailed,
    UnknownBatch,
)
from sync.looking import looked_at, while_it_is_used
from sync.outbox_tables import Counts, Row, State, in_words
from sync.record_kind import FIRST_UNREGISTERED, LARGEST_KIND, RecordKind
from sync.signed import version_of
from sync.stream_folder import StreamFolder

__all__ = ["USUAL_BATCH", "Counts", "First", "Kept", "Outbox", "Outgoing", "Quarantined", "State"]

USUAL_BATCH = 500
"""Records in a batch, unless asked otherwise."""

_FULLEST_BATCH = 4 << 20  # bytes of ciphertext after which a batch takes no more


@dataclass(frozen=True)
class Outgoing:
    """A batch to be sent, and to be sent again in these very bytes until it is acknowledged.

    Attributes:
        name: SHA-256 of the bytes, in hexadecimal.
        consultation: whose records it holds.
        records: how many.
        data: the file.
        enclosed: the streams of its records that are not acknowledged; they are sent beside it.
        stored: whether the server has said that it has the batch, and waits for streams.
    """

    name: str
    consultation: str
    records: int
    data: bytes
    enclosed: tuple[Enclosed, ...] = ()
    stored: bool = False


@dataclass(frozen=True)
class First:
    """Where a contribution comes from, so that the same is never sealed a second time.

    Attributes:
        origin: what tells it from all others; it says nothing to who has not the device's key.
        promised: what its receipt promises, as the device wrote it; None once it is erased.
    """

    origin: bytes
    promised: bytes | None


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


@dataclass(frozen=True)
class Kept:
    """A batch that the server has acknowledged, and that is kept in case the server is set back.

    Attributes:
        name: SHA-256 of its bytes, in hexadecimal.
        since: hours since 1970, by a clock that may be wrong, when it was acknowledged.
        size: bytes, its streams included.
        seen: in which instance of the server it was last asked for, and there; None in none.
        registered: whether the server has shown that all of it stands in the register.
    """

    name: str
    since: int
    size: int
    seen: str | None
    registered: bool


@dataclass(frozen=True)
class Unregistered:
    """A batch that the server has acknowledged, and not yet shown to stand in the register.

    Attributes:
        name: SHA-256 of its bytes, in hexadecimal.
        consultation: whose records it holds.
        commitments: of those that the server has.
    """

    name: str
    consultation: str
    commitments: frozenset[bytes]


class Outbox:
    """Sealed contributions that wait on the device until the server has acknowledged them.

    Args:
        path: the SQLite file; made if it is not there.
        device_key: signs the batches.
        server: the key that acknowledgements must be signed by; None before enrolment.
        now: when a batch is formed.
        saw: the last checkpoint of a consultation's register that the device saw.

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
        saw: Callable[[str], bytes | None] = lambda _: None,
    ) -> None:
        self.server = server
        self.version = 1
        """Of the format: what the server reads. Batches are formed in it; what it has no room for
        waits."""
        self.streams = StreamFolder(path.with_name("attachments"))
        self._device_key = device_key
        self._now = now
        self._saw = saw
        self._lock = threading.RLock()
        with in_words():
            path.touch(mode=0o600)  # SQLite gives its other files the mode of this one
            self._connection = sqlite3.connect(path, check_same_thread=False)
            self._database = Database(self._connection)
            self._database.execute("PRAGMA secure_delete=ON").fetchall()
            self._database.enable_wal()
            self._database.execute("PRAGMA synchronous=FULL")
            with self._transaction():
                tables.lay_out(self._database)
                known = tables.every_stream(self._database)
            self.streams.sweep(known)
        # What was deleted before a power cut may still lie in the write-ahead log.
        self._forget()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def keep(self, sealed: Sealed, first: First | None = None) -> None:
        """Store one sealed contribution and its session's header, in one transaction.

        Its attachments are on the disk before that begins: all of it is stored, or nothing. Where
        the disk is full, what is kept of acknowledged batches makes room.

        The person may be shown their receipt once this returns.

        Args:
            sealed: the contribution.
            first: where it comes from; written in the same transaction, and kept for good.

        Raises:
            NotKept: the disk did not take it, or something of that origin is stored already;
                nothing of it is stored.
        """
        try:
            self._keep(sealed, first)
        except NotKept:
            with contextlib.suppress(StorageFailed, DamagedOutbox):
                while self._make_room():
                    with contextlib.suppress(NotKept):
                        self._keep(sealed, first)
                        return
            raise

    def first(self, origin: bytes) -> First | None:
        """What was kept of an origin before, whatever became of it; None where nothing was."""
        with self._transaction() as database:
            row = database.execute(
                "SELECT origin, promised FROM contribution WHERE origin = ?", (origin,)
            ).fetchone()
        return None if row is None else First(*row)

    def known_origins(self, origins: Collection[bytes]) -> frozenset[bytes]:
        """Of some origins, those that something was kept of, whatever became of it."""
        with self._transaction() as database:
            query = "SELECT origin FROM contribution WHERE origin = ?"
            rows = (database.execute(query, (one,)).fetchone() for one in origins)
            return frozenset(row[0] for row in rows if row is not None)

    def counts(self) -> Counts:
        """How many contributions stand where."""
        with self._transaction() as database:
            return tables.counts(database)

    def next_batch(self, most: int = USUAL_BATCH, *, skip: Collection[str] = ()) -> Outgoing | None:
        """The batch to send next; None when nothing waits.

        A batch already formed and not acknowledged comes first, in the same bytes as before;
        otherwise the oldest contributions not yet in a batch are signed as one and stored before
        this returns.

        Args:
            most: records in a new batch.
            skip: batches that are not asked for again.
        """
        with self._transaction() as database:
            for outgoing in self._outgoing(database, skip):
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
        """Take the server's word on a batch, and say how many contributions it newly has.

        An acknowledgement may come any number of times; it counts once. Contributions whose
        attachments the server still waits for stay as they are. What the server has is kept until
        `let_go`, and is owed to nobody.

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
        verdicts = acknowledged.verdicts
        with self._transaction() as database:
            known = database.execute(
                "SELECT state, records FROM batch WHERE name = ?", (acknowledged.batch,)
            ).fetchone()
            if known is None:
                raise UnknownBatch()
            state, records = known
            if state not in ("sent", "stored"):
                return 0
            if records != len(verdicts):
                raise ForgedAcknowledgement(
                    "The server's answer does not speak of every contribution of its batch; "
                    "nothing was released. Update the server."
                )
            told = [
                (number, verdicts[rank])
                for number, rank in database.execute(
                    "SELECT number, rank FROM contribution WHERE batch = ? AND state = 'sent'",
                    (acknowledged.batch,),
                ).fetchall()
            ]
            settled = [(number,) for number, verdict in told if verdict.settled]
            database.conn.executemany(
                "UPDATE contribution SET state = 'released' WHERE number = ?", settled
            )
            database.conn.executemany(
                "UPDATE contribution SET state = 'quarantined', cause = ? WHERE number = ?",
                [(verdict.words, number) for number, verdict in told if verdict.quarantined],
            )
            if any(verdict is acknowledgement.Verdict.AWAITED for _, verdict in told):
                database.execute(
                    "UPDATE batch SET state = 'stored' WHERE name = ?", (acknowledged.batch,)
                )
            else:
                database.execute(
                    "UPDATE batch SET state = 'acknowledged', acknowledged = ? WHERE name = ?",
                    (self._now().wall, acknowledged.batch),
                )
        return len(settled)

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
                "SELECT consultation FROM batch WHERE name = ? AND state IN ('sent', 'stored')",
                (name,),
            ).fetchone()
            if known is None:
                raise UnknownBatch()
            rows = tables.sealed_in(database, name)
            freed = tables.settle(database, [name])
            if len(rows) > 1:
                half = len(rows) // 2
                self._sign(database, known[0], rows[:half])
                self._sign(database, known[0], rows[half:])
            database.conn.executemany(
                "UPDATE contribution SET state = 'quarantined', cause = ? WHERE number = ?",
                [(cause, row.number) for row in rows] if len(rows) == 1 else [],
            )
        self._remove(freed)
        return 1 if len(rows) == 1 else 0

    def set_aside(self, stream: str, cause: str) -> None:
        """Quarantine the contribution that a stream belongs to: it can never be sent whole.

        Args:
            stream: its name.
            cause: what a steward reads.
        """
        with self._transaction() as database:
            database.execute(
                "UPDATE contribution SET state = 'quarantined', cause = ? WHERE state = 'sent' AND"
                " number = (SELECT contribution FROM attachment WHERE name = ?)",
                (cause, stream),
            )

    def erase(self, ids: tuple[bytes, bytes]) -> tuple[State, ...]:
        """Erase a contribution, with its attachments; what was sent of it, the server erases.

        Batches that held it are formed again without it, if they still have to be sent. Where it is
        gone already, nothing happens.

        Args:
            ids: the lowest and the highest id that are meant.

        Returns:
            In which state it was; nothing where it is not here.

        Raises:
            SeveralMeant: more than one contribution is meant; none was erased.
        """
        with self._transaction() as database:
            rows = database.execute(
                "SELECT number, state, batch FROM contribution WHERE id BETWEEN ? AND ?", ids
            ).fetchall()
            if len(rows) > 1:
                raise SeveralMeant()
            streams: list[str] = []
            for number, _, batch_name in rows:
                streams += tables.erase(database, number, batch_name)
        if rows:
            self._remove(streams)
            with self._lock, in_words():
                self._database.execute("VACUUM")  # nothing of it in pages that were moved about
            self._forget()
        return tuple(State(state) for _, state, _ in rows)

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
                "UPDATE contribution SET state = 'waiting', cause = NULL, batch = NULL,"
                " rank = NULL WHERE state = 'quarantined'"
            ).rowcount

    def batches_done(self) -> tuple[str, ...]:
        """The names of all batches that need not be sent any more."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT name FROM batch WHERE state NOT IN ('sent', 'stored')"
            ).fetchall()
        return tuple(row[0] for row in rows)

    def streams_done(self, batch: str | None = None) -> frozenset[str]:
        """The streams kept here of contributions that the server has; of one batch, or of all."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT a.name FROM attachment a JOIN contribution c ON c.number = a.contribution"
                " WHERE c.state = 'released' AND coalesce(?, c.batch) = c.batch",
                (batch,),
            ).fetchall()
        return frozenset(row[0] for row in rows)

    # what the server has, and is kept in case it is set back

    def kept(self) -> tuple[Kept, ...]:
        """The batches that the server has acknowledged and that are still here, newest first."""
        with self._transaction() as database:
            return tuple(
                Kept(name, since, size, seen, bool(registered))
                for name, since, size, seen, registered in database.execute(
                    "SELECT b.name, b.acknowledged, length(b.data) + (SELECT"
                    " coalesce(sum(a.size), 0) FROM attachment a JOIN contribution c"
                    " ON c.number = a.contribution WHERE c.batch = b.name), b.seen,"
                    " b.registered"
                    " FROM batch b WHERE b.state = 'acknowledged' ORDER BY b.rowid DESC"
                )
            )

    def mark_seen(self, names: Collection[str], instance: str) -> None:
        """This instance of the server was asked for these batches, and has them."""
        with self._transaction() as database:
            database.conn.executemany(
                "UPDATE batch SET seen = ? WHERE name = ?", [(instance, name) for name in names]
            )

    def unregistered(self) -> tuple[Unregistered, ...]:
        """The batches whose place in the register the server still has to show, oldest first."""
        with self._transaction() as database:
            return tuple(
                Unregistered(
                    name,
                    consultation,
                    frozenset(
                        row[0]
                        for row in database.execute(
                            "SELECT commitment FROM sealed"
                            " WHERE batch = ? AND state = 'released' AND kind < ?",
                            (name, FIRST_UNREGISTERED),
                        )
                    ),
                )
                for name, consultation in database.execute(
                    "SELECT name, consultation FROM batch"
                    " WHERE state = 'acknowledged' AND NOT registered ORDER BY rowid"
                ).fetchall()
            )

    def found_registered(self, name: str) -> None:
        """All of this batch was shown to stand in the register."""
        with self._transaction() as database:
            database.execute("UPDATE batch SET registered = 1 WHERE name = ?", (name,))

    def send_again(self, name: str) -> int:
        """The server has lost this batch: it is owed again; says how many contributions that is."""
        with self._transaction() as database:
            changed = database.execute(
                "UPDATE batch SET state = 'sent', acknowledged = NULL, seen = NULL, registered = 0"
                " WHERE name = ? AND state IN ('acknowledged', 'stored')",
                (name,),
            ).rowcount
            if not changed:
                return 0
            return database.execute(
                "UPDATE contribution SET state = 'sent' WHERE batch = ? AND state = 'released'",
                (name,),
            ).rowcount

    def let_go(self, names: Collection[str]) -> None:
        """Delete what is kept of these batches, of those that the server has acknowledged."""
        with self._transaction() as database:
            freed = tables.settle(
                database,
                [
                    name
                    for name in names
                    if database.execute(
                        "SELECT 1 FROM batch WHERE name = ? AND state = 'acknowledged'", (name,)
                    ).fetchone()
                ],
            )
        self._remove(freed)
        self._forget()

    def owe_everything(self) -> int:
        """Another server: all that is still here is owed to it, in batches formed anew.

        Returns:
            How many contributions that is.
        """
        with self._transaction() as database:
            owed = database.execute(
                "UPDATE contribution SET state = 'waiting', cause = NULL, batch = NULL,"
                " rank = NULL WHERE ciphertext IS NOT NULL AND session IS NOT NULL"
            ).rowcount
            database.execute(
                "UPDATE batch SET state = 'settled', data = NULL, acknowledged = NULL"
                " WHERE state != 'settled'"
            )
        return owed

    def _keep(self, sealed: Sealed, first: First | None) -> None:
        record, header = sealed.record, sealed.header
        names: list[str] = []
        try:
            with in_words():
                for stream in sealed.streams:
                    names.append(self.streams.keep(stream))
            with self._transaction() as database:
                database.execute(
                    "INSERT OR IGNORE INTO session (id, consultation, header, kind)"
                    " VALUES (?, ?, ?, ?)",
                    (header.session, record.consultation, header.data, sealed.kind),
                )
                number = database.execute(
                    "INSERT INTO contribution (id, session, place, commitment, ciphertext, origin,"
                    " promised, state) VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting')",
                    (
                        *(record.id, record.session, record.index, record.commitment),
                        record.ciphertext,
                        *((None, None) if first is None else (first.origin, first.promised)),
                    ),
                ).lastrowid
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
                self.streams.remove(names)
            raise NotKept(f"{NotKept.sentence} ({error})") from error

    def _make_room(self) -> bool:
        """Let go of what is kept beyond its acknowledgement; whether there was any.

        First of what stands in the register too; of the rest only where that was not enough.
        """
        kept = self.kept()
        names = [one.name for one in kept if one.registered] or [one.name for one in kept]
        if names:
            self.let_go(names)
        return bool(names)

    def _form(self, database: Database, most: int) -> Outgoing | None:
        """A new batch of the oldest contributions that wait, all of one consultation."""
        most = min(max(most, 1), batch.MOST_RECORDS)
        kinds = RecordKind.CONTRIBUTION if self.version == 1 else LARGEST_KIND
        consultation, rows = tables.oldest_waiting(database, most, _FULLEST_BATCH, kinds)
        return self._sign(database, consultation, rows) if rows else None

    def _outgoing(self, database: Database, skip: Collection[str] = ()) -> Iterator[Outgoing]:
        """Batches not acknowledged, oldest first.

        One whose bytes are not what its name says any more (a failing disk) is formed again from
        its records, which are kept beside it: else it would be refused for ever, and hold up all.
        So is one of a version that the server, set back to an older Parvis, does not read.
        """
        for name, consultation, records, state in database.execute(
            "SELECT name, consultation, records, state FROM batch"
            " WHERE state IN ('sent', 'stored') ORDER BY rowid"
        ).fetchall():
            if name in skip:
                continue
            rows = database.execute("SELECT data FROM batch WHERE name = ?", (name,)).fetchone()
            data: bytes = rows[0] or b""
            if batch.name_of(data) == name and version_of(data) <= self.version:
                enclosed = tables.enclosed_in(database, name)
                yield Outgoing(name, consultation, records, data, enclosed, state == "stored")
                continue
            left = tables.sealed_in(database, name)
            fit = [row for row in left if self.version > 1 or row.kind == RecordKind.CONTRIBUTION]
            tables.settle(database, [name])
            database.conn.executemany(
                "UPDATE contribution SET state = 'waiting', batch = NULL, rank = NULL"
                " WHERE number = ?",
                [(row.number,) for row in left if row not in fit],
            )
            if fit:
                yield self._sign(database, consultation, fit)

    def _sign(self, database: Database, consultation: str, rows: Sequence[Row]) -> Outgoing:
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
            Section(SessionHeader.from_bytes(header), tuple(row.record for row in group), kind)
            for (header, kind), group in groupby(ordered, key=lambda row: (row.header, row.kind))
        ]
        enclosed = tuple(
            Enclosed(position, name, size)
            for position, row in enumerate(ordered)
            for name, size in tables.streams_of(database, row.number)
        )
        data = batch.build(
            device_key=self._device_key,
            consultation=consultation,
            sequence=sequence,
            previous=previous,
            formed=self._now(),
            sections=sections,
            enclosed=enclosed,
            checkpoint=self._saw(consultation) or b"",
            version=self.version,
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
        return Outgoing(name, consultation, len(ordered), data, enclosed)

    def _remove(self, streams: Collection[str]) -> None:
        with in_words():
            self.streams.remove(streams)

    def _forget(self) -> None:
        """Empty the write-ahead log, so that what was deleted leaves the disk."""
        with self._lock, in_words():
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[Database]:
        with self._lock, in_words(), self._database.atomic():
            yield self._database


def read_counts(path: Path, *, used: bool = True) -> Counts:
    """The counts of an outbox that another process may be using; nothing is written.

    Args:
        path: the SQLite file.
        used: whether another process has it open now.

    Raises:
        DamagedOutbox: there is no outbox, or it cannot be read.
    """
    if not path.exists():
        return Counts()
    with (
        in_words(),
        nullcontext(while_it_is_used(path)) if used else looked_at(path) as address,
        closing(sqlite3.connect(address, uri=True)) as c,
    ):
        return tables.counts(Database(c))
