"""What the server remembers, in SQLAlchemy Core: devices, consultations, and the index of batches.

Batches lie whole among the blobs under their hash, written and synced before the index names them
(in the database instead they came out as fast, and made it grow and be copied whole at each backup:
see `docs/decisions/`). A batch of which only the blob survived a power cut is simply sent again; a
batch that the index names is there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from sync.acknowledgement import Verdict
from sync.enrolment import ExpiredCode, UnknownCode, UsedCode
from sync.keys import KEY_ID_BYTES
from sync.server import indexing, schema
from sync.server.database import Database, settled
from sync.server.files import DataDirectory
from sync.server.indexing import index, set_aside
from sync.server.migrations import prepare
from sync.server.numbering import next_batch
from sync.server.register import enter
from sync.server.stored import (
    ChangedConsultation,
    Counts,
    Enrolled,
    EnrolledDevice,
    IncomingBatch,
    OlderConsultation,
    PublishedConsultation,
    RevokedDevice,
    StoredAttachment,
    StoredBatch,
    UnknownConsultationHere,
    UnknownDevice,
)


class Store:
    """The server's memory; every method is one transaction, durable when it returns.

    Safe to call from several threads.

    Args:
        files: the data directory.
        database: where everything but the blobs is remembered.
        prepared: its tables are this parvis-server's: it is only looked at.

    Raises:
        UnusableStore: the database cannot be used, or a newer parvis-server wrote it.
    """

    def __init__(self, files: DataDirectory, database: Database, *, prepared: bool = False) -> None:
        self.files = files
        self.database = database
        if prepared:
            return
        with self.database.preparing() as db:
            prepare(db, files)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def writing(self) -> contextlib.AbstractContextManager[Connection]:
        """A transaction that changes something, durable when it ends."""
        return self.database.writing()

    def reading(self) -> contextlib.AbstractContextManager[Connection]:
        """A connection that only looks."""
        return self.database.reading()

    def writing_together(self) -> contextlib.AbstractContextManager[None]:
        """One transaction for everything that this thread does meanwhile."""
        return self.database.writing_together()

    def looking_together(self) -> contextlib.AbstractContextManager[None]:
        """One look for everything that this thread only reads meanwhile."""
        return self.database.looking_together()

    def publishing(self, consultation: str) -> contextlib.AbstractContextManager[None]:
        """Be the only one, of all threads and processes, that publishes a register."""
        return self.database.publishing(consultation)

    # whose it is

    def owner(self) -> bytes | None:
        """The public key of the server that the database belongs to; None while it is nobody's."""
        with self.reading() as db:
            key: bytes | None = db.execute(select(schema.server.c.public_key)).scalar_one_or_none()
        return key

    def belong_to(self, public_key: bytes) -> bytes:
        """Make it this server's, if it is nobody's; returns whose it is."""
        with self.database.preparing() as db:
            owner: bytes | None = db.execute(
                select(schema.server.c.public_key)
            ).scalar_one_or_none()
            if owner is None:
                db.execute(insert(schema.server), {"public_key": public_key})
        return owner or public_key

    def begin_instance(self, instance: str) -> None:
        """Say that the server was started anew: devices look what it still has."""
        with self.writing() as db:
            db.execute(update(schema.server).values(instance=instance))

    def instance(self) -> str | None:
        """What the last process that was started has said."""
        with self.reading() as db:
            said: str | None = db.execute(select(schema.server.c.instance)).scalar_one_or_none()
        return said

    # devices

    def offer(self, token_hash: bytes, expires_at: float) -> None:
        """Let whoever holds this token enrol one device until `expires_at`."""
        with self.writing() as db:
            db.execute(insert(schema.tokens), {"token_hash": token_hash, "expires_at": expires_at})

    def enrol(
        self,
        token_hash: bytes,
        key_id: str,
        public_key: Ed25519PublicKey,
        name: str,
        now: float,
    ) -> EnrolledDevice:
        """Enrol a device; the same device with the same token again gets the same answer.

        Raises:
            UnknownCode: no such token was given.
            UsedCode: another device has used it.
            ExpiredCode: it is too old.
            RevokedDevice: it was used by this device, which is revoked since.
        """
        settled(lambda: self._use(token_hash, key_id, public_key, name, now))
        return self.device(key_id)

    def _use(
        self, token_hash: bytes, key_id: str, public_key: Ed25519PublicKey, name: str, now: float
    ) -> None:
        """Use a token up for a device."""
        with self.writing() as db:
            token = db.execute(
                select(schema.tokens)
                .where(schema.tokens.c.token_hash == token_hash)
                .with_for_update()  # of several devices that show one code, one has it
            ).first()
            if token is None:
                raise UnknownCode()
            if token.device_key_id is None:
                if now > token.expires_at:
                    raise ExpiredCode()
                self._enter(db, key_id, public_key, name, now)
                db.execute(
                    update(schema.tokens)
                    .where(schema.tokens.c.token_hash == token_hash)
                    .values(device_key_id=key_id)
                )
                given = {"token_hash": token_hash, "device_key_id": key_id, "enrolled_at": now}
                db.execute(insert(schema.enrolments), given)
            elif token.device_key_id != key_id:
                raise UsedCode()

    @staticmethod
    def _enter(
        db: Connection, key_id: str, public_key: Ed25519PublicKey, name: str, now: float
    ) -> None:
        """Write a device down, or give a known one its right back."""
        given = {"name": name, "enrolled_at": now, "revoked_at": None}
        known = update(schema.devices).where(schema.devices.c.key_id == key_id).values(given)
        if not db.execute(known).rowcount:
            fresh = {"key_id": key_id, "public_key": public_key.public_bytes_raw(), **given}
            db.execute(insert(schema.devices), fresh)

    def device(self, key_id: str) -> EnrolledDevice:
        """An enrolled device that may send.

        Raises:
            UnknownDevice: it was never enrolled.
            RevokedDevice: it no longer may.
        """
        with self.reading() as db:
            row = db.execute(_DEVICE, {"key_id": key_id}).first()
        if row is None:
            raise UnknownDevice()
        if row.revoked_at is not None:
            raise RevokedDevice()
        return _enrolled(row)

    def devices(self, key_id: str | None = None) -> tuple[EnrolledDevice, ...]:
        """All devices, or the one of this key id, revoked ones too."""
        with self.reading() as db:
            if key_id is not None:
                return tuple(map(_enrolled, db.execute(_DEVICE, {"key_id": key_id})))
            query = select(schema.devices).order_by(schema.devices.c.enrolled_at)
            return tuple(map(_enrolled, db.execute(query)))

    def enrolment(self, token_hash: bytes) -> str | None:
        """The key id of the device that a token enrolled; None where it has enrolled none."""
        table = schema.enrolments.c
        query = select(table.device_key_id).where(table.token_hash == token_hash)
        with self.reading() as db:
            found: str | None = db.execute(query).scalar_one_or_none()
        return found

    def last_enrolment(self, key_id: str) -> Enrolled | None:
        """How a device was enrolled last; None where that was before words were compared."""
        table = schema.enrolments.c
        query = (
            select(table.token_hash, table.compared_at)
            .where(table.device_key_id == key_id)
            .order_by(table.enrolled_at.desc())
            .limit(1)
        )
        with self.reading() as db:
            row = db.execute(query).first()
        return None if row is None else Enrolled(row.token_hash, row.compared_at is not None)

    def compare(self, token_hash: bytes, now: float) -> None:
        """Remember that the words of this enrolment were the same on both screens."""
        table = schema.enrolments
        with self.writing() as db:
            where = table.c.token_hash == token_hash
            db.execute(update(table).where(where).values(compared_at=now))

    def revoke(self, key_id: str, now: float) -> EnrolledDevice:
        """Accept nothing more from a device; what it has sent stays.

        Raises:
            UnknownDevice: it was never enrolled.
            RevokedDevice: it is revoked already.
        """
        device = self.device(key_id)
        with self.writing() as db:
            db.execute(
                update(schema.devices)
                .where(schema.devices.c.key_id == key_id)
                .values(revoked_at=now)
            )
        return device

    # consultations

    def publish(
        self, published: PublishedConsultation, package: bytes, now: float
    ) -> PublishedConsultation:
        """Publish a verified package; the same one again changes nothing.

        Raises:
            OlderConsultation: a newer version is published.
            ChangedConsultation: this version is, with another content.
        """
        return settled(lambda: self._publish(published, package, now))

    def _publish(
        self, published: PublishedConsultation, package: bytes, now: float
    ) -> PublishedConsultation:
        with self.writing() as db:
            for current in map(_published, db.execute(_VERSIONS, {"id": published.id}).all()[:1]):
                if current.version > published.version:
                    raise OlderConsultation()
                if current.package_hash == published.package_hash:
                    return current
                if current.version == published.version:
                    raise ChangedConsultation()
            db.execute(
                insert(schema.consultations),
                {
                    "id": published.id,
                    "version": published.version,
                    "package": package,
                    "package_hash": published.package_hash,
                    "organiser_key": published.organiser_key,
                    "form_hash": published.form_hash,
                    "recipients": b"".join(sorted(published.recipients)),
                    "published_at": now,
                },
            )
        return published

    def consultations(self) -> tuple[PublishedConsultation, ...]:
        """The newest version of each consultation."""
        with self.reading() as db:
            newest: dict[str, PublishedConsultation] = {}
            for version in map(_published, db.execute(_ALL_VERSIONS)):
                newest.setdefault(version.id, version)
        return tuple(newest.values())

    def versions(self, id_: str) -> tuple[PublishedConsultation, ...]:
        """All versions of a consultation, the newest first; never empty.

        Raises:
            UnknownConsultationHere: there is none of this id.
        """
        with self.reading() as db:
            found = tuple(map(_published, db.execute(_VERSIONS, {"id": id_})))
        if not found:
            raise UnknownConsultationHere()
        return found

    def package(self, id_: str, version: int | None = None) -> bytes:
        """The signed package of a consultation, in its newest version or the one asked for.

        Raises:
            UnknownConsultationHere: there is none of this id, or not of this version.
        """
        table = schema.consultations.c
        query = select(table.package).where(table.id == id_)
        if version is not None:
            query = query.where(table.version == version)
        with self.reading() as db:
            package: bytes | None = db.execute(
                query.order_by(table.version.desc()).limit(1)
            ).scalar_one_or_none()
        if package is None:
            raise UnknownConsultationHere()
        return package

    # batches

    def keep(
        self,
        batch: IncomingBatch,
        acknowledge: Callable[[Sequence[Verdict], Sequence[str]], bytes],
        now: float,
    ) -> bytes:
        """Store a verified batch and the server's word on it, in one transaction.

        Args:
            batch: what came; its bytes are on the disk already.
            acknowledge: makes the signed acknowledgement of the verdicts, and of the attachments
                that are waited for.
            now: seconds since 1970.

        Returns:
            The acknowledgement; for a batch that was stored before, the same bytes as then.
        """
        try:
            with self.writing() as db:
                number = next_batch(db, batch.consultation)
                said = index(self.database, db, number, batch)
                acknowledgement = acknowledge(said.verdicts, said.awaited)
                db.execute(
                    _STORE,
                    {
                        "consultation": batch.consultation,
                        "number": number,
                        "name": batch.name,
                        "device_key_id": batch.device_key_id,
                        "sequence": batch.sequence,
                        "size": len(batch.body),
                        "received_at": now,
                        "acknowledgement": acknowledgement,
                    },
                )
                set_aside(db, number, batch, said)
                enter(db, batch.consultation, number, said.commitments)
        except IntegrityError:
            # It was here before, and its bytes were missing; or it came twice at once.
            known = self.acknowledgement(batch.name)
            if known is None:
                raise
            return known
        return acknowledgement

    def acknowledgement(self, name: str) -> bytes | None:
        """What the server said of a batch; None where it does not have it."""
        with self.reading() as db:
            said: bytes | None = db.execute(_ACKNOWLEDGEMENT, {"name": name}).scalar_one_or_none()
        return said

    def acknowledge_again(self, name: str, acknowledgement: bytes, *, instead_of: bytes) -> bool:
        """Remember a later word on a batch; False where another one was said meanwhile."""
        table = schema.batches
        here = (table.c.name == name) & (table.c.acknowledgement == instead_of)
        with self.writing() as db:
            done = db.execute(update(table).where(here).values(acknowledgement=acknowledgement))
        return bool(done.rowcount)

    # attachments

    def attachment(self, consultation: str, name: str) -> StoredAttachment | None:
        """An attachment that some batch of a consultation names; None where none does."""
        table = schema.attachments.c
        query = select(table.size, table.arrived_at).where(
            table.consultation == consultation, table.name == name
        )
        with self.reading() as db:
            row = db.execute(query).first()
        return None if row is None else StoredAttachment(row.size, row.arrived_at is not None)

    def arrive(self, consultation: str, name: str, size: int, now: float) -> bool:
        """An attachment is on the disk; False where it is not waited for any more: erased."""
        table = schema.attachments.c
        with self.writing() as db:
            done = db.execute(
                update(schema.attachments)
                .where(table.consultation == consultation, table.name == name)
                .values(arrived_at=now, size=size)
            )
        return bool(done.rowcount)

    def is_attached(self, name: str) -> bool:
        """Whether any consultation knows an attachment of this name."""
        table = schema.attachments.c
        query = select(table.size).where(table.name == name).limit(1)
        with self.reading() as db:
            return db.execute(query).first() is not None

    def awaited(self, consultation: str, names: Collection[str]) -> frozenset[str]:
        """Those of these attachments that are not there yet."""
        with self.reading() as db:
            return indexing.awaited(db, consultation, names)

    def attachment_names(self) -> tuple[str, ...]:
        """The names of all attachments that are there, by the index."""
        table = schema.attachments.c
        query = select(table.name).where(table.arrived_at.is_not(None)).order_by(table.name)
        with self.reading() as db:
            return tuple(db.execute(query).scalars())

    def batches(
        self, consultation: str, after: int = 0, most: int = 1000
    ) -> tuple[StoredBatch, ...]:
        """Batches that hold something of a consultation, oldest first, numbers above `after`."""
        table = schema.batches.c
        query = (
            select(table.number, table.name, table.size, table.received_at)
            .where(table.consultation == consultation, table.number > after)
            .order_by(table.number)
            .limit(most)
        )
        with self.reading() as db:
            return tuple(StoredBatch(*row) for row in db.execute(query))

    def consultation_of(self, name: str) -> str | None:
        """Which consultation a stored batch is for; None where it is not stored."""
        with self.reading() as db:
            found: str | None = db.execute(_CONSULTATION, {"name": name}).scalar_one_or_none()
        return found

    # the whole

    def counts(self) -> Counts:
        """How much there is."""
        with self.reading() as db:

            def count(table: object, *where: object) -> int:
                query = select(func.count()).select_from(table)  # type: ignore[arg-type]
                return int(db.execute(query.where(*where)).scalar_one())  # type: ignore[arg-type]

            size = db.execute(select(func.coalesce(func.sum(schema.batches.c.size), 0)))
            return Counts(
                devices=count(schema.devices),
                revoked=count(schema.devices, schema.devices.c.revoked_at.is_not(None)),
                batches=count(schema.batches),
                records=count(schema.records),
                quarantined=count(schema.quarantine),
                bytes=int(size.scalar_one()),
            )

    def batch_names(self) -> tuple[str, ...]:
        """The names of all batches that are here, by the index, in the order they came."""
        query = (
            select(schema.batches.c.name)
            .where(schema.batches.c.lost_at.is_(None))
            .order_by(schema.batches.c.received_at, schema.batches.c.number)
        )
        with self.reading() as db:
            return tuple(db.execute(query).scalars())

    def lost(self, name: str, at: float | None) -> None:
        """A batch's bytes are nowhere any more; or (None) they came again."""
        table = schema.batches
        with self.writing() as db:
            db.execute(update(table).where(table.c.name == name).values(lost_at=at))

    def lost_batches(self) -> int:
        """How many batches were given up."""
        query = select(func.count()).where(schema.batches.c.lost_at.is_not(None))
        with self.reading() as db:
            return int(db.execute(query).scalar_one())

    def forked(self) -> tuple[str, ...]:
        """The names of devices that sent two different batches under one number."""
        table = schema.batches.c
        query = (
            select(schema.devices.c.name)
            .join(schema.batches, table.device_key_id == schema.devices.c.key_id)
            .group_by(
                schema.devices.c.key_id, schema.devices.c.name, table.consultation, table.sequence
            )
            .having(func.count() > 1)
            .distinct()
        )
        with self.reading() as db:
            return tuple(db.execute(query).scalars())


def _published(row: Any) -> PublishedConsultation:
    return PublishedConsultation(
        row.id,
        row.version,
        row.package_hash,
        row.organiser_key,
        row.form_hash,
        frozenset(
            row.recipients[at : at + KEY_ID_BYTES]
            for at in range(0, len(row.recipients), KEY_ID_BYTES)
        ),
        row.published_at,
    )


def _enrolled(row: Any) -> EnrolledDevice:
    return EnrolledDevice(
        row.key_id,
        Ed25519PublicKey.from_public_bytes(row.public_key),
        row.name,
        row.enrolled_at,
        row.revoked_at,
    )


# Written out, as each batch asks them: Core takes longer to compose than SQLite to answer.
_DEVICE = text(
    "SELECT key_id, public_key, name, enrolled_at, revoked_at FROM devices WHERE key_id = :key_id"
)
_ACKNOWLEDGEMENT = text("SELECT acknowledgement FROM batches WHERE name = :name")
_CONSULTATION = text("SELECT consultation FROM batches WHERE name = :name")
_VERSIONS = text(
    "SELECT id, version, package_hash, organiser_key, form_hash, recipients, published_at "
    "FROM consultations "
    "WHERE id = :id ORDER BY version DESC"
)
_ALL_VERSIONS = text(
    "SELECT id, version, package_hash, organiser_key, form_hash, recipients, published_at "
    "FROM consultations "
    "ORDER BY id, version DESC"
)
_STORE = text(
    "INSERT INTO batches (consultation, number, name, device_key_id, sequence, size, received_at, "
    "acknowledgement) VALUES (:consultation, :number, :name, :device_key_id, :sequence, :size, "
    ":received_at, :acknowledgement)"
)
