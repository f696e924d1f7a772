"""Kill -9 of kiosk and server, real processes and real signals, at moments drawn from a seed.

    python -m tests.sync.killing --runs 300 --seed 1

Each run confirms something in one process, some of it with files attached, and syncs in another or
carries a stick, and kills it, or the server, or both, or neither, after a moment drawn at random;
devices keep nothing beyond its acknowledgement. After each run it is looked whether every
contribution that was confirmed is on the server or still sealed on the device; at the end, once
all is let through, whether the desk has each exactly once.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import hashlib
import json
import os
import signal
import socket
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import requests

from sync.attachment import Attachment
from sync.client.courier import carry_in, carry_out
from sync.client.https import enrol, sync_once
from sync.contribution import Contribution, Mode
from sync.desk.store import DeskStore
from sync.device import Device
from sync.rules import SyncRules
from sync.server.courier import put_out, take_in
from sync.server.service import Service
from sync.server.serving import RunningServer
from tests.sync.town import Town, ideas
from tests.waiting import LONG

_LONGEST = 0.12  # seconds from a process's start to its death


@dataclass
class Score:
    """What happened."""

    runs: int = 0
    confirmed: int = 0
    kiosks_killed: int = 0
    servers_killed: int = 0
    sticks: int = 0
    couriers_killed: int = 0
    files_at_the_desk: int = 0
    files_lost: int = 0
    nowhere: int = 0
    stored_before_the_receipt_was_seen: int = 0
    at_the_desk: int = 0
    twice_or_lost: int = 0
    findings: int = 0


class Child:
    """A forked process that does one thing."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                gc.disable()
                work()
                status = 0
            finally:
                os._exit(status)

    def kill_after(self, seconds: float) -> bool:
        """Kill it after a while, and say whether that was before it had ended."""
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        return self.end() == -signal.SIGKILL

    def end(self) -> int:
        """Wait for its end; how it ended."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Kiosks:
    """One device and its server, and what was promised to people there."""

    def __init__(self, root: Path, random: Random) -> None:
        self.town = Town(root)
        self.random = random
        self.score = Score()
        self.promised: set[str] = set()
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        self.server = self.start_server()
        with self.town.device() as device:
            device.follow(SyncRules(keep_days=0))
            enrol(device, self.town.code(self.url), "mairie")
            assert sync_once(device).complete

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_server(self) -> Child:
        """A server process that answers."""

        def serve() -> None:
            service = Service(self.town.server_data, time.time)
            RunningServer(service, port=self.port).run()

        server = Child(serve)
        for _ in range(6000):
            with contextlib.suppress(requests.ConnectionError):
                requests.get(f"{self.url}/healthz", timeout=LONG)
                return server
            time.sleep(0.01)
        raise AssertionError("the server did not come up")

    def confirm(self, killed: bool) -> None:
        """People confirm; the process says each idea once its receipt is there."""
        reading, writing = os.pipe()
        first, many = self.score.runs * 100, self.random.randrange(1, 9)

        def people() -> None:
            with Device.open(self.town.root / "mairie") as device:
                for number in range(first, first + many):
                    files = _files(number)
                    self.confirm_one(device, f"idée {number}", files)
                    os.write(writing, f"idée {number}\n".encode())

        kiosk = Child(people)
        os.close(writing)
        if killed:
            self.score.kiosks_killed += kiosk.kill_after(self.random.uniform(0, _LONGEST / 2))
        else:
            assert kiosk.end() == 0
        with os.fdopen(reading) as said:
            self.promised.update(said.read().split("\n")[:-1])

    def confirm_one(self, device: Device, idea: str, files: tuple[Attachment, ...]) -> None:
        """Somebody says something, and shows something."""
        held = device.consultation(self.town.consultation.id)
        fields = (("/data/idea", idea),)
        said = Contribution("place", "1", held.form_hash, Mode.SELF, "fr", fields)
        device.confirm(held.id, said, files)

    def carry(self, killed: bool) -> None:
        """A stick goes out, to the server and back; one of the three is killed."""
        stick = self.town.root / "stick"
        stick.mkdir(exist_ok=True)
        victim = self.random.randrange(3) if killed else -1

        def out() -> None:
            with Device.open(self.town.root / "mairie") as device:
                carry_out(device, stick)

        def over() -> None:
            with contextlib.closing(Service(self.town.server_data, time.time)) as service:
                take_in(service, stick)
                put_out(service, stick)

        def back() -> None:
            with Device.open(self.town.root / "mairie") as device:
                carry_in(device, stick)

        for place, work in enumerate((out, over, back)):
            child = Child(work)
            if place == victim:
                self.score.couriers_killed += child.kill_after(self.random.uniform(0, _LONGEST))
            else:
                assert child.end() == 0
        self.score.sticks += 1

    def sync(self, kiosk_killed: bool, server_killed: bool) -> None:
        """One sync, with deaths."""
        most = self.random.randrange(1, 7)

        def send() -> None:
            with Device.open(self.town.root / "mairie") as device:
                sync_once(device, batch=most)

        kiosk = Child(send)
        if server_killed:
            self.score.servers_killed += self.server.kill_after(self.random.uniform(0, _LONGEST))
        if kiosk_killed:
            self.score.kiosks_killed += kiosk.kill_after(self.random.uniform(0, _LONGEST))
        else:
            assert kiosk.end() == 0
        if server_killed:
            self.server = self.start_server()

    def look(self) -> None:
        """Count what is neither on the device nor on the server."""
        with closing(sqlite3.connect(self.town.root / "mairie" / "outbox.sqlite")) as outbox:
            held = outbox.execute(
                "SELECT count(*) FROM contribution WHERE state != 'released'"
                " AND ciphertext IS NOT NULL"
            ).fetchone()[0]
            released = {
                bytes(row[0])
                for row in outbox.execute("SELECT id FROM contribution WHERE state = 'released'")
            }
        with closing(sqlite3.connect(self.town.server_data / "parvis.sqlite")) as server:
            stored = {bytes(row[0]) for row in server.execute("SELECT id FROM records")}
        safe = held + len(released & stored)
        self.score.nowhere += len(released - stored) + max(0, len(self.promised) - safe)

    def finish(self) -> None:
        """Let everything through, and compare the desk with what was promised."""
        with self.town.device() as device:
            while not sync_once(device).complete:
                pass
        with closing(DeskStore(self.town.root / "desk.sqlite")) as desk:
            report = self.town.pull(self.url, desk)
            said = ideas(desk, self.town.consultation.id)
            for one in desk.contributions(self.town.consultation.id):
                number = int(dict(one.fields)["/data/idea"].split()[1])
                for file in _files(number):
                    digest = hashlib.sha256(file.content).hexdigest()
                    self.score.files_at_the_desk += desk.media.holds(digest)
                    self.score.files_lost += not desk.media.holds(digest)
        self.score.findings = len(report.findings)
        self.score.confirmed = len(self.promised)
        self.score.at_the_desk = len(said)
        self.score.stored_before_the_receipt_was_seen = len(set(said) - self.promised)
        missing = self.promised.difference(said)
        self.score.twice_or_lost = len(missing) + len(said) - len(set(said))
        self.server.kill_after(0)


def _files(number: int) -> tuple[Attachment, ...]:
    """What belongs to the idea of this number; to most, nothing."""
    if number % 4:
        return ()
    content = Random(number).randbytes(200_000 if number % 8 else 3_000)
    return (Attachment(f"{number}.jpg", content, "image/jpeg"),)


def play(runs: int, seed: int) -> Score:
    """So many runs; the same seed draws the same moments, the machine's pace apart."""
    random = Random(seed)
    with tempfile.TemporaryDirectory(prefix="parvis-killing-") as folder:
        kiosks = Kiosks(Path(folder), random)
        for kiosks.score.runs in range(1, runs + 1):
            kiosks.confirm(killed=random.random() < 0.5)
            if random.random() < 0.3:
                kiosks.carry(killed=random.random() < 0.7)
            else:
                kiosks.sync(kiosk_killed=random.random() < 0.7, server_killed=random.random() < 0.4)
            kiosks.look()
        kiosks.finish()
        return kiosks.score


if __name__ == "__main__":
    reader = argparse.ArgumentParser()
    reader.add_argument("--runs", type=int, default=300)
    reader.add_argument("--seed", type=int, default=1)
    asked = reader.parse_args()
    began = time.monotonic()
    score = play(asked.runs, asked.seed)
    print(json.dumps({**asdict(score), "seconds": round(time.monotonic() - began, 1)}))
