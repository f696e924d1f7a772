from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.contribution import (
    Contribution,
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
