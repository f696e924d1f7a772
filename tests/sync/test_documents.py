"""What else than contributions is sealed: written, read, sealed, carried, and never mixed up."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from sync import batch
from sync.batch import Section
from sync.contribution import canonical, commitment
from sync.documents import (
    Count,
    Document,
    Keying,
    MeetingLog,
    MeetingRecord,
    Operation,
    Phase,
    Signature,
    read_document,
)
from sync.envelope import Opener, SealingSession
from sync.errors import ForgedRecord, MalformedContribution, SyncError, WrongRecipient
from sync.provenance import Unread
from sync.record_kind import RecordKind
from tests.sync.documents import DOCUMENTS, FORM, SIGNATURE
from tests.sync.given import (
    CONSULTATION,
    DEVICE,
    DEVICE_ID,
    DEVICE_KEY,
    GUARANTOR,
    MOMENT,
    RECIPIENT,
    said,
)

by_kind = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.kind.name.lower())

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(0, (1 << 53) - 1)
pairs = st.lists(st.tuples(words, words), max_size=3).map(tuple)
unread = st.lists(st.tuples(words, st.sampled_from(Unread)), max_size=3).map(tuple)
named = st.dictionaries(words, words, max_size=3).map(lambda one: tuple(sorted(one.items())))
documents = st.one_of(
    st.builds(Signature, *map(st.just, FORM), words, words, words, words),
    st.builds(Keying, *map(st.just, FORM), words, words, words, numbers, pairs, unread),
    st.builds(
        MeetingLog,
        *map(st.just, FORM),
        words,
        words,
        numbers,
        st.lists(st.builds(Operation, numbers, words, named), max_size=3).map(tuple),
    ),
    st.builds(
        MeetingRecord,
        *map(st.just, FORM),
        words,
        words,
        words,
        st.lists(st.builds(Phase, words, numbers, numbers, words), max_size=2).map(tuple),
        st.lists(st.tuples(numbers, numbers), max_size=2).map(tuple),
        st.lists(
            st.builds(
                Count,
                words,
                words,
                numbers,
                st.lists(st.tuples(words, numbers), max_size=2).map(tuple),
                st.none() | numbers,
            ),
            max_size=2,
        ).map(tuple),
        st.lists(st.tuples(words, words, words), max_size=2).map(tuple),
    ),
)


@given(documents)
def test_a_document_is_read_as_it_was_written(document: Document) -> None:
    written = document.to_json()
    assert read_document(document.kind, written) == document
    assert [name for name, _ in document.leaves()][:2] == ["form", "kind"]


@by_kind
def test_what_a_document_says_beside_what_is_known_is_refused(document: Document) -> None:
    said_more = json.loads(document.to_json())
    for change in ({"later": 1}, {"parvis": 3}, {"kind": "contribution"}, {"form": None}):
        with pytest.raises(MalformedContribution):
            read_document(document.kind, rfc8785.dumps({**said_more, **change}))
    for name in said_more:
        less = {other: value for other, value in said_more.items() if other != name}
        with pytest.raises(MalformedContribution):
            read_document(document.kind, rfc8785.dumps(less))


@by_kind
@given(st.data())
def test_no_nonsense_brings_the_reader_down(document: Document, data: st.DataObject) -> None:
    changed = json.loads(document.to_json())
    name = data.draw(st.sampled_from(sorted(changed)))
    junk = st.none() | st.booleans() | st.integers(-9, 9) | st.just("x") | st.just([[1]])
    value: object = data.draw(junk | st.just([{}]) | st.just({"a": 1}))
    if changed[name] == value or (name in ("fields", "unread") and value == []):
        return
    written = canonical({**changed, name: value})
    try:
        read = read_document(document.kind, written)
    except SyncError as error:
        assert str(error)
    else:
        assert read.to_json() == written


@pytest.mark.parametrize("kind", [0, 1, 9, 127])
def test_a_kind_that_is_no_document_is_named(kind: int) -> None:
    with pytest.raises(MalformedContribution, match="Update"):
        read_document(kind, SIGNATURE.to_json())


def test_a_log_names_what_belongs_to_an_operation_once() -> None:
    with pytest.raises(MalformedContribution, match="once"):
        Operation(0, "line", (("text", "a"), ("text", "b")))


def session(kind: RecordKind) -> SealingSession:
    return SealingSession.start(
        CONSULTATION.id, CONSULTATION.form_hash, DEVICE_ID, CONSULTATION.recipients, kind=kind
    )


@by_kind
def test_a_document_travels_sealed_and_its_recipients_read_it(document: Document) -> None:
    sealing = session(document.kind)
    sealed = sealing.seal(document)
    assert sealed.kind == document.kind
    data = batch.build(
        device_key=DEVICE_KEY,
        consultation=CONSULTATION.id,
        sequence=0,
        previous=bytes(32),
        formed=MOMENT,
        sections=[Section(sealing.header, (sealed.record,), sealed.kind)],
        version=2,
    )
    [section] = batch.read(data, DEVICE).sections
    for keys in (RECIPIENT, GUARANTOR):
        opened = (
            Opener([keys])
            .open_session(
                section.header,
                consultation=CONSULTATION.id,
                device_key_id=DEVICE_ID,
                kind=section.kind,
            )
            .open_document(section.records[0])
        )
        assert opened.document == document
        assert opened.faithful
        assert opened.commitment == commitment(document, opened.seed)


def test_a_ballots_slip_is_a_contribution_of_its_own_kind() -> None:
    sealing = session(RecordKind.BALLOT)
    record = sealing.seal(said("un banc")).record
    opened = Opener([RECIPIENT]).open_session(
        sealing.header,
        consultation=CONSULTATION.id,
        device_key_id=DEVICE_ID,
        kind=RecordKind.BALLOT,
    )
    assert opened.open(record).contribution == said("un banc")


def test_nothing_opens_as_another_kind_whatever_the_batch_says() -> None:
    sealing = session(RecordKind.BALLOT)
    sealing.seal(said("un banc"))
    for kind in (RecordKind.CONTRIBUTION, RecordKind.SIGNATURE):
        with pytest.raises((WrongRecipient, ForgedRecord)):
            Opener([RECIPIENT]).open_session(
                sealing.header,
                consultation=CONSULTATION.id,
                device_key_id=DEVICE_ID,
                kind=kind,
            )


def test_a_session_seals_what_is_of_its_kind() -> None:
    for sealing, wrong in (
        (session(RecordKind.CONTRIBUTION), SIGNATURE),
        (session(RecordKind.KEYING), SIGNATURE),
        (session(RecordKind.SIGNATURE), said("oui")),
    ):
        with pytest.raises(MalformedContribution, match="another kind"):
            sealing.seal(wrong)


def test_every_part_of_a_document_counts_in_its_commitment() -> None:
    seed = bytes(32)
    others = [
        SIGNATURE,
        replace(SIGNATURE, drawn="M1 1"),
        replace(SIGNATURE, wording="3"),
        replace(SIGNATURE, form_version="2"),
    ]
    assert len({commitment(one, seed) for one in others}) == len(others)
