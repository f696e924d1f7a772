"""Sync by HTTPS: enrol, send what waits, fetch what is published.

Rules:

1. Nothing is let go of but on an acknowledgement that the server signed. Whatever else answers 200,
   a captive portal for instance, is network trouble.
2. Network trouble, 5xx, 408 and 429 leave everything waiting; the same bytes go again later.
3. What the server cannot take because of what it is (malformed, too large) is halved until the one
   bad record is alone; that one is quarantined with its cause and blocks nothing.
4. A refusal that no halving mends (the device is revoked, say) leaves everything waiting, and is
   said to the steward.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from sync.client.wire import Answer, NetworkTrouble, Wire
from sync.device import Device, Enrolment
from sync.enrolment import (
    EnrolmentAnswer,
    EnrolmentCode,
    EnrolmentRefused,
    EnrolmentRequest,
    fingerprint,
)
from sync.errors import (
    AlreadyEnrolled,
    ForgedAcknowledgement,
    NotEnrolled,
    OlderPackage,
    SyncError,
    UnknownFormat,
)
from sync.listing import ListedConsultation, read_listing
from sync.outbox import USUAL_BATCH, Outgoing
from sync.problem import Problem
from sync.signatures import RequestParts, sign_request
from sync.statement import ForgedStatement, UnreadableStatement

_LARGEST_ANSWER = 256 * 1024
_LARGEST_LISTING = 4 * 1024 * 1024
_LARGEST_PACKAGE = 64 * 1024 * 1024

_HALVED = frozenset({"malformed-batch", "too-large", "refused"})
_SKIPPED = frozenset({"unknown-consultation"})


class ServerRefuses(SyncError):
    """The server answers, and will not do what was asked; the message says why."""


@dataclass(frozen=True)
class SyncProgress:
    """How far a sync has come.

    Attributes:
        doing: what is done now, in words.
        sent: contributions acknowledged so far.
        left: contributions still on the device that may go.
    """

    doing: str
    sent: int
    left: int


@dataclass(frozen=True)
class SyncReport:
    """What a sync did.

    Attributes:
        sent: contributions that the server has durably stored since it began.
        quarantined: contributions that were put aside with a cause.
        left: contributions that still wait on the device.
        fetched: titles of consultations that came new, or in a new version.
        troubles: sentences for the steward on what did not go, and why; empty if all went.
        retry_after: seconds that the server asks to wait; None where it does not say.
    """

    sent: int = 0
    quarantined: int = 0
    left: int = 0
    fetched: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    retry_after: int | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing is left that could go."""
        return not self.left and not self.troubles

    def sentences(self) -> tuple[str, ...]:
        """The report in words."""
        said = [f"{_counted(self.sent)} sent and stored by the server."]
        if self.quarantined:
            said.append(f"{_counted(self.quarantined)} put aside: somebody must look at them.")
        said += [f"New on this device: “{title}”." for title in self.fetched]
        if self.left:
            said.append(f"{_counted(self.left)} still on this device, sealed and safe.")
        return (*said, *self.troubles)


def enrol(
    device: Device, code: str, name: str = "kiosk", *, ca_bundle: str | None = None
) -> Enrolment:
    """Enrol a device by the code that `parvis-server enrol` printed.

    Args:
        device: the device; its key is made when it is opened.
        code: as typed or scanned.
        name: what the server shall call the device.
        ca_bundle: a file with the certificates of a private authority.

    Raises:
        MistypedEnrolmentCode: the code is not one.
        EnrolmentRefused: the server does not accept it: used, too old, or not its own.
        NetworkTrouble: the server cannot be reached.
        AlreadyEnrolled: contributions still wait here for another server.
    """
    read = EnrolmentCode.parse(code)
    before = device.enrolled
    if before is not None and fingerprint(before.server) != read.fingerprint and device.owes():
        raise AlreadyEnrolled()  # before the code is spent
    public = device.key.public_key()
    body = EnrolmentRequest.sign(read, public, name)
    parts = RequestParts.of("POST", f"{read.url}/v1/devices")
    headers = sign_request(parts, body, device.key, device.key_id.hex(), int(time.time()))
    wire = Wire(read.url, ca_bundle=ca_bundle)
    try:
        answer = wire.ask("POST", "/v1/devices", body, headers, most=_LARGEST_ANSWER)
    finally:
        wire.close()
    if answer.status != 201:
        if answer.problem.name:
            raise EnrolmentRefused(answer.problem.detail)
        raise NetworkTrouble(_stranger(answer))
    enrolled = EnrolmentAnswer.read(answer.body, read, public)
    enrolment = Enrolment(read.url, enrolled.server_public.public_bytes_raw(), enrolled.name)
    device.enrol(enrolment)
    return enrolment


def sync_once(
    device: Device,
    progress: Callable[[SyncProgress], None] = lambda _: None,
    *,
    batch: int = USUAL_BATCH,
    ca_bundle: str | None = None,
) -> SyncReport:
    """Send what waits, then fetch what is published; says what went and what is left.

    Network trouble is no error here: it is in the report.

    Args:
        device: the device.
        progress: told of each step.
        batch: records in a new batch.
        ca_bundle: a file with the certificates of a private authority.

    Raises:
        NotEnrolled: the device has no server.
    """
    uplink = Uplink(device, ca_bundle=ca_bundle, batch=batch)
    try:
        return uplink.sync(progress)
    finally:
        uplink.close()


class Uplink:
    """A device's way to the server that it is enrolled with.

    Raises:
        NotEnrolled: it is enrolled with none.
    """

    def __init__(
        self,
        device: Device,
        *,
        ca_bundle: str | None = None,
        batch: int = USUAL_BATCH,
        wire: Wire | None = None,
    ) -> None:
        if device.enrolled is None:
            raise NotEnrolled()
        self._device = device
        self._enrolment = device.enrolled
        self._batch = batch
        self._wire = wire or Wire(device.enrolled.url, ca_bundle=ca_bundle)

    def close(self) -> None:
        """Let go of open connections."""
        self._wire.close()

    def sync(self, progress: Callable[[SyncProgress], None] = lambda _: None) -> SyncReport:
        """Send what waits, then fetch what is published.

        The listing is asked for first: it is small, only this device's own server can sign it, and
        no batch is formed before the server is known to be there.
        """
        run = _Run(progress)
        try:
            published = self._listing(run)
            self._send(run)
            self._fetch(run, published)
        except (NetworkTrouble, ServerRefuses) as trouble:
            run.troubles.append(str(trouble))
        return run.report(self._left())

    def _send(self, run: _Run) -> None:
        """Send batch after batch until nothing waits, each at most once."""
        tried: set[str] = set()
        while (outgoing := self._next(tried)) is not None:
            tried.add(outgoing.name)
            run.tell(f"Sending {_counted(outgoing.records)}", self._left())
            answer = self._wire.ask(
                "PUT",
                f"/v1/batches/{outgoing.name}",
                outgoing.data,
                {"Content-Type": "application/octet-stream"},
                most=_LARGEST_ANSWER,
            )
            if answer.status == 200:
                self._release(run, outgoing, answer.body)
            else:
                self._refused(run, outgoing, answer)
        run.tell("Everything is sent", self._left())

    def _next(self, tried: set[str]) -> Outgoing | None:
        outgoing = self._device.outbox.next_batch(self._batch)
        if outgoing is None or outgoing.name not in tried:
            return outgoing
        # The oldest could not go: those behind it must not wait for it.
        waiting = self._device.outbox.every_batch(self._batch)
        return next((one for one in waiting if one.name not in tried), None)

    def _release(self, run: _Run, outgoing: Outgoing, acknowledgement: bytes) -> None:
        try:
            released = self._device.outbox.release(acknowledgement)
        except (ForgedAcknowledgement, UnknownFormat):
            raise NetworkTrouble(ForgedAcknowledgement.sentence) from None
        run.sent += released
        run.quarantined += outgoing.records - released

    def _refused(self, run: _Run, outgoing: Outgoing, answer: Answer) -> None:
        """Rules 2 to 4.

        Raises:
            NetworkTrouble, ServerRefuses: nothing more can be sent now.
        """
        problem = answer.problem
        too_large = answer.status == 413 and not problem.name
        if too_large and outgoing.records == 1:
            # A proxy's word is no reason to put a contribution aside.
            raise NetworkTrouble(_TOO_LARGE_FOR_THE_WAY)
        if problem.name in _HALVED or too_large:
            run.quarantined += self._device.outbox.refuse(outgoing.name, problem.detail)
        elif problem.name in _SKIPPED:
            run.troubles.append(problem.detail)
        else:
            raise run.stopped_by(problem, answer)

    def _fetch(self, run: _Run, published: tuple[ListedConsultation, ...]) -> None:
        """Bring what is published here, where it is new."""
        held = {
            one.id: (one.version, hashlib.sha256(one.data).hexdigest())
            for one in self._device.consultations()
        }
        for listed in published:
            if held.get(listed.id, (0, ""))[0] > listed.version:
                run.troubles.append(OlderPackage.sentence)
            elif held.get(listed.id) != (listed.version, listed.package_hash):
                run.tell("Fetching a consultation", self._left())
                self._take(run, listed)

    def _listing(self, run: _Run) -> tuple[ListedConsultation, ...]:
        fresh = secrets.token_urlsafe(16)
        answer = self._wire.ask("GET", f"/v1/consultations?fresh={fresh}", most=_LARGEST_LISTING)
        if answer.status != 200:
            raise run.stopped_by(answer.problem, answer)
        try:
            return read_listing(answer.body, self._enrolment.server, fresh)
        except (UnreadableStatement, ForgedStatement):
            raise NetworkTrouble(_stranger(answer)) from None

    def _take(self, run: _Run, listed: ListedConsultation) -> None:
        answer = self._wire.ask("GET", f"/v1/consultations/{listed.id}", most=_LARGEST_PACKAGE)
        if answer.status != 200:
            raise run.stopped_by(answer.problem, answer)
        if hashlib.sha256(answer.body).hexdigest() != listed.package_hash:
            raise NetworkTrouble(
                "A consultation came changed or cut short. It will be fetched again."
            )
        try:
            taken = self._device.hold(answer.body)
        except SyncError as error:
            run.troubles.append(str(error))
        else:
            run.fetched.append(taken.title_in("fr"))

    def _left(self) -> int:
        counts = self._device.outbox.counts()
        return counts.waiting + counts.sent


class _Run:
    """What one sync has done so far."""

    def __init__(self, progress: Callable[[SyncProgress], None]) -> None:
        self.sent = 0
        self.quarantined = 0
        self.fetched: list[str] = []
        self.troubles: list[str] = []
        self._retry_after: int | None = None
        self._progress = progress

    def tell(self, doing: str, left: int) -> None:
        """Say how far it is."""
        self._progress(SyncProgress(doing, self.sent, left))

    def stopped_by(self, problem: Problem, answer: Answer) -> SyncError:
        """The error that ends this sync, everything else left waiting."""
        self._retry_after = problem.retry_after
        if problem.name:
            return ServerRefuses(problem.detail)
        if problem.passing:
            return NetworkTrouble(
                f"The server is not in order now (status {problem.status}); what waits goes later."
            )
        return NetworkTrouble(_stranger(answer))

    def report(self, left: int) -> SyncReport:
        """What was done, told once it is over."""
        return SyncReport(
            sent=self.sent,
            quarantined=self.quarantined,
            left=left,
            fetched=tuple(self.fetched),
            troubles=tuple(dict.fromkeys(self.troubles)),
            retry_after=self._retry_after,
        )


_TOO_LARGE_FOR_THE_WAY = (
    "Something between this device and the server lets no contribution through (status 413): a "
    "proxy whose limit is too low. Have it let through requests of 16 MiB."
)


def _stranger(answer: Answer) -> str:
    return (
        f"Something answers in the server's place (status {answer.status}, nothing that the server "
        "signed): a sign-in page for Wi-Fi, or a proxy. Check the network."
    )


def _counted(contributions: int) -> str:
    return "1 contribution" if contributions == 1 else f"{contributions} contributions"
