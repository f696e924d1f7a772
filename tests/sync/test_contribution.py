from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.contribution import (
    Agreement,
    Contribution,
    Given,
    Mode,
    commitment,
    contribution_id,
    instance_id,
    joined_commitment,
    leaf_hash,
    leaf_salt,
    salted_hash,
    without_instance_id,
)
from sync.errors import MalformedContribution
from sync.provenance import MeetingLine, Paper, Unread
from sync.receipt import receipt_code
from tests.sync.documents import ON_PAPER, SHEET
from tests.sync.given import said

SEED = bytes(range(32))
unicode_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(st.lists(unicode_text, max_size=6), st.sampled_from([Mode.SELF, Mode.PAPER, Mode.ASSISTED]))
def test_a_contribution_is_read_as_it_was_written(answers: list[str], mode: Mode) -> None:
    contribution = said(*answers, mode=mode)
    assert Contribution.from_json(contribution.to_json()) == contribution


@pytest.mark.parametrize(
    "change",
    [
        (b'"mode":"self"', b'"mode":"selves"'),
        (b'"parvis":1', b'"parvis":2'),
        (b'"parvis":1', b'"parvis":1,"z":0'),
        (b'"parvis":1', b'"parvis": 1'),
        (b'["/data/answer[1]","oui"]', b'["/data/answer[1]","oui",""]'),
        (b'["/data/answer[1]","oui"]', b'["/data/answer[1]",3]'),
        (b'"language":"fr"', b'"language":null'),
        (b'"hash":"', b'"hash":"00'),
        (b"}", b""),
    ],
)
def test_anything_but_its_canonical_form_is_refused(change: tuple[bytes, bytes]) -> None:
    written = said("oui").to_json()
    changed = written.replace(*change)
    assert changed != written
    with pytest.raises(MalformedContribution):
        Contribution.from_json(changed)


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
papers = st.builds(
    Paper,
    words,
    words | st.just(""),
    st.integers(2, 9),
    st.lists(words, max_size=3).map(tuple),
    st.lists(st.tuples(words, st.sampled_from(Unread)), max_size=3).map(tuple),
)
lines = st.builds(MeetingLine, words, words, st.just("A:1"), words.filter(lambda one: one != "A:1"))
aliases = st.just("") | st.binary(min_size=16, max_size=16).map(receipt_code)
agreements = st.builds(
    Agreement,
    st.just("2026-11-21"),
    words,
    st.just(""),
    words,
    st.sampled_from(Given),
    st.none() | st.integers(0, 23),
    words,
    st.sampled_from(["", "ar"]),
)


@given(st.data(), papers, lines, aliases, agreements)
def test_where_it_comes_from_is_read_as_it_was_written(
    data: st.DataObject, paper: Paper, line: MeetingLine, alias: str, agreement: Agreement
) -> None:
    helped = said("oui", mode=Mode.ASSISTED)
    assert helped.assistance is not None
    contribution = data.draw(
        st.sampled_from(
            [
                replace(said("oui", mode=Mode.PAPER), paper=paper, alias=alias),
                replace(said("oui", mode=Mode.MEETING), meeting=line),
                replace(helped, assistance=replace(helped.assistance, agreement=agreement)),
            ]
        )
    )
    written = contribution.to_json()
    assert b'"parvis":2' in written
    assert Contribution.from_json(written) == contribution
    assert commitment(contribution, SEED) != commitment(said("oui", mode=Mode.PAPER), SEED)


def test_what_says_nothing_new_is_written_as_ever() -> None:
    for mode in (Mode.SELF, Mode.ASSISTED, Mode.PAPER, Mode.MEETING):
        written = said("oui", mode=mode).to_json()
        assert b'"parvis":1' in written
        for member in (b"paper", b"meeting", b"alias", b"hour", b"pseudonym"):
            assert b'"' + member + b'":' not in written


@pytest.mark.parametrize(
    "change",
    [
        (b'"parvis":2', b'"parvis":1'),
        (b'"parvis":2', b'"parvis":3'),
        (b'"keyings":2', b'"keyings":true'),
        (b'"keyings":2', b'"keyings":0'),
        (b'"keyings":2', b'"keyings":1'),
        (b'"keyings":2', b'"keyings":2,"later":1'),
        (b'"sheet":"0057-4"', b'"sheet":["0057-4"]'),
        (b'"sheet":"0057-4"', b'"sheet":""'),
        (b'"settled":["/data/answer[1]"]', b'"settled":[1]'),
        (b'"settled":["/data/answer[1]"]', b'"settled":"/"'),
        (b'"illegible"', b'"torn"'),
        (b'"mode":"paper"', b'"mode":"self"'),
        (b'"mode":"paper"', b'"meeting":{},"mode":"paper"'),
        (b'"alias":"0000', b'"alias":"1000'),
        (b'"alias":"0000-', b'"alias":"0000'),
        (b'"alias":"0000-0000-0000"', b'"alias":0'),
    ],
    ids=str,
)
def test_a_sheet_that_breaks_the_format_is_refused(change: tuple[bytes, bytes]) -> None:
    written = ON_PAPER.to_json()
    changed = written.replace(*change)
    assert changed != written
    with pytest.raises(MalformedContribution):
        Contribution.from_json(changed)


def test_sheet_meeting_and_stub_are_leaves_that_can_each_be_left_out() -> None:
    names = [name for name, _ in ON_PAPER.leaves()]
    assert names[:5] == ["form", "language", "mode", "alias", "paper"]
    line = replace(said("oui", mode=Mode.MEETING), meeting=MeetingLine("M", "1", "A:2", "B:1"))
    assert [name for name, _ in line.leaves()][:4] == ["form", "language", "mode", "meeting"]


def test_what_cannot_be_is_not_even_made() -> None:
    with pytest.raises(MalformedContribution, match="paper"):
        replace(said("oui"), paper=SHEET)
    with pytest.raises(MalformedContribution, match="meeting"):
        replace(said("oui"), meeting=MeetingLine("M"))
    with pytest.raises(MalformedContribution, match="not both"):
        Agreement("2026-11-21", "", "Samia", "2", Given.SPOKEN, pseudonym="M-07")
    with pytest.raises(MalformedContribution, match="hours"):
        Agreement("2026-11-21", "", "", "2", Given.SPOKEN, hour=24)
    with pytest.raises(MalformedContribution, match="longer"):
        replace(said("oui", mode=Mode.PAPER), paper=Paper("9" * 2_000)).to_json()


@pytest.mark.parametrize("data", [b"", b"[]", b"3", b"\xff", b"[" * 100_000, b'{"form":3}'])
def test_what_is_no_contribution_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedContribution):
        Contribution.from_json(data)


def test_a_contribution_that_is_too_large_is_refused_with_a_sentence() -> None:
    with pytest.raises(MalformedContribution, match="1 MiB"):
        said("a" * (1 << 20)).to_json()


def test_a_text_that_is_not_unicode_is_refused_with_a_sentence() -> None:
    with pytest.raises(MalformedContribution, match="Unicode"):
        said("\ud800").to_json()
    with pytest.raises(MalformedContribution, match="Unicode"):
        commitment(said("\ud800"), SEED)


def test_agreement_goes_with_assistance_and_only_with_it() -> None:
    with pytest.raises(MalformedContribution, match="agreement"):
        replace(said("oui"), mode=Mode.ASSISTED)
    with pytest.raises(MalformedContribution, match="alone"):
        replace(said("oui", mode=Mode.ASSISTED), mode=Mode.SELF)


def test_a_commitment_changes_with_anything_that_was_said_and_how() -> None:
    base = said("oui", "non", mode=Mode.ASSISTED)
    assert base.assistance is not None
    others = [
        said("oui", "non!", mode=Mode.ASSISTED),
        said("non", "oui", mode=Mode.ASSISTED),
        said("oui", mode=Mode.ASSISTED),
        replace(base, language="ar"),
        replace(base, form_hash="0" * 64),
        replace(base, form_version="2"),
        replace(base, assistance=replace(base.assistance, read_back=False)),
        said("oui", "non"),
    ]
    commitments = {commitment(one, SEED) for one in [base, *others]}
    assert len(commitments) == 1 + len(others)
    assert commitment(base, SEED) != commitment(base, bytes(32))


def test_a_field_can_be_left_out_and_the_others_still_proved() -> None:
    contribution = said("Je m'appelle Zoé", "plus d'arbres")
    leaves = contribution.leaves()
    hidden = next(place for place, (_, value) in enumerate(leaves) if "Zoé" in value)
    published = [
        (leaf_salt(SEED, place), leaf) for place, leaf in enumerate(leaves) if place != hidden
    ]
    hashes = [salted_hash(salt, leaf) for salt, leaf in published]
    hashes.insert(hidden, leaf_hash(SEED, hidden, leaves[hidden]))
    assert joined_commitment(hashes) == commitment(contribution, SEED)


def test_an_id_belongs_to_one_consultation() -> None:
    committed = commitment(said("oui"), SEED)
    assert contribution_id("A" * 16, committed) != contribution_id("B" * 16, committed)


def test_the_instance_id_follows_from_the_contributions_id() -> None:
    fields = [("/data/a", "1"), ("/data/meta/instanceID", "uuid:x"), ("/data/meta/start", "now")]
    assert without_instance_id(fields) == (("/data/a", "1"), ("/data/meta/start", "now"))
    assert instance_id(bytes(range(16))) == "uuid:00010203-0405-0607-0809-0a0b0c0d0e0f"
