"""Durable contributions a second: batches of 500 sent to a real server, signatures checked.

Prints JSON, for the embedded store, for PostgreSQL beside it, and for proofs. The server is
`parvis-server run` in a process of its own; the batches are built beforehand; several connections
send them, as several devices would. Beside it, in the same run: one bare SQLite commit with
synchronous=FULL, as the measure of this disk, and the processor time that the server took, which
other programs on the machine change less than the rest.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import acknowledgement, batch
from sync.batch import NO_BATCH, Moment, Section
from sync.client.wire import Wire
from sync.contribution import Contribution, Mode
from sync.envelope import SealingSession
from sync.keys import signing_key_id
from sync.register.merkle import perfect_root, range_proof
from sync.register.tiles import TILE_WIDTH, Tiles, tile_path, tile_width
from sync.server.blobs import FolderBlobs
from tests.sync.postgresql import cluster, programmes
from tests.sync.town import Town, server_process

BATCHES = 60
RECORDS = 500
CONNECTIONS = 4
LEAVES = 10_000_000
PROOFS = 2_000
DISTINCT = 64
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


def processor_seconds(process: int) -> float:
    """What a process and those it started have used."""
    there = [
        process,
        *map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split()),
    ]
    ticks = 0
    for one in there:
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(
    folder: Path,
    store: str = "embedded store",
    database: str | None = None,
    more: Sequence[str] = (),
) -> dict[str, object]:
    """Everything, in one run.

    Args:
        folder: of the town; made here.
        store: what the figure is of, in words.
        database: `postgresql://…`; None for SQLite.
        more: options of `parvis-server run`.
    """
    folder.mkdir()
    town = Town(folder, database)
    key = Ed25519PrivateKey.generate()
    with town.service() as service:
        service.store.offer(b"token", time.time() + 60)
        key_id = signing_key_id(key.public_key()).hex()
        service.store.enrol(b"token", key_id, key.public_key(), "bench", time.time())
        server_key = service.public_key
    built = batches(town, key, BATCHES)
    with server_process(town.server_data, more=more) as server:

        def send(share: list[tuple[str, bytes]]) -> int:
            wire, stored = Wire(server.url), 0
            for name, data in share:
                answer = wire.ask("PUT", f"/v1/batches/{name}", data, most=1 << 20)
                said = acknowledgement.read(answer.body, server_key)
                stored += sum(verdict.name == "STORED" for verdict in said.verdicts)
            wire.close()
            return stored

        begun, used = time.perf_counter(), processor_seconds(server.process.pid)
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            stored = sum(threads.map(send, [built[at::CONNECTIONS] for at in range(CONNECTIONS)]))
        taken = time.perf_counter() - begun
        used = processor_seconds(server.process.pid) - used
        memory = resident_megabytes(server.process.pid)
    if stored != BATCHES * RECORDS:
        raise SystemExit(f"only {stored} of {BATCHES * RECORDS} were stored")
    return {
        "what": f"durable contributions per second, batches of 500, {store}",
        "figure": round(stored / taken),
        "reach": 20_000,
        "ratio": round(stored / taken / 20_000, 2),
        "milliseconds_per_batch": round(taken / BATCHES * 1000, 1),
        "server_processor_milliseconds_per_batch": round(used / BATCHES * 1000, 1),
        "bare_commit_milliseconds": round(bare_commit(folder), 2),
        "bytes_per_contribution": round(sum(len(data) for _, data in built) / stored),
        "server_megabytes": round(memory),
        "cores": os.cpu_count(),
    }


def on_postgresql(folder: Path) -> Iterator[dict[str, object]]:
    """The same on a PostgreSQL of its own, by one process and by two; its memory is not counted."""
    binaries = programmes()
    if binaries is None:
        return
    for processes in (1, 2):
        with cluster(binaries) as running:
            yield measure(
                folder / f"postgresql{processes}",
                f"PostgreSQL, {processes} server process{'es' * (processes > 1)}",
                running.database(),
                ("--processes", str(processes)),
            )


def proofs(folder: Path) -> dict[str, object]:
    """How long a proof takes to make in a register of ten million entries.

    Its tiles have the number and shape that they would have; what stands in them repeats, which
    costs a proof neither more nor less, and entries are not needed. Each proof is for another
    contribution, drawn at random, so that nearly each reads tiles that were not read before.
    """
    random, files = Random(1), FolderBlobs(folder / "register")
    rows = [[random.randbytes(32) for _ in range(TILE_WIDTH)] for _ in range(DISTINCT)]
    for level in range(2):  # full tiles of the two lowest levels: the same few, under all names
        for at, row in enumerate(rows):
            files.write(f"{level}-{at}", b"".join(row))
        for index in range((LEAVES >> 8 * level) // TILE_WIDTH):
            place = files.root / tile_path(level, index)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.hardlink_to(files.root / f"{level}-{index % DISTINCT}")
        roots = [perfect_root(row) for row in rows]
        above = [roots[index % DISTINCT] for index in range((LEAVES >> 8 * level) // TILE_WIDTH)]
        rest = tile_width(level, len(above), LEAVES)
        if rest:
            files.write(tile_path(level, len(above), rest), b"".join(rows[0][:rest]))
        starts = range(0, max(1, len(above) - TILE_WIDTH + 1), TILE_WIDTH)
        rows = [above[at : at + TILE_WIDTH] for at in starts][:DISTINCT]
    files.write(tile_path(2, 0, tile_width(2, 0, LEAVES)), b"".join(above))
    read = Tiles(files, LEAVES)
    read.root()
    taken = []
    for _ in range(PROOFS):
        at = random.randrange(LEAVES)
        begun = time.perf_counter()
        hashes = list(range_proof(at, 1, LEAVES, read.subtree))
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    return {
        "what": "milliseconds to prove one contribution in a register of ten million, median",
        "figure": round(taken[PROOFS // 2], 3),
        "reach": 1,
        "ratio": round(taken[PROOFS // 2], 3),
        "99 of 100": round(taken[PROOFS * 99 // 100], 3),
        "hashes in the last of them": len(hashes),
        "leaves": LEAVES,
    }


def main() -> None:
    """Measure in a folder on the same disk as the working directory, not in memory."""
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build") as folder:
        figures = chain(
            [measure(Path(folder) / "embedded")],
            on_postgresql(Path(folder)),
            [proofs(Path(folder))],
        )
        for figure in figures:
            json.dump(figure, sys.stdout, indent=1)
            print(flush=True)


if __name__ == "__main__":
    main()
