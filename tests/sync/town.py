"""A town that consults, for tests: keys, a consultation, a server, devices; all of it real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests

from sync import consultation as packages
from sync.client.https import enrol, sync_once
from sync.consultation import Consultation, Options, Traceability
from sync.contribution import Contribution, Mode
from sync.desk.pull import PullReport, pull
from sync.desk.sources import FolderSource, ServerSource
from sync.desk.store import DeskStore
from sync.device import Device
from sync.key_directory import KeyDirectory
from sync.keys import Suite
from sync.receipt import Receipt
from sync.server.places import Places
from sync.server.service import Service
from sync.server.serving import RunningThread
from tests.waiting import LONG

ROOT = Path(__file__).parents[2]

FORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
<h:head><h:title>La place</h:title><model><instance>
<data id="place" version="{version}"><idea/><budget/><meta><instanceID/></meta></data></instance>
<bind nodeset="/data/idea" type="string"/><bind nodeset="/data/budget" type="int"/></model></h:head>
<h:body><input ref="/data/idea"><label>Votre idée</label></input>
<input ref="/data/budget"><label>Combien ?</label></input></h:body></h:html>"""


@dataclass
class Clock:
    """Seconds since 1970, moved by hand; stands still otherwise."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


class Town:
    """Everything of one town, under one directory.

    Args:
        root: that directory.
        database: `postgresql://…`; None for the server's own SQLite file.
        blobs: `s3://…`; None for the server's own directory.
        published: whether the server has the consultation's first version already.
    """

    traceability = Traceability.INCLUSION
    """What its consultation promises."""

    def __init__(
        self,
        root: Path,
        database: str | None = None,
        blobs: str | None = None,
        *,
        published: bool = True,
    ) -> None:
        self.root = root
        self.database = database
        self.clock = Clock()
        self.keys = KeyDirectory.create(root / "keys", label="Ville", suite=Suite.X25519)
        self.server_data = root / "server"
        if database or blobs:
            self.server_data.mkdir(mode=0o700, exist_ok=True)
            Places(database, blobs).remember(self.server_data)
        self.port = 0  # of the server, once it was up: devices know it by that
        self.consultation = self.publication()
        if published:
            with self.service() as service:
                service.publish(self.consultation.data)

    def publication(self, version: int = 1, dictionary: bytes = b"") -> Consultation:
        """A signed version of the consultation."""
        draft = Consultation(
            organiser="Ville",
            organiser_key=self.keys.organiser.public_key().public_bytes_raw(),
            version=version,
            title={"fr": "La place"},
            notice={},
            form_id="place",
            form_version=str(version),
            form=FORM.format(version=version).encode(),
            recipients=(self.keys.recipient.public,),
            dictionary=dictionary,
            options=Options(traceability=self.traceability),
        )
        return packages.publish(draft, self.keys.organiser)

    @contextmanager
    def service(self) -> Iterator[Service]:
        """The server's inside, by the town's clock."""
        service = Service(self.server_data, self.clock, Places.of(self.server_data))
        try:
            yield service
        finally:
            service.close()

    @contextmanager
    def serving(self, patience: float = 30.0) -> Iterator[str]:
        """A real server on loopback, in a thread; gives its address."""
        with (
            self.service() as service,
            RunningThread(service, port=self.port, patience=patience) as server,
        ):
            self.port = urlsplit(server.url).port or 0
            yield server.url

    def code(self, url: str) -> str:
        """A new enrolment code, as `parvis-server enrol` makes it beside a running server."""
        with self.service() as service:
            return str(service.offer_enrolment(url))

    @contextmanager
    def device(self, name: str = "mairie", url: str = "") -> Iterator[Device]:
        """A device; enrolled, with the consultation, where a server's address is given."""
        with Device.open(self.root / name) as device:
            if url and device.enrolled is None:
                enrol(device, self.code(url), name)
                assert sync_once(device).complete
            yield device

    def confirm(self, device: Device, *ideas: str) -> list[Receipt]:
        """People say something, one after the other."""
        held = device.consultation(self.consultation.id)
        receipts = []
        for idea in ideas:
            fields = (("/data/idea", idea), ("/data/meta/instanceID", f"uuid:{idea}"))
            said = Contribution("place", "1", held.form_hash, Mode.SELF, "fr", fields)
            receipts.append(device.confirm(held.id, said))
        return receipts

    def registered(self, device: Device) -> None:
        """Sync until the server has shown that all it acknowledged stands in the register."""
        until = time.monotonic() + LONG
        while True:
            report = sync_once(device)
            if not device.outbox.unregistered():
                return
            assert time.monotonic() < until, report
            time.sleep(0.2)

    def pull(self, source: str | Path, store: DeskStore) -> PullReport:
        """The desk pulls from a server's address or a folder."""
        place = (
            FolderSource(source, self.keys.organiser)
            if isinstance(source, Path)
            else ServerSource(source, self.keys.organiser)
        )
        return pull(place, store, [self.keys.recipient], [self.consultation])

    @contextmanager
    def desk(self, name: str = "desk.sqlite") -> Iterator[DeskStore]:
        """The desk's store."""
        store = DeskStore(self.root / name)
        try:
            yield store
        finally:
            store.close()


class OpenTown(Town):
    """A town that promises that whoever holds a receipt may find the words."""

    traceability = Traceability.FULL


def ideas(store: DeskStore, consultation: str) -> list[str]:
    """What people said, as the desk has it."""
    return sorted(dict(one.fields)["/data/idea"] for one in store.contributions(consultation))


def answers(url: str) -> bool:
    """Whether a server answers; one that is told to be impatient may hang up on a slow machine."""
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        try:
            return requests.get(f"{url}/healthz", timeout=LONG).status_code == 200
        except requests.ConnectionError:
            time.sleep(0.1)
    return False


@contextmanager
def server_process(
    data: Path, port: int = 0, before: str = "", more: Sequence[str] = ()
) -> Iterator[ServerProcess]:
    """`parvis-server run` as a process of its own; killed at the end if it still runs.

    Args:
        data: its data directory.
        port: 0 for any.
        before: Python that runs in the process before the command, to make it fail on purpose.
        more: further options.
    """
    code = f"{before}\nfrom sync.server.commands import main\nmain()"
    # A pipe that nobody reads would hold the server up once it is full.
    with tempfile.NamedTemporaryFile(mode="w", prefix="parvis-server-", suffix=".log") as said:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", code, "run", "--data", str(data), "--port", str(port)),
                *more,
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield ServerProcess(process, line, Path(said.name))
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()


@dataclass
class ServerProcess:
    """A running `parvis-server run`, the line it printed ("" if it ended), and where it logs."""

    process: subprocess.Popen[str]
    line: str
    log: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return next(word for word in self.line.split() if word.startswith("http://"))

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal, and say how it ended."""
        self.process.send_signal(by)
        return self.process.wait(LONG)
