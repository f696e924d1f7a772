"""A device: its key, its server, the consultations it holds, its outbox, in one directory.

lock              held by the one process that uses the directory
device.key        Ed25519, PEM, 0600; encrypted where the machine has a secret (`sync.machine`)
enrolment.json    the server's address and key, and this device's name there
consultations/    the packages held, one file each
outbox.sqlite     sealed contributions
attachments/      their sealed attachments, one file each
ca.pem            the private authority that the server's certificate is checked with, if any
server-format     up to which version of the format the server reads
rules.json        when sync may use the network, and how long what was sent is kept
device.sqlite     what the kiosk keeps for itself (mediators' accounts)
hatch             the socket where a kiosk that runs takes work from commands
"""

import contextlib
import fcntl
import json
import os
import shutil
import sqlite3
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TextIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlite_utils import Database

from sync import consultation as packages
from sync.attachment import Attached, Attachment
from sync.batch import Moment
from sync.compression import Dictionary
from sync.consultation import Consultation
from sync.contribution import Contribution, without_instance_id
from sync.durable import write_whole
from sync.envelope import SealingSession, awake_and_asleep
from sync.erasure import consultation_of, read_order
from sync.errors import (
    AlreadyEnrolled,
    BadDataDirectory,
    BadKey,
    DamagedData,
    DeviceBusy,
    ErasedAlready,
    MalformedContribution,
    OlderPackage,
    StorageFailed,
    SyncError,
    UnknownConsultation,
)
from sync.keys import read_signing_key, signing_key_id, write_signing_key
from sync.looking import folder_for
from sync.machine import machine_secret
from sync.origin import Origins
from sync.outbox import Counts, First, Outbox, State, read_counts
from sync.receipt import Receipt
from sync.rules import SyncRules, read_rules
from sync.signed import NEWEST
from sync.wire import sized

_AUTHORITY = "ca.pem"
_ERASURES = "erasures"
_CHECKPOINTS = "checkpoints"
_RULES = "rules.json"
_SERVER_FORMAT = "server-format"
_LOOKED_THROUGH = ("consultations", _CHECKPOINTS, _ERASURES)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Enrolment:
    """Where this device belongs.

    Attributes:
        url: the server's address.
        server_key: its Ed25519 public key, 32 bytes; signs acknowledgements.
        name: what the device is called there.
    """

    url: str
    server_key: bytes
    name: str

    @property
    def server(self) -> Ed25519PublicKey:
        """The server's key, loaded."""
        return Ed25519PublicKey.from_public_bytes(self.server_key)


class Device:
    """Everything of one device; opened by one process at a time with `Device.open`."""

    def __init__(self, directory: Path, lock: TextIO, wall: Callable[[], float]) -> None:
        self.directory = directory
        self.complaints: list[str] = []
        """What is wrong in the directory, and yet lets it be used; for the steward."""
        self._lock = lock
        self._wall = wall
        self._guard = threading.RLock()
        self.syncing = threading.Lock()
        """Held by whoever syncs this device."""
        self._sessions: dict[tuple[str, int, str], SealingSession] = {}
        self._known: dict[str, dict[int, Consultation]] = {}  # held now or earlier, by version
        self._enrolled_key: str | None = None
        self.enrolled = self._read_enrolment()
        self.key = self._read_or_make_key()
        self.key_id = signing_key_id(self.key.public_key())
        self._origins = Origins(self.key)
        if self._enrolled_key not in (None, self.key_id.hex()):
            raise BadKey(
                f"The device's key {directory / 'device.key'} is not the one that was enrolled: it "
                "was damaged or replaced. Restore it from its backup."
            )
        self._held = self._read_held()
        self.outbox = Outbox(
            directory / "outbox.sqlite",
            self.key,
            server=self.enrolled.server if self.enrolled else None,
            now=self._moment,
            saw=self.checkpoint,
        )
        self.outbox.version = self._read_server_format()
        self.database = _open_own_database(directory / "device.sqlite")
        self.database_guard = threading.RLock()
        """Held by whoever uses `database`, which threads share."""

    @classmethod
    def open(cls, directory: Path, *, wall: Callable[[], float] = time.time) -> "Device":
        """Open the device kept in `directory`, made if it is not there.

        Args:
            directory: the data directory.
            wall: seconds since 1970, by a clock that may be wrong.

        Raises:
            DeviceBusy: another process uses it.
            BadDataDirectory: it cannot be made or written.
            BadKey: the device was enrolled, and its key is gone or unreadable.
            DamagedOutbox, StorageFailed: the outbox cannot be opened.
            DamagedData: what the kiosk keeps for itself cannot be read.
        """
        lock = _locked(directory)
        try:
            return cls(directory, lock, wall)
        except BaseException:
            lock.close()
            raise

    @classmethod
    @contextlib.contextmanager
    def looked_at(cls, directory: Path) -> "Iterator[Device]":
        """The device kept in `directory` as it is, to look at: nothing there is made or changed.

        What is opened is a copy, without attachments, which is gone when this ends.

        Raises:
            BadDataDirectory: there is no such directory, or it cannot be read.
            DeviceBusy, BadKey, DamagedOutbox, DamagedData: as `open`.
        """
        if not directory.is_dir():
            raise BadDataDirectory(f"There is no data directory {directory}.")
        _not_in_use(directory)
        size = sum(path.stat().st_size for path in directory.glob("*.sqlite*"))
        with folder_for(size) as folder:
            copy = Path(folder)
            try:
                for path in directory.iterdir():
                    if path.suffix in (".sqlite", ".sqlite-wal"):
                        shutil.copyfile(path, copy / path.name)
                    elif path.name in _LOOKED_THROUGH or path.is_file():
                        (copy / path.name).symlink_to(path.absolute())
                (copy / "lock").unlink(missing_ok=True)
            except OSError as error:
                raise BadDataDirectory(
                    f"The data directory {directory} cannot be read: {error.strerror}."
                ) from None
            try:
                with cls.open(copy) as device:
                    device.complaints = [
                        one.replace(folder, str(directory)) for one in device.complaints
                    ]
                    yield device
            except SyncError as error:
                raise type(error)(str(error).replace(folder, str(directory))) from error

    def close(self) -> None:
        """Close everything; sealing sessions end here."""
        with self._guard:
            self._sessions.clear()
            self.outbox.close()
            self.database.close()
            self._lock.close()

    def __enter__(self) -> "Device":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def enrol(self, enrolment: Enrolment, *, authority: bytes = b"", replace: bool = False) -> None:
        """Remember the server that this device belongs to, durably.

        Args:
            enrolment: the server.
            authority: certificates of a private authority (PEM) that its own is checked with.
            replace: the server was set up anew: everything that is still here is owed to it.

        Raises:
            AlreadyEnrolled: contributions still wait here for another server.
        """
        with self._guard:
            before = self.enrolled
            another = before is not None and before.server_key != enrolment.server_key
            if another and not replace and self.owes():
                raise AlreadyEnrolled()
            if another and replace:
                self.outbox.owe_everything()
            elif another:
                # What the former server has is none of this one's business.
                self.outbox.let_go([one.name for one in self.outbox.kept()])
            if another:
                for kept in (self.directory / _CHECKPOINTS).glob("*"):
                    kept.unlink()
                self.learn_server_format(1)
            if authority:
                _write_durably(self.directory / _AUTHORITY, authority)
            else:
                (self.directory / _AUTHORITY).unlink(missing_ok=True)
            document = {
                "device": self.key_id.hex(),
                "name": enrolment.name,
                "server_key": b64encode(enrolment.server_key).decode(),
                "url": enrolment.url,
            }
            written = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
            _write_durably(self.directory / "enrolment.json", written.encode())
            self.enrolled = enrolment
            self.outbox.server = enrolment.server

    @property
    def ca_bundle(self) -> str | None:
        """The file of the private authority that this device was enrolled with; None without."""
        path = self.directory / _AUTHORITY
        return str(path) if path.exists() else None

    @property
    def rules(self) -> SyncRules:
        """When sync may use the network, and how long what was sent is kept."""
        return read_rules(self.directory / _RULES)

    def follow(self, rules: SyncRules) -> None:
        """Remember other rules, durably."""
        _write_durably(self.directory / _RULES, rules.document())

    def checkpoint(self, consultation_id: str) -> bytes | None:
        """The last checkpoint of a register that this device saw; None before the first."""
        try:
            return (self.directory / _CHECKPOINTS / consultation_id).read_bytes()
        except FileNotFoundError:
            return None

    def saw(self, consultation_id: str, checkpoint: bytes) -> None:
        """Remember a checkpoint, durably: no register that forgot it is believed from now on."""
        _write_durably(self.directory / _CHECKPOINTS / consultation_id, checkpoint)

    def learn_server_format(self, newest: int) -> None:
        """Remember, durably, up to which version of the format the server reads, as it signed.

        Batches are formed in it from now on; before the server has said so, in version 1.
        """
        version = min(newest, NEWEST)
        if version != self.outbox.version:
            _write_durably(self.directory / _SERVER_FORMAT, str(version).encode())
            self.outbox.version = version

    def _read_server_format(self) -> int:
        try:
            found = int((self.directory / _SERVER_FORMAT).read_bytes())
        except (FileNotFoundError, ValueError):
            return 1
        return min(max(found, 1), NEWEST)

    def erasures_seen(self, consultation_id: str) -> int:
        """How many of a consultation's orders to erase this device has carried out."""
        try:
            return int((self.directory / _ERASURES / consultation_id).read_bytes())
        except (FileNotFoundError, ValueError):
            return 0

    def saw_erasures(self, consultation_id: str, number: int) -> None:
        """Remember up to which order to erase all are carried out, durably."""
        (self.directory / _ERASURES).mkdir(mode=0o700, exist_ok=True)
        _write_durably(self.directory / _ERASURES / consultation_id, str(number).encode())

    def obey(self, order: bytes) -> bool:
        """Erase what an order says, if it is here; says whether it was.

        Raises:
            UnreadableStatement, ForgedStatement: it is no order by the organiser of a consultation
                that is held here, or by this device's server.
        """
        held = {one.id: one.organiser_key for one in self.consultations()}
        signers = [held[id_] for id_ in {consultation_of(order)} if id_ in held]
        if self.enrolled is not None:
            signers.append(self.enrolled.server_key)
        id_ = read_order(order, signers).erasure.id
        return any(state is not State.ERASED for state in self.outbox.erase((id_, id_)))

    def hours(self) -> int:
        """Hours since 1970, by this device's clock, which may be wrong."""
        return max(0, int(self._wall() // 3600))

    def owes(self) -> bool:
        """Whether contributions are here that no server has acknowledged."""
        counts = self.outbox.counts()
        return counts.waiting + counts.sent + counts.quarantined > 0

    def consultations(self) -> tuple[Consultation, ...]:
        """The consultations that this device holds, ordered by id."""
        with self._guard:
            return tuple(self._held[key] for key in sorted(self._held))

    def consultation(self, consultation_id: str) -> Consultation:
        """One consultation that this device holds.

        Raises:
            UnknownConsultation: it does not hold it.
        """
        with self._guard:
            try:
                return self._held[consultation_id]
            except KeyError:
                raise UnknownConsultation() from None

    def hold(self, data: bytes) -> Consultation:
        """Take a consultation's package in, durably; the version held before is replaced.

        Args:
            data: the package.

        Raises:
            UnknownFormat, ForgedPackage, MalformedPackage: it is no sound package.
            OlderPackage: this device holds a newer version, or another one of the same number.
        """
        fresh = packages.read(data)
        with self._guard:
            held = self._held.get(fresh.id)
            if held is not None and held.data == data:
                return held
            if held is not None and fresh.version < held.version:
                raise OlderPackage()
            if held is not None and fresh.version == held.version:
                raise OlderPackage(
                    "This consultation came twice under the same version number with different "
                    "content; the first was kept. Publish it again, under the next number."
                )
            _write_durably(self.directory / "consultations" / f"{fresh.id}.parvis", data)
            self._held[fresh.id] = fresh
            self._known.setdefault(fresh.id, {})[fresh.version] = fresh
            return fresh

    def confirm(
        self,
        consultation_id: str,
        contribution: Contribution,
        attachments: Sequence[Attachment] = (),
        origin: str = "",
        version: int | None = None,
    ) -> Receipt:
        """Seal a contribution and its attachments, store them, and only then give its receipt.

        It is sealed as the package says that its person began with, whatever came to the device
        meanwhile: to the keys that they were told of, and to nobody else. Only where one of these
        keys was withdrawn, destroyed or stolen, it is sealed to those of the newest package.

        What has an origin is sealed once: whoever confirms that origin again, whatever happened
        between, gets the first receipt, and nothing is sealed.

        The instance's random id is left out: the desk gives it the one that follows from the
        contribution's own id (`sync.contribution.instance_id`).

        Args:
            consultation_id: of a consultation held here.
            contribution: answers its form, as held now or earlier in this process.
            attachments: the files that its fields refer to by name; they are written into it here.
            origin: what tells this entry, row or sheet from all others of its consultation; ""
                where it has none, and may be sealed any number of times.
            version: of the package that was begun with; None for the newest that has this form.

        Raises:
            UnknownConsultation: this device does not hold it.
            MalformedContribution: it answers another form, cannot be written, or something is
                attached that cannot be: too large, or two of one name.
            NotKept: the disk did not take it; nothing of it remains.
            ErasedAlready: it was sealed before, and erased since; it is not sealed again.
        """
        attachments = tuple(dict.fromkeys(attachments))  # two fields may hold one name
        with self._guard:
            consultation = self.consultation(consultation_id)
            if origin and (before := self.receipt_of(consultation_id, origin)) is not None:
                return before
            begun = self._begun_with(consultation, contribution.form_hash, version)
            said = replace(
                contribution,
                fields=without_instance_id(contribution.fields),
                attachments=tuple(Attached.of(one) for one in attachments),
            )
            sealed = self._session(begun, said.form_hash).seal(said, attachments)
            receipt = Receipt.promise(consultation_id, sealed.commitment, self.key, self._wall())
            first = First(self._origin(consultation_id, origin), receipt.promised)
            self.outbox.keep(sealed, first if origin else None)
            return receipt

    def receipt_of(self, consultation_id: str, origin: str) -> Receipt | None:
        """The receipt of what was sealed here under an origin; None where nothing was.

        Raises:
            ErasedAlready: it was, and has been erased since.
        """
        first = self.outbox.first(self._origin(consultation_id, origin))
        if first is None:
            return None
        if first.promised is None:
            raise ErasedAlready()
        return Receipt.again(consultation_id, first.promised, self.key)

    def sealed_of(self, consultation_id: str, origins: Collection[str]) -> frozenset[str]:
        """Of some origins, those that something was sealed under, whatever became of it."""
        held = {self._origin(consultation_id, one): one for one in origins}
        return frozenset(held[one] for one in self.outbox.known_origins(held))

    def _origin(self, consultation_id: str, origin: str) -> bytes:
        """An origin as the outbox holds it: it tells a thief of the disk alone nothing."""
        written = sized(consultation_id.encode()) + origin.encode()
        return self._origins.mark(written)

    def today(self) -> date:
        """The day by this device's clock."""
        return date.fromtimestamp(self._wall())

    def _begun_with(
        self, newest: Consultation, form_hash: str, version: int | None
    ) -> Consultation:
        """The package to seal by.

        Raises:
            MalformedContribution: none that was held here has this form.
        """
        known = self._known[newest.id]
        having = [one for one in known.values() if one.form_hash == form_hash]
        if not having:
            raise MalformedContribution(
                "This contribution answers a form that this consultation does not have here."
            )
        begun = max(having, key=lambda one: (one.version == version, one.version))
        gone = set(newest.withdrawn)
        return newest if any(one.id in gone for one in begun.recipients) else begun

    def _session(self, consultation: Consultation, form_hash: str) -> SealingSession:
        """The session to seal with: the one begun for this very package, or a new one."""
        key = (consultation.id, consultation.version, form_hash)
        session = self._sessions.get(key)
        if session is None or session.spent:
            session = SealingSession.start(
                consultation.id,
                form_hash,
                self.key_id,
                consultation.recipients,
                dictionary=(
                    Dictionary(consultation.dictionary) if session is None else session.dictionary
                ),
                padding=consultation.options.padding,
                least=consultation.options.least,
            )
            self._sessions = {
                other: kept for other, kept in self._sessions.items() if not kept.spent
            }
            self._sessions[key] = session
        return session

    def _moment(self) -> Moment:
        boot_id = _BOOT_ID.read_text() if _BOOT_ID.exists() else ""
        return Moment.of(boot_id, awake_and_asleep(), self._wall(), self.key_id)

    def _read_or_make_key(self) -> Ed25519PrivateKey:
        path = self.directory / "device.key"
        if not path.exists():
            used = self.enrolled is not None or (self.directory / "outbox.sqlite").exists()
            if used:
                raise BadKey(
                    f"The device's key {path} is missing, and contributions were sealed under it. "
                    "Restore it from its backup."
                )
            write_signing_key(path, Ed25519PrivateKey.generate(), machine_secret())
        return read_signing_key(path, machine_secret())

    def _read_enrolment(self) -> Enrolment | None:
        path = self.directory / "enrolment.json"
        if not path.exists():
            return None
        try:
            document = json.loads(path.read_bytes())
            key = b64decode(document["server_key"], validate=True)
            self._enrolled_key = document.get("device")
            Ed25519PublicKey.from_public_bytes(key)
            return Enrolment(str(document["url"]), key, str(document["name"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            self.complaints.append(
                f"{path} cannot be read: nothing can be sent until the device is enrolled again."
            )
            return None

    def _read_held(self) -> dict[str, Consultation]:
        held = {}
        for path in sorted((self.directory / "consultations").glob("*.parvis")):
            try:
                consultation = packages.read(path.read_bytes())
            except (OSError, SyncError) as error:
                self.complaints.append(f"{path} was left aside: {error}")
                continue
            held[consultation.id] = consultation
            self._known[consultation.id] = {consultation.version: consultation}
        return held


def rules_of(directory: Path) -> SyncRules:
    """The rules of a device that another process may be using; nothing is written.

    Raises:
        BadDataDirectory: there is no such directory.
    """
    if not directory.is_dir():
        raise BadDataDirectory(f"There is no data directory {directory}.")
    return read_rules(directory / _RULES)


def outbox_counts(directory: Path) -> Counts:
    """The outbox's counts, while another process may be using the device.

    Raises:
        BadDataDirectory: there is no such directory.
        DamagedOutbox: the outbox cannot be read.
    """
    if not directory.is_dir():
        raise BadDataDirectory(f"There is no data directory {directory}.")
    try:
        _not_in_use(directory)
        used = False
    except DeviceBusy:
        used = True
    return read_counts(directory / "outbox.sqlite", used=used)


def _not_in_use(directory: Path) -> None:
    """Refuse a directory that another process uses now; changes nothing in it.

    Raises:
        DeviceBusy: one does.
    """
    try:
        lock = (directory / "lock").open(encoding="ascii")
    except OSError:
        return  # nobody ever used it, or nobody may be asked
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(lock, directory) from None


def _busy(lock: TextIO, directory: Path) -> DeviceBusy:
    lock.seek(0)
    holder = lock.read(20).strip()
    which = f" (process {holder})" if holder.isdigit() else ""
    return DeviceBusy(
        f"Another Parvis{which} already uses {directory}. Close it first, "
        "or name another directory with --data."
    )


def _locked(directory: Path) -> TextIO:
    """Make the directory ready, and hold its lock until the file returned is closed."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (directory / "consultations").mkdir(mode=0o700, exist_ok=True)
        (directory / _CHECKPOINTS).mkdir(mode=0o700, exist_ok=True)
        (directory / "lock").touch(mode=0o600)
        lock = (directory / "lock").open("a+", encoding="ascii")
    except OSError as error:
        raise BadDataDirectory(
            f"The data directory {directory} cannot be used: {error.strerror}."
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with lock:
            raise _busy(lock, directory) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _open_own_database(path: Path) -> Database:
    try:
        path.touch(mode=0o600)
        database = Database(sqlite3.connect(path, check_same_thread=False))
        database.execute("PRAGMA secure_delete=ON").fetchall()
        database.enable_wal()
        database.execute("PRAGMA synchronous=FULL")
        wrong = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise StorageFailed(f"{path}: {StorageFailed.sentence} (SQLite: {error}.)") from error
    except sqlite3.DatabaseError as error:
        wrong = str(error)
    except UnicodeDecodeError:
        wrong = "a text in it is none"
    if wrong != "ok":
        raise DamagedData(
            f"{path} is damaged ({wrong.splitlines()[0]}). It holds the accounts of mediators and "
            "stewards, and no contribution: move it away, start again, and add the accounts anew."
        )
    return database


def _write_durably(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise BadDataDirectory(f"{path} cannot be written: {error.strerror}.") from None
