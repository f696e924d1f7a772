"""Nothing is signed on doubt: flipped bits among the tiles, and a database that went back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests
from sqlalchemy import Connection, insert, select

from sync.client.https import sync_once
from sync.errors import DamagedRegister
from sync.listing import instance_in
from sync.register import checkpoint
from sync.register.checkpoint import Checkpoint, origin_of
from sync.register.tiles import entries_path, tile_path
from sync.server import schema
from sync.server.doctor import Health, examine
from sync.server.service import Service
from sync.verify import main as verify
from tests.sync.postgresql import cluster, programmes
from tests.sync.town import Town, ideas

ON_BOTH_DATABASES = True


def flip(path: Path) -> None:
    """One bit of a file becomes another."""
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 4
    path.write_bytes(body)


def bad(service: Service) -> list[str]:
    found = [one.sentence for one in examine(service) if one.health is Health.BAD]
    return [one for one in found if "MB are free" not in one]


def newest(town: Town, service: Service) -> Checkpoint:
    origin = origin_of(town.consultation.id)
    return checkpoint.read(
        service.registers.checkpoint(town.consultation.id), origin, service.public_key
    )


def holds(town: Town, url: str, service: Service) -> bool:
    """Whether a stranger finds the register to be right, and to go on from every checkpoint."""
    id_ = town.consultation.id
    given = ["log", f"{url}/register/{id_}", "--key", service.registers.key(id_)]
    return verify(given) == 0


@pytest.mark.parametrize("path", [tile_path(0, 0, 3), entries_path(0, 3)])
def test_a_flipped_bit_in_what_the_register_grows_from_is_mended_before_it_is_signed(
    town: Town, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with town.serving() as url, town.device(url=url) as device, town.service() as service:
        town.confirm(device, "un", "deux", "trois")
        town.registered(device)
        before = newest(town, service)
        flip(town.server_data / "register" / town.consultation.id / path)
        assert any("not what the server signed" in one for one in bad(service))
        town.confirm(device, "quatre")
        town.registered(device)
        after = newest(town, service)
        assert (before.size, after.size) == (3, 4)
        assert holds(town, url, service)
        assert sync_once(device).troubles == ()
        assert bad(service) == []


@pytest.mark.parametrize("path", [tile_path(0, 0), entries_path(0)])
def test_a_flipped_bit_in_a_full_tile_is_named_and_mended_at_the_next_start(
    town: Town, path: str
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, *(f"idée {at}" for at in range(300)))
        town.registered(device)
        with town.service() as service:
            flip(town.server_data / "register" / town.consultation.id / path)
            assert any("not what the server signed" in one for one in bad(service))
    with town.serving() as url, town.service() as service:
        assert bad(service) == []
        assert holds(town, url, service)


def test_what_cannot_be_mended_is_not_signed(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un", "deux", "trois")
        town.registered(device)
        town.confirm(device, "quatre")
    with town.service() as service:
        id_ = town.consultation.id
        files = town.server_data / "register" / id_
        flip(files / tile_path(0, 0, 3))
        with service.store.writing() as db:  # the database's disk is damaged, too
            table = schema.register
            row = db.execute(select(table.c.entries)).scalar_one()
            damaged = bytearray(row)
            damaged[10] ^= 1
            db.execute(table.update().values(entries=bytes(damaged)))
            run = {"consultation": id_, "first": 3, "count": 1, "entries": b"\x00\x20" + bytes(32)}
            db.execute(insert(table), run)
        before = service.registers.checkpoint(id_)
        for _ in range(2):
            with pytest.raises(DamagedRegister):
                service.registers.publish()
        assert service.registers.checkpoint(id_) == before
        assert (files / entries_path(0, 3)).exists()  # what may serve somebody is still there


TABLES = [
    schema.numbering,
    schema.batches,
    schema.records,
    schema.quarantine,
    schema.attachments,
    schema.register,
    schema.checkpoints,
]


def rows_of(db: Connection) -> dict[str, list[dict[str, object]]]:
    return {
        table.name: [dict(row) for row in db.execute(select(table)).mappings()] for table in TABLES
    }


@contextlib.contextmanager
def gone_back(town: Town) -> Iterator[None]:
    """What was committed within is lost, under running processes: a standby that lagged takes over.

    The files stay as they are.
    """
    with town.service() as service:
        with service.store.reading() as db:
            before = rows_of(db)
        yield
        with service.store.writing() as db:
            for table in reversed(TABLES):
                db.execute(table.delete())
            for table in TABLES:
                if before[table.name]:
                    db.execute(insert(table), before[table.name])


def test_a_database_that_goes_back_under_the_server_costs_nothing_and_signs_no_second_register(
    town: Town,
) -> None:
    with town.serving() as url, town.device(url=url) as device, town.service() as service:
        town.confirm(device, "un", "deux")
        town.registered(device)
        with gone_back(town):
            town.confirm(device, "perdue", "perdue aussi")
            town.registered(device)
            signed = newest(town, service)
        assert signed.size == 4
        with town.device("autre", url) as other:
            town.confirm(other, "venue entre-temps")
            assert sync_once(other).sent == 1
            until = time.monotonic() + 60
            while newest(town, service).size < 5:
                assert time.monotonic() < until
                time.sleep(0.05)
            while (said := requests.get(f"{url}/readyz", timeout=60)).status_code == 200:
                assert time.monotonic() < until  # it looks every two seconds
                time.sleep(0.1)
            assert said.json()["checks"]["register"] == "went back"
            assert any("2 contributions of the public register are not here" in one
                       for one in bad(service))  # fmt: skip
            # What was signed then is still so, and what is signed now goes on from it.
            assert service.registers.consistency(town.consultation.id, 4)[1]
            assert holds(town, url, service)
            town.registered(other)
        while bad(service):
            sync_once(device)  # it looks what the server still has, and sends it again
            assert time.monotonic() < until
        town.registered(device)
        with town.desk() as desk:
            report = town.pull(url, desk)
            assert report.findings == ()
            assert ideas(desk, town.consultation.id) == [
                "deux", "perdue", "perdue aussi", "un", "venue entre-temps",
            ]  # fmt: skip
        assert holds(town, url, service)


@pytest.mark.sqlite_alone
def test_when_a_standby_takes_over_devices_look_what_it_has(tmp_path: Path) -> None:
    binaries = programmes()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    with cluster(binaries) as running:
        town = Town(tmp_path, running.database())
        with town.serving() as url, town.device(url=url) as device:
            town.confirm(device, "un banc")
            town.registered(device)
            before = instance_in(requests.get(f"{url}/v1/consultations", timeout=60).content)
            running.stop()
            running.stand_by()
            running.start()
            with psycopg.connect(running.address, autocommit=True) as connection:
                connection.execute("SELECT pg_promote()")
            town.confirm(device, "un arbre")
            until = time.monotonic() + 60
            while not sync_once(device).complete:
                assert time.monotonic() < until
                time.sleep(0.1)
            while True:
                now = requests.get(f"{url}/v1/consultations", timeout=60).content
                if instance_in(now) != before:
                    break
                assert time.monotonic() < until
                time.sleep(0.1)
            town.registered(device)
