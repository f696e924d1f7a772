"""The desk: contributions opened, checked, stored and exported a second, and the memory it takes.

    python -m tests.bench desk                  10,000 and 100,000
    python -m tests.bench.desk 1000000          any number
    python -m tests.bench.desk 1000000 --made FOLDER    the same; what was sealed stays in FOLDER,
                                                and is measured again the next time

Prints JSON. Other programs on the machine lengthen the seconds, not the processor's seconds: on a
machine that does nothing else the whole takes these, divided by the cores.

The contributions are sealed beforehand by X-Wing, 64 to a session, 500 to a batch, as devices do,
by as many processes as there are cores, and stored through the server's own code. Then
`parvis-desk pull --from` and `parvis-desk export` run as processes of their own on the server's
folder: every signature checked, every record opened, every commitment computed again, everything
compared with the register. Memory is the most that the process and those it started held together.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import batch
from sync import consultation as packages
from sync.batch import NO_BATCH, Moment, Section
from sync.consultation import Consultation
from sync.contribution import Contribution, Mode
from sync.envelope import SealingSession
from sync.key_directory import KeyDirectory
from sync.keys import RecipientPublic, signing_key_id
from sync.server.service import Service
from tests.bench.sealing import contributions
from tests.sync.town import FORM

RECORDS = 500
REACH_SECONDS = 300  # for a million on two cores
_BATCHES_AT_ONCE = 20


def publish(folder: Path) -> Consultation:
    """A consultation whose key is X-Wing."""
    keys = KeyDirectory.create(folder / "keys", label="Ville")
    draft = Consultation(
        organiser="Ville",
        organiser_key=keys.organiser.public_key().public_bytes_raw(),
        version=1,
        title={"fr": "La place"},
        notice={},
        form_id="place",
        form_version="1",
        form=FORM.format(version=1).encode(),
        recipients=(keys.public,),
    )
    published = packages.publish(draft, keys.organiser)
    (keys.path / "published").mkdir()
    (keys.path / "published" / f"{published.id}-v1.parvis").write_bytes(published.data)
    return published


def sealed_batch(
    id_: str, form_hash: str, recipient: RecipientPublic, seed: bytes, sequence: int
) -> bytes:
    """One batch of 500, the first of a device of its own."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    device = signing_key_id(key.public_key())
    said = iter(contributions_of(sequence, form_hash))
    sections, left = [], RECORDS
    while left:
        session = SealingSession.start(id_, form_hash, device, (recipient,))
        records = []
        while left and not session.spent:
            records.append(session.seal(next(said)).record)
            left -= 1
        sections.append(Section(session.header, tuple(records)))
    return batch.build(
        device_key=key,
        consultation=id_,
        sequence=0,
        previous=NO_BATCH,
        formed=Moment(bytes(4), 0, 0),
        sections=sections,
    )


_texts: list[str] = []


def contributions_of(sequence: int, form_hash: str) -> list[Contribution]:
    """500 different texts of 600 bytes, and a number."""
    if not _texts:
        _texts.extend(one.fields[-1][1] for one in contributions(RECORDS))
    return [
        Contribution(
            "place", "1", form_hash, Mode.SELF, "fr",
            (("/data/idea", f"{sequence}.{at} {text}"), ("/data/budget", str(at))),
        )
        for at, text in enumerate(_texts)
    ]  # fmt: skip


def fill(folder: Path, consultation: Consultation, count: int) -> None:
    """A server's data directory with so many contributions, one device for each batch."""
    service = Service(folder / "server", time.time)
    service.publish(consultation.data)
    total = -(-count // RECORDS)
    seeds = [os.urandom(32) for _ in range(total)]
    for at, seed in enumerate(seeds):
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
        token = at.to_bytes(32, "big")
        service.store.offer(token, time.time() + 600)
        key_id = signing_key_id(public).hex()
        service.store.enrol(token, key_id, public, f"borne {at}", time.time())
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for first in range(0, total, _BATCHES_AT_ONCE):
            some = range(first, min(total, first + _BATCHES_AT_ONCE))
            given = (consultation.id, consultation.form_hash, consultation.recipients[0])
            futures = [pool.submit(sealed_batch, *given, seeds[at], at) for at in some]
            for future in futures:
                data = future.result()
                service.intake.receive(batch.name_of(data), data)
    service.registers.publish()
    service.write_roster()
    service.close()


def measured(folder: Path, *arguments: str) -> tuple[float, float, float]:
    """Run a command: seconds, seconds of processor time, and the most megabytes held together."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", "from sync.desk.commands import main; main()", *arguments],
        stdout=(folder / "said.txt").open("w"),
    )
    most = 0.0
    while process.poll() is None:
        most = max(most, held_by(process.pid))
        time.sleep(0.2)
    taken = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit((folder / "said.txt").read_text()[-2000:])
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return taken, used, most


def held_by(process: int) -> float:
    """Megabytes that a process and those it started hold, without what they share of files."""
    total = 0.0
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        total += sum(int(one.split()[1]) for one in lines if one.startswith("RssAnon")) / 1024
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            total += sum(held_by(int(child)) for child in children.read_text().split())
    except (FileNotFoundError, ProcessLookupError):
        pass
    return total


def make(folder: Path, count: int) -> float:
    """Keys, and a server's folder with so many contributions; the seconds that took."""
    begun = time.perf_counter()
    consultation = publish(folder)
    fill(folder, consultation, count)
    (folder / "made").touch()
    return time.perf_counter() - begun


def measure(count: int, made: Path | None = None) -> dict[str, object]:
    """Everything for one number of contributions.

    Args:
        count: how many.
        made: a folder in which they are, or are made to stay.
    """
    cores = len(os.sched_getaffinity(0))
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build") as place:
        folder = Path(place)
        source, filled = made or folder, 0.0
        if not (source / "made").exists():
            source.mkdir(exist_ok=True)
            filled = make(source, count)
        store, keys = str(folder / "desk.sqlite"), str(source / "keys")
        pull = ("pull", "--from", str(source / "server"), "--keys", keys, "--store", store)
        seconds, used, memory = measured(folder, *pull)
        said = (folder / "said.txt").read_text().splitlines()[-1]
        if f"{count} contributions opened" not in said or not said.endswith("in the store."):
            raise SystemExit(said)
        again, _, _ = measured(folder, *pull)
        table = str(folder / "t.csv")
        exporting, export_used, export_memory = measured(
            folder, "export", "--store", store, "--csv", table
        )
        size = (folder / "desk.sqlite").stat().st_size
    whole = seconds + exporting
    return {
        "contributions": count,
        "opened_checked_stored_per_second": round(count / seconds),
        "per_second_and_core": round(count / used),
        "seconds": round(seconds, 1),
        "processor_seconds": round(used, 1),
        "megabytes": round(memory),
        "pull_of_nothing_new_seconds": round(again, 1),
        "export_seconds": round(exporting, 1),
        "export_processor_seconds": round(export_used, 1),
        "export_megabytes": round(export_memory),
        "whole_seconds_for_a_million": round(whole / count * 1_000_000),
        "processor_seconds_for_a_million": round((used + export_used) / count * 1_000_000),
        "limit": REACH_SECONDS,
        "ratio": round(whole / count * 1_000_000 / REACH_SECONDS, 2),
        "store_bytes_per_contribution": round(size / count),
        "made_in_seconds": round(filled, 1),
        "cores": cores,
    }


def main() -> None:
    """Measure in build/, on the same disk as the working directory."""
    parser = argparse.ArgumentParser(description="The desk's speed and memory.")
    parser.add_argument("counts", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--made", type=Path, help="where what was sealed stays, of one count")
    asked = parser.parse_args()
    if asked.made and len(asked.counts) != 1:
        parser.error("--made goes with one number")
    runs = [measure(count, asked.made) for count in asked.counts]
    json.dump({"bench": "desk", "runs": runs}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
