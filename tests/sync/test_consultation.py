import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import rfc8785
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from sync import consultation as packages
from sync.consultation import Card, Consultation, Notice, Options, Side, consultation_id
from sync.errors import ForgedPackage, MalformedPackage, SyncError, UnknownFormat
from sync.signed import Kind, sign_file, unverified_body
from sync.terms import Epochs, Witness, Witnesses, former_keys_until
from sync.wire import Reader, sized
from tests.sync.given import CONSULTATION, ORGANISER_KEY, OTHER_KEY, consultation

DATA = CONSULTATION.data


def test_a_consultation_is_read_as_it_was_published() -> None:
    found = packages.read(DATA)
    assert found == CONSULTATION
    assert found.data == DATA
    assert found.languages == ("fr", "ar")
    assert found.title_in("ar") == "ساحة السوق"
    assert found.title_in("de") == "La place du Marché"


def test_the_id_follows_from_organiser_and_form_and_not_from_the_version() -> None:
    assert consultation(2).id == CONSULTATION.id
    assert len(CONSULTATION.id) == 16
    assert consultation_id(CONSULTATION.organiser_key, "other") != CONSULTATION.id
    assert consultation_id(bytes(32), CONSULTATION.form_id) != CONSULTATION.id


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_any_flipped_byte_is_refused(place: int, change: int) -> None:
    changed = bytearray(DATA)
    changed[place] ^= change
    with pytest.raises((ForgedPackage, UnknownFormat)):
        packages.read(bytes(changed))


@given(st.integers(0, len(DATA) - 1))
def test_a_package_cut_short_is_refused(end: int) -> None:
    with pytest.raises(ForgedPackage, match="Fetch it again"):
        packages.read(DATA[:end])


def test_nobody_publishes_in_another_organisers_name() -> None:
    with pytest.raises(ForgedPackage):
        packages.publish(CONSULTATION, OTHER_KEY)
    body = unverified_body(Kind.PACKAGE, DATA)
    with pytest.raises(ForgedPackage):
        packages.read(sign_file(Kind.PACKAGE, body, OTHER_KEY))


def _changed(change: dict[str, Any], files: bytes | None = None) -> bytes:
    """A package that the organiser signed, with something in its manifest changed."""
    reader = Reader(unverified_body(Kind.PACKAGE, DATA), MalformedPackage)
    manifest = json.loads(reader.sized(1 << 20))
    rest = reader.take(reader.left)
    for path, value in change.items():
        *parents, last = path.split("/")
        inside = manifest
        for parent in parents:
            inside = inside[int(parent) if isinstance(inside, list) else parent]
        inside[int(last) if isinstance(inside, list) else last] = value
    written = rfc8785.dumps(manifest)
    return sign_file(
        Kind.PACKAGE, sized(written) + (rest if files is None else files), ORGANISER_KEY
    )


def test_the_forging_in_these_tests_is_sound() -> None:
    assert packages.read(_changed({})) == CONSULTATION


@pytest.mark.parametrize(
    "change",
    [
        {"version": 0},
        {"version": -1},
        {"version": True},
        {"version": 1e300},
        {"version": "1"},
        {"id": "0" * 16},
        {"form/hash": "0" * 64},
        {"form/id": "other"},
        {"title": {}},
        {"title": []},
        {"title": [["../fr", "x"]]},
        {"title": [["fr"]]},
        {"notice": {"fr": {}}},
        {"notice/fr/cards/0/side": "perhaps"},
        {"notice/fr/who": "x" * 30_000},
        {"opens": "2026-13-40"},
        {"opens": "2026-12-01", "closes": "2026-11-01"},
        {"recipients": []},
        {"recipients/0/suite": 7},
        {"recipients/0/key": "AAAA"},
        {"recipients/0/key": "?"},
        {"options/padding": "none"},
        {"options/traceability": ""},
        {"options/idle_seconds": 1.5},
        {"files/0/size": 3},
        {"files/0/size": -1},
        {"files/0/size": 1 << 40},
        {"files/0/sha256": "0" * 64},
        {"files/0/name": "form.xsl"},
        {"files/2/name": "form.xml"},
        {"files/2/name": "media/../../etc/passwd"},
        {"files/2/name": "media/a/b.png"},
        {"files/2/name": "media/a\\b.png"},
        {"files/2/name": "media/.."},
        {"files/2/name": "media/.hidden"},
        {"files/2/name": "media/"},
        {"files/2/name": "media/a\nb"},
        {"files/2/name": "media/" + "n" * 300},
        {"files": {}},
        {"files": []},
    ],
    ids=str,
)
def test_a_signed_package_that_breaks_the_format_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SyncError):
        packages.read(_changed(change))


WITNESS = Witness("witness.example/a", bytes(range(32)))


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": {"interval": -1}},
        {"epochs": {"interval": 1 << 40}},
        {"epochs": {"interval": 1.5}},
        {"epochs": {"interval": True}},
        {"epochs": {"at_least": 0}},
        {"epochs": []},
        {"epochs": None},
        {"witnesses": {"keys": [WITNESS.verifier_key], "quorum": 0}},
        {"witnesses": {"keys": [WITNESS.verifier_key], "quorum": 2}},
        {"witnesses": {"keys": [WITNESS.verifier_key]}},
        {"witnesses": {"keys": [WITNESS.verifier_key] * 2, "quorum": 1}},
        {"witnesses": {"keys": [], "quorum": 1}},
        {"witnesses": {"keys": "abc", "quorum": 1}},
        {"witnesses": {"keys": ["a+b+c"], "quorum": 1}},
        {"witnesses": {"keys": ["é+b+c"], "quorum": 1}},
        {"witnesses": {"keys": [WITNESS.verifier_key.replace("/a", "/b")], "quorum": 1}},
        {"witnesses": {"keys": [7], "quorum": 1}},
        {"former_keys_until": "2026-02-30"},
        {"former_keys_until": 20_000},
    ],
    ids=str,
)
def test_terms_that_cannot_be_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SyncError):
        packages.read(_changed(change))


def test_a_package_of_before_has_the_usual_terms_and_the_same_bytes_as_ever() -> None:
    assert CONSULTATION.epochs == Epochs(interval=3_600, at_least=11)
    assert CONSULTATION.witnesses == Witnesses()
    assert CONSULTATION.former_keys_until is None
    for member in (b'"epochs"', b'"witnesses"', b'"former_keys_until"'):
        assert member not in DATA


@given(
    st.builds(Epochs, st.integers(0, 31_622_400), st.integers(1, 1_000_000)),
    st.sets(st.binary(min_size=32, max_size=32), max_size=3),
    st.none() | st.dates(),
)
def test_a_package_is_read_with_the_terms_that_it_was_published_with(
    epochs: Epochs, keys: set[bytes], until: date | None
) -> None:
    named = tuple(Witness(f"witness{at}.example", key) for at, key in enumerate(sorted(keys)))
    terms = Witnesses(named, len(named))
    said = replace(CONSULTATION, epochs=epochs, witnesses=terms, former_keys_until=until)
    assert packages.read(packages.publish(said, ORGANISER_KEY).data) == said


def test_a_term_that_nobody_knows_yet_is_passed_over() -> None:
    assert packages.read(_changed({"epochs": {"later": 1}, "still-later": {}})) == CONSULTATION


def test_keys_of_an_older_version_are_taken_for_thirty_days_unless_the_package_says_when() -> None:
    published = date(2026, 12, 15)
    assert former_keys_until(None, published) == date(2027, 1, 14)
    assert former_keys_until(date(2026, 12, 20), published) == date(2026, 12, 20)


def test_a_witness_is_written_as_the_tools_of_that_field_write_it() -> None:
    assert Witness.parse(WITNESS.verifier_key) == WITNESS
    name, hashed, key = WITNESS.verifier_key.split("+", 2)
    assert (name, len(hashed), len(key)) == (WITNESS.name, 8, 44)


def test_files_that_would_grow_beyond_what_is_stated_are_refused_unexpanded() -> None:
    with pytest.raises(MalformedPackage):
        packages.read(_changed({}, zstandard.compress(bytes(1 << 27))))
    with pytest.raises(MalformedPackage):
        packages.read(_changed({}, b"nothing of zstd"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"version": 0}, "version"),
        ({"title": {}}, "title"),
        ({"recipients": ()}, "recipients"),
        ({"opens": date(2026, 12, 1), "closes": date(2026, 11, 1)}, "closes before"),
        ({"media": {"../a.png": b""}}, "Rename"),
        ({"dictionary": bytes(300_000)}, "256 KiB"),
        ({"title": {"fr": "\ud800"}}, "Unicode"),
        ({"title": {"fr": "x" * (1 << 21)}}, "1 MiB"),
        ({"media": {"a.wav": bytes(65 << 20)}}, "64 MiB"),
        ({"notice": {"fr": Notice("", "", "", "", "", (Card(Side.FACT, "", ""),) * 99)}}, "cards"),
        ({"organiser": "x" * 20_001}, "No device would read"),
        ({"options": Options(idle_seconds=-1)}, "No device would read"),
        ({"form_id": "x" * 30_000}, "No device would read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_breaks_the_limits_is_named_when_it_is_published(
    wrong: dict[str, Any], told: str
) -> None:
    with pytest.raises(MalformedPackage, match=told):
        packages.publish(replace(CONSULTATION, **wrong), ORGANISER_KEY)


def test_a_consultation_is_open_from_its_first_to_its_last_day() -> None:
    dated: Consultation = replace(CONSULTATION, opens=date(2026, 11, 1), closes=date(2026, 11, 30))
    assert packages.read(packages.publish(dated, ORGANISER_KEY).data).closes == date(2026, 11, 30)
    assert not dated.is_open(date(2026, 10, 31))
    assert dated.is_open(date(2026, 11, 1))
    assert dated.is_open(date(2026, 11, 30))
    assert not dated.is_open(date(2026, 12, 1))
    assert CONSULTATION.is_open(date(1970, 1, 1))


def test_a_later_parvis_may_add_to_the_manifest_what_this_one_may_ignore() -> None:
    assert packages.read(_changed({"options/new": 3, "later": {}})) == CONSULTATION
