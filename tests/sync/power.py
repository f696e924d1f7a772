"""Power cuts: what SQLite wrote and did not sync is lost, torn, or written in another order.

    python -m tests.sync.power --cuts 2000 --seed 1

The statements are those of the real outbox and of the server's store, as their connections ran
them, settings included. They are run again by SQLite over a file system (an `apsw` VFS) that keeps
what was written apart from what was synced. Power is cut at a drawn moment: of what was not synced,
each 512 byte sector survives or not, as drawn; then the file is opened again. What was committed
before the cut must be there, and the file sound.

`--synchronous OFF` or `NORMAL` shows what the setting is worth.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import apsw

from sync.outbox import Outbox
from sync.server.service import Service
from tests.sync.given import (
    CONSULTATION,
    DEVICE,
    DEVICE_ID,
    DEVICE_KEY,
    MOMENT,
    SERVER,
    acknowledged,
    said,
    section,
    signed_batch,
)

_SECTOR = 512


class PowerCut(Exception):
    """The power is gone."""


class Disk:
    """Files as the disk has them, and as programs see them; cut after so many writes."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.synced: dict[str, bytes] = {}
        self.seen: dict[str, bytearray] = {}
        self.left: int | None = None

    def act(self) -> None:
        """Something is written or synced."""
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise PowerCut()

    def cut(self) -> None:
        """Power is gone: of what was not synced, each sector has reached the disk, or has not."""
        for name in list(self.seen):
            old, new = self.synced.get(name, b""), bytes(self.seen[name])
            if name not in self.synced and self.random.random() < 0.3:
                del self.seen[name]  # not even its name has
                continue
            length = self.random.choice([len(old), len(new)])
            torn = bytearray(old.ljust(length, b"\0")[:length])
            for at in range(0, length, _SECTOR):
                if self.random.random() < 0.5:
                    piece = new[at : min(at + _SECTOR, length)]
                    torn[at : at + len(piece)] = piece
            self.seen[name] = torn
        for name in [name for name in self.synced if name not in self.seen]:
            if self.random.random() < 0.5:
                self.seen[name] = bytearray(self.synced[name])  # its deletion has not
        self.synced = {name: bytes(content) for name, content in self.seen.items()}
        self.left = None


class _File:
    """One open file."""

    def __init__(self, disk: Disk, name: str) -> None:
        self._disk, self._name = disk, name
        self._content = disk.seen.setdefault(name, bytearray())

    def xRead(self, amount: int, offset: int) -> bytes:
        return bytes(self._content[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.act()
        if len(self._content) < offset:
            self._content.extend(bytes(offset - len(self._content)))
        self._content[offset : offset + len(data)] = data

    def xTruncate(self, size: int) -> None:
        self._disk.act()
        del self._content[size:]

    def xSync(self, _flags: int) -> None:
        self._disk.act()
        self._disk.synced[self._name] = bytes(self._content)
        # What was deleted before goes with it, as journalling file systems have it.
        for name in self._disk.synced.keys() - self._disk.seen.keys():
            del self._disk.synced[name]

    def xFileSize(self) -> int:
        return len(self._content)

    def xClose(self) -> None: ...

    def xLock(self, _level: int) -> None: ...

    def xUnlock(self, _level: int) -> None: ...

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, _op: int, _pointer: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return _SECTOR

    def xDeviceCharacteristics(self) -> int:
        return 0


class _Files(apsw.VFS):
    """The file system; SQLite's own for all but the files."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__("failing", "")

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        flags[1] = flags[0]
        return _File(self._disk, path)

    def xAccess(self, path: str, _flags: int) -> bool:
        return path in self._disk.seen

    def xDelete(self, path: str, _sync_directory: bool) -> None:
        self._disk.act()
        self._disk.seen.pop(path, None)

    def xFullPathname(self, name: str) -> str:
        return name


@dataclass(frozen=True)
class Step:
    """A statement, and whether it ends a transaction."""

    sql: str
    commits: bool


def steps_of(statements: list[str]) -> list[Step]:
    """Statements as a connection ran them; those that only read, and savepoints, apart."""
    steps = []
    for sql in statements:
        word = sql.split(None, 1)[0].upper()
        if word in ("SELECT", "--"):
            continue
        steps.append(Step(sql, word == "COMMIT"))
    return steps


def outbox_statements() -> list[str]:
    """A day of an outbox: confirmed, sent, acknowledged, let go of."""
    from sync.envelope import SealingSession

    statements: list[str] = []
    connect = sqlite3.connect

    def traced(*given: Any, **more: Any) -> sqlite3.Connection:
        connection = connect(*given, **more)
        connection.set_trace_callback(statements.append)
        return connection

    with tempfile.TemporaryDirectory() as folder:
        sqlite3.connect = traced  # type: ignore[assignment]
        try:
            outbox = Outbox(
                Path(folder) / "outbox.sqlite", DEVICE_KEY, server=SERVER, now=lambda: MOMENT
            )
        finally:
            sqlite3.connect = connect
        for day in range(3):
            session = SealingSession.start(
                CONSULTATION.id, CONSULTATION.form_hash, DEVICE_ID, CONSULTATION.recipients
            )
            for number in range(6):
                outbox.keep(session.seal(said(f"idée {day} {number}")))
            outgoing = outbox.next_batch(4)
            assert outgoing is not None
            if day:
                outbox.release(acknowledged(outgoing))
                outbox.let_go([one.name for one in outbox.kept()])
        outbox.close()
    return statements


def server_statements() -> list[str]:
    """A server that takes in batches, the registers with them."""
    from sqlalchemy import event

    statements: list[str] = []
    with tempfile.TemporaryDirectory() as folder:

        def traced(connection: Any, _record: object) -> None:
            connection.set_trace_callback(statements.append)

        from sqlalchemy.pool import Pool

        event.listen(Pool, "connect", traced)
        try:
            service = Service(Path(folder), time.time)
        finally:
            event.remove(Pool, "connect", traced)
        service.publish(CONSULTATION.data)
        service.store.offer(bytes(32), time.time() + 1e9)
        service.store.enrol(bytes(32), DEVICE_ID.hex(), DEVICE, "mairie", time.time())
        for number in range(6):
            body = signed_batch(section(*map(str, range(5))), sequence=number)
            from sync.batch import name_of

            service.intake.receive(name_of(body), body)
            service.registers.publish()
        service.close()
    return statements


def fingerprint(database: apsw.Connection) -> str:
    """What all tables hold."""
    tables = [
        row[0]
        for row in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " ORDER BY name"
        )
    ]
    return repr([(one, list(database.execute(f'SELECT * FROM "{one}"'))) for one in tables])


def states(steps: list[Step]) -> list[str]:
    """What the tables hold after each commit, with nothing cut."""
    database = apsw.Connection(":memory:")
    found = [fingerprint(database)]
    for step in steps:
        if not step.sql.upper().startswith("PRAGMA") or "user_version" in step.sql:
            database.execute(step.sql)
        if step.commits or database.in_transaction is False:
            state = fingerprint(database)
            if state != found[-1]:
                found.append(state)
    return found


def cut_once(steps: list[Step], known: list[str], random: Random, synchronous: str) -> str:
    """Run, cut, open again; what is wrong, or nothing."""
    disk = Disk(random)
    files = _Files(disk)
    committed = 0
    try:
        database = apsw.Connection("db", vfs="failing")
        disk.left = random.randrange(700)
        before = known[0]
        try:
            database.execute("PRAGMA locking_mode=EXCLUSIVE")  # a log without shared memory
            for step in steps:
                sql = step.sql
                if "synchronous" in sql.lower() and synchronous:
                    sql = f"PRAGMA synchronous={synchronous}"
                database.execute(sql).fetchall()
                if not database.in_transaction:
                    state = fingerprint(database)
                    if state != before:
                        before, committed = state, known.index(state)
        except (apsw.Error, PowerCut):
            pass
        finally:
            disk.left = None
        # The program that had it open is gone with the power: nothing more of it is written.
        disk.cut()
        again = Disk(random)
        again.seen = {name: bytearray(content) for name, content in disk.synced.items()}
        again.synced = dict(disk.synced)
        files.unregister()
        files = _Files(again)
        opened = apsw.Connection("db", vfs="failing")
        try:
            opened.execute("PRAGMA locking_mode=EXCLUSIVE")
            sound = opened.execute("PRAGMA integrity_check").fetchall()
            state = fingerprint(opened)
        except apsw.Error as error:
            return f"the file is damaged: {error}"
        if sound != [("ok",)]:
            return f"the file is damaged: {sound}"
        if state not in known:
            return "a transaction is there by halves"
        if known.index(state) < committed:
            return "what was committed is gone"
        return ""
    finally:
        files.unregister()


def play(cuts: int, seed: int, synchronous: str = "") -> dict[str, Any]:
    """So many cuts of the outbox and as many of the server; what was found."""
    result: dict[str, Any] = {"cuts": 0, "wrong": {}}
    for whose, statements in (("outbox", outbox_statements()), ("server", server_statements())):
        steps = steps_of(statements)
        known = states(steps)
        for number in range(cuts // 2):
            wrong = cut_once(steps, known, Random(seed + number), synchronous)
            result["cuts"] += 1
            if wrong:
                key = f"{whose}: {wrong}"
                result["wrong"][key] = result["wrong"].get(key, 0) + 1
    return result


if __name__ == "__main__":
    reader = argparse.ArgumentParser()
    reader.add_argument("--cuts", type=int, default=2_000)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--synchronous", default="", choices=["", "OFF", "NORMAL", "FULL"])
    asked = reader.parse_args()
    result = play(asked.cuts, asked.seed, asked.synchronous)
    print(json.dumps(result))
    sys.exit(1 if result["wrong"] else 0)
