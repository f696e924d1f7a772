"""A flipped bit in any file of a server's data: the doctor says so, and what can be is mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.client.https import sync_once
from sync.roster import read_roster
from sync.server.doctor import Health, examine
from sync.server.service import Service
from tests.sync.test_attachment_travel import PHOTO, say
from tests.sync.test_erasing_at_once import order_for
from tests.sync.test_register_doubt import flip
from tests.sync.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """A town where somebody sent a photograph, and something was erased."""
    made = Town(tmp_path)
    with made.serving() as url, made.device(url=url) as device:
        say(made, device, PHOTO)
        (gone,) = made.confirm(device, "un banc")
        assert sync_once(device).complete
        made.registered(device)
    with made.service() as service:
        service.erase(order_for(made, gone.id))
        service.registers.publish()
    return made


def bad(service: Service) -> list[str]:
    found = [one.sentence for one in examine(service) if one.health is Health.BAD]
    return [one for one in found if "MB are free" not in one]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ("attachments/*/*", "1 attached file of the index is not on disk, or damaged"),
        ("batches/*/*", "its file is missing or damaged"),
        ("devices.json", "devices.json is damaged"),
        ("server.key", "server.key is damaged"),
        ("register/*/checkpoint", "not what the server signed"),
        ("register/*/tile/0/*/*", "not what the server signed"),
        ("register/*/tile/entries/*/*", "not what the server signed"),
    ],
)
def test_the_doctor_tells_of_one_flipped_bit_in_any_file(town: Town, files: str, said: str) -> None:
    with town.service() as service:
        assert bad(service) == []
        path = sorted(town.server_data.glob(files))[-1]  # of tiles, the newest checkpoint's
        whole = path.read_bytes()
        flip(path)
        assert any(said in one for one in bad(service)), path
        path.write_bytes(whole)
        assert bad(service) == []


def test_a_damaged_list_of_devices_and_checkpoint_are_written_again(town: Town) -> None:
    listing = town.server_data / "devices.json"
    point = town.server_data / "register" / town.consultation.id / "checkpoint"
    whole = [path.read_bytes() for path in (listing, point)]
    for path in (listing, point):
        flip(path)
    with town.serving():
        pass
    assert [path.read_bytes() for path in (listing, point)] == whole
    assert read_roster(listing.read_bytes()).devices


def test_a_checkpoint_that_the_disk_did_not_take_is_shown_at_the_next_turn(town: Town) -> None:
    point = town.server_data / "register" / town.consultation.id / "checkpoint"
    newest = point.read_bytes()
    with town.service() as service:
        point.unlink()
        assert service.registers.publish() == 0
    assert point.read_bytes() == newest
