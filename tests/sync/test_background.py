"""Sync in the background: when it tries, what it tells, and that nobody waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sync.client.background import BackgroundSync, Rhythm
from sync.client.https import SyncReport
from sync.device import Device
from sync.errors import SyncError
from sync.rules import Link, SyncRules
from tests.sync.town import Town
from tests.waiting import LONG

AT_ONCE = Rhythm(settle=0.0, first=0.02, longest=0.05, every=60.0)


def eventually(holds: Callable[[], bool], seconds: float = LONG) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.01)
    return False


def test_what_is_confirmed_goes_without_anybody_asking(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        background = BackgroundSync(device, AT_ONCE)
        background.start()
        town.confirm(device, "un banc")
        background.wake()
        assert eventually(lambda: device.outbox.counts().released == 1)
        assert eventually(lambda: background.status.last_success is not None)
        assert background.status.waiting == 0
        assert background.status.last_error == ""
        assert background.stop()


def test_a_server_that_comes_back_gets_everything(town: Town) -> None:
    with town.serving() as url, town.device(url=url) as device:
        pass
    with town.device() as device:
        background = BackgroundSync(device, AT_ONCE)
        town.confirm(device, "un banc")
        background.start()
        assert eventually(lambda: "cannot be reached" in background.status.last_error)
        assert background.status.waiting == 1
        with town.serving() as again:
            from dataclasses import replace

            assert device.enrolled is not None
            device.enrolled = replace(device.enrolled, url=again)
            assert eventually(lambda: device.outbox.counts().released == 1)
            assert eventually(lambda: not background.status.last_error)
        assert background.stop()


def test_a_device_enrolled_while_it_sleeps_is_synced_when_woken(town: Town) -> None:
    calls: list[float] = []

    def sync(device: Device) -> SyncReport:
        calls.append(time.monotonic())
        return SyncReport()

    with town.serving() as url, town.device() as device:
        background = BackgroundSync(device, AT_ONCE, sync=sync)
        background.start()
        time.sleep(0.1)
        assert not calls
        with town.device("other", url=url) as other:
            assert other.enrolled is not None
            device.enrol(other.enrolled)
        background.wake(now=True)
        assert eventually(lambda: len(calls) == 1)
        assert background.stop()


def test_nobody_waits_for_a_sync_that_hangs(town: Town) -> None:
    hanging = threading.Event()

    def hang(device: Device) -> SyncReport:
        hanging.wait(LONG)
        return SyncReport()

    with town.serving() as url, town.device(url=url) as device:
        background = BackgroundSync(device, AT_ONCE, sync=hang)
        background.start()
        background.wake()
        assert background.status.last_success is None
        assert not background.stop(patience=0.1)
        hanging.set()
        assert eventually(lambda: background.stop(0.1))


def test_an_error_in_one_sync_does_not_end_the_next(town: Town) -> None:
    outcomes = iter([SyncError("The disk is full."), ZeroDivisionError("a bug")])

    def fail_twice(device: Device) -> SyncReport:
        for error in outcomes:
            raise error
        return SyncReport()

    with town.serving() as url, town.device(url=url) as device:
        background = BackgroundSync(device, AT_ONCE, sync=fail_twice)
        background.start()
        assert eventually(lambda: background.status.last_success is not None)
        assert background.stop()


def test_a_server_that_asks_to_wait_is_left_alone_and_confirming_changes_nothing(
    town: Town,
) -> None:
    calls: list[float] = []

    def busy(device: Device) -> SyncReport:
        calls.append(time.monotonic())
        return SyncReport(left=1, troubles=("Busy.",), retry_after=3600)

    with town.serving() as url, town.device(url=url) as device:
        background = BackgroundSync(device, AT_ONCE, sync=busy)
        background.start()
        assert eventually(lambda: len(calls) == 1)
        for _ in range(5):
            background.wake()
            time.sleep(0.05)
        assert len(calls) == 1
        background.wake(now=True)  # a steward may ask all the same
        assert eventually(lambda: len(calls) == 2)
        assert background.stop()


@given(st.integers(min_value=1, max_value=10_000), st.integers())
def test_waits_after_failures_are_between_five_seconds_and_an_hour(
    failures: int, seed: int
) -> None:
    wait = Rhythm().after_failure(failures, Random(seed))
    assert 5.0 <= wait <= 3600.0


def test_many_kiosks_do_not_come_back_in_the_same_minute() -> None:
    waits = [Rhythm().after_failure(8, Random(seed)) for seed in range(1000)]
    fullest = max(sum(1 for wait in waits if wait // 60 == minute) for minute in range(60))
    assert fullest < 100


def test_sync_waits_for_wifi_and_for_its_hours_unless_somebody_asks(town: Town) -> None:
    calls: list[float] = []
    link = [Link.MOBILE]

    def sync(device: Device) -> SyncReport:
        calls.append(time.monotonic())
        return SyncReport()

    rhythm = Rhythm(settle=0.0, first=0.02, longest=0.05, every=60.0, pause=0.02)
    with town.serving() as url, town.device(url=url) as device:
        device.follow(SyncRules(spare_mobile=True))
        background = BackgroundSync(device, rhythm, sync=sync, link=lambda: link[0])
        background.start()
        assert eventually(lambda: "Wi-Fi" in background.status.paused)
        assert not calls
        background.wake(now=True)
        assert eventually(lambda: len(calls) == 1)
        assert eventually(lambda: background.stop(0.1))
        link[0] = Link.WIFI
        background = BackgroundSync(device, rhythm, sync=sync, link=lambda: link[0])
        background.start()
        assert eventually(lambda: len(calls) == 2)
        assert background.status.paused == ""
        assert background.stop()
