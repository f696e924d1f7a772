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
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sync.attachment import Attachment
from sync.client.https import enrol, sync_once
from sync.client.pace import Pace
from sync.contribution import Contribution, Mode
from sync.device import Device
from sync.server.service import Service
from sync.server.serving import RunningThread
from tests.sync.town import ROOT, Town

_NETWORKS = 250
_WORDS = "Plus d'arbres et de bancs sur la place du Marché, s'il vous plaît. "


def run(*command: str) -> None:
    """A command of the system's, as root."""
    subprocess.run(command, check=True, capture_output=True, text=True)


def possible() -> bool:
    """Whether this machine lets a test make networks."""
    if os.geteuid() != 0:
        return False
    probe = f"parvis-probe-{os.getpid()}"  # others may look at the same moment
    try:
        run("ip", "netns", "add", probe)
        run("ip", "netns", "del", probe)
        run("nft", "--version")
        run("tc", "-V")
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@dataclass(frozen=True)
class Link:
    """A link between here and a namespace; each that is up at the same time has a number."""

    number: int

    @property
    def here(self) -> str:
        """This side's address."""
        return f"10.213.{self.number}.1"

    @property
    def there(self) -> str:
        """The namespace's address."""
        return f"10.213.{self.number}.2"

    @property
    def namespace(self) -> str:
        return f"parvis-device-{self.number}"

    @property
    def ends(self) -> tuple[str, str]:
        """The names of its two ends."""
        return f"parvis{self.number}a", f"parvis{self.number}b"

    def carried(self) -> int:
        """Bytes that passed so far, both ways, headers included."""
        counted = Path(f"/sys/class/net/{self.ends[0]}/statistics")
        return sum(int((counted / name).read_text()) for name in ("rx_bytes", "tx_bytes"))


@contextmanager
def free_number() -> Iterator[int]:
    """A number that no other process of this machine has now; it is free again if this one dies."""
    with socket.socket(socket.AF_UNIX) as taken:
        for number in range(1, _NETWORKS):
            try:
                taken.bind(f"\0parvis-link-{number}")
            except OSError:
                continue  # somebody has it
            yield number
            return
    raise RuntimeError(f"{_NETWORKS} links are up on this machine already.")


@contextmanager
def link(kilobits: int, loss_percent: int = 0) -> Iterator[Link]:
    """A link, shaped in both directions."""
    with free_number() as number:
        up = Link(number)
        here, there = up.ends
        inside = ("ip", "netns", "exec", up.namespace)
        with contextlib.suppress(subprocess.CalledProcessError):
            run("ip", "netns", "del", up.namespace)  # of a process that was killed
        run("ip", "netns", "add", up.namespace)
        try:
            run("ip", "link", "add", here, "type", "veth", "peer", "name", there)
            run("ip", "link", "set", there, "netns", up.namespace)
            run("ip", "addr", "add", f"{up.here}/24", "dev", here)
            run("ip", "link", "set", here, "up")
            run(*inside, "ip", "addr", "add", f"{up.there}/24", "dev", there)
            run(*inside, "ip", "link", "set", there, "up")
            run(*inside, "ip", "link", "set", "lo", "up")
            shape = ("root", "tbf", "rate", f"{kilobits}kbit", "burst", "3000", "latency", "1500ms")
            run("tc", "qdisc", "add", "dev", here, *shape)
            run(*inside, "tc", "qdisc", "add", "dev", there, *shape)
            if loss_percent:
                rules = (
                    "add table inet loss;"
                    "add chain inet loss in { type filter hook input priority 0; };"
                    f"add rule inet loss in numgen random mod 100 < {loss_percent} drop"
                )
                run(*inside, "nft", rules)
            yield up
        finally:
            run("ip", "netns", "del", up.namespace)


def measure(
    count: int, kilobits: int, loss_percent: int = 0, attachment: int = 0
) -> dict[str, object]:
    """So many contributions over such a link."""
    with tempfile.TemporaryDirectory(prefix="parvis-network-") as folder:
        town = Town(Path(folder))
        service = Service(town.server_data, time.time)
        with (
            link(kilobits, loss_percent) as up,
            RunningThread(service, host=up.here) as server,
        ):
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
            before, began = up.carried(), time.monotonic()
            command = (sys.executable, "-m", "tests.sync.network", "--device")
            synced = subprocess.run(
                ["ip", "netns", "exec", up.namespace, *command, str(town.root / "mairie")],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=True,
            )
            seconds = time.monotonic() - began
            bytes_carried = up.carried() - before
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
