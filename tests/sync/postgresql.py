"""A PostgreSQL of the tests' own: a real one, in a temporary directory, for as long as they run.

As root it runs as the user `postgres`, that its Debian package makes: PostgreSQL refuses root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

from tests.waiting import LONG

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
        self._running: subprocess.Popen[bytes] | None = None

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

    def start(self) -> None:
        """Start it; it answers when this returns."""
        settings = [part for name, value in _SMALL.items() for part in ("-c", f"{name}={value}")]
        with (self._directory / "log").open("ab") as log:
            self._running = subprocess.Popen(
                ["sh", "-c", _AS_LONG_AS, "sh", self._binaries / "postgres",
                 "-D", self._directory / "data", "-k", self._directory,
                 "-c", "listen_addresses=", *settings],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self._directory,
                **_somebody(),
            )  # fmt: skip
        until = time.monotonic() + LONG
        while True:
            try:
                psycopg.connect(self.address).close()
                return
            except psycopg.OperationalError:
                if self._running.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((self._directory / "log").read_text()) from None
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop it as a cut of its power would."""
        if self._running is not None:
            self._running.communicate()
            self._running = None

    def stand_by(self) -> None:
        """Let it start as a standby, which can be made to take over; it must be stopped."""
        place = self._directory / "data" / "standby.signal"
        place.touch()
        if os.geteuid() == 0:
            shutil.chown(place, "postgres", "postgres")

    def make(self) -> None:
        """Make its files."""
        self._run(
            "initdb", "-U", "parvis", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
            "-D", str(self._directory / "data"),
        )  # fmt: skip

    def _run(self, programme: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._binaries / programme, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self._directory,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            **_somebody(),
        )
        if done.returncode:
            raise RuntimeError(f"{programme} failed: {done.stderr}")


def _somebody() -> dict[str, str]:
    """Whom it runs as: PostgreSQL refuses root."""
    return {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}


@contextmanager
def cluster(binaries: Path, within: Path | None = None) -> Iterator[Cluster]:
    """A cluster that runs until this ends, and is gone then.

    Args:
        binaries: the folder of its programmes.
        within: a folder for it, which anybody may enter; the temporary one without it.
    """
    directory = Path(tempfile.mkdtemp(prefix="parvis-postgresql-", dir=within))
    if os.geteuid() == 0:
        shutil.chown(directory, "postgres", "postgres")
    made = Cluster(directory, binaries)
    try:
        made.make()
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


# Runs while somebody holds the other end of its input: a test that is killed leaves none behind.
_AS_LONG_AS = 'trap "" INT TERM; "$@" <&- & read _; kill -QUIT $!; wait'
_SMALL = {"shared_buffers": "32MB", "max_connections": "60"}
