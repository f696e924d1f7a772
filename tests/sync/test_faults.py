"""Faults on purpose: damaged files, deaths, hostile neighbours; seeded, and each a defect once."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import requests
from click.testing import CliRunner

from kiosk.devices.doctor import examine as examine_device
from kiosk.people.accounts import Accounts
from sync.client.https import Uplink, enrol, sync_once
from sync.client.wire import NetworkTrouble, Wire
from sync.contribution import Contribution, Mode
from sync.desk.findings import Kind
from sync.desk.store import DeskStore
from sync.device import Device, Enrolment, outbox_counts
from sync.errors import (
    AlreadyEnrolled,
    BadKey,
    DamagedData,
    MalformedContribution,
    NotKept,
    SyncError,
)
from sync.rules import SyncRules
from sync.server import bodies
from sync.server.commands import main as server_main
from sync.server.database import UnusableStore
from sync.server.doctor import examine as examine_server
from sync.server.service import Service
from tests.sync.test_travel import answering, moved
from tests.sync.town import ROOT, Town, ideas
from tests.waiting import LONG

# deaths


def test_kills_at_any_moment_lose_nothing_and_count_nothing_twice() -> None:
    """`python -m tests.sync.killing --runs 500` is the same for longer: docs/reliability.md."""
    played = subprocess.run(
        [sys.executable, "-m", "tests.sync.killing", "--runs", "8", "--seed", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=LONG,
    )
    score = json.loads(played.stdout)
    assert (score["nowhere"], score["twice_or_lost"], score["findings"]) == (0, 0, 0)
    assert score["files_lost"] == 0
    assert score["confirmed"] and score["kiosks_killed"]


def test_what_a_killed_server_left_unfinished_is_swept(town: Town) -> None:
    with town.service() as service:
        part = service.files.batch_path("ab" * 32).with_suffix(".part")
        part.parent.mkdir()
        part.write_bytes(b"half of it")
    with town.serving():
        assert not part.exists()


def test_a_device_cut_off_while_it_made_its_key_starts_again(town: Town) -> None:
    (town.root / "mairie").mkdir()
    (town.root / "mairie" / "device.new").write_bytes(b"")
    with town.device() as device:
        assert (town.root / "mairie" / "device.key").stat().st_mode & 0o777 == 0o600
        assert device.outbox.counts().waiting == 0


# damaged files


def damage(path: Path, random: Random) -> None:
    """Flip bits, cut the file, or empty a page of it."""
    content = bytearray(path.read_bytes())
    at = random.randrange(len(content))
    match random.randrange(3):
        case 0:
            content[at] ^= 1 << random.randrange(8)
        case 1:
            del content[at:]
        case _:
            content[at : at + 4096] = bytes(len(content[at : at + 4096]))
    path.write_bytes(content)


def use_device(directory: Path, town: Town) -> None:
    with Device.open(directory) as device:
        if device.consultations():
            town.confirm(device, "encore")
        device.outbox.every_batch()
        Accounts(device.database).all()


def use_server(directory: Path, _: Town) -> None:
    service = Service(directory, time.time)
    try:
        service.listing("")
        list(examine_server(service))
    finally:
        service.close()


def use_folder(directory: Path, town: Town) -> None:
    with closing(DeskStore(directory.parent / "fresh.sqlite")) as desk:
        town.pull(directory, desk)


def test_damaged_files_end_in_a_sentence(town: Town, tmp_path: Path) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, *(f"idée {number}" for number in range(5)))
        assert sync_once(device).complete
        town.confirm(device, "un banc")
        Accounts(device.database)
    random = Random(1)
    uses: tuple[tuple[Path, Callable[[Path, Town], None]], ...] = (
        (town.root / "mairie", use_device),
        (town.server_data, use_server),
        (town.server_data, use_folder),
    )
    for number in range(36):
        whole, use = uses[number % 3]
        files = sorted(path for path in whole.rglob("*") if path.is_file() and path.stat().st_size)
        copy = tmp_path / str(number) / "copy"
        shutil.copytree(whole, copy)
        damage(copy / random.choice(files).relative_to(whole), random)
        try:
            use(copy, town)
        except SyncError as error:
            assert str(error).rstrip(")").endswith(".")
        assert all(finding.sentence for finding in examine_device(copy))


def test_a_batch_that_the_disk_damaged_is_formed_again_and_holds_nothing_up(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc", "un arbre")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        flipped = bytearray(outgoing.data)
        flipped[len(flipped) // 2] ^= 1
        device.outbox._database.execute("UPDATE batch SET data = ?", [bytes(flipped)])
        town.confirm(device, "de l'ombre")
        report = sync_once(device)
        assert (report.sent, report.troubles) == (3, ())
        with town.desk() as desk:
            town.pull(url, desk)
            assert ideas(desk, town.consultation.id) == ["de l'ombre", "un arbre", "un banc"]


def test_damaged_accounts_are_told_from_contributions(town: Town) -> None:
    with town.device() as device:
        Accounts(device.database)
    (town.root / "mairie" / "device.sqlite").write_bytes(b"something else" * 500)
    with pytest.raises(DamagedData, match="no contribution"):
        Device.open(town.root / "mairie")


def test_a_damaged_batch_on_the_server_is_mended_when_its_device_sends_it_again(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        with town.service() as service:
            said = service.intake.receive(outgoing.name, outgoing.data)
            service.files.batch_path(outgoing.name).write_bytes(b"")
            assert service.intake.receive(outgoing.name, outgoing.data) == said
            assert service.files.batch(outgoing.name) == outgoing.data


def test_the_doctor_of_a_damaged_database_says_what_to_do(town: Town) -> None:
    (town.server_data / "parvis.sqlite").write_bytes(b"something else" * 500)
    result = CliRunner().invoke(server_main, ["doctor", "--data", str(town.server_data)])
    assert result.exit_code == 1
    assert "restore the last backup" in result.output


def test_a_server_whose_key_is_lost_does_not_make_another(town: Town) -> None:
    (town.server_data / "server.key").unlink()
    with pytest.raises(BadKey, match=r"server\.key is missing"):
        Service(town.server_data, time.time)


def test_data_of_a_newer_server_is_refused(town: Town) -> None:
    with closing(sqlite3.connect(town.server_data / "parvis.sqlite")) as database:
        database.execute("UPDATE schema_version SET version = 99")
        database.commit()
    with pytest.raises(UnusableStore, match="newer"):
        Service(town.server_data, time.time)


# full disks


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB; where none can be mounted (no root), the test is skipped."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_full_disk_takes_nothing_by_halves_and_lets_all_through_once_there_is_room(
    small_disk: Path,
) -> None:
    town = Town(small_disk)
    kept = 0
    with town.serving() as url, town.device(url=url) as device:
        for room in (0, 30_000, 60_000, 90_000):
            fill(small_disk / "filling", room)
            with pytest.raises(NotKept, match="nothing was recorded"):
                for number in range(1000):
                    town.confirm(device, f"idée {number}")
                    kept += 1
            assert device.outbox.counts().waiting == kept
            with contextlib.suppress(SyncError):
                sync_once(device)
            findings = [one.sentence for one in examine_device(town.root / "mairie")]
            assert any("Free some soon" in sentence for sentence in findings)
            (small_disk / "filling").unlink()
            assert sync_once(device).complete
            kept = 0
        released = device.outbox.counts().released
        with town.desk() as desk:
            report = town.pull(url, desk)
            assert (report.total, report.findings) == (released, ())
        assert released


def fill(path: Path, room: int) -> None:
    """Fill the disk but for so many bytes."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    os.truncate(path, max(0, path.stat().st_size - room))


# what must not remain, nor be read by others


def test_ciphertext_leaves_the_device_with_its_acknowledgement_where_it_is_not_to_be_kept(
    town: Town,
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        device.follow(SyncRules(keep_days=0))
        town.confirm(device, *(f"idée {number}" for number in range(40)))
        found = device.outbox._database.execute("SELECT ciphertext FROM contribution").fetchall()
        pieces = [bytes(row[0])[8:40] for row in found]
        town.registered(device)
        assert sync_once(device).complete
        # The kiosk is still open: neither its file nor the write-ahead log holds them.
        kept = [path.read_bytes() for path in (town.root / "mairie").glob("outbox.sqlite*")]
        assert len(pieces) == 40
        assert not any(piece in content for piece in pieces for content in kept)


def test_files_are_this_users_alone(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "un banc")
        sync_once(device)
        town.pull(url, desk)
        for root in (town.server_data, town.root / "mairie"):
            for path in (root, *root.rglob("*")):
                public = town.server_data / "register" in (path, *path.parents)
                assert public or not path.stat().st_mode & 0o077, path
        assert not desk.path.stat().st_mode & 0o077


# backups


def test_a_desk_sees_all_that_a_server_restored_from_an_older_backup_gets_since(
    town: Town, tmp_path: Path
) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "avant")
        sync_once(device)
        shutil.copytree(town.server_data, tmp_path / "backup")
        town.confirm(device, "après la sauvegarde")
        sync_once(device)
        town.confirm(device, "encore après")
        town.registered(device)  # or the desk would not know of a register that can be set back
        assert town.pull(url, desk).opened == 3
    shutil.rmtree(town.server_data)
    shutil.copytree(tmp_path / "backup", town.server_data)
    with town.serving() as url, town.device() as device, town.desk() as desk:
        desk._db.execute("UPDATE sources SET source = ?", [url])
        desk._db.execute("UPDATE servers SET source = ?", [url])
        moved(device, url)
        town.confirm(device, "depuis")
        assert sync_once(device).left == 0
        report = town.pull(url, desk)
        assert (report.opened, report.total) == (1, 4)
        set_back, forgot = report.findings
        assert "older backup" in set_back.sentence
        # The public register was set back with it: that is never forgiven in silence.
        assert forgot.kind is Kind.REGISTER
        assert [one.kind for one in town.pull(url, desk).findings] == [Kind.REGISTER]


def test_a_batch_that_only_a_lost_server_had_is_named_as_missing(
    town: Town, tmp_path: Path
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        shutil.copytree(town.server_data, tmp_path / "backup")
        device.follow(SyncRules(keep_days=0))
        town.confirm(device, "perdu avec le serveur")
        town.registered(device)
        assert sync_once(device).complete
        assert device.outbox.kept() == ()
    shutil.rmtree(town.server_data)
    shutil.copytree(tmp_path / "backup", town.server_data)
    with town.serving() as url, town.device() as device, town.desk() as desk:
        moved(device, url)
        town.confirm(device, "depuis")
        report = sync_once(device)
        assert report.left == 0
        assert "does not contain what it held before" in report.troubles[0]
        findings = {one.kind: one.sentence for one in town.pull(url, desk).findings}
        # The device's next batch says which register it saw: the one here no longer leads there.
        assert findings.keys() == {Kind.MISSING, Kind.TWO_FACES}
        assert "batch 0 has not arrived" in findings[Kind.MISSING]


# clocks


def test_a_device_whose_clock_is_anywhere_enrols_and_sends(town: Town) -> None:
    walls = [0.0, -86_400.0, 2_082_758_400.0, 2.0**33]  # 1970, 1969, 2036, 2242
    with town.serving() as url, town.desk() as desk:
        for wall in walls:
            with Device.open(town.root / f"at {wall}", wall=lambda wall=wall: wall) as device:
                enrol(device, town.code(url))
                assert sync_once(device).complete
                town.confirm(device, "un banc")
                assert sync_once(device).sent == 1
        assert town.pull(url, desk).opened == len(walls)


# the network


def test_whatever_answers_is_an_answer_or_network_trouble() -> None:
    random = Random(1)
    answers = [
        b"",
        b"\x16\x03\x01\x02\x00",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n",
        *(random.randbytes(random.randrange(1, 200)) for _ in range(10)),
    ]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = Wire(f"http://127.0.0.1:{listener.getsockname()[1]}", silence=2)
        for answer in answers:
            with pytest.raises(NetworkTrouble), _answered_once(listener, answer):
                wire.ask("GET", "/x", most=1000)
        wire.close()


class _answered_once:  # noqa: N801 — reads as a verb
    """One connection gets this answer, whatever it asks."""

    def __init__(self, listener: socket.socket, answer: bytes) -> None:
        import threading

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        self._thread = threading.Thread(target=serve, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join(5)


@pytest.mark.parametrize("address", ["http://a..b", f"http://{'a' * 70}.fr", "http://x:99999"])
def test_an_address_that_cannot_be_is_network_trouble(address: str) -> None:
    with pytest.raises(NetworkTrouble):
        Wire(address, silence=1).ask("GET", "/", most=10)


def test_a_proxys_limit_puts_nothing_aside(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc", "un arbre")
        uplink = Uplink(device)
        listing = uplink._wire.ask
        with answering(413, b"<html>too large") as proxy:
            small = Wire(proxy)

            def ask(method: str, *given: object, **more: object) -> object:
                return (small.ask if method in ("PUT", "PATCH") else listing)(
                    method, *given, **more
                )  # type: ignore[arg-type]

            uplink._wire.ask = ask  # type: ignore[method-assign,assignment]
            report = uplink.sync()
        uplink.close()
        assert (report.quarantined, report.left) == (0, 2)
        assert "proxy" in report.troubles[0]
        assert sync_once(device).sent == 2


def test_strangers_who_send_slowly_do_not_keep_devices_out(town: Town, monkeypatch) -> None:
    monkeypatch.setattr(bodies, "MOST_UPLOADS", 2)
    with town.serving() as url, town.device(url=url) as device:
        head = (
            b"PUT /v1/batches/" + b"0" * 64 + b" HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 9000\r\n\r\nPARVISB\x01"
        )
        port = int(url.rpartition(":")[2])
        slow = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(4)]
        for connection in slow:
            connection.sendall(head)
        requests.get(f"{url}/healthz", timeout=LONG)
        town.confirm(device, "un banc")
        assert sync_once(device).sent == 1
        # Once they name a device, they are told at once that it is none.
        slow[0].sendall(b"\0" * 12)
        assert b" 403 " in slow[0].recv(4096)
        for connection in slow:
            connection.close()


def test_the_bytes_that_wait_in_memory_are_bounded(town: Town, monkeypatch) -> None:
    monkeypatch.setattr(bodies, "_MOST_BYTES_HELD", 10_000)
    with town.serving() as url, town.device(url=url) as device:
        port = int(url.rpartition(":")[2])
        head = (
            b"PUT /v1/batches/" + b"0" * 64 + b" HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 9000\r\n\r\nPARVISB\x01\0\0\0\0" + device.key_id
        )
        both = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(2)]
        for one in both:
            one.sendall(head)
        refused, _, _ = select.select(both, [], [], 60)
        assert b" 503 " in refused[0].recv(4096)
        town.confirm(device, "un banc")
        assert sync_once(device).sent == 1
        for one in both:
            one.close()


def test_a_proxy_that_strips_headers_is_told_of(town: Town, monkeypatch) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "un banc")
        ask = Wire.ask

        def stripped(self: Wire, method: str, path: str, body: bytes = b"", *_: object, **more):
            more.pop("headers", None)
            return ask(self, method, path, body, **more)

        monkeypatch.setattr(Wire, "ask", stripped)
        assert sync_once(device).sent == 1  # batches sign themselves
        with pytest.raises(SyncError, match="takes headers off"):
            town.pull(url, desk)
        with pytest.raises(SyncError, match="signed"), town.device("b") as second:
            enrol(second, town.code(url))


# devices, codes, sticks


def test_a_device_that_owes_contributions_keeps_another_servers_code_unspent(
    town: Town, tmp_path: Path
) -> None:
    other = Town(tmp_path / "other")
    with town.serving() as url, other.serving() as other_url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        with other.service() as service:
            code = str(service.offer_enrolment(other_url))
        with pytest.raises(AlreadyEnrolled):
            enrol(device, code)
        with other.device() as fresh:
            assert enrol(fresh, code).url == other_url


def test_names_and_refusals_do_not_act_on_a_terminal(town: Town) -> None:
    with town.serving() as url, town.device() as device:
        enrolment = enrol(device, town.code(url), "mai\x1b[2Jrie\u202e\n2")
        assert enrolment.name == "mai[2Jrie 2"
        detail = {"type": "urn:parvis:problem:x", "detail": "\x1b[2Jno\r\nmore"}
        with answering(418, json.dumps(detail).encode()) as stranger:
            moved(device, stranger)
            assert sync_once(device).troubles == ("[2Jno more",)


def test_a_contribution_that_could_not_be_opened_is_not_sealed(town: Town) -> None:
    with town.device() as device:
        device.hold(town.consultation.data)
        held = device.consultation(town.consultation.id)
        for path, version in (("/data/" + "a" * 2000, "1"), ("/data/idea", "1" * 2000)):
            said = Contribution(
                "place", version, held.form_hash, Mode.SELF, "fr", ((path, "un banc"),)
            )
            with pytest.raises(MalformedContribution, match="longer than 1024"):
                device.confirm(held.id, said)
        assert device.outbox.counts().waiting == 0


def test_a_stick_with_foreign_files_and_a_batch_cut_short_beside_the_whole_one(
    town: Town, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "un banc", "un arbre")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        for folder, content in (("a", outgoing.data), ("b", outgoing.data[:-9]), ("c", b"PARVISB")):
            (stick / folder).mkdir(parents=True)
            (stick / folder / outgoing.name).write_bytes(content)
        (stick / "devices.json").write_text('{"fridge": "on"}')
        (stick / "photo.jpg").write_bytes(bytes(1000))
        (stick / "c.parvis").write_bytes(town.consultation.data[:-1])
        (stick / "loop").symlink_to(stick)
        (stick / "gone").symlink_to(stick / "nowhere")
        town.pull(url, desk)  # meets the devices
        report = town.pull(stick, desk)
        assert (report.opened, report.findings) == (2, ())
        again = town.pull(stick, desk)
        assert (again.opened, again.total) == (0, 2)


def test_a_batch_cut_at_any_length_is_named_and_the_whole_one_taken(
    town: Town, tmp_path: Path
) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "un banc", "un arbre")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        town.pull(url, desk)
        whole = len(outgoing.data)
        for length in {0, 6, 7, 11, 12, 20, whole // 2, whole - 65, whole - 64, whole - 1}:
            answer = requests.put(
                f"{url}/v1/batches/{outgoing.name}", data=outgoing.data[:length], timeout=LONG
            )
            assert 400 <= answer.status_code < 500, length
            folder = tmp_path / str(length)
            folder.mkdir()
            (folder / outgoing.name).write_bytes(outgoing.data[:length])
            assert town.pull(folder, desk).total == 0
        assert sync_once(device).sent == 2
        report = town.pull(url, desk)
        assert (report.opened, report.findings) == (2, ())


def test_counts_can_be_read_where_nothing_can_be_written(town: Town) -> None:
    with town.device() as device:
        device.hold(town.consultation.data)
        device.enrol(Enrolment("http://x", device.key.public_key().public_bytes_raw(), "m"))
        assert device.enrolled == replace(device.enrolled, name="m")
        town.confirm(device, "un banc")
    mairie = town.root / "mairie"
    mairie.chmod(0o500)
    try:
        assert outbox_counts(mairie).waiting == 1
    finally:
        mairie.chmod(0o700)
