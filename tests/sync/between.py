"""Somebody between a device and its server who hands it on, and answers some in its place."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests

from tests.waiting import LONG

Said = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""

Rule = Callable[[str, str, Callable[[], Said]], Said | None]
"""What is answered to a method and a path: in the server's place, or None for what it says itself.

The third argument asks the server."""

_NOT_HANDED_ON = frozenset({"connection", "transfer-encoding", "content-length", "date", "server"})


@contextmanager
def between(server: str, rule: Rule) -> Iterator[str]:
    """The address of somebody between; the `Host` that was signed is handed on.

    Args:
        server: the address behind.
        rule: what is answered in its place.
    """

    class Between(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))

            def ask() -> Said:
                answer = requests.request(
                    self.command,
                    server + self.path,
                    data=body,
                    headers=dict(self.headers.items()),
                    allow_redirects=False,
                    timeout=LONG,
                )
                fields = {
                    name: value
                    for name, value in answer.headers.items()
                    if name.lower() not in _NOT_HANDED_ON
                }
                return answer.status_code, fields, answer.content

            status, headers, said = rule(self.command, self.path, ask) or ask()
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            if self.command != "HEAD" and status != 204:
                self.wfile.write(said)

        do_GET = do_HEAD = do_PUT = do_PATCH = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_port}"
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
