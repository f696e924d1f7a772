"""Backups: made beside a running server, checked, and brought back.

A backup is a data directory like the server's own, with the database as one SQLite file, whatever
the server keeps it in, and a last file, `backup.json`, that says that it is whole:

    DIR/parvis.sqlite, batches/, attachments/, register/, devices.json, server.key, backup.json

So it can be looked at with `parvis-server doctor`, pulled from by `parvis-desk pull --from`, and
restored into SQLite or PostgreSQL, a folder or a bucket. A further backup into the same directory
copies only what is new.

Order: the database first, then what it names, which was there before it; of each register, the
checkpoint before the tiles under it. So nothing need stand still meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, delete, select, update

from sync import acknowledgement as acknowledgements
from sync.acknowledgement import acknowledge
from sync.durable import sync_directory, write_whole
from sync.errors import ForgedCheckpoint, SyncError
from sync.keys import read_signing_key, write_signing_key
from sync.machine import machine_secret
from sync.redaction import is_redacted, signed_anew, stands_for
from sync.register import checkpoint
from sync.register.checkpoint import origin_of
from sync.roster import FILE_NAME
from sync.server import schema
from sync.server.blobs import Blobs, FolderBlobs
from sync.server.copying import copy_rows, sqlite_file
from sync.server.files import DataDirectory
from sync.server.migrations import prepare
from sync.server.places import Places
from sync.server.register import CHECKPOINT
from sync.server.service import Service
from sync.server.store import Store

MANIFEST = "backup.json"
_DATABASE = "parvis.sqlite"
_KEY = "server.key"


class NotABackup(SyncError):
    """The directory holds something else."""


class BrokenBackup(SyncError):
    """The backup is not whole, or not as it was."""


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
        OSError: it cannot be written; what was saved before still is.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(directory.iterdir()) and not _begun(directory):
        raise NotABackup(f"{directory} holds something else than a backup: name a new directory.")
    if directory.resolve().is_relative_to(service.files.root.resolve()):
        raise NotABackup(f"{directory} lies in what is to be saved: name a directory elsewhere.")
    write_whole(directory / f"{MANIFEST}.begun", b"")
    saved = FolderBlobs(directory)
    fresh = directory / f"{_DATABASE}.new"
    service.store.database.copy_to(fresh)
    named = list(_named_in(fresh))
    copied, troubles = 0, []
    for one in named:
        if saved.size(one.path) == one.size:
            continue
        body = service.files.blobs.read(one.path)
        if body is None or not _is(body, one.name):
            troubles.append(f"{one.path} is missing or damaged on the server, and not saved.")
            continue
        saved.write(one.path, body)
        copied += 1
    for consultation in service.files.blobs.within("register").folders():
        place = f"register/{consultation}"
        _copy_register(
            service.files.blobs.within(place), saved.within(place, public=True), troubles
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


def _copy_register(source: Blobs, target: Blobs, troubles: list[str]) -> None:
    """Copy a register's public files: full tiles once, and the checkpoint when all is there."""
    note = source.read(CHECKPOINT)
    for name in source.names(""):
        if name == CHECKPOINT or target.size(name) is not None:
            continue  # no tile ever changes
        content = source.read(name)
        if content is not None:  # a partial tile that is full by now is gone
            target.write(name, content)
    if note is None:
        troubles.append("A register has no checkpoint yet, and is not saved.")
    else:
        target.write(CHECKPOINT, note)


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
            f"such as {broken[0]}."
        )
    return looked


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
            _copy_register(here, there, [])


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
        word = acknowledge(said.batch, said.verdicts, key, said.awaited)
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
