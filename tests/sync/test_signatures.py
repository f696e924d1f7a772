"""HTTP message signatures: the standard's own example, and what must not get through."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.signatures import (
    Forged,
    RequestParts,
    Stale,
    UnknownSigner,
    Unsigned,
    content_digest,
    sign_request,
    signature_base,
    verify_request,
)

KEY = Ed25519PrivateKey.from_private_bytes(
    base64.urlsafe_b64decode("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU=")
)
NOW = 1_763_700_000


def signed(
    url: str = "https://Parvis.Example:443/v1/batches?after=3",
    body: bytes = b"",
    method: str = "GET",
) -> RequestParts:
    bare = RequestParts.of(method, url)
    fields = sign_request(bare, body, KEY, "organiser", NOW)
    return RequestParts.of(method, url, fields.items())


def verify(parts: RequestParts, body: bytes = b"", now: float = NOW, **options: int | None) -> str:
    known = {"organiser": KEY.public_key()}
    return verify_request(parts, body, known.get, now, **options)


def test_the_standards_own_ed25519_example_comes_out_byte_for_byte() -> None:
    # RFC 9421, B.2.6
    parts = RequestParts.of(
        "POST",
        "https://example.com/foo?param=Value&Pet=dog",
        [
            ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
            ("Content-Type", "application/json"),
            ("Content-Length", "18"),
        ],
    )
    components = ("date", "@method", "@path", "@authority", "content-type", "content-length")
    params = (
        '("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    )
    made = base64.b64encode(KEY.sign(signature_base(parts, components, params))).decode()
    assert made == (
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    )


def test_the_standards_own_content_digest_example() -> None:
    # RFC 9530, appendix D, first example
    assert content_digest(b'{"hello": "world"}\n') == (
        "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    )


def test_a_signed_request_tells_who_signed_it() -> None:
    assert verify(signed()) == "organiser"
    assert verify(signed(body=b"words", method="POST"), b"words") == "organiser"


def test_what_the_server_receives_is_what_the_client_signed() -> None:
    sent = signed()
    received = RequestParts.received(
        "GET",
        "http",  # TLS ends at a proxy in front
        b"/v1/batches",
        b"after=3",
        [("host", "parvis.example"), *sent.headers.items()],
    )
    assert verify(received) == "organiser"


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "POST"},
        {"authority": "other.example"},
        {"path": "/v1/devices"},
        {"query": "?after=0"},
    ],
)
def test_a_request_changed_on_its_way_is_forged(changed: dict[str, str]) -> None:
    sent = signed()
    shape = {
        "method": sent.method,
        "authority": sent.authority,
        "path": sent.path,
        "query": sent.query,
        **changed,
    }
    with pytest.raises(Forged):
        verify(RequestParts(**shape, headers=sent.headers))


def test_another_body_under_the_same_signature_is_forged() -> None:
    with pytest.raises(Forged):
        verify(signed(body=b"words", method="POST"), b"other words")


def test_a_body_that_the_signature_leaves_out_is_refused() -> None:
    with pytest.raises(Unsigned, match="content-digest"):
        verify(signed(method="POST"), b"smuggled")


def test_an_unsigned_request_is_refused() -> None:
    with pytest.raises(Unsigned):
        verify(RequestParts.of("GET", "https://parvis.example/"))


def test_an_unknown_key_is_refused_by_its_id() -> None:
    with pytest.raises(UnknownSigner, match="organiser"):
        verify_request(signed(), b"", {}.get, NOW)


def test_a_replay_after_five_minutes_is_refused_and_so_is_one_from_the_future() -> None:
    assert verify(signed(), now=NOW + 300) == "organiser"
    for now in (NOW + 301, NOW - 301):
        with pytest.raises(Stale, match="clock"):
            verify(signed(), now=now)


def test_a_request_that_works_once_may_come_from_a_device_in_1970() -> None:
    assert verify(signed(), now=0, window=None) == "organiser"


def test_another_party_may_add_its_own_signature_first() -> None:
    sent = signed()
    headers = dict(sent.headers)
    headers["signature-input"] = (
        'proxy=("@method"   "@path");created=1;keyid="edge", ' + headers["signature-input"]
    )
    headers["signature"] = f"proxy=:AAAA:,{headers['signature']}"
    assert verify(RequestParts("GET", sent.authority, sent.path, sent.query, headers))


@pytest.mark.parametrize(
    "field",
    [
        "parvis",
        "parvis=",
        "parvis=()",
        'parvis=("@method"',
        'parvis=("@method";req)',
        'parvis=("@method" "@method");created=1;keyid="organiser";tag="parvis"',
        'parvis=("@method");created="1";keyid="organiser";tag="parvis"',
        'parvis=("@method");created=1;keyid="organiser";tag="parvis"',
        'parvis=("@status");created=1;keyid="organiser";tag="parvis"',
        'parvis=("@method");created=1;keyid="organiser";tag="parvis";alg="hmac-sha256"',
        'parvis=("@method");created=99999999999999999999;keyid="organiser"',
        "=;=,(((",
        '\x00"é',
    ],
)
def test_a_field_that_is_not_as_the_standard_writes_it_is_refused(field: str) -> None:
    headers = {**signed().headers, "signature-input": field}
    with pytest.raises(Unsigned):
        verify(RequestParts("GET", "parvis.example", "/", "?", headers))
