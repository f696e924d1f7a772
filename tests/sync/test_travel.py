"""From a device to the desk, over a real server: what travels, what fails, what counts once."""

from __future__ import annotations

import hashlib
import http.server
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from sync.client.https import Uplink, enrol, sync_once
from sync.client.wire import NetworkTrouble
from sync.contribution import Contribution, Mode
from sync.desk.sources import WrongKeys
from sync.enrolment import EnrolmentRefused, ForgedEnrolment
from sync.errors import NotEnrolled
from tests.sync.town import Town, answers, ideas, server_process
from tests.waiting import LONG

ON_BOTH_DATABASES = True

DIES_BEFORE_ANSWERING = """
import os, signal
from sync.server.store import Store
keep = Store.keep
def keep_and_die(self, *given):
    keep(self, *given)
    os.kill(os.getpid(), signal.SIGKILL)
Store.keep = keep_and_die
"""

DIES_BEFORE_COMMITTING = """
import os, signal
from sync.server import store
def die(*given):
    os.kill(os.getpid(), signal.SIGKILL)
store.index = die
"""


@contextmanager
def answering(status: int, body: bytes, headers: dict[str, str] | None = None) -> Iterator[str]:
    """Somebody who answers everything in the same way; gives their address."""

    class Stranger(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_PATCH = do_POST = answer  # noqa: N815 — the names of the library

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def moved(device, url: str) -> None:
    """The server's address now leads elsewhere."""
    from dataclasses import replace

    device.enrolled = replace(device.enrolled, url=url)


def test_what_was_said_reaches_the_desk_and_leaves_the_device(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "un banc", "un arbre", "de l'ombre")
        said = []
        report = sync_once(device, said.append)
        assert (report.sent, report.left, report.troubles) == (3, 0, ())
        assert report.complete
        assert said[0].doing == "Sending 3 contributions"
        assert device.outbox.counts().released == 3

        pulled = town.pull(url, desk)
        assert (pulled.opened, pulled.findings) == (3, ())
        assert ideas(desk, town.consultation.id) == ["de l'ombre", "un arbre", "un banc"]


def test_a_device_that_is_not_enrolled_says_so(town: Town) -> None:
    with town.device() as device, pytest.raises(NotEnrolled):
        sync_once(device)


def test_a_server_that_is_not_there_leaves_everything_waiting(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        moved(device, "http://127.0.0.1:9")
        report = sync_once(device)
    assert (report.sent, report.left) == (0, 1)
    assert "cannot be reached" in report.troubles[0]
    assert not report.complete


def test_a_captive_portal_is_no_success(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        for status, headers in ((200, {}), (302, {"Location": "http://portal.example"})):
            with answering(status, b"<html>Accept our conditions</html>", headers) as portal:
                moved(device, portal)
                report = sync_once(device)
            assert (report.sent, report.left) == (0, 1)
            assert report.troubles
        moved(device, url)
        assert sync_once(device).sent == 1


def test_a_busy_server_says_when_to_come_again(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        with answering(503, b"", {"Retry-After": "120"}) as busy:
            moved(device, busy)
            report = sync_once(device)
    assert (report.left, report.retry_after) == (1, 120)


def test_the_one_bad_record_is_found_by_halving_and_blocks_nothing(town: Town, monkeypatch) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, *(f"idée {number}" for number in range(7)))
        bad = device.outbox._database.execute(
            "SELECT commitment FROM contribution WHERE number = 5"
        ).fetchone()[0]
        from sync.errors import MalformedBatch
        from sync.server.intake import Intake

        receive = Intake.receive

        def refuse_the_bad_one(self, name: str, body: bytes) -> bytes:
            if bad in body:
                raise MalformedBatch()
            return receive(self, name, body)

        monkeypatch.setattr(Intake, "receive", refuse_the_bad_one)
        report = sync_once(device)
        assert (report.sent, report.quarantined, report.left) == (6, 1, 0)
        [aside] = device.outbox.quarantined()
        assert aside.cause == MalformedBatch.sentence


def test_a_revoked_device_sends_nothing_more_and_loses_nothing(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        with town.service() as service:
            service.revoke(device.key_id.hex())
        town.confirm(device, "un banc")
        report = sync_once(device)
        assert (report.sent, report.left, report.quarantined) == (0, 1, 0)
        assert "revoked" in report.troubles[0]


def test_a_consultation_that_the_server_lost_does_not_hold_up_the_others(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, "un banc")
        with town.service() as service, service.store.writing() as db:
            from sync.server import schema

            db.execute(schema.consultations.delete())
        report = sync_once(device)
        assert (report.sent, report.left, report.quarantined) == (0, 1, 0)
        assert "no consultation of that name" in report.troubles[0]
        with town.service() as service:
            service.publish(town.consultation.data)
        assert sync_once(device).sent == 1


def test_a_contribution_counts_once_though_the_server_dies_before_it_answers(town: Town) -> None:
    for said, dying in enumerate((DIES_BEFORE_COMMITTING, DIES_BEFORE_ANSWERING), start=1):
        with (
            server_process(town.server_data, before=dying) as server,
            town.device(url=server.url) as device,
        ):
            moved(device, server.url)
            town.confirm(device, f"un banc {said}")
            report = sync_once(device)
            assert (report.sent, report.left) == (0, said)
            assert server.process.wait(LONG) == -signal.SIGKILL
    with server_process(town.server_data) as server, town.device() as device:
        moved(device, server.url)
        town.confirm(device, "un arbre")
        assert sync_once(device).sent == 3
        with town.desk() as desk:
            report = town.pull(server.url, desk)
            assert (report.total, report.findings) == (3, ())
        assert server.stop() == 0
    with town.service() as service:
        assert service.store.counts().records == 3


def test_a_server_stops_cleanly_when_told_to(town: Town) -> None:
    for told in (signal.SIGTERM, signal.SIGINT):
        with server_process(town.server_data) as server:
            assert "parvis-server enrol" in server.line
            assert server.stop(told) == 0


@pytest.mark.sqlite_alone
def test_a_second_server_on_the_same_data_is_refused(town: Town) -> None:
    with town.serving(), server_process(town.server_data) as second:
        assert second.process.wait(LONG) == 1
        assert "already runs" in second.log.read_text()


# enrolment


def test_a_code_enrols_one_device_and_the_same_one_again(town: Town) -> None:
    with town.serving() as url, town.device("a") as first, town.device("b") as second:
        code = town.code(url)
        assert enrol(first, code, "Mairie").name == "Mairie"
        assert enrol(first, code, "Mairie").url == url
        with pytest.raises(EnrolmentRefused, match="another device"):
            enrol(second, code)
        assert second.enrolled is None


def test_a_code_older_than_fifteen_minutes_enrols_nobody(town: Town) -> None:
    with town.serving() as url, town.device() as device:
        code = town.code(url)
        town.clock.now += 15 * 60 + 1
        with pytest.raises(EnrolmentRefused, match="15 minutes"):
            enrol(device, code)


def test_a_code_of_another_server_enrols_nobody(town: Town, tmp_path) -> None:
    other = Town(tmp_path / "other")
    with town.serving() as url, other.serving() as other_url, town.device() as device:
        with pytest.raises(EnrolmentRefused, match="another server"):
            enrol(device, town.code(other_url))
        assert url != other_url


def test_whoever_answers_in_the_servers_place_enrols_nobody(town: Town) -> None:
    with town.device() as device:
        with answering(200, b"<html>") as portal, pytest.raises(NetworkTrouble, match="sign-in"):
            enrol(device, town.code(portal))
        with answering(201, b"<html>") as thief, pytest.raises(ForgedEnrolment):
            enrol(device, town.code(thief))
        with pytest.raises(NetworkTrouble, match="cannot be reached"):
            enrol(device, town.code("http://127.0.0.1:9"))
        assert device.enrolled is None


# what the server refuses


def batch_of(town: Town, device) -> bytes:
    town.confirm(device, "un banc")
    outgoing = device.outbox.next_batch()
    assert outgoing is not None
    return outgoing.data


def put(url: str, body: bytes, name: str = "") -> tuple[int, str]:
    name = name or hashlib.sha256(body).hexdigest()
    answer = requests.put(f"{url}/v1/batches/{name}", data=body, timeout=LONG)
    if answer.status_code == 200:
        return 200, ""
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["detail"].endswith(".")
    return answer.status_code, document["type"].removeprefix("urn:parvis:problem:")


def test_forged_truncated_and_foreign_batches_are_refused_by_name(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.device("b") as stranger:
        body = batch_of(town, device)
        flipped = bytearray(body)
        flipped[len(body) // 2] ^= 1
        stranger.hold(town.consultation.data)
        assert put(url, body, "0" * 64) == (400, "hash-mismatch")
        assert put(url, bytes(flipped)) == (403, "forged-batch")
        assert put(url, body[:-1]) == (400, "truncated-batch")
        assert put(url, body + b"x") == (403, "forged-batch")
        assert put(url, b"hello") == (422, "unknown-format")
        assert put(url, b"") == (400, "truncated-batch")
        assert put(url, batch_of(town, stranger)) == (403, "unknown-device")
        assert put(url, body, "nonsense") == (404, "not-found")
        with town.service() as service:
            assert service.store.counts().batches == 0
        assert put(url, body) == (200, "")


def test_the_same_batch_again_gets_the_same_acknowledgement(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        body = batch_of(town, device)
        name = hashlib.sha256(body).hexdigest()
        answers = {
            requests.put(f"{url}/v1/batches/{name}", data=body, timeout=LONG).content
            for _ in range(3)
        }
        assert len(answers) == 1
        assert device.outbox.release(answers.pop()) == 1


def test_an_oversized_body_is_refused_before_it_is_read(town: Town) -> None:
    with town.serving() as url:
        connection = requests.Session()
        answer = connection.put(f"{url}/v1/batches/{'0' * 64}", data=bytes(17 << 20), timeout=LONG)
        assert answer.status_code == 413


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
        b"PUT /v1/batches/" + b"0" * 64 + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
    ],
)
def test_who_never_finishes_a_request_is_given_up(town: Town, beginning: bytes) -> None:
    with (
        town.serving(patience=0.3) as url,
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 60) as slow,
    ):
        slow.sendall(beginning)
        while slow.recv(1000):
            pass
        assert answers(url)


def test_only_the_organiser_may_fetch_batches(town: Town, tmp_path) -> None:
    other = Town(tmp_path / "other")
    with town.serving() as url, town.device(url=url) as device, other.desk() as desk:
        body = batch_of(town, device)
        put(url, body)
        name = hashlib.sha256(body).hexdigest()
        for path in (f"batches/{name}", f"consultations/{town.consultation.id}/batches"):
            assert requests.get(f"{url}/v1/{path}", timeout=LONG).status_code == 401
        # Another organiser's desk is told that nothing here is its own.
        with pytest.raises(WrongKeys):
            other.pull(url, desk)
        assert desk.counted() == 0


def test_a_form_that_the_consultation_never_had_is_quarantined(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        device.hold(town.publication(version=2).data)  # handed on a stick, never published
        held = device.consultation(town.consultation.id)
        fields = (("/data/idea", "un banc"),)
        device.confirm(held.id, Contribution("place", "2", held.form_hash, Mode.SELF, "fr", fields))
        uplink = Uplink(device)
        report = uplink.sync()
        uplink.close()
        assert (report.sent, report.quarantined, report.left) == (0, 1, 0)
        [aside] = device.outbox.quarantined()
        assert "form" in aside.cause


def test_a_new_version_reaches_the_device_and_both_open_at_the_desk(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device, town.desk() as desk:
        town.confirm(device, "un banc")
        with town.service() as service:
            service.publish(town.publication(version=2, dictionary=b"un arbre" * 9).data)
        report = sync_once(device)
        assert report.fetched == ("La place",)
        held = device.consultation(town.consultation.id)
        assert held.version == 2
        fields = (("/data/idea", "un arbre"),)
        device.confirm(held.id, Contribution("place", "2", held.form_hash, Mode.SELF, "fr", fields))
        assert sync_once(device).complete
        assert town.pull(url, desk).findings == ()
        assert ideas(desk, held.id) == ["un arbre", "un banc"]
