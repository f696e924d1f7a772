"""The server's data: its commands beside a running server, its doctor, its locks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from zxingcpp import read_barcodes

from sync.client.https import enrol, sync_once
from sync.enrolment import EnrolmentCode, said_of_no_tls
from sync.server.commands import main
from sync.server.stored import ChangedConsultation, OlderConsultation
from tests.sync.town import Town

ON_BOTH_DATABASES = True


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_device_is_enrolled_by_the_last_line_that_is_printed(town: Town) -> None:
    with town.serving() as url, town.device() as device:
        result = run("enrol", "--data", town.server_data, "--url", url)
        assert result.exit_code == 0
        assert enrol(device, result.output.splitlines()[-1], "Mairie").name == "Mairie"
        assert "may send" in run("devices", "--data", town.server_data).output


@pytest.mark.parametrize(
    ("url", "warned"),
    [("http://parvis.example", True), ("https://parvis.example", False), ("http://[::1]:1", False)],
)
def test_an_address_that_whoever_listens_can_follow_is_told_of(url: str, warned: bool) -> None:
    assert ("has no TLS" in said_of_no_tls(url)) is warned


@pytest.mark.sqlite_alone
def test_the_code_in_the_terminal_is_a_qr_that_can_be_scanned(town: Town) -> None:
    result = run("enrol", "--data", town.server_data, "--url", "https://parvis.example.org")
    lines = result.output.splitlines()
    drawn = [line for line in lines if set(line) <= set("█▀▄ \xa0")]
    lit = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0), "\xa0": (0, 0)}
    width = max(len(line) for line in drawn)
    picture = Image.new("L", (width, 2 * len(drawn)), 255)
    for row, line in enumerate(drawn):
        for column, character in enumerate(line):
            for half in (0, 1):
                picture.putpixel((column, 2 * row + half), lit[character][half])
    found = read_barcodes(picture.resize((width * 6, 12 * len(drawn)), Image.Resampling.NEAREST))
    assert [code.text for code in found] == [lines[-1]]
    assert EnrolmentCode.parse(lines[-1]).url == "https://parvis.example.org"


def test_a_consultation_published_beside_a_running_server_reaches_devices(
    town: Town, tmp_path: Path
) -> None:
    package = tmp_path / "second.parvis"
    package.write_bytes(town.publication(version=2).data)
    with town.serving() as url, town.device(url=url) as device:
        result = run("publish", package, "--data", town.server_data)
        assert result.output.splitlines()[-1] == town.consultation.id
        assert sync_once(device).fetched == ("La place",)


def test_older_and_changed_versions_are_not_published(town: Town) -> None:
    with town.service() as service:
        service.publish(town.consultation.data)  # the same again changes nothing
        with pytest.raises(ChangedConsultation):
            service.publish(town.publication(version=1, dictionary=b"another").data)
        service.publish(town.publication(version=3).data)
        with pytest.raises(OlderConsultation):
            service.publish(town.publication(version=2).data)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("enrol", "--url", "nonsense"), "is not the address of a server"),
        (("revoke", "0123456789abcdef"), "not enrolled"),
        (("run", "--host", "192.0.2.1"), "cannot listen"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_1(
    town: Town, arguments: tuple[str, ...], says: str
) -> None:
    result = run(*arguments, "--data", town.server_data)
    assert result.exit_code == 1
    assert says in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_what_is_no_package_is_refused_with_a_sentence(town: Town, tmp_path: Path) -> None:
    (tmp_path / "x.parvis").write_bytes(b"hello")
    result = run("publish", tmp_path / "x.parvis", "--data", town.server_data)
    assert result.exit_code == 1
    assert len(result.output.strip().splitlines()) == 1


def test_a_data_directory_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    result = run("enrol", "--url", "http://x", "--data", tmp_path / "file" / "data")
    assert result.exit_code == 1
    assert "cannot be used" in result.output


def test_the_doctor_tells_of_sound_data(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        sync_once(device)
        result = run("doctor", "--data", town.server_data)
    assert result.exit_code == 0
    assert "The database is sound." in result.output or town.database
    assert "A server runs on this data." in result.output
    assert "1 contribution in 1 batch" in result.output
    assert ("SQLite" if town.database is None else "PostgreSQL") in result.output


def test_the_doctor_names_a_damaged_batch_and_one_that_is_in_no_index(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        sync_once(device)
    with town.service() as service:
        [name] = service.store.batch_names()
        service.files.batch_path(name).write_bytes(b"something else")
        service.files.keep_batch("ab" * 32, b"stray")
    result = run("doctor", "--data", town.server_data)
    assert result.exit_code == 1
    assert f"[BAD] Batch {name}" in result.output
    assert "1 batch on disk" in result.output


@pytest.mark.sqlite_alone
def test_the_doctor_tells_of_a_damaged_database(town: Town) -> None:
    database = town.server_data / "parvis.sqlite"
    content = bytearray(database.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    database.write_bytes(content)
    result = run("doctor", "--data", town.server_data)
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert "database" in result.output


def test_the_same_batch_from_two_connections_at_once_is_stored_once(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, *(f"idée {number}" for number in range(20)))
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
    with town.service() as one, town.service() as other:
        together = threading.Barrier(4)

        def receive(number: int) -> bytes:
            together.wait()
            return (one, other)[number % 2].intake.receive(outgoing.name, outgoing.data)

        with ThreadPoolExecutor(4) as threads:
            answers = set(threads.map(receive, range(4)))
        assert len(answers) == 1
        counts = one.store.counts()
        assert (counts.batches, counts.records, counts.quarantined) == (1, 20, 0)


@pytest.mark.sqlite_alone
def test_the_database_is_written_durably(town: Town) -> None:
    with town.service() as service, service.store.reading() as db:
        assert db.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert db.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2


def test_nothing_that_was_said_and_no_private_key_of_the_organiser_is_on_the_server(
    town: Town,
) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "passage des Tilleuls")
        sync_once(device)
    held = [path.read_bytes() for path in town.server_data.rglob("*") if path.is_file()]
    assert len(held) > 3
    for secret in (
        b"passage des Tilleuls",
        town.keys.recipient.seed,
        town.keys.organiser.private_bytes_raw(),
    ):
        assert not any(secret in content for content in held)
