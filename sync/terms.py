"""The terms of a consultation: what its package says of how contributions are taken and published.

`docs/format.md`, section 8. Everything here may be absent: packages of before say nothing of it,
and readers of before pass it over. What is not said is as usual.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.errors import MalformedPackage

FORMER_KEYS_DAYS = 30
"""How long keys of an older version are taken where a package says nothing of it."""

MOST_WITNESSES = 64

_LONGEST_INTERVAL = 366 * 24 * 3_600  # seconds
_MOST_AT_ONCE = 1_000_000
_COSIGNATURE = b"\x04"  # the signature type of C2SP tlog-cosignature's Ed25519
_KEY_HASH_BYTES = 4
_KEY_BYTES = 32
_NAME = re.compile(r"[!-*,-~]{1,200}")  # printable ASCII without space and plus


@dataclass(frozen=True)
class Epochs:
    """When the register is published: never one contribution at a time, unless it is asked for.

    Attributes:
        interval: seconds from one publication to the next; 0 publishes at once.
        at_least: how many entries a publication brings, the last one excepted.
    """

    interval: int = 3_600
    at_least: int = 11

    def __post_init__(self) -> None:
        if not 0 <= self.interval <= _LONGEST_INTERVAL or not 1 <= self.at_least <= _MOST_AT_ONCE:
            raise MalformedPackage(
                "The register is published every 0 to 31,622,400 seconds, at least 1 to 1,000,000 "
                "entries at once."
            )


@dataclass(frozen=True)
class Witness:
    """Who signs the register's checkpoints beside the server, once sure that it only grew.

    Attributes:
        name: the witness's; no space and no plus in it.
        key: its Ed25519 public key, 32 bytes.
    """

    name: str
    key: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.key) != _KEY_BYTES:
            raise MalformedPackage("This is no key of a witness: NAME+HASH+KEY, as it shows it.")

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The key, loaded."""
        return Ed25519PublicKey.from_public_bytes(self.key)

    @property
    def key_hash(self) -> bytes:
        """The four bytes that name the key in a signature line (C2SP signed-note)."""
        named = self.name.encode() + b"\n" + _COSIGNATURE + self.key
        return hashlib.sha256(named).digest()[:_KEY_HASH_BYTES]

    @property
    def verifier_key(self) -> str:
        """The key as the tools of that field write it: name+hash+base64(type, key)."""
        encoded = b64encode(_COSIGNATURE + self.key).decode()
        return f"{self.name}+{self.key_hash.hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> Witness:
        """Read what `verifier_key` writes.

        Raises:
            MalformedPackage: it is something else.
        """
        name, _, rest = text.partition("+")
        encoded = rest.partition("+")[2]
        try:
            witness = cls(name, b64decode(encoded, validate=True)[1:])
        except ValueError:
            witness = None
        if witness is None or witness.verifier_key != text:
            raise MalformedPackage(
                f"“{text[:80]}” is no key of a witness: NAME+HASH+KEY, as it shows it."
            )
        return witness


@dataclass(frozen=True)
class Witnesses:
    """Who else must have signed a checkpoint before anybody believes it.

    Attributes:
        named: who may sign; nobody where it is empty.
        quorum: how many of them must have; 0 where nobody is named.
    """

    named: tuple[Witness, ...] = ()
    quorum: int = 0

    def __post_init__(self) -> None:
        keys = {one.key for one in self.named}
        fewest = 1 if self.named else 0
        if len(keys) != len(self.named) or len(keys) > MOST_WITNESSES:
            raise MalformedPackage(
                f"A consultation has up to {MOST_WITNESSES} witnesses, each once."
            )
        if not fewest <= self.quorum <= len(self.named):
            raise MalformedPackage(
                f"Of {len(self.named)} witnesses {self.quorum} shall have signed: that cannot be."
            )


USUAL_EPOCHS = Epochs()
NO_WITNESSES = Witnesses()


def former_keys_until(said: date | None, published: date) -> date:
    """The last day on which contributions sealed to keys of an older version are taken.

    Args:
        said: what the newer package says; None where it says nothing.
        published: the day on which that package was first published here.
    """
    return said or published + timedelta(days=FORMER_KEYS_DAYS)


def terms_document(epochs: Epochs, witnesses: Witnesses, until: date | None) -> dict[str, object]:
    """The members of a manifest that say this; none for what is as usual."""
    document: dict[str, object] = {}
    if epochs != USUAL_EPOCHS:
        document["epochs"] = {"at_least": epochs.at_least, "interval": epochs.interval}
    if witnesses.named:
        document["witnesses"] = {
            "keys": [one.verifier_key for one in witnesses.named],
            "quorum": witnesses.quorum,
        }
    if until is not None:
        document["former_keys_until"] = until.isoformat()
    return document


def read_terms(document: Mapping[str, object]) -> tuple[Epochs, Witnesses, date | None]:
    """What a manifest says of it; the usual where it says nothing.

    Raises:
        MalformedPackage: it says something that cannot be.
    """
    epochs = _within(document, "epochs")
    witnesses = _within(document, "witnesses")
    keys = witnesses.get("keys", [])
    until = document.get("former_keys_until")
    if not isinstance(keys, list) or not isinstance(until, str | None):
        raise MalformedPackage()
    try:
        last = None if until is None else date.fromisoformat(until)
    except ValueError:
        raise MalformedPackage() from None
    return (
        Epochs(
            _whole(epochs.get("interval", USUAL_EPOCHS.interval)),
            _whole(epochs.get("at_least", USUAL_EPOCHS.at_least)),
        ),
        Witnesses(
            tuple(Witness.parse(_text(one)) for one in keys), _whole(witnesses.get("quorum", 0))
        ),
        last,
    )


def _within(document: Mapping[str, object], name: str) -> dict[str, object]:
    found = document.get(name, {})
    if not isinstance(found, dict):
        raise MalformedPackage()
    return found


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedPackage()
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise MalformedPackage()
    return value
