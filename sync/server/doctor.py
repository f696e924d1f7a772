"""How a server's data directory is doing, in words."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from sync.errors import SyncError
from sync.keys import is_in_clear, public_half
from sync.roster import FILE_NAME, read_roster
from sync.server.database import Database
from sync.server.files import DataDirectory, MissingBatch
from sync.server.store import Store
from sync.wording import counted

_WAL_RESET_FIXED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
_LITTLE_SPACE = 1 << 30  # bytes


class Health(Enum):
    """How good or bad a finding is."""

    FINE = "ok"
    NOTE = "note"
    BAD = "BAD"


@dataclass(frozen=True)
class Finding:
    """One sentence on the state of things."""

    health: Health
    sentence: str


class Examined(Protocol):
    """What is looked at: a server's data as they are, or a service that works on them."""

    @property
    def files(self) -> DataDirectory:
        """The data directory."""

    @property
    def store(self) -> Store:
        """What the database holds."""

    def missing(self) -> int:
        """How many contributions of the public registers are not here."""

    def damaged_registers(self) -> Iterator[str]:
        """The consultations whose public files are not what this server signed."""

    def damaged_batches(self) -> Iterator[str]:
        """The names of batches of the index that are not on disk, or not as they were."""

    def erasures_undone(self) -> int:
        """How many orders to erase are not carried out."""

    def left_over(self) -> Iterator[str]:
        """The names of files that hold something that was ordered to be erased."""


def examine(service: Examined) -> Iterator[Finding]:
    """Look at everything, the batches' bytes too; changes nothing."""
    if service.store.database.shared:
        yield from _postgresql(service.store.database)
    else:
        yield _sqlite(sqlite3.sqlite_version_info)
        wrong = service.store.database.integrity()
        if wrong:
            yield damaged(wrong[0])
            return
        yield Finding(Health.FINE, "The database is sound.")
    served = "A server runs on this data." if service.files.is_served() else "No server runs now."
    yield Finding(Health.NOTE, served)
    counts = service.store.counts()
    yield Finding(
        Health.FINE if counts.devices > counts.revoked else Health.NOTE,
        f"Devices that may send: {counts.devices - counts.revoked}; revoked: {counts.revoked}.",
    )
    published = service.store.consultations()
    yield Finding(
        Health.FINE if published else Health.NOTE,
        f"{counted(len(published), 'consultation')} published.",
    )
    yield from _batches(service)
    yield from _attachments(service)
    yield from _own_files(service)
    for name in service.store.forked():
        yield Finding(
            Health.BAD,
            f"Device “{name}” sent two different batches under one number: its data directory was "
            "copied and is used twice, or was set back to an older copy. Nothing is lost or "
            "counted twice. Delete one copy, revoke the key, and enrol the device anew.",
        )
    missing = service.missing()
    if missing:
        yield Finding(
            Health.BAD,
            f"{counted(missing, 'contribution')} of the public register are not here: this data "
            "was restored from an older backup, or its database went back (a standby that lagged "
            "took over). Devices that still keep them send them again; let "
            "all of them sync. What a desk has pulled is not lost either.",
        )
    yield from _registers(service)
    yield from _erasures(service)
    yield Finding(
        Health.NOTE if counts.quarantined else Health.FINE,
        f"{counted(counts.records, 'contribution')} in {counted(counts.batches, 'batch')}, "
        f"{counts.bytes / 1e6:.1f} MB; {counts.quarantined} in quarantine.",
    )
    yield _space(service.files.root)


def unreachable(why: str) -> Finding:
    """The finding of a database server that does not answer."""
    return Finding(
        Health.BAD,
        f"{why} Devices are told to come again later, and lose nothing.",
    )


def unprepared(why: str) -> Finding:
    """The finding of a database that is none of this parvis-server's, and not damaged."""
    return Finding(Health.BAD, f"{why} Nothing is damaged, and nothing was changed.")


def damaged(why: str) -> Finding:
    """The finding of a database that cannot be used."""
    return Finding(
        Health.BAD,
        f"The database is damaged ({why}). Stop the server, keep the directory as it is, and "
        "restore the last backup beside it. The batches of this directory are whole: "
        "parvis-desk pull --from reads them.",
    )


def _postgresql(database: Database) -> Iterator[Finding]:
    yield Finding(Health.FINE, f"The database is {database.version()}, and answers.")
    for wrong in database.integrity():
        yield Finding(Health.BAD, f"{wrong}.")


def _sqlite(version: tuple[int, ...]) -> Finding:
    written = ".".join(str(part) for part in version)
    fixed = version >= _WAL_RESET_FIXED[-1] or any(
        version[:2] == release[:2] and version >= release for release in _WAL_RESET_FIXED
    )
    if fixed:
        return Finding(Health.FINE, f"SQLite {written} has the correction of the WAL-reset bug.")
    return Finding(
        Health.NOTE,
        f"SQLite {written} has the WAL-reset bug, corrected in 3.51.3. Parvis works around it: one "
        "connection in the server, and a lock that all commands take before they write. Do not "
        "open the database with other programs while the server runs.",
    )


def _batches(service: Examined) -> Iterator[Finding]:
    gone = list(service.damaged_batches())
    for name in gone:
        yield Finding(
            Health.BAD,
            f"Batch {name} is in the index, and its file is missing or damaged. Restore it from a "
            "backup; the device that sent it may still have it.",
        )
    if lost := service.store.lost_batches():
        yield Finding(
            Health.NOTE,
            f"{counted(lost, 'batch')} given up as lost for good: the register has what was in "
            "there, and this server does not.",
        )
    if gone and (undone := service.erasures_undone()):
        yield Finding(
            Health.BAD,
            f"{counted(undone, 'order')} to erase {_is(undone)} not carried out "
            "whole: a batch that may hold the contribution is missing or damaged. Restore it, then "
            "start the server anew. Where it is lost for good, close them: parvis-server give-up "
            "NAME, with the batch's name.",
        )
    if not gone:
        yield Finding(Health.FINE, "Every batch of the index is on disk, unchanged.")
    strays = set(service.files.batch_names()).difference(service.store.batch_names())
    if strays:
        yield Finding(
            Health.NOTE,
            f"{counted(len(strays), 'batch')} on disk without being in the index: the server was "
            "stopped in the middle, or its database restored from an older backup. What was not "
            "acknowledged is still on its device, and comes again; parvis-desk pull --from reads "
            "the rest.",
        )


def _attachments(service: Examined) -> Iterator[Finding]:
    """Whether the attachments that the index knows are there, unchanged."""
    gone = [name for name in service.store.attachment_names() if not _is_whole(service, name)]
    if gone:
        yield Finding(
            Health.BAD,
            f"{counted(len(gone), 'attached file')} of the index {_is(len(gone))} not on disk, or "
            f"damaged, such as {gone[0]}. Restore attachments/ from a backup.",
        )


def _is_whole(service: Examined, name: str) -> bool:
    """Whether an attachment is there as it was; a bucket checks its bytes itself."""
    if not service.files.blobs_are_here:
        return service.files.has_attachment(name)
    try:
        service.files.attachment(name)
    except MissingBatch:
        return not service.store.is_attached(name)  # it was erased just now
    return True


def _own_files(service: Examined) -> Iterator[Finding]:
    """Whether the server's key, where it lies in clear, and its list of devices are its own."""
    owner = service.store.owner()
    if owner is None:
        return
    with contextlib.suppress(OSError):
        key = service.files.server_key.read_bytes()
        if is_in_clear(key) and public_half(key) != owner:
            yield Finding(
                Health.BAD,
                f"{service.files.server_key} is damaged, or another server's: no server starts "
                "with it. Restore it from the backup.",
            )
    listing = service.files.blobs.read(FILE_NAME)
    if listing is not None and not _is_listing(listing, owner):
        yield Finding(
            Health.BAD,
            f"{FILE_NAME} is damaged: a desk cannot check a copy of the batches with it. Start "
            "the server anew: it writes it again.",
        )


def _is_listing(listing: bytes, owner: bytes) -> bool:
    try:
        return read_roster(listing).server_public.public_bytes_raw() == owner
    except SyncError:
        return False


def _registers(service: Examined) -> Iterator[Finding]:
    """Whether the public files are what was signed, every byte of them."""
    for consultation in service.damaged_registers():
        yield Finding(
            Health.BAD,
            f"The public files of the register {consultation} are not what the server signed: they "
            "were changed, or the disk damaged them, or the database went back. Nothing is signed "
            "on them. Start the server anew: it makes them again from its database, or says what "
            "is missing.",
        )


def _erasures(service: Examined) -> Iterator[Finding]:
    """Whether something is left of what was ordered to be erased."""
    left = list(service.left_over())
    if left:
        yield Finding(
            Health.BAD,
            f"{counted(len(left), 'file')} hold something that was ordered to be erased, or belong "
            f"to no contribution any more, such as {left[0]}. Start the server anew, or order it "
            "again (parvis-server erase CODE); what is named still then, delete by hand.",
        )


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _space(root: Path) -> Finding:
    if os.statvfs(root).f_flag & os.ST_RDONLY:
        return Finding(Health.NOTE, "The disk is read-only: a server could keep nothing here.")
    free = shutil.disk_usage(root).free
    if free < _LITTLE_SPACE:
        return Finding(Health.BAD, f"Only {free / 1e6:.0f} MB are free: make room on this disk.")
    return Finding(Health.FINE, f"{free / 1e9:.1f} GB are free.")
