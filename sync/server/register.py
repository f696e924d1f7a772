"""The server's registers: what is entered with each batch, and what is published of it.

What is to be in a register stands in the database first, in the transaction that stores the
batch: one *run* of entries for each batch, in the order of their commitments, so that the register
does not tell in which order people came. Publishing then grows the tiles to what the database holds
and signs a checkpoint; it can be stopped anywhere and simply goes on. The newest checkpoint is in
the database before anybody sees it, and nothing is ever signed that does not go on from it.

    DIR/register/<consultation>/checkpoint
    DIR/register/<consultation>/tile/…          C2SP tlog-tiles: any web server can serve this

Nothing is signed on doubt: before each checkpoint, the root that was signed last is computed again
from the tiles that the next one is built on, and the database is held against the checkpoint that
lies beside them. Tiles that a disk has damaged are made again from the database.

A database restored from an older backup, or one that went back under the server (a standby that
lagged takes over), knows less than what was published. The published register is then taken as it
is: its entries come back into the database, what came since stands behind them, and batches that
devices send again find theirs there.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, delete, func, insert, select, text

from sync.contribution import contribution_id
from sync.errors import DamagedRegister
from sync.register import checkpoint, merkle, tiles
from sync.register.checkpoint import Checkpoint, origin_of, verifier_key
from sync.register.entry import Entry, Reason
from sync.register.proof import Proof
from sync.register.tiles import TILE_WIDTH, Tiles
from sync.server import schema
from sync.server.blobs import Blobs, FolderBlobs
from sync.server.logs import Event, tell, tell_failure
from sync.server.numbering import hold
from sync.server.signed_registers import CHECKPOINT, NEWEST, NotRegistered, SignedRegisters

_MOST_AT_ONCE = 1 << 16  # entries that one checkpoint adds


@dataclass(frozen=True)
class Whereabouts:
    """How far a contribution has come.

    Attributes:
        consultation: its id.
        id: the contribution's, 16 bytes.
        received_at: seconds since 1970.
        commitment: as it stands in the register; None where it does not.
        index: its place among the published entries; None while it is not published.
        erased: why it was erased, where a tombstone stands for it.
    """

    consultation: str
    id: bytes
    received_at: float
    commitment: bytes | None
    index: int | None
    erased: Reason | None


class _Gathered:
    """The files of a register as they will be: what is written is kept, to be written together."""

    def __init__(self, files: Blobs) -> None:
        self._files = files
        self.written: dict[str, bytes] = {}

    def read(self, path: str) -> bytes | None:
        """What lies under that name."""
        return self.written.get(path) or self._files.read(path)

    def write(self, path: str, content: bytes) -> None:
        """Keep it."""
        self.written[path] = content

    def remove(self, path: str) -> None:
        """Nothing is taken away while tiles grow."""
        raise NotImplementedError


class Transactions(Protocol):
    """What the registers ask of the database; see `sync.server.database`."""

    def reading(self) -> contextlib.AbstractContextManager[Connection]:
        """A connection that only looks."""

    def writing(self) -> contextlib.AbstractContextManager[Connection]:
        """A transaction that changes something."""

    def publishing(self, consultation: str) -> contextlib.AbstractContextManager[None]:
        """Be the only one, of all threads and processes, that publishes a register."""


def _each(consultations: Iterable[str], do: Callable[[str], int]) -> Iterator[int]:
    """Do something with each register; where some cannot be made again, say so after all others.

    Raises:
        DamagedRegister: as the first of them did.
    """
    damaged: DamagedRegister | None = None
    for one in consultations:
        try:
            yield do(one)
        except DamagedRegister as error:
            tell_failure(Event.NOT_PUBLISHED)
            damaged = damaged or error
    if damaged is not None:
        raise damaged


def missing(db: Connection) -> int:
    """How many contributions are in the registers, from before a restoration, and not here."""
    table, records = schema.awaited.c, schema.records.c
    count = 0
    for row in db.execute(select(table.consultation, table.commitment)).all():
        here = (records.consultation == row.consultation) & (
            records.id == contribution_id(row.consultation, row.commitment)
        )
        count += db.execute(select(records.batch).where(here)).first() is None
    return count


class Registers(SignedRegisters):
    """All registers of one server.

    Args:
        blobs: hold one folder for each consultation.
        key: signs checkpoints.
        store: gives transactions, and lets one at a time publish.
        clock: seconds since 1970.
        lost: called when the database is found to have lost what was acknowledged.
        goes_on: called when a part of something long is done.

    Attributes:
        went_back_at: when that was found last, by the clock that only counts on; None for never.
    """

    def __init__(
        self,
        blobs: Blobs,
        key: Ed25519PrivateKey,
        store: Transactions,
        clock: Callable[[], float],
        lost: Callable[[], None] = lambda: None,
        goes_on: Callable[[], None] = lambda: None,
    ) -> None:
        self._goes_on = goes_on
        self.went_back_at: float | None = None
        self._lost = lost
        super().__init__(blobs, key.public_key(), store.reading)
        self._key = key
        self.writing = store.writing
        self._publishing = store.publishing
        self._clock = clock
        self._read: dict[str, Tiles] = {}

    # what is published

    def publish(self) -> int:
        """Bring every register up to what the database holds; returns how many entries that added.

        One that cannot be made again holds up no other.

        Raises:
            DamagedRegister: the tiles are not what the last checkpoint says, and could not be made
                again.
        """
        table = schema.register.c
        with self.reading() as db:
            consultations = db.execute(select(table.consultation).distinct()).scalars().all()
        return sum(_each(consultations, self._publish))

    def _publish(self, consultation: str) -> int:
        added = 0
        with self._publishing(consultation):
            if self._goes_back(consultation):
                self._went_back()
                self._adopt(consultation)
                self._rebuild(consultation)
            while True:
                self._goes_on()
                old = self._signed(consultation)
                entries = self._entries(consultation, old.size)
                folder = self.folder(consultation)
                if not entries:
                    self._show_newest(consultation, folder)
                    return added
                roots = self._certain(consultation, old)
                for entry in entries:
                    roots.add(entry)
                gathered = _Gathered(folder)
                size = tiles.grow(gathered, old.size, entries)
                folder.write_all(gathered.written)
                read = Tiles(folder, size)
                if read.root() != roots.root():
                    raise DamagedRegister()
                point = Checkpoint(origin_of(consultation), size, roots.root())
                note = point.sign(self._key)
                with self.writing() as db:
                    row = {
                        "consultation": consultation,
                        "size": size,
                        "note": note,
                        "published_at": self._clock(),
                    }
                    db.execute(insert(schema.checkpoints), row)
                folder.write(CHECKPOINT, note)
                self._read[consultation] = read
                full = old.size - old.size % TILE_WIDTH
                tiles.prune(folder, self._sizes(consultation, full, size), size)
                added += len(entries)

    def _show_newest(self, consultation: str, folder: Blobs) -> None:
        """Put the newest checkpoint beside the tiles, where a full or failing disk kept it out."""
        note = self._newest(consultation)
        if note is not None and folder.read(CHECKPOINT) != note:
            folder.write(CHECKPOINT, note)

    def _certain(self, consultation: str, point: Checkpoint) -> merkle.GrowingRoot:
        """What was signed, ready to grow: the tiles that the next ones are built on lead to it.

        Raises:
            DamagedRegister: they do not, and could not be made again.
        """
        for again in (False, True):
            tree = Tiles(self.folder(consultation), point.size)
            with contextlib.suppress(DamagedRegister):
                if (roots := self._leads_on(tree, point)) is not None:
                    return roots
            if again:
                break
            tell(Event.REGISTER_MENDED, logging.ERROR)
            self._rebuild(consultation)
        raise DamagedRegister()

    @staticmethod
    def _leads_on(tree: Tiles, point: Checkpoint) -> merkle.GrowingRoot | None:
        """What was signed, if what the next tiles are built on leads to it; else None.

        Raises:
            DamagedRegister: something of it is not there.
        """
        last = point.size // TILE_WIDTH
        hashes = tuple(merkle.leaf_hash(entry) for entry in tree.entries(last))
        roots = merkle.GrowingRoot(point.size, merkle.peaks(point.size, tree.subtree))
        return roots if (hashes, roots.root()) == (tree.hashes(0, last), point.root) else None

    def _went_back(self) -> None:
        """The database has lost what was acknowledged: devices must look what it still has."""
        self.went_back_at = time.monotonic()
        tell(Event.WENT_BACK, logging.ERROR)
        self._lost()

    def checkpoint(self, consultation: str) -> bytes:
        """The newest checkpoint, signed.

        Raises:
            NotRegistered: nothing is registered yet.
        """
        note = self._newest(consultation)
        if note is None:
            raise NotRegistered()
        return note

    def key(self, consultation: str) -> str:
        """The key that signs its checkpoints, as verifiers take it."""
        return verifier_key(origin_of(consultation), self._public)

    def size(self, consultation: str) -> int:
        """How many entries are published."""
        with self.reading() as db:
            return int(db.execute(_PUBLISHED, {"consultation": consultation}).scalar_one() or 0)

    # proofs

    def prove_batch(self, batch: str) -> Proof | None:
        """Where what a batch brought stands; None while it is not published, or brought nothing.

        Args:
            batch: its name.
        """
        with self.reading() as db:
            row = db.execute(_RUN, {"name": batch}).first()
        if row is None or row.first + row.count > self.size(row.consultation):
            return None
        return self._prove(row.consultation, row.first, tiles.entries_of(row.entries))

    def prove(self, consultation: str, commitment: bytes) -> Proof | None:
        """Where a contribution stands; None where it is not, or not yet, published.

        Args:
            consultation: whose.
            commitment: the contribution's.
        """
        wanted = Entry(commitment).to_bytes()
        with self.reading() as db:
            found = _position(db, consultation, commitment)
        if found is None or found >= self.size(consultation):
            return None
        return self._prove(consultation, found, (wanted,))

    def consistency(
        self, consultation: str, old: int, size: int | None = None
    ) -> tuple[bytes, tuple[bytes, ...]]:
        """A checkpoint, and the proof that it goes on from the first `old` entries.

        Args:
            consultation: whose register it is.
            old: so many entries.
            size: of the checkpoint that is wanted; the newest without it.

        Raises:
            NotRegistered: nothing is registered yet, never were so many, or no checkpoint was
                signed for that size.
        """
        note, read = self._newest_tree(consultation)
        if size is None:
            size = read.size
        elif size != read.size:
            note = self._note(consultation, size)
        if old > size:
            raise NotRegistered()
        return note, merkle.consistency_proof(old, size, read.subtree) if old else ()

    def _prove(self, consultation: str, first: int, entries: tuple[bytes, ...]) -> Proof:
        note, read = self._newest_tree(consultation)
        hashes = merkle.range_proof(first, len(entries), read.size, read.subtree)
        return Proof(note, first, entries, hashes)

    def _newest_tree(self, consultation: str) -> tuple[bytes, Tiles]:
        note = self.checkpoint(consultation)
        size = checkpoint.read(note, origin_of(consultation), self._public).size
        read = self._read.get(consultation)
        if read is None or read.size != size:
            read = self._read[consultation] = Tiles(self.folder(consultation), size)
        return note, read

    def whereabouts(self, consultation: str, ids: tuple[bytes, bytes]) -> Whereabouts | None:
        """How far the contribution has come whose id lies between these, both included."""
        records, batches, runs = schema.records.c, schema.batches.c, schema.register.c
        query = (
            select(records.id, batches.received_at, runs.first, runs.entries)
            .join(
                schema.batches,
                (batches.consultation == records.consultation) & (batches.number == records.batch),
            )
            .outerjoin(
                schema.register,
                (runs.consultation == records.consultation) & (runs.batch == records.batch),
            )
            .where(records.consultation == consultation, records.id.between(*ids))
            .limit(1)
        )
        with self.reading() as db:
            row = db.execute(query).first()
            if row is None:
                return None
            commitment, index = None, None
            for place, entry in enumerate(tiles.entries_of(row.entries or b"")):
                if contribution_id(consultation, Entry.from_bytes(entry).commitment) == row.id:
                    commitment, index = Entry.from_bytes(entry).commitment, row.first + place
            erased = _erased(db, consultation).get(commitment) if commitment else None
        if index is not None and index >= self.size(consultation):
            index = None
        return Whereabouts(consultation, row.id, row.received_at, commitment, index, erased)

    def missing(self) -> int:
        """How many contributions are in the registers, from before a restoration, and not here."""
        with self.reading() as db:
            return missing(db)

    # at the start

    def mend(self) -> None:
        """Bring the database, the tiles and the checkpoint files into agreement; at each start.

        Raises:
            DamagedRegister: what was published cannot be made again.
        """
        table = schema.register.c
        with self.reading() as db:
            consultations = set(db.execute(select(table.consultation).distinct()).scalars())
        consultations |= set(self._blobs.folders())
        for _ in _each(sorted(consultations), self._mend):
            pass

    def _mend(self, consultation: str) -> int:
        with self._publishing(consultation):
            self._adopt(consultation)
            self._rebuild(consultation)
        return 0

    def _adopt(self, consultation: str) -> None:
        """Take back into the database what was published and it does not know.

        Raises:
            DamagedRegister: what was published cannot be read, or is another register.
        """
        point = self._published_checkpoint(consultation)
        if point is None or not self._goes_back(consultation):
            return
        folder = self.folder(consultation)
        published = list(tiles.all_entries(folder, point.size))
        hashes = [merkle.leaf_hash(entry) for entry in published]
        if merkle.root(point.size, tiles.subtree_of(hashes)) != point.root:
            raise DamagedRegister()
        with self.writing() as db:
            hold(db, consultation)
            if self._signed_in(db, consultation).size > point.size:
                raise DamagedRegister()  # two registers are signed: that is for people
            common, since = _apart(db, consultation, published)
            _enter(db, consultation, None, published[common:])
            fresh = [
                {
                    "consultation": consultation,
                    "commitment": Entry.from_bytes(entry).commitment,
                    "position": common + at,
                }
                for at, entry in enumerate(published[common:])
                if Entry.from_bytes(entry).erased is None
            ]
            for one in fresh:
                awaited = schema.awaited.c
                known = (awaited.consultation == consultation) & (
                    awaited.commitment == one["commitment"]
                )
                db.execute(delete(schema.awaited).where(known))
            if fresh:
                db.execute(insert(schema.awaited), fresh)
            there = set(published)
            for batch, run in since:
                _enter(db, consultation, batch, [entry for entry in run if entry not in there])
            note = folder.read(CHECKPOINT)
            table = schema.checkpoints
            db.execute(
                delete(table).where(
                    table.c.consultation == consultation, table.c.size >= point.size
                )
            )
            row = {
                "consultation": consultation,
                "size": point.size,
                "note": note,
                "published_at": self._clock(),
            }
            db.execute(insert(table), row)

    def _signed_in(self, db: Connection, consultation: str) -> Checkpoint:
        origin = origin_of(consultation)
        note = db.execute(NEWEST, {"consultation": consultation}).scalar_one_or_none()
        if note is None:
            return Checkpoint(origin, 0, merkle.EMPTY_ROOT)
        return checkpoint.read(note, origin, self._public)

    def _rebuild(self, consultation: str) -> None:
        """Make the tiles again where they do not lead to the root that was signed."""
        folder = self.folder(consultation)
        note = self._newest(consultation)
        if note is None:
            folder.clear()
            return
        origin = origin_of(consultation)
        point = checkpoint.read(note, origin, self._public)
        try:
            if isinstance(folder, FolderBlobs):
                sound = tiles.whole_root(folder, point.size) == point.root
            else:  # a bucket checks its bytes itself, and reading all of them takes minutes
                sound = self._leads_on(Tiles(folder, point.size), point) is not None
        except DamagedRegister:
            sound = False
        if not sound:
            entries = self._entries(consultation, 0, point.size)
            hashes = [merkle.leaf_hash(entry) for entry in entries]
            if merkle.root(len(entries), tiles.subtree_of(hashes)) != point.root:
                raise DamagedRegister()  # what lies there may still serve somebody
            folder.clear()
            if tiles.grow(folder, 0, entries) != point.size:
                raise DamagedRegister()
            if Tiles(folder, point.size).root() != point.root:
                raise DamagedRegister()
        self._show_newest(consultation, folder)

    # within

    def _entries(self, consultation: str, after: int, most: int = _MOST_AT_ONCE) -> Sequence[bytes]:
        with self.reading() as db:
            return _entries(db, consultation, after, most)

    def _sizes(self, consultation: str, least: int, below: int) -> Sequence[int]:
        table = schema.checkpoints.c
        query = select(table.size).where(
            table.consultation == consultation, table.size >= least, table.size < below
        )
        with self.reading() as db:
            return db.execute(query).scalars().all()


def enter(db: Connection, consultation: str, batch: int, commitments: Sequence[bytes]) -> None:
    """Enter what a batch brought, in the transaction that stores it and gave it its number.

    Args:
        db: that transaction.
        consultation: the batch's.
        batch: its number.
        commitments: of the contributions that were not stored before.
    """
    awaited = set(_awaited(db, consultation, commitments))
    _enter(db, consultation, batch, Entry.of_contributions(sorted(set(commitments) - awaited)))


def entomb(db: Connection, consultation: str, entries: Sequence[Entry]) -> None:
    """Enter that contributions were erased."""
    hold(db, consultation)
    _enter(db, consultation, None, [entry.to_bytes() for entry in entries])


def entries_of_register(db: Connection, consultation: str) -> Iterator[bytes]:
    """All entries that a database holds for a register, in their order."""
    table = schema.register.c
    query = select(table.entries).where(table.consultation == consultation).order_by(table.first)
    for run in db.execute(query).scalars():
        yield from tiles.entries_of(run)


def _apart(
    db: Connection, consultation: str, published: Sequence[bytes]
) -> tuple[int, list[tuple[int | None, tuple[bytes, ...]]]]:
    """Take away the runs that are not those of the published register.

    Returns:
        How many entries are the same in both, and the runs that were taken away.
    """
    table = schema.register
    query = select(table.c.first, table.c.batch, table.c.entries).where(
        table.c.consultation == consultation
    )
    common = 0
    since: list[tuple[int | None, tuple[bytes, ...]]] = []
    for row in db.execute(query.order_by(table.c.first)).all():
        run = tiles.entries_of(row.entries)
        if not since and run == tuple(published[row.first : row.first + len(run)]):
            common = row.first + len(run)
            continue
        since.append((row.batch, run))
        here = (table.c.consultation == consultation) & (table.c.first == row.first)
        db.execute(delete(table).where(here))
    return common, since


def _enter(db: Connection, consultation: str, batch: int | None, entries: Sequence[bytes]) -> None:
    if entries:
        run = {
            "consultation": consultation,
            "first": _size(db, consultation),
            "count": len(entries),
            "batch": batch,
            "entries": tiles.bundle(entries),
        }
        db.execute(_ENTER, run)


# Written out, as each batch asks them: Core takes longer to compose than SQLite to answer.
_RUN = text(
    "SELECT register.consultation, register.first, register.count, register.entries FROM register "
    "JOIN batches ON batches.consultation = register.consultation "
    "AND batches.number = register.batch WHERE batches.name = :name"
)
_PUBLISHED = text("SELECT max(size) FROM checkpoints WHERE consultation = :consultation")
_ANY_AWAITED = text("SELECT 1 FROM register_awaited LIMIT 1")
_END = text(
    "SELECT first + count FROM register WHERE consultation = :consultation "
    "ORDER BY first DESC LIMIT 1"
)
_ENTER = text(
    "INSERT INTO register (consultation, first, count, batch, entries) "
    "VALUES (:consultation, :first, :count, :batch, :entries)"
)


def _awaited(db: Connection, consultation: str, commitments: Sequence[bytes]) -> Iterator[bytes]:
    """Those that are in the register already, from before a backup was restored."""
    if db.execute(_ANY_AWAITED).first() is None:
        return
    table = schema.awaited.c
    for commitment in commitments:
        here = (table.consultation == consultation) & (table.commitment == commitment)
        if db.execute(select(table.position).where(here)).first() is not None:
            yield commitment


def _size(db: Connection, consultation: str) -> int:
    """How many entries the database holds for a register."""
    return int(db.execute(_END, {"consultation": consultation}).scalar() or 0)


def _entries(db: Connection, consultation: str, after: int, most: int | None = None) -> list[bytes]:
    """Entries from `after` on, at most so many (more by less than a run)."""
    table = schema.register.c
    here = table.consultation == consultation
    # The run that holds entry `after`, found by the key: former ones are not looked at.
    begun = select(func.max(table.first)).where(here, table.first <= after).scalar_subquery()
    query = select(table.first, table.entries).where(
        here, table.first >= begun, table.first + table.count > after
    )
    entries: list[bytes] = []
    for row in db.execute(query.order_by(table.first)):
        run = tiles.entries_of(row.entries)
        entries += run[max(0, after - row.first) :]
        if most is not None and len(entries) >= most:
            return entries[:most]
    return entries


def _erased(db: Connection, consultation: str) -> dict[bytes, Reason]:
    """The commitments that tombstones stand for, and why."""
    table = schema.register.c
    here = (table.consultation == consultation) & table.batch.is_(None)
    return {
        entry.commitment: entry.erased
        for run in db.execute(select(table.entries).where(here)).scalars()
        for entry in map(Entry.from_bytes, tiles.entries_of(run))
        if entry.erased is not None
    }


def _position(db: Connection, consultation: str, commitment: bytes) -> int | None:
    """Where a contribution's entry stands."""
    awaited = schema.awaited.c
    here = (awaited.consultation == consultation) & (awaited.commitment == commitment)
    found: int | None = db.execute(select(awaited.position).where(here)).scalar_one_or_none()
    if found is not None:
        return found
    table, records = schema.register.c, schema.records.c
    query = (
        select(table.first, table.entries)
        .join(
            schema.records,
            (records.consultation == table.consultation) & (records.batch == table.batch),
        )
        .where(
            records.consultation == consultation,
            records.id == contribution_id(consultation, commitment),
        )
    )
    row = db.execute(query).first()
    if row is None:
        return None
    run = tiles.entries_of(row.entries)
    wanted = Entry(commitment).to_bytes()
    return row.first + run.index(wanted) if wanted in run else None
