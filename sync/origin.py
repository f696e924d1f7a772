"""Origins: what tells one thing to be sealed from every other, so that it is sealed once.

A sheet's number, a row of a table, an entry at the screen: the device keeps an HMAC of it under a
key of its own, from which nobody else can tell what it was.
"""

import hmac

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

_LABEL = b"parvis/1 origin\x00"


class Origins:
    """Marks origins for one device.

    Args:
        key: the device's; HKDF-Expand (RFC 5869) gives the key of the marks.
    """

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = HKDFExpand(SHA256(), 32, _LABEL).derive(key.private_bytes_raw())

    def mark(self, written: bytes) -> bytes:
        """What the outbox keeps of an origin, 32 bytes."""
        return hmac.digest(self._key, written, "sha256")
