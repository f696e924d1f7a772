"""What may be wrong around a device and a server: names, certificates, proxies, disks."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest

from kiosk.devices.doctor import examine as examine_device
from sync.attachment import Attachment
from sync.client.https import enrol, sync_once
from sync.client.pace import Pace
from sync.client.wire import NetworkTrouble
from sync.device import Device
from sync.enrolment import EnrolmentRefused
from sync.errors import NotKept, SyncError
from sync.server import health
from tests.sync.relay import relayed
from tests.sync.test_attachment_travel import say
from tests.sync.test_private_authority import authority, by_tls
from tests.sync.test_travel import moved
from tests.sync.town import Town, ideas
from tests.waiting import LONG

# names


def test_a_name_that_the_network_does_not_know_is_said_and_costs_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        known = socket.getaddrinfo

        def gone(host: str, *rest: object, **more: object) -> object:
            if host == "parvis.example":
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return known(host, *rest, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "getaddrinfo", gone)
        moved(device, f"http://parvis.example:{town.port}")
        town.confirm(device, "un banc")
        report = sync_once(device)
        assert "its name is not known to the network" in report.troubles[0]
        assert (report.left, report.quarantined) == (1, 0)

        def back(host: str, *rest: object, **more: object) -> object:
            return known("127.0.0.1" if host == "parvis.example" else host, *rest, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "getaddrinfo", back)
        assert sync_once(device).sent == 1


# a long way, a long time


def test_over_a_link_with_three_seconds_of_delay_everything_arrives_once(town: Town) -> None:
    with town.serving() as url, relayed(url, delay=1.5) as relay, town.device(url=url) as device:
        moved(device, relay.url)
        town.confirm(device, *(f"idée {number}" for number in range(40)))
        report = sync_once(device)
        assert (report.sent, report.left, report.troubles) == (40, 0, ())
        with town.desk() as desk:
            assert town.pull(url, desk).opened == 40


def test_a_server_that_is_away_for_a_week_gets_everything_when_it_is_back(town: Town) -> None:
    place, said = town.root / "mairie", []
    with town.serving() as url, Device.open(place, wall=town.clock) as device:
        enrol(device, town.code(url), "mairie")
        assert sync_once(device).complete
        town.confirm(device, "avant")
        assert sync_once(device).sent == 1
    with Device.open(place, wall=town.clock) as device:
        for day in range(7):
            town.clock.now += 24 * 3600
            said += [f"jour {day}, matin", f"jour {day}, soir"]
            town.confirm(device, *said[-2:])
            report = sync_once(device)
            assert (report.left, report.quarantined) == (len(said), 0)
            assert "cannot be reached" in report.troubles[0]
    told = [one.sentence for one in examine_device(place)]
    assert any(f"{len(said)} contributions" in sentence for sentence in told), told
    with town.serving() as url, Device.open(place, wall=town.clock) as device, town.desk() as desk:
        report = sync_once(device)
        assert (report.sent, report.left, report.troubles) == (len(said), 0, ())
        town.pull(town.server_data, desk)
        assert ideas(desk, town.consultation.id) == sorted(["avant", *said])


def test_a_clock_that_jumps_to_and_fro_between_confirmations_costs_nothing(town: Town) -> None:
    hands = iter([1.8e9, 2.0e9, 0.0, -3600.0, 1.79e9, 2**33, 1.8e9] * 3)
    now = 1.8e9
    place = town.root / "mairie"
    with town.serving() as url, Device.open(place, wall=lambda: now) as device:
        enrol(device, town.code(url), "mairie")
        assert sync_once(device).complete
        said = []
        for number, hand in enumerate(hands):
            now = hand  # between two confirmations, and between batch and acknowledgement
            said.append(f"idée {number}")
            town.confirm(device, said[-1])
            if number % 5 == 4:
                assert device.outbox.next_batch() is not None
            if number % 7 == 6:
                assert sync_once(device).left == 0
        assert sync_once(device).left == 0
        with town.desk() as desk:
            assert not town.pull(url, desk).findings
            assert ideas(desk, town.consultation.id) == sorted(said)


# certificates


@pytest.mark.parametrize(
    ("address", "days"),
    [("127.0.0.1", (-10.0, -5.0)), ("127.0.0.1", (5.0, 10.0)), ("127.0.0.2", (-1.0, 1.0))],
    ids=["expired", "not yet valid", "of another server"],
)
def test_a_certificate_that_is_not_right_lets_nothing_through(
    town: Town, tmp_path: Path, address: str, days: tuple[float, float]
) -> None:
    ca, wrong = authority(tmp_path, address=address, days=days)
    with town.serving() as plain, by_tls(plain, wrong) as url, town.device(url=plain) as device:
        town.confirm(device, "un banc")
        moved(device, url)
        report = sync_once(device, ca_bundle=str(ca))
        assert "certificate is not valid" in report.troubles[0]
        assert report.left == 1
        with pytest.raises(NetworkTrouble, match="certificate"):
            enrol(device, town.code(url), ca_bundle=str(ca))
        moved(device, plain)
        assert sync_once(device).sent == 1


def test_a_certificate_of_an_unknown_authority_lets_nothing_through(
    town: Town, tmp_path: Path
) -> None:
    _, unknown = authority(tmp_path)
    with town.serving() as plain, by_tls(plain, unknown) as url, town.device(url=plain) as device:
        town.confirm(device, "un banc")
        moved(device, url)
        assert "certificate is not valid" in sync_once(device).troubles[0]
        moved(device, plain)
        assert sync_once(device).sent == 1


# proxies


@contextlib.contextmanager
def stripping(url: str, *stripped: str) -> Iterator[str]:
    """A proxy that takes these fields off every request and every answer."""
    behind = int(url.rpartition(":")[2])
    gone = {name.lower() for name in stripped}

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def hand_on(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(size)
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                body = self._chunks()
            kept = {name: value for name, value in self.headers.items() if name.lower() not in gone}
            kept.pop("Transfer-Encoding", None)
            kept["Content-Length"] = str(len(body))
            far = HTTPConnection("127.0.0.1", behind, timeout=LONG)
            far.request(self.command, self.path, body, kept)
            answer = far.getresponse()
            content = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in gone | {"content-length", "connection"}:
                    self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            far.close()

        def _chunks(self) -> bytes:
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        do_GET = do_HEAD = do_PUT = do_PATCH = do_POST = hand_on  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing."""

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=proxy.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_address[1]}"
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()


PHOTO = Attachment("photo.jpg", Random(1).randbytes(60_000), "image/jpeg")


@pytest.mark.parametrize(
    "fields",
    [
        ("Signature", "Signature-Input", "Content-Digest"),
        ("Upload-Offset", "Upload-Complete"),
        ("Retry-After", "Accept", "User-Agent", "Content-Type"),
    ],
    ids=["signatures", "offsets", "the rest"],
)
def test_behind_a_proxy_that_strips_headers_nothing_is_lost(
    town: Town, fields: tuple[str, ...]
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        say(town, device, PHOTO)
        with stripping(url, *fields) as proxy:
            moved(device, proxy)
            report = sync_once(device, pace=Pace(16_384))
            assert report.quarantined == 0
            if "Upload-Offset" in fields:  # what goes in pieces cannot go this way
                assert report.troubles
            elif "Signature" in fields:  # that it is not in the register yet nobody signs
                assert report.sent == 2 and report.left == 0
            else:
                assert report.complete, report.troubles
        moved(device, url)
        assert sync_once(device, pace=Pace(16_384)).complete
        with town.desk() as desk:
            found = town.pull(url, desk)
            assert (found.total, found.findings) == (2, ())


def test_behind_a_proxy_that_strips_signatures_a_device_is_not_enrolled(town: Town) -> None:
    with town.serving() as url, town.device() as device:
        with (
            stripping(url, "Signature", "Signature-Input") as proxy,
            pytest.raises(EnrolmentRefused, match="must be signed"),
        ):
            enrol(device, town.code(proxy))
        enrol(device, town.code(url))


# disks


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a disk in memory with these options; skipped where none can be mounted (no root)."""
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        place = tmp_path / "disk"
        place.mkdir(exist_ok=True)
        how = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        if subprocess.run(how, capture_output=True, check=False).returncode:
            pytest.skip("no disk can be mounted here")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", place], check=True)


def become(place: Path, how: str) -> None:
    """Make a disk read-only (`ro`) or writable (`rw`), under whoever uses it."""
    subprocess.run(["mount", "-o", f"remount,{how}", place], check=True)


def test_a_device_whose_disk_is_read_only_says_so_and_goes_on_once_it_is_not(
    town: Town, disk: Callable[[str], Path]
) -> None:
    place = disk("size=20m")
    with town.serving() as url, Device.open(place / "mairie") as device:
        enrol(device, town.code(url), "mairie")
        assert sync_once(device).complete
        town.confirm(device, "un banc")
    become(place, "ro")
    with pytest.raises(SyncError) as refused:
        Device.open(place / "mairie")
    assert "Read-only" in str(refused.value)
    said = [one.sentence for one in examine_device(place / "mairie")]
    assert any("Read-only" in sentence or "read-only" in sentence for sentence in said), said
    become(place, "rw")
    with town.serving(), Device.open(place / "mairie") as device:
        town.confirm(device, "un arbre")
        report = sync_once(device)
        assert report.complete
        assert report.sent == 2


def fill(place: Path) -> None:
    """Fill a disk to the last byte."""
    with (place / "filling").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_server_whose_disk_is_full_refuses_and_says_so_and_takes_all_once_there_is_room(
    tmp_path: Path, disk: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LEAST_ROOM", 100_000)
    town = Town(tmp_path)
    town.server_data = disk("size=4m") / "server"
    with town.service() as service:
        service.publish(town.consultation.data)
    with town.serving() as url, town.device(url=url) as device:
        say(town, device, PHOTO)
        town.confirm(device, "un banc")
        fill(tmp_path / "disk")
        report = sync_once(device, pace=Pace(16_384))
        assert not report.complete
        assert report.quarantined == 0
        with town.service() as service:
            ready = health.examine(service)
        assert (ready.disk, ready.ready) == ("full", False)
        (tmp_path / "disk" / "filling").unlink()
        assert sync_once(device, pace=Pace(16_384)).complete
        with town.service() as service:
            assert health.examine(service).disk == "ok"
        with town.desk() as desk:
            found = town.pull(url, desk)
            assert (found.total, found.findings) == (2, ())


def test_attachments_that_do_not_fit_are_refused_before_the_receipt(
    town: Town, disk: Callable[[str], Path]
) -> None:
    place = disk("size=2m")
    large = [Attachment(f"{n}.jpg", Random(n).randbytes(300_000), "image/jpeg") for n in range(9)]
    with town.serving() as url, Device.open(place / "mairie") as device:
        enrol(device, town.code(url), "mairie")
        assert sync_once(device).complete
        kept = 0
        with pytest.raises(NotKept, match="nothing was recorded"):
            for photo in large:
                say(town, device, photo)
                kept += 1
        assert 0 < kept < len(large)
        assert device.outbox.counts().waiting == kept
        streams = list((place / "mairie" / "attachments").rglob("*"))
        assert (
            sum(path.is_file() for path in streams) == kept
        )  # nothing of the one that did not fit
        assert sync_once(device).sent == kept
        with town.desk() as desk:
            found = town.pull(url, desk)
            assert (found.total, found.findings) == (kept, ())
            assert len(ideas(desk, town.consultation.id)) == kept
