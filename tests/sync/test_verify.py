"""`parvis-verify`, sharing no code with what it checks: true things hold, changed ones do not."""

import ast
import hashlib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import crockford, verify
from sync.contribution import Contribution, Mode, commitment, leaf_hash, leaf_salt
from sync.receipt import Receipt
from sync.register import tiles
from sync.register.checkpoint import Checkpoint, origin_of, verifier_key
from sync.register.entry import Entry, Reason
from sync.register.tiles import Tiles
from sync.server.blobs import FolderBlobs

SERVER, DEVICE = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
ID = crockford.encode(bytes(range(10)))
KEY = verifier_key(origin_of(ID), SERVER.public_key())
DAY = 20_000 * 86_400.0


def said(place: int) -> Contribution:
    fields = (("/data/idea", f"idée {place}"), ("/data/name", f"Mme {place}"))
    return Contribution("place", "1", "ab" * 32, Mode.SELF, "fr", fields)


def seed(place: int) -> bytes:
    return hashlib.sha256(b"seed %d" % place).digest()


def commitments(count: int) -> list[bytes]:
    return [commitment(said(place), seed(place)) for place in range(count)]


class Town:
    """A register in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = FolderBlobs(root)
        self.entries: list[bytes] = []

    def grow(self, *entries: Entry) -> None:
        fresh = [entry.to_bytes() for entry in entries]
        tiles.grow(self.folder, len(self.entries), fresh)
        self.entries += fresh
        size = len(self.entries)
        root = Tiles(self.folder, size).root()
        self.folder.write("checkpoint", Checkpoint(origin_of(ID), size, root).sign(SERVER))

    def check(self, what: str, *more: str | Path) -> int:
        return verify.main([what, str(self.root), "--key", KEY, *map(str, more)])


@pytest.fixture
def town(tmp_path: Path) -> Town:
    register = Town(tmp_path / "register")
    register.grow(*(Entry(one) for one in commitments(700)))
    return register


def link(committed: bytes, consultation: str = ID, now: float = DAY) -> str:
    receipt = Receipt.promise(consultation, committed, DEVICE, now)
    return receipt.qr_payload("https://participer.example.org")


def test_a_whole_register_holds_and_goes_on(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept"
    assert town.check("log", "--save", kept) == 0
    assert "700 contributions, 0 erased" in capsys.readouterr().out
    town.grow(Entry(bytes(32)), Entry(commitments(1)[0], Reason.ASKED))
    assert town.check("log", "--after", kept) == 0
    told = capsys.readouterr().out
    assert "701 contributions, 1 erased" in told
    assert "goes on from the older checkpoint" in told


def test_a_register_that_forgot_is_refuted(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert town.check("log", "--save", tmp_path / "kept") == 0
    other = Town(tmp_path / "other")
    other.grow(*(Entry(one) for one in reversed(commitments(800))))
    assert other.check("log", "--after", tmp_path / "kept") == 1
    assert "The first 700 entries are not what they were." in capsys.readouterr().err
    shorter = Town(tmp_path / "shorter")
    shorter.grow(*(Entry(one) for one in commitments(699)))
    assert shorter.check("log", "--after", tmp_path / "kept") == 1
    assert "once had 700 entries and has 699 now" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["tile/entries/000", "tile/entries/002.p/188", "checkpoint"])
def test_no_byte_of_the_files_can_be_changed(town: Town, path: str) -> None:
    place = town.root / path
    whole = place.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 40)):
        place.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        assert town.check("log") == 1
    place.write_bytes(whole[:-1])
    assert town.check("log") == 1
    place.unlink()
    assert town.check("log") == 2


def test_an_entry_that_stands_twice_is_refuted(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    town.grow(Entry(commitments(3)[2]))
    assert town.check("log") == 1
    assert "Entry 700 repeats an earlier one" in capsys.readouterr().err


def test_a_receipt_finds_its_entry(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    assert town.check("receipt", link(commitments(700)[612])) == 0
    assert "The contribution of 2024-10-04 is in the register, as entry 612." in (
        capsys.readouterr().out
    )
    town.grow(Entry(commitments(700)[612], Reason.ASKED))
    assert town.check("receipt", link(commitments(700)[612])) == 0
    assert "was erased on request: entry 700 says so" in capsys.readouterr().out


def test_a_promise_that_was_not_kept_is_named(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    assert town.check("receipt", link(bytes(32))) == 1
    said = capsys.readouterr().err
    assert "is not in the register yet" in said
    assert "does not hold" not in said  # the device may have been off all the time
    today = (date.today() - date(1970, 1, 1)).days * 86_400.0
    assert town.check("receipt", link(bytes(32), now=today)) == 1
    assert "is not in the register yet" in capsys.readouterr().err
    other = crockford.encode(bytes(10))
    assert town.check("receipt", link(commitments(1)[0], other)) == 1
    assert "another consultation" in capsys.readouterr().err
    for rubbish in ("", "https://example.org/", "HELLO", "1" * 400, link(bytes(32))[:-20]):
        assert town.check("receipt", rubbish) == 2


def published(place: int, *left_out: str) -> str:
    leaves = [
        [leaf_hash(seed(place), at, leaf).hex()]
        if leaf[0] in left_out
        else [*leaf, leaf_salt(seed(place), at).hex()]
        for at, leaf in enumerate(said(place).leaves())
    ]
    return json.dumps({"leaves": leaves}, ensure_ascii=False)


def test_published_data_prove_themselves_with_a_field_left_out(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data.jsonl"
    lines = [published(place, "/data/name") for place in range(699)]
    data.write_text("\n".join(lines))
    assert "Mme" not in data.read_text()
    assert town.check("data", data) == 0
    told = capsys.readouterr().out
    assert "All 699 published contributions are in the register" in told
    assert "1 more are registered, and not published." in told

    for wrong, why in (
        ([*lines, lines[5]], "line 700: it was published twice"),
        ([*lines, lines[5].replace("idée 5", "idée 6")], "was never registered"),
        ([*lines, "{}"], "this is no published contribution"),
        ([*lines, '{"leaves": [["zz"]]}'], "this is no published contribution"),
    ):
        data.write_text("\n".join(wrong))
        assert town.check("data", data) == 1
        assert why in capsys.readouterr().err


def test_a_wrong_key_is_refused(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    other = verifier_key(origin_of(ID), DEVICE.public_key())
    assert verify.main(["log", str(town.root), "--key", other]) == 1
    assert "not signed by this key" in capsys.readouterr().err
    for rubbish in ("", "parvis/X", KEY[:-1], KEY.replace("+", "+0", 1), "a+b+c"):
        assert verify.main(["log", str(town.root), "--key", rubbish]) == 2


def test_it_needs_nothing_but_python_and_cryptography() -> None:
    source = Path(verify.__file__).read_text(encoding="utf-8")
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else name.name).partition(".")[0]  # type: ignore[union-attr]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


def test_the_command_tells_how_it_is_used(town: Town) -> None:
    helped = subprocess.run(
        [sys.executable, verify.__file__, "--help"], capture_output=True, text=True, check=True
    )
    for name in ("log", "receipt", "data", "destroyed"):
        assert re.search(rf"^    {name}\s", helped.stdout, re.MULTILINE)
    alone = [sys.executable, verify.__file__, "log", str(town.root), "--key", KEY]
    ran = subprocess.run(alone, capture_output=True, text=True, cwd=town.root)
    assert ran.returncode == 0, ran.stderr


@pytest.fixture
def unwilling(town: Town) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """A server of the register's files, which first answers all that stands in the list."""
    refusals: list[tuple[int, str]] = []

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if not refusals:
                super().do_GET()
                return
            status, after = refusals.pop(0)
            self.send_response(status)
            self.send_header("Retry-After", after)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=town.root)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", refusals
        server.shutdown()
        thread.join()


def test_a_server_that_is_asked_too_much_is_waited_for_and_read_on(
    unwilling: tuple[str, list[tuple[int, str]]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, refusals = unwilling
    waits: list[float] = []
    monkeypatch.setattr(verify.time, "sleep", waits.append)
    refusals += [(429, "7"), (503, "0"), (429, "999999999"), (429, "tomorrow"), (429, "-1")]
    assert verify.main(["log", url, "--key", KEY]) == 0
    assert waits == [7, 1, verify.LONGEST_WAIT, 10, 10]
    told = capsys.readouterr()
    assert "700 contributions" in told.out
    assert "asks to wait for 7 s" in told.err


def test_a_server_that_never_answers_is_given_up_and_so_is_one_that_refuses(
    unwilling: tuple[str, list[tuple[int, str]]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, refusals = unwilling
    waits: list[float] = []
    monkeypatch.setattr(verify.time, "sleep", waits.append)
    refusals += [(429, "1")] * 100
    assert verify.main(["log", url, "--key", KEY]) == 2
    assert len(waits) == verify.MOST_WAITS
    refusals[:] = [(404, "1")]
    assert verify.main(["log", url, "--key", KEY]) == 2
    assert len(waits) == verify.MOST_WAITS
    assert "cannot be read" in capsys.readouterr().err
