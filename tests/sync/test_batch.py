from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import batch
from sync.batch import LARGEST_BATCH, Batch, Moment, Section
from sync.envelope import Opener
from sync.errors import (
    ForgedBatch,
    MalformedBatch,
    SyncError,
    TruncatedBatch,
    UnknownFormat,
)
from sync.keys import signing_key_id
from sync.record_kind import RecordKind, is_registered
from sync.signed import Kind, sign_file, version_of
from tests.sync.given import (
    CONSULTATION,
    DEVICE,
    DEVICE_ID,
    DEVICE_KEY,
    MOMENT,
    OTHER_KEY,
    RECIPIENT,
    SERVER_KEY,
    section,
    signed_batch,
)

ONE, TWO = section("oui", "non", "peut-être"), section("plus tard")
DATA = signed_batch(ONE, TWO)

NEWER = batch.build(
    device_key=DEVICE_KEY,
    consultation=CONSULTATION.id,
    sequence=3,
    previous=bytes(range(32)),
    formed=MOMENT,
    sections=[ONE, replace(TWO, kind=RecordKind.BALLOT)],
    checkpoint=b"parvis/X\n12\n",
    version=2,
)


def read(data: bytes) -> Batch:
    return batch.read(data, DEVICE)


def body_of(data: bytes) -> bytes:
    return data[12:-64]


def test_a_batch_is_read_as_it_was_built() -> None:
    found = read(DATA)
    assert found.device_key_id == batch.claimed_device(DATA) == DEVICE_ID
    assert (found.consultation, found.sequence, found.formed) == (CONSULTATION.id, 0, MOMENT)
    assert found.sections == (ONE, TWO)
    assert list(found.records) == [*ONE.records, *TWO.records]
    assert found.name == batch.name_of(DATA)


def test_its_recipient_reads_every_contribution_of_a_batch() -> None:
    opener = Opener([RECIPIENT])
    answers = []
    for one in read(DATA).sections:
        session = opener.open_session(
            one.header, consultation=CONSULTATION.id, device_key_id=DEVICE_ID
        )
        answers += [session.open(record).contribution.fields[0][1] for record in one.records]
    assert answers == ["oui", "non", "peut-être", "plus tard"]


@pytest.mark.parametrize("data", [DATA, NEWER], ids=["version 1", "version 2"])
@given(st.data())
def test_any_flipped_byte_is_refused(data: bytes, draw: st.DataObject) -> None:
    changed = bytearray(data)
    changed[draw.draw(st.integers(0, len(data) - 1))] ^= draw.draw(st.integers(1, 255))
    with pytest.raises((ForgedBatch, UnknownFormat, TruncatedBatch)):
        read(bytes(changed))


def test_a_batch_says_which_checkpoint_its_device_saw_and_of_which_kind_its_records_are() -> None:
    found = read(NEWER)
    assert (found.version, found.checkpoint) == (2, b"parvis/X\n12\n")
    assert [section.kind for section in found.sections] == [0, RecordKind.BALLOT]
    assert batch.claimed_device(NEWER) == DEVICE_ID
    assert batch.device_named_in(NEWER[: batch.DEVICE_NAMED_BY]) == DEVICE_ID


def test_a_batch_of_before_says_neither() -> None:
    assert (read(DATA).version, read(DATA).checkpoint) == (1, b"")
    assert {section.kind for section in read(DATA).sections} == {RecordKind.CONTRIBUTION}


def test_nothing_but_contributions_goes_into_a_batch_of_before() -> None:
    with pytest.raises(ValueError, match="version 1"):
        signed_batch(replace(ONE, kind=RecordKind.SIGNATURE))


@given(st.binary(max_size=200), st.lists(st.integers(0, 127), min_size=1, max_size=3))
def test_a_batch_of_version_2_is_read_as_it_was_built(note: bytes, kinds: list[int]) -> None:
    sections = tuple(
        replace(section_, kind=kind) for section_, kind in zip((ONE, TWO), kinds, strict=False)
    )
    data = batch.build(
        device_key=DEVICE_KEY,
        consultation=CONSULTATION.id,
        sequence=0,
        previous=bytes(32),
        formed=MOMENT,
        sections=sections,
        checkpoint=note,
        version=2,
    )
    assert read(data).sections == sections
    assert read(data).checkpoint == note


def test_kinds_that_nobody_knows_yet_are_registered_or_not_by_their_number() -> None:
    known = {kind for kind in RecordKind if is_registered(kind)}
    assert known == {RecordKind.CONTRIBUTION, RecordKind.BALLOT, RecordKind.MEETING}
    assert [is_registered(kind) for kind in (15, 16, 127)] == [True, False, False]


@given(st.integers(0, len(DATA) - 1))
def test_a_batch_cut_short_anywhere_is_named_so(end: int) -> None:
    with pytest.raises(TruncatedBatch, match="Send or copy it again"):
        read(DATA[:end])


def test_a_batch_with_more_behind_it_is_refused() -> None:
    with pytest.raises(ForgedBatch):
        read(DATA + b"\x00")


def test_a_batch_of_another_device_is_refused() -> None:
    with pytest.raises(ForgedBatch):
        read(signed_batch(ONE, key=OTHER_KEY))
    with pytest.raises(ForgedBatch):
        batch.read(DATA, OTHER_KEY.public_key())


def test_a_batch_that_names_another_device_than_its_signer_is_refused() -> None:
    other = signing_key_id(OTHER_KEY.public_key())
    forged = sign_file(Kind.BATCH, other + body_of(DATA)[8:], DEVICE_KEY)
    with pytest.raises(ForgedBatch):
        read(forged)


@pytest.mark.parametrize(
    "data",
    [
        b"PARVISB\x00" + DATA[8:],
        b"<html>Bienvenue</html>",
        b"PARVISA" + DATA[7:],
        b"PARVISB\x03" + DATA[8:],
    ],
)
def test_a_file_of_another_kind_or_version_is_named_so(data: bytes) -> None:
    with pytest.raises(UnknownFormat):
        read(data)


def test_a_batch_of_one_version_does_not_pass_for_one_of_the_other() -> None:
    for data, other in ((DATA, b"\x02"), (NEWER, b"\x01")):
        with pytest.raises(ForgedBatch):
            read(data[:7] + other + data[8:])


def test_a_signature_made_for_something_else_does_not_serve_a_batch() -> None:
    unsigned = DATA[:-64]
    for label in (b"", b"parvis/1 consultation\x00", b"parvis/1 receipt\x00"):
        with pytest.raises(ForgedBatch):
            read(unsigned + DEVICE_KEY.sign(label + unsigned))
    with pytest.raises(ForgedBatch):
        read(unsigned + SERVER_KEY.sign(Kind.BATCH.label() + unsigned))


def _signed(body: bytes) -> bytes:
    return sign_file(Kind.BATCH, body, DEVICE_KEY)


HEAD = len(body_of(DATA)) - len(ONE.data) - len(TWO.data) - 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        body_of(DATA)[:-1],
        body_of(DATA) + b"\x00",
        body_of(DATA)[:HEAD] + b"\x00",
        body_of(DATA)[:HEAD] + b"\x01" + ONE.header.data + bytes(8),
        body_of(DATA)[:HEAD] + b"\x02" + ONE.data + ONE.data,
        body_of(DATA)[:HEAD] + b"\xff\xff\xff\x7f",
        body_of(DATA)[:8] + b"\x02\xff\xfe" + body_of(DATA)[25:],
    ],
    ids=[
        "empty",
        "short",
        "long",
        "no session",
        "no record",
        "one session twice",
        "millions of sessions",
        "consultation not ASCII",
    ],
)
def test_what_a_device_signed_and_yet_breaks_the_format_is_named_so(body: bytes) -> None:
    with pytest.raises((MalformedBatch, ForgedBatch)):
        read(_signed(body))


@pytest.mark.parametrize("data", [DATA, NEWER], ids=["version 1", "version 2"])
@given(st.data())
def test_no_signed_nonsense_brings_the_reader_down(data: bytes, draw: st.DataObject) -> None:
    body = bytearray(body_of(data))
    body[draw.draw(st.integers(0, len(body) - 1))] = draw.draw(st.integers(0, 255))
    try:
        read(sign_file(Kind.BATCH, bytes(body), DEVICE_KEY, version_of(data)))
    except SyncError as error:
        assert str(error)


def test_a_stated_length_beyond_the_limit_is_refused() -> None:
    claimed = DATA[:8] + (LARGEST_BATCH + 1).to_bytes(4, "big") + DATA[12:]
    with pytest.raises(ForgedBatch):
        read(claimed)


def test_a_batch_larger_than_the_limit_is_not_built() -> None:
    record = replace(ONE.records[0], ciphertext=bytes(LARGEST_BATCH))
    with pytest.raises(ValueError, match="over"):
        signed_batch(Section(ONE.header, (record,)))


def test_a_moment_keeps_hours_and_a_mark_that_says_nothing_of_the_kernels_boot_id() -> None:
    one = Moment.of("3b2f", 3_599.0, 7_300.0, DEVICE_ID)
    assert (one.awake, one.wall) == (0, 2)
    assert one.boot == Moment.of("3b2f", 9_999.0, -5.0, DEVICE_ID).boot
    assert one.boot != Moment.of("3b2f", 3_599.0, 7_300.0, bytes(8)).boot
    assert one.boot != Moment.of("77aa", 3_599.0, 7_300.0, DEVICE_ID).boot


def test_a_clock_before_1970_does_not_stop_a_batch() -> None:
    assert Moment.of("3b2f", 0.0, -86_400.0, DEVICE_ID).wall == 0
