"""Sync now and then, in a thread of its own, so that no screen ever waits for the network."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from sync.client.pace import Pace
from sync.device import Device
from sync.errors import SyncError
from sync.rules import Link, link_now

if TYPE_CHECKING:
    from sync.client.report import SyncProgress, SyncReport

_log = logging.getLogger(__name__)

_LONGEST_RETRY_AFTER = 24 * 3600


@dataclass(frozen=True)
class Rhythm:
    """When to try, in seconds.

    Attributes:
        settle: after a confirmation, so that several go together and the hour of arrival at the
            server does not tell who was at the kiosk.
        first: the shortest wait after a failure.
        longest: the longest wait after many.
        every: between looks for new consultations, when all is well.
        pause: between looks whether the device's rules let it go again.
    """

    settle: float = 30.0
    first: float = 5.0
    longest: float = 3600.0
    every: float = 900.0
    pause: float = 60.0

    def after_failure(self, failures: int, random: Random) -> float:
        """How long to wait after so many failures in a row: full jitter over a growing span."""
        span = min(self.longest, self.first * 2.0 ** min(failures, 40))
        return random.uniform(self.first, max(self.first, span))


@dataclass(frozen=True)
class Status:
    """How sync is doing, for the steward.

    Attributes:
        waiting: contributions that have not been acknowledged.
        last_success: seconds since 1970 of the last sync that left nothing; None if there was none.
        last_error: the last trouble, as a sentence; "" since all is well.
        progress: how far the sync under way is; None while none is.
        paused: why the device's rules let no sync go now, as a sentence; "" while they do.
    """

    waiting: int = 0
    last_success: float | None = None
    last_error: str = ""
    progress: SyncProgress | None = None
    paused: str = ""


class BackgroundSync:
    """A daemon thread that syncs a device: `start` it, `wake` it when somebody confirms, `stop` it.

    No method waits for the network.

    Args:
        device: shared with the caller.
        rhythm: when to try.
        random: spreads the waits.
        sync: does one sync; in tests, something else.
        clock: seconds since 1970.
        link: by what the network is reached.
    """

    def __init__(
        self,
        device: Device,
        rhythm: Rhythm | None = None,
        *,
        random: Random | None = None,
        sync: Callable[[Device], SyncReport] | None = None,
        clock: Callable[[], float] = time.time,
        link: Callable[[], Link] = link_now,
    ) -> None:
        self._device = device
        self._rhythm = rhythm or Rhythm()
        self._random = random or Random()  # noqa: S311
        self._pace = Pace()
        self._sync = sync or self._sync_once
        self._clock = clock
        self._link = link
        self._status = Status()
        self._failures = 0
        self._woken = threading.Event()
        self._hurry = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="parvis-sync", daemon=True)

    @property
    def status(self) -> Status:
        """How sync was doing after its last step."""
        return self._status

    def start(self) -> None:
        """Begin; the first sync is at once."""
        self._thread.start()

    def wake(self, *, now: bool = False) -> None:
        """Something new waits; returns at once.

        Args:
            now: a person asked for it, or the device was just enrolled: neither let things settle
                nor wait out a failure.
        """
        if now:
            self._hurry.set()
        self._woken.set()

    def stop(self, patience: float = 2.0) -> bool:
        """End the thread, and say whether it has ended within `patience` seconds.

        What is under way may be cut: nothing is lost by that, it goes again the next time.
        """
        self._stopped.set()
        self._hurry.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(patience)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopped.is_set():
            asked_for = self._hurry.is_set()
            self._hurry.clear()
            if self._stopped.is_set():
                return
            if self._device.enrolled is None:
                self._rest()
                continue
            paused = "" if asked_for else self._forbidden()
            self._status = replace(self._status, paused=paused)
            if paused:
                self._status = replace(self._status, waiting=self._waiting())
                self._hurry.wait(self._rhythm.pause)
                continue
            report = self._attempt()
            if report.complete:
                self._failures = 0
                self._rest()
            else:
                self._failures += 1
                # A confirmation does not shorten this wait: the network is no better for it.
                self._hurry.wait(self._wait_after(report))

    def _forbidden(self) -> str:
        """Why the device's rules let nothing go now; a person who asks is not bound by them."""
        hour = time.localtime(self._clock()).tm_hour
        return self._device.rules.forbid(hour, self._link())

    def _sync_once(self, device: Device) -> SyncReport:
        # Loading what speaks to the network takes a while: not before it is needed.
        from sync.client.https import sync_once

        return sync_once(device, self._tell, pace=self._pace)

    def _tell(self, progress: SyncProgress) -> None:
        self._status = replace(self._status, progress=progress)

    def _rest(self) -> None:
        """Sleep until woken, then let things settle; or until it is time to look for news."""
        woken = self._woken.wait(self._rhythm.every * self._random.uniform(0.8, 1.2))
        self._woken.clear()
        if woken:
            self._hurry.wait(self._rhythm.settle)

    def _wait_after(self, report: SyncReport) -> float:
        wait = self._rhythm.after_failure(self._failures, self._random)
        if report.retry_after is None:
            return wait
        asked = min(report.retry_after, _LONGEST_RETRY_AFTER)
        return max(wait, asked + self._random.uniform(0, self._rhythm.first))

    def _attempt(self) -> SyncReport:
        """One sync; whatever goes wrong in it must not end the thread."""
        from sync.client.report import SyncReport

        try:
            report = self._sync(self._device)
        except SyncError as error:
            report = SyncReport(left=self._waiting(), troubles=(str(error),))
        except Exception:  # noqa: BLE001 — the outermost edge of this thread
            _log.exception("sync failed")
            report = SyncReport(
                left=self._waiting(),
                troubles=("Sync failed for a reason that Parvis does not know; see its log.",),
            )
        if report.complete:
            self._status = Status(report.left, self._clock(), "")
        else:
            said = report.troubles[0] if report.troubles else "Something could not be sent."
            self._status = replace(
                self._status, waiting=report.left, last_error=said, progress=None
            )
        return report

    def _waiting(self) -> int:
        try:
            counts = self._device.outbox.counts()
        except SyncError:
            return self._status.waiting
        return counts.owed
