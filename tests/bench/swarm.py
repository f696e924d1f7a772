"""16,000 kiosks that come back within a minute: is everybody served, and how long do they wait?

Prints JSON. The server is `parvis-server run` in a process of its own, with its usual limits. Each
kiosk is an enrolled device with a key of its own and one batch of one contribution; it asks for the
list of consultations, sends its batch, and asks for the register's checkpoint and where its batch
stands in it, as the real client does, over real HTTP on loopback (all of them from one address, as
behind a city's router). What the real client signs is signed here too, beforehand, so that the two
cores are left to the server and to what travels. Who is put off, or cut off, tries again by the
real client's rhythm: full jitter over a growing span, and not before Retry-After.

The peer, in the same run: one kiosk alone, before the others come.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import secrets
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import insert

from sync import acknowledgement, batch
from sync.batch import NO_BATCH, Moment, Section
from sync.client.background import Rhythm
from sync.client.wire import CONNECT_SECONDS, SILENCE_SECONDS
from sync.consultation import Consultation
from sync.contribution import Contribution, Mode
from sync.envelope import SealingSession
from sync.keys import signing_key_id
from sync.server import schema
from sync.signatures import RequestParts, sign_request
from tests.bench.server import processor_seconds, resident_megabytes
from tests.sync.town import Town, server_process

KIOSKS, SECONDS = 16_000, 60.0
GIVEN_UP = 1800.0  # seconds after which a kiosk counts as starved
TEXT = 200  # bytes
REFUSALS = 2000
TOLD_SECONDS = 10.0  # between lines that say how far it is


@dataclass
class Trouble(Exception):
    """An exchange that did not end as it should."""

    cause: str
    retry_after: float = 0.0


@dataclass
class Tally:
    """What all kiosks together went through."""

    waits: list[float] = field(default_factory=list)
    tries: list[int] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    starved: int = 0
    registered: int = 0


@dataclass(frozen=True)
class Kiosk:
    """A device with something to send."""

    key: bytes
    name: str
    data: bytes


def made(count: int, town: Town) -> list[Kiosk]:
    """So many kiosks, their batches sealed and signed."""
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        share = 200
        counts = [min(share, count - at) for at in range(0, count, share)]
        parts = processes.map(_some, counts, [town.consultation] * len(counts))
        return [kiosk for part in parts for kiosk in part]


def _some(count: int, about: Consultation) -> list[Kiosk]:
    return [_kiosk(about) for _ in range(count)]


def _kiosk(about: Consultation) -> Kiosk:
    key = Ed25519PrivateKey.generate()
    device = signing_key_id(key.public_key())
    session = SealingSession.start(about.id, about.form_hash, device, about.recipients)
    fields = (("/data/idea", secrets.token_urlsafe(TEXT * 3 // 4)),)
    said = Contribution("place", "1", about.form_hash, Mode.SELF, "fr", fields)
    data = batch.build(
        device_key=key,
        consultation=about.id,
        sequence=0,
        previous=NO_BATCH,
        formed=Moment(bytes(4), 0, 0),
        sections=[Section(session.header, (session.seal(said).record,))],
    )
    return Kiosk(key.private_bytes_raw(), batch.name_of(data), data)


def enrol(town: Town, kiosks: list[Kiosk]) -> Ed25519PublicKey:
    """Write all of them down as enrolled; returns the server's key."""
    with town.service() as service, service.store.writing() as db:
        rows = []
        for number, kiosk in enumerate(kiosks):
            public = Ed25519PrivateKey.from_private_bytes(kiosk.key).public_key()
            rows.append(
                {
                    "key_id": signing_key_id(public).hex(),
                    "public_key": public.public_bytes_raw(),
                    "name": f"kiosk {number}",
                    "enrolled_at": time.time(),
                }
            )
        db.execute(insert(schema.devices), rows)
        return service.public_key


@dataclass(frozen=True)
class Exchange:
    """A request, signed, as it goes over the wire."""

    head: bytes
    body: bytes = b""


@dataclass(frozen=True)
class Errand:
    """What a kiosk asks in one sync."""

    listing: Exchange
    batch: Exchange
    checkpoint: Exchange
    place: Exchange


def signed(kiosks: list[Kiosk], url: str, consultation: str) -> list[Errand]:
    """What all of them will ask, signed by each."""
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        parts = processes.map(_errand, kiosks, repeat(url), repeat(consultation), chunksize=200)
        return list(parts)


def _errand(kiosk: Kiosk, url: str, consultation: str) -> Errand:
    key = Ed25519PrivateKey.from_private_bytes(kiosk.key)
    key_id, now = signing_key_id(key.public_key()).hex(), int(time.time())
    host = urlsplit(url).netloc

    def exchange(method: str, path: str, body: bytes = b"") -> Exchange:
        fields = sign_request(RequestParts.of(method, url + path), b"", key, key_id, now)
        head = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
        head += [f"{name}: {value}" for name, value in fields.items()]
        head += [f"Content-Length: {len(body)}"] if body else []
        return Exchange("\r\n".join([*head, "", ""]).encode(), body)

    return Errand(
        exchange("GET", f"/v1/consultations?fresh={secrets.token_urlsafe(16)}"),
        exchange("PUT", f"/v1/batches/{kiosk.name}", kiosk.data),
        exchange("GET", f"/v1/consultations/{consultation}/register?from=0"),
        exchange("GET", f"/v1/batches/{kiosk.name}/register"),
    )


class Visit:
    """One sync of one kiosk, over one connection."""

    def __init__(self, url: str) -> None:
        split = urlsplit(url)
        self._host, self._port = split.hostname or "", split.port or 80

    async def __aenter__(self) -> Visit:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                self._in, self._out = await asyncio.open_connection(self._host, self._port)
        except TimeoutError:
            raise Trouble("no connection in time") from None
        except OSError as error:
            raise Trouble(f"no connection: {error.strerror}") from None
        return self

    async def __aexit__(self, *_: object) -> None:
        self._out.close()

    async def ask(self, exchange: Exchange) -> tuple[int, bytes]:
        """One exchange; refusals that pass are `Trouble`."""
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                self._out.write(exchange.head + exchange.body)
                await self._out.drain()
                status, headers = await self._head()
                answer = await self._in.readexactly(int(headers.get("content-length", 0)))
        except TimeoutError:
            raise Trouble("no answer in time") from None
        except (OSError, asyncio.IncompleteReadError, ValueError):
            raise Trouble("the connection broke") from None
        if status in (408, 429) or status >= 500:
            raise Trouble(f"status {status}", float(headers.get("retry-after", 0)))
        return status, answer

    async def _head(self) -> tuple[int, dict[str, str]]:
        lines = (await self._in.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


async def sync(errand: Errand, url: str, server: Ed25519PublicKey) -> bool:
    """One sync; whether the contribution stands in the register already."""
    async with Visit(url) as visit:
        status, _ = await visit.ask(errand.listing)
        assert status == 200, status
        status, word = await visit.ask(errand.batch)
        assert status == 200, (status, word)
        verdicts = acknowledgement.read(word, server).verdicts
        assert [verdict.settled for verdict in verdicts] == [True]
        await visit.ask(errand.checkpoint)  # there is none before the first second has passed
        status, _ = await visit.ask(errand.place)
        return status == 200


async def come_back(
    errand: Errand, url: str, server: Ed25519PublicKey, delay: float, tally: Tally, random: Random
) -> None:
    """One kiosk: come, and try until all is there."""
    await asyncio.sleep(delay)
    rhythm, began, failures = Rhythm(), time.monotonic(), 0
    while True:
        try:
            tally.registered += await sync(errand, url, server)
            break
        except Trouble as trouble:
            tally.causes[trouble.cause] += 1
            wait = rhythm.after_failure(failures, random)
            failures += 1
            if trouble.retry_after:
                wait = max(wait, trouble.retry_after + random.uniform(0, rhythm.first))
        if time.monotonic() - began + wait > GIVEN_UP:
            tally.starved += 1
            return
        await asyncio.sleep(wait)
    tally.waits.append(time.monotonic() - began)
    tally.tries.append(failures + 1)


async def all_of_them(
    errands: list[Errand], url: str, server: Ed25519PublicKey, seconds: float
) -> Tally:
    """Everybody, spread over so many seconds by chance."""
    tally, random = Tally(), Random(16_000)
    telling = asyncio.create_task(tell(tally, len(errands)))
    async with asyncio.TaskGroup() as group:
        for errand in errands:
            delay = random.uniform(0, seconds)
            group.create_task(come_back(errand, url, server, delay, tally, random))
    telling.cancel()
    return tally


async def tell(tally: Tally, of: int) -> None:
    """Say now and then how far it is."""
    began = time.monotonic()
    while True:
        await asyncio.sleep(TOLD_SECONDS)
        passed, causes = time.monotonic() - began, dict(tally.causes)
        print(f"{passed:.0f} s: {len(tally.waits)} of {of}; {causes}", file=sys.stderr, flush=True)


async def refused(errand: Errand, url: str) -> None:
    """One visit of many that a server turns away at once."""
    async with Visit(url) as visit:
        for _ in range(REFUSALS):
            try:
                await visit.ask(errand.listing)
            except Trouble as trouble:
                assert trouble.cause == "status 503", trouble
                assert trouble.retry_after
            else:
                raise AssertionError("it was let in")


def refusal(town: Town, kiosk: Kiosk) -> float:
    """Milliseconds of the server's processor time that turning one away takes."""
    full = "from sync.server import gate; gate.MOST_UNDER_WAY = 0"
    with server_process(town.server_data, before=full, more=["--log", "warning"]) as server:
        [errand] = signed([kiosk], server.url, town.consultation.id)
        asyncio.run(refused(errand, server.url))  # what is done only once
        before = processor_seconds(server.process.pid)
        asyncio.run(refused(errand, server.url))
        return (processor_seconds(server.process.pid) - before) / REFUSALS * 1000


def measure(folder: Path, count: int, seconds: float) -> dict[str, object]:
    """Everything, in one run."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    town = Town(folder / "town")
    kiosks = made(count + 1, town)
    server_key = enrol(town, kiosks)
    with server_process(town.server_data, more=["--log", "warning"]) as server:
        errands = signed(kiosks, server.url, town.consultation.id)
        alone = asyncio.run(all_of_them(errands[:1], server.url, server_key, 0))
        before = processor_seconds(server.process.pid)
        began, own = time.monotonic(), time.process_time()
        tally = asyncio.run(all_of_them(errands[1:], server.url, server_key, seconds))
        taken = time.monotonic() - began
        memory = resident_megabytes(server.process.pid)
        spent = processor_seconds(server.process.pid) - before
        own = time.process_time() - own
    turned_away = refusal(town, kiosks[0])
    with town.service() as service:
        stored = service.store.counts().records
    waits = sorted(tally.waits) or [0.0]
    return {
        "what": "kiosks that come back within so many seconds, each with one contribution",
        "kiosks": count,
        "seconds": seconds,
        "served": len(tally.waits),
        "starved": tally.starved,
        "stored": stored,
        "all_done_after_seconds": round(taken, 1),
        "wait_seconds": {
            "alone": round(alone.waits[0], 3),
            "p50": round(waits[len(waits) // 2], 2),
            "p99": round(waits[int(len(waits) * 0.99)], 2),
            "worst": round(waits[-1], 2),
        },
        "tries": {"mean": round(sum(tally.tries) / len(tally.tries), 2), "most": max(tally.tries)},
        "put_off_or_cut_off": dict(tally.causes.most_common()),
        "registered_at_once": tally.registered,
        "server_megabytes": round(memory),
        "server_processor_seconds": round(spent, 1),
        "server_processor_milliseconds_each": round(spent / count * 1000, 2),
        "crowd_processor_seconds": round(own, 1),
        "server_processor_milliseconds_to_refuse": round(turned_away, 2),
        "cores": os.cpu_count(),
    }


def main() -> None:
    """Measure in a folder on the same disk as the working directory, not in memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kiosks", type=int, default=KIOSKS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    asked = parser.parse_args()
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build") as folder:
        measured = measure(Path(folder), asked.kiosks, asked.seconds)
    json.dump(measured, sys.stdout, indent=1)
    print()
    if measured["served"] != asked.kiosks or measured["starved"]:
        sys.exit("Not everybody was served.")


if __name__ == "__main__":
    main()
