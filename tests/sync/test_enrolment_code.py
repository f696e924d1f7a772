"""The enrolment code and what both sides say over it, without a network."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sync.enrolment import (
    EnrolmentAnswer,
    EnrolmentCode,
    EnrolmentRequest,
    ForgedEnrolment,
    MistypedEnrolmentCode,
    fingerprint,
    token_hash,
    token_key,
)

SERVER = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"s")
DEVICE = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"d")
CODE = EnrolmentCode("https://parvis.example", fingerprint(SERVER.public_key()), b"t" * 16)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_a_code_comes_back_from_its_own_text(prints: bytes, token: bytes) -> None:
    code = EnrolmentCode("http://127.0.0.1:8080/parvis", prints, token)
    assert EnrolmentCode.parse(str(code)) == code


def test_a_code_forgives_how_it_was_copied() -> None:
    text = str(CODE)
    for copied in (text.upper(), text.lower(), f"  {text}\n", text.replace("-", " ")):
        assert EnrolmentCode.parse(copied) == CODE
    assert EnrolmentCode.parse(text.replace("0", "O").replace("1", "l")) == CODE


def test_every_single_wrong_character_is_noticed() -> None:
    address, _, letters = str(CODE).partition("#")
    for at, letter in enumerate(letters):
        if letter == "-":
            continue
        other = "7" if letter != "7" else "8"
        with pytest.raises(MistypedEnrolmentCode):
            EnrolmentCode.parse(f"{address}#{letters[:at]}{other}{letters[at + 1 :]}")
    with pytest.raises(MistypedEnrolmentCode, match="address"):
        EnrolmentCode.parse(f"https://parvis.exemple#{letters}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a complete"),
        ("hello", "not a complete"),
        (str(CODE)[:-1], "incomplete|no code has"),
        (str(CODE)[:-1] + "U", "no code has"),
        ("ftp://x#" + str(CODE).partition("#")[2], "https"),
    ],
)
def test_a_mistyped_code_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(MistypedEnrolmentCode, match=says):
        EnrolmentCode.parse(text)


def test_a_request_proves_the_token_without_carrying_it() -> None:
    body = EnrolmentRequest.sign(CODE, DEVICE.public_key(), " Mairie   annexe ")
    assert b"t" * 16 not in body
    read = EnrolmentRequest.read(body, CODE.fingerprint)
    assert read.device_public == DEVICE.public_key()
    assert read.name == "Mairie annexe"
    assert read.token_hash() == token_hash(token_key(CODE.token).public_key())


def test_a_request_for_another_server_or_changed_on_its_way_is_refused() -> None:
    body = EnrolmentRequest.sign(CODE, DEVICE.public_key(), "Mairie")
    with pytest.raises(ForgedEnrolment, match="another server"):
        EnrolmentRequest.read(body, bytes(16))
    with pytest.raises(ForgedEnrolment):
        EnrolmentRequest.read(body.replace(b"Mairie", b"Voleur"), CODE.fingerprint)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"said":"3","signature":""}'])
def test_what_is_no_enrolment_message_is_refused(body: bytes) -> None:
    with pytest.raises(ForgedEnrolment):
        EnrolmentRequest.read(body, CODE.fingerprint)
    with pytest.raises(ForgedEnrolment, match="not the server"):
        EnrolmentAnswer.read(body, CODE, DEVICE.public_key())


def test_only_the_server_of_the_code_can_answer() -> None:
    answer = EnrolmentAnswer.sign(SERVER, DEVICE.public_key(), "Mairie")
    read = EnrolmentAnswer.read(answer, CODE, DEVICE.public_key())
    assert (read.server_public, read.name) == (SERVER.public_key(), "Mairie")

    other = Ed25519PrivateKey.generate()
    with pytest.raises(ForgedEnrolment, match="not the server"):
        EnrolmentAnswer.read(
            EnrolmentAnswer.sign(other, DEVICE.public_key(), "Mairie"), CODE, DEVICE.public_key()
        )
    with pytest.raises(ForgedEnrolment, match="another device"):
        EnrolmentAnswer.read(answer, CODE, other.public_key())
    forged = json.loads(answer)
    forged["said"] = forged["said"].replace("Mairie", "Autre")
    with pytest.raises(ForgedEnrolment, match="not the server"):
        EnrolmentAnswer.read(json.dumps(forged).encode(), CODE, DEVICE.public_key())
