"""Blobs in a folder and in a bucket of a real S3 server, and a server whose blobs lie there."""

import logging
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sync.attachment import Attachment
from sync.client.https import sync_once
from sync.server.blobs import BadBlobsAddress, Blobs, UnusableBlobs, blobs_at
from sync.server.service import Service
from sync.verify import main as verify
from tests.sync.postgresql import Cluster
from tests.sync.test_attachment_travel import contents, say
from tests.sync.test_server_data import run
from tests.sync.town import Town, server_process
from tests.waiting import LONG

PHOTO = Attachment("idea-1f.jpg", bytes(range(256)) * 1_200, "image/jpeg")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A real S3 server on loopback with one bucket; its address."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    given = {
        "AWS_ACCESS_KEY_ID": "parvis",
        "AWS_SECRET_ACCESS_KEY": "a secret of these tests",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
    }
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(logging.getLogger("werkzeug"), "disabled", True)
        for name, value in given.items():
            patched.setenv(name, value)
        asked = urllib.request.Request(f"{url}/parvis", method="PUT")
        with urllib.request.urlopen(asked):
            yield url
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return blobs_at(str(tmp_path / "blobs"))
    request.getfixturevalue("s3")
    return blobs_at(f"s3://parvis/{tmp_path.name}")


def test_what_is_put_under_a_name_is_there_until_it_is_taken_away(
    blobs: Blobs, tmp_path: Path
) -> None:
    assert blobs.folders() == ()
    assert blobs.read("a/b") is None
    assert blobs.size("a/b") is None
    blobs.write("a/b", b"one")
    blobs.write("a/b", b"another")
    assert (blobs.read("a/b"), blobs.size("a/b")) == (b"another", 7)
    (tmp_path / "whole").write_bytes(bytes(300_000))
    blobs.take("c/d/e", tmp_path / "whole")
    assert blobs.size("c/d/e") == 300_000
    assert not (tmp_path / "whole").exists()
    assert blobs.folders() == ("a", "c")
    assert list(blobs.names("c")) == ["c/d/e"]
    within = blobs.within("c", public=True)
    assert list(within.names("")) == ["d/e"]
    within.write("tile/0/000.p/7", b"x")
    within.remove("tile/0/000.p/7")
    within.remove("tile/0/000.p/7")
    within.clear()
    assert blobs.folders() == ("a",)
    assert blobs.read("a/b") == b"another"


def test_a_whole_consultation_passes_through_a_bucket(s3: str, tmp_path: Path) -> None:
    town = Town(tmp_path, blobs="s3://parvis/town/of/tests")
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        say(town, device, PHOTO)
        (outgoing,) = device.outbox.every_batch()
        town.registered(device)
        with town.desk() as desk:
            report = town.pull(url, desk)
            assert (report.total, report.findings) == (2, ())
            assert contents(desk, town) == [PHOTO.content]
        with town.service() as service:
            key = service.registers.key(town.consultation.id)
        assert verify(["log", f"{url}/register/{town.consultation.id}", "--key", key]) == 0
        again = requests.put(f"{url}/v1/batches/{outgoing.name}", outgoing.data, timeout=LONG)
        assert again.status_code == 200
    with town.service() as service:
        assert service.store.counts().batches == 1
        assert list(service.files.batch_names()) == [outgoing.name]
    said = run("doctor", "--data", town.server_data)
    assert said.exit_code == 0, said.output
    assert "Every batch of the index" in said.output
    assert not (town.server_data / "batches").exists()
    assert not (town.server_data / "register").exists()
    assert list((town.server_data / "uploads").iterdir()) == []


def test_several_processes_work_on_one_postgresql_and_one_bucket(
    s3: str, postgresql: Cluster, tmp_path: Path
) -> None:
    town = Town(tmp_path, postgresql.database(), "s3://parvis/several")
    with (
        server_process(town.server_data, more=("--processes", "2")) as server,
        town.device(url=server.url) as device,
        town.desk() as desk,
    ):
        town.confirm(device, "un banc")
        say(town, device, PHOTO)
        town.registered(device)
        report = town.pull(server.url, desk)
        assert (report.total, report.findings) == (2, ())
        assert server.stop() == 0


def test_a_batch_that_is_missing_in_the_bucket_is_named_and_comes_again(
    s3: str, tmp_path: Path
) -> None:
    town = Town(tmp_path, blobs="s3://parvis/another")
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        (outgoing,) = device.outbox.every_batch()
        sync_once(device)
        with town.service() as service:
            service.files.blobs.remove(f"batches/{outgoing.name[:2]}/{outgoing.name}")
        said = run("doctor", "--data", town.server_data)
        assert said.exit_code == 1
        assert outgoing.name in said.output
        requests.put(f"{url}/v1/batches/{outgoing.name}", outgoing.data, timeout=LONG)
    assert run("doctor", "--data", town.server_data).exit_code == 0


def test_a_bucket_that_is_away_is_told_of_and_loses_nothing(
    s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(tmp_path, blobs="s3://parvis/away")
    with town.service() as service:
        elsewhere = s3.replace(s3.rpartition(":")[2], "9")
        monkeypatch.setenv("AWS_ENDPOINT_URL", elsewhere)
        with pytest.raises(UnusableBlobs, match="does not answer"):
            Service(tmp_path / "server", town.clock, _places(town))
        monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
        service.files.blobs.write("x", b"x")


def _places(town: Town):
    from sync.server.places import Places

    return Places.of(town.server_data)


@pytest.mark.parametrize(
    ("address", "gone", "says"),
    [
        ("s3://nothing/x", (), "there is no such bucket"),
        ("s3://parvis/x", ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "AWS_ACCESS_KEY_ID"),
        ("s3:///x", (), "named like this"),
        ("ftp://x/y", (), "named like this"),
        ("not/absolute", (), "named like this"),
    ],
)
def test_what_is_wrong_with_a_store_is_said_in_one_sentence(
    s3: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    gone: tuple[str, ...],
    says: str,
) -> None:
    for name in gone:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    said = run("run", "--port", "0", "--data", tmp_path / "data", "--blobs", address)
    assert said.exit_code == 1
    assert says in said.output
    assert len(said.output.strip().splitlines()) == 1
    assert "secret of these tests" not in said.output


def test_batches_in_the_data_directory_are_not_left_behind(town: Town, tmp_path: Path) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        sync_once(device)
    with pytest.raises(BadBlobsAddress):
        blobs_at("")
    said = run("run", "--data", town.server_data, "--blobs", str(tmp_path / "elsewhere"))
    assert said.exit_code == 1
    assert "holds batches of its own" in said.output
    assert list((town.server_data / "batches").iterdir())
