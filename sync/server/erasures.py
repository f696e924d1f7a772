"""Erasing contributions on the server: by an order of their organiser, or of the operator's.

The ciphertext goes from every batch that holds it, and what is left is signed anew
(`sync.redaction`); sealed attachments go with it, what was uploaded of either, and what the
organiser published of it here. The register gets a tombstone. Who brings the same record again
finds it known, and its bytes are left out.

Database and blobs know no transaction together, so an order is carried out in steps of which each
can be done again, by one thread of all processes at a time (`Rank.ERASING`):

1. The order is entered. From now on nothing of it is taken in, nor published of it, whoever brings
   it; and whoever is bringing it now looks for orders once it is stored (`settle`).
2. Of each batch: its attachments are known no more, and go; what is left of the batch is written.
3. The tombstone is entered, and the order is done (`buried`).

An order that was not done, because the server died, is gone on with when it starts (`finish`). One
that a damaged batch keeps from being done waits for that batch, and keeps up no other.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, delete, func, insert, select, text, union, update

from sync import acknowledgement as acknowledgements
from sync.acknowledgement import Verdict, acknowledge_again
from sync.batch import Batch
from sync.contribution import contribution_id
from sync.erasure import Erasure, consultation_of, read_order
from sync.errors import SyncError
from sync.record_kind import is_registered
from sync.redaction import is_redacted, read_redacted, redact
from sync.register.entry import Entry, Reason
from sync.register.tiles import entries_of
from sync.server import schema
from sync.server.database import UnusableStore
from sync.server.files import MissingBatch
from sync.server.locks import Rank
from sync.server.logs import Event, tell, tell_failure
from sync.server.numbering import hold
from sync.server.register import entomb
from sync.server.store import Store
from sync.server.stored_batches import StoredBatches
from sync.server.uploads import Uploads

_REST_SECONDS = 600.0  # until an order is tried again that waits for a damaged batch


class UnknownContribution(SyncError):
    """No contribution of that code is on this server."""

    sentence = (
        "No contribution of that code is on this server. Compare it with the receipt; or it is "
        "still on its device: parvis-kiosk erase CODE there, or let the device sync first."
    )


class NotLost(SyncError):
    """A batch that shall be given up is here as it was, or never was."""

    sentence = (
        "No missing or damaged batch has this name: nothing was given up. parvis-server doctor "
        "names those that are."
    )


@dataclass(frozen=True)
class Erased:
    """What an order did.

    Attributes:
        erasure: what was ordered.
        batches: out of which something was taken.
    """

    erasure: Erasure
    batches: int


class Erasures(StoredBatches):
    """The orders that this server has, and what they do.

    Args:
        store: the server's.
        uploads: what is on its way.
        key: the server's, which signs what is left.
        goes_on: called when a part of something long is done.
    """

    def __init__(
        self,
        store: Store,
        uploads: Uploads,
        key: Ed25519PrivateKey,
        goes_on: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(store, key.public_key())
        self._goes_on = goes_on
        self._uploads = uploads
        self._key = key
        self._published_lies_about = False
        self._seen: dict[str, int] = {}
        self._tried: dict[tuple[str, bytes], float] = {}  # orders that wait for a damaged batch

    def obey(self, order: bytes, now: float) -> Erased:
        """Erase what an order says; any number of times.

        Raises:
            UnreadableStatement, ForgedStatement: it is no order by this consultation's organiser.
            UnknownConsultationHere: its consultation is not published here.
            MissingBatch: the order is kept, and is not done: a batch that may hold it is missing or
                damaged. What lies elsewhere is gone.
        """
        known = self._store.versions(consultation_of(order))[0]
        own = self._public.public_bytes_raw()
        erasure = read_order(order, (known.organiser_key, own)).erasure
        try:
            with self._alone(erasure.consultation):
                self._enter(erasure, order, now)
                changed = self._carry_out_one(erasure.consultation, erasure.id, erasure.reason)
        finally:
            self._forget_published()
        tell(Event.ERASED)
        return Erased(erasure, changed)

    def _enter(self, erasure: Erasure, order: bytes, now: float) -> None:
        """Write an order down, once, and take away what was published of its contribution."""
        table, states = schema.erasures, schema.states
        here = (table.c.consultation == erasure.consultation) & (table.c.id == erasure.id)
        published = (states.c.consultation == erasure.consultation) & (states.c.id == erasure.id)
        with self._store.writing() as db:
            hold(db, erasure.consultation)
            if db.execute(select(table.c.number).where(here)).first() is None:
                of_it = table.c.consultation == erasure.consultation
                last = db.execute(select(func.max(table.c.number)).where(of_it)).scalar() or 0
                db.execute(
                    insert(table),
                    {
                        "consultation": erasure.consultation,
                        "id": erasure.id,
                        "number": last + 1,
                        "reason": erasure.reason.value,
                        "order": order,
                        "ordered_at": now,
                        "buried": False,
                    },
                )
            if db.execute(delete(states).where(published)).rowcount:
                self._published_lies_about = True

    def _forget_published(self) -> None:
        """Leave nothing on the disk of what was published and taken away.

        Where the database is too busy for it now, `finish` does it later.
        """
        if not self._published_lies_about:
            return
        try:
            with self._alone(""):
                self._store.database.forget(schema.states.name)
            self._published_lies_about = False
        except UnusableStore:
            tell_failure(Event.FAILED)

    def finish(self) -> None:
        """Go on with orders that were begun and not done, and let go of uploads that none wants.

        Raises:
            SyncError, OSError: it cannot be done now.
        """
        for consultation, id_, reason in self.undone():
            if (
                self._tried.get((consultation, id_), -_REST_SECONDS)
                > time.monotonic() - _REST_SECONDS
            ):
                continue
            try:
                with self._alone(consultation):
                    self._carry_out_one(consultation, id_, reason)
            except MissingBatch:  # one order that waits for a damaged batch keeps up nothing else
                tell_failure(Event.FAILED)
                self._tried[consultation, id_] = time.monotonic()
        self._forget_published()
        self.let_go_of_uploads()

    def let_go_of_uploads(self) -> None:
        """Drop what is on its way to this machine, where an order came since it was begun.

        A batch that is on its way may hold what was ordered to go, and an attachment may belong to
        it; other machines' commands cannot look here. A batch begins anew; an attachment that is
        waited for stays.
        """
        counted = self.counts()
        if counted == self._seen:
            return
        for name in self._uploads.names():
            if not self._store.is_attached(name):
                self._uploads.drop(name)
        self._seen = counted

    def _alone(self, consultation: str) -> contextlib.AbstractContextManager[None]:
        """Be the only one who takes something out of batches of a consultation."""
        return self._store.database.alone(Rank.ERASING, consultation)

    def order(self, consultation: str, id_: bytes, reason: Reason, now: float) -> Erased:
        """Erase on the operator's own word.

        Raises:
            UnknownConsultationHere: the consultation is not published here.
        """
        day = datetime.fromtimestamp(now, UTC).date()
        return self.obey(Erasure(consultation, id_, reason, day).sign(self._key), now)

    def orders(self, consultation: str, after: int = 0) -> tuple[tuple[int, bytes], ...]:
        """The orders on a consultation behind number `after`, for its devices."""
        table = schema.erasures.c
        query = (
            select(table.number, table.order)
            .where(table.consultation == consultation, table.number > after)
            .order_by(table.number)
        )
        with self._store.reading() as db:
            return tuple((row.number, row.order) for row in db.execute(query))

    def counts(self) -> dict[str, int]:
        """How many orders there are, by consultation."""
        with self._store.reading() as db:
            return {row[0]: int(row[1]) for row in db.execute(_COUNTS)}

    def find(self, ids: tuple[bytes, bytes]) -> tuple[str, bytes]:
        """The consultation and the id of the contribution that a code stands for.

        Raises:
            UnknownContribution: there is none.
        """
        query = union(  # what is in quarantine, too, may have to go
            *(
                select(table.c.consultation, table.c.id).where(table.c.id.between(*ids))
                for table in (schema.records, schema.quarantine)
            )
        )
        with self._store.reading() as db:
            rows = db.execute(query).all()
        if len(rows) != 1:
            raise UnknownContribution()
        return rows[0].consultation, rows[0].id

    # what comes in, and what is there

    def without_erased(
        self, read: Batch, body: bytes, name: str = ""
    ) -> tuple[bytes, frozenset[bytes]]:
        """What is to be kept of a batch that comes in, and the ids of what was erased before.

        Args:
            read: the batch.
            body: its bytes.
            name: its name, where these are not the bytes that its device signed.
        """
        orders = self._orders_in(read)
        if not any(one.ciphertext and one.id in orders for one in read.records):
            return body, frozenset(orders)
        left = redact(read, name or read.name, set(orders), list(orders.values()), self._key)
        return left, frozenset(orders)

    def settle(self, read: Batch) -> bool:
        """Once a batch is stored: erase what was ordered meanwhile, and enter tombstones.

        Returns whether anything of it is ordered to go: the word on it may be another one then.

        An order that came before it did nothing yet but keep its bytes out.
        """
        with self._store.reading() as db:
            rows = db.execute(_REASONS, {"consultation": read.consultation})
            ordered = {row.id: Reason(row.reason) for row in rows}
        gone = {one.id for one in read.records if one.id in ordered} if ordered else set()
        if gone:
            with self._alone(read.consultation):
                for id_ in gone:
                    try:
                        self._carry_out_one(read.consultation, id_, ordered[id_])
                    except MissingBatch:  # another one: `finish` tries again
                        tell_failure(Event.FAILED)
        return bool(gone)

    def put_back(self, name: str, read: Batch, body: bytes) -> None:
        """Write a batch that the index knows and whose bytes are lost, without what was erased."""
        with self._alone(read.consultation):
            self._store.files.keep_batch(name, self.without_erased(read, body)[0])
            self._store.lost(name, None)
        self._tried.clear()

    def _orders_in(self, read: Batch) -> dict[bytes, bytes]:
        with self._store.reading() as db:
            rows = db.execute(_ORDERS, {"consultation": read.consultation})
            known = {row.id: row.order for row in rows}
        return {one.id: known[one.id] for one in read.records if one.id in known} if known else {}

    def _carry_out_one(self, consultation: str, id_: bytes, reason: Reason) -> int:
        """Take a contribution out of all batches, and enter its tombstone; of one thread alone.

        Raises:
            MissingBatch: one of them is missing or damaged; it was taken out of all others.
        """
        commitment: bytes | None = None
        registered = True
        changed, unread = 0, 0
        for name in self.batches_of(consultation, id_):
            self._goes_on()
            try:
                read = self.read_stored(name)
            except MissingBatch:
                unread += 1
                continue
            found = [one for one in read.records if one.id == id_]
            if not found:
                continue
            commitment = found[0].commitment
            registered = any(
                is_registered(section.kind)
                for section in read.sections
                for one in section.records
                if one.id == id_
            )
            holds_it = any(one.ciphertext for one in found)
            if holds_it:
                gone = {at for at, one in enumerate(read.records) if one.id == id_}
                self._take_away(
                    consultation, id_, [one.name for one in read.enclosed if one.position in gone]
                )
                orders = self._orders_in(read)
                left = redact(read, name, set(orders), list(orders.values()), self._key)
                self._store.files.keep_batch(name, left)
                self._uploads.drop(name)
                changed += 1
            self._account_for(name)
        if unread:  # it may be in there: no tombstone says that it is gone
            raise MissingBatch()
        table = schema.erasures
        here = (table.c.consultation == consultation) & (table.c.id == id_)
        with self._store.writing() as db:
            hold(db, consultation)
            if commitment is None:  # all that held it was given up: the register knows it
                commitment = _registered(db, consultation, id_)
                registered = commitment is not None
            if (
                commitment is not None
                and db.execute(select(table.c.buried).where(here)).scalar() is False
            ):
                if registered:  # of what never entered the register, it tells no end either
                    entomb(db, consultation, [Entry(commitment, reason)])
                db.execute(update(table).where(here).values(buried=True))
        return changed

    def give_up(self, name: str, now: float) -> int:
        """A damaged or missing batch is lost for good: what lies there goes, and orders are closed.

        Its contributions stay in the register, and the device that still has it may send it again.

        Returns:
            How many orders to erase that has closed.

        Raises:
            NotLost: it is here, or never was.
        """
        consultation = self._store.consultation_of(name)
        if consultation is None or name not in set(self.damaged_batches()):
            raise NotLost()
        before = len(self.undone())
        with self._alone(consultation):
            self._store.files.remove_batch(name)
            self._store.lost(name, now)
        tell(Event.GIVEN_UP)
        self._tried.clear()
        self.finish()
        return before - len(self.undone())

    def _account_for(self, name: str) -> None:
        """Note how long a batch is now, and wait no more for attachments of what was erased.

        By its size a backup knows what it has to copy again.
        """
        body = self._store.files.batch(name)
        if not is_redacted(body):
            return
        left = read_redacted(body, self._public).batch
        enclosed = {one.name for one in left.enclosed}
        awaiting = {one.position for one in left.enclosed}
        table = schema.batches
        with self._store.writing() as db:
            db.execute(update(table).where(table.c.name == name).values(size=len(body)))
        while (known := self._store.acknowledgement(name)) is not None:
            said = acknowledgements.read(known, self._public)
            if enclosed.issuperset(said.awaited):
                return
            verdicts = [
                Verdict.STORED if one is Verdict.AWAITED and at not in awaiting else one
                for at, one in enumerate(said.verdicts)
            ]
            awaited = [one for one in said.awaited if one in enclosed]
            word = acknowledge_again(said, self._key, verdicts, awaited)
            self._store.acknowledge_again(name, word, instead_of=known)

    def _take_away(self, consultation: str, id_: bytes, streams: Sequence[str]) -> None:
        """Attachments, and what came of them: first nobody knows them, then they are gone.

        One that another contribution named first is that one's, and stays.
        """
        table = schema.attachments
        for name in streams:
            here = (table.c.consultation == consultation) & (table.c.name == name)
            own = table.c.contribution.is_(None) | (table.c.contribution == id_)
            with self._store.writing() as db:
                db.execute(delete(table).where(here & own))
                if db.execute(select(table.c.name).where(here)).first() is not None:
                    continue
            self._store.files.remove_attachment(name)
            self._uploads.drop(name)


def _registered(db: Connection, consultation: str, id_: bytes) -> bytes | None:
    """The commitment of a contribution whose bytes are nowhere, as its register entry has it."""
    records, runs = schema.records.c, schema.register.c
    query = (
        select(runs.entries)
        .join(
            schema.records,
            (records.consultation == runs.consultation) & (records.batch == runs.batch),
        )
        .where(records.consultation == consultation, records.id == id_)
    )
    for row in db.execute(query):
        for entry in entries_of(row.entries):
            commitment = Entry.from_bytes(entry).commitment
            if contribution_id(consultation, commitment) == id_:
                return commitment
    return None


# Written out, as each batch asks them: Core takes longer to compose than SQLite to answer.
_COUNTS = text("SELECT consultation, max(number) FROM erasures GROUP BY consultation")
_REASONS = text("SELECT id, reason FROM erasures WHERE consultation = :consultation")
_ORDERS = text('SELECT id, "order" FROM erasures WHERE consultation = :consultation')
