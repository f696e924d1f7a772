"""Sync now and then, in a thread of its own, so that no screen ever waits for the network."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from sync.client.https import SyncReport, sync_once
from sync.device import Device
from sync.errors import SyncError

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
    """

    settle: float = 30.0
    first: float = 5.0
    longest: float = 3600.0
    every: float = 900.0

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
    """

    waiting: int = 0
    last_success: float | None = None
    last_error: str = ""


class BackgroundSync:
    """A daemon thread that syncs a device: `start` it, `wake` it when somebody confirms, `stop` it.

    No method waits for the network.

    Args:
        device: shared with the caller.
        rhythm: when to try.
        random: spreads the waits.
        sync: does one sync; in tests, something else.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        device: Device,
        rhythm: Rhythm | None = None,
        *,
        random: Random | None = None,
        sync: Callable[[Device], SyncReport] = sync_once,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._device = device
        self._rhythm = rhythm or Rhythm()
        self._random = random or Random()  # noqa: S311
        self._sync = sync
        self._clock = clock
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
            self._hurry.clear()
            if self._stopped.is_set():
                return
            if self._device.enrolled is None:
                self._rest()
                continue
            report = self._attempt()
            if report.complete:
                self._failures = 0
                self._rest()
            else:
                self._failures += 1
                # A confirmation does not shorten this wait: the network is no better for it.
                self._hurry.wait(self._wait_after(report))

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
            self._status = replace(self._status, waiting=report.left, last_error=said)
        return report

    def _waiting(self) -> int:
        try:
            counts = self._device.outbox.counts()
        except SyncError:
            return self._status.waiting
        return counts.waiting + counts.sent
