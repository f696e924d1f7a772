from dataclasses import replace
from datetime import date

import pytest
import qrcode
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import ForgedReceipt, MistypedCode, UnfitAddress
from sync.receipt import LONGEST_ADDRESS, Receipt, read_code, receipt_code
from tests.sync.given import CONSULTATION, DEVICE, DEVICE_KEY, OTHER_KEY

COMMITMENT = bytes(range(32))
NOON = 1_795_262_400.0  # 2026-11-21 12:00 UTC
RECEIPT = Receipt.promise(CONSULTATION.id, COMMITMENT, DEVICE_KEY, NOON)
ADDRESS = "https://participer.montreuil-sur-mer.example"
PAYLOAD = RECEIPT.qr_payload(ADDRESS)


def test_a_receipt_promises_a_commitment_and_a_day_and_nothing_finer() -> None:
    RECEIPT.verify(DEVICE)
    assert RECEIPT.day == date(2026, 11, 21)
    assert Receipt.promise(CONSULTATION.id, COMMITMENT, DEVICE_KEY, NOON + 3_600) == RECEIPT


def test_a_receipt_is_read_back_from_its_qr_code() -> None:
    found = Receipt.from_qr(PAYLOAD)
    assert found == RECEIPT
    found.verify(DEVICE)


def test_the_qr_code_leads_to_the_servers_page_on_this_contribution() -> None:
    address, _, promise = PAYLOAD.rpartition("/")
    assert address == "HTTPS://PARTICIPER.MONTREUIL-SUR-MER.EXAMPLE/R"
    assert promise.isalnum()
    assert promise.isupper()


@pytest.mark.parametrize(
    "address",
    [
        "https://" + "a" * (LONGEST_ADDRESS - 8),
        "https://a.example/" + "b" * (LONGEST_ADDRESS - 18),
        "http://192.168.100.100:8000/",
    ],
)
def test_the_qr_code_of_the_longest_address_is_at_most_version_10(address: str) -> None:
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M)
    code.add_data(RECEIPT.qr_payload(address))
    code.make()
    assert code.version <= 10


@pytest.mark.parametrize(
    "address", ["https://" + "a" * LONGEST_ADDRESS, "ftp://a.example", "a.example", "https://a/?q"]
)
def test_an_address_that_fits_no_receipt_is_named(address: str) -> None:
    with pytest.raises(UnfitAddress):
        RECEIPT.qr_payload(address)


def test_a_receipt_of_another_device_or_about_something_else_is_refused() -> None:
    with pytest.raises(ForgedReceipt):
        RECEIPT.verify(OTHER_KEY.public_key())
    for forged in (
        replace(RECEIPT, commitment=bytes(32)),
        replace(RECEIPT, day=date(2026, 11, 22)),
        replace(RECEIPT, consultation="0" * 16),
        replace(RECEIPT, device_key_id=bytes(8)),
        replace(RECEIPT, signature=bytes(64)),
    ):
        with pytest.raises(ForgedReceipt):
            forged.verify(DEVICE)


@given(
    st.integers(PAYLOAD.rindex("/") + 1, len(PAYLOAD) - 1), st.sampled_from("0123456789ABCDEFGH")
)
def test_any_changed_character_of_the_promise_is_refused(place: int, other: str) -> None:
    changed = PAYLOAD[:place] + other + PAYLOAD[place + 1 :]
    if changed != PAYLOAD:
        with pytest.raises(ForgedReceipt):
            Receipt.from_qr(changed).verify(DEVICE)


@given(st.text(max_size=300))
def test_what_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(ForgedReceipt):
        Receipt.from_qr(text)


def test_the_code_is_three_groups_of_four_and_forgives_how_it_is_typed() -> None:
    code = RECEIPT.code
    assert code == receipt_code(RECEIPT.id)
    assert [len(group) for group in code.split("-")] == [4, 4, 4]
    assert read_code(code.lower().replace("-", " ").replace("0", "o").replace("1", "i")) == code


def test_a_slip_in_the_code_is_noticed() -> None:
    wrong = ("A" if RECEIPT.code[0] != "A" else "B") + RECEIPT.code[1:]
    with pytest.raises(MistypedCode, match="Compare"):
        read_code(wrong)


def test_a_clock_before_1970_still_gives_a_receipt() -> None:
    Receipt.promise(CONSULTATION.id, COMMITMENT, DEVICE_KEY, -1.0).verify(DEVICE)
