"""What an operator sees: figures, readiness, logs; and what callers who ask too much get."""

from __future__ import annotations

import io
import json
import logging
import select
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from sync.client.https import sync_once
from sync.client.wire import Wire
from sync.server import bodies, gate, health, logs
from sync.server.limits import Allowance, Limits
from sync.server.logs import LOGGER, Event, JsonLines, tell, tell_failure
from sync.server.service import Service
from sync.server.serving import RunningThread, listen
from sync.signatures import RequestParts, sign_request
from tests.sync.test_server_data import run
from tests.sync.town import Town, answers, server_process
from tests.waiting import LONG

NARROW = Limits(stranger=Allowance(3, 0.5), device=Allowance(400, 100))


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Everything that the server and the libraries log, as JSON lines."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root, own = logging.getLogger(), logging.getLogger(LOGGER)
    before = root.level, own.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    own.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(before[0])
    own.setLevel(before[1])


def figures(text: str) -> dict[str, float]:
    """Name and labels → value."""
    return {
        f"{one.name}{one.labels}": one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


# figures


def test_metrics_count_what_was_stored_and_answered(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc", "un arbre")
        town.registered(device)
        found = figures(requests.get(f"{url}/metrics").text)
    assert found["parvis_contributions_total{'verdict': 'stored'}"] == 2
    assert found["parvis_batches_total{}"] == 1
    assert found["parvis_devices{'state': 'may send'}"] == 1
    assert found[f"parvis_register_entries{{'consultation': '{town.consultation.id}'}}"] == 2
    assert found["parvis_register_late_seconds{}"] == 0
    assert found["parvis_disk_free_bytes{}"] > 0
    put = "{'method': 'PUT', 'route': '/v1/batches/{name}', 'status': '200'}"
    assert found[f"parvis_requests_total{put}"] == 1
    assert found["parvis_requests_under_way{}"] == 1  # the one that asked


def test_what_strangers_type_makes_no_figures_of_its_own(town: Town) -> None:
    with town.serving() as url:
        for path in ("/planted", "/v1/planted", "/R/planted", "/c/planted"):
            requests.get(url + path)
        requests.request("PLANTED", url)
        text = requests.get(f"{url}/metrics").text
    assert "planted" not in text.lower()


def test_metrics_are_for_this_machine_alone(town: Town) -> None:
    with town.serving() as url:
        assert requests.get(f"{url}/metrics").status_code == 200
        for headers in (
            {"X-Forwarded-For": "203.0.113.7"},
            {"Forwarded": "for=203.0.113.7"},
            {"Via": "1.1 proxy"},
            {"Host": "parvis.example.org"},
            {"Host": "parvis.example.org:443"},
        ):
            assert requests.get(f"{url}/metrics", headers=headers).status_code == 404, headers


def test_metrics_are_read_from_elsewhere_with_a_token(town: Town) -> None:
    with (
        town.service() as service,
        RunningThread(service, metrics_token="rosebud") as server,
    ):
        elsewhere = {"Host": "parvis.example.org"}
        right = {**elsewhere, "Authorization": "Bearer rosebud"}
        wrong = {**elsewhere, "Authorization": "Bearer é"}
        assert requests.get(f"{server.url}/metrics", headers=right).status_code == 200
        assert requests.get(f"{server.url}/metrics", headers=wrong).status_code == 404
        assert requests.get(f"{server.url}/metrics").status_code == 404


# readiness


def test_a_server_in_order_is_ready(town: Town) -> None:
    with town.serving() as url:
        assert requests.get(f"{url}/healthz").json() == {"status": "ok"}
        said = requests.get(f"{url}/readyz")
        assert said.status_code == 200
        assert said.json()["checks"] == {"database": "ok", "disk": "ok", "register": "ok"}


def test_a_full_disk_is_said_before_it_is_too_late(town: Town, monkeypatch) -> None:
    monkeypatch.setattr(health, "LEAST_ROOM", 1 << 62)
    with town.serving() as url:
        said = requests.get(f"{url}/readyz")
        assert said.status_code == 503
        assert said.json()["checks"]["disk"] == "full"
        assert requests.get(f"{url}/healthz").status_code == 200


def test_a_database_that_cannot_be_written_is_said(town: Town) -> None:
    with town.service() as service:
        with service.store.writing() as db:
            db.exec_driver_sql("PRAGMA query_only=ON")
        assert health.examine(service).database == "cannot be written"
        with service.store.reading() as db:
            db.exec_driver_sql("PRAGMA query_only=OFF")
        assert health.examine(service).ready


def test_a_register_that_is_not_published_in_time_is_said(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        town.registered(device)
    with town.service() as service:
        assert health.unpublished_since(service) == 0
        came = brought(service, town)
        assert health.unpublished_since(service) == 0
        town.clock.now = came + health.LATE_SECONDS + 1
        assert health.examine(service).register == "late"
        service.registers.publish()
        assert health.examine(service).ready


def brought(service: Service, town: Town) -> float:
    """Something comes while nobody publishes."""
    with town.device() as device:
        town.confirm(device, "un arbre")
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        service.intake.receive(outgoing.name, outgoing.data)
    return town.clock.now


# logs


def test_no_log_holds_what_people_said_or_where_they_are(town: Town, lines: io.StringIO) -> None:
    said = "zibeline"
    with town.serving() as url, town.device("violoncelle", url) as device:
        town.confirm(device, said)
        town.registered(device)
        marked = {
            "X-Forwarded-For": "203.0.113.77",
            "User-Agent": "planted-agent",
            "Referer": "https://planted.example",
            "Cookie": "planted=1",
            "Accept-Language": "planted",
        }
        for path in (
            "/r?code=planted-code",
            "/R/PLANTED",
            "/planted",
            "/c/planted",
            "/v1/batches/planted",
            "/v1/consultations?fresh=planted%20",
            f"/v1/batches/{'0' * 64}/acknowledgement",
            "/metrics",
        ):
            requests.get(url + path, headers=marked)
        requests.put(f"{url}/v1/batches/{'0' * 64}", b"planted body" * 9, headers=marked)
        requests.post(f"{url}/v1/devices", b'{"planted": 1}', headers=marked)
        with socket.create_connection(("127.0.0.1", town.port)) as raw:
            raw.sendall(b"PLANTED planted planted\r\n\r\n")
            raw.recv(1000)
    text = lines.getvalue()
    told = [json.loads(line) for line in text.splitlines()]
    assert {one["event"] for one in told} >= {"started", "stopped", "batch stored", "request"}
    assert {"refused", "device enrolled"} <= {one["event"] for one in told}
    for word in (said, "violoncelle", "planted", "203.0.113", "127.0.0.1", str(town.port)):
        assert word not in text.lower(), word


def test_a_failure_is_logged_without_its_words(lines: io.StringIO) -> None:
    try:
        raise OSError(28, "planted: No space left", "/planted/path")
    except OSError:
        tell_failure(cause="no-space")
    logging.getLogger("some.library").warning("planted %s", "203.0.113.7")
    failure, library = (json.loads(line) for line in lines.getvalue().splitlines())
    assert failure["error"] == "OSError"
    assert failure["errno"] == 28
    assert failure["trace"][0].startswith("test_operating.py:")
    assert library["at"].startswith("some.library test_operating.py:")
    assert "planted" not in lines.getvalue()


def test_only_facts_of_known_kinds_are_logged() -> None:
    with pytest.raises(ValueError, match="address"):
        tell(Event.REQUEST, address="203.0.113.7")


def test_the_command_logs_json_lines_on_stderr(town: Town) -> None:
    with server_process(town.server_data) as server:
        assert requests.get(f"{server.url}/healthz").status_code == 200
        assert server.stop() == 0
        told = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert [one["event"] for one in told] == ["started", "stopped"]


def test_what_an_operator_does_beside_the_server_is_in_the_machines_journal(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "JOURNAL", tmp_path / "log")
    with town.serving() as url, town.device("Anne-Lise Keller", url=url) as device:
        key_id = device.key_id.hex()
    told = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(tmp_path / "log"))
        journal.settimeout(60)
        with town.service() as service:
            [enrolled] = service.store.devices()
            words = service.words(enrolled)
        assert words is not None
        data = ("--data", town.server_data)
        for command in (("compare", key_id, *words.french.split()), ("revoke", key_id)):
            assert run(*command, *data).exit_code == 0
            told.append(journal.recv(4096).decode())
    for line, event in zip(told, ("device's words compared", "device revoked"), strict=True):
        assert "parvis-server: {" in line
        fact = json.loads(line.partition("parvis-server: ")[2])
        assert (fact["event"], fact["device"]) == (event, key_id)
        assert "Keller" not in line
    # Where there is no such journal, and where it does not listen, commands work as well.
    assert run("devices", *data).exit_code == 0


# limits


def test_who_asks_too_much_is_put_off_and_told_until_when(town: Town) -> None:
    with town.service() as service, RunningThread(service, limits=NARROW) as server:
        answers = [requests.get(f"{server.url}/") for _ in range(6)]
        assert [one.status_code for one in answers[:3]] == [200, 200, 200]
        assert answers[-1].status_code == 429
        assert answers[-1].json()["type"] == "urn:parvis:problem:too-many-requests"
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 10
        # What an operator asks is never put off.
        assert requests.get(f"{server.url}/healthz").status_code == 200
        found = figures(requests.get(f"{server.url}/metrics").text)
        assert found["parvis_limited_total{'cause': 'stranger'}"] >= 1


@contextmanager
def running(town: Town, limits: Limits) -> Iterator[str]:
    """The town's server with other limits."""
    with town.service() as service, RunningThread(service, limits=limits) as server:
        yield server.url


def empty_the_bucket(url: str) -> None:
    """Ask until this address is put off."""
    while requests.get(f"{url}/").status_code == 200:
        pass


def test_a_device_is_not_held_to_what_strangers_at_its_address_did(town: Town) -> None:
    with running(town, NARROW) as url, town.device(url=url) as device:
        empty_the_bucket(url)
        town.confirm(device, "un banc")
        report = sync_once(device)
        assert report.sent == 1
        assert report.complete


def test_a_device_that_asks_without_end_is_put_off_too(town: Town) -> None:
    few = Limits(stranger=Allowance(30, 0.01), device=Allowance(3, 0.01))
    with running(town, few) as url, town.device(url=url) as device:
        reports = [sync_once(device) for _ in range(12)]
    assert reports[0].complete
    assert reports[-1].troubles == (
        "Too much was asked from here in a short time. Ask again a little later.",
    )
    assert reports[-1].retry_after is not None


def test_a_signature_of_another_key_buys_nothing(town: Town) -> None:
    with (
        running(town, NARROW) as url,
        town.device(url=url) as device,
        town.device("thief") as thief,
    ):
        empty_the_bucket(url)

        def own(method: str, url: str) -> dict[str, str]:
            parts = RequestParts.of(method, url)
            return sign_request(parts, b"", thief.key, thief.key_id.hex(), int(time.time()))

        def forged(method: str, url: str) -> dict[str, str]:
            its = device.key_id.hex()
            signed = own(method, url).items()
            return {name: value.replace(thief.key_id.hex(), its) for name, value in signed}

        for sign in (own, forged):
            wire = Wire(url, sign=sign)
            assert wire.ask("GET", "/v1/consultations", most=10_000).status == 429
            wire.close()


def test_who_does_not_read_the_answer_is_cut_off(town: Town) -> None:
    """An answer larger than the buffers, to somebody who never reads it."""
    with town.service() as service, RunningThread(service, patience=0.5) as server:
        port = int(server.url.rpartition(":")[2])
        with town.service() as beside:
            large = town.publication(version=2, dictionary=b"x" * 200_000)
            beside.publish(large.data)
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(("127.0.0.1", port))
            ask = f"GET /v1/consultations/{town.consultation.id} HTTP/1.1\r\nHost: x\r\n\r\n"
            slow.sendall(ask.encode() * 200)
            slow.settimeout(60)
            until = time.monotonic() + LONG
            with pytest.raises((ConnectionResetError, BrokenPipeError)):
                while time.monotonic() < until:
                    slow.sendall(b"\r\n" * 100)
                    time.sleep(0.2)
        assert answers(server.url)


def test_who_sends_drop_by_drop_is_cut_off(town: Town, monkeypatch) -> None:
    monkeypatch.setattr(bodies, "_PATIENT", 0.3)
    with town.serving() as url, town.device(url=url) as device:
        head = (
            b"PUT /v1/batches/" + b"0" * 64 + b" HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 9000\r\n\r\nPARVISB\x01\0\0\0\0" + device.key_id
        )
        with socket.create_connection(("127.0.0.1", town.port), 60) as slow:
            slow.sendall(head)
            came = b""
            slow.settimeout(0.05)
            until = time.monotonic() + LONG
            while not came and time.monotonic() < until:
                slow.sendall(b"x")
                try:
                    came = slow.recv(1000)
                except TimeoutError:
                    continue
            assert b" 408 " in came


def test_who_only_claims_to_be_a_device_takes_at_most_half_the_places(
    town: Town, monkeypatch
) -> None:
    monkeypatch.setattr(bodies, "MOST_UPLOADS", 4)
    with town.serving() as url, town.device(url=url) as device:
        head = (
            b"PUT /v1/batches/" + b"0" * 64 + b" HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 900\r\n\r\nPARVISB\x01\0\0\0\0" + device.key_id
        )
        claims = [socket.create_connection(("127.0.0.1", town.port), 60) for _ in range(6)]
        for claim in claims:
            claim.sendall(head)
        refused: set[socket.socket] = set()
        while len(refused) < 4:
            answered, _, _ = select.select(
                [one for one in claims if one not in refused], [], [], 60
            )
            assert answered, f"only {len(refused)} were refused"
            for one in answered:
                answer = one.recv(1000).lower()
                assert b" 503 " in answer
                assert b"retry-after" in answer
                refused.add(one)
        town.confirm(device, "un banc")
        assert sync_once(device).sent == 1
        for claim in claims:
            claim.close()


def test_answers_are_not_held_back_until_the_other_side_has_said_that_it_reads() -> None:
    with (
        listen("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as connection,
    ):
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_what_cannot_be_answered_in_time_is_refused_at_once(town: Town, monkeypatch) -> None:
    monkeypatch.setattr(gate, "MOST_UNDER_WAY", 2)
    with (
        town.serving() as url,
        town.device(url=url) as device,
        town.service() as beside,
        ThreadPoolExecutor(2) as threads,
    ):
        until = time.monotonic() + LONG
        town.confirm(device, "un banc")
        with beside.files.writing():  # a command that takes its time
            for _ in range(2):
                threads.submit(requests.get, f"{url}/readyz", timeout=LONG)
            asked = f"{url}/v1/consultations?fresh=!"  # a bad request, for which nothing is done
            while (refused := requests.get(asked, timeout=LONG)).status_code == 400:
                assert time.monotonic() < until
            assert refused.status_code == 503
            assert 5 <= int(refused.headers["Retry-After"]) <= 60
            assert requests.get(f"{url}/healthz", timeout=LONG).status_code == 200
            report = sync_once(device)
            assert report.retry_after is not None
            assert (report.left, report.quarantined) == (1, 0)
        while not sync_once(device).complete:
            assert time.monotonic() < until
