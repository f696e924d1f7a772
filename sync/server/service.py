"""What the server does with what it is asked, without HTTP; what devices bring is `intake`'s."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from sync import consultation
from sync.consultation import Consultation
from sync.enrolment import (
    LIFETIME_SECONDS,
    TOKEN_BYTES,
    EnrolmentAnswer,
    EnrolmentCode,
    EnrolmentRequest,
    fingerprint,
    server_address,
    token_hash,
    token_key,
)
from sync.errors import BadKey, SyncError
from sync.keys import read_signing_key, signing_key_id, write_signing_key
from sync.listing import ListedConsultation, sign_listing
from sync.machine import machine_secret
from sync.roster import FILE_NAME, RosterDevice, sign_roster
from sync.server.answering import Answering
from sync.server.erasures import Erased, Erasures
from sync.server.files import AlreadyServed, DataDirectory
from sync.server.intake import Intake
from sync.server.locks import Rank
from sync.server.logs import Event, tell, tell_failure
from sync.server.places import IN_THE_DIRECTORY, Places
from sync.server.problems import NotFound
from sync.server.pulse import Pulse
from sync.server.register import Registers
from sync.server.store import Store
from sync.server.stored import (
    EnrolledDevice,
    PublishedConsultation,
    StoredBatch,
)
from sync.server.uploads import Uploads
from sync.signatures import RequestParts, verify_request
from sync.signed_answers import sign_answer
from sync.six_words import SixWords, WordsDiffer


class Service:
    """The server of one data directory.

    Args:
        root: the data directory, made if it is not there.
        clock: seconds since 1970.
        places: where the database is, if not in the data directory.

    Raises:
        BadKey: the server's key is missing, or is not the one that the database knows.
        UnusableStore: the database cannot be used.
    """

    def __init__(
        self, root: Path, clock: Callable[[], float], places: Places = IN_THE_DIRECTORY
    ) -> None:
        self.files = DataDirectory(root, places.open_blobs())
        self._clock = clock
        # Nobody restores a backup under a running server: devices look what it still has when it
        # was started anew.
        self._instance = secrets.token_hex(8)
        written = self.files.holds_database()
        self.store = Store(self.files, places.open_database(self.files))
        try:
            self._key = self._server_key(written or self.store.owner() is not None)
            key = self.public_key.public_bytes_raw()
            if self.store.belong_to(key) != key:
                raise BadKey(
                    f"{self.files.server_key} is not the key of the server that this database "
                    "belongs to. Copy server.key from that server's data directory, or name "
                    "another --database."
                )
        except BaseException:
            self.store.close()
            raise
        self.uploads = Uploads(root / "uploads")
        self.pulses = [Pulse()]  # of what publishes; who answers adds those of its threads
        self.erasures = Erasures(self.store, self.uploads, self._key, self._goes_on)
        self.registers = Registers(
            self.files.blobs.within("register"),
            self._key,
            self.store,
            clock,
            lost=self._begin_anew,
            goes_on=self._goes_on,
        )
        self._readers: dict[tuple[str, int], tuple[bytes, ...]] = {}  # as packages say
        self.answers = Answering(self.store, self.registers, self.only_for)
        self._roster_is_due = False
        self._lineage: str | None = None
        self.brought = threading.Event()  # something is to be published
        self.brought.set()
        self.intake = Intake(
            self.store, self.uploads, self.erasures, self._key, clock, self.brought.set
        )

    def close(self) -> None:
        """Let go of the data directory."""
        self.store.close()

    def begin(self) -> None:
        """This process starts to serve: devices may look what the server still has."""
        self.files.make_folders()
        self._lineage = self.store.database.lineage()
        listing = self.files.blobs.read(FILE_NAME)
        self._roster_is_due = listing is not None and listing != self.roster_of_all()
        if self.store.database.shared:
            self.store.begin_instance(self._instance)

    def look_who_took_over(self) -> None:
        """Where a standby took over, it may lack what was acknowledged: devices look.

        Raises:
            UnusableStore: the database cannot be asked now.
        """
        lineage = self.store.database.lineage()
        if self._lineage not in (None, lineage):
            tell(Event.TAKEN_OVER, logging.WARNING)
            self._begin_anew()
        self._lineage = lineage

    def desk_key(self, key_id: str) -> Ed25519PublicKey | None:
        """The key of this id that an organiser of a consultation here, or who reads it, signs with.

        None where it is nobody's of them.
        """
        for one in self.store.consultations():
            for raw in (one.organiser_key, *self._readers_of(one)):
                key = Ed25519PublicKey.from_public_bytes(raw)
                if signing_key_id(key).hex() == key_id:
                    return key
        return None

    def _readers_of(self, published: PublishedConsultation) -> tuple[bytes, ...]:
        """The keys of its further recipients who may fetch, as its package says."""
        place = (published.id, published.version)
        if place not in self._readers:
            self._readers[place] = consultation.read(self.store.package(*place)).readers
        return self._readers[place]

    def _goes_on(self) -> None:
        """What is done now goes on, though it takes long."""
        for one in self.pulses:
            one.goes_on()

    def _begin_anew(self) -> None:
        """Be another instance from now on: devices look what the server still has."""
        self._instance = secrets.token_hex(8)
        if self.store.database.shared:
            self.store.begin_instance(self._instance)

    def publish_registers(self) -> None:
        """Publish what came, unless another process serves this data alone and does so itself.

        Raises:
            SyncError, OSError: it cannot be published now.
        """
        if self.store.database.shared:
            self.registers.publish()
            return
        with contextlib.suppress(AlreadyServed), self.files.serving():
            self.registers.publish()

    def missing(self) -> int:
        """How many contributions of the public registers are not here."""
        return self.registers.missing()

    def damaged_registers(self) -> Iterator[str]:
        """The consultations whose public files are not what this server signed."""
        return self.registers.damaged()

    def damaged_batches(self) -> Iterator[str]:
        """The names of batches of the index that are not on disk, or not as they were."""
        return self.erasures.damaged_batches()

    def erasures_undone(self) -> int:
        """How many orders to erase are not carried out."""
        return len(self.erasures.undone())

    def left_over(self) -> Iterator[str]:
        """The names of files that hold something that was ordered to be erased."""
        return self.erasures.left_over()

    def now(self) -> float:
        """Seconds since 1970, by the server's clock."""
        return self._clock()

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The key that acknowledgements are checked with."""
        return self._key.public_key()

    def sign_answer(self, request: RequestParts, status: int, body: bytes) -> dict[str, str]:
        """The header fields by which this server signs an answer (`sync.signed_answers`)."""
        return sign_answer(request, status, body, self._key, int(self._clock()))

    # what the operator asks

    def offer_enrolment(self, url: str) -> EnrolmentCode:
        """A new one-time code, good for 15 minutes.

        Raises:
            MistypedEnrolmentCode: `url` is not an address.
        """
        token = secrets.token_bytes(TOKEN_BYTES)
        code = EnrolmentCode(server_address(url), fingerprint(self.public_key), token)
        hashed = token_hash(token_key(token).public_key())
        self.files.remember_address(code.url)
        self.store.offer(hashed, self._clock() + LIFETIME_SECONDS)
        return code

    def words(self, device: EnrolledDevice) -> SixWords | None:
        """The six words of a device's last enrolment; None where its token is not known."""
        last = self.store.last_enrolment(device.key_id)
        if last is None:
            return None
        return SixWords.of(self.public_key, device.public_key, last.token_hash)

    def compare(self, device: EnrolledDevice, same: bool) -> None:
        """Take a person's word on whether a device shows the same six words.

        Raises:
            WordsDiffer: it does not; the device is revoked.
        """
        last = self.store.last_enrolment(device.key_id)
        if not same:
            self.revoke(device.key_id)
            raise WordsDiffer(
                f"The words differ: “{device.name}” ({device.key_id}) is another device than the "
                "one you look at, and was revoked. Somebody may have seen the code: print a new "
                "one, and let nobody else see it."
            )
        if last is not None:
            self.store.compare(last.token_hash, self._clock())
        tell(Event.COMPARED, device=device.key_id)

    def revoke(self, key_id: str) -> EnrolledDevice:
        """Accept nothing more from a device.

        Raises:
            UnknownDevice: it was never enrolled.
            RevokedDevice: it is revoked already.
        """
        device = self.store.revoke(key_id, self._clock())
        tell(Event.REVOKED, device=key_id)
        self._write_roster_soon()
        return device

    def publish(self, package: bytes) -> Consultation:
        """Publish a package that its organiser signed; the same one again changes nothing.

        Raises:
            ForgedPackage, MalformedPackage, UnknownFormat: it is not one.
            OlderConsultation: a newer version is published.
            ChangedConsultation: this version is, with another content.
        """
        read = consultation.read(package)
        published = PublishedConsultation(
            id=read.id,
            version=read.version,
            package_hash=hashlib.sha256(package).hexdigest(),
            organiser_key=read.organiser_key,
            form_hash=bytes.fromhex(read.form_hash),
            recipients=frozenset(one.id for one in read.recipients),
        )
        self.store.publish(published, package, self._clock())
        return read

    # what devices ask, beside what they bring (`intake`)

    def enrol(self, request: RequestParts, body: bytes) -> bytes:
        """Enrol a device that proves its token and its key; returns the signed answer.

        Raises:
            ForgedEnrolment: it proves them not.
            SignatureRefused: the request is not signed by the device's key.
            UnknownCode, UsedCode, ExpiredCode: the token does not serve.
        """
        asked = EnrolmentRequest.read(body, fingerprint(self.public_key))
        key_id = signing_key_id(asked.device_public).hex()
        fresh: Mapping[str, Ed25519PublicKey] = {key_id: asked.device_public}
        # The token works once, so a replay is harmless, and a device's clock may be anywhere.
        verify_request(request, body, fresh.get, self._clock(), window=None)
        device = self.store.enrol(
            asked.token_hash(), key_id, asked.device_public, asked.name, self._clock()
        )
        self._write_roster_soon()
        tell(Event.ENROLLED, device=key_id)
        return EnrolmentAnswer.sign(self._key, device.public_key, device.name)

    def withdraw(self, request: RequestParts, key_id: str, token_hash: bytes) -> None:
        """Revoke a device that asks for it itself: its steward saw other words than the server's.

        Raises:
            NotFound: this token did not enrol this device last.
            SignatureRefused: it is not the device that asks.
        """
        known = self.store.devices(key_id)
        last = self.store.last_enrolment(key_id)
        if not known or last is None or last.token_hash != token_hash:
            raise NotFound()
        own: Mapping[str, Ed25519PublicKey] = {key_id: known[0].public_key}
        # The token binds it to one enrolment, so a replay is harmless.
        verify_request(request, b"", own.get, self._clock(), window=None)
        if known[0].revoked_at is None:
            self.revoke(key_id)
            tell(Event.WITHDRAWN, logging.WARNING, device=key_id)

    def listing(self, fresh: str) -> bytes:
        """The signed list of what is published; `fresh` is the asker's: no old list serves."""
        erased = self.erasures.counts()
        listed = [
            ListedConsultation(one.id, one.version, one.package_hash, erased.get(one.id, 0))
            for one in self.store.consultations()
        ]
        instance = self._instance
        if self.store.database.shared:
            instance = self.store.instance() or instance
        return sign_listing(self._key, listed, fresh, instance)

    # what the desk asks

    def batches(
        self, consultation_id: str, after: int, request: RequestParts
    ) -> tuple[StoredBatch, ...]:
        """Which batches hold something of a consultation, to who may read it alone.

        Raises:
            UnknownConsultationHere: it is not published here.
            SignatureRefused: it is nobody of them who asks.
        """
        self.only_for_readers(self.store.versions(consultation_id)[0], request)
        return self.store.batches(consultation_id, after)

    def erase(self, order: bytes) -> Erased:
        """Erase what an organiser, or this server's operator, orders.

        Raises:
            UnreadableStatement, ForgedStatement: it is no order of theirs.
            UnknownConsultationHere: its consultation is not published here.
        """
        done = self.erasures.obey(order, self._clock())
        self.brought.set()
        return done

    def roster(self, consultation_id: str, request: RequestParts) -> bytes:
        """The signed list of devices, to who may read a consultation alone.

        Raises:
            UnknownConsultationHere: it is not published here.
            SignatureRefused: it is nobody of them who asks.
        """
        self.only_for_readers(self.store.versions(consultation_id)[0], request)
        return self.roster_of_all()

    def batch(self, name: str, request: RequestParts) -> bytes:
        """One batch whole, to an organiser whom something in it is for.

        Raises:
            SignatureRefused: somebody else asks, or there is no such batch; they are not told.
            MissingBatch: it is not on disk any more.
        """
        id_ = self.store.consultation_of(name)
        published = None if id_ is None else self.store.versions(id_)[0]
        self.only_for_readers(published, request)
        return self.files.batch(name)

    def attachment(self, consultation_id: str, name: str, request: RequestParts) -> bytes:
        """One sealed attachment, to the organiser of its consultation.

        Raises:
            UnknownConsultationHere: the consultation is not published here.
            SignatureRefused: it is nobody of them who asks.
            NotFound: no batch of it names this, or it has not come yet.
            MissingBatch: it is not on disk any more.
        """
        self.only_for_readers(self.store.versions(consultation_id)[0], request)
        known = self.store.attachment(consultation_id, name)
        if known is None or not known.arrived:
            raise NotFound()
        return self.files.attachment(name)

    def only_for_readers(
        self, published: PublishedConsultation | None, request: RequestParts
    ) -> None:
        """Let nobody through but a consultation's organiser and its further recipients.

        Raises:
            SignatureRefused: it is somebody else who asks.
        """
        known: dict[str, Ed25519PublicKey] = {}
        if published is not None:
            for raw in (published.organiser_key, *self._readers_of(published)):
                key = Ed25519PublicKey.from_public_bytes(raw)
                known[signing_key_id(key).hex()] = key
        verify_request(request, b"", known.get, self._clock())

    def only_for(
        self, published: PublishedConsultation | None, request: RequestParts, body: bytes = b""
    ) -> None:
        """Let nobody through but the organiser of a consultation.

        Raises:
            SignatureRefused: it is somebody else who asks.
        """
        organisers: dict[str, Ed25519PublicKey] = {}
        if published is not None:
            key = Ed25519PublicKey.from_public_bytes(published.organiser_key)
            organisers[signing_key_id(key).hex()] = key
        verify_request(request, body, organisers.get, self._clock())

    def roster_of_all(self) -> bytes:
        """The signed list of devices, for whoever may see it."""
        return sign_roster(
            self._key,
            [
                RosterDevice(one.public_key, one.name, one.revoked_at is not None)
                for one in self.store.devices()
            ],
        )

    def write_roster(self) -> None:
        """Keep the list beside the batches, so that a copy of the folder is enough for the desk."""
        # Another process may be enrolling or revoking, too: the last to read is the last to write.
        with self.store.database.alone(Rank.LISTING):
            self.files.write(FILE_NAME, self.roster_of_all())

    def _write_roster_soon(self) -> None:
        """Keep the list; where that cannot be done now, what was done stands, and it is due."""
        try:
            self.write_roster()
        except (SyncError, OSError):
            tell_failure(Event.FAILED)
            self._roster_is_due = True
            self.brought.set()

    def write_roster_if_due(self) -> None:
        """Keep the list, where it could not be kept before.

        Raises:
            SyncError, OSError: it cannot be kept now either.
        """
        if self._roster_is_due:
            self.write_roster()
            self._roster_is_due = False

    def _server_key(self, known: bool) -> Ed25519PrivateKey:
        with self.files.writing():
            path = self.files.server_key
            if not path.exists():
                if known:
                    raise BadKey(
                        f"The server's key {path} is missing, and devices know this server by it. "
                        "Restore it from its backup, or copy it from another machine that serves "
                        "the same database."
                    )
                write_signing_key(path, Ed25519PrivateKey.generate(), machine_secret())
            return read_signing_key(path, machine_secret())
