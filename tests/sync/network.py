"""A real slow and lossy link: two network namespaces, `tc tbf` and `nft` (as root, on Linux).

    python -m tests.sync.network                  500 contributions over 40 kbit/s, alone and lossy
    python -m tests.sync.network --attachment     a photograph of 300 kB over 128 kbit/s with loss

The server runs here, the device in a namespace of its own; the kernel shapes and drops what passes
between. Prints JSON: seconds, bytes on the wire in both directions, tries.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync.attachment import Attachment
from sync.client.https import enrol, sync_once
from sync.client.pace import Pace
from sync.contribution import Contribution, Mode
from sync.device import Device
from sync.server.service import Service
from sync.server.serving import RunningThread
from tests.sync.town import ROOT, Town

HERE, THERE = "10.213.7.1", "10.213.7.2"
_NAMESPACE = "parvis-device"
_WORDS = "Plus d'arbres et de bancs sur la place du Marché, s'il vous plaît. "


def run(*command: str) -> None:
    """A command of the system's, as root."""
    subprocess.run(command, check=True, capture_output=True, text=True)


def possible() -> bool:
    """Whether this machine lets a test make networks."""
    if os.geteuid() != 0:
        return False
    try:
        run("ip", "netns", "add", f"{_NAMESPACE}-probe")
        run("ip", "netns", "del", f"{_NAMESPACE}-probe")
        run("nft", "--version")
        run("tc", "-V")
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@contextmanager
def link(kilobits: int, loss_percent: int = 0) -> Iterator[None]:
    """A link between here and a namespace, shaped in both directions."""
    inside = ("ip", "netns", "exec", _NAMESPACE)
    with contextlib.suppress(subprocess.CalledProcessError):
        run("ip", "netns", "del", _NAMESPACE)
    run("ip", "netns", "add", _NAMESPACE)
    try:
        run("ip", "link", "add", "parvis0", "type", "veth", "peer", "name", "parvis1")
        run("ip", "link", "set", "parvis1", "netns", _NAMESPACE)
        run("ip", "addr", "add", f"{HERE}/24", "dev", "parvis0")
        run("ip", "link", "set", "parvis0", "up")
        run(*inside, "ip", "addr", "add", f"{THERE}/24", "dev", "parvis1")
        run(*inside, "ip", "link", "set", "parvis1", "up")
        run(*inside, "ip", "link", "set", "lo", "up")
        shape = ("root", "tbf", "rate", f"{kilobits}kbit", "burst", "3000", "latency", "1500ms")
        run("tc", "qdisc", "add", "dev", "parvis0", *shape)
        run(*inside, "tc", "qdisc", "add", "dev", "parvis1", *shape)
        if loss_percent:
            rules = (
                "add table inet loss;"
                "add chain inet loss in { type filter hook input priority 0; };"
                f"add rule inet loss in numgen random mod 100 < {loss_percent} drop"
            )
            run(*inside, "nft", rules)
        yield
    finally:
        run("ip", "netns", "del", _NAMESPACE)


def carried() -> int:
    """Bytes that passed the link so far, both ways, headers included."""
    counted = Path("/sys/class/net/parvis0/statistics")
    return sum(int((counted / name).read_text()) for name in ("rx_bytes", "tx_bytes"))


def measure(
    count: int, kilobits: int, loss_percent: int = 0, attachment: int = 0
) -> dict[str, object]:
    """So many contributions over such a link."""
    with tempfile.TemporaryDirectory(prefix="parvis-network-") as folder:
        town = Town(Path(folder))
        service = Service(town.server_data, time.time)
        with link(kilobits, loss_percent), RunningThread(service, host=HERE) as server:
            with town.device() as device:
                # Enrolled here, at once: what is measured is the day's work.
                enrol(device, town.code(server.url), "mairie")
                assert sync_once(device).complete
                held = device.consultation(town.consultation.id)
                for number in range(count):
                    text = (f"{number}: " + _WORDS * 10)[:600]
                    files = (
                        (Attachment(f"{number}.jpg", os.urandom(attachment), "image/jpeg"),)
                        if attachment
                        else ()
                    )
                    said = Contribution(
                        "place", "1", held.form_hash, Mode.SELF, "fr", (("/data/idea", text),)
                    )
                    device.confirm(held.id, said, files)
            before, began = carried(), time.monotonic()
            command = (sys.executable, "-m", "tests.sync.network", "--device")
            synced = subprocess.run(
                ["ip", "netns", "exec", _NAMESPACE, *command, str(town.root / "mairie")],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=True,
            )
            seconds = time.monotonic() - began
            bytes_carried = carried() - before
            stored = service.store.counts().records
        service.close()
    told = json.loads(synced.stdout)
    return {
        "contributions": count,
        "attachment_bytes": attachment,
        "kilobits_per_second": kilobits,
        "loss_percent": loss_percent,
        "stored": stored,
        "left": told["left"],
        "tries": told["tries"],
        "seconds": round(told["seconds"], 1),
        "with_the_process_started": round(seconds, 1),
        "bytes_on_the_wire": bytes_carried,
        "bytes_for_each": round(bytes_carried / count),
    }


def sync_until_done(directory: Path) -> None:
    """The device's part, in its namespace."""
    pace, tries, began = Pace(), 0, time.monotonic()
    with Device.open(directory) as device:
        while tries < 30:
            tries += 1
            if not sync_once(device, pace=pace).left:
                break
        left = device.outbox.counts().owed
    print(json.dumps({"left": left, "tries": tries, "seconds": time.monotonic() - began}))


if __name__ == "__main__":
    reader = argparse.ArgumentParser()
    reader.add_argument("--attachment", action="store_true")
    reader.add_argument("--device", type=Path, help="used by the command itself")
    asked = reader.parse_args()
    if asked.device:
        sync_until_done(asked.device)
    elif not possible():
        sys.exit("This needs root, ip, tc and nft.")
    elif asked.attachment:
        print(json.dumps(measure(1, 128, 5, 300_000)))
    else:
        print(json.dumps([measure(500, 40), measure(500, 40, 5)]))
