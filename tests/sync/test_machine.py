"""Keys encrypted under a secret of the machine, as systemd hands it to a service."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sync.device import Device
from sync.errors import BadKey
from sync.machine import CREDENTIAL
from tests.sync.given import CONSULTATION, enrolled_device, said
from tests.sync.town import Town

CLEAR, SEALED = b"-----BEGIN PRIVATE KEY", b"-----BEGIN ENCRYPTED PRIVATE KEY"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Gives the service this secret; b"" for none."""
    folder = tmp_path / "credentials"
    folder.mkdir()

    def give(secret: bytes) -> None:
        if secret:
            (folder / CREDENTIAL).write_bytes(secret)
            monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
        else:
            monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)

    return give


def test_a_devices_key_is_encrypted_where_the_machine_has_a_secret(
    tmp_path: Path, machine: Callable[[bytes], None]
) -> None:
    machine(b"s" * 32)
    with enrolled_device(tmp_path / "device") as device:
        device.confirm(CONSULTATION.id, said("oui"))
        key_id = device.key_id
    assert (tmp_path / "device" / "device.key").read_bytes().startswith(SEALED)
    with Device.open(tmp_path / "device") as device:
        assert device.key_id == key_id


def test_a_disk_in_another_machine_signs_nothing(
    tmp_path: Path, machine: Callable[[bytes], None]
) -> None:
    machine(b"s" * 32)
    enrolled_device(tmp_path / "device").close()
    machine(b"")
    with pytest.raises(BadKey, match="was not given the machine's secret"):
        Device.open(tmp_path / "device")
    machine(b"t" * 32)
    with pytest.raises(BadKey, match="another machine's secret"):
        Device.open(tmp_path / "device")


def test_a_key_that_lay_in_clear_is_encrypted_and_stays_the_same(
    tmp_path: Path, machine: Callable[[bytes], None]
) -> None:
    path = tmp_path / "device" / "device.key"
    with enrolled_device(tmp_path / "device") as device:
        key_id = device.key_id
    assert path.read_bytes().startswith(CLEAR)
    machine(b"s" * 32)
    with Device.open(tmp_path / "device") as device:
        assert device.key_id == key_id
    assert path.read_bytes().startswith(SEALED)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_servers_key_is_encrypted_likewise(
    tmp_path: Path, machine: Callable[[bytes], None]
) -> None:
    machine(b"s" * 32)
    town = Town(tmp_path / "town")
    assert (town.server_data / "server.key").read_bytes().startswith(SEALED)
    with town.serving() as url, town.device(url=url) as device:
        assert device.enrolled is not None


def test_a_secret_too_short_to_keep_anything_is_refused(
    tmp_path: Path, machine: Callable[[bytes], None]
) -> None:
    machine(b"short")
    with pytest.raises(BadKey, match="fewer than 16 bytes"):
        Device.open(tmp_path / "device")
