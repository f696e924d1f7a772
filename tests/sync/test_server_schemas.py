"""Data of every schema that there was: this parvis-server goes on with them, and loses nothing."""

import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from sync import acknowledgement
from sync.errors import BadKey, SyncError
from sync.keys import write_signing_key
from sync.register.proof import Proof
from sync.server import schema
from sync.server.database import UnusableStore
from sync.server.places import Places
from sync.server.service import Service
from tests.sync.postgresql import Cluster
from tests.sync.town import Town

SCHEMAS = Path(__file__).parent / "schemas"
SQLITE = [path for path in sorted(SCHEMAS.glob("*.sql")) if path.stem.isdigit()]
KEY = hashlib.sha256(b"parvis test: a server of an older schema").digest()
CONSULTATION = "ZFYD4HZJQGAZ614D"
BATCHES = [3, 2, 1]  # contributions in them, in the order they came


def written_by(version: Path, root: Path) -> Path:
    """A data directory as the parvis-server of that schema left it."""
    data = root / "server"
    data.mkdir(mode=0o700)
    with closing(sqlite3.connect(data / "parvis.sqlite")) as db:
        db.executescript(version.read_text())
    for batch in (SCHEMAS / "batches").iterdir():
        place = data / "batches" / batch.name[:2]
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(batch, place / batch.name)
    write_signing_key(data / "server.key", Ed25519PrivateKey.from_private_bytes(KEY))
    return data


@pytest.mark.parametrize("version", SQLITE, ids=lambda path: f"schema {path.stem}")
def test_nothing_is_lost_from_any_schema(version: Path, tmp_path: Path) -> None:
    data = written_by(version, tmp_path)
    for _ in range(2):  # the second time, nothing is left to do
        service = Service(data, lambda: 1.8e9)
        counts = service.store.counts()
        assert (counts.devices, counts.revoked, counts.batches) == (2, 1, 3)
        assert (counts.records, counts.quarantined) == (6, 1)
        names = [one.name for one in service.store.batches(CONSULTATION)]
        assert [one.number for one in service.store.batches(CONSULTATION)] == [1, 2, 3]
        words = [
            acknowledgement.read(service.intake.acknowledgement(name) or b"", service.public_key)
            for name in names
        ]
        assert [len(word.verdicts) for word in words] == BATCHES
        service.registers.mend()
        service.registers.publish()
        assert service.registers.size(CONSULTATION) == 6
        for name, held in zip(names, BATCHES, strict=True):
            proof = service.registers.prove_batch(name)
            assert isinstance(proof, Proof)
            proof.check(CONSULTATION, service.public_key)
            assert len(proof.entries) == held
        with service.store.reading() as db:
            assert db.execute(text("PRAGMA foreign_key_check")).all() == []
            assert db.execute(text("SELECT version FROM schema_version")).scalar() == (
                schema.VERSION
            )
        service.close()


@pytest.mark.parametrize("version", SQLITE, ids=lambda path: f"schema {path.stem}")
def test_the_tables_are_those_of_a_new_server(version: Path, tmp_path: Path) -> None:
    def shape(data: Path) -> dict[str, str]:
        Service(data, lambda: 1.8e9).close()
        with closing(sqlite3.connect(data / "parvis.sqlite")) as db:
            rows = db.execute(
                "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite%'"
            ).fetchall()
        # To SQLite both words mean the same.
        return {
            name: " ".join(sql.replace('"', "").replace("BIGINT", "INTEGER").split())
            for name, sql in rows
        }

    assert shape(written_by(version, tmp_path)) == shape(tmp_path / "new")


def test_the_next_batch_gets_the_next_number(tmp_path: Path) -> None:
    data = written_by(SCHEMAS / "3.sql", tmp_path)
    service = Service(data, lambda: 1.8e9)
    with service.store.writing() as db:
        last = db.execute(text("SELECT batch FROM numbering")).scalar_one()
    assert last == 3
    service.close()


def test_a_change_that_cannot_be_finished_changes_nothing(tmp_path: Path) -> None:
    data = written_by(SCHEMAS / "1.sql", tmp_path)
    for batch in (data / "batches").glob("06/*"):
        batch.write_bytes(b"something else")

    def whole() -> list[str]:
        with closing(sqlite3.connect(data / "parvis.sqlite")) as db:
            return list(db.iterdump())

    before = whole()
    with pytest.raises(SyncError, match="Restore it from a backup"):
        Service(data, lambda: 1.8e9)
    assert whole() == before


def test_data_of_a_newer_parvis_are_not_touched(town: Town) -> None:
    with town.service() as service, service.store.writing() as db:
        db.execute(text("UPDATE schema_version SET version = 99"))
    with pytest.raises(UnusableStore, match="newer"), town.service():
        pass


def test_a_postgresql_of_every_schema_is_gone_on_with(postgresql: Cluster, tmp_path: Path) -> None:
    # PostgreSQL came with schema 4: older ones there never were.
    from sync.server.postgresql import PostgresDatabase

    statements = (SCHEMAS / "postgresql-4.sql").read_text()
    old, new = (Places(postgresql.database()) for _ in range(2))
    database = PostgresDatabase(old.database or "")
    with database.writing() as db:
        db.connection.driver_connection.execute(statements)  # type: ignore[union-attr]
    database.close()
    shapes = []
    for places, name in ((old, "old"), (new, "new")):
        service = Service(tmp_path / name, lambda: 1.8e9, places)
        with service.store.reading() as db:
            columns = text(
                "SELECT table_name, column_name, data_type, is_nullable FROM "
                "information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2"
            )
            keys = text(
                "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
                "WHERE connamespace = current_schema()::regnamespace ORDER BY 1, 2"
            )
            shapes.append((db.execute(columns).all(), db.execute(keys).all()))
        service.close()
    assert shapes[0] == shapes[1]
    assert len(shapes[0][0]) > 40


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_of_another_server_is_not_served(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    places = Places()
    if kind == "postgresql":
        places = Places(request.getfixturevalue("postgresql").database())
    Service(tmp_path / "one", lambda: 1.8e9, places).close()
    other = tmp_path / "other"
    other.mkdir()
    if kind == "sqlite":
        shutil.copy(tmp_path / "one" / "parvis.sqlite", other)
    with pytest.raises(BadKey, match="missing"):
        Service(other, lambda: 1.8e9, places)
    write_signing_key(other / "server.key", Ed25519PrivateKey.generate())
    with pytest.raises(BadKey, match="not the key"):
        Service(other, lambda: 1.8e9, places)
    (other / "server.key").unlink()
    shutil.copy(tmp_path / "one" / "server.key", other)
    Service(other, lambda: 1.8e9, places).close()
