"""Every two different actions on a server at once, with what each of them owes checked.

    python -m tests.sync.pairs 1000                          SQLite
    python -m tests.sync.pairs 1000 --postgresql --kill      the server killed between the pairs
    python -m tests.sync.pairs 1000 --slow-fsync 20 --slow-blobs 50

The server is a real one on loopback; what operators do beside it is done by a service of its own,
as their commands do. A pair that does not end in two minutes hangs, and says where.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import io
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import date
from itertools import combinations
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import requests

from sync import durable
from sync.answers import Answers, State, Theme
from sync.attachment import Attachment
from sync.client.https import sync_once
from sync.contribution import Contribution, Mode
from sync.desk.answers import AnswersDesk
from sync.device import Device
from sync.erasure import Erasure
from sync.receipt import Receipt
from sync.register.entry import Reason
from sync.server.backup import back_up, check
from sync.server.blobs import FolderBlobs
from sync.server.doctor import Health, examine
from sync.verify import main as verify
from tests.sync.postgresql import cluster, programmes
from tests.sync.town import ServerProcess, Town, ideas, server_process

HANGS = 120.0  # seconds; the slowest pair takes a few
PHOTO = Attachment("idea-1f.jpg", bytes(range(256)) * 400, "image/jpeg")

Act = Callable[[], None]


class Pairs:
    """A town on whose server everything happens at once.

    Args:
        town: with a server that runs.
        url: its address.
    """

    def __init__(self, town: Town, url: str) -> None:
        self.town = town
        self.url = url
        self.confirmed: dict[bytes, str] = {}
        self.erased: set[bytes] = set()
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}
        for name in ("sender", "photographer"):
            with town.device(name, url) as device:
                self._say(device)
                town.registered(device)

    def play(self, first: str, second: str) -> None:
        """Do two things at once.

        Raises:
            AssertionError: one does not do what it should, or both hang.
        """
        acts = [ACTIONS[name](self) for name in (first, second)]
        start = threading.Barrier(2)

        def do(act: Act) -> None:
            start.wait()
            act()

        # Not in a `with`: it would wait for ever for threads that hang.
        threads = ThreadPoolExecutor(2)
        working = [threads.submit(do, act) for act in acts]
        hanging = wait(working, HANGS).not_done
        if hanging:
            faulthandler.dump_traceback(sys.__stderr__, all_threads=True)
            raise AssertionError(f"{first} and {second} at once hang")
        for one in working:
            one.result()
        threads.shutdown()
        answer = requests.get(f"{self.url}/healthz", timeout=HANGS)
        assert answer.status_code == 200, (first, second)

    def finish(self) -> None:
        """All that was confirmed is there once, but what was erased; backup and register hold."""
        town = self.town
        for name in ("sender", "photographer"):
            with town.device(name) as device:
                town.registered(device)
                assert sync_once(device).complete
        with town.desk("last.sqlite") as desk:
            report = town.pull(self.url, desk)
            assert report.trouble == ""
            left = [idea for id_, idea in self.confirmed.items() if id_ not in self.erased]
            assert ideas(desk, town.consultation.id) == sorted(left)
        with town.service() as service:
            assert list(service.erasures.left_over()) == []
            back_up(service, town.root / "backup", time.time())
        check(town.root / "backup")
        self._verify()
        self._doctor()

    # the actions; each prepares itself, and gives what is then done at the same time as another

    def enrol(self) -> Act:
        number = self._next("enrol")

        def enrol() -> None:
            with self.town.device(f"new{number}", self.url):
                pass

        return enrol

    def revoke(self) -> Act:
        with self.town.device(f"old{self._next('old')}", self.url) as device:
            key_id = device.key_id.hex()

        def revoke() -> None:
            with self.town.service() as service:
                service.revoke(key_id)

        return revoke

    def publish(self) -> Act:
        package = self.town.publication(version=1 + self._next("version")).data

        def publish() -> None:
            with self.town.service() as service:
                service.publish(package)

        return publish

    def batch(self) -> Act:
        with self.town.device("sender") as device:
            for _ in range(3):
                self._say(device)
        return lambda: self._sync("sender")

    def upload(self) -> Act:
        with self.town.device("photographer") as device:
            self._say(device, PHOTO)
        return lambda: self._sync("photographer")

    def pull(self) -> Act:
        def pull() -> None:
            with self.town.desk() as desk:
                assert self.town.pull(self.url, desk).trouble == ""

        return pull

    def erase(self) -> Act:
        with self.town.device("photographer") as device:
            receipt = self._say(device, PHOTO)
        self._sync("photographer")
        order = Erasure(
            self.town.consultation.id, receipt.id, Reason.ASKED, date(2026, 11, 21)
        ).sign(self.town.keys.organiser)
        self.erased.add(receipt.id)

        def erase() -> None:
            answer = requests.post(f"{self.url}/v1/erasures", order, timeout=HANGS)
            assert answer.status_code == 200, answer.text

        return erase

    def answers(self) -> Act:
        id_ = self.town.consultation.id
        said = Answers(id_, self._next("answers"), date(2026, 11, 21), (Theme({}, {}, ""),), {})
        states = [State(one, (0,)) for one in self.confirmed]

        def answers() -> None:
            desk = AnswersDesk(self.url, self.town.keys.organiser)
            desk.publish(said, states)
            desk.close()

        return answers

    def backup(self) -> Act:
        def backup() -> None:
            with self.town.service() as service:
                saved = back_up(service, self.town.root / "backup", time.time())
            assert saved.troubles == (), saved
            check(self.town.root / "backup")

        return backup

    def register(self) -> Act:
        def register() -> None:
            with self.town.service() as service:
                service.publish_registers()
            self._verify()

        return register

    def doctor(self) -> Act:
        return self._doctor

    # within

    def _next(self, what: str) -> int:
        with self._lock:
            self._numbers[what] = self._numbers.get(what, 0) + 1
            return self._numbers[what]

    def _say(self, device: Device, *attached: Attachment) -> Receipt:
        idea = f"idée {self._next('idea')}"
        held = device.consultation(self.town.consultation.id)
        fields = [("/data/idea", idea)]
        fields += [("/data/budget", one.name) for one in attached]
        said = Contribution("place", "1", held.form_hash, Mode.SELF, "fr", tuple(fields))
        receipt = device.confirm(held.id, said, attached)
        with self._lock:
            self.confirmed[receipt.id] = idea
        return receipt

    def _sync(self, name: str) -> None:
        with self.town.device(name) as device:
            report = sync_once(device)
        assert report.complete, report
        assert report.quarantined == 0, report

    def _verify(self) -> None:
        id_ = self.town.consultation.id
        with self.town.service() as service:
            key = service.registers.key(id_)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            held = verify(["log", f"{self.url}/register/{id_}", "--key", key]) == 0
        assert held, said.getvalue()

    def _doctor(self) -> None:
        with self.town.service() as service:
            found = [one.sentence for one in examine(service) if one.health is Health.BAD]
        assert [one for one in found if "MB are free" not in one] == []


ACTIONS: dict[str, Callable[[Pairs], Act]] = {
    "enrol": Pairs.enrol,
    "revoke": Pairs.revoke,
    "publish": Pairs.publish,
    "batch": Pairs.batch,
    "upload": Pairs.upload,
    "pull": Pairs.pull,
    "erase": Pairs.erase,
    "answers": Pairs.answers,
    "backup": Pairs.backup,
    "register": Pairs.register,
    "doctor": Pairs.doctor,
}

PAIRS = list(combinations(ACTIONS, 2))


@contextmanager
def slow(fsync: float, blobs: float) -> Iterator[None]:
    """Make each sync of a file, and each access to a blob, last longer, in this process.

    Args:
        fsync: seconds.
        blobs: seconds.
    """
    sync_file, kept = os.fsync, {}

    def later(descriptor: int) -> None:
        time.sleep(fsync)
        sync_file(descriptor)

    def delayed(real: Callable[..., object]) -> Callable[..., object]:
        def access(*arguments: object, **named: object) -> object:
            time.sleep(blobs)
            return real(*arguments, **named)

        return access

    if fsync:
        durable.os.fsync = later  # type: ignore[attr-defined]
    if blobs:
        for name in ("read", "write", "write_all", "take", "size", "remove"):
            kept[name] = getattr(FolderBlobs, name)
            setattr(FolderBlobs, name, delayed(kept[name]))
    try:
        yield
    finally:
        os.fsync = sync_file
        for name, real in kept.items():
            setattr(FolderBlobs, name, real)


def _play(times: int, seed: int, database: str | None, kill: bool, root: Path) -> int:
    """Play so many pairs, every pair once before any comes twice; returns how many kills."""
    town, random, killed = Town(root, database), Random(seed), 0
    order: list[tuple[str, str]] = []
    pairs: Pairs | None = None
    done = 0
    while done < times:
        with _served(town, kill) as (url, server):
            pairs = pairs or Pairs(town, url)
            pairs.url = url
            for _ in range(random.randrange(1, 6) if kill else times):
                if not order:
                    order = random.sample(PAIRS, len(PAIRS))
                first, second = order.pop()
                began = time.monotonic()
                pairs.play(first, second)
                done += 1
                taken = time.monotonic() - began
                print(f"{done}: {first} and {second}, {taken:.1f} s", flush=True)
                if done == times:
                    break
            if done == times:
                pairs.finish()
            elif server is not None:
                server.process.kill()
                killed += 1
    return killed


@contextmanager
def _served(town: Town, apart: bool) -> Iterator[tuple[str, ServerProcess | None]]:
    """A server: a process of its own that can be killed, or a thread."""
    if not apart:
        with town.serving() as url:
            yield url, None
        return
    with server_process(town.server_data, town.port, more=("--limit", "100000")) as server:
        town.port = urlsplit(server.url).port or 0
        yield server.url, server


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("times", type=int, help="how many pairs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, not on SQLite")
    parser.add_argument("--slow-fsync", type=int, default=0, metavar="MS")
    parser.add_argument("--slow-blobs", type=int, default=0, metavar="MS")
    parser.add_argument("--kill", action="store_true", help="kill the server now and then")
    given = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="parvis-pairs-"))
    try:
        with contextlib.ExitStack() as stack:
            database = None
            if given.postgresql:
                binaries = programmes()
                if binaries is None:
                    raise SystemExit("PostgreSQL is not installed (Debian: postgresql).")
                database = stack.enter_context(cluster(binaries)).database()
            stack.enter_context(slow(given.slow_fsync / 1000, given.slow_blobs / 1000))
            killed = _play(given.times, given.seed, database, given.kill, root)
        print(f"{given.times} pairs; the server was killed {killed} times; nothing hung or lost.")
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
