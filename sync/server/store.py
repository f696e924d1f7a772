"""What the server remembers, in SQLAlchemy Core: devices, consultations, and the index of batches.

Embedded default: one SQLite file in WAL mode with `synchronous=FULL`, one connection, used by one
thread at a time. Batches lie whole in a folder under their hash, written and synced before the
index names them (in the database instead they came out as fast, and made it grow and be copied
whole at each backup: see `docs/decisions/`). A batch of which only the file survived a power cut is
simply sent again; a batch that the index names is there.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, create_engine, event, func, insert, select, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.pool import StaticPool

from sync.acknowledgement import Verdict
from sync.enrolment import ExpiredCode, UnknownCode, UsedCode
from sync.errors import SyncError
from sync.keys import KEY_ID_BYTES
from sync.server import schema
from sync.server.files import DataDirectory
from sync.server.migrations import migrate
from sync.server.register import enter

_BUSY_MILLISECONDS = 10_000
_IDS_AT_ONCE = 500


class UnknownDevice(SyncError):
    """The batch or request names a device that was never enrolled here."""

    sentence = "This device is not enrolled with this server. Enrol it: parvis-server enrol."


class RevokedDevice(SyncError):
    """The device was enrolled once, and its right withdrawn."""

    sentence = "This device was revoked on this server. Enrol it again if that was a mistake."


class UnknownConsultationHere(SyncError):
    """This server does not hold the consultation."""

    sentence = "This server holds no consultation of that name. Publish it: parvis-server publish."


class OlderConsultation(SyncError):
    """A newer version is published already."""

    sentence = "This server already publishes a newer version of this consultation."


class ChangedConsultation(SyncError):
    """The same version is published already, with other content."""

    sentence = (
        "This server already publishes this version of the consultation, with another content. "
        "Give the new one a higher --version."
    )


class UnusableStore(SyncError):
    """The server's database cannot be used."""

    sentence = "The server's database cannot be used now. `parvis-server doctor` says more."


@dataclass(frozen=True)
class IncomingRecord:
    """What the server reads of a sealed record: enough to find it again, nothing of its content.

    Attributes:
        id: the contribution's, 16 bytes.
        commitment: the contribution's, for the register.
        fingerprint: SHA-256 over its bytes.
        held_back: why it is quarantined whatever else is stored; None where nothing speaks
            against it.
        attachments: name and size of the streams that belong to it.
    """

    id: bytes
    commitment: bytes
    fingerprint: bytes
    held_back: Verdict | None = None
    attachments: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class IncomingBatch:
    """A verified batch to be stored.

    Attributes:
        name: SHA-256 of its bytes, hex.
        body: the file.
        consultation: that all its records belong to.
        device_key_id: who signed it, hex.
        sequence: its number among this device's batches for this consultation.
        records: in the order that the acknowledgement lists them.
    """

    name: str
    body: bytes
    consultation: str
    device_key_id: str
    sequence: int
    records: tuple[IncomingRecord, ...]


@dataclass(frozen=True)
class EnrolledDevice:
    """A device as the server knows it; times in seconds since 1970."""

    key_id: str
    public_key: Ed25519PublicKey
    name: str
    enrolled_at: float
    revoked_at: float | None


@dataclass(frozen=True)
class Enrolled:
    """How a device was enrolled.

    Attributes:
        token_hash: what the server kept of the code's token.
        compared: whether somebody has compared the six words.
    """

    token_hash: bytes
    compared: bool


@dataclass(frozen=True)
class PublishedConsultation:
    """One version of a consultation that this server publishes.

    Attributes:
        id: the consultation's.
        version: grows with every publication.
        package_hash: SHA-256 of the package, hex.
        organiser_key: Ed25519, 32 bytes.
        form_hash: SHA-256 of its form, 32 bytes.
        recipients: the ids of the keys that contributions are sealed to.
    """

    id: str
    version: int
    package_hash: str
    organiser_key: bytes
    form_hash: bytes
    recipients: frozenset[bytes]


@dataclass(frozen=True)
class StoredAttachment:
    """A sealed attachment that some batch names.

    Attributes:
        size: of its stream, in bytes.
        arrived: whether it is there.
    """

    size: int
    arrived: bool


@dataclass(frozen=True)
class StoredBatch:
    """A batch in the order it came."""

    number: int
    name: str
    size: int
    received_at: float


@dataclass(frozen=True)
class Counts:
    """How much the server holds."""

    devices: int
    revoked: int
    batches: int
    records: int
    quarantined: int
    bytes: int


class Store:
    """The server's memory; every method is one transaction, durable when it returns.

    Safe to call from several threads; they take turns.
    """

    def __init__(self, files: DataDirectory) -> None:
        """Open the store, made if it is not there.

        Raises:
            UnusableStore: the file is not a database that can be read.
        """
        self.files = files
        self._turn = threading.RLock()
        self._engine = create_engine(
            f"sqlite:///{files.database}",
            poolclass=StaticPool,  # one connection, ever
            connect_args={"check_same_thread": False},
        )
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        with self.writing() as db:
            schema.tables.create_all(db)
            found = db.execute(select(schema.schema_version.c.version)).scalar()
            if found is None:
                db.execute(insert(schema.schema_version), {"version": schema.VERSION})
            elif found > schema.VERSION:
                raise UnusableStore("This data was written by a newer parvis-server. Update it.")
            else:
                migrate(db, files, found)

    def close(self) -> None:
        """Let go of the database."""
        with self._turn, self.files.writing():
            self._engine.dispose()

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
        with self.writing() as db:
            token = db.execute(
                select(schema.tokens).where(schema.tokens.c.token_hash == token_hash)
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
        return self.device(key_id)

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
        for device in self.devices(key_id):
            if device.revoked_at is not None:
                raise RevokedDevice()
            return device
        raise UnknownDevice()

    def devices(self, key_id: str | None = None) -> tuple[EnrolledDevice, ...]:
        """All devices, or the one of this key id, revoked ones too."""
        query = select(schema.devices).order_by(schema.devices.c.enrolled_at)
        if key_id is not None:
            query = query.where(schema.devices.c.key_id == key_id)
        with self.reading() as db:
            return tuple(
                EnrolledDevice(
                    row.key_id,
                    Ed25519PublicKey.from_public_bytes(row.public_key),
                    row.name,
                    row.enrolled_at,
                    row.revoked_at,
                )
                for row in db.execute(query)
            )

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
        with self.writing() as db:
            for current in _versions(db, published.id)[:1]:
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
            for version in _versions(db):
                newest.setdefault(version.id, version)
        return tuple(newest.values())

    def versions(self, id_: str) -> tuple[PublishedConsultation, ...]:
        """All versions of a consultation, the newest first; never empty.

        Raises:
            UnknownConsultationHere: there is none of this id.
        """
        with self.reading() as db:
            found = _versions(db, id_)
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
            batch: what came.
            acknowledge: makes the signed acknowledgement of the verdicts, and of the attachments
                that are waited for.
            now: seconds since 1970.

        Returns:
            The acknowledgement; for a batch that was stored before, the same bytes as then.
        """
        known = self.acknowledgement(batch.name)
        if known is None or not self.files.holds(batch.name):
            self.files.keep_batch(batch.name, batch.body)
        if known is not None:
            return known
        try:
            with self.writing() as db:
                number = db.execute(
                    insert(schema.batches).returning(schema.batches.c.number),
                    {
                        "name": batch.name,
                        "consultation": batch.consultation,
                        "device_key_id": batch.device_key_id,
                        "sequence": batch.sequence,
                        "size": len(batch.body),
                        "received_at": now,
                        "acknowledgement": b"",
                    },
                ).scalar_one()
                verdicts, awaited, fresh = _index(db, number, batch)
                enter(db, batch.consultation, number, fresh)
                acknowledgement = acknowledge(verdicts, awaited)
                db.execute(
                    update(schema.batches)
                    .where(schema.batches.c.number == number)
                    .values(acknowledgement=acknowledgement)
                )
        except IntegrityError:
            # The same batch came twice at once, and the other one was first.
            known = self.acknowledgement(batch.name)
            if known is None:
                raise
            return known
        return acknowledgement

    def acknowledgement(self, name: str) -> bytes | None:
        """What the server said of a batch; None where it does not have it."""
        with self.reading() as db:
            said: bytes | None = db.execute(
                select(schema.batches.c.acknowledgement).where(schema.batches.c.name == name)
            ).scalar_one_or_none()
        return said

    def acknowledge_again(self, name: str, acknowledgement: bytes) -> None:
        """Remember a later word on a batch."""
        with self.writing() as db:
            db.execute(
                update(schema.batches)
                .where(schema.batches.c.name == name)
                .values(acknowledgement=acknowledgement)
            )

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

    def arrive(self, consultation: str, name: str, now: float) -> None:
        """An attachment is on the disk."""
        table = schema.attachments.c
        with self.writing() as db:
            db.execute(
                update(schema.attachments)
                .where(table.consultation == consultation, table.name == name)
                .values(arrived_at=now)
            )

    def awaited(self, consultation: str, names: Collection[str]) -> frozenset[str]:
        """Those of these attachments that are not there yet."""
        with self.reading() as db:
            return _awaited(db, consultation, names)

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
        query = select(schema.batches.c.consultation).where(schema.batches.c.name == name)
        with self.reading() as db:
            found: str | None = db.execute(query).scalar_one_or_none()
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
        """The names of all batches that the index knows, in the order they came."""
        query = select(schema.batches.c.name).order_by(schema.batches.c.number)
        with self.reading() as db:
            return tuple(db.execute(query).scalars())

    def forked(self) -> tuple[str, ...]:
        """The names of devices that sent two different batches under one number."""
        table = schema.batches.c
        query = (
            select(schema.devices.c.name)
            .join(schema.batches, table.device_key_id == schema.devices.c.key_id)
            .group_by(schema.devices.c.key_id, table.consultation, table.sequence)
            .having(func.count() > 1)
            .distinct()
        )
        with self.reading() as db:
            return tuple(db.execute(query).scalars())

    def integrity(self) -> tuple[str, ...]:
        """What SQLite finds wrong with the file; empty where it is sound."""
        with self.reading() as db:
            try:
                said = db.execute(text("PRAGMA integrity_check")).scalars().all()
            except DatabaseError as error:
                return (str(error.orig),)
        return tuple(line for line in said if line != "ok")

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that changes something, durable when it ends."""
        try:
            with self._turn, self.files.writing(), self._engine.begin() as db:
                yield db
        except IntegrityError:
            raise
        except DatabaseError as error:
            raise UnusableStore(_in_words(error)) from error
        except UnicodeDecodeError as error:
            raise UnusableStore(_DAMAGED_TEXT) from error

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only looks."""
        try:
            with self._turn, self._engine.begin() as db:
                yield db
        except DatabaseError as error:
            raise UnusableStore(_in_words(error)) from error
        except UnicodeDecodeError as error:
            raise UnusableStore(_DAMAGED_TEXT) from error


_DAMAGED_TEXT = (
    "The server's database is damaged: a text in it is none. Stop the server, keep the directory "
    "as it is, and restore the last backup beside it."
)


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
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(db: Connection) -> None:
    db.exec_driver_sql("BEGIN")


def _in_words(error: DatabaseError) -> str:
    return f"{UnusableStore.sentence} (SQLite says: {error.orig}.)"


def _versions(db: Connection, id_: str | None = None) -> tuple[PublishedConsultation, ...]:
    """Versions of one consultation, or of all, the newest of each first."""
    table = schema.consultations.c
    query = select(
        table.id,
        table.version,
        table.package_hash,
        table.organiser_key,
        table.form_hash,
        table.recipients,
    ).order_by(table.id, table.version.desc())
    if id_ is not None:
        query = query.where(table.id == id_)
    return tuple(
        PublishedConsultation(
            row.id,
            row.version,
            row.package_hash,
            row.organiser_key,
            row.form_hash,
            frozenset(
                row.recipients[at : at + KEY_ID_BYTES]
                for at in range(0, len(row.recipients), KEY_ID_BYTES)
            ),
        )
        for row in db.execute(query)
    )


def _index(
    db: Connection, number: int, batch: IncomingBatch
) -> tuple[list[Verdict], tuple[str, ...], list[bytes]]:
    """Enter the records of a new batch.

    Returns:
        What became of each, which attachments are waited for, and the commitments of those records
        that were not there before.
    """
    known = _known(db, batch)
    enclosed = [one for record in batch.records for one in record.attachments]
    _announce(db, batch.consultation, enclosed)
    waited = _awaited(db, batch.consultation, [name for name, _ in enclosed])
    verdicts: list[Verdict] = []
    fresh: list[dict[str, object]] = []
    held_back: list[dict[str, object]] = []
    commitments: list[bytes] = []
    for position, record in enumerate(batch.records):
        if record.held_back is not None:
            verdict = record.held_back
        elif record.id not in known:
            verdict = Verdict.STORED
            known[record.id] = record.fingerprint
            commitments.append(record.commitment)
            fresh.append(
                {
                    "consultation": batch.consultation,
                    "id": record.id,
                    "fingerprint": record.fingerprint,
                    "batch": number,
                }
            )
        elif known[record.id] == record.fingerprint:
            verdict = Verdict.DUPLICATE
        else:
            verdict = Verdict.OTHER_BYTES
        if verdict.settled and any(name in waited for name, _ in record.attachments):
            verdict = Verdict.AWAITED
        if verdict.quarantined:
            held_back.append(
                {
                    "batch": number,
                    "position": position,
                    "id": record.id,
                    "fingerprint": record.fingerprint,
                    "verdict": verdict.code,
                }
            )
        verdicts.append(verdict)
    if fresh:
        db.execute(insert(schema.records), fresh)
    if held_back:
        db.execute(insert(schema.quarantine), held_back)
    awaited = tuple(name for name, _ in enclosed if name in waited)
    return verdicts, awaited, commitments


def _announce(db: Connection, consultation: str, enclosed: Sequence[tuple[str, int]]) -> None:
    """Enter attachments that are to come, where they are not known."""
    if not enclosed:
        return
    known = _attachments(db, consultation, [name for name, _ in enclosed])
    fresh = [
        {"consultation": consultation, "name": name, "size": size}
        for name, size in enclosed
        if name not in known
    ]
    if fresh:
        db.execute(insert(schema.attachments), fresh)


def _awaited(db: Connection, consultation: str, names: Collection[str]) -> frozenset[str]:
    known = _attachments(db, consultation, names)
    return frozenset(name for name in names if not known.get(name, False))


def _attachments(db: Connection, consultation: str, names: Collection[str]) -> dict[str, bool]:
    """Name → whether it is there, of those attachments that are known."""
    table, asked = schema.attachments.c, list(names)
    known: dict[str, bool] = {}
    for at in range(0, len(asked), _IDS_AT_ONCE):
        query = select(table.name, table.arrived_at).where(
            table.consultation == consultation, table.name.in_(asked[at : at + _IDS_AT_ONCE])
        )
        known.update({row.name: row.arrived_at is not None for row in db.execute(query)})
    return known


def _known(db: Connection, batch: IncomingBatch) -> dict[bytes, bytes]:
    """Id → fingerprint of those records whose ids are stored already."""
    table = schema.records.c
    known: dict[bytes, bytes] = {}
    for at in range(0, len(batch.records), _IDS_AT_ONCE):
        ids = [record.id for record in batch.records[at : at + _IDS_AT_ONCE]]
        query = select(table.id, table.fingerprint).where(
            table.consultation == batch.consultation, table.id.in_(ids)
        )
        known.update({row.id: row.fingerprint for row in db.execute(query)})
    return known
