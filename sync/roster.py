"""The server's signed list of its devices: what the desk checks the batches' signatures with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from sync.keys import signing_key_id
from sync.statement import Statement, UnreadableStatement, b64, sign_statement, unb64

FILE_NAME = "devices.json"
"""What the list is called where it lies beside batches."""

_LABEL = "parvis devices 1"


@dataclass(frozen=True)
class RosterDevice:
    """A device, enrolled now or once."""

    public_key: Ed25519PublicKey
    name: str
    revoked: bool

    @property
    def key_id(self) -> str:
        """The id of its key, hex."""
        return signing_key_id(self.public_key).hex()


@dataclass(frozen=True)
class Roster:
    """The list, whose signature fits the key that it names."""

    server_public: Ed25519PublicKey
    devices: tuple[RosterDevice, ...]


def sign_roster(key: Ed25519PrivateKey, devices: Sequence[RosterDevice]) -> bytes:
    """The list."""
    lines = [
        {
            "key": b64(device.public_key.public_bytes_raw()),
            "name": device.name,
            "revoked": device.revoked,
        }
        for device in devices
    ]
    public = b64(key.public_key().public_bytes_raw())
    return sign_statement(key, _LABEL, {"devices": lines, "server_key": public})


def read_roster(body: bytes) -> Roster:
    """The list, signed by the server that it names; the caller knows whether that is the right one.

    Raises:
        UnreadableStatement: it is none.
        ForgedStatement: the signature does not fit.
    """
    statement = Statement(body)
    server_public = statement.key("server_key")
    statement.verify(server_public, _LABEL)
    devices = []
    for line in statement.objects("devices"):
        key, name, revoked = line.get("key"), line.get("name"), line.get("revoked")
        if not (isinstance(key, str) and isinstance(name, str) and isinstance(revoked, bool)):
            raise UnreadableStatement("The list of devices cannot be read.")
        try:
            public = Ed25519PublicKey.from_public_bytes(unb64(key))
        except ValueError:
            raise UnreadableStatement("The list of devices cannot be read.") from None
        devices.append(RosterDevice(public, name, revoked))
    return Roster(server_public, tuple(devices))
