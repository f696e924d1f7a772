"""Proofs as the server gives them and a device, a desk or a contributor checks them.

JSON, each with the signed checkpoint that it leads to (`docs/format.md`, section 10).
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.errors import ForgedProof, ForgottenRegister
from sync.register import checkpoint, merkle
from sync.register.checkpoint import Checkpoint, origin_of

LARGEST_PROOF = 1 << 20
"""Bytes of a proof's JSON: the entries of the fullest batch fit."""


@dataclass(frozen=True)
class Proof:
    """Where something stands in a register, for whoever wants to check.

    Attributes:
        note: the signed checkpoint.
        first: the index of its first entry.
        entries: as they stand side by side in the register.
        hashes: `merkle.range_proof` of these entries.
    """

    note: bytes
    first: int
    entries: tuple[bytes, ...]
    hashes: tuple[bytes, ...]

    def check(self, consultation: str, server: Ed25519PublicKey) -> Checkpoint:
        """The checkpoint under which these entries stand.

        Raises:
            ForgedCheckpoint: it is not this server's.
            ForgedProof: the entries do not stand there.
        """
        point = checkpoint.read(self.note, origin_of(consultation), server)
        leaves = [merkle.leaf_hash(entry) for entry in self.entries]
        if not merkle.proves_range(leaves, self.first, point.size, self.hashes, point.root):
            raise ForgedProof()
        return point

    def to_json(self) -> bytes:
        """As it travels."""
        document = {
            "checkpoint": self.note.decode(),
            "entries": _encoded(self.entries),
            "first": self.first,
            "hashes": _encoded(self.hashes),
        }
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Proof":
        """Read what came; whether it holds, `check` tells.

        Raises:
            ForgedProof: it is no proof.
        """
        document = _document(data)
        try:
            return cls(
                document["checkpoint"].encode(),
                _whole(document["first"]),
                _decoded(document["entries"]),
                _decoded(document["hashes"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
            raise ForgedProof() from None


@dataclass(frozen=True)
class Consistency:
    """That a register goes on from what it was.

    Attributes:
        note: the signed checkpoint of now.
        hashes: the proof from the older one.
    """

    note: bytes
    hashes: tuple[bytes, ...]

    def check(
        self, consultation: str, server: Ed25519PublicKey, before: Checkpoint | None
    ) -> Checkpoint:
        """The checkpoint of now.

        Args:
            consultation: whose register it is.
            server: signs its checkpoints.
            before: the last one seen; None where this is the first.

        Raises:
            ForgedCheckpoint: it is not this server's.
            ForgottenRegister: it does not contain what `before` did.
        """
        point = checkpoint.read(self.note, origin_of(consultation), server)
        if before is not None and not merkle.proves_consistency(
            before.size, before.root, point.size, point.root, self.hashes
        ):
            raise ForgottenRegister()
        return point

    def to_json(self) -> bytes:
        """As it travels."""
        document = {"checkpoint": self.note.decode(), "hashes": _encoded(self.hashes)}
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Consistency":
        """Read what came; whether it holds, `check` tells.

        Raises:
            ForgedProof: it is no proof.
        """
        document = _document(data)
        try:
            return cls(document["checkpoint"].encode(), _decoded(document["hashes"]))
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
            raise ForgedProof() from None


def _document(data: bytes) -> Any:
    try:
        if len(data) > LARGEST_PROOF:
            raise ForgedProof()
        return json.loads(data)
    except (ValueError, RecursionError):
        raise ForgedProof() from None


def _encoded(pieces: tuple[bytes, ...]) -> list[str]:
    return [base64.b64encode(piece).decode() for piece in pieces]


def _decoded(texts: list[str]) -> tuple[bytes, ...]:
    return tuple(base64.b64decode(text, validate=True) for text in texts)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ForgedProof()
    return value
