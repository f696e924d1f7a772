"""Looking never writes: not into a backup, not on a disk that takes nothing, not where none was."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.commands import main as kiosk
from kiosk.people.accounts import Accounts, Role
from sync.client.https import sync_once
from sync.desk.commands import main as desk
from sync.desk.store import DeskStore
from sync.device import Device
from sync.server.commands import main as server
from tests.sync.test_server_schemas import SQLITE, written_by
from tests.sync.town import Town

Bytes = dict[str, tuple[int, str]]


def run(command: object, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])  # type: ignore[arg-type]


def as_it_is(root: Path) -> Bytes:
    """Every file and folder: when it was last changed, and what is in it."""
    found = {}
    for path in sorted([root, *root.rglob("*")]):
        if not path.is_socket():
            content = path.read_bytes() if path.is_file() else b""
            found[str(path)] = path.stat().st_mtime_ns, hashlib.sha256(content).hexdigest()
    return found


def a_town_that_was_used(town: Town) -> Town:
    with town.serving() as url, town.device(url=url) as device, town.desk() as store:
        town.confirm(device, "un banc", "un arbre")
        town.registered(device)
        town.confirm(device, "une fontaine")
        town.pull(url, store)
    with Device.open(town.root / "mairie") as device:
        Accounts(device.database).add("Samia", Role.MEDIATOR, "27182")
    return town


SERVER = ("doctor", "devices")
KIOSK = (("doctor",), ("outbox",), ("people", "list"), ("rules",), ("printer",))
DESK = (("keys", "list", "--keys", "KEYS"), ("check", "--store", "STORE"))


def looks(town: Town) -> list[tuple[Path, Callable[[], Result]]]:
    """Every command that only looks, and the folder that it looks at."""
    places = {"KEYS": town.keys.path, "STORE": town.root / "desk.sqlite"}
    found: list[tuple[Path, Callable[[], Result]]] = []
    for name in SERVER:
        found.append((town.server_data, lambda n=name: run(server, n, "--data", town.server_data)))
    for words in KIOSK:
        data = town.root / "mairie"
        found.append((data, lambda w=words, d=data: run(kiosk, *w, "--data", d)))
    for words in DESK:
        given = [places.get(word, word) for word in words]
        found.append((town.root, lambda g=given: run(desk, *g)))
    return found


def test_commands_that_look_leave_every_byte_and_every_time_as_it_was(town: Town) -> None:
    a_town_that_was_used(town)
    for root, look in looks(town):
        before = as_it_is(root)
        look()
        assert as_it_is(root) == before


def test_commands_that_look_leave_what_a_power_cut_left_as_it_was(town: Town) -> None:
    a_town_that_was_used(town)
    left = []
    for path in (
        town.server_data / "parvis.sqlite",
        town.root / "mairie" / "outbox.sqlite",
        town.root / "desk.sqlite",
    ):
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("CREATE TABLE after_the_last_checkpoint (x)")
        connection.commit()
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            shutil.copyfile(path.with_name(name), town.root / "kept")
            left.append((path.with_name(name), (town.root / "kept").read_bytes()))
        connection.close()
    for path, content in left:
        path.write_bytes(content)
    for root, look in looks(town):
        before = as_it_is(root)
        said = look().output
        assert "damaged" not in said, said
        assert "cannot be" not in said, said
        assert as_it_is(root) == before


def test_a_backup_is_looked_at_and_restored(town: Town, tmp_path: Path) -> None:
    a_town_that_was_used(town)
    backup = tmp_path / "backup"
    assert run(server, "backup", backup, "--data", town.server_data).exit_code == 0
    before = as_it_is(backup)
    said = run(server, "doctor", "--data", backup)
    assert "Every batch of the index is on disk" in said.output
    assert "mairie" in run(server, "devices", "--data", backup).output
    for writing in (
        ("enrol", "--url", "http://x"),
        ("revoke", "0123456789abcdef"),
        ("publish", tmp_path / "keys" / "recipient.pub"),
        ("tables",),
    ):
        refused = run(server, *writing, "--data", backup)
        assert refused.exit_code == 1
        assert "is a backup" in refused.output
    assert as_it_is(backup) == before
    assert run(server, "restore", backup, "--data", tmp_path / "new").exit_code == 0
    assert run(server, "enrol", "--url", "http://x", "--data", tmp_path / "new").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        (server, "doctor", "--data"),
        (server, "devices", "--data"),
        (kiosk, "doctor", "--data"),
        (kiosk, "outbox", "--data"),
        (kiosk, "people", "list", "--data"),
        (kiosk, "rules", "--data"),
        (kiosk, "printer", "--data"),
        (desk, "keys", "list", "--keys"),
        (desk, "check", "--store"),
    ],
    ids=lambda given: " ".join(str(one) for one in given[1:]),
)
def test_looking_where_nothing_is_makes_nothing(arguments: tuple[object, ...], tmp_path) -> None:
    command, *words = arguments
    said = run(command, *words, tmp_path / "typo")
    assert said.exit_code != 0
    assert not list(tmp_path.iterdir())


def test_data_of_an_older_and_of_a_newer_server_are_looked_at_and_not_called_damaged(
    town: Town,
) -> None:
    a_town_that_was_used(town)
    file = town.server_data / "parvis.sqlite"
    for version, said in ((99, "newer parvis-server"),):
        with sqlite3.connect(file) as db:
            db.execute("UPDATE schema_version SET version = ?", [version])
        db.close()
        before = as_it_is(town.server_data)
        for name in SERVER:
            told = run(server, name, "--data", town.server_data)
            assert told.exit_code == 1
            assert said in told.output
            assert "damaged (" not in told.output
        assert as_it_is(town.server_data) == before


@pytest.mark.parametrize("version", SQLITE, ids=lambda path: f"schema {path.stem}")
def test_an_older_servers_data_are_looked_at_in_a_copy(version: Path, tmp_path: Path) -> None:
    data = written_by(version, tmp_path)
    before = as_it_is(data)
    told = run(server, "doctor", "--data", data)
    assert "6 contributions in 3 batches" in told.output
    assert as_it_is(data) == before


def test_looking_beside_a_running_server_tells_what_it_holds(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        assert sync_once(device).complete
        said = run(server, "doctor", "--data", town.server_data).output
        assert "A server runs on this data." in said
        assert "1 contribution in 1 batch" in said
        town.confirm(device, "un arbre")
        assert sync_once(device).complete
        assert (
            "2 contributions in 2 batches"
            in run(server, "doctor", "--data", town.server_data).output
        )


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount")
def test_looking_works_on_a_disk_that_takes_nothing(town: Town, tmp_path: Path) -> None:
    a_town_that_was_used(town)
    bound = os.system(f"mount --bind {town.root} {town.root} && "
                      f"mount -o remount,ro,bind {town.root}")  # fmt: skip
    if bound:
        pytest.skip("this machine does not let itself be mounted")
    try:
        for _, look in looks(town):
            said = look()
            assert "cannot" not in said.output.replace("Cannot speak", ""), said.output
            assert said.exception is None or isinstance(said.exception, SystemExit)
        for doctor, data in ((server, town.server_data), (kiosk, town.root / "mairie")):
            assert "read-only" in run(doctor, "doctor", "--data", data).output
    finally:
        os.system(f"umount {town.root}")


def test_a_desks_store_of_the_version_before_is_looked_at_as_it_is_and_gone_on_with(
    town: Town,
) -> None:
    a_town_that_was_used(town)
    path = town.root / "desk.sqlite"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as store:
        store.execute("DROP TABLE set_aside")
        store.execute("DROP TABLE set_aside_log")
        store.execute("ALTER TABLE contributions DROP COLUMN provenance")
        store.execute("PRAGMA user_version=4")
    before = as_it_is(town.root)
    for words in (("check",), ("set-aside", "--list")):
        looked = run(desk, *words, "--store", path)
        assert looked.exit_code == 0, looked.output
    assert as_it_is(town.root) == before
    with contextlib.closing(DeskStore(path)) as store:
        assert store.aside.of() == frozenset()
        assert store.counted() == 2
