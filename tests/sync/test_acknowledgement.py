import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sync import acknowledgement
from sync.acknowledgement import Verdict, acknowledge
from sync.errors import ForgedAcknowledgement, SyncError, UnknownFormat
from sync.keys import signing_key_id
from sync.signed import Kind, sign_file
from tests.sync.given import DEVICE_KEY, OTHER_KEY, SERVER, SERVER_KEY

NAME = bytes(range(32)).hex()
DATA = acknowledge(
    NAME, [Verdict.STORED] * 3 + [Verdict.DUPLICATE, Verdict.OTHER_BYTES], SERVER_KEY
)


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
