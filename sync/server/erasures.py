"""Erasing contributions on the server: by an order of their organiser, or of the operator's.

The ciphertext goes from every batch that holds it, and what is left is signed anew
(`sync.redaction`); sealed attachments go with it, what was uploaded of either, and what the
organiser published of it here. The register gets a tombstone. Who brings the same record again
finds it known, and its bytes are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, func, insert, select, text, update

from sync import acknowledgement as acknowledgements
from sync import batch as batches
from sync.acknowledgement import Verdict, acknowledge
from sync.batch import Batch, claimed_device
from sync.erasure import Erasure, consultation_of, read_order
from sync.errors import SyncError
from sync.redaction import is_redacted, read_redacted, redact
from sync.register.entry import Entry, Reason
from sync.server import schema
from sync.server.logs import Event, tell
from sync.server.register import entomb
from sync.server.store import Store
from sync.server.uploads import Uploads


class UnknownContribution(SyncError):
    """No contribution of that code is on this server."""

    sentence = (
        "No contribution of that code is on this server. Compare it with the receipt; or it is "
        "still on its device: parvis-kiosk erase CODE there, or let the device sync first."
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


class Erasures:
    """The orders that this server has, and what they do.

    Args:
        store: the server's.
        uploads: what is on its way.
        key: the server's, which signs what is left.
    """

    def __init__(self, store: Store, uploads: Uploads, key: Ed25519PrivateKey) -> None:
        self._store = store
        self._uploads = uploads
        self._key = key

    def obey(self, order: bytes, now: float) -> Erased:
        """Erase what an order says; any number of times.

        Raises:
            UnreadableStatement, ForgedStatement: it is no order by this consultation's organiser.
            UnknownConsultationHere: its consultation is not published here.
        """
        known = self._store.versions(consultation_of(order))[0]
        own = self._key.public_key().public_bytes_raw()
        erasure = read_order(order, (known.organiser_key, own)).erasure
        table = schema.erasures
        with self._store.writing() as db:
            here = (table.c.consultation == erasure.consultation) & (table.c.id == erasure.id)
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
        changed = self._carry_out_one(erasure.consultation, erasure.id, erasure.reason)
        tell(Event.ERASED)
        return Erased(erasure, changed)

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
        table = schema.records.c
        query = select(table.consultation, table.id).where(table.id.between(*ids)).limit(2)
        with self._store.reading() as db:
            rows = db.execute(query).all()
        if len(rows) != 1:
            raise UnknownContribution()
        return rows[0].consultation, rows[0].id

    # what comes in, and what is there

    def without_erased(self, read: Batch, body: bytes) -> tuple[bytes, frozenset[bytes]]:
        """What is to be kept of a batch that comes in, and the ids of what was erased before."""
        orders = self._orders_in(read)
        if not orders:
            return body, frozenset()
        left = redact(read, read.name, set(orders), list(orders.values()), self._key)
        return left, frozenset(orders)

    def read_stored(self, name: str) -> Batch:
        """A stored batch, whole or with erasures.

        Raises:
            MissingBatch: it is not on disk any more.
        """
        body = self._store.files.batch(name)
        if is_redacted(body):
            return read_redacted(body, self._key.public_key()).batch
        device = self._store.devices(claimed_device(body).hex())[0]
        return batches.read(body, device.public_key)

    def settle(self, read: Batch) -> bool:
        """Once a batch is stored: erase what was ordered meanwhile, and enter tombstones.

        Returns whether anything of it is ordered to go: the word on it may be another one then.

        An order that came before it did nothing yet but keep its bytes out.
        """
        with self._store.reading() as db:
            rows = db.execute(_REASONS, {"consultation": read.consultation})
            ordered = {row.id: Reason(row.reason) for row in rows}
        gone = {one.id for one in read.records if one.id in ordered} if ordered else set()
        for id_ in gone:
            self._carry_out_one(read.consultation, id_, ordered[id_])
        return bool(gone)

    def _orders_in(self, read: Batch) -> dict[bytes, bytes]:
        with self._store.reading() as db:
            rows = db.execute(_ORDERS, {"consultation": read.consultation})
            known = {row.id: row.order for row in rows}
        return {one.id: known[one.id] for one in read.records if one.id in known} if known else {}

    def _carry_out_one(self, consultation: str, id_: bytes, reason: Reason) -> int:
        """Take a contribution out of all batches, and enter its tombstone."""
        commitment: bytes | None = None
        changed = 0
        for name in self._batches_of(consultation, id_):
            read = self.read_stored(name)
            orders = self._orders_in(read)
            found = [one for one in read.records if one.id == id_]
            if not found:
                continue
            commitment = found[0].commitment
            if any(one.ciphertext for one in found):
                gone = {at for at, one in enumerate(read.records) if one.id == id_}
                streams = [one.name for one in read.enclosed if one.position in gone]
                left = redact(read, name, set(orders), list(orders.values()), self._key)
                self._store.files.keep_batch(name, left)
                self._resize(name, len(left))
                self._uploads.drop(name)
                self._take_away(consultation, streams)
                self._acknowledge_anew(name, gone, streams)
                changed += 1
        if commitment is not None:
            table, states = schema.erasures, schema.states
            here = (table.c.consultation == consultation) & (table.c.id == id_)
            published = (states.c.consultation == consultation) & (states.c.id == id_)
            with self._store.writing() as db:
                told = db.execute(delete(states).where(published)).rowcount
                buried = db.execute(select(table.c.buried).where(here)).scalar()
                if buried is False:
                    entomb(db, consultation, [Entry(commitment, reason)])
                    db.execute(update(table).where(here).values(buried=True))
            if told:
                self._store.database.forget(states.name)
        return changed

    def _batches_of(self, consultation: str, id_: bytes) -> Sequence[str]:
        """Every batch that may hold a contribution: all of its device's for this consultation."""
        records, stored = schema.records.c, schema.batches.c
        device = (
            select(stored.device_key_id)
            .join(
                schema.records,
                (records.consultation == stored.consultation) & (records.batch == stored.number),
            )
            .where(records.consultation == consultation, records.id == id_)
        )
        query = (
            select(stored.name)
            .where(
                stored.consultation == consultation,
                stored.device_key_id.in_(device.scalar_subquery()),
            )
            .order_by(stored.number)
        )
        with self._store.reading() as db:
            return db.execute(query).scalars().all()

    def _resize(self, name: str, size: int) -> None:
        """Note how long a batch is now: a backup knows by that what it has to copy again."""
        table = schema.batches
        with self._store.writing() as db:
            db.execute(update(table).where(table.c.name == name).values(size=size))

    def _take_away(self, consultation: str, streams: Sequence[str]) -> None:
        """Attachments, and what came of them."""
        table = schema.attachments
        for name in streams:
            with self._store.writing() as db:
                db.execute(
                    delete(table).where(table.c.consultation == consultation, table.c.name == name)
                )
            self._store.files.remove_attachment(name)
            self._uploads.drop(name)

    def _acknowledge_anew(self, name: str, gone: set[int], streams: Sequence[str]) -> None:
        """Wait no more for the attachments of what was erased."""
        known = self._store.acknowledgement(name)
        if known is None:
            return
        said = acknowledgements.read(known, self._key.public_key())
        if not set(said.awaited).intersection(streams):
            return
        verdicts = [
            Verdict.STORED if at in gone and one is Verdict.AWAITED else one
            for at, one in enumerate(said.verdicts)
        ]
        left = [one for one in said.awaited if one not in streams]
        self._store.acknowledge_again(name, acknowledge(name, verdicts, self._key, left))


# Written out, as each batch asks them: Core takes longer to compose than SQLite to answer.
_COUNTS = text("SELECT consultation, max(number) FROM erasures GROUP BY consultation")
_REASONS = text("SELECT id, reason FROM erasures WHERE consultation = :consultation")
_ORDERS = text('SELECT id, "order" FROM erasures WHERE consultation = :consultation')
