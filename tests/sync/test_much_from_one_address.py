"""Much that is asked from one address: the desk is no stranger, and who verifies goes on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sync import verify
from sync.client.https import sync_once
from sync.desk.pull import PullReport, pull
from sync.desk.sources import ServerSource
from sync.key_directory import KeyDirectory
from sync.server.gate import Gate
from sync.server.limits import Allowance, Limits
from sync.server.serving import RunningThread
from tests.sync.test_guarantor import guarded
from tests.sync.test_verify import KEY
from tests.sync.test_verify import Town as Place
from tests.sync.test_verify import town as place  # noqa: F401 — a fixture
from tests.sync.town import Town

NO_STRANGERS = Limits(stranger=Allowance(3, 1e-6), device=Allowance(10_000, 1_000))


def pulled(
    town: Town, keys: KeyDirectory, limits: Limits, waits: list[float], store: str
) -> PullReport:
    with (
        town.service() as service,
        RunningThread(service, limits=limits) as server,
        town.desk(store) as desk,
    ):
        source = ServerSource(server.url, keys.organiser, sleep=waits.append)
        return pull(source, desk, [keys.recipient], [town.consultation])


def many(town: Town, count: int) -> None:
    """So many people, in a batch each."""
    with town.serving() as url, town.device(url=url) as device:
        town.confirm(device, *(f"idée {at}" for at in range(count)))
        sync_once(device, batch=1)
        town.registered(device)


@pytest.mark.parametrize("who", ["organiser", "guarantor"])
def test_who_may_read_a_consultation_is_no_stranger_to_its_server(tmp_path: Path, who: str) -> None:
    town, guarantor = guarded(tmp_path)
    if who == "guarantor":
        from dataclasses import replace

        from sync import consultation as packages

        reader = guarantor.organiser.public_key().public_bytes_raw()
        draft = replace(town.consultation, version=2, readers=(reader,), data=b"")
        town.consultation = packages.publish(draft, town.keys.organiser)
        with town.service() as service:
            service.publish(town.consultation.data)
    many(town, 30)
    waits: list[float] = []
    keys = town.keys if who == "organiser" else guarantor
    report = pulled(town, keys, NO_STRANGERS, waits, f"{who}.sqlite")
    assert (report.total, report.trouble, waits) == (30, "", [])


def test_a_pull_waits_while_the_server_has_much_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(tmp_path)
    many(town, 12)
    real, turn = Gate._shed, [0]

    def shed(self: Gate, scope: dict[str, object]) -> object:
        turn[0] += 1
        from sync.problem import Problem
        from sync.server.gate import _refusal

        if turn[0] % 3 == 0:
            return _refusal(Problem(503, "too-busy", "The server has much to do.", 7))
        return real(self, scope)

    monkeypatch.setattr(Gate, "_shed", shed)
    waits: list[float] = []
    report = pulled(town, town.keys, NO_STRANGERS, waits, "desk.sqlite")
    assert (report.total, report.trouble) == (12, "")
    assert set(waits) == {7}


@contextlib.contextmanager
def counted(root: Path, stops_after: int) -> Iterator[tuple[str, list[str], list[int]]]:
    """A web server over a register; what was asked, and after how many it refuses everything."""
    asked: list[str] = []
    left = [stops_after]

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if left[0] <= 0:
                self.send_error(500)
                return
            left[0] -= 1
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=root)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked, left
        server.shutdown()
        thread.join()


def test_a_check_that_was_broken_off_goes_on_where_it_was(
    place: Place,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cache = tmp_path / "cache"
    with counted(place.root, 3) as (url, asked, left):
        given = ["log", url, "--key", KEY, "--cache", str(cache)]
        assert verify.main(given) == 2  # the checkpoint, what is still growing, one bundle
        left[0] = 100
        assert verify.main(given) == 0
        assert asked.count("/tile/entries/000") == 1
        assert "700 contributions" in capsys.readouterr().out
        # What was kept and spoilt since leads nowhere, and is thrown away.
        for kept in cache.rglob("*"):
            if kept.is_file():
                kept.write_bytes(kept.read_bytes()[::-1])
        assert verify.main(given) == 1
        assert verify.main(given) == 0


def test_a_register_that_grows_while_it_is_read_is_read_all_the_same(place: Place) -> None:  # noqa: F811
    asked: list[str] = []

    class Growing(verify.Register):
        def read(self, path: str) -> bytes:
            asked.append(path)
            if path.endswith("entries/000"):  # meanwhile the server has published more
                for old in place.root.rglob("*.p/*"):
                    old.unlink()
            return super().read(path)

    contents = verify.check_log(Growing(str(place.root)), verify.Key.read(KEY))
    assert contents.checkpoint.size == 700
    assert any(".p/" in path for path in asked)
