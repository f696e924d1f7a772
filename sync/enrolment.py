"""Enrolment: the one-time code a steward copies from server to device, and what both then say.

The code, as text or QR: the server's address, `#`, and 56 characters of Crockford base32 in
groups of four, which are 35 bytes:

    16  fingerprint of the server's key: the first 16 bytes of SHA-256 over it
    16  token, random
     3  check: the first 3 bytes of SHA-256 over domain label, address, fingerprint and token

The token never travels. Both sides derive an Ed25519 key pair from it (HKDF-SHA256); the server
keeps only the SHA-256 of that public key, so neither its database nor a listener on the network can
enrol anybody. The device signs its request with the token's key, and again, as any other request
(RFC 9421), with its own fresh key. The server's answer is signed by the key whose fingerprint
was in the code: a captive portal, or another server, cannot answer in its place.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync import crockford
from sync.errors import MistypedCode, SyncError
from sync.statement import (
    ForgedStatement,
    Statement,
    UnreadableStatement,
    b64,
    sign_statement,
)
from sync.wording import printable

TOKEN_BYTES = 16
FINGERPRINT_BYTES = 16
LIFETIME_SECONDS = 15 * 60

_CHECK_BYTES = 3
_CODE_BYTES = FINGERPRINT_BYTES + TOKEN_BYTES + _CHECK_BYTES
_CHECK_LABEL = b"parvis enrolment code 1\n"
_TOKEN_LABEL = b"parvis enrolment token 1"
_REQUEST_LABEL = "parvis enrolment request 1"
_ANSWER_LABEL = "parvis enrolment answer 1"
_MOST_NAME_CHARACTERS = 80
_NOT_IN_ADDRESSES = re.compile(r"[\s\\\x00-\x1f\x7f]")


class EnrolmentRefused(SyncError):
    """A device could not be enrolled."""


class MistypedEnrolmentCode(EnrolmentRefused):
    """The code is not one that a server printed: a character is wrong or missing."""


class UsedCode(EnrolmentRefused):
    """The code has already enrolled another device."""

    sentence = (
        "This enrolment code has already enrolled another device. "
        "Ask for a new one: parvis-server enrol."
    )


class ExpiredCode(EnrolmentRefused):
    """The code is older than fifteen minutes."""

    sentence = (
        "This enrolment code is older than 15 minutes. Ask for a new one: parvis-server enrol."
    )


class UnknownCode(EnrolmentRefused):
    """This server never gave this code."""

    sentence = (
        "This server does not know this enrolment code. Ask for a new one: parvis-server enrol."
    )


class ForgedEnrolment(EnrolmentRefused):
    """A request or an answer is not signed by whom it should be."""


@dataclass(frozen=True)
class EnrolmentCode:
    """What the steward carries from the server to the device.

    Attributes:
        url: the server's address as the device reaches it.
        fingerprint: of the server's public key, 16 bytes.
        token: works once, 16 random bytes.
    """

    url: str
    fingerprint: bytes
    token: bytes

    @classmethod
    def parse(cls, text: str) -> EnrolmentCode:
        """Read a code as typed, pasted or scanned; case, spaces and hyphens do not matter.

        Raises:
            MistypedEnrolmentCode: something is wrong with it, said in a sentence.
        """
        # What a terminal could not read as text comes as halves of characters: they fit no code.
        text = text.encode(errors="replace").decode()
        address, hash_sign, letters = "".join(text.split()).rpartition("#")
        if not hash_sign:
            raise MistypedEnrolmentCode(
                "This is not a complete enrolment code: it begins with the server's address, "
                "then “#”, then fourteen groups of four characters."
            )
        try:
            raw = crockford.decode(re.sub("[–—_]", "", letters))
        except MistypedCode:
            raise MistypedEnrolmentCode(
                "The enrolment code contains a character that no code has. Copy it again."
            ) from None
        if len(raw) != _CODE_BYTES:
            raise MistypedEnrolmentCode(
                "The enrolment code is incomplete, or has too many characters: after “#” come "
                "fourteen groups of four. Copy it again."
            )
        code = cls(
            server_address(address),
            raw[:FINGERPRINT_BYTES],
            raw[FINGERPRINT_BYTES : FINGERPRINT_BYTES + TOKEN_BYTES],
        )
        if code._check() != raw[-_CHECK_BYTES:]:
            raise MistypedEnrolmentCode(
                "The enrolment code is mistyped: a character of it, or of the address, is wrong. "
                "Copy it again."
            )
        return code

    def __str__(self) -> str:
        raw = self.fingerprint + self.token + self._check()
        return f"{self.url}#{crockford.grouped(crockford.encode(raw))}"

    def _check(self) -> bytes:
        said = _CHECK_LABEL + self.url.encode() + b"\n" + self.fingerprint + self.token
        return hashlib.sha256(said).digest()[:_CHECK_BYTES]


def server_address(text: str) -> str:
    """A server's address in its one spelling: scheme and host in lower case, no final slash.

    Raises:
        MistypedEnrolmentCode: it is not an http or https address.
    """
    text = text.strip()
    try:
        split = urlsplit(text)
        host, port = split.hostname, split.port
    except ValueError:
        host, port = None, None
    if not host or split.scheme.lower() not in ("http", "https") or _NOT_IN_ADDRESSES.search(text):
        raise MistypedEnrolmentCode(
            f"“{printable(text)}” is not the address of a server: it begins with https:// (or "
            "http://), and a name follows."
        )
    if "@" in split.netloc or split.query or split.fragment or port == 0:
        raise MistypedEnrolmentCode(
            f"“{printable(text)}” is more than the address of a server: give https://, its name "
            "and, where there is one, its port, without user name, “?” or “#”."
        )
    return f"{split.scheme.lower()}://{split.netloc.lower()}{split.path.rstrip('/')}"


def said_of_no_tls(url: str) -> str:
    """What a steward is told of an address that whoever listens can follow; "" where none can."""
    split = urlsplit(url)
    if split.scheme != "http" or split.hostname in ("localhost", "127.0.0.1", "::1"):
        return ""
    return (
        "This address has no TLS: contributions stay sealed, but who listens on the network sees "
        "which device sends when. Use https:// wherever the network is not closed."
    )


def fingerprint(server_key: Ed25519PublicKey) -> bytes:
    """What the code carries of the server's key."""
    return hashlib.sha256(server_key.public_bytes_raw()).digest()[:FINGERPRINT_BYTES]


def token_key(token: bytes) -> Ed25519PrivateKey:
    """The key pair that both sides derive from the token."""
    seed = HKDF(SHA256(), 32, salt=None, info=_TOKEN_LABEL).derive(token)
    return Ed25519PrivateKey.from_private_bytes(seed)


@dataclass(frozen=True)
class EnrolmentRequest:
    """What a device asks, signed with the token's key.

    Attributes:
        token_public: the public key derived from the token.
        device_public: the device's own fresh key.
        name: what the steward calls the device.
    """

    token_public: Ed25519PublicKey
    device_public: Ed25519PublicKey
    name: str

    @classmethod
    def sign(cls, code: EnrolmentCode, device_public: Ed25519PublicKey, name: str) -> bytes:
        """The body of `POST /v1/devices`."""
        secret = token_key(code.token)
        said = {
            "device_key": b64(device_public.public_bytes_raw()),
            "name": _clean(name),
            "server": b64(code.fingerprint),
            "token_key": b64(secret.public_key().public_bytes_raw()),
        }
        return sign_statement(secret, _REQUEST_LABEL, said)

    @classmethod
    def read(cls, body: bytes, server_fingerprint: bytes) -> EnrolmentRequest:
        """Read and check what a device sent.

        Raises:
            ForgedEnrolment: it is not signed with the token's key, or meant for another server.
        """
        try:
            statement = Statement(body)
            token_public = statement.key("token_key")
            statement.verify(token_public, _REQUEST_LABEL)
            device_public = statement.key("device_key")
            meant_for = statement.raw("server")
            name = statement.text("name")
        except (UnreadableStatement, ForgedStatement) as error:
            raise ForgedEnrolment(f"The enrolment request is refused. {error}") from None
        if meant_for != server_fingerprint:
            raise ForgedEnrolment("The enrolment request is meant for another server.")
        return cls(token_public, device_public, _clean(name))

    def token_hash(self) -> bytes:
        """What the server keeps of the token."""
        return token_hash(self.token_public)


@dataclass(frozen=True)
class EnrolmentAnswer:
    """The server's word that a device is enrolled.

    Attributes:
        server_public: the key that signs this, and acknowledgements.
        device_public: the device that it was said to.
        name: what the server calls the device.
    """

    server_public: Ed25519PublicKey
    device_public: Ed25519PublicKey
    name: str

    @classmethod
    def sign(
        cls, server_key: Ed25519PrivateKey, device_public: Ed25519PublicKey, name: str
    ) -> bytes:
        """The answer to `POST /v1/devices`."""
        said = {
            "device_key": b64(device_public.public_bytes_raw()),
            "name": name,
            "server_key": b64(server_key.public_key().public_bytes_raw()),
        }
        return sign_statement(server_key, _ANSWER_LABEL, said)

    @classmethod
    def read(
        cls, body: bytes, code: EnrolmentCode, device_public: Ed25519PublicKey
    ) -> EnrolmentAnswer:
        """Read and check what came back.

        Raises:
            ForgedEnrolment: it does not come from the server whose code this is.
        """
        try:
            statement = Statement(body)
            server_public = statement.key("server_key")
            statement.verify(server_public, _ANSWER_LABEL)
            to = statement.raw("device_key")
            name = statement.text("name")
        except (UnreadableStatement, ForgedStatement):
            raise ForgedEnrolment(_NOT_THE_SERVER) from None
        if fingerprint(server_public) != code.fingerprint:
            raise ForgedEnrolment(_NOT_THE_SERVER)
        if to != device_public.public_bytes_raw():
            raise ForgedEnrolment("The server answered to another device.")
        return cls(server_public, device_public, name)


def token_hash(token_public: Ed25519PublicKey) -> bytes:
    """What the server keeps of a token: nothing that could enrol a device."""
    return hashlib.sha256(token_public.public_bytes_raw()).digest()


_NOT_THE_SERVER = (
    "What answered is not the server that printed this code: check the network "
    "(a sign-in page for Wi-Fi, perhaps) and the address."
)


def _clean(name: str) -> str:
    """One line, of a length that fits a list."""
    return printable(name)[:_MOST_NAME_CHARACTERS]
