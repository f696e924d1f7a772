"""A server's stored batches, to look at: opened to their records, and what is left in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import exists, or_, select, text, union

from sync import batch as batches
from sync.batch import Batch, claimed_device
from sync.errors import SyncError
from sync.redaction import is_redacted, read_redacted
from sync.register.entry import Reason
from sync.server import schema
from sync.server.database import UnusableStore
from sync.server.files import MissingBatch
from sync.server.store import Store


class StoredBatches:
    """The batches as they lie there: nothing is changed, and no private key needed.

    Args:
        store: what the database holds.
        public: the key that signs what an erasure leaves of a batch.
    """

    def __init__(self, store: Store, public: Ed25519PublicKey) -> None:
        self._store = store
        self._public = public

    def left_over(self) -> Iterator[str]:
        """The names of blobs that hold something that was ordered to go, or belong to nobody.

        Looks through every batch of a device that something was erased of, and those that the
        index does not name.
        """
        with self._store.reading() as db:
            orders = [(row.consultation, row.id) for row in db.execute(_ALL_ORDERS)]
        if not orders:
            return
        ordered = set(orders)
        indexed = set(self._store.batch_names())
        asked: set[str] = set()
        for consultation, id_ in orders:
            asked.update(self.batches_of(consultation, id_))
        asked.update(set(self._store.files.batch_names()).difference(indexed))
        enclosed: set[str] = set()
        for name in sorted(asked):
            try:
                read = self.read_stored(name)
            except MissingBatch:
                continue  # missing or damaged: that is said elsewhere
            for one in read.records:
                if one.ciphertext and (read.consultation, one.id) in ordered:
                    yield f"batches/{name[:2]}/{name}"
                    break
            if name not in indexed:
                enclosed.update(one.name for one in read.enclosed)
        for name in self._store.files.attachment_names():
            if name not in enclosed and not self._store.is_attached(name):
                yield f"attachments/{name[:2]}/{name}"

    def read_stored(self, name: str) -> Batch:
        """A stored batch, whole or with erasures.

        Raises:
            MissingBatch: it is not on disk any more, or not as it was.
        """
        body = self._store.files.batch(name)
        try:
            return self.read(body)
        except UnusableStore:
            raise
        except (SyncError, IndexError):  # of what an erasure left, the name is not all the bytes'
            raise MissingBatch() from None

    def damaged_batches(self) -> Iterator[str]:
        """The names of batches of the index that are not on disk, or not as they were."""
        for name in self._store.batch_names():
            try:
                if is_redacted(self._store.files.batch(name)):
                    self.read_stored(name)
            except MissingBatch:
                yield name

    def undone(self) -> Sequence[tuple[str, bytes, Reason]]:
        """Orders that are not done though there is something to erase: consultation, id, reason."""
        table = schema.erasures.c
        query = select(table.consultation, table.id, table.reason).where(
            table.buried.is_(False),
            or_(
                *(
                    exists().where(there.consultation == table.consultation, there.id == table.id)
                    for there in (schema.records.c, schema.quarantine.c)
                )
            ),
        )
        with self._store.reading() as db:
            return [(row[0], row[1], Reason(row[2])) for row in db.execute(query)]

    def read(self, body: bytes) -> Batch:
        """A batch of a device that is known here, whole or with erasures."""
        if is_redacted(body):
            return read_redacted(body, self._public).batch
        device = self._store.devices(claimed_device(body).hex())[0]
        return batches.read(body, device.public_key)

    def batches_of(self, consultation: str, id_: bytes) -> Sequence[str]:
        """Every batch that may hold a contribution, be it in quarantine.

        That is all batches for this consultation of every device that ever brought it: each may
        have sent it again, in a batch formed anew.
        """
        stored = schema.batches.c
        devices = union(
            *(
                select(stored.device_key_id)
                .join(
                    table,
                    (table.c.consultation == stored.consultation)
                    & (table.c.batch == stored.number),
                )
                .where(table.c.consultation == consultation, table.c.id == id_)
                for table in (schema.records, schema.quarantine)
            )
        )
        query = (
            select(stored.name)
            .where(
                stored.consultation == consultation,
                stored.device_key_id.in_(devices),
                stored.lost_at.is_(None),
            )
            .order_by(stored.number)
        )
        with self._store.reading() as db:
            return db.execute(query).scalars().all()


_ALL_ORDERS = text("SELECT consultation, id FROM erasures ORDER BY consultation, number")
