"""Keys: made, named, kept in files, and what each may do.

- Recipient keys open contributions. A pair is its 32-byte seed and its suite (X-Wing, or X25519
  alone); the desk keeps it, everybody else knows the public half.
- Organiser, server and device keys sign: Ed25519, as `cryptography` has them.

A key id is the first 8 bytes of SHA-256 over the suite's number and the public key.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from cryptography.exceptions import (
    InternalError,
    InvalidSignature,
    InvalidTag,
    UnsupportedAlgorithm,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
)
from cryptography.hazmat.primitives.hpke import Suite as Hpke
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from sync.durable import write_whole
from sync.errors import BadKey, WrongRecipient

KEY_ID_BYTES = 8
SEED_BYTES = 32
SIGNATURE_BYTES = 64

_SEALED_PEM = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
ED25519 = 0x11
"""The suite number that an Ed25519 key id is made with."""

_MLKEM_PUBLIC_BYTES = 1184
_LARGEST_KEY_FILE = 16 * 1024


class Suite(IntEnum):
    """How a recipient key seals: HPKE (RFC 9180) with HKDF-SHA256 and ChaCha20-Poly1305.

    X-Wing is ML-KEM-768 with X25519; X25519 alone serves platforms whose `cryptography` is older.
    """

    X_WING = 1
    X25519 = 2

    @property
    def public_bytes(self) -> int:
        """The length of a public key."""
        return 1216 if self is Suite.X_WING else 32

    @property
    def overhead(self) -> int:
        """How much longer what is sealed is than what was: the encapsulation and the tag."""
        return 1136 if self is Suite.X_WING else 48

    @property
    def hpke(self) -> Hpke:
        """The suite as `cryptography` names it."""
        kem = KEM.MLKEM768_X25519 if self is Suite.X_WING else KEM.X25519
        return Hpke(kem, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


@dataclass(frozen=True)
class RecipientPublic:
    """What a device needs to seal to a recipient.

    Attributes:
        suite: how to seal.
        key: the public key, as HPKE serialises it.
        label: who that is, for people: "Ville de Toulouse", "Garant".
    """

    suite: Suite
    key: bytes
    label: str = ""

    def __post_init__(self) -> None:
        if len(self.key) != self.suite.public_bytes:
            raise BadKey(f"The public key of “{self.label}” has the wrong length for its suite.")
        try:
            self._loaded()
        except ValueError:
            raise BadKey(f"The public key of “{self.label}” is not a valid one.") from None

    @property
    def id(self) -> bytes:
        """The key's id, 8 bytes."""
        return _key_id(self.suite, self.key)

    def seal(self, secret: bytes, info: bytes) -> bytes:
        """`secret` sealed to this recipient: encapsulation, then ciphertext (RFC 9180, 6.1)."""
        return self.suite.hpke.encrypt(secret, self._loaded(), info=info)

    def _loaded(self) -> MLKEM768X25519PublicKey | X25519PublicKey:
        if self.suite is Suite.X25519:
            return X25519PublicKey.from_public_bytes(self.key)
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(self.key[:_MLKEM_PUBLIC_BYTES]),
            X25519PublicKey.from_public_bytes(self.key[_MLKEM_PUBLIC_BYTES:]),
        )


@dataclass(frozen=True)
class RecipientKeys:
    """What opens contributions: a suite and a 32-byte seed.

    The X-Wing seed is expanded as draft-connolly-cfrg-xwing-kem says: SHAKE256 to 96 bytes, 64 for
    ML-KEM (d and z) and 32 for X25519.
    """

    suite: Suite
    seed: bytes = field(repr=False)
    label: str = ""

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_BYTES:
            raise BadKey(
                "A recipient key is 32 bytes; this one is not. Restore it from its backup."
            )

    @classmethod
    def generate(
        cls,
        suite: Suite = Suite.X_WING,
        label: str = "",
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> "RecipientKeys":
        """A new pair."""
        return cls(suite, random(SEED_BYTES), " ".join(label.split()))

    @property
    def public(self) -> RecipientPublic:
        """The half that everybody may know."""
        if self.suite is Suite.X25519:
            key = X25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        else:
            mlkem, x25519 = self._halves()
            key = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        return RecipientPublic(self.suite, key, self.label)

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """What was sealed to this key under the same `info`.

        Raises:
            WrongRecipient: it was sealed to another key, in another context, or was changed since.
        """
        key: MLKEM768X25519PrivateKey | X25519PrivateKey
        if self.suite is Suite.X25519:
            key = X25519PrivateKey.from_private_bytes(self.seed)
        else:
            key = MLKEM768X25519PrivateKey(*self._halves())
        try:
            return self.suite.hpke.decrypt(sealed, key, info=info)
        except (InvalidTag, ValueError):
            raise WrongRecipient() from None

    def _halves(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        expanded = hashlib.shake_256(self.seed).digest(96)
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
            X25519PrivateKey.from_private_bytes(expanded[64:]),
        )


def signing_key_id(public: Ed25519PublicKey) -> bytes:
    """The id of an organiser's, a server's or a device's key, 8 bytes."""
    return _key_id(ED25519, public.public_bytes_raw())


def grouped_digits(key_id: bytes) -> str:
    """A key id as people compare it: 20 digits in groups of five."""
    digits = f"{int.from_bytes(key_id, 'big'):020d}"
    return " ".join(digits[at : at + 5] for at in range(0, 20, 5))


def signature_fits(public: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is `public`'s over `data`."""
    try:
        public.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def write_signing_key(path: Path, key: Ed25519PrivateKey, secret: bytes = b"") -> None:
    """Keep a signing key as PEM (PKCS #8) that only this user reads; never over an existing file.

    Args:
        path: of the file.
        key: what is kept.
        secret: of this machine, to encrypt it under; b"" for none.

    Raises:
        BadKey: there is a file of that name already.
    """
    write_new(path, signing_text(key, secret))


def read_signing_key(path: Path, secret: bytes = b"") -> Ed25519PrivateKey:
    """The signing key kept at `path`; one that lies there in clear is encrypted under `secret`.

    Raises:
        BadKey: the file is missing, holds something else, or is encrypted under another secret.
    """
    data = read_key_file(path)
    sealed = data.startswith(_SEALED_PEM)
    if sealed and not secret:
        raise BadKey(
            f"{path} is encrypted, and this command was not given the machine's secret. Run it as "
            "the service is run: systemd-run --pipe -p LoadCredentialEncrypted=parvis-key:FILE …"
        )
    try:
        key = load_pem_private_key(data, password=secret if sealed else None)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        if sealed:
            raise BadKey(
                f"{path} is encrypted under another machine's secret, or damaged. Restore it from "
                "its backup, on the machine that it belongs to."
            )
        raise BadKey(f"{path} holds no Ed25519 key. Restore it from its backup.")
    if secret and not sealed:
        write_whole(path, signing_text(key, secret))
    return key


def is_in_clear(data: bytes) -> bool:
    """Whether the content of a key file is not encrypted, as far as it says."""
    return not data.startswith(_SEALED_PEM)


def public_half(data: bytes) -> bytes | None:
    """The public key, raw, of a signing key that lies in clear; None where it is none."""
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError):
        return None
    return key.public_key().public_bytes_raw() if isinstance(key, Ed25519PrivateKey) else None


def signing_text(key: Ed25519PrivateKey, secret: bytes = b"") -> bytes:
    """A signing key as PEM (PKCS #8), encrypted under `secret` unless that is b""."""
    sealing: KeySerializationEncryption = NoEncryption()
    if secret:
        sealing = BestAvailableEncryption(secret)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealing)


def write_recipient_keys(path: Path, keys: RecipientKeys) -> None:
    """Keep recipient keys in a file that only this user reads; never over an existing one.

    Raises:
        BadKey: there is a file of that name already.
    """
    write_new(path, recipient_text(keys))


def recipient_text(keys: RecipientKeys) -> bytes:
    """Recipient keys in clear, as their file holds them."""
    return _recipient_text("secret", keys.suite, keys.seed, keys.label)


def read_recipient_keys(path: Path) -> RecipientKeys:
    """The recipient keys kept at `path`.

    Raises:
        BadKey: the file is missing, or holds something else.
    """
    return RecipientKeys(*_read_recipient(path, "secret"))


def read_recipient_public(path: Path) -> RecipientPublic:
    """The public recipient key in the file at `path`.

    Raises:
        BadKey: the file is missing, or holds something else.
    """
    return RecipientPublic(*_read_recipient(path, "public"))


def read_verifying_key(path: Path) -> Ed25519PublicKey:
    """The public signing key (PEM) at `path`.

    Raises:
        BadKey: the file is missing, or holds something else.
    """
    try:
        key = load_pem_public_key(read_key_file(path))
    except (ValueError, UnsupportedAlgorithm, InternalError):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BadKey(f"{path} holds no public Ed25519 key.")
    return key


def write_recipient_public(path: Path, public: RecipientPublic) -> None:
    """Keep a public recipient key in a file that anybody may read; never over an existing one.

    Raises:
        BadKey: there is a file of that name already.
    """
    write_new(path, _recipient_text("public", public.suite, public.key, public.label), 0o644)


def write_verifying_key(path: Path, public: Ed25519PublicKey) -> None:
    """Keep a public signing key as PEM that anybody may read; never over an existing file.

    Raises:
        BadKey: there is a file of that name already.
    """
    write_new(path, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)


def _key_id(suite: int, public: bytes) -> bytes:
    return hashlib.sha256(bytes([suite]) + public).digest()[:KEY_ID_BYTES]


def _recipient_text(half: str, suite: Suite, material: bytes, label: str) -> bytes:
    """One line: what it is, its suite, the key in hexadecimal, and who it belongs to."""
    line = f"parvis-recipient-{half}-key-1 {suite.name} {material.hex()} {' '.join(label.split())}"
    return (line.rstrip() + "\n").encode()


def _read_recipient(path: Path, half: str) -> tuple[Suite, bytes, str]:
    refused = BadKey(f"{path} holds no {half} recipient key. Restore it from its backup.")
    try:
        kind, suite, material, *label = read_key_file(path).decode().split(maxsplit=3)
        if kind != f"parvis-recipient-{half}-key-1":
            raise refused
        return Suite[suite], bytes.fromhex(material), label[0].strip() if label else ""
    except (ValueError, KeyError):
        raise refused from None


def read_key_file(path: Path) -> bytes:
    """What a key file holds, whatever that is.

    Raises:
        BadKey: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_KEY_FILE)
    except OSError as error:
        said = f"The key file {path} cannot be read: {error.strerror}."
        if isinstance(error, FileNotFoundError):
            said += f" New keys are made by: parvis-desk keys new --out {path.parent}"
        raise BadKey(said) from None


def write_new(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a key file that was not there, durably: the whole of it, or none.

    Raises:
        BadKey: there is a file of that name already, or the disk does not take it.
    """
    if path.exists():
        raise BadKey(f"There is a key file {path} already. Move it away first.")
    try:
        write_whole(path, content, mode)
    except OSError as error:
        raise BadKey(f"The key file {path} cannot be written: {error.strerror}.") from None
