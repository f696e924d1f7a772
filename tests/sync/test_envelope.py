from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.compression import Dictionary
from sync.contribution import commitment
from sync.envelope import (
    LONGEST_SESSION,
    MOST_RECORDS_PER_SESSION,
    OpenedSession,
    Opener,
    Record,
    SealingSession,
    SessionHeader,
)
from sync.errors import (
    ForgedRecord,
    MalformedContribution,
    MalformedSession,
    SessionSpent,
    SyncError,
    UnknownDictionary,
    UnknownFormat,
    WrongRecipient,
)
from sync.keys import RecipientKeys
from sync.padding import Padding
from tests.sync.given import (
    CONSULTATION,
    DEVICE_ID,
    GUARANTOR,
    RECIPIENT,
    STRANGER,
    said,
)


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def session(
    clock: Clock | None = None,
    dictionary: Dictionary | None = None,
    padding: Padding = Padding.PADME,
) -> SealingSession:
    return SealingSession.start(
        CONSULTATION.id,
        CONSULTATION.form_hash,
        DEVICE_ID,
        CONSULTATION.recipients,
        dictionary=dictionary,
        padding=padding,
        clock=clock or Clock(),
    )


def opened(
    header: SessionHeader, keys: RecipientKeys = RECIPIENT, *dictionaries: Dictionary
) -> OpenedSession:
    return Opener([keys], dictionaries).open_session(
        header, consultation=CONSULTATION.id, device_key_id=DEVICE_ID
    )


SESSION = session()
SEALED = SESSION.seal(said("passage des Tilleuls"))


@pytest.mark.parametrize("keys", [RECIPIENT, GUARANTOR])
def test_every_recipient_reads_what_was_said_and_finds_the_commitment_true(
    keys: RecipientKeys,
) -> None:
    read = opened(SEALED.header, keys).open(SEALED.record)
    assert read.contribution == said("passage des Tilleuls")
    assert read.faithful
    assert read.commitment == commitment(read.contribution, read.seed) == SEALED.commitment
    assert read.id == SEALED.id


def test_nobody_else_reads_it() -> None:
    with pytest.raises(WrongRecipient, match="key directory"):
        opened(SEALED.header, STRANGER)


@pytest.mark.parametrize(
    ("consultation", "device"), [("0" * 16, DEVICE_ID), (CONSULTATION.id, bytes(8))]
)
def test_a_session_opens_for_its_own_consultation_and_device_only(
    consultation: str, device: bytes
) -> None:
    opener = Opener([RECIPIENT])
    with pytest.raises(WrongRecipient):
        opener.open_session(SEALED.header, consultation=consultation, device_key_id=device)


def test_a_session_opens_for_its_own_form_only() -> None:
    with pytest.raises(WrongRecipient):
        opened(replace(SEALED.header, form_hash=bytes(32)))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=500), st.sampled_from(Padding))
def test_any_text_comes_back_under_any_padding(text: str, padding: Padding) -> None:
    one = session(padding=padding)
    sealed = one.seal(said(text))
    assert opened(sealed.header).open(sealed.record).contribution.fields[0][1] == text
    length = len(sealed.record.ciphertext) - 16
    assert padding.length(length) == length


@given(st.integers(0, len(SEALED.record.data) - 1), st.integers(1, 255))
def test_any_flipped_byte_of_a_record_is_refused(place: int, change: int) -> None:
    data = bytearray(SEALED.record.data)
    data[place] ^= change
    changed = replace(SEALED.record, commitment=bytes(data[:32]), ciphertext=bytes(data[34:]))
    if bytes(data[32:34]) == SEALED.record.data[32:34]:  # else the length no longer fits
        with pytest.raises(ForgedRecord):
            opened(SEALED.header).open(changed)


@given(st.integers(0, len(SEALED.header.data) - 1), st.integers(1, 255))
def test_any_flipped_byte_of_a_header_is_refused(place: int, change: int) -> None:
    data = bytearray(SEALED.header.data)
    data[place] ^= change
    with pytest.raises(SyncError):
        for keys in (RECIPIENT, GUARANTOR):
            opened(SessionHeader.from_bytes(bytes(data)), keys).open(SEALED.record)


def test_a_record_opens_at_its_own_place_only() -> None:
    one = session()
    first, second = (one.seal(said("oui")).record for _ in range(2))
    reader = opened(one.header)
    with pytest.raises(ForgedRecord):
        reader.open(replace(first, index=1))
    with pytest.raises(ForgedRecord):
        reader.open(replace(first, session=bytes(8)))
    with pytest.raises(ForgedRecord):
        reader.open(replace(first, consultation="0" * 16))
    with pytest.raises(ForgedRecord):
        reader.open(replace(first, index=1 << 40))
    assert reader.open(second).contribution == reader.open(first).contribution


def test_records_open_in_any_order_and_with_gaps() -> None:
    one = session()
    records = [one.seal(said(str(n))).record for n in range(10)]
    reader = opened(one.header)
    for n in (7, 2, 9):
        assert reader.open(records[n]).contribution == said(str(n))


def test_the_same_words_said_twice_cannot_be_told_to_be_the_same() -> None:
    one = session()
    first, second = one.seal(said("oui")), one.seal(said("oui"))
    assert first.commitment != second.commitment
    assert first.id != second.id
    assert first.record.ciphertext != second.record.ciphertext


def test_a_session_ends_after_64_contributions() -> None:
    one = session()
    for _ in range(MOST_RECORDS_PER_SESSION):
        assert not one.spent
        one.seal(said("oui"))
    assert one.spent
    with pytest.raises(SessionSpent):
        one.seal(said("oui"))


def test_a_session_ends_after_15_minutes() -> None:
    clock = Clock()
    one = session(clock)
    clock.now = LONGEST_SESSION - 1
    one.seal(said("oui"))
    clock.now = LONGEST_SESSION
    assert one.spent
    with pytest.raises(SessionSpent):
        one.seal(said("oui"))


def test_what_opens_a_record_is_gone_from_the_session_once_it_is_sealed() -> None:
    one = session()
    link = one._chain
    sealed = one.seal(said("oui"))
    left = [value for value in vars(one).values() if isinstance(value, bytes)]
    assert link not in left
    stolen = OpenedSession(CONSULTATION.id, one.header, one._chain, Dictionary(b""))
    with pytest.raises(ForgedRecord):
        stolen.open(sealed.record)


def test_nothing_sealed_holds_the_words() -> None:
    for data in (SEALED.record.data, SEALED.header.data):
        assert b"Tilleuls" not in data


def test_a_dictionary_that_is_not_at_hand_is_named() -> None:
    dictionary = Dictionary(b"passage des Tilleuls")
    sealed = session(dictionary=dictionary).seal(said("passage des Tilleuls"))
    with pytest.raises(UnknownDictionary, match=r"\.parvis"):
        opened(sealed.header)
    read = opened(sealed.header, RECIPIENT, dictionary).open(sealed.record)
    assert read.contribution == said("passage des Tilleuls")


def test_a_contribution_to_another_form_is_not_sealed() -> None:
    with pytest.raises(MalformedContribution, match="another version"):
        session().seal(replace(said("oui"), form_hash="0" * 64))


def test_a_device_that_lies_about_the_commitment_is_named_by_the_desk() -> None:
    one = session()
    honest = one._chain
    sealed = one.seal(said("oui"))
    lie = _resealed(honest, replace(sealed.record, commitment=bytes(32)))
    read = opened(one.header).open(lie)
    assert read.contribution == said("oui")
    assert not read.faithful


def _resealed(link: bytes, record: Record) -> Record:
    """The record of a device that encrypts rightly and commits wrongly."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    from sync.envelope import associated_data, pad, step

    plaintext = pad(Dictionary(b"").squeeze(said("oui").to_json()), Padding.PADME)
    bound = associated_data(
        record.consultation, record.id, record.commitment, record.session, record.index
    )
    ciphertext = ChaCha20Poly1305(step(link)[1]).encrypt(bytes(12), plaintext, bound)
    return replace(record, ciphertext=ciphertext)


def test_a_header_cut_anywhere_or_with_more_behind_it_is_refused() -> None:
    data = SEALED.header.data
    for end in (0, 7, 8, 40, 48, 49, 60, len(data) - 1):
        with pytest.raises(MalformedSession):
            SessionHeader.from_bytes(data[:end])
    with pytest.raises(MalformedSession):
        SessionHeader.from_bytes(data + b"\x00")


def test_a_suite_of_a_later_format_is_named_as_such() -> None:
    data = bytearray(SEALED.header.data)
    data[49] = 9
    with pytest.raises(UnknownFormat, match="Update"):
        SessionHeader.from_bytes(bytes(data))


def test_a_session_without_recipients_is_not_started() -> None:
    with pytest.raises(ValueError, match="recipients"):
        SealingSession.start(CONSULTATION.id, CONSULTATION.form_hash, DEVICE_ID, ())
