"""Pull batches, check and open them, and keep what they hold in the desk's store.

Rules, in order, for each batch:

1. Its bytes hash to its name, or it is altered.
2. Its device is one that the server enrolled, and it is signed by it, or it is refused.
3. Each sealing session is opened with the recipient's key, each record with its own; what does not
   open is named, and tried again at the next pull.
4. Each commitment is computed again from what was opened; one that differs is named, not counted.
5. Its attachments are fetched, opened and compared with what it names; one that has not come yet,
   or does not open, is named, and fetched at the next pull. The contribution counts without it.
6. A contribution counts once: the same again is a duplicate, other bytes under its id a conflict.

All that a batch brings enters the store in one transaction, with how far the source was pulled: a
pull that is interrupted goes on where it was. Nothing that is wrong with one batch stops the next.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync import batch as batches
from sync.attachment import Attached
from sync.batch import NO_BATCH, Batch
from sync.client.wire import NetworkTrouble
from sync.compression import Dictionary
from sync.consultation import Consultation
from sync.contribution import Contribution
from sync.desk.audit import audit
from sync.desk.media import DeskAttachment
from sync.desk.sources import Listed, NotThere, Source
from sync.desk.store import (
    BatchState,
    DeskBatch,
    DeskContribution,
    DeskDevice,
    DeskStore,
    Finding,
    Kind,
)
from sync.envelope import Opened, OpenedSession, Opener, Record, SessionHeader
from sync.errors import (
    ForgedAttachment,
    ForgedRecord,
    MalformedContribution,
    SyncError,
    UnknownDictionary,
    WrongRecipient,
)
from sync.keys import RecipientKeys
from sync.roster import Roster
from sync.wording import counted

_ALL = ""
"""Stands for all consultations at once, where a source does not tell them apart."""


_TO_TAKE = (None, BatchState.REFUSED, BatchState.MISSING)


class OtherServer(SyncError):
    """The list of devices is signed by another server than before."""


@dataclass(frozen=True)
class PullProgress:
    """How far a pull has come."""

    batches: int
    opened: int


@dataclass(frozen=True)
class PullReport:
    """What a pull brought.

    Attributes:
        batches: that were looked at, new ones and those that were not whole before.
        opened: contributions that are new in the store.
        duplicates: records that were in the store already.
        total: contributions in the store now.
        findings: everything that is wrong, from earlier pulls too.
        trouble: why it ended early; "" where it did not.
    """

    batches: int
    opened: int
    duplicates: int
    total: int
    findings: tuple[Finding, ...]
    trouble: str = ""

    def summary(self) -> str:
        """The report in one line."""
        said = (
            f"{counted(self.opened, 'contribution')} opened from {counted(self.batches, 'batch')}, "
            f"{counted(self.duplicates, 'duplicate')}, {self.total} in the store"
        )
        kinds = Counter(finding.kind for finding in self.findings)
        for kind in Kind:
            if kinds[kind] and kind is not Kind.DUPLICATED:
                said += f", {kinds[kind]} {kind.value}"
        return said + "."


def pull(
    source: Source,
    store: DeskStore,
    keys: Iterable[RecipientKeys],
    own: Iterable[Consultation] = (),
    progress: Callable[[PullProgress], None] = lambda _: None,
) -> PullReport:
    """Pull everything that a source has and the store has not.

    Args:
        source: the server or a folder.
        store: where it goes.
        keys: the recipient's.
        own: packages at hand beside those that the source has.
        progress: told after each batch.

    Raises:
        SyncError: the source cannot be used at all. A source that fails in the middle ends the pull
            early, and the report says so.
    """
    for package in own:
        store.know(package)
    here = tuple(source.packages())
    for package in here:
        store.know(package)
    run = _Pull(source, store, tuple(keys), progress)
    trouble = ""
    try:
        for shelf in sorted({one.id for one in here}) if source.numbered else [_ALL]:
            run.shelf(shelf)
    except NetworkTrouble as error:
        trouble = str(error)
    run.look_for_gaps()
    if not trouble:
        try:
            for consultation in sorted({one.id for one in store.consultations()}):
                audit(source, store, consultation)
        except NetworkTrouble as error:
            trouble = str(error)
    return PullReport(
        run.batches, run.opened, run.duplicates, store.counted(), store.findings(), trouble
    )


@dataclass(frozen=True)
class _Outcome:
    """What became of one record: what it says where it could be opened, and what is wrong."""

    record: Record
    opened: Opened | None
    findings: tuple[Finding, ...] = ()
    attachments: tuple[DeskAttachment, ...] = ()


class _Pull:
    """One pull, under way."""

    def __init__(
        self,
        source: Source,
        store: DeskStore,
        keys: Sequence[RecipientKeys],
        progress: Callable[[PullProgress], None],
    ) -> None:
        self.batches = 0
        self.opened = 0
        self.duplicates = 0
        self._source = source
        self._store = store
        self._progress = progress
        dictionaries = {one.dictionary for one in store.consultations()}
        self._opener = Opener(keys, [Dictionary(one) for one in dictionaries])
        self._devices: dict[str, DeskDevice] = {}
        self._set_back: list[str] = []
        self._tried: set[str] = set()

    def shelf(self, shelf: str) -> None:
        """One consultation of a server, or everything in a folder.

        Batches that were not whole the last time come first, then those that are new.
        """
        self._meet_devices(shelf)
        for batch in self._store.batches(shelf):
            if batch.state is not BatchState.OPENED:
                with contextlib.suppress(NotThere):  # it stays named as it is
                    self._tried.add(batch.name)
                    again = Listed(0, batch.name, batch.received)
                    self._enter(again, shelf, self._source.fetch(batch.name))
        after = self._after(shelf)
        for listed in self._source.batches(shelf, after):
            # One that came damaged from elsewhere, a stick for instance, may be whole here.
            if self._store.batch_state(listed.name) in _TO_TAKE and listed.name not in self._tried:
                self._take(listed, shelf)
            else:
                self._went(listed, shelf)
            self._progress(PullProgress(self.batches, self.opened))

    def _after(self, shelf: str) -> int:
        """Behind which number the new batches stand.

        A server restored from a backup gives numbers again. Where the last batch pulled does not
        stand at its number any more, all that the server has is looked through from the start.
        """
        after, last = self._store.after(self._source.name, shelf)
        if not after:
            return 0
        there = next(iter(self._source.batches(shelf, after - 1)), None)
        if there is not None and (there.number, there.name) == (after, last):
            return after
        self._set_back.append(shelf)
        return 0

    def look_for_gaps(self) -> None:
        """Name batches whose numbers are missing: they are on their way, or lost."""
        known = self._store.devices()
        by_device: dict[tuple[str, str], dict[int, DeskBatch]] = {}
        forked: set[tuple[str, str]] = set()
        for batch in self._store.batches():
            if batch.sequence >= 0:
                place = (batch.consultation, batch.device)
                numbered = by_device.setdefault(place, {})
                if batch.sequence in numbered:
                    forked.add(place)
                numbered[batch.sequence] = batch
        with self._store.transaction():
            self._store.forget_gaps()
            for consultation in self._set_back:
                why = (
                    f"{self._source.name} has not all that was pulled from it before: it was "
                    "restored from an older backup. What was pulled is here; batches that devices "
                    "let go of after that backup, and that were not pulled, show as gaps below "
                    "once the device sends again."
                )
                self._store.find(Finding(Kind.MISSING, why, consultation))
            for (consultation, device), numbered in by_device.items():
                name = known[device].name if device in known else device
                for gap in _gaps(numbered):
                    sentence = f"Device “{name}”: {gap}"
                    self._store.find(Finding(Kind.MISSING, sentence, consultation, device=device))
            for consultation, device in sorted(forked):
                name = known[device].name if device in known else device
                sentence = (
                    f"Device “{name}” sent two different batches under one number: its data were "
                    "copied and used twice, or set back. What both hold counts once each, but a "
                    "gap in its numbers cannot be told. Enrol one of the two anew."
                )
                self._store.find(Finding(Kind.FORKED, sentence, consultation, device=device))
            for consultation, ids in self._store.repeated_on_paper():
                sentence = (
                    f"{len(ids)} contributions transcribed from paper say exactly the same "
                    f"({', '.join(one[:12] for one in ids[:3])}…): was a table transcribed twice? "
                    "All of them are counted."
                )
                self._store.find(
                    Finding(Kind.REPEATED, sentence, consultation, contribution=ids[0])
                )

    def _meet_devices(self, shelf: str) -> None:
        roster = self._source.roster(shelf)
        if roster is not None:
            self._check_server(roster)
            self._store.know_devices(
                [
                    DeskDevice(one.key_id, one.name, one.public_key.public_bytes_raw(), one.revoked)
                    for one in roster.devices
                ]
            )
        self._devices = self._store.devices()

    def _check_server(self, roster: Roster) -> None:
        """The server behind a source keeps its key; a folder's list comes from a server known.

        Raises:
            OtherServer: it is another one than at the first pull.
        """
        public = roster.server_public.public_bytes_raw()
        known = self._store.server_key(self._source.name)
        allowed = {known} if known is not None else self._store.server_keys()
        if known is None and (self._source.numbered or not allowed):
            self._store.know_server(self._source.name, public)
        elif public not in allowed:
            raise OtherServer(
                f"The devices in {self._source.name} are vouched for by another server key than "
                "before. If the server was set up anew on purpose, pull into a new --store; if "
                "not, find out who changed it."
            )

    def _take(self, listed: Listed, shelf: str) -> None:
        """A batch that was never seen."""
        try:
            body = self._source.fetch(listed.name)
        except NotThere as error:
            self._refuse(listed, shelf, Kind.MISSING, BatchState.MISSING, str(error))
        else:
            self._enter(listed, shelf, body)

    def _enter(self, listed: Listed, consultation: str, body: bytes) -> None:
        if hashlib.sha256(body).hexdigest() != listed.name:
            self._refuse(
                listed, consultation, Kind.ALTERED, BatchState.REFUSED, "Its bytes were changed."
            )
            return
        try:
            claimed = batches.claimed_device(body).hex()
            device = self._devices.get(claimed)
            if device is None:
                self._refuse(
                    listed,
                    consultation,
                    Kind.UNKNOWN_DEVICE,
                    BatchState.REFUSED,
                    f"It is signed by a device that no server list names ({claimed}). Pull from "
                    "the server first, or put its devices.json beside the batches.",
                )
                return
            public = Ed25519PublicKey.from_public_bytes(device.public_key)
            read = batches.read(body, public)
        except SyncError as error:
            self._refuse(listed, consultation, Kind.ALTERED, BatchState.REFUSED, str(error))
            return
        self._open(listed, consultation, read)

    def _refuse(
        self, listed: Listed, consultation: str, kind: Kind, state: BatchState, why: str
    ) -> None:
        self.batches += 1
        with self._store.transaction():
            self._store.enter_batch(
                DeskBatch(listed.name, consultation, "", -1, "", listed.received, 0, state)
            )
            self._store.find(
                Finding(kind, f"Batch {listed.name[:12]}: {why}", consultation, listed.name)
            )
            self._went(listed, consultation)

    def _open(self, listed: Listed, pulled: str, read: Batch) -> None:
        """Open a sound batch, and write all of it down."""
        self.batches += 1
        outcome = list(self._records(read))
        with self._store.transaction():
            unopened = any(one.findings for one in outcome)
            self._store.enter_batch(
                DeskBatch(
                    name=listed.name,
                    consultation=read.consultation,
                    device=read.device_key_id.hex(),
                    sequence=read.sequence,
                    previous=read.previous.hex(),
                    received=listed.received,
                    records=len(outcome),
                    state=BatchState.INCOMPLETE if unopened else BatchState.OPENED,
                )
            )
            opened = [self._keep(listed, read, one) for one in outcome]
            self._went(listed, pulled)
        self.opened += sum(opened)

    def _records(self, read: Batch) -> Iterator[_Outcome]:
        """Every record of a batch, opened, or why it could not be."""
        enclosed: dict[int, list[str]] = {}
        for one in read.enclosed:
            enclosed.setdefault(one.position, []).append(one.name)
        position = 0
        for section in read.sections:
            session = self._session(read, section.header)
            for record in section.records:
                yield self._record(read, record, session, enclosed.get(position, []))
                position += 1

    def _session(self, read: Batch, header: SessionHeader) -> OpenedSession | SyncError:
        try:
            return self._opener.open_session(
                header, consultation=read.consultation, device_key_id=read.device_key_id
            )
        except (WrongRecipient, UnknownDictionary) as error:
            return error

    def _record(
        self,
        read: Batch,
        record: Record,
        session: OpenedSession | SyncError,
        streams: Sequence[str],
    ) -> _Outcome:
        if isinstance(session, SyncError):
            return _Outcome(
                record, None, (self._about(read, record, Kind.UNOPENABLE, str(session)),)
            )
        try:
            opened = session.open(record)
        except (ForgedRecord, MalformedContribution) as error:
            return _Outcome(record, None, (self._about(read, record, Kind.UNOPENABLE, str(error)),))
        if not opened.faithful:
            why = (
                "What it says is not what its commitment promises: the device that sealed it was "
                "not honest, or faulty. It is not counted."
            )
            return _Outcome(record, None, (self._about(read, record, Kind.ALTERED, why),))
        findings: list[Finding] = []
        attachments = []
        for place, attached in enumerate(opened.contribution.attachments):
            here = self._store.media.holds(attached.sha256)
            if not here:
                try:
                    stream = streams[place] if place < len(streams) else ""
                    self._fetch_attachment(read, session, record, place, stream, attached)
                    here = True
                except (NotThere, ForgedAttachment) as error:
                    kind = Kind.MISSING if isinstance(error, NotThere) else Kind.ALTERED
                    why = f"Its attached file “{attached.name}”: {error}"
                    findings.append(self._about(read, record, kind, why))
            attachments.append(
                DeskAttachment(
                    place,
                    attached.name,
                    attached.sha256,
                    attached.size,
                    attached.media_type,
                    here,
                )
            )
        return _Outcome(record, opened, tuple(findings), tuple(attachments))

    def _fetch_attachment(
        self,
        read: Batch,
        session: OpenedSession,
        record: Record,
        place: int,
        stream: str,
        attached: Attached,
    ) -> None:
        """Fetch, open and keep one attachment.

        Raises:
            NotThere: it cannot be had yet.
            ForgedAttachment: it is not what the contribution names.
        """
        if not stream:
            raise NotThere("Its batch names no such file.")
        sealed = self._source.attachment(read.consultation, stream)
        if hashlib.sha256(sealed).hexdigest() != stream:
            raise ForgedAttachment()
        self._store.media.keep(session.open_attachment(record.index, place, sealed, attached))

    def _keep(self, listed: Listed, read: Batch, outcome: _Outcome) -> bool:
        """Enter one record; says whether it is a contribution that was not there."""
        record, opened = outcome.record, outcome.opened
        for finding in outcome.findings:
            self._store.find(finding)
        if opened is None:
            return False
        known = self._store.known_contribution(read.consultation, record.id.hex())
        if known is None:
            entered = _contribution(opened, record, read, listed)
            self._store.enter(replace(entered, attachments=outcome.attachments))
            return True
        fingerprint, batch = known
        if fingerprint == record.fingerprint.hex():
            self._store.attach(read.consultation, record.id.hex(), outcome.attachments)
        if batch == listed.name:
            return False  # tried again for its neighbours' sake, or its attachments'
        if fingerprint == record.fingerprint.hex():
            self.duplicates += 1
            why = "It was there already, and counts once."
            self._store.find(self._about(read, record, Kind.DUPLICATED, why))
        else:
            why = f"Its id stands in batch {batch[:12]} with other bytes; that one is counted."
            self._store.find(self._about(read, record, Kind.CONFLICT, why))
        return False

    @staticmethod
    def _about(read: Batch, record: Record, kind: Kind, why: str) -> Finding:
        device = read.device_key_id.hex()
        return Finding(
            kind,
            f"Contribution {record.id.hex()} (device {device}, batch {read.sequence}): {why}",
            read.consultation,
            read.name,
            device,
            record.id.hex(),
        )

    def _went(self, listed: Listed, consultation: str) -> None:
        if listed.number:
            self._store.went(self._source.name, consultation, listed.number, listed.name)


def _gaps(numbered: dict[int, DeskBatch]) -> Iterator[str]:
    """Sentences on what is missing between one device's batches for one consultation."""
    first = 0
    for sequence in sorted(numbered):
        if sequence > first:
            which = (
                f"batch {first} has"
                if sequence == first + 1
                else f"batches {first} to {sequence - 1} have"
            )
            yield f"{which} not arrived."
        before = numbered.get(sequence - 1)
        promised = before.name if before else None
        if sequence == 0:
            promised = NO_BATCH.hex()
        if promised is not None and numbered[sequence].previous != promised:
            yield f"batch {sequence} does not follow the one that arrived before it."
        first = sequence + 1


def _contribution(opened: Opened, record: Record, read: Batch, listed: Listed) -> DeskContribution:
    said: Contribution = opened.contribution
    assistance = said.assistance
    agreement = ""
    if assistance is not None:
        agreed = assistance.agreement
        agreement = json.dumps(
            {
                "date": agreed.date,
                "place": agreed.place,
                "mediator": agreed.mediator,
                "wording": agreed.wording,
                "given": agreed.given.value,
            },
            ensure_ascii=False,
        )
    return DeskContribution(
        id=record.id.hex(),
        consultation=read.consultation,
        fingerprint=record.fingerprint.hex(),
        commitment=record.commitment.hex(),
        seed=opened.seed.hex(),
        received=listed.received,
        device=read.device_key_id.hex(),
        batch=listed.name,
        form_id=said.form_id,
        form_version=said.form_version,
        form_hash=said.form_hash,
        mode=said.mode.value,
        language=said.language,
        help=" ".join(sorted(kind.value for kind in assistance.help)) if assistance else "",
        read_back=assistance.read_back if assistance else None,
        agreement=agreement,
        reworded=" ".join(assistance.reworded) if assistance else "",
        fields=said.fields,
    )
