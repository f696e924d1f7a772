"""Device, link, courier and server in one process, by a seeded schedule of work and faults.

    python -m tests.sync.simulation --schedules 2000 --seed 1      schedules 1 to 2000
    python -m tests.sync.simulation --replay 1234                  one of them, told step by step

The device, its outbox and uplink, the courier and the server's service are the real ones, on real
SQLite in memory-backed files; only HTTP is left out, and time. A schedule draws what people, the
network, the stick, the power and the clocks do. Whoever works may die at every write, commit, sync
and rename. After each step, and at the end once all is let through, it is looked whether every
contribution that was confirmed is on the device or on the server, with its attachments, and once.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import hashlib
import json
import multiprocessing
import os
import shutil
import sqlite3
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.exc import OperationalError

from sync import batch as batches
from sync.attachment import Attachment
from sync.client.courier import carry_in, carry_out
from sync.client.https import Uplink
from sync.client.pace import Pace
from sync.client.wire import Answer, NetworkTrouble
from sync.contribution import Contribution, Mode
from sync.device import Device, Enrolment
from sync.envelope import Opener
from sync.errors import NotKept, SyncError
from sync.outbox import Outbox
from sync.register.proof import Consistency, Proof
from sync.rules import SyncRules
from sync.server.courier import put_out, take_in
from sync.server.problems import NotFound, problem_of
from sync.server.service import Service
from sync.server.signed_registers import NotRegistered
from sync.server.store import Store
from tests.sync.town import Town

DAY = 86_400.0
KEPT_DAYS = 14
OLDEST_BACKUP = 7 * DAY


class Death(BaseException):
    """Whoever works now is killed."""


class Lost(AssertionError):
    """The invariant does not hold.

    Attributes:
        seed: of the schedule.
        events: what happened in the schedules before it.
    """

    seed = 0
    events: Mapping[str, int] = {}


class Fate:
    """Decides who dies, or meets a full disk, at which of the points that they pass."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.at_work = "device"
        self.points_left: int | None = None
        self.full = False

    def threaten(self) -> None:
        """Whoever passes the point drawn here dies there; or nobody does."""
        self.points_left = self.random.randrange(40) if self.random.random() < 0.35 else None
        self.full = self.random.random() < 0.05

    def spare(self) -> None:
        """Nobody dies."""
        self.points_left = None
        self.full = False

    def point(self, full: Exception | None = None) -> None:
        """Somebody writes, commits, syncs or renames.

        Args:
            full: what they meet where it is the disk that is full; None where nothing is written.
        """
        if self.points_left is None:
            return
        self.points_left -= 1
        if self.points_left < 0:
            self.points_left = None
            if not self.full:
                raise Death(self.at_work)
            if full is not None:
                raise full


_fate = Fate(Random(0))


@contextmanager
def under_fate() -> Iterator[None]:
    """Make the points of device and server known to fate."""
    undo: list[Callable[[], None]] = []

    def put(owner: Any, name: str, made: Any) -> None:
        old = getattr(owner, name)
        setattr(owner, name, made(old))
        undo.append(lambda: setattr(owner, name, old))

    def before(old: Any) -> Any:
        def done(*given: Any, **more: Any) -> Any:
            _fate.point(OSError(errno.ENOSPC, "No space left on device"))
            return old(*given, **more)

        return done

    def around(full: Exception) -> Any:
        def made(old: Any) -> Any:
            @contextmanager
            def transaction(self: Any) -> Iterator[Any]:
                _fate.point()
                with old(self) as database:
                    _fate.point(full)
                    yield database
                    _fate.point(full)
                _fate.point()

            return transaction

        return made

    sqlite_is_full = sqlite3.OperationalError("database or disk is full")

    put(os, "fsync", lambda old: before(lambda _: None))  # memory has nothing to sync
    put(Path, "replace", before)
    put(Outbox, "_transaction", around(sqlite_is_full))
    put(Store, "writing", around(OperationalError("", {}, sqlite_is_full)))
    try:
        yield
    finally:
        for one in reversed(undo):
            one()


class Link:
    """The network between them: a `Wire` that speaks with a service directly, when it gets through.

    Args:
        world: whose server is behind it.
        faults: how likely each exchange goes wrong.
    """

    def __init__(self, world: World, faults: float) -> None:
        self._world = world
        self._faults = faults

    def close(self) -> None: ...

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        most: int,
    ) -> Answer:
        """One exchange, with whatever happens to it."""
        random, world = self._world.random, self._world
        _fate.point()
        if random.random() >= self._faults:
            return self._there(method, path, body, headers or {})
        match random.randrange(7):
            case 0:
                raise NetworkTrouble("The request is lost.")
            case 1:
                self._there(method, path, body, headers or {})
                raise NetworkTrouble("The answer is lost.")
            case 2:
                self._cut(method, path, body, headers or {}, random.randrange(len(body) + 1))
                raise NetworkTrouble("The connection is cut.")
            case 3:
                self._there(method, path, body, headers or {})
                return self._there(method, path, body, headers or {})
            case 4:
                return Answer(random.choice([200, 302, 404, 511]), b"<html>Sign in</html>", None)
            case 5:
                return Answer(random.choice([500, 502, 503, 429]), b"", "7")
            case _:
                late = (method, path, body, dict(headers or {}))
                world.late.append(late)
                raise NetworkTrouble("It comes late.")

    def deliver_late(self) -> None:
        """What was on its way arrives after all; nobody waits for the answer."""
        while self._world.late:
            method, path, body, headers = self._world.late.pop()
            with contextlib.suppress(NetworkTrouble):
                self._there(method, path, body, headers)

    def _cut(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], at: int
    ) -> None:
        service = self._world.service
        with self._world.serving():
            if method == "PUT":
                service.intake.uploads.keep_beginning(path.split("/")[3], body[:at])
            elif method == "PATCH":
                half = {**headers, "Upload-Complete": "?0"}
                self._answer(method, path, body[:at], half)

    def _there(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        try:
            with self._world.serving():
                return self._answer(method, path, body, headers)
        except Death:
            self._world.restart_server()
            raise NetworkTrouble("The server died.") from None

    def _answer(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        try:
            return self._routed(method, path, body, headers)
        except SyncError as error:
            problem = problem_of(error)
            offset = getattr(error, "expected", None)
            return Answer(problem.status, problem.body(), None, offset, signed=True)
        except OSError:
            return Answer(507, b"", None)

    def _routed(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """What `sync.server.app` does with it."""
        service = self._world.service
        parts = path.partition("?")[0].split("/")[2:]
        at = int(headers.get("Upload-Offset", "0"))
        last = headers.get("Upload-Complete") == "?1"
        match (method, *parts):
            case ("GET", "consultations"):
                return Answer(200, service.listing(path.partition("fresh=")[2]), None)
            case ("GET", "consultations", id_):
                return Answer(200, service.store.package(id_), None)
            case ("PUT", "batches", name):
                service.intake.admit(name, body)
                return Answer(200, service.intake.receive(name, body), None)
            case ("HEAD", "batches", name):
                return Answer(204, b"", None, *service.intake.batch_offset(name))
            case ("PATCH", "batches", name):
                offset, complete = service.intake.batch_offset(name)
                if not complete:
                    offset = service.intake.uploads.append(name, at, body)
                if not last:
                    return Answer(204, b"", None, offset, complete)
                known = service.intake.acknowledgement(name) if complete else None
                return Answer(200, known or service.intake.receive_uploaded(name), None)
            case ("GET", "batches", name, "acknowledgement"):
                word = service.intake.acknowledgement(name)
                if word is None:
                    raise NotFound()
                return Answer(200, word, None)
            case ("GET", "batches", name, "register"):
                return _proof(service.registers.prove_batch(name))
            case ("GET", "consultations", id_, "register", commitment):
                return _proof(service.registers.prove(id_, bytes.fromhex(commitment)))
            case ("GET", "consultations", id_, "register"):
                asked = parse_qs(urlsplit(path).query)
                old, size = int(asked["from"][0]), asked.get("to")
                until = int(size[0]) if size else None
                shown = Consistency(*service.registers.consistency(id_, old, until)).to_json()
                return Answer(200, shown, None)
            case ("HEAD", "consultations", id_, "attachments", name):
                offset, _, complete = service.intake.attachment_offset(id_, name)
                return Answer(204, b"", None, offset, complete)
            case ("PATCH", "consultations", id_, "attachments", name):
                offset = service.intake.go_on(id_, name, at, body)
                complete = last and service.intake.complete(id_, name)
                return Answer(204, b"", None, offset, complete)
        raise AssertionError(f"nobody asks {method} {path}")


def _proof(proof: Proof | None) -> Answer:
    if proof is None:
        raise NotRegistered()
    return Answer(200, proof.to_json(), None)


class World:
    """One town, one device, one server, two sticks, and what was promised to people."""

    def __init__(self, root: Path, template: Path, town: Town, seed: int, tell: bool) -> None:
        global _fate
        self.root = root
        self.town = town
        self.seed = seed
        self.random = Random(seed)
        self.tell = tell
        _fate = Fate(self.random)
        shutil.copytree(template, root, dirs_exist_ok=True)
        self.now = 1_800_000_000.0
        self.device_clock_off = 0.0
        self.clock_was_wrong = False
        self.made_room = False
        self.late: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.promised: dict[bytes, tuple[str, tuple[bytes, ...]]] = {}
        self.backups: list[tuple[float, Path]] = []
        self.said = 0
        self.events: Counter[str] = Counter()
        self.pace = Pace(self.random.choice([64, 1_000, 1 << 19]))
        self.service = self._service()
        self.device = self._device()
        for name in ("stick-0", "stick-1"):
            (root / name).mkdir()

    # the two processes

    def _service(self) -> Service:
        return Service(self.root / "server", lambda: self.now)

    def _device(self) -> Device:
        return Device.open(self.root / "mairie", wall=lambda: self.now + self.device_clock_off)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """The server is at work."""
        _fate.at_work = "server"
        try:
            yield
        finally:
            _fate.at_work = "device"

    def restart_server(self) -> None:
        """The server's process ends, however it stands, and another begins."""
        self.events["server killed"] += 1
        self.service.store.database.abandon()
        self.service = self._service()

    def restart_device(self) -> None:
        """The device's process ends, however it stands, and another begins."""
        self.events["device killed"] += 1
        self.end_device()
        self.device = self._device()

    def end_device(self) -> None:
        """As a kill would: nothing is finished."""
        self.device.outbox._connection.close()
        self.device.database.conn.close()
        self.device._lock.close()

    # what happens

    def confirm(self) -> None:
        """Somebody confirms, perhaps with files."""
        self.said += 1
        idea = f"idée {self.said}"
        sizes = self.random.choices(
            [0, 1, 300, 65_536, 70_000], [1, 4, 8, 1, 1], k=self.random.choice([0, 0, 0, 1, 2])
        )
        files = tuple(
            Attachment(f"{self.said}-{n}.jpg", self.random.randbytes(size), "image/jpeg")
            for n, size in enumerate(sizes)
        )
        held = self.device.consultation(self.town.consultation.id)
        said = Contribution("place", "1", held.form_hash, Mode.SELF, "fr", (("/data/idea", idea),))
        kept = self._kept()
        try:
            receipt = self.device.confirm(held.id, said, files)
        except NotKept:
            self.events["not kept: the disk was full"] += 1
            return
        finally:
            self.made_room |= not kept <= self._kept()
        self.promised[receipt.commitment] = (idea, tuple(one.content for one in files))

    def _kept(self) -> set[str]:
        """The batches that are kept beyond their acknowledgement, read from beside the device."""
        path = self.root / "mairie" / "outbox.sqlite"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT name FROM batch WHERE state = 'acknowledged'")
            return {name for (name,) in rows}

    def sync(self, faults: float | None = None) -> bool:
        """The device syncs; says whether nothing is left."""
        likely = self.random.choice([0.0, 0.1, 0.5]) if faults is None else faults
        uplink = Uplink(
            self.device,
            wire=Link(self, likely),  # type: ignore[arg-type]
            batch=self.random.choice([1, 2, 5, 500]),
            pace=self.pace,
        )
        try:
            return uplink.sync().left == 0
        except SyncError:
            self.events["sync: the disk was full"] += 1
            return False

    def late_arrivals(self) -> None:
        """What was under way arrives."""
        Link(self, 0.0).deliver_late()

    def stick_from_device(self) -> None:
        """Somebody copies to a stick, which may be pulled out."""
        with contextlib.suppress(SyncError):
            carry_out(self.device, self._stick(), batch=self.random.choice([1, 500]))

    def stick_to_server(self) -> None:
        """The stick comes to the server; its word is laid on it."""
        stick = self._stick()
        try:
            with self.serving():
                take_in(self.service, stick)
                put_out(self.service, stick)
        except Death:
            self.restart_server()
        except SyncError:
            pass

    def stick_back(self) -> None:
        """The stick comes back."""
        with contextlib.suppress(SyncError):
            carry_in(self.device, self._stick())

    def stick_suffers(self) -> None:
        """A file on a stick is cut, changed, doubled or lost."""
        stick = self._stick()
        files = sorted(path for path in stick.rglob("*") if path.is_file())
        if not files:
            return
        path = self.random.choice(files)
        content = bytearray(path.read_bytes())
        match self.random.randrange(4):
            case 0:
                path.write_bytes(content[: self.random.randrange(len(content) + 1)])
            case 1 if content:
                content[self.random.randrange(len(content))] ^= 1 << self.random.randrange(8)
                path.write_bytes(content)
            case 2:
                path.with_name(f"copy of {path.name}").write_bytes(content)
            case _:
                path.unlink()

    def server_publishes(self) -> None:
        """The registers are brought up to date."""
        try:
            with self.serving():
                self.service.registers.publish()
        except Death:
            self.restart_server()
        except (SyncError, OSError):
            self.events["not published: the disk was full"] += 1

    def time_passes(self) -> None:
        """Hours or days."""
        self.now += self.random.choice([60.0, 3_600.0, DAY, 5 * DAY])

    def device_clock_jumps(self) -> None:
        """To 1970, to 2036, or back to where it should be."""
        self.device_clock_off = self.random.choice(
            [0.0, 60.0 - self.now, 2_082_758_400.0 - self.now, -3_600.0]
        )
        self.clock_was_wrong = True

    def back_up(self) -> None:
        """The server's data are copied away."""
        self.service.close()
        place = self.root / f"backup-{len(self.backups)}"
        shutil.copytree(self.root / "server", place)
        self.backups.append((self.now, place))
        self.service = self._service()

    def restore(self) -> None:
        """The server loses its disk; a backup of the last days takes its place."""
        if self.clock_was_wrong or self.made_room:
            return  # a device whose clock ran ahead, or whose disk was full, let go: documented
        fresh = [place for when, place in self.backups if self.now - when <= OLDEST_BACKUP]
        if not fresh:
            return
        self.events["server restored from a backup"] += 1
        self.service.close()
        shutil.rmtree(self.root / "server")
        shutil.copytree(self.random.choice(fresh), self.root / "server")
        self.service = self._service()

    def restart_both(self) -> None:
        """The power goes everywhere."""
        self.restart_device()
        self.restart_server()

    def play(self, steps: int) -> None:
        """Draw what happens, and look after each step."""
        todo: list[tuple[Callable[[], object], int]] = [
            (self.confirm, 8),
            (self.sync, 6),
            (self.late_arrivals, 1),
            (self.stick_from_device, 2),
            (self.stick_to_server, 2),
            (self.stick_back, 2),
            (self.stick_suffers, 1),
            (self.server_publishes, 2),
            (self.time_passes, 2),
            (self.device_clock_jumps, 1),
            (self.back_up, 1),
            (self.restore, 1),
            (self.restart_both, 1),
        ]
        kinds, weights = zip(*todo, strict=True)
        for step in range(steps):
            [what] = self.random.choices(kinds, weights)
            name = what.__name__.replace("_", " ")
            self.events[name] += 1
            if self.tell:
                print(f"{step:3} {name}", end="")
            _fate.threaten()
            if what in (self.back_up, self.restore, self.restart_both):
                _fate.spare()
            try:
                what()
            except Death as death:
                if self.tell:
                    print(f" … {death} killed", end="")
                self.restart_device()
            finally:
                _fate.spare()
            if self.tell:
                print(f"   {self.device.outbox.counts()}")
            self.look()

    # what must hold

    def look(self) -> None:
        """Everything promised is on the device, or on the server with all that belongs to it."""
        held, released = self._on_device()
        stored = self._on_server()
        for commitment, (idea, _) in self.promised.items():
            if commitment not in held and commitment not in stored:
                raise Lost(f"{idea} is nowhere")
        if len(released - set(stored)) and not self.backups:
            raise Lost("the device believes that something is stored which is not")

    def finish(self) -> None:
        """All is let through: the server has everything, once, and it opens to what was said."""
        self.device_clock_off = 0.0
        self.late_arrivals()
        self.server_publishes()
        for _ in range(12):
            if self.sync(faults=0.0):
                break
        else:
            raise Lost(f"something never goes: {self.device.outbox.counts()}")
        if self.device.outbox.quarantined():
            raise Lost(f"put aside: {self.device.outbox.quarantined()}")
        opened = self._opened()
        for commitment, said in self.promised.items():
            if opened.get(commitment) != [said]:
                raise Lost(f"{said[0]}: promised once, there: {len(opened.get(commitment, []))}")
        extra = len(opened) - len(self.promised)
        self.events["stored before the receipt was seen"] += extra

    def _on_device(self) -> tuple[set[bytes], set[bytes]]:
        """Commitments whose ciphertext, and files, are here; and those let go of or released."""
        query = self.device.outbox._connection.execute
        here = {path.name for path in (self.root / "mairie").glob("attachments/*")}
        held = set()
        for number, commitment in query(
            "SELECT number, commitment FROM contribution WHERE ciphertext IS NOT NULL"
        ).fetchall():
            files = query("SELECT name FROM attachment WHERE contribution = ?", [number])
            if all(name in here for (name,) in files):
                held.add(bytes(commitment))
        released = {
            bytes(one)
            for (one,) in query(
                "SELECT commitment FROM contribution WHERE state = 'released'"
                " AND commitment IS NOT NULL"
            )
        }
        return held, released

    def _on_server(self) -> set[bytes]:
        """Commitments that the server has with all their attachments, by its own tables."""
        arrived = set(self.service.store.attachment_names())
        found: set[bytes] = set()
        for name in self.service.store.batch_names():
            read = self._batch(name)
            lacking = {one.position for one in read.enclosed if one.name not in arrived}
            found.update(
                record.commitment
                for position, record in enumerate(read.records)
                if position not in lacking
            )
        return found

    def _batch(self, name: str) -> batches.Batch:
        return batches.read(self.service.files.batch(name), self.device.key.public_key())

    def _opened(self) -> dict[bytes, list[tuple[str, tuple[bytes, ...]]]]:
        """What the organiser reads, each as often as the server's index counts it."""
        opener = Opener([self.town.keys.recipient])
        path = self.root / "server" / "parvis.sqlite"
        with contextlib.closing(sqlite3.connect(path)) as database:
            counted = {
                bytes(id_): number
                for id_, number in database.execute("SELECT id, batch FROM records")
            }
            numbers = dict(database.execute("SELECT name, number FROM batches"))
        found: dict[bytes, list[tuple[str, tuple[bytes, ...]]]] = {}
        for name in self.service.store.batch_names():
            read = self._batch(name)
            position = 0
            for section in read.sections:
                session = opener.open_session(
                    section.header,
                    consultation=read.consultation,
                    device_key_id=read.device_key_id,
                )
                for record in section.records:
                    streams = [one.name for one in read.enclosed if one.position == position]
                    position += 1
                    if counted.get(record.id) != numbers[name]:
                        continue
                    said = session.open(record).contribution
                    files = tuple(
                        session.open_attachment(
                            record.index, place, self.service.files.attachment(stream), attached
                        )
                        for place, (stream, attached) in enumerate(
                            zip(streams, said.attachments, strict=True)
                        )
                    )
                    found.setdefault(record.commitment, []).append(
                        (dict(said.fields)["/data/idea"], files)
                    )
        return found

    def _stick(self) -> Path:
        return self.root / self.random.choice(["stick-0", "stick-1"])


def template(root: Path) -> Town:
    """A town whose device is enrolled; copied for each schedule."""
    town = Town(root)
    with town.service() as service, Device.open(root / "mairie") as device:
        key = device.key.public_key()
        token = hashlib.sha256(b"token").digest()
        service.store.offer(token, time.time() + 1e9)
        service.store.enrol(token, device.key_id.hex(), key, "mairie", time.time())
        server = service.public_key.public_bytes_raw()
        device.enrol(Enrolment("http://simulated", server, "mairie"))
        device.hold(town.consultation.data)
        device.follow(SyncRules(keep_days=KEPT_DAYS))
    shutil.rmtree(root / "keys")
    return town


def in_memory() -> Path | None:
    """Where files are kept in memory, if anywhere."""
    return Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None


def play(seeds: range, steps: int, tell: bool = False) -> dict[str, int]:
    """So many schedules; what happened in them, counted.

    Raises:
        Lost: the invariant did not hold; the message names the seed.
    """
    events: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="parvis-simulation-", dir=in_memory()) as folder:
        base = Path(folder)
        town = template(base / "template")
        with under_fate():
            for seed in seeds:
                root = base / "world"
                world = World(root, base / "template", town, seed, tell)
                try:
                    world.play(steps)
                    world.finish()
                except Exception as error:
                    if tell:
                        traceback.print_exc()
                    lost = Lost(f"schedule {seed}: {type(error).__name__}: {error}")
                    lost.seed, lost.events = seed, dict(events)
                    raise lost from error
                finally:
                    with contextlib.suppress(Exception):
                        world.end_device()
                        world.service.close()
                events.update(world.events)
                events["contributions confirmed"] += len(world.promised)
                shutil.rmtree(root)
    return dict(events)


def _chunk(given: tuple[int, int, int]) -> tuple[dict[str, int], str]:
    first, count, steps = given
    try:
        return play(range(first, first + count), steps), ""
    except Lost as error:
        return {}, str(error)


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("--schedules", type=int, default=2_000)
    reader.add_argument("--seed", type=int, default=1, help="of the first schedule")
    reader.add_argument("--steps", type=int, default=20)
    reader.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    reader.add_argument("--replay", type=int, help="the seed of one schedule")
    asked = reader.parse_args()
    if asked.replay is not None:
        print(play(range(asked.replay, asked.replay + 1), asked.steps, tell=True))
        return
    began = time.monotonic()
    size = max(1, min(50, asked.schedules // asked.jobs))
    firsts = range(asked.seed, asked.seed + asked.schedules, size)
    last = asked.seed + asked.schedules
    chunks = [(first, min(size, last - first), asked.steps) for first in firsts]
    events: Counter[str] = Counter()
    failures = []
    done = 0
    with multiprocessing.get_context("fork").Pool(asked.jobs) as pool:
        for counted, failure in pool.imap_unordered(_chunk, chunks):
            events.update(counted)
            done += size
            print(f"about {done} of {asked.schedules} schedules", file=sys.stderr, flush=True)
            if failure:
                failures.append(failure)
                print(
                    failure, f"— python -m tests.sync.simulation --replay N --steps {asked.steps}"
                )
    result = {
        "schedules": asked.schedules,
        "first_seed": asked.seed,
        "failures": len(failures),
        "events": dict(sorted(events.items())),
        "seconds": round(time.monotonic() - began, 1),
    }
    print(json.dumps(result, ensure_ascii=False))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
