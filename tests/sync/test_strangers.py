"""Who has not proved to be a device: places and room of their own, and nobody waits behind them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sync.client.https import Uplink, sync_once
from sync.client.pace import Pace
from sync.server import bodies, uploads
from sync.server.uploads import MOST_OF_STRANGERS, TooMuchUnderWay, Uploads
from tests.sync.test_attachment_travel import PHOTO, batch_of, patch, say
from tests.sync.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


@contextlib.contextmanager
def slow(town: Town, path: str, how_many: int) -> Iterator[list[socket.socket]]:
    """So many connections that send the head of a request, and hardly anything of its body."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n{{".encode()
    opened = [socket.create_connection(("127.0.0.1", town.port), 60) for _ in range(how_many)]
    try:
        for one in opened:
            one.sendall(head)
        yield opened
    finally:
        for one in opened:
            one.close()


@pytest.mark.parametrize("path", ["/v1/erasures", "/v1/devices"])
def test_slow_strangers_delay_nobody_who_signs(town: Town, path: str) -> None:
    with town.serving() as url, town.device(url=url) as device, slow(town, path, 450):
        for round_ in range(5):
            town.confirm(device, f"idée {round_}")
            report = sync_once(device)
            assert (report.sent, report.troubles) == (1, ())
        with town.desk() as desk:
            assert town.pull(url, desk).total == 5


def test_of_slow_strangers_one_address_has_few_places_and_each_a_deadline(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "STRANGERS_SECONDS", 5.0)
    monkeypatch.setattr(bodies, "MOST_OF_ONE_ADDRESS", 4)
    with town.serving() as url, slow(town, "/v1/erasures", 12) as opened:
        said = sorted(one.recv(20)[9:12] for one in opened)
        assert said == [b"408"] * 4 + [b"503"] * 8
        assert requests.post(f"{url}/v1/erasures", b"{}", timeout=60).status_code == 400


def test_what_strangers_send_pushes_out_nothing_that_a_device_has_begun(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_LEAST", 1)
    with town.serving() as url, town.device(url=url) as device, town.service() as service:
        say(town, device, PHOTO)
        outgoing = batch_of(device)
        kept = service.uploads
        kept.append("a" * 64, 0, bytes(1000))  # as a device has begun it
        claimed = outgoing.data[:200]  # names the device: its key id is on every receipt
        for number in range(20):
            name = hashlib.sha256(bytes([number])).hexdigest()
            path = f"/v1/batches/{name}"
            assert patch(url, 0, claimed + bytes(8_000_000), False, path)[0] == 204
            assert sum(one.stat().st_size for one in _files(town)) <= MOST_OF_STRANGERS + 1000
        assert kept.offset("a" * 64) == 1000
        # Nor do they spoil it: a stranger goes on with what strangers have begun.
        assert patch(url, 1000, b"x", False, f"/v1/batches/{'a' * 64}")[0] == 409
        assert kept.offset("a" * 64) == 1000


def _files(town: Town) -> list[Path]:
    return [one for one in (town.server_data / "uploads").rglob("*") if one.is_file()]


def test_what_a_stranger_has_begun_does_not_spoil_what_a_device_sends(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        say(town, device, PHOTO)
        outgoing = batch_of(device)
        path = f"/v1/batches/{outgoing.name}"
        spoilt = outgoing.data[:200] + bytes(len(outgoing.data) - 201)
        assert patch(url, 0, spoilt, False, path)[0] == 204
        uplink = Uplink(device, pace=Pace(8 * 1024))
        report = uplink.sync()
        assert (report.sent, report.left, report.troubles) == (1, 0, ())
        assert _files(town) == []


def test_the_oldest_of_strangers_goes_first_and_none_has_more_than_all_may(
    tmp_path: Path,
) -> None:
    kept = Uploads(tmp_path / "uploads", most_of_strangers=300_000, clock=lambda: 1_000_100.0)
    names = [f"{number:064x}" for number in range(6)]
    for number, name in enumerate(names):
        kept.append(name, 0, bytes(70_000), proven=False)
        at = 1_000_000 + number
        os.utime(tmp_path / "uploads" / "strangers" / name, (at, at))
    assert kept.names() == frozenset(names[-4:])
    with pytest.raises(TooMuchUnderWay):
        kept.append("f" * 64, 0, bytes(300_001), proven=False)


def test_a_revoked_device_is_a_stranger(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        say(town, device, PHOTO)
        with town.service() as service:
            service.revoke(device.key_id.hex())
        Uplink(device, pace=Pace(8 * 1024)).sync()
        assert [one for one in _files(town) if one.parent.name == "uploads"] == []
