"""Checkpoints: the server's signed word that a register has so many entries, under this root.

A signed note (C2SP signed-note) whose text is a tlog-checkpoint: the register's name, its size in
decimal, its root in base64. Anybody can check one with the tools of that field.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.errors import ForgedCheckpoint
from sync.keys import SIGNATURE_BYTES, signature_fits
from sync.register.merkle import HASH_BYTES

LONGEST = 16_384
"""Bytes of a checkpoint; other witnesses' signatures may stand on it."""

_ED25519 = b"\x01"  # the signature type of signed-note
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """A register at one moment.

    Attributes:
        origin: the register's name, `origin_of` a consultation.
        size: how many entries it has.
        root: the root hash over them, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def sign(self, key: Ed25519PrivateKey) -> bytes:
        """The note: the text, an empty line, the signature."""
        signed = key_id(self.origin, key.public_key()) + key.sign(self.text.encode())
        line = f"— {self.origin} {base64.b64encode(signed).decode()}\n"
        return f"{self.text}\n{line}".encode()


def origin_of(consultation: str) -> str:
    """The name of a consultation's register; its id is that of no other (`docs/format.md`)."""
    return f"parvis/{consultation}"


def read(note: bytes, origin: str, server: Ed25519PublicKey) -> Checkpoint:
    """Read a checkpoint that `server` signed; signatures of others are passed over.

    Raises:
        ForgedCheckpoint: it is none, or of another register, or not signed by this server.
    """
    try:
        if len(note) > LONGEST:
            raise ForgedCheckpoint()
        head, _, signatures = note.decode().rpartition("\n\n")
        name, size, root, *others = f"{head}\n".split("\n")
        root_bytes = base64.b64decode(root, validate=True)
    except (ValueError, binascii.Error):
        raise ForgedCheckpoint() from None
    if name != origin or not _SIZE.fullmatch(size) or len(root_bytes) != HASH_BYTES:
        raise ForgedCheckpoint()
    if others[-1:] != [""] or not signatures.endswith("\n"):
        raise ForgedCheckpoint()
    text = f"{head}\n".encode()
    if not any(
        _signed(line, text, origin, server) for line in signatures.removesuffix("\n").split("\n")
    ):
        raise ForgedCheckpoint()
    return Checkpoint(origin, int(size), root_bytes)


def key_id(name: str, public: Ed25519PublicKey) -> bytes:
    """The four bytes that name a key in a signature line."""
    named = name.encode() + b"\n" + _ED25519 + public.public_bytes_raw()
    return hashlib.sha256(named).digest()[:4]


def verifier_key(name: str, public: Ed25519PublicKey) -> str:
    """The key as `note.NewVerifier` and other tools of that field take it."""
    encoded = base64.b64encode(_ED25519 + public.public_bytes_raw()).decode()
    return f"{name}+{key_id(name, public).hex()}+{encoded}"


def _signed(line: str, text: bytes, origin: str, server: Ed25519PublicKey) -> bool:
    mark, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if mark != "—" or name != origin:
        return False
    try:
        signature = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        return False
    expected = key_id(origin, server)
    return (
        len(signature) == len(expected) + SIGNATURE_BYTES
        and signature.startswith(expected)
        and signature_fits(server, signature[len(expected) :], text)
    )
