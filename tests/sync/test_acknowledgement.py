import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sync import acknowledgement
from sync.acknowledgement import Verdict, acknowledge, acknowledge_again
from sync.errors import ForgedAcknowledgement, SyncError, UnknownFormat
from sync.keys import signing_key_id
from sync.signed import Kind, sign_file
from tests.sync.given import DEVICE_KEY, OTHER_KEY, SERVER, SERVER_KEY

NAME = bytes(range(32)).hex()
DATA = acknowledge(
    NAME, [Verdict.STORED] * 3 + [Verdict.DUPLICATE, Verdict.OTHER_BYTES], SERVER_KEY
)

PROMISED = acknowledge(NAME, [Verdict.STORED], SERVER_KEY, published_by=1_795_262_400, version=2)


@given(
    st.lists(st.sampled_from(Verdict), max_size=60),
    st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), max_size=3),
    st.integers(0, (1 << 63) - 1),
)
def test_an_acknowledgement_says_by_when_the_register_will_hold_it(
    verdicts: list[Verdict], awaited: list[str], published_by: int
) -> None:
    data = acknowledge(NAME, verdicts, SERVER_KEY, awaited, published_by=published_by, version=2)
    found = acknowledgement.read(data, SERVER)
    assert (found.version, found.published_by) == (2, published_by)
    assert (found.verdicts, found.awaited) == (tuple(verdicts), tuple(awaited))
    assert acknowledge_again(found, SERVER_KEY) == data


def test_a_device_of_before_is_answered_in_what_it_reads() -> None:
    word = acknowledge(NAME, [Verdict.STORED], SERVER_KEY, published_by=1_795_262_400)
    assert word == acknowledge(NAME, [Verdict.STORED], SERVER_KEY)
    found = acknowledgement.read(word, SERVER)
    assert (found.version, found.published_by) == (1, 0)


def test_an_acknowledgement_of_one_version_does_not_pass_for_one_of_the_other() -> None:
    for data, other in ((DATA, b"\x02"), (PROMISED, b"\x01")):
        with pytest.raises(ForgedAcknowledgement):
            acknowledgement.read(data[:7] + other + data[8:], SERVER)


@given(st.lists(st.sampled_from(Verdict), max_size=60))
def test_an_acknowledgement_is_read_as_it_was_made(verdicts: list[Verdict]) -> None:
    found = acknowledgement.read(acknowledge(NAME, verdicts, SERVER_KEY), SERVER)
    assert found.batch == NAME
    assert found.verdicts == tuple(verdicts)
    assert found.server_key_id == signing_key_id(SERVER)


def test_500_stored_records_are_acknowledged_in_120_bytes() -> None:
    assert len(acknowledge(NAME, [Verdict.STORED] * 500, SERVER_KEY)) <= 120


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_any_flipped_byte_is_refused(place: int, change: int) -> None:
    changed = bytearray(DATA)
    changed[place] ^= change
    with pytest.raises((ForgedAcknowledgement, UnknownFormat)):
        acknowledgement.read(bytes(changed), SERVER)


@pytest.mark.parametrize("end", [0, 1, 11, 12, 60, len(DATA) - 1])
def test_an_acknowledgement_cut_short_is_refused(end: int) -> None:
    with pytest.raises(ForgedAcknowledgement):
        acknowledgement.read(DATA[:end], SERVER)


def test_a_captive_portals_page_acknowledges_nothing() -> None:
    with pytest.raises(SyncError):
        acknowledgement.read(b"<html><body>Welcome to our free Wi-Fi</body></html>", SERVER)


@pytest.mark.parametrize("key", [DEVICE_KEY, OTHER_KEY])
def test_nobody_but_the_server_acknowledges(key: Ed25519PrivateKey) -> None:
    forged = acknowledge(NAME, [Verdict.STORED], key)
    with pytest.raises(ForgedAcknowledgement, match="captive portal"):
        acknowledgement.read(forged, SERVER)


def test_a_run_longer_than_any_batch_is_refused() -> None:
    runs = b"\x01" + b"\x00" + b"\xff\xff\xff\xff\x07"
    body = bytes.fromhex(NAME) + signing_key_id(SERVER) + runs
    with pytest.raises(ForgedAcknowledgement):
        acknowledgement.read(sign_file(Kind.ACKNOWLEDGEMENT, body, SERVER_KEY), SERVER)


def test_a_verdict_of_a_later_server_keeps_the_contribution_on_the_device() -> None:
    runs = b"\x01" + b"\x63" + b"\x02"
    body = bytes.fromhex(NAME) + signing_key_id(SERVER) + runs
    found = acknowledgement.read(sign_file(Kind.ACKNOWLEDGEMENT, body, SERVER_KEY), SERVER)
    assert [one.quarantined for one in found.verdicts] == [True, True]
