"""PostgreSQL under the server: gone and come back, and several processes on one database."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from sync.client.https import sync_once
from sync.server.database import Unreachable
from sync.server.places import Places
from sync.server.postgresql import BadDatabaseAddress, PostgresDatabase
from sync.server.service import Service
from sync.verify import main as verify
from tests.sync.postgresql import Cluster
from tests.sync.test_server_data import run
from tests.sync.town import Town, server_process
from tests.waiting import LONG


@pytest.fixture
def database(postgresql: Cluster) -> str:
    return postgresql.database()


def test_a_database_that_is_away_for_a_while_loses_nothing(town: Town, postgresql: Cluster) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        postgresql.stop()
        try:
            report = sync_once(device)
            assert (report.left, report.quarantined) == (1, 0)
            assert report.retry_after is not None
            answer = requests.get(f"{url}/v1/consultations", timeout=LONG)
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) >= 5
            assert "cannot be reached" in answer.json()["detail"]
            said = run("doctor", "--data", town.server_data)
            assert said.exit_code == 1
            assert "[BAD] The database" in said.output
            assert "cannot be reached" in said.output
        finally:
            postgresql.start()
        assert sync_once(device).sent == 1
        assert requests.get(f"{url}/healthz", timeout=LONG).status_code == 200


def test_a_server_does_not_start_on_a_database_that_is_not_there(tmp_path) -> None:
    for address in (
        "postgresql://parvis@127.0.0.1:9/parvis",
        "postgresql://parvis@/parvis?host=/nowhere",
    ):
        said = run("run", "--data", tmp_path, "--database", address)
        assert said.exit_code == 1
        assert "cannot be reached" in said.output
        assert len(said.output.strip().splitlines()) == 1


@pytest.mark.parametrize("address", ["mysql://x/y", "parvis", "postgresql", "http://x", "://"])
def test_what_is_no_address_of_a_database_is_said(tmp_path, address: str) -> None:
    with pytest.raises(BadDatabaseAddress):
        PostgresDatabase(address)
    said = run("devices", "--data", tmp_path, "--database", address)
    assert said.exit_code == 1


def test_the_data_directory_remembers_its_database(postgresql: Cluster, tmp_path) -> None:
    data, address = tmp_path / "data", postgresql.database()
    assert run("enrol", "--url", "http://x", "--data", data, "--database", address).exit_code == 0
    assert not (data / "parvis.sqlite").exists()
    assert (data / "places.json").stat().st_mode & 0o077 == 0
    assert run("devices", "--data", data).exit_code == 0
    assert Places.of(data).database == address


def test_a_directory_with_a_database_of_its_own_is_not_served_with_another(
    postgresql: Cluster, tmp_path
) -> None:
    Service(tmp_path, lambda: 1.8e9).close()
    said = run("run", "--data", tmp_path, "--database", postgresql.database())
    assert said.exit_code == 1
    assert "SQLite database of its own" in said.output


def children(process: int) -> list[int]:
    """The processes that a process has started."""
    return [
        int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()
    ]


def test_of_several_processes_one_is_killed_and_nothing_is_lost_or_counted_twice(
    town: Town,
) -> None:
    rounds, devices = 4, 4
    several, alone = ("--processes", "3"), ()
    with (
        server_process(town.server_data, more=several) as first,
        server_process(town.server_data, more=alone) as second,
    ):
        urls = [first.url, second.url]
        for at in range(devices):
            with town.device(f"d{at}", urls[at % 2]):
                pass
        assert len(children(first.process.pid)) == 3

        def people(at: int) -> None:
            with town.device(f"d{at}") as device:
                for turn in range(rounds):
                    town.confirm(device, *(f"{at}.{turn}.{one}" for one in range(5)))
                    sync_once(device)  # whoever answers may be killed under it

        with ThreadPoolExecutor(devices) as threads:
            working = [threads.submit(people, at) for at in range(devices)]
            killed = set()
            while not all(one.done() for one in working):
                there = [one for one in children(first.process.pid) if one not in killed]
                if len(killed) < 3 and there:
                    os.kill(there[0], signal.SIGKILL)
                    killed.add(there[0])
                time.sleep(0.3)
            for one in working:
                one.result()
        assert killed
        for at in range(devices):
            with town.device(f"d{at}") as device:
                town.registered(device)
                assert sync_once(device).complete
        total = devices * rounds * 5
        with town.desk() as desk:
            report = town.pull(second.url, desk)
            assert (report.total, report.findings) == (total, ())
        with town.service() as service:
            counts = service.store.counts()
            assert (counts.records, counts.quarantined) == (total, 0)
            assert service.registers.size(town.consultation.id) == total
            numbers = [one.number for one in service.store.batches(town.consultation.id)]
            assert numbers == list(range(1, len(numbers) + 1))
            key = service.registers.key(town.consultation.id)
        for url in urls:
            assert verify(["log", f"{url}/register/{town.consultation.id}", "--key", key]) == 0
        assert [first.stop(), second.stop()] == [0, 0]


def test_several_processes_say_once_what_keeps_them_from_serving(tmp_path) -> None:
    nowhere = ("--database", "postgresql://parvis@127.0.0.1:9/parvis", "--processes", "3")
    with server_process(tmp_path, more=nowhere) as server:
        assert server.process.wait(LONG) == 1
        lines = server.log.read_text().splitlines()
        said = [line for line in lines if not line.startswith("{")]
        assert len(said) == 1
        assert "cannot be reached" in said[0]


def test_no_process_outlives_the_one_that_watches_them(town: Town) -> None:
    with server_process(town.server_data, more=("--processes", "2")) as server:
        there = children(server.process.pid)
        assert len(there) == 2
        server.stop(signal.SIGKILL)
        until = time.monotonic() + LONG
        while any(Path(f"/proc/{one}").exists() for one in there):
            assert time.monotonic() < until
            time.sleep(0.1)


def test_several_processes_are_refused_on_sqlite(tmp_path) -> None:
    said = run("run", "--data", tmp_path, "--processes", "2", "--port", "0")
    assert said.exit_code == 1
    assert "need PostgreSQL" in said.output


def test_what_is_acknowledged_is_durable_whatever_the_database_is_set_to(database: str) -> None:
    lax = PostgresDatabase(f"{database}%20-csynchronous_commit%3Doff")
    with lax.reading() as db:
        assert db.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
    lax.close()
    gone = PostgresDatabase("postgresql://parvis@127.0.0.1:9/parvis")
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1"), gone.writing():
        pass
