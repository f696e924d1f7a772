"""A server's signature on what it answers (RFC 9421, 2.4), bound to the request that it answers.

Whatever stands between a device and its server can answer in its place: a sign-in page, a proxy, a
thief of its address. What an answer makes a device change, the server has therefore signed: files
carry their own signature (packages, acknowledgements, lists); refusals, and answers that are no
file, carry this one. It covers the status, the body's digest, the request's method, path and query,
and the request's own signature: an answer to another request, or to an earlier one, does not fit.

`docs/format.md`, section 12. The components stand in one order; everything else is no signature.
"""

from __future__ import annotations

import base64
import binascii
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.keys import signing_key_id
from sync.signatures import RequestParts, content_digest

_COMPONENTS = (
    '"@status"',
    '"content-digest"',
    '"@method";req',
    '"@path";req',
    '"@query";req',
    '"signature";req',
)
_INPUT = re.compile(
    rf"parvis=(\({re.escape(' '.join(_COMPONENTS))}\);created=[0-9]{{1,15}}"
    r';keyid="([0-9a-f]{16})";alg="ed25519";tag="parvis-answer")'
)
_VALUE = re.compile(r"parvis=:([A-Za-z0-9+/]{86}==):")


def sign_answer(
    parts: RequestParts, status: int, body: bytes, key: Ed25519PrivateKey, created: int
) -> dict[str, str]:
    """The header fields that sign an answer.

    Args:
        parts: the request, with its `Signature`.
        status: of HTTP.
        body: whole.
        key: the server's.
        created: now, in seconds since 1970.
    """
    params = (
        f"({' '.join(_COMPONENTS)});created={created}"
        f';keyid="{signing_key_id(key.public_key()).hex()}";alg="ed25519";tag="parvis-answer"'
    )
    signature = base64.b64encode(key.sign(_base(parts, status, body, params))).decode()
    return {
        "Content-Digest": content_digest(body),
        "Signature-Input": f"parvis={params}",
        "Signature": f"parvis=:{signature}:",
    }


def is_signed(
    parts: RequestParts, status: int, body: bytes, fields: tuple[str, str], key: Ed25519PublicKey
) -> bool:
    """Whether a server signed this answer to this very request.

    Args:
        parts: the request as it was sent, with its `Signature`.
        status: of HTTP.
        body: whole.
        fields: the answer's `Signature-Input` and `Signature`.
        key: the server's.
    """
    said, value = _INPUT.fullmatch(fields[0]), _VALUE.fullmatch(fields[1])
    if said is None or value is None or said[2] != signing_key_id(key).hex():
        return False
    try:
        signature = base64.b64decode(value[1], validate=True)
        key.verify(signature, _base(parts, status, body, said[1]))
    except (InvalidSignature, binascii.Error):
        return False
    return True


def _base(parts: RequestParts, status: int, body: bytes, params: str) -> bytes:
    values = (
        str(status),
        content_digest(body),
        parts.method,
        parts.path,
        parts.query,
        parts.headers.get("signature", ""),
    )
    lines = [f"{name}: {value}" for name, value in zip(_COMPONENTS, values, strict=True)]
    lines.append(f'"@signature-params": {params}')
    return "\n".join(lines).encode("latin-1", "replace")
