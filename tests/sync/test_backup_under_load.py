"""Backups of a server that works meanwhile: what is called done can be restored."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from sync.client.https import sync_once
from sync.server.backup import BrokenBackup, NotABackup, back_up, check, restore
from sync.server.blobs import FolderBlobs
from sync.server.commands import main as server
from sync.server.places import Places
from sync.server.signed_registers import CHECKPOINT
from tests.sync.test_register_doubt import flip
from tests.sync.town import Town

ON_BOTH_DATABASES = True


def restored(town: Town, place: Path, name: str) -> int:
    """How many contributions there are in a server made of a backup."""
    return restore(place, town.root / name, time.time, Places()).records


def test_a_register_that_grows_past_a_tile_while_it_is_saved_is_saved_whole(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "backup"
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, *(f"idée {at}" for at in range(250)))
        town.registered(device)
        real = FolderBlobs.read
        # Once the database is copied, the register goes on; and when its checkpoint was read, it
        # grows past a tile, so that the partial tiles of that checkpoint go before one is copied.
        growing = [(CHECKPOINT, 3), (".p/", 20)]

        def read(self: FolderBlobs, path: str) -> bytes | None:
            here = threading.current_thread() is threading.main_thread()
            if here and growing and growing[0][0] in path:
                _, more = growing.pop(0)
                town.confirm(device, *(f"{len(growing)}: idée {at}" for at in range(more)))
                town.registered(device)
            return real(self, path)

        monkeypatch.setattr(FolderBlobs, "read", read)
        with town.service() as service:
            assert back_up(service, place, time.time()).troubles == ()
        assert growing == []
    assert restored(town, place, "again") >= 250


def test_every_backup_made_while_devices_send_can_be_restored(town: Town, tmp_path: Path) -> None:
    with town.serving() as url, town.device(url=url) as device:
        ended = threading.Event()

        def send() -> None:
            at = 0
            while not ended.is_set():
                town.confirm(device, *(f"idée {at + one}" for one in range(40)))
                at += 40
                sync_once(device)

        sending = threading.Thread(target=send)
        sending.start()
        try:
            for number in range(4):
                place = tmp_path / f"backup{number % 2}"
                with town.service() as service:
                    assert back_up(service, place, time.time()).troubles == ()
                restored(town, place, f"again{number}")
        finally:
            ended.set()
            sending.join()


def test_a_backup_whose_own_disk_damaged_it_is_copied_anew(town: Town, tmp_path: Path) -> None:
    place = tmp_path / "backup"
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc", "un arbre")
        town.registered(device)
    with town.service() as service:
        back_up(service, place, time.time())
        (batch,) = service.store.batch_names()
        tiles = place / "register" / town.consultation.id / "tile" / "0" / "000.p" / "2"
        flip(place / "batches" / batch[:2] / batch)
        with pytest.raises(BrokenBackup):
            check(place)
        back_up(service, place, time.time())
        check(place)
        flip(tiles)
        with pytest.raises(BrokenBackup, match="register"):
            check(place)
        back_up(service, place, time.time())
        check(place)
    assert restored(town, place, "again") == 2


def test_two_backups_into_one_directory_at_once_are_refused(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "backup"
    with town.service() as service:
        real = FolderBlobs.folders

        def folders(self: FolderBlobs) -> tuple[str, ...]:
            monkeypatch.setattr(FolderBlobs, "folders", real)
            given = ["backup", str(place), "--data", str(town.server_data)]
            with ThreadPoolExecutor(1) as another:
                said = another.submit(CliRunner().invoke, server, given).result()
            assert said.exit_code == 1
            assert "Another backup is being made" in said.output
            return real(self)

        monkeypatch.setattr(FolderBlobs, "folders", folders)
        back_up(service, place, time.time())
        check(place)
    with pytest.raises(NotABackup):
        check(tmp_path)
