"""Backups: made beside a running server, checked, and brought back.

A backup is a data directory like the server's own, with the database as one SQLite file, whatever
the server keeps it in, and a last file, `backup.json`, that says that it is whole:

    DIR/parvis.sqlite, batches/, attachments/, register/, devices.json, server.key, backup.json

So it can be looked at with `parvis-server doctor`, pulled from by `parvis-desk pull --from`, and
restored into SQLite or PostgreSQL, a folder or a bucket. A further backup into the same directory
copies only what is new.

Order: the database first, then what it names, which was there before it; of each register, the
checkpoint before the tiles under it. So nothing need stand still meanwhile. Where something was
erased meanwhile, what the database names is gone, and all is copied again. What was erased since
the last backup goes from this one, too.

A backup is not called done before it was looked at as `restore` looks at it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, delete, select, update

from sync import acknowledgement as acknowledgements
from sync.acknowledgement import acknowledge_again
from sync.durable import sync_directory, write_whole
from sync.errors import DamagedRegister, ForgedCheckpoint, SyncError
from sync.keys import read_signing_key, write_signing_key
from sync.machine import machine_secret
from sync.redaction import is_redacted, signed_anew, stands_for
from sync.register import checkpoint, tiles
from sync.register.checkpoint import Checkpoint, origin_of
from sync.roster import FILE_NAME
from sync.server import schema
from sync.server.blobs import Blobs, FolderBlobs
from sync.server.copying import copy_rows, sqlite_file
from sync.server.files import DataDirectory
from sync.server.locks import Rank, in_order
from sync.server.migrations import prepare
from sync.server.places import Places
from sync.server.register import entries_of_register
from sync.server.service import Service
from sync.server.signed_registers import CHECKPOINT
from sync.server.store import Store

MANIFEST = "backup.json"
_DATABASE = "parvis.sqlite"
_KEY = "server.key"
_TRIES = 3


class NotABackup(SyncError):
    """The directory holds something else."""


class BrokenBackup(SyncError):
    """The backup is not whole, or not as it was.

    Attributes:
        paths: what of it is missing or damaged, where that is known.
    """

    def __init__(self, why: str, paths: Sequence[str] = ()) -> None:
        super().__init__(why)
        self.paths = tuple(paths)


class NotEmpty(SyncError):
    """There is data already where a backup is to be restored."""


@dataclass(frozen=True)
class Saved:
    """What a backup holds.

    Attributes:
        batches: in it.
        attachments: in it.
        copied: of both, those that were not in it before.
        troubles: sentences on what could not be saved.
    """

    batches: int
    attachments: int
    copied: int
    troubles: tuple[str, ...]


@dataclass(frozen=True)
class Restored:
    """What was brought back.

    Attributes:
        batches: how many.
        records: contributions in them.
        missing: contributions that the public register shows and the backup does not have.
    """

    batches: int
    records: int
    missing: int


@dataclass(frozen=True)
class _Named:
    """A blob that the database names."""

    path: str
    name: str
    size: int


# backup


def back_up(service: Service, directory: Path, now: float) -> Saved:
    """Bring a backup up to date, or begin one; the server may run meanwhile.

    Raises:
        NotABackup: the directory holds something else.
        BrokenBackup: it was written, and cannot be read again as it should be.
        OSError: it cannot be written; what was saved before still is.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(directory.iterdir()) and not _begun(directory):
        raise NotABackup(f"{directory} holds something else than a backup: name a new directory.")
    if directory.resolve().is_relative_to(service.files.root.resolve()):
        raise NotABackup(f"{directory} lies in what is to be saved: name a directory elsewhere.")
    (directory / f"{MANIFEST}.begun").touch(mode=0o600)  # not replaced: it is a lock, too
    with _alone_in(directory):
        before: tuple[str, ...] | None = None
        for left in range(_TRIES - 1, -1, -1):
            saved = _save(service, directory, now)
            try:
                check(directory)
            except BrokenBackup as error:
                if not left:
                    (directory / MANIFEST).unlink(missing_ok=True)
                    raise
                _take_away_what_is_broken(directory, error)
                continue
            if saved.troubles in ((), before):  # the second time, it is not what was erased since
                break
            before = saved.troubles
    return saved


def _save(service: Service, directory: Path, now: float) -> Saved:
    saved = FolderBlobs(directory)
    fresh = directory / f"{_DATABASE}.new"
    service.store.database.copy_to(fresh)
    named = list(_named_in(fresh))
    touched = _touched_by_orders(fresh)
    copied, troubles = 0, []
    for one in named:
        if saved.size(one.path) == one.size and one.name not in touched:
            continue
        body = service.files.blobs.read(one.path)
        if body is None or not _is(body, one.name):
            troubles.append(f"{one.path} is missing or damaged on the server, and not saved.")
            continue
        if saved.read(one.path) != body:
            saved.write(one.path, body)
            copied += 1
    _forget_what_was_erased(service, directory, fresh)
    for consultation in service.files.blobs.within("register").folders():
        place = f"register/{consultation}"
        source, target = service.files.blobs.within(place), saved.within(place, public=True)
        if not _copy_register(source, target, consultation, service.public_key):
            troubles.append(
                f"The public files of the register {consultation} are damaged or missing on the "
                "server, and not saved. Start the server anew: it makes them again."
            )
    write_whole(directory / _KEY, service.files.server_key.read_bytes())
    write_whole(directory / FILE_NAME, service.roster_of_all())
    for left in (f"{_DATABASE}-wal", f"{_DATABASE}-shm"):
        (directory / left).unlink(missing_ok=True)
    (directory / MANIFEST).unlink(missing_ok=True)  # until the new one is there, it is not whole
    fresh.replace(directory / _DATABASE)
    manifest = {
        "parvis backup": 1,
        "made at": int(now),
        "schema": schema.VERSION,
        "database": _digest(directory / _DATABASE),
        "missing": len(troubles),
    }
    write_whole(directory / MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())
    batches = sum(one.path.startswith("batches/") for one in named)
    return Saved(batches, len(named) - batches, copied, tuple(troubles))


@contextlib.contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Be the only one who makes a backup here.

    Raises:
        NotABackup: another one is being made.
    """
    with in_order(Rank.SAVING), (directory / f"{MANIFEST}.begun").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotABackup(
                f"Another backup is being made in {directory}: let it end, or name another one."
            ) from None
        yield


def _touched_by_orders(database: Path) -> frozenset[str]:
    """The batches that something may have been taken out of: their size does not tell it."""
    with closing(sqlite3.connect(database)) as db:
        rows = db.execute(
            "SELECT b.name FROM batches b WHERE (b.consultation, b.device_key_id) IN (SELECT"
            " b.consultation, b.device_key_id FROM erasures e JOIN records r ON r.consultation ="
            " e.consultation AND r.id = e.id JOIN batches b ON b.consultation = r.consultation"
            " AND b.number = r.batch)"
        )
        return frozenset(name for (name,) in rows)


def _forget_what_was_erased(service: Service, directory: Path, database: Path) -> None:
    """Take what was ordered to go out of what is here beside what the database names.

    An earlier backup may have batches that the server has no more: they stay, without what was
    erased, and so do their attachments.
    """
    with closing(sqlite3.connect(database)) as db:
        if not db.execute("SELECT 1 FROM erasures LIMIT 1").fetchone():
            return
        indexed = {name for (name,) in db.execute("SELECT name FROM batches")}
        known = {name for (name,) in db.execute("SELECT name FROM attachments")}
    here = FolderBlobs(directory)
    for path in here.names("batches"):
        name = path.rpartition("/")[2]
        if name in indexed:
            continue
        body = here.read(path) or b""
        try:
            read = service.erasures.read(body)
        except (SyncError, IndexError):
            continue  # of a device that the server does not know: nothing was ordered here
        left, _ = service.erasures.without_erased(read, body, name)
        if left != body:
            here.write(path, left)
            read = service.erasures.read(left)
        known.update(one.name for one in read.enclosed)
    for path in here.names("attachments"):
        if path.rpartition("/")[2] not in known:
            here.remove(path)


def _take_away_what_is_broken(directory: Path, error: BrokenBackup) -> None:
    """What was copied earlier and is damaged now is copied anew."""
    for path in error.paths:
        place = directory / path
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)


def _is(body: bytes, name: str) -> bool:
    """Whether this is the blob of that name, or what erasures left of it."""
    return hashlib.sha256(body).hexdigest() == name or stands_for(body, name)


def _begun(directory: Path) -> bool:
    return any((directory / name).exists() for name in (MANIFEST, f"{MANIFEST}.begun"))


def _named_in(database: Path) -> Iterator[_Named]:
    """The batches and attachments that a database says are there."""
    with closing(sqlite3.connect(database)) as db:
        for name, size in db.execute("SELECT name, size FROM batches ORDER BY name"):
            yield _Named(f"batches/{name[:2]}/{name}", name, size)
        arrived = "SELECT DISTINCT name, size FROM attachments WHERE arrived_at IS NOT NULL"
        for name, size in db.execute(arrived):
            yield _Named(f"attachments/{name[:2]}/{name}", name, size)


def _copy_register(source: Blobs, target: Blobs, consultation: str, key: Ed25519PublicKey) -> bool:
    """Copy a register as one checkpoint says; False where its files do not lead to its root.

    While it is copied it grows, and a tile that is not full goes once the full one is there: then
    the full one is copied, which holds the same.
    """
    note = source.read(CHECKPOINT)
    if note is None:
        return True  # nothing is published yet, and the database has it all
    try:
        point = checkpoint.read(note, origin_of(consultation), key)
    except ForgedCheckpoint:
        return False
    for _ in range(2):  # the second time, nothing is believed of what was copied before
        for one in tiles.paths(point.size):
            if any(target.size(path) is not None for path in one):
                continue  # no tile ever changes
            for path in (*one, *one):  # between looking for one and for the other, it became full
                content = source.read(path)
                if content is not None:
                    target.write(path, content)
                    break
        if _leads_to(target, point):
            target.write(CHECKPOINT, note)
            return True
        target.clear()
    return False


def _leads_to(files: Blobs, point: Checkpoint) -> bool:
    """Whether tiles and entries are those that were signed, every byte of them."""
    try:
        return tiles.whole_root(files, point.size) == point.root
    except DamagedRegister:
        return False


# restore


def check(directory: Path) -> int:
    """Check that a backup is whole; returns how many batches and attachments were looked at.

    Raises:
        NotABackup: it is none.
        BrokenBackup: something is missing or damaged.
    """
    try:
        manifest = json.loads((directory / MANIFEST).read_text())
        digest = manifest["database"]
    except (OSError, ValueError, KeyError, TypeError):
        why = (
            "the last backup into it was not finished: make it again"
            if _begun(directory)
            else f"it has no {MANIFEST}"
        )
        raise NotABackup(f"{directory} is no backup that can be restored ({why}).") from None
    if not (directory / _KEY).exists() or _digest(directory / _DATABASE) != digest:
        raise BrokenBackup(f"The database or the key of the backup {directory} is damaged.")
    broken, looked = [], 0
    for one in _named_in(directory / _DATABASE):
        looked += 1
        path = directory / one.path
        if _digest(path) != one.name and not (path.exists() and _is(path.read_bytes(), one.name)):
            broken.append(one.path)
    if len(broken) > int(manifest.get("missing", 0)):
        raise BrokenBackup(
            f"{len(broken)} of {looked} files of the backup {directory} are missing or damaged, "
            f"such as {broken[0]}.",
            broken,
        )
    _check_database(directory)
    _check_registers(directory, read_signing_key(directory / _KEY, machine_secret()).public_key())
    return looked


def _check_database(directory: Path) -> None:
    with closing(sqlite3.connect(f"file:{directory / _DATABASE}?mode=ro", uri=True)) as db:
        try:
            said = db.execute("PRAGMA integrity_check").fetchall()
        except sqlite3.DatabaseError as error:
            said = [(str(error),)]
    if said != [("ok",)]:
        raise BrokenBackup(f"The database of the backup {directory} is damaged ({said[0][0]}).")


def _check_registers(directory: Path, key: Ed25519PublicKey) -> None:
    """Each register leads to the root that was signed, and the database goes on from it."""
    registers = FolderBlobs(directory / "register")
    for consultation in registers.folders():
        files = registers.within(consultation)
        note = files.read(CHECKPOINT)
        if note is None:
            continue
        broken = BrokenBackup(
            f"The public files of the register {consultation} in the backup {directory} are "
            "damaged, or do not agree with its database. Make the backup again; where that cannot "
            f"be, move register/{consultation} out of it: it is made again from the database.",
            [f"register/{consultation}"],
        )
        try:
            point = checkpoint.read(note, origin_of(consultation), key)
        except ForgedCheckpoint:
            raise broken from None
        if not _leads_to(files, point):
            raise broken
        with sqlite_file(directory / _DATABASE) as db:
            held = iter(entries_of_register(db, consultation))
            for entry, here in zip(tiles.all_entries(files, point.size), held, strict=False):
                if entry != here:
                    raise broken


def restore(
    directory: Path,
    root: Path,
    clock: Callable[[], float],
    places: Places,
    *,
    register: Path | None = None,
    new_key: bool = False,
) -> Restored:
    """Make a server's data of a backup.

    Args:
        directory: the backup.
        root: the new data directory; not there yet, or empty.
        clock: seconds since 1970.
        places: where database and blobs are to be.
        register: a newer copy of the public registers, a folder for each consultation in it.
        new_key: be another server, with a register that begins anew: for when the registers went
            back with the backup, and devices refuse them.

    Raises:
        NotABackup, BrokenBackup: the backup does not serve.
        NotEmpty: there is data already.
        DamagedRegister: the copy of a register does not go on from the backup's.
    """
    check(directory)
    if root.exists() and any(root.iterdir()):
        raise NotEmpty(f"{root} is not empty: restore into a new directory.")
    making = root.with_name(f"{root.name}.restoring")
    shutil.rmtree(making, ignore_errors=True)  # of a restoration that was interrupted
    files = DataDirectory(making, places.open_blobs())
    _bring_blobs(directory, files)
    old = read_signing_key(directory / _KEY, machine_secret())
    key = Ed25519PrivateKey.generate() if new_key else old
    write_signing_key(files.server_key, key, machine_secret())
    if new_key:
        _sign_redacted_anew(directory, files, old.public_key(), key)
    else:
        for source in (directory / "register", register):
            _bring_registers(source, files.blobs.within("register"), key.public_key())
    _bring_database(directory / _DATABASE, files, places, (old.public_key(), key))
    service = Service(making, clock, places)
    try:
        service.registers.mend()
        service.registers.publish()
        service.write_roster()
        counts = service.store.counts()
        missing = service.registers.missing()
    finally:
        service.close()
    places.remember(making)
    if root.exists():
        root.rmdir()
    making.rename(root)
    sync_directory(root.parent)
    return Restored(counts.batches, counts.records, missing)


def _bring_blobs(directory: Path, files: DataDirectory) -> None:
    for one in _named_in(directory / _DATABASE):
        path = directory / one.path
        if path.exists() and files.blobs.size(one.path) != one.size:
            files.blobs.write(one.path, path.read_bytes())


def _sign_redacted_anew(
    directory: Path, files: DataDirectory, before: Ed25519PublicKey, key: Ed25519PrivateKey
) -> None:
    """Batches that something was erased from are vouched for by the server: by the new one now."""
    for one in _named_in(directory / _DATABASE):
        body = files.blobs.read(one.path)
        if body is not None and is_redacted(body):
            files.blobs.write(one.path, signed_anew(body, before, key))


def _bring_registers(source: Path | None, blobs: Blobs, key: Ed25519PublicKey) -> None:
    """Copy registers that the server has signed, the longer of two copies of each."""
    if source is None:
        return
    for folder in FolderBlobs(source).folders():
        here, there = FolderBlobs(source / folder), blobs.within(folder, public=True)
        sizes = []
        for one in (here, there):
            note = one.read(CHECKPOINT)
            try:
                sizes.append(checkpoint.read(note or b"", origin_of(folder), key).size)
            except ForgedCheckpoint:
                sizes.append(-1)
        if sizes[0] > sizes[1]:
            _copy_register(here, there, folder, key)


def _bring_database(
    source: Path,
    files: DataDirectory,
    places: Places,
    keys: tuple[Ed25519PublicKey, Ed25519PrivateKey],
) -> None:
    """Copy the database, brought to the present schema, to where it is to be."""
    copy = files.root / f"{_DATABASE}.copy"
    shutil.copyfile(source, copy)
    with sqlite_file(copy) as db:
        prepare(db, files)
    database = places.open_database(files)
    store = Store(files, database)
    try:
        if store.owner() is not None or store.counts().devices:
            raise NotEmpty("The database holds a server's data already: name an empty one.")
        with sqlite_file(copy) as old, store.writing() as db:
            db.execute(delete(schema.schema_version))
            copy_rows(old, db)
            before, key = keys
            if key.public_key().public_bytes_raw() != before.public_bytes_raw():
                _begin_anew(db, before, key)
    finally:
        store.close()
        copy.unlink()


def _begin_anew(db: Connection, before: Ed25519PublicKey, key: Ed25519PrivateKey) -> None:
    """Say under the new key what was said under the former one; the registers begin anew."""
    db.execute(update(schema.server).values(public_key=key.public_key().public_bytes_raw()))
    db.execute(delete(schema.checkpoints))
    table = schema.batches.c
    for row in db.execute(select(table.consultation, table.number, table.acknowledgement)).all():
        said = acknowledgements.read(row.acknowledgement, before)
        word = acknowledge_again(said, key)
        db.execute(
            update(schema.batches)
            .where(table.consultation == row.consultation, table.number == row.number)
            .values(acknowledgement=word)
        )


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
