"""Six short words that server and device each work out, for a person to compare on both screens.

They follow from both public keys and the enrolment token. Whoever stood in between, or used a
photograph of the code to enrol a device of their own, makes the two screens differ in every word.
Six words of 256 are 48 bits; each guess costs scrypt's 16 MiB, and a code lives fifteen minutes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.errors import SyncError

HOW_MANY = 6

_LABEL = b"parvis six words 1\n"
_COST, _BLOCK = 1 << 14, 8  # scrypt: 16 MiB, some 50 ms
_LIST = Path(__file__).with_name("words") / "enrolment.txt"


class UnknownWord(SyncError):
    """A word that was typed is not one of those that are compared."""


class WordsDiffer(SyncError):
    """The two screens show different words: the device that was enrolled is not this one."""

    sentence = (
        "The words differ: the server enrolled another device, or this is not its code. This "
        "device was not enrolled. Have a new code made (parvis-server enrol), and let nobody else "
        "see it."
    )


@dataclass(frozen=True)
class SixWords:
    """The words of one enrolment; two that were worked out alike are equal.

    Attributes:
        numbers: the places of the words in the list.
    """

    numbers: bytes

    @classmethod
    def of(cls, server: Ed25519PublicKey, device: Ed25519PublicKey, token_hash: bytes) -> SixWords:
        """The words of a device's enrolment.

        Args:
            server: the server's public key.
            device: the device's.
            token_hash: SHA-256 over the public key that both derive from the token.
        """
        said = server.public_bytes_raw() + device.public_bytes_raw() + token_hash
        return cls(hashlib.scrypt(said, salt=_LABEL, n=_COST, r=_BLOCK, p=1, dklen=HOW_MANY))

    @classmethod
    def typed(cls, words: str) -> SixWords:
        """The words as somebody read them out, in French or English; capitals do not matter.

        Raises:
            UnknownWord: they are not six, or one is not in the list.
        """
        given = words.lower().replace("oeuf", "œuf").split()
        if len(given) != HOW_MANY:
            raise UnknownWord(f"There are {HOW_MANY} words to compare. Type all of them.")
        known = _numbers()
        for word in given:
            if word not in known:
                raise UnknownWord(
                    f"“{word}” is none of the words that are compared. Read it again."
                )
        return cls(bytes(known[word] for word in given))

    @property
    def french(self) -> str:
        """In French."""
        return " ".join(_list()[number][0] for number in self.numbers)

    @property
    def english(self) -> str:
        """In English: the same six, in their order."""
        return " ".join(_list()[number][1] for number in self.numbers)


@lru_cache(1)
def _list() -> tuple[tuple[str, str], ...]:
    lines = _LIST.read_text(encoding="utf-8").rstrip("\n").split("\n")
    return tuple((french, english) for french, english in (line.split() for line in lines))


@lru_cache(1)
def _numbers() -> dict[str, int]:
    """Word → its place, in either language, where a word means the same in both."""
    found = {english: number for number, (_, english) in enumerate(_list())}
    found.update({french: number for number, (french, _) in enumerate(_list())})
    return found
