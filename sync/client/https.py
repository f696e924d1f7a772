"""Sync by HTTPS: enrol, send what waits, fetch what is published.

Rules:

1. Nothing changes here on a word that the server did not sign (`sync.signed_answers`): nothing is
   let go of, put aside, sent again or counted as done. Whatever else answers, whichever status it
   answers with, and in whatever words (a captive portal, a proxy), leaves everything as it was, and
   the sync says that it is not complete.
2. Network trouble, 5xx, 408 and 429 leave everything waiting; the same bytes go again later.
3. What the server signs that it cannot take because of what it is (malformed, too large) is halved
   until the one bad record is alone; that one is quarantined with its cause and blocks nothing.
4. A refusal that no halving mends (the device is revoked, say) leaves everything waiting, and is
   said to the steward.
5. What was acknowledged is kept some days, and until it stands in the register
   (`sync.client.register`). A server that does not have it any more, set back to an older backup,
   gets it again; what is let go of in the end, the server was just asked for.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from sync.acknowledgement import read as read_acknowledgement
from sync.batch import Enclosed
from sync.client.pace import Pace
from sync.client.register import RegisterWatch
from sync.client.report import Run, ServerRefuses, SyncProgress, SyncReport, contributions
from sync.client.upload import LARGEST_ANSWER, Uploader, lets_less_through, stranger
from sync.client.wire import Answer, NetworkTrouble, Wire
from sync.device import Device, Enrolment
from sync.enrolment import (
    EnrolmentAnswer,
    EnrolmentCode,
    EnrolmentRefused,
    EnrolmentRequest,
    fingerprint,
    token_hash,
    token_key,
)
from sync.erasure import read_orders
from sync.errors import (
    AlreadyEnrolled,
    BadDataDirectory,
    ForgedAcknowledgement,
    NotEnrolled,
    OlderPackage,
    StorageFailed,
    SyncError,
    UnknownFormat,
)
from sync.listing import ListedConsultation, format_in, instance_in, read_listing
from sync.outbox import USUAL_BATCH, Outgoing
from sync.signatures import RequestParts, sign_request
from sync.six_words import SixWords, WordsDiffer
from sync.statement import ForgedStatement, UnreadableStatement

__all__ = ["ServerRefuses", "SyncProgress", "SyncReport", "Uplink", "enrol", "sync_once"]

_LARGEST_LISTING = 4 * 1024 * 1024
_LARGEST_PACKAGE = 64 * 1024 * 1024

_HALVED = frozenset({"malformed-batch", "too-large", "refused"})
_SKIPPED = frozenset({"unknown-consultation", "not-found"})
_MOST_LET_GO = 100  # batches asked for in one sync before they are let go of


def enrol(
    device: Device,
    code: str,
    name: str = "kiosk",
    *,
    ca_bundle: str | None = None,
    replace: bool = False,
    same: Callable[[SixWords], bool] = lambda _: True,
) -> Enrolment:
    """Enrol a device by the code that `parvis-server enrol` printed.

    Args:
        device: the device; its key is made when it is opened.
        code: as typed or scanned.
        name: what the server shall call the device.
        ca_bundle: a file with the certificates of a private authority; remembered.
        replace: the server was set up anew: everything that is still here is owed to it.
        same: asks a person whether the server's screen shows these six words. Nothing changes on
            this device before they say so.

    Raises:
        WordsDiffer: it shows others; the server was told, and has revoked this device.
        MistypedEnrolmentCode: the code is not one.
        EnrolmentRefused: the server does not accept it: used, too old, or not its own.
        NetworkTrouble: the server cannot be reached.
        AlreadyEnrolled: contributions still wait here for another server.
    """
    read = EnrolmentCode.parse(code)
    before = device.enrolled
    another = before is not None and fingerprint(before.server) != read.fingerprint
    if another and not replace and device.owes():
        raise AlreadyEnrolled()  # before the code is spent
    authority = _authority(ca_bundle) if ca_bundle else b""
    public = device.key.public_key()
    body = EnrolmentRequest.sign(read, public, name)
    token = token_hash(token_key(read.token).public_key())
    wire = Wire(read.url, ca_bundle=ca_bundle)
    try:
        answer = _ask_signed(device, wire, "POST", "/v1/devices", body)
        if answer.status != 201:
            if answer.problem.name:
                raise EnrolmentRefused(answer.problem.detail)
            raise NetworkTrouble(stranger(answer))
        enrolled = EnrolmentAnswer.read(answer.body, read, public)
        wire.server = enrolled.server_public
        agreed = False
        try:
            agreed = same(SixWords.of(enrolled.server_public, public, token))
        finally:
            if not agreed:  # or nobody said so: the server shall not count on this device
                _withdraw(device, wire, token)
        if not agreed:
            raise WordsDiffer()
    finally:
        wire.close()
    enrolment = Enrolment(read.url, enrolled.server_public.public_bytes_raw(), enrolled.name)
    device.enrol(enrolment, authority=authority, replace=replace)
    return enrolment


def _withdraw(device: Device, wire: Wire, token: bytes) -> None:
    """Have the server revoke this device again."""
    path = f"/v1/devices/{device.key_id.hex()}?enrolment={token.hex()}"
    try:
        answer = _ask_signed(device, wire, "DELETE", path)
        done = answer.status == 204 and answer.signed
    except NetworkTrouble:
        done = False
    if not done:
        raise WordsDiffer(
            f"{WordsDiffer.sentence} The server did not answer when it was told so: revoke the "
            f"device there too (parvis-server revoke {device.key_id.hex()})."
        )


def _ask_signed(device: Device, wire: Wire, method: str, path: str, body: bytes = b"") -> Answer:
    headers = _signed(device, RequestParts.below(wire.url, method, path), body)
    return wire.ask(method, path, body, headers, most=LARGEST_ANSWER)


def _signed(device: Device, parts: RequestParts, body: bytes = b"") -> dict[str, str]:
    """The fields by which a device signs a request (RFC 9421).

    A batch signs itself: its request is signed without the body.
    """
    return sign_request(parts, body, device.key, device.key_id.hex(), int(time.time()))


def _authority(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadDataDirectory(f"{path} cannot be read: {error.strerror}.") from None


def sync_once(
    device: Device,
    progress: Callable[[SyncProgress], None] = lambda _: None,
    *,
    batch: int = USUAL_BATCH,
    ca_bundle: str | None = None,
    pace: Pace | None = None,
) -> SyncReport:
    """Send what waits, then fetch what is published; says what went and what is left.

    Network trouble is no error here: it is in the report. One sync of a device goes at a time; who
    comes while another is under way waits for it.

    Args:
        device: the device.
        progress: told of each step.
        batch: records in a new batch.
        ca_bundle: a file with the certificates of a private authority; by default the one that
            the device was enrolled with.
        pace: what earlier syncs learned of the way.

    Raises:
        NotEnrolled: the device has no server.
    """
    with device.syncing:
        uplink = Uplink(device, ca_bundle=ca_bundle, batch=batch, pace=pace)
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
        pace: Pace | None = None,
    ) -> None:
        if device.enrolled is None:
            raise NotEnrolled()
        self._device = device
        self._enrolment = device.enrolled
        url = device.enrolled.url
        self._batch = batch
        self._wire = wire or Wire(
            device.enrolled.url,
            ca_bundle=ca_bundle or device.ca_bundle,
            sign=lambda method, path: _signed(device, RequestParts.below(url, method, path)),
            server=device.enrolled.server,
        )
        self._instance = ""
        self._uploader = Uploader(self._wire, pace or Pace())
        self._watch = RegisterWatch(device, device.enrolled, self._wire)

    def close(self) -> None:
        """Let go of open connections."""
        self._wire.close()

    def sync(self, progress: Callable[[SyncProgress], None] = lambda _: None) -> SyncReport:
        """Send what waits, then fetch what is published.

        The listing is asked for first: it is small, only this device's own server can sign it, and
        no batch is formed before the server is known to be there.
        """
        run = Run(progress)
        try:
            published = self._listing(run)
            self._send(run)
            if self._look_back(run):
                self._send(run)
            self._fetch(run, published)
            self._erase(run, published)
            self._watch.look(run)
        except (NetworkTrouble, ServerRefuses) as trouble:
            run.troubles.append(str(trouble))
        return run.report(self._left())

    def _send(self, run: Run) -> None:
        """Send batch after batch until nothing waits, each at most once."""
        tried: set[str] = set()
        outbox = self._device.outbox
        while (outgoing := outbox.next_batch(self._batch, skip=tried)) is not None:
            tried.add(outgoing.name)
            doing = f"Sending {contributions(outgoing.records)}"
            run.tell(doing, self._left())
            answer = self._uploader.batch(outgoing, run.told_of(doing, self._left))
            if answer.status != 200:
                self._refused(run, outgoing, answer)
            elif self._release(run, outgoing, answer.body):
                self._send_streams(run, outgoing, answer.body)
        run.tell("Everything is sent", self._left())

    def _release(self, run: Run, outgoing: Outgoing, acknowledgement: bytes) -> bool:
        """Take the server's word; whether it waits for attachments."""
        outbox = self._device.outbox
        aside = outbox.counts().quarantined
        try:
            run.sent += outbox.release(acknowledgement)
            awaited = read_acknowledgement(acknowledgement, self._enrolment.server).awaited
        except (ForgedAcknowledgement, UnknownFormat):
            raise NetworkTrouble(ForgedAcknowledgement.sentence) from None
        run.quarantined += outbox.counts().quarantined - aside
        return bool(awaited)

    def _send_streams(self, run: Run, outgoing: Outgoing, acknowledgement: bytes) -> None:
        """Send the attachments that the server waits for, and take its word again."""
        awaited = read_acknowledgement(acknowledgement, self._enrolment.server).awaited
        streams = {one.name: one for one in outgoing.enclosed}
        for name in awaited:
            if name in streams:
                self._send_stream(run, outgoing.consultation, streams[name])
        answer = self._uploader.acknowledgement(outgoing.name)
        if answer.status != 200:
            self._refused(run, outgoing, answer)
        elif self._release(run, outgoing, answer.body):
            run.troubles.append("The server still waits for attached files; they go the next time.")

    def _send_stream(self, run: Run, consultation: str, stream: Enclosed) -> None:
        outbox = self._device.outbox
        streams = outbox.streams
        if streams.size(stream.name) != stream.size:
            self._set_aside(run, stream.name, _DAMAGED_HERE)
            return
        path = f"/v1/consultations/{consultation}/attachments/{stream.name}"

        def read(at: int, most: int) -> bytes:
            try:
                return streams.read(stream.name, at, most)
            except OSError as error:
                raise StorageFailed(f"An attached file cannot be read: {error}.") from error

        doing = run.told_of("Sending an attached file", self._left)
        answer = self._uploader.stream(path, stream.size, read, doing)
        if answer is None or (answer.status == 204 and answer.complete):
            return
        problem = answer.problem
        if problem.name == "hash-mismatch" and not streams.is_whole(stream.name):
            self._set_aside(run, stream.name, _DAMAGED_HERE)
        elif problem.name == "too-large" and answer.signed:
            self._set_aside(run, stream.name, problem.detail)
        elif problem.name in ("hash-mismatch", "wrong-offset", "not-found"):
            run.troubles.append(problem.detail)
        else:
            raise run.stopped_by(problem, answer)

    def _set_aside(self, run: Run, stream: str, cause: str) -> None:
        self._device.outbox.set_aside(stream, cause)
        run.quarantined += 1

    def _refused(self, run: Run, outgoing: Outgoing, answer: Answer) -> None:
        """Rules 2 to 4.

        Raises:
            NetworkTrouble, ServerRefuses: nothing more can be sent now.
        """
        problem = answer.problem
        if lets_less_through(answer):
            raise NetworkTrouble(_TOO_LARGE_FOR_THE_WAY)
        if problem.name in _HALVED and answer.signed:
            run.quarantined += self._device.outbox.refuse(outgoing.name, problem.detail)
        elif problem.name in _HALVED:
            run.troubles.append(_UNSIGNED.format(problem.detail))
        elif problem.name in _SKIPPED:
            run.troubles.append(problem.detail)
        else:
            raise run.stopped_by(problem, answer)

    def _look_back(self, run: Run) -> bool:
        """Rule 5; whether anything is owed again.

        Each instance of the server is asked once for each batch that is kept, and once more before
        the batch is let go of.
        """
        rules, outbox = self._device.rules, self._device.outbox
        lost, room = 0, rules.keep_megabytes << 20
        due: list[str] = []
        seen: list[str] = []
        for one in outbox.kept():
            room -= one.size
            age = self._device.hours() - one.since
            # A clock that was ahead, and is set right, must not make it stay for years.
            if one.registered and (room < 0 or age >= 24 * rules.keep_days or age < -24):
                due.append(one.name)
            elif one.seen != self._instance:
                if self._holds(run, one.name):
                    seen.append(one.name)
                else:
                    lost += outbox.send_again(one.name)
        if seen:
            outbox.mark_seen(seen, self._instance)
        done = []
        for name in due[: -_MOST_LET_GO - 1 : -1]:  # the oldest first
            if self._holds(run, name):
                done.append(name)
            else:
                lost += outbox.send_again(name)
        if done:
            outbox.let_go(done)
        if lost:
            run.notes.append(
                f"The server had lost {contributions(lost)} that it had acknowledged: it was set "
                "back to an older state. They are sent again."
            )
        return lost > 0

    def _holds(self, run: Run, name: str) -> bool:
        """Whether the server has a batch, with all that is attached to it, by its signed word.

        Raises:
            NetworkTrouble, ServerRefuses: it does not say.
        """
        answer = self._uploader.acknowledgement(name)
        if answer.status == 404 and answer.problem.name == "not-found" and answer.signed:
            return False
        if answer.status != 200:
            raise run.stopped_by(answer.problem, answer)
        try:
            said = read_acknowledgement(answer.body, self._enrolment.server)
        except (ForgedAcknowledgement, UnknownFormat):
            raise NetworkTrouble(stranger(answer)) from None
        # What was put aside here can never arrive, and is not waited for.
        owed = self._device.outbox.streams_done(name)
        return said.batch == name and not owed.intersection(said.awaited)

    def _fetch(self, run: Run, published: tuple[ListedConsultation, ...]) -> None:
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

    def _erase(self, run: Run, published: tuple[ListedConsultation, ...]) -> None:
        """Carry out orders to erase that came since the last time.

        Raises:
            NetworkTrouble, ServerRefuses: they cannot be had now.
        """
        held = {one.id for one in self._device.consultations()}
        for listed in published:
            seen = self._device.erasures_seen(listed.id)
            if listed.id not in held or listed.erased == seen:
                continue
            if listed.erased < seen:
                seen = 0  # the server was set back
            while seen < listed.erased:
                path = f"/v1/consultations/{listed.id}/erasures?after={seen}"
                answer = self._wire.ask("GET", path, most=_LARGEST_LISTING)
                if answer.status != 200:
                    raise run.stopped_by(answer.problem, answer)
                try:
                    orders = read_orders(answer.body)
                except UnreadableStatement:
                    raise NetworkTrouble(stranger(answer)) from None
                for _, order in orders:
                    try:
                        if self._device.obey(order):
                            run.notes.append("A contribution was erased here, as was ordered.")
                    except (UnreadableStatement, ForgedStatement) as error:
                        run.troubles.append(str(error))
                if not answer.signed:  # each order is, by whoever gave it; their numbers are not
                    raise NetworkTrouble(stranger(answer))
                if not orders:
                    break
                seen = max(seen, *(number for number, _ in orders))
                self._device.saw_erasures(listed.id, seen)

    def _listing(self, run: Run) -> tuple[ListedConsultation, ...]:
        fresh = secrets.token_urlsafe(16)
        answer = self._wire.ask("GET", f"/v1/consultations?fresh={fresh}", most=_LARGEST_LISTING)
        if answer.status != 200:
            raise run.stopped_by(answer.problem, answer)
        try:
            listed = read_listing(answer.body, self._enrolment.server, fresh)
            self._instance = instance_in(answer.body)
            self._device.learn_server_format(format_in(answer.body))
            return listed
        except (UnreadableStatement, ForgedStatement):
            raise NetworkTrouble(stranger(answer)) from None

    def _take(self, run: Run, listed: ListedConsultation) -> None:
        # The version of the list: a newer one may be published between the two requests.
        path = f"/v1/consultations/{listed.id}?version={listed.version}"
        answer = self._wire.ask("GET", path, most=_LARGEST_PACKAGE)
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


_DAMAGED_HERE = (
    "a file attached to it was damaged on this device's disk and cannot be sent; the rest is on "
    "the server"
)
_UNSIGNED = (
    "Something was refused, and the server did not sign that it was: nothing was put aside. Update "
    "the server, or find what answers in its place. It said: {}"
)
_TOO_LARGE_FOR_THE_WAY = (
    "Something between this device and the server lets no contribution through (status 413): a "
    "proxy whose limit is too low. Have it let through requests of 16 MiB."
)
