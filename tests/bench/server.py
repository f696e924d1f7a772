"""Durable contributions a second: batches of 500 sent to a real server, signatures checked.

Prints JSON. The server is `parvis-server run` in a process of its own with its embedded store; the
batches are built beforehand; several connections send them, as several devices would. Beside it, in
the same run: one bare SQLite commit with synchronous=FULL, as the measure of this disk.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import acknowledgement, batch
from sync.batch import NO_BATCH, Moment, Section
from sync.client.wire import Wire
from sync.contribution import Contribution, Mode
from sync.envelope import SealingSession
from sync.keys import signing_key_id
from tests.sync.town import Town, server_process

BATCHES = 60
RECORDS = 500
CONNECTIONS = 4
TEXT = 600  # bytes, random letters: what compression cannot shrink below what real text would be


def batches(town: Town, key: Ed25519PrivateKey, count: int) -> list[tuple[str, bytes]]:
    """Signed batches of sealed contributions."""
    device = signing_key_id(key.public_key())
    built, previous = [], NO_BATCH
    for sequence in range(count):
        sections, left = [], RECORDS
        while left:
            session = SealingSession.start(
                town.consultation.id,
                town.consultation.form_hash,
                device,
                town.consultation.recipients,
            )
            records = []
            while left and not session.spent:
                text = secrets.token_urlsafe(TEXT // 4)
                said = Contribution(
                    "place",
                    "1",
                    town.consultation.form_hash,
                    Mode.SELF,
                    "fr",
                    (("/data/idea", text),),
                )
                records.append(session.seal(said).record)
                left -= 1
            sections.append(Section(session.header, tuple(records)))
        data = batch.build(
            device_key=key,
            consultation=town.consultation.id,
            sequence=sequence,
            previous=previous,
            formed=Moment(bytes(4), 0, 0),
            sections=sections,
        )
        previous = bytes.fromhex(batch.name_of(data))
        built.append((batch.name_of(data), data))
    return built


def bare_commit(folder: Path) -> float:
    """Milliseconds of one bare commit with synchronous=FULL, the median of fifty."""
    database = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE bare (body BLOB)")
    taken = []
    for _ in range(50):
        begun = time.perf_counter()
        database.execute("INSERT INTO bare VALUES (?)", [secrets.token_bytes(300)])
        taken.append(time.perf_counter() - begun)
    database.close()
    return sorted(taken)[25] * 1000


def resident_megabytes(process: int) -> float:
    """The most memory that a process has held."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure(folder: Path) -> dict[str, object]:
    """Everything, in one run."""
    town = Town(folder / "town")
    key = Ed25519PrivateKey.generate()
    with town.service() as service:
        service.store.offer(b"token", time.time() + 60)
        key_id = signing_key_id(key.public_key()).hex()
        service.store.enrol(b"token", key_id, key.public_key(), "bench", time.time())
        server_key = service.public_key
    built = batches(town, key, BATCHES)
    with server_process(town.server_data) as server:

        def send(share: list[tuple[str, bytes]]) -> int:
            wire, stored = Wire(server.url), 0
            for name, data in share:
                answer = wire.ask("PUT", f"/v1/batches/{name}", data, most=1 << 20)
                said = acknowledgement.read(answer.body, server_key)
                stored += sum(verdict.name == "STORED" for verdict in said.verdicts)
            wire.close()
            return stored

        begun = time.perf_counter()
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            stored = sum(threads.map(send, [built[at::CONNECTIONS] for at in range(CONNECTIONS)]))
        taken = time.perf_counter() - begun
        memory = resident_megabytes(server.process.pid)
    if stored != BATCHES * RECORDS:
        raise SystemExit(f"only {stored} of {BATCHES * RECORDS} were stored")
    return {
        "what": "durable contributions per second, batches of 500, embedded store",
        "figure": round(stored / taken),
        "reach": 20_000,
        "ratio": round(stored / taken / 20_000, 2),
        "milliseconds_per_batch": round(taken / BATCHES * 1000, 1),
        "bare_commit_milliseconds": round(bare_commit(folder), 2),
        "bytes_per_contribution": round(sum(len(data) for _, data in built) / stored),
        "server_megabytes": round(memory),
        "cores": os.cpu_count(),
    }


def main() -> None:
    """Measure in a folder on the same disk as the working directory, not in memory."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        json.dump(measure(Path(folder)), sys.stdout, indent=1)
        print()


if __name__ == "__main__":
    main()
