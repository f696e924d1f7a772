"""The manifest beside open data whose lines prove nothing: what attests their set.

`docs/format.md`, section 11. It names the register's checkpoint, what became of every entry of the
register, and the hash of the data. Each recipient signs it, for what was sealed to it, once its own
desk has found the lines to be those that it opened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.errors import SyncError
from sync.statement import b64, unb64

ENDING = ".manifest.json"
_LABEL = b"parvis open data 1\n"
_LARGEST = 4 * 1024 * 1024


class NotAManifest(SyncError):
    """A file is no manifest, or not as Parvis writes them."""


@dataclass(frozen=True)
class Attestation:
    """One recipient's word.

    Attributes:
        said: canonical JSON: `by` (its Ed25519 key), `label`, and of the entries that are not
            erased how many were `sealed` to it, and how many were `unsealed`: not.
        signature: over label, manifest and this.
    """

    said: str
    signature: bytes

    @property
    def by(self) -> bytes:
        """The key that signs."""
        return unb64(str(json.loads(self.said)["by"]))


@dataclass(frozen=True)
class Manifest:
    """What is said of the set, and who has signed it.

    Attributes:
        said: canonical JSON, as `docs/format.md` has it.
        attested: by whom.
    """

    said: str
    attested: tuple[Attestation, ...] = ()

    @classmethod
    def of(cls, members: Mapping[str, object]) -> Manifest:
        """A manifest that nobody has signed yet."""
        return cls(rfc8785.dumps(dict(members)).decode())  # type: ignore[arg-type]

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read one.

        Raises:
            NotAManifest: it cannot be read, or is something else.
        """
        try:
            content = path.read_bytes()
            if len(content) > _LARGEST:
                raise ValueError
            outer = json.loads(content)
            attested = tuple(
                Attestation(str(one["said"]), unb64(one["signature"])) for one in outer["attested"]
            )
            found = cls(str(outer["said"]), attested)
            if not isinstance(json.loads(found.said), dict) or any(
                len(one.by) != 32 for one in attested
            ):
                raise ValueError
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise NotAManifest(
                f"{path} is no manifest of open data ({error}). parvis-desk open-data writes it."
            ) from None
        return found

    def to_bytes(self) -> bytes:
        """As it is written."""
        return rfc8785.dumps(
            {
                "said": self.said,
                "attested": [
                    {"said": one.said, "signature": b64(one.signature)} for one in self.attested
                ],
            }
        )

    def signed(self, key: Ed25519PrivateKey, label: str, sealed: int, unsealed: int) -> Manifest:
        """The same with one more recipient's word, in the place of what it said before.

        Args:
            key: the recipient's.
            label: what it is called.
            sealed: entries that were sealed to it, and not erased.
            unsealed: those that were not.
        """
        by = key.public_key().public_bytes_raw()
        said = rfc8785.dumps(
            {"by": b64(by), "label": label, "sealed": sealed, "unsealed": unsealed}
        ).decode()
        word = Attestation(said, key.sign(self._signed(said)))
        others = [one for one in self.attested if one.by != by]
        return replace(self, attested=(*others, word))

    def holds(self, word: Attestation) -> bool:
        """Whether an attestation is signed by the key that it names."""
        try:
            Ed25519PublicKey.from_public_bytes(word.by).verify(
                word.signature, self._signed(word.said)
            )
        except (InvalidSignature, ValueError):
            return False
        return True

    def _signed(self, said: str) -> bytes:
        return _LABEL + self.said.encode() + b"\n" + said.encode()

    def member(self, *names: str) -> object:
        """What stands under these names, one within the other.

        Raises:
            NotAManifest: nothing does.
        """
        value: object = json.loads(self.said)
        for name in names:
            if not isinstance(value, dict) or name not in value:
                raise NotAManifest(f"The manifest says nothing of “{name}”.")
            value = value[name]
        return value

    def text(self, *names: str) -> str:
        """A member that is a text."""
        value = self.member(*names)
        if not isinstance(value, str):
            raise NotAManifest(f"The manifest says nothing readable of “{names[-1]}”.")
        return value

    def whole(self, *names: str) -> int:
        """A member that is a whole number, from 0."""
        value = self.member(*names)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise NotAManifest(f"The manifest says nothing readable of “{names[-1]}”.")
        return value

    def texts(self, *names: str) -> Sequence[str]:
        """A member that is a list of texts."""
        value = self.member(*names)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise NotAManifest(f"The manifest says nothing readable of “{names[-1]}”.")
        return value


def beside(data: Path) -> Path:
    """Where the manifest of a file of open data lies."""
    return data.with_name(data.stem + ENDING)
