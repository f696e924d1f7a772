"""The desk's store: contributions opened and checked, in one SQLite file of the organiser's own.

Tables a person can query with sqlite-utils or any SQLite tool: `contributions`, `fields`,
`batches`, `findings`, `consultations`, `devices`, `sources`. It holds what people said, in clear:
it belongs on the organiser's own disk, readable by nobody else (it is made 0600).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import Path

from sqlite_utils import Database

from sync import consultation as packages
from sync.consultation import Consultation
from sync.desk.erasure_list import ErasureList
from sync.desk.faces import SeenCheckpoints
from sync.desk.findings import Finding, Kind
from sync.desk.media import DeskAttachment, MediaFolder, Shared, beginning_of, folded
from sync.desk.published_sets import PublishedSets
from sync.desk.register_copy import RegisterCopy
from sync.desk.setting_aside import SetAside
from sync.desk.store_tables import in_words, laid_out, lay_out
from sync.looking import looked_at

MOST_FINDINGS = 1000
"""Of each kind, that are shown one by one."""

_IDS_AT_ONCE = 500
_OWN_WORDS = 20  # characters of an answer that two people do not write alike


class BatchState(Enum):
    """What became of a batch at the desk."""

    OPENED = "opened"
    INCOMPLETE = "incomplete"  # some of it could not be opened, with these keys and packages
    REFUSED = "refused"  # altered, forged or unreadable
    MISSING = "missing"  # listed, and not to be had


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
    opened_with: str
    fields: tuple[tuple[str, str], ...]
    attachments: tuple[DeskAttachment, ...] = ()
    provenance: str = ""


@dataclass(frozen=True)
class DeskDevice:
    """A device whose batches can be checked."""

    key_id: str
    name: str
    public_key: bytes
    revoked: bool


_COLUMNS = tuple(
    name for name in DeskContribution.__dataclass_fields__ if name not in ("fields", "attachments")
)


class DeskStore:
    """The desk's file; every method that writes is one transaction, or part of the caller's.

    Args:
        path: the file; made if it is not there.
        address: `file:…`, where it is only looked at: then nothing is made or changed.

    Raises:
        UnusableDeskStore: it cannot be opened, or is something else.
    """

    def __init__(self, path: Path, address: str = "") -> None:
        self.path = path
        self.media = MediaFolder(path.with_name(path.name + ".media"))
        with in_words(path):
            if address:
                connection = sqlite3.connect(address, uri=True, isolation_level=None)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch(mode=0o600)
                connection = sqlite3.connect(path, isolation_level=None)
            self._db = Database(connection)
            try:
                if not address or not laid_out(self._db, path):
                    lay_out(self._db, path)
            except BaseException:
                self._db.close()
                raise
        self.register = RegisterCopy(self._db.conn, self.transaction)
        self.seen = SeenCheckpoints(self._db.conn, self.transaction)
        self.erasures = ErasureList(self._db.conn, self.transaction)
        self.aside = SetAside(self._db.conn, self.transaction)
        self.sets = PublishedSets(self._db.conn, self.transaction)

    @classmethod
    @contextmanager
    def looked_at(cls, path: Path) -> Iterator[DeskStore]:
        """The store as it is, to look at: nothing is made or changed.

        What an older Parvis wrote is looked at in a copy that was brought up to date.

        Raises:
            UnusableDeskStore: it cannot be looked at, or is something else.
        """
        with ExitStack() as stack:
            with in_words(path):
                address = stack.enter_context(looked_at(path))
                with closing(sqlite3.connect(address, uri=True)) as db:
                    current = laid_out(Database(db), path)
                if not current:
                    address = stack.enter_context(looked_at(path, changed=True))
            yield stack.enter_context(closing(cls(path, address)))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written within."""
        with in_words(self.path), self._db.atomic():
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

    def titles(self) -> dict[str, str]:
        """The title of every consultation, by id; of its newest version."""
        rows = self._rows("SELECT id, title FROM consultations ORDER BY id, version")
        return dict(rows)

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

    def sources(self) -> tuple[str, ...]:
        """The servers that were pulled from."""
        return tuple(row[0] for row in self._rows("SELECT source FROM servers ORDER BY source"))

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

    def batches(self, consultation: str = "") -> Iterator[DeskBatch]:
        """Batches of a consultation, or all, by device and sequence."""
        return self._batches("? IN ('', consultation)", consultation)

    def unfinished(self, consultation: str) -> tuple[DeskBatch, ...]:
        """Batches of a consultation, or all, that were not wholly opened."""
        where = "? IN ('', consultation) AND state != ?"
        return tuple(self._batches(where, consultation, BatchState.OPENED.value))

    def _batches(self, where: str, *values: str) -> Iterator[DeskBatch]:
        with in_words(self.path):
            for row in self._db.execute(
                "SELECT name, consultation, device, sequence,"  # noqa: S608 — own words
                " previous, received, records, state"
                f" FROM batches WHERE {where} ORDER BY consultation, device, sequence",
                list(values),
            ):
                name, of, device, sequence, previous, received, records, state = row
                yield DeskBatch(
                    name, of, device, sequence, previous, received, records, BatchState(state)
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

    def known_contributions(
        self, consultation: str, ids: Sequence[str]
    ) -> dict[str, tuple[str, str]]:
        """Id → fingerprint and batch, of those contributions that are in the store."""
        known: dict[str, tuple[str, str]] = {}
        for at in range(0, len(ids), _IDS_AT_ONCE):
            some = ids[at : at + _IDS_AT_ONCE]
            marks = ", ".join("?" for _ in some)
            query = (
                "SELECT id, fingerprint, batch FROM contributions"  # noqa: S608 — marks alone
                f" WHERE consultation = ? AND id IN ({marks})"
            )
            rows = self._rows(query, consultation, *some)
            known.update({id_: (fingerprint, batch) for id_, fingerprint, batch in rows})
        return known

    def enter(self, contributions: Iterable[DeskContribution]) -> None:
        """Write contributions down, none of which is there."""
        rows, fields, attached = [], [], []
        number = self._rows("SELECT coalesce(max(number), 0) FROM contributions")[0][0]
        for one in contributions:
            number += 1
            read_back = None if one.read_back is None else int(one.read_back)
            row = [getattr(one, name) for name in _COLUMNS]
            row[_COLUMNS.index("read_back")] = read_back
            rows.append((number, *row))
            fields += [(number, at, path, value) for at, (path, value) in enumerate(one.fields)]
            attached += [
                (one.consultation, one.id, *vars(each).values()) for each in one.attachments
            ]
        marks = ", ".join("?" for _ in range(len(_COLUMNS) + 1))
        with self.transaction():
            db = self._db.conn
            db.executemany(
                f"INSERT INTO contributions (number, {', '.join(_COLUMNS)})"  # noqa: S608 — own
                f" VALUES ({marks})",
                rows,
            )
            db.executemany("INSERT INTO fields VALUES (?, ?, ?, ?)", fields)
            db.executemany(
                "INSERT OR REPLACE INTO attachments VALUES (?, ?, ?, ?, ?, ?, ?, ?)", attached
            )

    def between(self, ids: tuple[str, str]) -> tuple[DeskContribution, ...]:
        """The contributions whose ids lie between these, both included."""
        return tuple(self._contributions("id BETWEEN ? AND ?", *ids))

    def forget(self, consultation: str, id_: str) -> bool:
        """Delete a contribution, and its files where no other has them; whether it was here."""
        with self.transaction():
            rows = self._rows(
                "SELECT number FROM contributions WHERE consultation = ? AND id = ?",
                consultation,
                id_,
            )
            hashes = [one.sha256 for one in self.attachments(consultation, id_)]
            db = self._db.conn
            db.executemany("DELETE FROM fields WHERE contribution = ?", rows)
            db.executemany("DELETE FROM contributions WHERE number = ?", rows)
            given = (consultation, id_)
            db.execute("DELETE FROM attachments WHERE consultation = ? AND contribution = ?", given)
            db.execute("DELETE FROM findings WHERE consultation = ? AND contribution = ?", given)
        for sha256 in hashes:
            if not self._rows("SELECT 1 FROM attachments WHERE sha256 = ? LIMIT 1", sha256):
                self.media.remove(sha256)
        return bool(rows)

    def shrink(self) -> None:
        """Leave nothing of what was deleted in the file, nor in its log."""
        with in_words(self.path):
            self._db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._db.conn.execute("VACUUM")
            self._db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

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

    def shared_names(self, consultation: str) -> Shared:
        """Names that files of several contributions have, and beginnings that several ids have."""
        names: dict[str, str] = {}
        beginnings: dict[str, str] = {}
        shared: set[str] = set()
        crowded: set[str] = set()
        rows = self._rows(
            "SELECT name, contribution FROM attachments WHERE consultation = ?", consultation
        )
        for name, contribution in rows:
            if names.setdefault(folded(name), contribution) != contribution:
                shared.add(folded(name))
            beginning = beginning_of(contribution)
            if beginnings.setdefault(beginning, contribution) != contribution:
                crowded.add(beginning)
        return Shared(frozenset(shared), frozenset(crowded))

    def find(self, *findings: Finding) -> None:
        """Write findings down."""
        with self.transaction():
            self._db.conn.executemany(
                "INSERT INTO findings (kind, sentence, consultation, batch, device, contribution)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (one.kind.value, one.sentence, one.consultation, one.batch, one.device,
                     one.contribution)
                    for one in findings
                ],
            )  # fmt: skip

    def forget_gaps(self) -> None:
        """Forget what was found about batches that are not here; it is looked for anew."""
        with self.transaction():
            self._db.execute("DELETE FROM findings WHERE batch = ''")

    def findings(self, most: int = MOST_FINDINGS) -> tuple[Finding, ...]:
        """What was found, of each kind so many at most; `found` counts all of it."""
        rows = self._rows(
            "SELECT kind, sentence, consultation, batch, device, contribution FROM"
            " (SELECT *, rowid AS r, row_number() OVER (PARTITION BY kind ORDER BY rowid) AS n"
            " FROM findings) WHERE n <= ? ORDER BY r",
            most,
        )
        return tuple(Finding(Kind(row[0]), *row[1:]) for row in rows)

    def found(self) -> dict[Kind, int]:
        """How much was found, by kind."""
        rows = self._rows("SELECT kind, count(*) FROM findings GROUP BY kind")
        return {Kind(kind): count for kind, count in rows}

    def is_named(self, contribution: str) -> bool:
        """Whether something was found about a contribution's own batch."""
        query = "SELECT 1 FROM findings WHERE contribution = ? LIMIT 1"
        return bool(self._rows(query, contribution))

    def counted(self, consultation: str = "") -> int:
        """How many contributions of a consultation, or of all, there are."""
        rows = self._rows(
            "SELECT count(*) FROM contributions WHERE ? IN ('', consultation)", consultation
        )
        return int(rows[0][0])

    def opened_with(self, key_id: str) -> dict[str, int]:
        """How many contributions were opened with a key, by consultation."""
        return dict(
            self._rows(
                "SELECT consultation, count(*) FROM contributions WHERE opened_with = ?"
                " GROUP BY consultation",
                key_id,
            )
        )

    def unopened(self) -> int:
        """How many batches are here that could not be opened whole."""
        query = "SELECT count(*) FROM batches WHERE state != ?"
        return int(self._rows(query, BatchState.OPENED.value)[0][0])

    def repeated_on_paper(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Paper contributions that say just the same, in words that two people do not choose alike.

        Yields:
            The consultation, and the ids of those that are alike.
        """
        alike: dict[tuple[str, bytes], list[str]] = {}
        with in_words(self.path):
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

    def form_hashes(self, consultation: str) -> frozenset[str]:
        """The versions of a consultation's form that somebody has answered, by their hashes."""
        rows = self._rows(
            "SELECT DISTINCT form_hash FROM contributions WHERE consultation = ?", consultation
        )
        return frozenset(row[0] for row in rows)

    def contributions(self, consultation: str) -> Iterator[DeskContribution]:
        """The contributions of a consultation, in the order they were opened, one at a time."""
        # By number as the table lies: the index by consultation would have all sorted first.
        return self._contributions("+consultation = ? ORDER BY number", consultation)

    def by_commitment(self, consultation: str) -> Iterator[DeskContribution]:
        """The contributions of a consultation in an order that tells nothing, one at a time."""
        return self._contributions("consultation = ? ORDER BY commitment", consultation)

    def by_id(self, consultation: str) -> Iterator[DeskContribution]:
        """The contributions of a consultation by their ids: not as they came, one at a time."""
        return self._contributions("consultation = ? ORDER BY id", consultation)

    def at(self, numbers: Iterable[int]) -> Iterator[DeskContribution]:
        """The contributions at these places in the store, in this order, some at a time."""
        places = iter(numbers)
        while some := list(islice(places, _IDS_AT_ONCE)):
            marks = ", ".join("?" for _ in some)
            query = f"SELECT number, id FROM contributions WHERE number IN ({marks})"  # noqa: S608
            ids = dict(self._rows(query, *some))
            found = {one.id: one for one in self._contributions(f"number IN ({marks})", *some)}
            yield from (found[ids[number]] for number in some)

    def exported(self, path: Path, consultation: str, day: str) -> None:
        """Remember that a table was made from this store."""
        row = [str(path.absolute()), consultation, day]
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO exports VALUES (?, ?, ?)", row)

    def exports(self, consultation: str) -> tuple[tuple[Path, str], ...]:
        """The tables that were made from this store and are still there, and when."""
        rows = self._rows("SELECT path, made FROM exports WHERE consultation = ?", consultation)
        return tuple((Path(path), made) for path, made in rows if Path(path).exists())

    def _contributions(self, where: str, *values: str | int) -> Iterator[DeskContribution]:
        query = f"SELECT number, {', '.join(_COLUMNS)} FROM contributions WHERE {where}"  # noqa: S608
        attached = self._rows("SELECT 1 FROM attachments LIMIT 1")
        with in_words(self.path):
            for number, *row in self._db.execute(query, list(values)):
                given = dict(zip(_COLUMNS, row, strict=True))
                if given["read_back"] is not None:
                    given["read_back"] = bool(given["read_back"])
                fields = tuple(
                    self._db.execute(
                        "SELECT path, value FROM fields WHERE contribution = ? ORDER BY position",
                        [number],
                    ).fetchall()
                )
                attachments = (
                    self.attachments(given["consultation"], given["id"]) if attached else ()
                )
                yield DeskContribution(**given, fields=fields, attachments=attachments)

    def _rows(self, query: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        with in_words(self.path):
            return list(self._db.execute(query, list(values)).fetchall())
