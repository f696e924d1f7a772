"""Backups of a running server, and servers made of them: what devices still keep comes again."""

import json
import shutil
import time
from pathlib import Path

import pytest

from sync.attachment import Attachment
from sync.client.https import enrol, sync_once
from sync.server import backup
from sync.server.doctor import examine
from tests.sync.test_attachment_travel import contents, say
from tests.sync.test_server_data import run
from tests.sync.test_travel import moved
from tests.sync.town import Town, ideas
from tests.waiting import LONG

ON_BOTH_DATABASES = True

PHOTO = Attachment("idea-1f.jpg", bytes(range(256)) * 1_200, "image/jpeg")


def saved(town: Town, place: Path) -> str:
    said = run("backup", place, "--data", town.server_data)
    assert said.exit_code == 0, said.output
    return said.output


def restored(town: Town, place: Path, *more: str) -> str:
    """The server's data are lost, and made of a backup."""
    if town.server_data.exists():
        shutil.rmtree(town.server_data)
    said = run("restore", place, "--data", town.server_data, *more)
    assert said.exit_code == 0, said.output
    return said.output


def test_a_backup_of_a_running_server_is_a_server_again(town: Town, tmp_path: Path) -> None:
    place = tmp_path / "backup"
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc", "un arbre")
        say(town, device, PHOTO)
        town.registered(device)
        assert "1 batch and 1 attached file are in the backup, 2 of them new" in saved(town, place)
        assert "0 of them new" in saved(town, place)
        town.confirm(device, "une fontaine")
        town.registered(device)
        assert "2 batches and 1 attached file are in the backup, 1 of them new" in saved(
            town, place
        )
    said = restored(town, place)
    assert "4 contributions in 2 batches" in said
    with town.serving() as url, town.device() as device, town.desk() as desk:
        moved(device, url)
        town.confirm(device, "une place")
        town.registered(device)
        report = town.pull(url, desk)
        assert (report.total, report.findings) == (5, ())
        assert contents(desk, town) == [PHOTO.content]
    said = run("doctor", "--data", town.server_data)
    assert said.exit_code == 0, said.output
    # What it is made of is a data directory like any other.
    with town.desk("other.sqlite") as desk:
        assert town.pull(place, desk).total == 4


def test_data_move_from_sqlite_to_postgresql_and_back(
    town: Town, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        town.registered(device)
        place = tmp_path / "backup"
        saved(town, place)
    more = ()
    if town.database is None:
        more = ("--database", request.getfixturevalue("postgresql").database())
    restored(town, place, *more)
    assert (town.server_data / "parvis.sqlite").exists() is (town.database is not None)
    with town.serving() as url, town.device() as device, town.desk() as desk:
        moved(device, url)
        town.confirm(device, "un arbre")
        town.registered(device)
        assert town.pull(url, desk).findings == ()
        assert ideas(desk, town.consultation.id) == ["un arbre", "un banc"]
    if more:
        other = tmp_path / "other"
        said = run("restore", place, "--data", other, *more)
        assert said.exit_code == 1
        assert "holds a server's data already" in said.output
        assert not other.exists()


def test_what_a_backup_lacks_comes_again_where_the_register_is_newer(
    town: Town, tmp_path: Path
) -> None:
    place, public = tmp_path / "backup", tmp_path / "public"
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "avant")
        town.registered(device)
        saved(town, place)
        town.confirm(device, "après", "plus tard")
        town.registered(device)
    shutil.copytree(town.server_data / "register", public)  # anybody may have a copy
    said = restored(town, place, "--register", str(public))
    assert "2 contributions of the public register are not in this backup" in said
    told = run("doctor", "--data", town.server_data)
    assert told.exit_code == 1
    assert "2 contributions of the public register are not here" in told.output
    with town.serving() as url, town.device() as device, town.desk() as desk:
        moved(device, url)
        assert sync_once(device).sent == 2
        report = sync_once(device)
        assert report.troubles == ()
        pulled = town.pull(url, desk)
        assert (pulled.total, pulled.findings) == (3, ())
    assert run("doctor", "--data", town.server_data).exit_code == 0


GONE = "does not contain what it held before"


def test_a_register_that_went_back_is_refused_and_a_new_one_is_the_way_on(
    town: Town, tmp_path: Path
) -> None:
    place, devices = tmp_path / "backup", ("mairie", "gare")
    with town.serving() as url:
        for name in devices:
            with town.device(name, url) as device:
                town.confirm(device, f"avant, {name}")
                town.registered(device)
        saved(town, place)
        for name in devices:
            with town.device(name) as device:
                town.confirm(device, f"après, {name}")
                town.registered(device)
    restored(town, place)
    with town.serving() as url:
        for name in reversed(devices):
            with town.device(name) as device:
                moved(device, url)
                town.confirm(device, f"depuis, {name}")
                sync_once(device)
                assert sync_once(device).left == 0  # nothing is lost
        with town.device(devices[0]) as device:  # and it says what it saw, once that is published
            until = time.monotonic() + LONG
            while not any(GONE in one for one in sync_once(device).troubles):
                assert time.monotonic() < until
                time.sleep(0.2)
    said = restored(town, place, "--new-key")
    assert "It has another key" in said
    with town.serving() as url, town.desk() as desk:
        for name in devices:
            with town.device(name) as device:
                enrol(device, town.code(url), name, replace=True)
                town.registered(device)
                report = sync_once(device)
                assert (report.troubles, report.left) == ((), 0)
        assert town.pull(url, desk).total == 6
        assert ideas(desk, town.consultation.id) == sorted(
            f"{when}, {name}" for when in ("avant", "après", "depuis") for name in devices
        )
    with town.service() as service:
        assert service.registers.size(town.consultation.id) == 6
        assert all(finding.health.value != "BAD" for finding in examine(service))


def test_a_damaged_backup_is_named_and_restores_nothing(town: Town, tmp_path: Path) -> None:
    place, target = tmp_path / "backup", tmp_path / "target"
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        town.registered(device)
        saved(town, place)

    def refused(says: str) -> None:
        said = run("restore", place, "--data", target)
        assert said.exit_code == 1
        assert says in said.output
        assert len(said.output.strip().splitlines()) == 1
        assert not target.exists()

    (batch,) = (place / "batches").glob("*/*")
    whole = batch.read_bytes()
    batch.write_bytes(whole[:-1])
    refused(batch.name)
    batch.unlink()
    refused("missing or damaged")
    batch.write_bytes(whole)
    (place / backup.MANIFEST).rename(tmp_path / "aside")
    refused("was not finished")
    (tmp_path / "aside").rename(place / backup.MANIFEST)
    database = (place / "parvis.sqlite").read_bytes()
    (place / "parvis.sqlite").write_bytes(database[:-1])
    refused("is damaged")
    (place / "parvis.sqlite").write_bytes(database)
    manifest = json.loads((place / backup.MANIFEST).read_text())
    assert manifest["missing"] == 0
    said = run("restore", tmp_path, "--data", target)
    assert "is no backup" in said.output


def test_a_backup_goes_only_where_it_may(town: Town, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"x")
    said = run("backup", tmp_path / "photos", "--data", town.server_data)
    assert (said.exit_code, "something else" in said.output) == (1, True)
    said = run("backup", town.server_data / "backup", "--data", town.server_data)
    assert (said.exit_code, "elsewhere" in said.output) == (1, True)
    place = tmp_path / "backup"
    saved(town, place)
    said = run("restore", place, "--data", tmp_path / "photos")
    assert (said.exit_code, "is not empty" in said.output) == (1, True)


def test_a_batch_that_the_server_lost_is_named_by_its_backup(town: Town, tmp_path: Path) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        (outgoing,) = device.outbox.every_batch()
        town.registered(device)
    with town.service() as service:
        service.files.batch_path(outgoing.name).unlink()
    said = run("backup", tmp_path / "backup", "--data", town.server_data)
    assert said.exit_code == 1
    assert outgoing.name in said.output
    restored(town, tmp_path / "backup")  # all else is there, and the doctor names it
    assert outgoing.name in run("doctor", "--data", town.server_data).output
