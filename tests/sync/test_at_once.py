"""Many at once: one order of locks, every two actions together, and threads that must live."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import psycopg
import pytest
import requests

from sync.client.https import enrol, sync_once
from sync.device import Device
from sync.enrolment import EnrolmentRefused
from sync.server import aside, pulse
from sync.server.blobs import FolderBlobs
from sync.server.locks import AgainstTheOrder, Rank, holding
from sync.server.serving import RunningThread
from tests.sync.pairs import PAIRS, Pairs
from tests.sync.postgresql import cluster, programmes
from tests.sync.town import Town, server_process

ON_BOTH_DATABASES = True


def test_a_lock_that_is_taken_against_the_order_is_refused_at_once() -> None:
    first, second = threading.Lock(), threading.Lock()
    with (
        holding(Rank.DATABASE, second),
        pytest.raises(AgainstTheOrder, match="LISTING"),
        holding(Rank.LISTING, first),
    ):
        pass
    with holding(Rank.LISTING, first), holding(Rank.DATABASE, second):
        pass


def test_who_has_the_database_takes_no_lock_that_stands_before_it(town: Town) -> None:
    with town.service() as service:
        with service.store.writing(), pytest.raises(AgainstTheOrder):
            service.write_roster()
        with service.store.reading(), pytest.raises(AgainstTheOrder):
            service.registers.publish()


@pytest.mark.parametrize("part", range(5))
def test_every_two_actions_at_once_do_what_each_of_them_should(town: Town, part: int) -> None:
    chosen = Random(7).sample(PAIRS, len(PAIRS))[part::5]
    with town.serving() as url:
        pairs = Pairs(town, url)
        for first, second in chosen:
            pairs.play(first, second)
        pairs.finish()


def test_ten_devices_are_enrolled_at_once(town: Town) -> None:
    with town.serving() as url, ThreadPoolExecutor(10) as threads:
        codes = [town.code(url) for _ in range(10)]

        def enrolled(at: int) -> bool:
            with Device.open(town.root / f"d{at}") as device:
                enrol(device, codes[at], f"d{at}")
                return sync_once(device).complete

        assert list(threads.map(enrolled, range(10))) == [True] * 10
        assert requests.get(f"{url}/healthz", timeout=60).status_code == 200


def test_of_many_devices_that_use_one_code_at_once_one_is_enrolled(town: Town) -> None:
    with town.serving() as url, ThreadPoolExecutor(12) as threads:
        code = town.code(url)
        start = threading.Barrier(12)

        def enrolled(at: int) -> str:
            with Device.open(town.root / f"d{at}") as device:
                start.wait()
                try:
                    enrol(device, code, f"d{at}")
                except EnrolmentRefused as refused:
                    return str(refused)
                return "enrolled"

        said = list(threads.map(enrolled, range(12)))
    assert said.count("enrolled") == 1
    assert all("already enrolled another device" in one for one in said if one != "enrolled"), said


# threads


def test_healthz_fails_when_a_worker_is_stuck(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "STUCK_SECONDS", 0.2)
    with town.serving() as url, town.service() as beside, ThreadPoolExecutor(1) as threads:
        with beside.store.database.alone(Rank.LISTING), town.device("d") as device:
            code = town.code(url)
            waiting = threads.submit(enrol, device, code, "d")
            until = time.monotonic() + 60
            while requests.get(f"{url}/healthz", timeout=60).status_code == 200:
                assert time.monotonic() < until
                time.sleep(0.05)
            waiting_still = not waiting.done()
            assert waiting_still
        waiting.result()
        while requests.get(f"{url}/healthz", timeout=60).status_code != 200:
            assert time.monotonic() < until


_HANGS = """
import threading
from sync.server import serving
from sync.server.service import Service
serving.GRACE_SECONDS = 1.0
Service.listing = lambda self, fresh: threading.Event().wait()
"""


def test_a_server_that_hangs_ends_when_it_is_told_to_stop(town: Town) -> None:
    with server_process(town.server_data, before=_HANGS) as server, ThreadPoolExecutor(1) as one:
        asked = one.submit(requests.get, f"{server.url}/v1/consultations", timeout=60)
        while asked.running() is False:
            time.sleep(0.01)
        time.sleep(0.5)  # it has reached the server, most likely; it stops in any case
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) in (0, 1)
        assert asked.exception(60) is not None


def test_registers_are_published_though_every_connection_was_cut(
    town: Town, database: str | None
) -> None:
    if database is None:
        pytest.skip("SQLite has no connections that can be cut")
    with town.serving() as url, town.device(url=url) as device:
        for idea in ("un banc", "un arbre", "une fontaine"):
            town.confirm(device, idea)
            assert sync_once(device).complete
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
        town.registered(device)


def test_a_fault_that_nobody_foresaw_does_not_end_what_publishes(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town.service() as service:
        real, left = service.registers.publish, [2]

        def publish() -> int:
            left[0] -= 1
            if left[0] >= 0:
                raise RuntimeError("nobody foresaw this")
            return real()

        monkeypatch.setattr(service.registers, "publish", publish)
        with RunningThread(service) as server, town.device(url=server.url) as device:
            town.confirm(device, "un banc")
            town.registered(device)
    assert left[0] < 0


def test_who_needs_no_blob_does_not_wait_for_a_store_that_stalls(
    town: Town, database: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database is None:
        pytest.skip("a store of its own comes with several processes")
    monkeypatch.setattr(aside, "_STALLED", 0.5)
    monkeypatch.setattr(aside, "_LONGEST_WAIT", 1.0)
    with town.serving() as url, town.device(url=url) as device:
        answers = threading.Event()
        real = FolderBlobs.read
        many = 40

        def read(self: FolderBlobs, path: str) -> bytes | None:
            answers.wait(60)
            return real(self, path)

        monkeypatch.setattr(FolderBlobs, "read", read)
        asked = f"{url}/register/{town.consultation.id}/tile/entries/000"
        with ThreadPoolExecutor(many) as threads:
            stalled = [threads.submit(requests.get, asked, timeout=60) for _ in range(many)]
            until = time.monotonic() + 60
            while requests.get(asked, timeout=60).status_code != 503:  # told at once to come again
                assert time.monotonic() < until
            assert requests.get(f"{url}/v1/consultations", timeout=60).status_code == 200
            assert sync_once(device).complete
            assert not all(one.done() for one in stalled)
            answers.set()
            for one in stalled:
                one.result()


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """A disk of this size, mounted where anybody may enter it."""
    place = Path(tempfile.mkdtemp(prefix="parvis-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(place)]
    try:
        if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
            pytest.skip("a disk is mounted, which only root may")
        try:
            yield place
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)
    finally:
        place.rmdir()


@pytest.mark.sqlite_alone
def test_a_server_is_not_ready_while_the_disk_of_postgresql_is_full(tmp_path: Path) -> None:
    binaries = programmes()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    with small_disk("140m") as disk, cluster(binaries, disk) as running:
        town = Town(tmp_path / "town", running.database())
        with town.serving() as url:
            assert requests.get(f"{url}/readyz", timeout=60).status_code == 200
            filling = disk / "something else"
            with filling.open("wb") as file:
                free = shutil.disk_usage(disk).free
                file.write(bytes(free - 200_000))
            until = time.monotonic() + 60
            while (said := requests.get(f"{url}/readyz", timeout=60)).status_code == 200:
                assert time.monotonic() < until
                time.sleep(0.2)
            assert said.json()["checks"]["database"] == "cannot be written"
            filling.unlink()
            while requests.get(f"{url}/readyz", timeout=60).status_code != 200:
                assert time.monotonic() < until
                time.sleep(0.2)
