"""An organiser's private key, sealed under a passphrase: what `recipient.key` holds then.

`docs/format.md`, section 17. The passphrase is stretched by Argon2id once for all the keys that
were sealed with one `Lock`; what comes out, the `Root`, gives each key file a key of its own. A
check value tells a damaged file before anybody is asked for a passphrase; once the file is known
to be whole, what does not open is a wrong passphrase.

Nothing here asks anybody, nor touches a disk.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync.errors import BadKey, BadPassphrase, DamagedKey, WrongPassphrase
from sync.keys import ED25519, SEED_BYTES, RecipientKeys, RecipientPublic, Suite
from sync.wire import Reader, number, sized

ROOT_BYTES = 32
LONGEST_PASSPHRASE = 1024
"""Characters."""

_VERSION = 1
_LABEL = b"parvis/1 sealed key\x00"
_NONCE = bytes(12)  # the key serves this one sealing
_SALT_BYTES = 16
_KEY_SALT_BYTES = 32
_TAG_BYTES = 16
_CHECK_BYTES = 32
_LONGEST_LABEL = 4096
_LONGEST_PUBLIC = 2048
_BEGIN, _END = "-----BEGIN PARVIS SEALED KEY-----", "-----END PARVIS SEALED KEY-----"
_MARK = b"PARVIS SEALED KEY"
_LINE = 64

# What a file may ask for: a hostile one must exhaust neither memory nor patience.
_MOST_MEMORY = 1 << 20  # KiB: 1 GiB
_MOST_PASSES = 64
_MOST_LANES = 16
_MOST_WORK = 4 << 20  # KiB × passes: some ten seconds


@dataclass(frozen=True)
class Cost:
    """What a guess at a passphrase costs (Argon2id, RFC 9106).

    Attributes:
        passes: over the memory.
        memory: KiB.
        lanes: of the memory.
    """

    passes: int
    memory: int
    lanes: int


USUAL_COST = Cost(passes=2, memory=256 * 1024, lanes=4)
"""Half a second to a second on an office computer, and 256 MiB for each guess."""


@dataclass(frozen=True)
class Lock:
    """What turns a passphrase into a root: the same for all keys sealed at one time.

    Attributes:
        cost: of one try.
        salt: 16 random bytes.
    """

    cost: Cost
    salt: bytes

    @classmethod
    def new(
        cls, cost: Cost = USUAL_COST, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> Lock:
        """A lock that nothing was sealed with before."""
        return cls(cost, random(_SALT_BYTES))

    @property
    def data(self) -> bytes:
        """As it stands in a file."""
        cost = self.cost
        return number(cost.passes) + number(cost.memory) + number(cost.lanes) + self.salt

    @property
    def name(self) -> bytes:
        """32 bytes that tell it from others; they say nothing of the passphrase."""
        return hashlib.sha256(_LABEL + self.data).digest()

    def stretch(self, passphrase: str) -> Root:
        """The root that a passphrase gives; each passphrase gives another.

        Raises:
            BadPassphrase: it is none.
            BadKey: this machine cannot do it: too little memory, a library without Argon2id.
        """
        try:
            key = Argon2id(
                salt=self.salt,
                length=ROOT_BYTES,
                iterations=self.cost.passes,
                lanes=self.cost.lanes,
                memory_cost=self.cost.memory,
            ).derive(normal(passphrase).encode())
        except MemoryError:
            raise BadKey(
                f"This key needs {self.cost.memory // 1024} MiB of memory to be opened, and they "
                "are not free. Close other programs, and try again."
            ) from None
        except UnsupportedAlgorithm:
            raise BadKey(
                "Keys under a passphrase need a cryptography library with Argon2id (OpenSSL 3.2 or "
                "later). Install Parvis's own: pip install 'parvis[desk]'."
            ) from None
        return Root(self, key)


@dataclass(frozen=True)
class Root:
    """A passphrase, stretched: it opens whatever was sealed under that passphrase and that lock."""

    lock: Lock
    key: bytes = field(repr=False)


class Kind(IntEnum):
    """What a sealed key is for."""

    RECIPIENT = 1
    ORGANISER = 2


class Unlocking(Protocol):
    """Where roots come from: somebody who is asked, a file, an agent."""

    def root(self, sealed: SealedKey, path: Path) -> Root:
        """A root that opens `sealed`, which lies at `path`.

        Raises:
            WrongPassphrase, NoPassphrase, BadPassphrase: there is none to be had.
            DamagedKey: it was altered, and no passphrase will open it.
        """


@dataclass(frozen=True)
class KnownRoot:
    """The one root that is at hand."""

    known: Root

    def root(self, sealed: SealedKey, path: Path) -> Root:
        """That one.

        Raises:
            WrongPassphrase: it does not open `sealed`.
        """
        if not sealed.opens_with(self.known):
            raise WrongPassphrase(f"{path} is sealed under another passphrase.")
        return self.known


@dataclass(frozen=True)
class SealedKey:
    """A private key under a passphrase.

    Attributes:
        kind: what it is for.
        suite: the number of its suite, as key ids are made with.
        key: its public half.
        label: who it belongs to; for recipients.
        lock: what the passphrase is stretched with.
        key_salt: 32 random bytes of this sealing alone.
        sealed: the private half, sealed.
    """

    kind: Kind
    suite: int
    key: bytes
    label: str
    lock: Lock
    key_salt: bytes
    sealed: bytes

    @classmethod
    def recipient(
        cls,
        keys: RecipientKeys,
        root: Root,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> SealedKey:
        """Recipient keys, sealed.

        Raises:
            BadKey: their label is too long to be read back.
        """
        public = keys.public
        if len(public.label.encode()) > _LONGEST_LABEL:
            raise BadKey(f"The label of a key has at most {_LONGEST_LABEL} bytes. Shorten it.")
        empty = cls(
            Kind.RECIPIENT, public.suite, public.key, public.label, root.lock, random(32), b""
        )
        return empty._filled(root, keys.seed)

    @classmethod
    def organiser(
        cls,
        key: Ed25519PrivateKey,
        root: Root,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> SealedKey:
        """An organiser's signing key, sealed."""
        public = key.public_key().public_bytes_raw()
        empty = cls(Kind.ORGANISER, ED25519, public, "", root.lock, random(32), b"")
        return empty._filled(root, key.private_bytes_raw())

    @classmethod
    def read(cls, text: bytes, path: Path) -> SealedKey:
        """A sealed key, from what its file holds.

        Args:
            text: of the file; line endings and a byte order mark do not matter.
            path: of the file, for errors.

        Raises:
            DamagedKey: it is not what was written.
            BadKey: it is of a later Parvis, or asks for more than any file may.
        """
        damaged = DamagedKey(f"{path} is damaged: no passphrase opens it. Restore its backup.")
        try:
            lines = text.decode("utf-8-sig").split()
            begin, end = (line.split() for line in (_BEGIN, _END))
            whole = base64.b64decode("".join(lines[len(begin) : -len(end)]), validate=True)
        except ValueError:  # no UTF-8, no ASCII, no base64
            raise damaged from None
        if lines[: len(begin)] != begin or lines[-len(end) :] != end:
            raise damaged
        data, check = whole[:-_CHECK_BYTES], whole[-_CHECK_BYTES:]
        if not data or hashlib.sha256(data).digest() != check:
            raise damaged
        if data[0] != _VERSION:
            raise BadKey(f"{path} was sealed by a later version of Parvis. Update Parvis.")
        try:
            return cls._from(Reader(data, DamagedKey, at=1), path)
        except (DamagedKey, ValueError):
            raise damaged from None

    @classmethod
    def _from(cls, reader: Reader, path: Path) -> SealedKey:
        kind, suite = Kind(reader.take(1)[0]), reader.take(1)[0]
        key, label = reader.sized(_LONGEST_PUBLIC), reader.sized(_LONGEST_LABEL).decode()
        cost = Cost(reader.number(), reader.number(), reader.number())
        salt, key_salt = reader.take(_SALT_BYTES), reader.take(_KEY_SALT_BYTES)
        sealed = reader.take(SEED_BYTES + _TAG_BYTES)
        reader.done()
        if not (
            1 <= cost.passes <= _MOST_PASSES
            and 1 <= cost.lanes <= _MOST_LANES
            and 8 * cost.lanes <= cost.memory <= _MOST_MEMORY
            and cost.passes * cost.memory <= _MOST_WORK
        ):
            raise BadKey(
                f"{path} asks for {cost.memory // 1024} MiB of memory, {cost.passes} times over, "
                "to be opened. No Parvis made it: it is damaged, or meant to harm. Restore it from "
                "its backup."
            )
        return cls(kind, suite, key, label, Lock(cost, salt), key_salt, sealed)

    @property
    def text(self) -> bytes:
        """As its file holds it: base64 in lines, between a line that begins and one that ends."""
        data = self._header + self.sealed
        whole = base64.b64encode(data + hashlib.sha256(data).digest()).decode()
        lines = [whole[at : at + _LINE] for at in range(0, len(whole), _LINE)]
        return "\n".join([_BEGIN, *lines, _END, ""]).encode()

    @property
    def recipient_public(self) -> RecipientPublic:
        """The public half of a recipient key.

        Raises:
            BadKey: it is no recipient key.
        """
        try:
            suite = Suite(self.suite)
        except ValueError:
            raise BadKey("This sealed key is of a suite that this Parvis does not know.") from None
        return RecipientPublic(suite, self.key, self.label)

    @property
    def organiser_public(self) -> Ed25519PublicKey:
        """The public half of an organiser's key.

        Raises:
            BadKey: it is no organiser's key.
        """
        try:
            return Ed25519PublicKey.from_public_bytes(self.key)
        except ValueError:
            raise BadKey("This sealed key is no Ed25519 key.") from None

    def opens_with(self, root: Root) -> bool:
        """Whether `root` comes of the passphrase that it was sealed under."""
        try:
            self._secret(root)
        except WrongPassphrase:
            return False
        return True

    def recipient_keys(self, root: Root) -> RecipientKeys:
        """The recipient keys in it.

        Raises:
            WrongPassphrase: `root` does not open it.
            BadKey: what is in it is another key.
        """
        keys = RecipientKeys(self.recipient_public.suite, self._secret(root), self.label)
        if self.kind is not Kind.RECIPIENT or keys.public.key != self.key:
            raise BadKey("This sealed file holds another key than it says.")
        return keys

    def organiser_key(self, root: Root) -> Ed25519PrivateKey:
        """The organiser's key in it.

        Raises:
            WrongPassphrase: `root` does not open it.
            BadKey: what is in it is another key.
        """
        key = Ed25519PrivateKey.from_private_bytes(self._secret(root))
        if self.kind is not Kind.ORGANISER or key.public_key() != self.organiser_public:
            raise BadKey("This sealed file holds another key than it says.")
        return key

    @property
    def _header(self) -> bytes:
        return (
            bytes((_VERSION, self.kind, self.suite))
            + sized(self.key)
            + sized(self.label.encode())
            + self.lock.data
            + self.key_salt
        )

    def _filled(self, root: Root, secret: bytes) -> SealedKey:
        sealed = self._cipher(root).encrypt(_NONCE, secret, _LABEL + self._header)
        return SealedKey(
            self.kind, self.suite, self.key, self.label, self.lock, self.key_salt, sealed
        )

    def _secret(self, root: Root) -> bytes:
        if root.lock != self.lock:
            raise WrongPassphrase()
        try:
            return self._cipher(root).decrypt(_NONCE, self.sealed, _LABEL + self._header)
        except InvalidTag:
            raise WrongPassphrase() from None

    def _cipher(self, root: Root) -> ChaCha20Poly1305:
        derived = HKDF(SHA256(), 32, salt=self.key_salt, info=_LABEL).derive(root.key)
        return ChaCha20Poly1305(derived)


def is_sealed(text: bytes) -> bool:
    """Whether a key file holds a sealed key, be it a damaged one."""
    return _MARK in text[:200]


def normal(passphrase: str) -> str:
    """A passphrase as it is used: however a keyboard writes accents and spaces, it is the same.

    RFC 8265, OpaqueString: every kind of space is a space, and the rest is in form NFC.

    Raises:
        BadPassphrase: it is empty, too long, or holds what nobody types on purpose.
    """
    spaced = "".join(" " if unicodedata.category(one) == "Zs" else one for one in passphrase)
    text = unicodedata.normalize("NFC", spaced)
    if not text:
        raise BadPassphrase("The passphrase is empty.")
    if len(text) > LONGEST_PASSPHRASE:
        raise BadPassphrase(f"A passphrase has at most {LONGEST_PASSPHRASE} characters.")
    if any(unicodedata.category(one) in ("Cc", "Cs") for one in text):
        raise BadPassphrase(
            "The passphrase holds a character that is none, as arrows and other such keys leave "
            "behind. Type it again, without them."
        )
    return text
