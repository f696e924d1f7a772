"""Sealing sessions: contributions sealed to their recipients, one after the other.

`docs/format.md`, sections 3 and 4. A session starts from 32 random bytes, sealed by HPKE to each
recipient. They give the first link of a chain, and are dropped; each record takes its key from the
chain, which moves on and is dropped in turn. So nothing that was sealed can be opened with what the
device still holds, and one encapsulation serves up to 64 records.

Rules, in order:

1. A session lives in memory only: at most 64 records, 15 minutes, one process.
2. `info` of the encapsulation binds version, consultation, form, dictionary, device and session.
3. Record *i* uses link *i* of the chain: a key used once, and the seed of its commitment's salts.
4. The streams of its attachments take theirs from the same link (`sync.stream`).
5. Associated data bind version, consultation, contribution id, commitment, session and index.
6. A session's records are of one kind (`sync.record_kind`); other kinds than contributions are
   bound by `info` and associated data of their own, so that none opens as another.
7. The plaintext is the compressed contribution, 0x80, and zeros up to the padded length.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from sync.attachment import Attached, Attachment
from sync.compression import DICTIONARY_ID_BYTES, Dictionary
from sync.contribution import (
    HASH_BYTES,
    LARGEST_CONTRIBUTION,
    Contribution,
    Sealable,
    commitment,
    contribution_id,
)
from sync.documents import Document, read_document
from sync.errors import (
    ForgedRecord,
    MalformedContribution,
    MalformedSession,
    SessionSpent,
    UnknownDictionary,
    UnknownFormat,
    WrongRecipient,
)
from sync.keys import KEY_ID_BYTES, RecipientKeys, RecipientPublic, Suite
from sync.padding import Padding
from sync.record_kind import RecordKind
from sync.stream import Stream, open_stream
from sync.wire import Reader, number, sized

SESSION_ID_BYTES = 8
MOST_RECORDS_PER_SESSION = 64
LONGEST_SESSION = 15 * 60  # seconds
MOST_RECIPIENTS = 16
LARGEST_CIPHERTEXT = LARGEST_CONTRIBUTION + LARGEST_CONTRIBUTION // 8 + 64

_SECRET_BYTES = 32
_SAID = (RecordKind.CONTRIBUTION, RecordKind.BALLOT)  # what has a contribution's shape
_END = b"\x80"  # where the filling begins
_ONE_MESSAGE = bytes(12)  # the nonce of a key that is used once
_CHAIN_LABEL = b"parvis/1 chain\x00"
_STEP_LABEL = b"parvis/1 step\x00"
_ATTACHMENT_LABEL = b"parvis/1 attachment\x00"


@dataclass(frozen=True)
class SessionHeader:
    """What opens a sealing session, to those who hold a recipient's key.

    Attributes:
        session: the session's id, 8 random bytes.
        form_hash: SHA-256 of the XForm that its contributions answer, 32 bytes.
        dictionary_id: of the dictionary they are compressed with, 8 bytes.
        sealed: per recipient: suite, key id, the session's secret sealed to that key.
    """

    session: bytes
    form_hash: bytes
    dictionary_id: bytes
    sealed: tuple[tuple[Suite, bytes, bytes], ...]

    @cached_property
    def data(self) -> bytes:
        """The header as bytes."""
        parts = [self.session, self.form_hash, self.dictionary_id, number(len(self.sealed))]
        for suite, key_id, secret in self.sealed:
            parts += [number(suite), key_id, secret]
        return b"".join(parts)

    @classmethod
    def read(cls, reader: Reader) -> "SessionHeader":
        """The header that stands next.

        Raises:
            UnknownFormat: a suite that this Parvis does not know.
        """
        session = reader.take(SESSION_ID_BYTES)
        form_hash = reader.take(HASH_BYTES)
        dictionary_id = reader.take(DICTIONARY_ID_BYTES)
        sealed = []
        for _ in range(reader.number(MOST_RECIPIENTS)):
            suite = _suite(reader.number())
            key_id = reader.take(KEY_ID_BYTES)
            sealed.append((suite, key_id, reader.take(_SECRET_BYTES + suite.overhead)))
        return cls(session, form_hash, dictionary_id, tuple(sealed))

    @classmethod
    def from_bytes(cls, data: bytes) -> "SessionHeader":
        """A header that stands alone, as the outbox stores it.

        Raises:
            MalformedSession: it does not follow the format.
            UnknownFormat: a suite that this Parvis does not know.
        """
        reader = Reader(data, MalformedSession)
        header = cls.read(reader)
        reader.done()
        return header


@dataclass(frozen=True)
class Record:
    """One sealed contribution as it travels.

    Attributes:
        consultation: its consultation's id.
        session: its sealing session's id.
        index: its place in the session, from 0.
        commitment: what the register will hold, 32 bytes.
        ciphertext: what only the recipients can read.
    """

    consultation: str
    session: bytes
    index: int
    commitment: bytes
    ciphertext: bytes

    @cached_property
    def id(self) -> bytes:
        """The contribution's id, 16 bytes."""
        return contribution_id(self.consultation, self.commitment)

    @property
    def data(self) -> bytes:
        """The record as bytes: commitment, ciphertext. Its batch says which place it has."""
        return self.commitment + sized(self.ciphertext)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 over session, index and record: tells whether two records are the same."""
        length = number(len(self.ciphertext))
        parts = (self.session, number(self.index), self.commitment, length, self.ciphertext)
        return hashlib.sha256(b"".join(parts)).digest()

    @classmethod
    def read(cls, reader: Reader, consultation: str, session: bytes, index: int) -> "Record":
        """The record that stands next, whose place is known."""
        committed = reader.take(HASH_BYTES)
        return cls(consultation, session, index, committed, reader.sized(LARGEST_CIPHERTEXT))


@dataclass(frozen=True)
class Sealed:
    """A contribution just sealed: its record, and what is to be stored beside it.

    Attributes:
        header: of its session.
        record: the contribution itself.
        streams: its attachments, to be sealed while they are written; their keys go with them.
        kind: what it holds.
    """

    header: SessionHeader
    record: Record
    streams: tuple[Stream, ...] = ()
    kind: int = RecordKind.CONTRIBUTION

    @property
    def id(self) -> bytes:
        """The contribution's id, 16 bytes."""
        return self.record.id

    @property
    def commitment(self) -> bytes:
        """The contribution's commitment, 32 bytes."""
        return self.record.commitment


class SealingSession:
    """Seals up to 64 contributions of one form within 15 minutes; start one with `start`."""

    def __init__(
        self,
        consultation: str,
        header: SessionHeader,
        chain: bytes,
        dictionary: Dictionary,
        padding: Padding,
        clock: Callable[[], float],
        kind: RecordKind = RecordKind.CONTRIBUTION,
        least: int = 0,
    ) -> None:
        self.consultation = consultation
        self.kind = kind
        self.header = header
        self.dictionary = dictionary
        self.padding = padding
        self.least = least
        self._chain = chain
        self._next = 0
        self._clock = clock
        self._until = clock() + LONGEST_SESSION
        self._lock = threading.Lock()

    @classmethod
    def start(
        cls,
        consultation: str,
        form_hash: str,
        device_key_id: bytes,
        recipients: Sequence[RecipientPublic],
        *,
        dictionary: Dictionary | None = None,
        padding: Padding = Padding.PADME,
        least: int = 0,
        random: Callable[[int], bytes] = secrets.token_bytes,
        clock: Callable[[], float] | None = None,
        kind: RecordKind = RecordKind.CONTRIBUTION,
    ) -> "SealingSession":
        """Start a session.

        Args:
            consultation: the consultation's id.
            form_hash: SHA-256 of the XForm, in hexadecimal.
            device_key_id: of the device that will sign the batches.
            recipients: whom the contributions are for; at least one.
            dictionary: the consultation's; an empty one if None.
            padding: what the consultation asks for.
            least: bytes that every plaintext is filled up to, before that.
            random: random bytes: asked for the session id (8), then for the secret (32).
            clock: seconds that pass also while the device sleeps.
            kind: of what it seals.

        Raises:
            ValueError: no recipient, or more than 16.
        """
        if not 1 <= len(recipients) <= MOST_RECIPIENTS:
            raise ValueError(f"a session has 1 to {MOST_RECIPIENTS} recipients")
        dictionary = dictionary or Dictionary(b"")
        session = random(SESSION_ID_BYTES)
        form = bytes.fromhex(form_hash)
        info = session_info(consultation, form, dictionary.hash, device_key_id, session, kind)
        secret = random(_SECRET_BYTES)
        sealed = tuple((one.suite, one.id, one.seal(secret, info)) for one in recipients)
        header = SessionHeader(session, form, dictionary.id, sealed)
        chain = first_link(secret, info)
        ticking = clock or awake_and_asleep
        return cls(consultation, header, chain, dictionary, padding, ticking, kind, least)

    @property
    def spent(self) -> bool:
        """Whether a new session is due."""
        return self._next >= MOST_RECORDS_PER_SESSION or self._clock() >= self._until

    def seal(self, contribution: Sealable, attachments: Sequence[Attachment] = ()) -> Sealed:
        """Seal one contribution; its key is gone when this returns.

        Args:
            contribution: what was said, or a document of this session's kind; it names the
                attachments.
            attachments: what it names, in its order.

        Raises:
            SessionSpent: 64 were sealed, or 15 minutes went by.
            MalformedContribution: it answers another form, is larger than 1 MiB, is not Unicode, or
                names other attachments.
        """
        if isinstance(contribution, Document):
            fits = contribution.kind == self.kind
        else:
            fits = self.kind in _SAID
        if not fits:
            raise MalformedContribution("This session seals something of another kind.")
        if contribution.attachments != tuple(Attached.of(one) for one in attachments):
            raise MalformedContribution("This contribution names other files than are attached.")
        written = contribution.to_json()
        if bytes.fromhex(contribution.form_hash) != self.header.form_hash:
            raise MalformedContribution("This contribution answers another version of the form.")
        with self._lock:
            if self.spent:
                raise SessionSpent()
            index, self._next = self._next, self._next + 1
            streams = tuple(
                Stream(attachment_key(self._chain, place), one.content)
                for place, one in enumerate(attachments)
            )
            self._chain, key, seed = step(self._chain)
        committed = commitment(contribution, seed)
        record_id = contribution_id(self.consultation, committed)
        bound = associated_data(
            self.consultation, record_id, committed, self.header.session, index, self.kind
        )
        plaintext = pad(self.dictionary.squeeze(written), self.padding, self.least)
        ciphertext = ChaCha20Poly1305(key).encrypt(_ONE_MESSAGE, plaintext, bound)
        return Sealed(
            self.header,
            Record(self.consultation, self.header.session, index, committed, ciphertext),
            streams,
            self.kind,
        )


@dataclass(frozen=True)
class Opened:
    """A contribution read by its recipient.

    Attributes:
        contribution: what was said.
        seed: the 32 bytes that its commitment's salts come from.
        id: 16 bytes.
        commitment: what the register holds.
        faithful: whether the commitment really is that of the contribution; where it is not, the
            device that sealed it lied, and the contribution is to be named, not counted.
    """

    contribution: Contribution
    seed: bytes
    id: bytes
    commitment: bytes
    faithful: bool


@dataclass(frozen=True)
class OpenedDocument:
    """A record of another kind, read by its recipient; the attributes are those of `Opened`."""

    document: Document
    seed: bytes
    id: bytes
    commitment: bytes
    faithful: bool


class OpenedSession:
    """A session whose chain the recipient can walk; made by `Opener.open_session`.

    Attributes:
        header: the session's.
        opened_with: the id of the key that it was opened with.
    """

    def __init__(
        self,
        consultation: str,
        header: SessionHeader,
        chain: bytes,
        dictionary: Dictionary,
        opened_with: bytes = b"",
        kind: int = RecordKind.CONTRIBUTION,
    ) -> None:
        self.header = header
        self.opened_with = opened_with
        self._kind = kind
        self._consultation = consultation
        self._dictionary = dictionary
        self._chain = chain
        self._steps: list[tuple[bytes, bytes, bytes]] = []

    def open(self, record: Record) -> Opened:
        """The contribution in this record.

        Raises:
            ForgedRecord: it belongs elsewhere, or was changed.
            MalformedContribution: it opens, and holds something else than a contribution.
        """
        if self._kind not in _SAID:
            raise MalformedContribution()
        seed, written = self._written(record)
        contribution = Contribution.from_json(written)
        if bytes.fromhex(contribution.form_hash) != self.header.form_hash:
            raise MalformedContribution()
        faithful = commitment(contribution, seed) == record.commitment
        return Opened(contribution, seed, record.id, record.commitment, faithful)

    def open_document(self, record: Record) -> OpenedDocument:
        """What a record of another kind than a contribution holds.

        Raises:
            ForgedRecord: it belongs elsewhere, or was changed.
            MalformedContribution: it opens, and holds nothing of this session's kind that this
                Parvis knows.
        """
        seed, written = self._written(record)
        document = read_document(self._kind, written)
        if bytes.fromhex(document.form_hash) != self.header.form_hash:
            raise MalformedContribution()
        faithful = commitment(document, seed) == record.commitment
        return OpenedDocument(document, seed, record.id, record.commitment, faithful)

    def _written(self, record: Record) -> tuple[bytes, bytes]:
        """The seed of a record, and the JSON in it."""
        if (record.session, record.consultation) != (self.header.session, self._consultation):
            raise ForgedRecord()
        _, key, seed = self._step(record.index)
        bound = associated_data(
            record.consultation,
            record.id,
            record.commitment,
            record.session,
            record.index,
            self._kind,
        )
        try:
            plaintext = ChaCha20Poly1305(key).decrypt(_ONE_MESSAGE, record.ciphertext, bound)
        except InvalidTag:
            raise ForgedRecord() from None
        return seed, self._dictionary.expand(unpad(plaintext))

    def open_attachment(self, index: int, place: int, sealed: bytes, attached: Attached) -> bytes:
        """The content of an attachment of this session.

        Args:
            index: of its contribution's record.
            place: among its contribution's attachments, from 0.
            sealed: its stream.
            attached: what its contribution says of it.

        Raises:
            ForgedAttachment: it does not open, or is not what its contribution names.
        """
        link, _, _ = self._step(index)
        return open_stream(attachment_key(link, place), sealed, attached)

    def _step(self, index: int) -> tuple[bytes, bytes, bytes]:
        """Link, key and seed of a record; the chain is walked no further than it takes."""
        if not 0 <= index < MOST_RECORDS_PER_SESSION:
            raise ForgedRecord()
        while len(self._steps) <= index:
            link = self._chain
            self._chain, key, seed = step(link)
            self._steps.append((link, key, seed))
        return self._steps[index]


class Opener:
    """Opens sealing sessions with the keys at hand.

    Args:
        keys: the recipient's; any one that fits will do.
        dictionaries: those of the consultation's versions; the empty one is always known.
    """

    def __init__(
        self, keys: Iterable[RecipientKeys], dictionaries: Iterable[Dictionary] = ()
    ) -> None:
        self._keys = {one.public.id: one for one in keys}
        self._dictionaries = {one.id: one for one in (Dictionary(b""), *dictionaries)}

    def open_session(
        self,
        header: SessionHeader,
        *,
        consultation: str,
        device_key_id: bytes,
        kind: int = RecordKind.CONTRIBUTION,
    ) -> OpenedSession:
        """Open one session; consultation, device and kind are those that its batch names.

        Raises:
            WrongRecipient: it is sealed to none of the keys, or for another consultation, device
                or kind.
            UnknownDictionary: its dictionary is not at hand.
        """
        dictionary = self._dictionaries.get(header.dictionary_id)
        if dictionary is None:
            raise UnknownDictionary()
        info = session_info(
            consultation, header.form_hash, dictionary.hash, device_key_id, header.session, kind
        )
        for suite, key_id, sealed in header.sealed:
            keys = self._keys.get(key_id)
            if keys is not None and keys.suite is suite:
                chain = first_link(keys.open(sealed, info), info)
                return OpenedSession(consultation, header, chain, dictionary, key_id, kind)
        raise WrongRecipient()


def session_info(
    consultation: str,
    form_hash: bytes,
    dictionary_hash: bytes,
    device_key_id: bytes,
    session: bytes,
    kind: int = RecordKind.CONTRIBUTION,
) -> bytes:
    """HPKE's `info`: what a session's secret is good for, and nothing else."""
    return b"".join(
        (
            _label("session", kind),
            sized(consultation.encode()),
            form_hash,
            dictionary_hash,
            device_key_id,
            session,
        )
    )


def first_link(secret: bytes, info: bytes) -> bytes:
    """Link 0 of the chain (HKDF-SHA256, RFC 5869); the secret is not needed again."""
    salt = hashlib.sha256(info).digest()
    return HKDF(SHA256(), 32, salt=salt, info=_CHAIN_LABEL).derive(secret)


def step(chain: bytes) -> tuple[bytes, bytes, bytes]:
    """The next link, this record's key, and this record's seed, 32 bytes each."""
    expanded = HKDFExpand(SHA256(), 96, _STEP_LABEL).derive(chain)
    return expanded[:32], expanded[32:64], expanded[64:]


def attachment_key(link: bytes, place: int) -> bytes:
    """The key of the stream of an attachment: `place` counts from 0 in its contribution."""
    return HKDFExpand(SHA256(), 32, _ATTACHMENT_LABEL + number(place)).derive(link)


def associated_data(
    consultation: str,
    record_id: bytes,
    committed: bytes,
    session: bytes,
    index: int,
    kind: int = RecordKind.CONTRIBUTION,
) -> bytes:
    """What a record's ciphertext is bound to."""
    return b"".join(
        (
            _label("record", kind),
            sized(consultation.encode()),
            record_id,
            committed,
            session,
            number(index),
        )
    )


def _label(what: str, kind: int) -> bytes:
    """What tells sessions and records of each kind apart; that of contributions is as ever."""
    if kind == RecordKind.CONTRIBUTION:
        return f"parvis/1 {what}\0".encode() + number(1)
    return f"parvis/2 {what}\0".encode() + number(kind)


def pad(squeezed: bytes, padding: Padding, least: int = 0) -> bytes:
    """The plaintext: compressed contribution, 0x80, zeros (ISO/IEC 7816-4)."""
    marked = squeezed + _END
    return marked.ljust(padding.length(max(len(marked), least)), b"\x00")


def unpad(plaintext: bytes) -> bytes:
    """The compressed contribution inside a plaintext.

    Raises:
        MalformedContribution: what follows it is not 0x80 and zeros.
    """
    marked = plaintext.rstrip(b"\x00")
    if not marked.endswith(_END):
        raise MalformedContribution()
    return marked[: -len(_END)]


def awake_and_asleep() -> float:
    """Seconds since the device started, sleep included; setting the clock does not move it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _suite(value: int) -> Suite:
    try:
        return Suite(value)
    except ValueError:
        raise UnknownFormat() from None
