"""PostgreSQL under the server: gone and come back, and several processes on one database."""

import pytest
import requests

from sync.client.https import sync_once
from sync.server.database import Unreachable
from sync.server.places import Places
from sync.server.postgresql import BadDatabaseAddress, PostgresDatabase
from sync.server.service import Service
from tests.sync.postgresql import Cluster
from tests.sync.test_server_data import run
from tests.sync.town import Town


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
            answer = requests.get(f"{url}/v1/consultations", timeout=20)
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
        assert requests.get(f"{url}/healthz", timeout=20).status_code == 200


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


def test_what_is_acknowledged_is_durable_whatever_the_database_is_set_to(database: str) -> None:
    lax = PostgresDatabase(f"{database}%20-csynchronous_commit%3Doff")
    with lax.reading() as db:
        assert db.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
    lax.close()
    gone = PostgresDatabase("postgresql://parvis@127.0.0.1:9/parvis")
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1"), gone.writing():
        pass
