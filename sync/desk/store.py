"""The desk's store: contributions opened and checked, in one SQLite file of the organiser's own.

Tables a person can query with sqlite-utils or any SQLite tool: `contributions`, `fields`,
`batches`, `findings`, `consultations`, `devices`, `sources`. It holds what people said, in clear:
it belongs on the organiser's own disk, readable by nobody else (it is made 0600).
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from sqlite_utils import Database

from sync import consultation as packages
from sync.consultation import Consultation
from sync.desk.media import DeskAttachment, MediaFolder
from sync.errors import SyncError
from sync.register.entry import Entry

_SCHEMA = """
CREATE TABLE consultations (
    id TEXT, version INTEGER, title TEXT, form_hash TEXT, package BLOB,
    PRIMARY KEY (id, version));
CREATE TABLE devices (key_id TEXT PRIMARY KEY, name TEXT, public_key BLOB, revoked INTEGER);
CREATE TABLE sources (
    source TEXT, consultation TEXT, after INTEGER, PRIMARY KEY (source, consultation));
CREATE TABLE servers (source TEXT PRIMARY KEY, public_key BLOB);
CREATE TABLE batches (
    name TEXT PRIMARY KEY, consultation TEXT, device TEXT, sequence INTEGER, previous TEXT,
    received TEXT, records INTEGER, state TEXT);
CREATE TABLE contributions (
    number INTEGER PRIMARY KEY,
    id TEXT, consultation TEXT, fingerprint TEXT, commitment TEXT, seed TEXT, received TEXT,
    device TEXT, batch TEXT REFERENCES batches (name),
    form_id TEXT, form_version TEXT, form_hash TEXT,
    mode TEXT, language TEXT, help TEXT, read_back INTEGER, agreement TEXT, reworded TEXT,
    UNIQUE (consultation, id));
CREATE TABLE fields (
    contribution INTEGER REFERENCES contributions (number), position INTEGER,
    path TEXT, value TEXT, PRIMARY KEY (contribution, position)) WITHOUT ROWID;
CREATE TABLE findings (
    kind TEXT, consultation TEXT, batch TEXT, device TEXT, contribution TEXT, sentence TEXT);
CREATE INDEX findings_by_batch ON findings (batch);
"""
_ATTACHMENTS = """
CREATE TABLE attachments (
    consultation TEXT, contribution TEXT, place INTEGER, name TEXT, sha256 TEXT, size INTEGER,
    media_type TEXT, here INTEGER, PRIMARY KEY (consultation, contribution, place)) WITHOUT ROWID;
"""
# The register as it was seen; the commitment of a tombstone stands behind a hyphen.
_REGISTER = """
CREATE TABLE register (
    consultation TEXT, position INTEGER, commitment TEXT, entry BLOB,
    PRIMARY KEY (consultation, position)) WITHOUT ROWID;
CREATE INDEX register_by_commitment ON register (consultation, commitment);
CREATE INDEX contributions_by_commitment ON contributions (consultation, commitment);
CREATE TABLE register_notes (consultation TEXT PRIMARY KEY, note BLOB);
ALTER TABLE sources ADD COLUMN last TEXT;
"""
_VERSION = 3
_OWN_WORDS = 20  # characters of an answer that two people do not write alike
_TABLES = frozenset(re.findall(r"CREATE TABLE (\w+)", _SCHEMA))  # of every version


class UnusableDeskStore(SyncError):
    """The desk's file cannot be used."""

    sentence = "The desk's store cannot be used."


class BatchState(Enum):
    """What became of a batch at the desk."""

    OPENED = "opened"
    INCOMPLETE = "incomplete"  # some of it could not be opened, with these keys and packages
    REFUSED = "refused"  # altered, forged or unreadable
    MISSING = "missing"  # listed, and not to be had


class Kind(Enum):
    """What is wrong."""

    MISSING = "missing"
    ALTERED = "altered"
    DUPLICATED = "duplicated"
    CONFLICT = "conflict"
    UNOPENABLE = "not openable"
    UNKNOWN_DEVICE = "unknown device"
    UNREGISTERED = "not registered"
    REGISTER = "register"
    FORKED = "forked"
    REPEATED = "repeated on paper"


@dataclass(frozen=True)
class Finding:
    """Something that somebody has to know, about a batch or one contribution in it."""

    kind: Kind
    sentence: str
    consultation: str = ""
    batch: str = ""
    device: str = ""
    contribution: str = ""


@dataclass(frozen=True)
class DeskBatch:
    """A batch as the desk knows it."""

    name: str
    consultation: str
    device: str
    sequence: int
    previous: str
    received: str
    records: int
    state: BatchState


@dataclass(frozen=True)
class DeskContribution:
    """A contribution, opened and faithful to its commitment; texts as they stand in the store."""

    id: str
    consultation: str
    fingerprint: str
    commitment: str
    seed: str
    received: str
    device: str
    batch: str
    form_id: str
    form_version: str
    form_hash: str
    mode: str
    language: str
    help: str
    read_back: bool | None
    agreement: str
    reworded: str
    fields: tuple[tuple[str, str], ...]
    attachments: tuple[DeskAttachment, ...] = ()


@dataclass(frozen=True)
class DeskDevice:
    """A device whose batches can be checked."""

    key_id: str
    name: str
    public_key: bytes
    revoked: bool


class DeskStore:
    """The desk's file; every method that writes is one transaction, or part of the caller's.

    Raises:
        UnusableDeskStore: it cannot be opened, or is something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.media = MediaFolder(path.with_name(path.name + ".media"))
        with _in_words(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._db = Database(sqlite3.connect(path, isolation_level=None))
            self._check_it_is_ours()
            self._db.enable_wal()
            self._lay_out()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written within."""
        with _in_words(self.path), self._db.atomic():
            yield

    # what contributions are opened and checked with

    def know(self, consultation: Consultation) -> None:
        """Remember a consultation's package."""
        with self.transaction():
            self._db.table("consultations").insert(
                {
                    "id": consultation.id,
                    "version": consultation.version,
                    "title": consultation.title_in("fr"),
                    "form_hash": consultation.form_hash,
                    "package": consultation.data,
                },
                replace=True,
            )

    def consultations(self) -> tuple[Consultation, ...]:
        """All packages known, by id, the newest version of each first."""
        rows = self._rows("SELECT package FROM consultations ORDER BY id, version DESC")
        return tuple(packages.read(row[0]) for row in rows)

    def know_devices(self, devices: Sequence[DeskDevice]) -> None:
        """Remember devices."""
        with self.transaction():
            self._db.table("devices").insert_all(
                [
                    {
                        "key_id": one.key_id,
                        "name": one.name,
                        "public_key": one.public_key,
                        "revoked": int(one.revoked),
                    }
                    for one in devices
                ],
                replace=True,
            )

    def devices(self) -> dict[str, DeskDevice]:
        """All devices known, by key id."""
        rows = self._rows("SELECT key_id, name, public_key, revoked FROM devices")
        return {row[0]: DeskDevice(row[0], row[1], row[2], bool(row[3])) for row in rows}

    def server_key(self, source: str) -> bytes | None:
        """The key of the server behind a source, as it was seen first."""
        rows = self._rows("SELECT public_key FROM servers WHERE source = ?", source)
        return rows[0][0] if rows else None

    def server_keys(self) -> frozenset[bytes]:
        """The keys of all servers that were pulled from."""
        return frozenset(row[0] for row in self._rows("SELECT public_key FROM servers"))

    def know_server(self, source: str, public_key: bytes) -> None:
        """Remember the key of the server behind a source."""
        with self.transaction():
            self._db.table("servers").insert(
                {"source": source, "public_key": public_key}, pk="source", replace=True
            )

    # how far a source was pulled

    def after(self, source: str, consultation: str) -> tuple[int, str]:
        """The number of the last batch pulled from a source, and its name; 0 before the first."""
        rows = self._rows(
            "SELECT after, last FROM sources WHERE source = ? AND consultation = ?",
            source,
            consultation,
        )
        return (rows[0][0], rows[0][1] or "") if rows else (0, "")

    def went(self, source: str, consultation: str, after: int, last: str) -> None:
        """Remember how far a source was pulled: the number and the name of the last batch."""
        with self.transaction():
            place = {"source": source, "consultation": consultation}
            self._db.table("sources").insert({**place, "after": after, "last": last}, replace=True)

    # batches and what is in them

    def batches(self, consultation: str = "") -> tuple[DeskBatch, ...]:
        """Batches of a consultation, or all, by device and sequence."""
        rows = self._rows(
            "SELECT name, consultation, device, sequence, previous, received, records, state"
            " FROM batches WHERE ? IN ('', consultation) ORDER BY consultation, device, sequence",
            consultation,
        )
        return tuple(
            DeskBatch(name, of, device, sequence, previous, received, records, BatchState(state))
            for name, of, device, sequence, previous, received, records, state in rows
        )

    def batch_state(self, name: str) -> BatchState | None:
        """What became of a batch; None where it was never seen."""
        rows = self._rows("SELECT state FROM batches WHERE name = ?", name)
        return BatchState(rows[0][0]) if rows else None

    def enter_batch(self, batch: DeskBatch) -> None:
        """Write a batch down; what was found about it before is forgotten."""
        with self.transaction():
            self._db.execute("DELETE FROM findings WHERE batch = ?", [batch.name])
            self._db.table("batches").upsert(
                {
                    "name": batch.name,
                    "consultation": batch.consultation,
                    "device": batch.device,
                    "sequence": batch.sequence,
                    "previous": batch.previous,
                    "received": batch.received,
                    "records": batch.records,
                    "state": batch.state.value,
                },
                pk="name",
            )

    def known_contribution(self, consultation: str, id_: str) -> tuple[str, str] | None:
        """The fingerprint and the batch of a contribution; None where it is not in the store."""
        rows = self._rows(
            "SELECT fingerprint, batch FROM contributions WHERE consultation = ? AND id = ?",
            consultation,
            id_,
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def enter(self, contribution: DeskContribution) -> None:
        """Write a contribution down."""
        row = vars(contribution).copy()
        fields, attachments = row.pop("fields"), row.pop("attachments")
        row["read_back"] = None if row["read_back"] is None else int(row["read_back"])
        with self.transaction():
            names = ", ".join(row)
            marks = ", ".join("?" for _ in row)
            number = self._db.execute(
                f"INSERT INTO contributions ({names}) VALUES ({marks})",  # noqa: S608 — own names
                list(row.values()),
            ).lastrowid
            self._db.conn.executemany(
                "INSERT INTO fields VALUES (?, ?, ?, ?)",
                [(number, at, path, value) for at, (path, value) in enumerate(fields)],
            )
            self.attach(contribution.consultation, contribution.id, attachments)

    def attach(
        self, consultation: str, contribution: str, attachments: Sequence[DeskAttachment]
    ) -> None:
        """Write down a contribution's files, and which of them are here."""
        with self.transaction():
            self._db.conn.executemany(
                "INSERT OR REPLACE INTO attachments VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(consultation, contribution, *vars(one).values()) for one in attachments],
            )

    def attachments(self, consultation: str, contribution: str) -> tuple[DeskAttachment, ...]:
        """The files of a contribution."""
        rows = self._rows(
            "SELECT place, name, sha256, size, media_type, here FROM attachments"
            " WHERE consultation = ? AND contribution = ? ORDER BY place",
            consultation,
            contribution,
        )
        return tuple(
            DeskAttachment(place, name, sha256, size, media_type, bool(here))
            for place, name, sha256, size, media_type, here in rows
        )

    def shared_names(self, consultation: str) -> frozenset[str]:
        """Names, in small letters, that files of several contributions have."""
        names: dict[str, str] = {}
        shared = set()
        rows = self._rows(
            "SELECT name, contribution FROM attachments WHERE consultation = ?", consultation
        )
        for name, contribution in rows:
            if names.setdefault(name.casefold(), contribution) != contribution:
                shared.add(name.casefold())
        return frozenset(shared)

    # the register

    def register_note(self, consultation: str) -> bytes | None:
        """The last checkpoint seen; None before the first."""
        rows = self._rows("SELECT note FROM register_notes WHERE consultation = ?", consultation)
        return rows[0][0] if rows else None

    def keep_register_note(self, consultation: str, note: bytes) -> None:
        """Remember a checkpoint whose entries are all here."""
        with self.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO register_notes VALUES (?, ?)", [consultation, note]
            )

    def register_entries(self, consultation: str) -> Iterator[bytes]:
        """The register's entries that are here, in order."""
        with _in_words(self.path):
            for row in self._db.execute(
                "SELECT entry FROM register WHERE consultation = ? ORDER BY position",
                [consultation],
            ):
                yield row[0]

    def enter_register(self, consultation: str, first: int, entries: Sequence[bytes]) -> None:
        """Write down entries of the register, side by side from `first` on."""
        with self.transaction():
            self._db.conn.executemany(
                "INSERT INTO register VALUES (?, ?, ?, ?)",
                [
                    (consultation, first + at, _commitment_of(entry), entry)
                    for at, entry in enumerate(entries)
                ],
            )

    def not_here(self, consultation: str, most: int) -> list[tuple[int, bytes]]:
        """Contributions of the register that are not in the store: position and commitment."""
        rows = self._rows(
            "SELECT r.position, r.commitment FROM register r WHERE r.consultation = ?"
            " AND r.commitment NOT LIKE '-%' AND NOT EXISTS (SELECT 1 FROM contributions c"
            " WHERE c.consultation = r.consultation AND c.commitment = r.commitment)"
            " AND NOT EXISTS (SELECT 1 FROM register e WHERE e.consultation = r.consultation"
            " AND e.commitment = '-' || r.commitment) ORDER BY r.position LIMIT ?",
            consultation,
            most,
        )
        return [(position, bytes.fromhex(commitment)) for position, commitment in rows]

    def unregistered(self, consultation: str, most: int) -> tuple[str, ...]:
        """The ids of contributions in the store that the register does not hold."""
        rows = self._rows(
            "SELECT c.id FROM contributions c WHERE c.consultation = ? AND NOT EXISTS"
            " (SELECT 1 FROM register r WHERE r.consultation = c.consultation"
            " AND r.commitment = c.commitment) ORDER BY c.number LIMIT ?",
            consultation,
            most,
        )
        return tuple(row[0] for row in rows)

    def registered_twice(self, consultation: str) -> tuple[int, ...]:
        """The positions of entries that repeat an earlier one."""
        rows = self._rows(
            "SELECT max(position) FROM register WHERE consultation = ?"
            " GROUP BY commitment HAVING count(*) > 1 ORDER BY 1",
            consultation,
        )
        return tuple(row[0] for row in rows)

    def find(self, finding: Finding) -> None:
        """Write a finding down."""
        row = {**vars(finding), "kind": finding.kind.value}
        with self.transaction():
            self._db.table("findings").insert(row)

    def forget_gaps(self) -> None:
        """Forget what was found about batches that are not here; it is looked for anew."""
        with self.transaction():
            self._db.execute("DELETE FROM findings WHERE batch = ''")

    def findings(self) -> tuple[Finding, ...]:
        """Everything that was found."""
        rows = self._rows(
            "SELECT kind, sentence, consultation, batch, device, contribution FROM findings"
        )
        return tuple(Finding(Kind(row[0]), *row[1:]) for row in rows)

    def counted(self, consultation: str = "") -> int:
        """How many contributions of a consultation, or of all, there are."""
        rows = self._rows(
            "SELECT count(*) FROM contributions WHERE ? IN ('', consultation)", consultation
        )
        return int(rows[0][0])

    def repeated_on_paper(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Paper contributions that say just the same, in words that two people do not choose alike.

        Yields:
            The consultation, and the ids of those that are alike.
        """
        alike: dict[tuple[str, bytes], list[str]] = {}
        with _in_words(self.path):
            rows = self._db.execute(
                "SELECT number, consultation, id FROM contributions WHERE mode = 'paper'"
            )
            for number, consultation, id_ in rows:
                fields = self._db.execute(
                    "SELECT path, value FROM fields WHERE contribution = ? ORDER BY position",
                    [number],
                ).fetchall()
                if any(len(value) >= _OWN_WORDS for _, value in fields):
                    said = hashlib.sha256(repr(fields).encode()).digest()
                    alike.setdefault((consultation, said), []).append(id_)
        for (consultation, _), ids in alike.items():
            if len(ids) > 1:
                yield consultation, tuple(ids)

    def paths(self, consultation: str) -> tuple[str, ...]:
        """Every path that some contribution of a consultation has a value at."""
        rows = self._rows(
            "SELECT DISTINCT path FROM fields JOIN contributions ON number = contribution"
            " WHERE consultation = ?",
            consultation,
        )
        return tuple(row[0] for row in rows)

    def contributions(self, consultation: str) -> Iterator[DeskContribution]:
        """The contributions of a consultation, in the order they were opened, one at a time."""
        apart = ("fields", "attachments")
        columns = [name for name in DeskContribution.__dataclass_fields__ if name not in apart]
        query = (
            f"SELECT number, {', '.join(columns)} FROM contributions"  # noqa: S608 — own names
            # By number as the table lies: the index by consultation would have all sorted first.
            " WHERE +consultation = ? ORDER BY number"
        )
        attached = self._rows(
            "SELECT 1 FROM attachments WHERE consultation = ? LIMIT 1", consultation
        )
        with _in_words(self.path):
            for number, *row in self._db.execute(query, [consultation]):
                given = dict(zip(columns, row, strict=True))
                if given["read_back"] is not None:
                    given["read_back"] = bool(given["read_back"])
                fields = tuple(
                    self._db.execute(
                        "SELECT path, value FROM fields WHERE contribution = ? ORDER BY position",
                        [number],
                    ).fetchall()
                )
                attachments = self.attachments(consultation, given["id"]) if attached else ()
                yield DeskContribution(**given, fields=fields, attachments=attachments)

    def _rows(self, query: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        with _in_words(self.path):
            return list(self._db.execute(query, list(values)).fetchall())

    def _check_it_is_ours(self) -> None:
        """Refuse another program's database before anything is changed in it."""
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        tables = {row[0] for row in self._db.execute("SELECT name FROM sqlite_master")}
        if tables and not tables.issuperset(_TABLES):
            raise UnusableDeskStore(
                f"{self.path} is a database of something else: it is left as it is. Name another "
                "file with --store."
            )
        if version > _VERSION:
            raise UnusableDeskStore(f"{self.path} was written by a newer Parvis. Update this one.")

    def _lay_out(self) -> None:
        with self._db.atomic():
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            script = "".join((_SCHEMA, _ATTACHMENTS, _REGISTER)[version:])
            for statement in script.split(";\n"):
                if statement.strip():
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {_VERSION}")


def _commitment_of(entry: bytes) -> str:
    """What an entry is about, in hexadecimal; behind a hyphen where it tells of an erasure."""
    read = Entry.from_bytes(entry)
    return ("" if read.erased is None else "-") + read.commitment.hex()


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise UnusableDeskStore(
                f"Another parvis-desk is at work on {path}. Wait until it is done, and try again."
            ) from error
        raise UnusableDeskStore(f"The desk's store {path} cannot be used: {error}.") from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise UnusableDeskStore(
            f"The desk's store {path} is damaged, or something else ({error}). Move it away and "
            "pull into a new --store: everything is still on the server."
        ) from error
    except OSError as error:
        raise UnusableDeskStore(
            f"The desk's store {path} cannot be used: {error.strerror}."
        ) from error
