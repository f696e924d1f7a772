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
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from sync import batch as batches
from sync.client.wire import NetworkTrouble
from sync.consultation import Consultation
from sync.desk.audit import bring, compare
from sync.desk.closing import late
from sync.desk.erasing import send_orders
from sync.desk.faces import two_faces
from sync.desk.fetching import Fetched, Fetcher, about
from sync.desk.findings import Finding, Kind
from sync.desk.gaps import look_for_gaps
from sync.desk.opening import Job, OpenedBatch, OpenedRecord, Refused
from sync.desk.sources import Listed, NotThere, Source, WrongKeys
from sync.desk.store import BatchState, DeskBatch, DeskContribution, DeskDevice, DeskStore
from sync.desk.store_tables import in_words
from sync.desk.workers import Workers
from sync.destruction import Destruction
from sync.errors import SyncError
from sync.keys import RecipientKeys, grouped_digits
from sync.redaction import stands_for
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
        findings: what is wrong, from earlier pulls too; of each kind a thousand at most.
        trouble: why it ended early; "" where it did not.
        found: how much is wrong, by kind: all of it.
        awaited: contributions that the register does not hold yet, and need not.
        aside: contributions in the store that are set aside, and not counted.
        met: the devices that no earlier pull knew, each as a sentence.
    """

    batches: int
    opened: int
    duplicates: int
    total: int
    findings: tuple[Finding, ...]
    trouble: str = ""
    found: Mapping[Kind, int] = field(default_factory=dict)
    awaited: int = 0
    aside: int = 0
    met: tuple[str, ...] = ()

    def summary(self) -> str:
        """The report in one line."""
        said = (
            f"{counted(self.opened, 'contribution')} opened from {counted(self.batches, 'batch')}, "
            f"{counted(self.duplicates, 'duplicate')}, {self.total} in the store"
        )
        if self.aside:
            said += f" ({self.aside} set aside)"
        for kind in Kind:
            if self.found.get(kind) and kind is not Kind.DUPLICATED:
                said += f", {self.found[kind]} {kind.value}"
        if self.awaited:
            said += f", {self.awaited} not yet in the register"
        return said + "."


def pull(
    source: Source,
    store: DeskStore,
    keys: Iterable[RecipientKeys],
    own: Collection[Consultation] = (),
    progress: Callable[[PullProgress], None] = lambda _: None,
    *,
    destroyed: Iterable[Destruction] = (),
    processes: int | None = None,
    clock: Callable[[], float] = time.time,
) -> PullReport:
    """Pull everything that a source has and the store has not.

    Args:
        source: the server or a folder.
        store: where it goes.
        keys: the recipient's, present and former.
        own: packages at hand beside those that the source has.
        progress: told after each batch.
        destroyed: the keys that are gone.
        processes: that open batches; as many as there are cores if None.
        clock: seconds since 1970.

    Raises:
        WrongKeys: the source has consultations, and none is the desk's.
        SyncError: the source cannot be used at all. A source that fails in the middle ends the pull
            early, and the report says so.
    """
    keys = tuple(keys)
    own_ids = {package.id for package in own}
    for package in own:
        store.know(package)
    here = tuple(source.packages())
    if not here and source.others and not (own_ids and not source.numbered):
        raise _wrong_keys(source, keys)
    for package in here:
        store.know(package)
    gone = {one.key_id: f"{one.at:%Y-%m-%d}" for one in destroyed}
    dictionaries = sorted({one.dictionary for one in store.consultations()})
    organisers = {one.id: one.organiser_key for one in store.consultations()}
    workers = Workers(tuple(keys), dictionaries, gone, organisers, processes)
    run = _Pull(source, store, workers, progress)
    shelves = sorted({one.id for one in here}) if source.numbered else [_ALL]
    consultations = sorted({one.id for one in store.consultations()})
    trouble, register, refused = "", [], []
    try:
        for shelf in shelves:
            run.meet_devices(shelf)
        refused = send_orders(source, store, {one.id for one in here})
        register = [bring(source, store, one) for one in consultations]
        for shelf in shelves:
            run.shelf(shelf)
        for at, one in enumerate(consultations):
            # A device may have seen what was published since: looked at again, before it is told.
            if source.numbered and store.seen.largest(one) > store.register.size(one):
                register[at] = bring(source, store, one)
    except NetworkTrouble as error:
        trouble = str(error)
    finally:
        workers.close()
    look_for_gaps(store, source.name, run.set_back)
    store.find(*filter(None, register), *refused)
    with in_words(store.path):
        for one in consultations:
            newest = source.numbered and not trouble
            store.find(*two_faces(store.seen, store.register, one, newest=newest))
    if run.forgot:
        store.shrink()
    awaited = 0
    if not trouble:
        sound = [one for one, wrong in zip(consultations, register, strict=True) if not wrong]
        awaited = sum(
            compare(store, one, clock())
            for one in sound
            if source.numbered or _has_register(store, one)
        )
    return PullReport(
        run.batches,
        run.opened,
        run.duplicates,
        store.counted(),
        store.findings(),
        trouble,
        store.found(),
        awaited,
        len(store.aside.of()),
        tuple(run.met),
    )


def _wrong_keys(source: Source, keys: Iterable[RecipientKeys]) -> WrongKeys:
    there = "; ".join(f"“{title}” of {organiser}" for title, organiser in source.others.items())
    mine = ", ".join(grouped_digits(one.public.id) for one in keys)
    return WrongKeys(
        f"Nothing in {source.name} was published with these keys ({mine}). There is: {there}. Name "
        "the key directory that it was published with, by --keys. A further recipient whose "
        "organiser.pub was not there when it was published pulls from a copy: --from DIR."
    )


class _Pull:
    """One pull, under way."""

    def __init__(
        self,
        source: Source,
        store: DeskStore,
        workers: Workers,
        progress: Callable[[PullProgress], None],
    ) -> None:
        self.batches = 0
        self.opened = 0
        self.duplicates = 0
        self.set_back: list[str] = []
        self.met: list[str] = []
        self.forgot = False
        self._source = source
        self._store = store
        self._workers = workers
        self._progress = progress
        self._fetcher = Fetcher(source, store, workers.here)
        self._devices: dict[str, DeskDevice] = {}
        self._tried: set[str] = set()

    def shelf(self, shelf: str) -> None:
        """One consultation of a server, or everything in a folder.

        Batches that were not whole the last time come first, then those that are new. They are
        opened several at once, and stored in their order.
        """
        for store_it, job, result in self._workers.open(self._to_open(shelf)):
            store_it(job, result)
            self._progress(PullProgress(self.batches, self.opened))

    def _to_open(self, shelf: str) -> Iterator[tuple[_Storing, Job | None]]:
        """What is to be opened, and what is to be done with it then.

        Raises:
            NetworkTrouble: nothing more can be had now; what was had before is opened all the same.
        """
        for batch in self._store.unfinished(shelf):
            with contextlib.suppress(NotThere):  # it stays named as it is
                self._tried.add(batch.name)
                again = Listed(0, batch.name, batch.received)
                yield self._checked(again, shelf, self._source.fetch(batch.name))
        after = self._after(shelf)
        for listed in self._source.batches(shelf, after):
            # One that came damaged from elsewhere, a stick for instance, may be whole here.
            if self._store.batch_state(listed.name) in _TO_TAKE and listed.name not in self._tried:
                yield self._taken(listed, shelf)
            else:
                yield partial(self._pass, listed, shelf), None

    def _taken(self, listed: Listed, shelf: str) -> tuple[_Storing, Job | None]:
        """A batch that was never seen."""
        try:
            return self._checked(listed, shelf, self._source.fetch(listed.name))
        except NotThere as error:
            return self._refusal(listed, shelf, Kind.MISSING, BatchState.MISSING, str(error))

    def _checked(self, listed: Listed, shelf: str, body: bytes) -> tuple[_Storing, Job | None]:
        """Rules 1 and 2, as far as they need no more than the first bytes."""
        if stands_for(body, listed.name):
            return self._with_erasures(listed, shelf, body)
        if hashlib.sha256(body).hexdigest() != listed.name:
            why = "Its bytes were changed."
            return self._refusal(listed, shelf, Kind.ALTERED, BatchState.REFUSED, why)
        try:
            claimed = batches.claimed_device(body).hex()
        except SyncError as error:
            return self._refusal(listed, shelf, Kind.ALTERED, BatchState.REFUSED, str(error))
        device = self._devices.get(claimed)
        if device is None:
            why = (
                f"It is signed by a device that no server list names ({claimed}). Pull from the "
                "server first, or put its devices.json beside the batches."
            )
            return self._refusal(listed, shelf, Kind.UNKNOWN_DEVICE, BatchState.REFUSED, why)
        job = Job(listed.name, listed.received, body, device.public_key)
        return partial(self._opened, listed, shelf), job

    def _with_erasures(
        self, listed: Listed, shelf: str, body: bytes
    ) -> tuple[_Storing, Job | None]:
        """A batch from which records were erased: the server that is known vouches for the rest."""
        keys = self._store.server_keys()
        server = self._store.server_key(self._source.name) or next(iter(keys), None)
        if server is None:
            why = "Records were erased from it, and no server is known that vouches for the rest."
            return self._refusal(listed, shelf, Kind.UNKNOWN_DEVICE, BatchState.REFUSED, why)
        return partial(self._opened, listed, shelf), Job(
            listed.name, listed.received, body, b"", server
        )

    def _refusal(
        self, listed: Listed, shelf: str, kind: Kind, state: BatchState, why: str
    ) -> tuple[_Storing, None]:
        return lambda _job, _result: self._refuse(listed, shelf, kind, state, why), None

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
        self.set_back.append(shelf)
        return 0

    def meet_devices(self, shelf: str) -> None:
        """Learn which devices there are, from the server that is known."""
        roster = self._source.roster(shelf)
        if roster is not None:
            self._check_server(roster)
            self._meet(roster)
            self._store.know_devices(
                [
                    DeskDevice(one.key_id, one.name, one.public_key.public_bytes_raw(), one.revoked)
                    for one in roster.devices
                ]
            )
        self._devices = self._store.devices()

    def _meet(self, roster: Roster) -> None:
        """Name every device that is new here: who runs the server could have added one."""
        known = self._store.devices()
        names = {one.name for one in known.values()}
        for one in roster.devices:
            if one.key_id in known:
                continue
            twice = one.name in names
            names.add(one.name)
            self.met.append(
                f"New device: “{one.name}” ({one.key_id})."
                + (" ANOTHER DEVICE HAS THIS NAME: ask whose it is." if twice else "")
            )

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

    # what was opened goes into the store

    def _pass(self, listed: Listed, shelf: str, _job: Job | None, _result: object) -> None:
        self._went(listed, shelf)

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

    def _opened(
        self, listed: Listed, pulled: str, _job: Job | None, result: OpenedBatch | Refused | None
    ) -> None:
        """Write all of a batch down."""
        assert result is not None
        if isinstance(result, Refused):
            self._refuse(listed, pulled, result.kind, BatchState.REFUSED, result.why)
            return
        self.batches += 1
        if result.checkpoint:
            self._store.seen.add(
                result.consultation, result.checkpoint, result.device, self._store.server_keys()
            )
        attached = self._fetcher.files_of(result)
        fresh, wrong = self._sorted_out(listed, result, attached)
        wrong += [finding for _, findings in attached.values() for finding in findings]
        wrong += late(result, self._closes(result.consultation))
        wrong = [replace(one, batch=listed.name) for one in wrong]
        unfinished = any(one.kind is not None and not one.final for one in result.records) or any(
            findings for _, findings in attached.values()
        )
        with self._store.transaction():
            self._store.enter_batch(
                DeskBatch(
                    name=listed.name,
                    consultation=result.consultation,
                    device=result.device,
                    sequence=result.sequence,
                    previous=result.previous,
                    received=listed.received,
                    records=len(result.records),
                    state=BatchState.INCOMPLETE if unfinished else BatchState.OPENED,
                )
            )
            self._store.find(*wrong)
            self._store.enter(fresh)
            self._forget(result)
            self._went(listed, pulled)
        self.opened += len(fresh)

    def _sorted_out(
        self,
        listed: Listed,
        result: OpenedBatch,
        attached: Mapping[str, Fetched],
    ) -> tuple[list[DeskContribution], list[Finding]]:
        """Those that are new, and what is wrong with the others."""
        fresh: dict[str, DeskContribution] = {}
        wrong: list[Finding] = []
        ids = [one.id for one in result.records if one.contribution]
        known = self._store.known_contributions(result.consultation, ids)
        erased = self._store.erasures.among(result.consultation, ids)
        for one in result.records:
            if one.id in erased:
                wrong += self._again(result, one)
                continue
            if one.kind is not None:
                wrong.append(about(result, one, one.kind, one.why))
            if one.contribution is None:
                continue
            files = attached[one.id][0] if one.id in attached else ()
            if one.id not in known:
                fresh[one.id] = replace(one.contribution, attachments=files)
                known[one.id] = (one.fingerprint, listed.name)
                continue
            fingerprint, batch = known[one.id]
            if fingerprint == one.fingerprint and files:
                self._store.attach(result.consultation, one.id, files)
            if batch == listed.name:
                continue  # tried again for its neighbours' sake, or its attachments'
            if fingerprint == one.fingerprint:
                self.duplicates += 1
                why = "It was there already, and counts once."
                wrong.append(about(result, one, Kind.DUPLICATED, why))
            else:
                why = f"Its id stands in batch {batch[:12]} with other bytes; that one is counted."
                wrong.append(about(result, one, Kind.CONFLICT, why))
        # In the order of their ids: not even this file tells in which order people came.
        return [fresh[id_] for id_ in sorted(fresh)], wrong

    def _again(self, result: OpenedBatch, one: OpenedRecord) -> list[Finding]:
        """What was erased is there again: in a copy, or on a server that was set back."""
        order = self._store.erasures.order_of(result.consultation, one.id)
        if order is None:
            return []
        if self._source.numbered:
            self._store.erasures.mark(order, sent=False)  # it goes again with the next pull
            return []
        why = f"It was erased on {order.day}, and this copy still holds it. Destroy the copy."
        return [about(result, one, Kind.ERASED, why)]

    def _forget(self, result: OpenedBatch) -> None:
        """Erase here, too, what was erased on the server by an order of this organiser's."""
        for one in result.records:
            if one.order is not None and one.order.by == self._organiser(result.consultation):
                self._store.erasures.add(one.order.erasure, b"", one.commitment, sent=True)
                if self._store.forget(result.consultation, one.id):
                    self.forgot = True

    def _organiser(self, consultation: str) -> bytes:
        for one in self._store.consultations():
            if one.id == consultation:
                return one.organiser_key
        return b""

    def _closes(self, consultation: str) -> date | None:
        """The last day of a consultation, by its newest version; None where it has none."""
        of_it = [one for one in self._store.consultations() if one.id == consultation]
        return max(of_it, key=lambda one: one.version).closes if of_it else None

    def _went(self, listed: Listed, consultation: str) -> None:
        if listed.number:
            self._store.went(self._source.name, consultation, listed.number, listed.name)


def _has_register(store: DeskStore, consultation: str) -> bool:
    """Whether there is anything to compare with."""
    with in_words(store.path):
        return store.register.note(consultation) is not None


_Storing = Callable[[Job | None, OpenedBatch | Refused | None], None]
