"""Taking in what devices bring: batches, and the sealed attachments that belong to them.

Rules, in order, for a batch:

1. Its bytes hash to the name it was sent under.
2. Its device is enrolled. A batch that is stored already is acknowledged again, whatever became of
   the device since: what was signed before stays good.
3. It is signed by that device, and whole.
4. Each record is stored, or known already, or quarantined with a cause; nothing is overwritten.
5. The acknowledgement is signed, and stored in the same transaction as the index.

And for an attachment: it is taken if a stored batch names it, and is there once all of it is on the
disk and hashes to its name. A contribution is acknowledged as stored once all its attachments are.

Batches that come at the same moment share a transaction, each in a savepoint of its own: a
crowd of devices with one contribution each costs the disk little more than one device with many.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import acknowledgement as acknowledgements
from sync import batch
from sync.acknowledgement import Verdict, acknowledge, acknowledge_again
from sync.batch import Batch, claimed_device, device_named_in
from sync.contribution import contribution_id
from sync.errors import ForgedBatch, MalformedBatch, SyncError, TruncatedBatch, UnknownFormat
from sync.record_kind import is_registered
from sync.server.erasures import Erasures
from sync.server.former_keys import FormerKeys
from sync.server.logs import Event, tell
from sync.server.problems import HashMismatch, NotFound, TooLarge
from sync.server.store import Store
from sync.server.stored import IncomingBatch, IncomingRecord
from sync.server.uploads import Uploads

_OF_ITS_BYTES = (HashMismatch, UnknownFormat, TruncatedBatch, ForgedBatch, MalformedBatch)


@dataclass(frozen=True)
class Taken:
    """A batch that was stored just now.

    Attributes:
        size: in bytes.
        verdicts: how many of its records became what.
    """

    size: int
    verdicts: Mapping[str, int]


@dataclass
class _Arrival:
    """A batch that was found sound.

    Attributes:
        read: as its device signed it.
        incoming: what is to be kept of it.
        redacted: whether something of it was ordered to go before it came.
        known: whether the index has it, and only its bytes were lost.
        verdicts: what its records became; none where another request stored it meanwhile.
        word: the server's on it, once it is stored.
    """

    read: Batch
    incoming: IncomingBatch
    redacted: bool
    known: bool
    verdicts: Sequence[Verdict] = ()
    word: bytes = b""


class Intake:
    """What one server takes in.

    Args:
        store: its memory.
        uploads: what is on its way.
        erasures: what it was ordered to erase.
        key: its own, which signs acknowledgements.
        clock: seconds since 1970.
        brought: called when something was stored.
    """

    def __init__(
        self,
        store: Store,
        uploads: Uploads,
        erasures: Erasures,
        key: Ed25519PrivateKey,
        clock: Callable[[], float],
        brought: Callable[[], None],
    ) -> None:
        self.uploads = uploads
        self._store = store
        self._files = store.files
        self._erasures = erasures
        self._former = FormerKeys(store, clock)
        self._key = key
        self._clock = clock
        self._brought = brought
        self._watchers: list[Callable[[Taken], None]] = []

    def watch(self, told: Callable[[Taken], None]) -> None:
        """Tell of every batch that is stored from now on."""
        self._watchers.append(told)

    # batches

    def admit(self, name: str, begun: bytes) -> None:
        """Refuse a batch by its first bytes already, where its device may not send at all.

        Args:
            name: the batch's.
            begun: its first `DEVICE_NAMED_BY` bytes, or all of it where it is shorter.

        Raises:
            UnknownDevice, RevokedDevice: its device may not send.
        """
        claimed = device_named_in(begun)
        if claimed is not None and self._store.acknowledgement(name) is None:
            self._store.device(claimed.hex())

    def receive(self, name: str, body: bytes) -> bytes:
        """Take in a batch; returns the signed acknowledgement, once everything is on the disk.

        Raises:
            HashMismatch: the body is not what the name says.
            UnknownDevice, RevokedDevice: its device may not send.
            UnknownFormat, TruncatedBatch, ForgedBatch, MalformedBatch: it is not a sound batch.
            UnknownConsultationHere: it is for something that is not published here.
        """
        found = self._looked_at(name, body)
        if isinstance(found, bytes):
            return found
        if found.known:
            self._erasures.put_back(name, found.read, body)
        else:
            self._files.keep_batch(name, found.incoming.body)
        self._keep(found)
        word = self._settle(found)
        self._tell_of([found])
        return word

    def receive_all(self, sent: Sequence[tuple[str, bytes]]) -> list[bytes | SyncError]:
        """Take in several batches in one transaction; for each what `receive` returns or raises.

        Raises:
            SyncError, OSError: nothing of them was stored, as far as is known: each may be brought
                alone.
        """
        said: list[bytes | SyncError] = []
        arrived: dict[int, _Arrival] = {}
        alone: dict[int, _Arrival] = {}
        with self._store.looking_together():
            for name, body in sent:
                try:
                    found = self._looked_at(name, body)
                except SyncError as error:
                    said.append(error)
                    continue
                if not isinstance(found, bytes):
                    (alone if found.redacted or found.known else arrived)[len(said)] = found
                said.append(found if isinstance(found, bytes) else b"")
        for at in alone:  # erasing is more than one transaction
            try:
                said[at] = self.receive(*sent[at])
            except SyncError as error:
                said[at] = error
        if arrived:
            self._keep_all(arrived, said)
        return said

    def _keep_all(self, arrived: Mapping[int, _Arrival], said: list[bytes | SyncError]) -> None:
        """Store batches in one transaction, and put the words on them where they belong."""
        self._files.keep_batches({one.incoming.name: one.incoming.body for one in arrived.values()})
        with self._store.writing_together():
            # In one order everywhere: processes that take several consultations' numbers else wait
            # for each other.
            for _, one in sorted(
                arrived.items(), key=lambda item: (item[1].incoming.consultation, item[0])
            ):
                self._keep(one)
        for at, one in arrived.items():
            said[at] = self._settle(one)
        self._tell_of(list(arrived.values()))

    def receive_uploaded(self, name: str, *, proven: bool = True) -> bytes:
        """Take in a batch whose upload is complete, as `receive` does.

        Raises:
            SpoiltUpload, and what `receive` raises. Where its bytes are wrong, the upload begins
                anew; after everything else, a full disk or a database that is away, what has come
                stays, and need not come again.
        """
        body = self.uploads.read(name, proven=proven)
        try:
            word = self.receive(name, body)
        except _OF_ITS_BYTES:
            self.uploads.drop(name, proven=proven)
            raise
        self.uploads.drop(name)
        return word

    def batch_offset(self, name: str, *, proven: bool = True) -> tuple[int, bool]:
        """How much of a batch has come, and whether it is stored."""
        if self._store.acknowledgement(name) is not None:
            size = self._files.batch_size(name)
            if size is not None:
                return size, True
        return self.uploads.offset(name, proven=proven), False

    def acknowledgement(self, name: str) -> bytes | None:
        """The server's word on a stored batch as it is now; None where it does not have it."""
        known = self._store.acknowledgement(name)
        consultation_id = self._store.consultation_of(name) if known else None
        if known is None or consultation_id is None:
            return None
        said = acknowledgements.read(known, self._key.public_key())
        if not said.awaited:
            return known
        waited = self._store.awaited(consultation_id, said.awaited)
        if len(waited) == len(said.awaited):
            return known
        enclosed = self._erasures.read_stored(name).enclosed
        waiting = {one.position for one in enclosed if one.name in waited}
        verdicts = [
            Verdict.STORED if one is Verdict.AWAITED and position not in waiting else one
            for position, one in enumerate(said.verdicts)
        ]
        left = [one for one in said.awaited if one in waited]
        fresh = acknowledge_again(said, self._key, verdicts, left)
        if not self._store.acknowledge_again(name, fresh, instead_of=known):
            return self.acknowledgement(name)  # something was erased from it meanwhile
        return fresh

    def _looked_at(self, name: str, body: bytes) -> bytes | _Arrival:
        """What is to be stored of a batch; the server's word where it was stored before."""
        if hashlib.sha256(body).hexdigest() != name:
            raise HashMismatch()
        known = self.acknowledgement(name)
        if known is not None and self._files.holds(name):
            return known
        device = self._store.device(claimed_device(body).hex())
        read = batch.read(body, device.public_key)
        kept, erased = self._erasures.without_erased(read, body)
        incoming = IncomingBatch(
            name=name,
            body=kept,
            consultation=read.consultation,
            device_key_id=device.key_id,
            sequence=read.sequence,
            records=tuple(
                one._replace(attachments=()) if one.id in erased else one
                for one in self._incoming(read)
            ),
        )
        return _Arrival(read, incoming, bool(erased), known is not None)

    def _keep(self, arrival: _Arrival) -> None:
        """Enter a batch whose bytes are on the disk."""
        name = arrival.incoming.name

        def said(verdicts: Sequence[Verdict], awaited: Sequence[str]) -> bytes:
            arrival.verdicts = tuple(verdicts)
            return acknowledge(name, verdicts, self._key, awaited, version=arrival.read.version)

        arrival.word = self._store.keep(arrival.incoming, said, self._clock())

    def _settle(self, arrival: _Arrival) -> bytes:
        """The word on a batch that is stored, once what was ordered to go of it meanwhile is gone.

        An order that comes later finds the batch itself.
        """
        self.uploads.drop(arrival.incoming.name)  # what anybody has begun of it
        if self._erasures.settle(arrival.read):
            return self._store.acknowledgement(arrival.incoming.name) or arrival.word
        return arrival.word

    def _tell_of(self, arrivals: Sequence[_Arrival]) -> None:
        """Log batches that were stored; one that another request stored has no verdicts."""
        self._brought()
        for one in arrivals:
            if not one.verdicts:
                continue
            became = Counter(verdict.name.lower() for verdict in one.verdicts)
            taken = Taken(len(one.incoming.body), became)
            tell(
                Event.BATCH,
                device=one.incoming.device_key_id,
                bytes=taken.size,
                records=len(one.verdicts),
                stored=became.get("stored", 0) + became.get("awaited", 0),
                quarantined=sum(verdict.quarantined for verdict in one.verdicts),
            )
            for told in self._watchers:
                told(taken)

    # attachments

    def attachment_offset(
        self, consultation_id: str, name: str, *, proven: bool = True
    ) -> tuple[int, int, bool]:
        """How much of an attachment has come, of how much, and whether it is there.

        Args:
            consultation_id: whose.
            name: the attachment's.
            proven: whether a device asks; what strangers begin is kept apart.

        Raises:
            NotFound: no stored batch of this consultation names it.
        """
        known = self._store.attachment(consultation_id, name)
        if known is None:
            raise NotFound()
        if known.arrived and self._files.has_attachment(name):
            return known.size, known.size, True
        return self.uploads.offset(name, proven=proven), known.size, False

    def go_on(
        self, consultation_id: str, name: str, at: int, piece: bytes, *, proven: bool = True
    ) -> int:
        """Go on with the upload of an attachment; returns where it stands.

        Raises:
            NotFound: no stored batch of this consultation names it.
            TooLarge: there is more than the batch says.
            WrongOffset: it stands elsewhere.
        """
        offset, size, arrived = self.attachment_offset(consultation_id, name, proven=proven)
        if arrived:
            return offset
        if at + len(piece) > size:
            raise TooLarge()
        offset = self.uploads.append(name, at, piece, proven=proven)
        if self._store.attachment(consultation_id, name) is None:  # erased meanwhile
            self.uploads.drop(name)
            raise NotFound()
        return offset

    def complete(self, consultation_id: str, name: str, *, proven: bool = True) -> bool:
        """Take in an attachment, if all of it has come; whether it is there now.

        Raises:
            NotFound: no stored batch of this consultation names it.
            SpoiltUpload: it is not what its name says; the upload begins anew.
        """
        offset, size, arrived = self.attachment_offset(consultation_id, name, proven=proven)
        # Its name tells whether it is whole; its size is only what somebody said of it.
        if not arrived and (
            offset == size or (offset and self.uploads.is_whole(name, proven=proven))
        ):
            self.uploads.finish(name, partial(self._files.keep_attachment, name), proven=proven)
            self.uploads.drop(name)  # what others began of it
            if not self._store.arrive(consultation_id, name, offset, self._clock()):
                # Its contribution was erased while it was being put in its place.
                if not self._store.is_attached(name):
                    self._files.remove_attachment(name)
                raise NotFound()
            arrived = True
            tell(Event.ATTACHMENT, bytes=offset)
        return arrived

    def _incoming(self, read: Batch) -> Iterator[IncomingRecord]:
        """The records of a batch, those held back that no version of the consultation asked for."""
        versions = self._store.versions(read.consultation)
        enclosed: dict[int, list[tuple[str, int]]] = {}
        for one in read.enclosed:
            enclosed.setdefault(one.position, []).append((one.name, one.size))
        position = 0
        for section in read.sections:
            header = section.header
            sealed_to = frozenset(key_id for _, key_id, _ in header.sealed)
            held_back = self._former.held_back(versions, header.form_hash, sealed_to)
            for record in section.records:
                attachments = tuple(enclosed[position]) if position in enclosed else ()
                id_ = contribution_id(read.consultation, record.commitment)
                yield IncomingRecord(
                    id_,
                    record.commitment,
                    record.fingerprint,
                    held_back,
                    attachments,
                    is_registered(section.kind),
                )
                position += 1
