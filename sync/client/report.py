"""What one sync has done so far, and what it says of it to people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sync.client.upload import Told, stranger
from sync.client.wire import Answer, NetworkTrouble
from sync.errors import SyncError
from sync.problem import Problem
from sync.wording import counted


class ServerRefuses(SyncError):
    """The server answers, and will not do what was asked; the message says why."""


@dataclass(frozen=True)
class SyncProgress:
    """How far a sync has come.

    Attributes:
        doing: what is done now, in words.
        sent: contributions acknowledged so far.
        left: contributions still on the device that may go.
        part: how much of what is being sent is there, from 0 to 1; None where it goes at once.
    """

    doing: str
    sent: int
    left: int
    part: float | None = None


@dataclass(frozen=True)
class SyncReport:
    """What a sync did.

    Attributes:
        sent: contributions that the server has durably stored since it began.
        quarantined: contributions that were put aside with a cause.
        left: contributions that still wait on the device.
        fetched: titles of consultations that came new, or in a new version.
        troubles: sentences for the steward on what did not go, and why; empty if all went.
        notes: sentences on what a steward should know, and need not act on.
        retry_after: seconds that the server asks to wait; None where it does not say.
    """

    sent: int = 0
    quarantined: int = 0
    left: int = 0
    fetched: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    retry_after: int | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing is left that could go."""
        return not self.left and not self.troubles

    def sentences(self) -> tuple[str, ...]:
        """The report in words."""
        said = [f"{contributions(self.sent)} sent and stored by the server."]
        if self.quarantined:
            said.append(f"{contributions(self.quarantined)} put aside: somebody must look at them.")
        said += [f"New on this device: “{title}”." for title in self.fetched]
        if self.left:
            said.append(f"{contributions(self.left)} still on this device, sealed and safe.")
        return (*said, *self.notes, *self.troubles)


class Run:
    """What one sync has done so far."""

    def __init__(self, progress: Callable[[SyncProgress], None]) -> None:
        self.sent = 0
        self.quarantined = 0
        self.fetched: list[str] = []
        self.troubles: list[str] = []
        self.notes: list[str] = []
        self._retry_after: int | None = None
        self._progress = progress

    def tell(self, doing: str, left: int) -> None:
        """Say how far it is."""
        self._progress(SyncProgress(doing, self.sent, left))

    def told_of(self, doing: str, left: Callable[[], int]) -> Told:
        """Tells how far a piece of work is; `left` is asked once."""
        waiting = left()

        def told(there: int, size: int) -> None:
            self._progress(SyncProgress(doing, self.sent, waiting, there / size if size else 0.0))

        return told

    def stopped_by(self, problem: Problem, answer: Answer) -> SyncError:
        """The error that ends this sync, everything else left waiting."""
        self._retry_after = problem.retry_after
        if problem.name:
            return ServerRefuses(problem.detail)
        if problem.passing:
            return NetworkTrouble(
                f"The server is not in order now (status {problem.status}); what waits goes later."
            )
        return NetworkTrouble(stranger(answer))

    def report(self, left: int) -> SyncReport:
        """What was done, told once it is over."""
        return SyncReport(
            sent=self.sent,
            quarantined=self.quarantined,
            left=left,
            fetched=tuple(self.fetched),
            troubles=tuple(dict.fromkeys(self.troubles)),
            notes=tuple(self.notes),
            retry_after=self._retry_after,
        )


def contributions(number: int) -> str:
    """So many contributions, in words."""
    return counted(number, "contribution")
