"""A server below a path, behind a proxy that leaves the path or takes it off."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from click.testing import CliRunner

from sync import verify
from sync.answers import Answers, State
from sync.client.https import sync_once
from sync.desk.answers import AnswersDesk
from sync.server.commands import main as server
from tests.sync.town import Town, ideas, server_process


class Kind:
    """What a proxy does with the path that it serves the server below."""

    def __init__(self, path: str, *, taken_off: bool, says_so: bool = False) -> None:
        self.path, self.taken_off, self.says_so = path, taken_off, says_so


@contextmanager
def proxy(kind: Kind, to: str) -> Iterator[str]:
    """A reverse proxy on loopback; gives the address that it serves."""
    back = urlsplit(to)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            if not self.path.startswith(f"{kind.path}/"):
                self.send_error(404, "another service of the town's")
                return
            path = self.path.removeprefix(kind.path) if kind.taken_off else self.path
            headers = dict(self.headers.items())
            headers["X-Forwarded-For"] = self.client_address[0]
            if kind.says_so:
                headers["X-Forwarded-Prefix"] = kind.path
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b"".join(self.chunks())
                headers.pop("Transfer-Encoding")
                headers["Content-Length"] = str(len(body))
            asked = http.client.HTTPConnection(back.hostname or "", back.port, timeout=60)
            asked.request(self.command, path, body or None, headers)
            answer = asked.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            asked.close()

        def chunks(self) -> Iterator[bytes]:
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        do_GET = do_POST = do_PUT = do_PATCH = do_HEAD = do_DELETE = pass_on  # noqa: N815

        def log_message(self, format: str, *arguments: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}{kind.path}"
        finally:
            listening.shutdown()
            thread.join()


KINDS = {
    "taken off": Kind("/parvis", taken_off=True),
    "left": Kind("/parvis", taken_off=False),
    "taken off, and said": Kind("/ville/parvis", taken_off=True, says_so=True),
    "left, two steps": Kind("/ville/parvis", taken_off=False),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_everything_works_below_a_path(kind: Kind, town: Town, tmp_path) -> None:
    with town.serving() as inside, proxy(kind, inside) as url:
        with town.device(url=url) as device, town.desk() as desk:
            receipts = town.confirm(device, "un banc", "un arbre")
            town.registered(device)
            assert device.enrolled is not None
            assert device.enrolled.url == url
            report = town.pull(url, desk)
            assert (report.opened, report.findings) == (2, ())
            assert ideas(desk, town.consultation.id) == ["un arbre", "un banc"]
            sender = AnswersDesk(url, town.keys.organiser)
            states = [State(one.id) for one in receipts]
            sender.publish(Answers(town.consultation.id, 1, receipts[0].day), states)
            sender.close()
            town.confirm(device, "une fontaine")
            assert sync_once(device).complete
        # Every link of every page leads to something.
        link = f"{url}/R/{receipts[0].qr_payload(url).rpartition('/')[2]}"
        seen: set[str] = set()
        left = [f"{url}/", f"{url}/r?code={receipts[0].code}", link]
        addresses = ""
        while left:
            at = left.pop()
            if at in seen or not at.startswith(url):
                assert at in seen or not at.startswith(url.rpartition("/")[0] + "/"), at
                continue
            seen.add(at)
            answer = requests.get(at)
            assert answer.status_code == 200, at
            if "text/html" in answer.headers["Content-Type"]:
                addresses += answer.text
                found = re.findall(r'(?:href|action)="([^"#]+)"', answer.text)
                left += [urljoin(at, one.replace("&amp;", "&")) for one in found]
        assert any("/style.css" in one for one in seen)
        assert any("/register/" in one for one in seen)
        # Anyone checks by the address and the key that the page shows.
        with town.service() as service:
            key = service.registers.key(town.consultation.id)
        register = f"{url}/register/{town.consultation.id}"
        assert register in addresses
        assert verify.main(["log", register, "--key", key]) == 0
        assert verify.main(["receipt", register, "--key", key, link]) == 0


def test_a_path_that_is_given_is_taken_off_whatever_it_is_called(town: Town) -> None:
    with server_process(town.server_data, more=["--prefix", "/c"]) as running:
        for path, status in (("", 200), ("/", 200), ("/style.css", 200), ("/elsewhere", 404)):
            assert requests.get(f"{running.url}/c{path}").status_code == status
        page = requests.get(f"{running.url}/c/c/{town.consultation.id}")
        assert page.status_code == 200
        assert 'href="/c/style.css"' in page.text


@pytest.mark.parametrize("given", ["parvis", "//evil.example", "/a b", "/a/../b?x"])
def test_a_prefix_that_is_none_is_refused(given: str, town: Town) -> None:
    said = CliRunner().invoke(
        server, ["run", "--data", str(town.server_data), "--prefix", given, "--port", "0"]
    )
    assert said.exit_code == 2
    assert "--prefix is a path" in said.output
