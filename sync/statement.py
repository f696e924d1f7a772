"""Small things that one side says and signs: canonical JSON (RFC 8785), and Ed25519 over it.

A statement travels as `{"said": "<canonical JSON>", "signature": "<base64url>"}`. What is signed
is a label, a line feed, and the text of `said` as it stands, so that nobody has to agree on how
to write JSON again before checking it, and a statement of one kind is never taken for another.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from sync.errors import SyncError


class UnreadableStatement(SyncError):
    """What came is no statement at all: a captive portal's page, for instance."""


class ForgedStatement(SyncError):
    """The statement is not signed by whom it should be."""


class Statement:
    """A statement as received: readable, and believed only after `verify`."""

    def __init__(self, body: bytes) -> None:
        """Read one.

        Raises:
            UnreadableStatement: it is none.
        """
        try:
            outer = json.loads(body)
            text, signature = outer["said"], outer["signature"]
            self._text = text.encode()
            self._signature = unb64(signature)
            self._said = json.loads(text)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise UnreadableStatement("What came is not a signed statement.") from None
        if not isinstance(self._said, dict):
            raise UnreadableStatement("What came is not a signed statement.")

    def verify(self, key: Ed25519PublicKey, label: str) -> None:
        """Believe it only if `key` signed it under `label`.

        Raises:
            ForgedStatement: it did not.
        """
        try:
            key.verify(self._signature, label.encode() + b"\n" + self._text)
        except InvalidSignature:
            raise ForgedStatement("The statement is not signed as it should be.") from None

    def names(self) -> frozenset[str]:
        """The names of its members."""
        return frozenset(self._said)

    def text(self, name: str) -> str:
        """A member that is a string.

        Raises:
            UnreadableStatement: it is missing, or something else.
        """
        value = self._said.get(name)
        if not isinstance(value, str):
            raise UnreadableStatement(f"The statement says nothing readable of “{name}”.")
        return value

    def raw(self, name: str) -> bytes:
        """A member that is bytes, written as base64url.

        Raises:
            UnreadableStatement: it is missing, or something else.
        """
        try:
            return unb64(self.text(name))
        except ValueError:
            raise UnreadableStatement(f"The statement says nothing readable of “{name}”.") from None

    def whole(self, name: str) -> int:
        """A member that is a whole number.

        Raises:
            UnreadableStatement: it is missing, or something else.
        """
        value = self._said.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise UnreadableStatement(f"The statement says nothing readable of “{name}”.")
        return value

    def key(self, name: str) -> Ed25519PublicKey:
        """A member that is an Ed25519 public key.

        Raises:
            UnreadableStatement: it is missing, or something else.
        """
        raw = self.raw(name)
        try:
            return Ed25519PublicKey.from_public_bytes(raw)
        except ValueError:
            raise UnreadableStatement(f"“{name}” in the statement is not a key.") from None

    def objects(self, name: str) -> list[dict[str, object]]:
        """A member that is a list of objects.

        Raises:
            UnreadableStatement: it is missing, or something else.
        """
        value = self._said.get(name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise UnreadableStatement(f"The statement says nothing readable of “{name}”.")
        return value


def sign_statement(key: Ed25519PrivateKey, label: str, said: Mapping[str, object]) -> bytes:
    """`said`, signed under `label`; bytes stand in it as base64url (`b64`)."""
    text = rfc8785.dumps(dict(said))  # type: ignore[arg-type]
    signature = key.sign(label.encode() + b"\n" + text)
    return rfc8785.dumps({"said": text.decode(), "signature": b64(signature)})


def b64(raw: bytes) -> str:
    """Base64url without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes that `b64` wrote.

    Raises:
        ValueError: it did not write this.
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
