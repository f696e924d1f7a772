"""A PostgreSQL of the tests' own: a real one, in a temporary directory, for as long as they run.

As root it runs as the user `postgres`, that its Debian package makes: PostgreSQL refuses root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

_PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt")


def programmes() -> Path | None:
    """The folder of initdb and pg_ctl; None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    there = [path for place in _PLACES for path in Path(place).glob("*/bin/initdb")]
    return max(there, key=lambda path: path.parts[-3]).parent if there else None


class Cluster:
    """A running PostgreSQL."""

    def __init__(self, directory: Path, binaries: Path) -> None:
        self._directory = directory
        self._binaries = binaries
        self._numbers = count(1)

    @property
    def address(self) -> str:
        """The address of its one database."""
        return f"postgresql://parvis@/postgres?host={self._directory}"

    def database(self) -> str:
        """The address of an empty database.

        It is a schema of its own: made sooner than a whole database, and 8 MB smaller.
        """
        name = f"town{next(self._numbers)}"
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")  # type: ignore[arg-type]
        return f"{self.address}&options=-csearch_path%3D{name}"

    def start(self, settings: Mapping[str, str] = {}) -> None:
        """Start it; at once ready."""
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._run(
            "pg_ctl", "start", "-w", "-s", "-D", str(self._directory / "data"),
            "-l", str(self._directory / "log"),
            "-o", f"-c listen_addresses='' -k {self._directory} {options}",
        )  # fmt: skip

    def stop(self, how: str = "fast") -> None:
        """Stop it: `fast`, or `immediate` as when power fails."""
        self._run("pg_ctl", "stop", "-w", "-s", "-m", how, "-D", str(self._directory / "data"))

    def make(self) -> None:
        """Make its files."""
        self._run(
            "initdb", "-U", "parvis", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
            "-D", str(self._directory / "data"),
        )  # fmt: skip

    def _run(self, programme: str, *arguments: str) -> None:
        user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        done = subprocess.run(
            [self._binaries / programme, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the server it starts keeps what it inherits
            stderr=subprocess.PIPE if programme == "initdb" else subprocess.DEVNULL,
            cwd=self._directory,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            **user,
        )
        if done.returncode:
            log = self._directory / "log"
            said = log.read_text() if log.exists() else (done.stderr or b"").decode()
            raise RuntimeError(f"{programme} failed: {said}")


@contextmanager
def cluster(binaries: Path) -> Iterator[Cluster]:
    """A cluster that runs until this ends, and is gone then."""
    directory = Path(tempfile.mkdtemp(prefix="parvis-postgresql-"))
    if os.geteuid() == 0:
        shutil.chown(directory, "postgres", "postgres")
    made = Cluster(directory, binaries)
    try:
        made.make()
        made.start(_SMALL)
        try:
            yield made
        finally:
            made.stop("immediate")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


_SMALL = {"shared_buffers": "32MB", "max_connections": "60"}
