"""A cable pulled while somebody reads their answers over: the network's, and the power's."""

import signal
import subprocess
import sys

import pytest

from tests.kiosk import driver, hall  # isort: split

from sync.client.background import BackgroundSync
from sync.device import Device
from tests.sync.relay import relayed
from tests.sync.town import ROOT
from tests.waiting import wait_for

WORDS = "passage secret des glycines"

_SOMEBODY = """
import sys, time
from pathlib import Path
from tests.kiosk import driver, hall
from tests.kiosk.test_cable import write_and_read_over
with hall.hall(Path(sys.argv[1])) as town:
    write_and_read_over(town)
    for _ in range(int(sys.argv[2])):
        town.on()
    print(town.name, flush=True)
    while True:
        driver.frames()
        time.sleep(0.02)
"""


def write_and_read_over(town):
    """Somebody writes something, and comes to the review of all their answers."""
    town.begin()
    while town.name == "question":
        step = town.kiosk.journey.step()
        if step.ref.endswith("idee"):
            town.type(WORDS)
        elif step.ref.endswith("age"):
            town.type("30")
        town.on()
    town.wait_for_review()
    assert town.name == "review"


@pytest.mark.parametrize(("more", "screen"), [(0, "review"), (2, "receipt")])
def test_the_power_cable_pulled_keeps_what_was_confirmed_and_nothing_else(tmp_path, more, screen):
    process = subprocess.Popen(
        [sys.executable, "-c", _SOMEBODY, str(tmp_path), str(more)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == f"{screen}\n"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    process.stdout.close()
    confirmed = int(screen == "receipt")
    with Device.open(tmp_path / "device") as device:
        assert device.outbox.counts().waiting == confirmed
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert WORDS.encode() not in content
            assert WORDS.encode("utf-16-le") not in content
    with Device.open(tmp_path / "device") as device, hall.kiosk_at(device) as again:
        write_and_read_over(again)
        again.on(2)
        assert again.sealed == confirmed + 1


def test_the_network_cable_pulled_during_the_review_changes_nothing_for_who_reads(tmp_path):
    town = hall.TownOf(tmp_path, hall.consultation())
    with (
        town.serving() as url,
        relayed(url) as relay,
        town.device("mairie", relay.url) as device,
    ):
        uplink = BackgroundSync(device, hall.SOON)
        uplink.start()
        try:
            with hall.kiosk_at(device, uplink=uplink) as standing:
                write_and_read_over(standing)
                relay.pull()
                standing.on(2)
                assert standing.name == "receipt"
                uplink.wake(now=True)
                until(lambda: uplink.status.last_error)
                assert uplink.status.waiting == 1
                assert device.outbox.counts().waiting + device.outbox.counts().sent == 1
                relay.plug()
                uplink.wake(now=True)
                until(lambda: not device.outbox.counts().owed)
        finally:
            assert uplink.stop(60)
        with town.service() as service:
            assert service.store.counts().records == 1


def until(happened):
    """Wait for something while the kiosk goes on."""
    wait_for(happened, meanwhile=driver.frames)
