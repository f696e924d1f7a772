"""What an attacker at the server's door finds: raw requests over a real socket."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sync.server.service import Service
from sync.server.serving import RunningThread
from tests.sync.town import Town

PLACES = (
    "/",
    "/healthz",
    "/style.css",
    "/v1/consultations",
    "/v1/nothing",
    "/v1/batches/00",
    "/R/WRONG",
    "/register",
    "/%ff",
)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Where a server of a town listens."""
    town = Town(tmp_path_factory.mktemp("town"))
    with town.service() as service, RunningThread(service) as running:
        yield _address(running)


def _address(running: RunningThread) -> tuple[str, int]:
    parts = urlsplit(running.url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def say(door: tuple[str, int], raw: bytes) -> bytes:
    """Everything that the server answers to these bytes, until it hangs up or says no more."""
    answer = b""
    with socket.create_connection(door, 60) as caller, contextlib.suppress(TimeoutError):
        caller.sendall(raw)
        while piece := caller.recv(65536):
            answer += piece
            caller.settimeout(60 if b"Connection: close" in raw else 2)
    return answer


def ask(
    door: tuple[str, int], place: str, method: str = "GET", *more: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one answer."""
    head = [f"{method} {place} HTTP/1.1", "Host: s.example", "Connection: close", *more]
    status, _, rest = say(door, "\r\n".join([*head, "", ""]).encode()).partition(b"\r\n")
    fields, _, body = rest.partition(b"\r\n\r\n")
    pairs = (line.partition(": ") for line in fields.decode().split("\r\n"))
    return int(status.split()[1]), {name.lower(): value for name, _, value in pairs}, body


@pytest.mark.parametrize("place", PLACES)
def test_every_answer_forbids_a_browser_to_run_guess_or_frame(
    door: tuple[str, int], place: str
) -> None:
    _, headers, _ = ask(door, place)
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-type"]
    assert "set-cookie" not in headers
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("place", PLACES)
def test_behind_tls_browsers_are_told_to_stay_there(door: tuple[str, int], place: str) -> None:
    _, in_clear, _ = ask(door, place)
    assert "strict-transport-security" not in in_clear  # RFC 6797, 7.2
    _, secured, _ = ask(door, place, "GET", "X-Forwarded-Proto: https")
    assert secured["strict-transport-security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("place", PLACES)
def test_no_answer_tells_what_the_server_is_made_of(door: tuple[str, int], place: str) -> None:
    _, headers, body = ask(door, place)
    assert "server" not in headers
    assert "x-powered-by" not in headers
    assert not any(word in body.lower() for word in (b"uvicorn", b"starlette", b"traceback"))


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "DELETE", "BREW"])
@pytest.mark.parametrize("place", ["/", "/healthz", "/v1/consultations"])
def test_only_the_methods_that_serve_are_answered(
    door: tuple[str, int], place: str, method: str
) -> None:
    status, _, body = ask(door, place, method, "X-Secret: echo")
    assert status in (404, 405, 501)
    assert b"echo" not in body


@pytest.mark.parametrize(
    "place",
    [
        "/register/",
        "/style.css/",
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/v1/batches/..%2f..%2fserver.key",
        "/register/..%2f..%2fserver.key",
        "//etc/passwd",
        "/.git/config",
    ],
)
def test_no_file_is_reached_by_its_path_and_no_folder_is_listed(
    door: tuple[str, int], place: str
) -> None:
    status, _, body = ask(door, place)
    assert status in (400, 401, 404)
    assert b"root:" not in body
    assert b"PRIVATE" not in body


def test_one_request_cannot_hide_in_another(door: tuple[str, int]) -> None:
    hidden = b"GET /healthz HTTP/1.1\r\nHost: s.example\r\n\r\n"
    for fields in (
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Content-Length: 5\r\nContent-Length: %d" % (5 + len(hidden)),
        b"Transfer-Encoding: xchunked",
    ):
        head = b"POST /v1/devices HTTP/1.1\r\nHost: s.example\r\n" + fields + b"\r\n\r\n"
        answer = say(door, head + b"0\r\n\r\n" + hidden)
        refused = answer.startswith(b"HTTP/1.1 4") or answer.startswith(b"HTTP/1.1 5")
        assert refused, fields
        if b'{"status":"ok"}' in answer:
            # Read as two by the chunks, as the standard has it (RFC 9112, 6.3): never by length.
            assert fields == b"Content-Length: 5\r\nTransfer-Encoding: chunked"


def test_what_goes_wrong_inside_is_not_told_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    town = Town(tmp_path)

    def broken(_service: Service, _fresh: str) -> bytes:
        raise RuntimeError("the key is 4711")

    with town.service() as service, RunningThread(service) as running:
        with monkeypatch.context() as spoilt:
            spoilt.setattr(Service, "listing", broken)
            status, _, body = ask(_address(running), "/v1/consultations")
        assert status == 500
        assert b"4711" not in body
        assert b"File" not in body
        assert ask(_address(running), "/v1/consultations")[0] == 200
    capfd.readouterr()
