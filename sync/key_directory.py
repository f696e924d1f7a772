"""The organiser's keys as the desk keeps them, from their making to their destruction: KEYDIR.

recipient.key   opens contributions; 0600; kept off every server; not there while only its
                keepers' cards have it (`sync.desk.cards`)
recipient.pub   its public half: what publishing needs
organiser.key   signs consultations and the desk's requests; 0600
organiser.pub   its public half, PEM
former/ID.*     recipient keys of before: what was sealed to them opens while they are kept
destroyed/ID.*  the public halves of keys that are gone, and the signed record of it
cards/ID.json   how many cards a key was split into; nothing of the cards themselves
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.destruction import Destruction, read_destruction
from sync.durable import sync_directory, write_whole
from sync.errors import BadKey
from sync.keys import (
    RecipientKeys,
    RecipientPublic,
    Suite,
    grouped_digits,
    read_recipient_keys,
    read_recipient_public,
    read_signing_key,
    read_verifying_key,
    write_recipient_keys,
    write_recipient_public,
    write_signing_key,
    write_verifying_key,
)

_NOT_HERE = (
    "The private recipient key is not in {place}: its keepers have it on their cards. Join them "
    "with parvis-desk keys join, or give --cards to have them asked for this once."
)


@dataclass(frozen=True)
class CardsMade:
    """That a key was split.

    Attributes:
        of: how many cards there are.
        needed: how many of them give the key.
    """

    of: int
    needed: int


@dataclass(frozen=True)
class KeyDirectory:
    """The organiser's keys.

    Attributes:
        path: KEYDIR.
        public: the present recipient key's public half, which consultations are published with.
        organiser: signs.
        held: the private recipient keys that are here, the present one first.
        destroyed: what became of those that are gone.
    """

    path: Path
    public: RecipientPublic
    organiser: Ed25519PrivateKey = field(repr=False)
    held: tuple[RecipientKeys, ...]
    destroyed: tuple[Destruction, ...] = ()

    @classmethod
    def create(cls, path: Path, *, label: str = "", suite: Suite = Suite.X_WING) -> KeyDirectory:
        """Make new keys in `path`, a directory that is new or empty.

        Args:
            path: where; made readable to this user alone.
            label: who the recipient is, for people.
            suite: X-Wing unless there is a reason.

        Raises:
            BadKey: the directory holds something, or cannot be written.
        """
        with _used_for_keys(path):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(path.iterdir()):
                raise BadKey(f"{path} is not empty. Name a new directory for new keys.")
        recipient = RecipientKeys.generate(suite, label)
        organiser = Ed25519PrivateKey.generate()
        write_recipient_keys(path / "recipient.key", recipient)
        write_recipient_public(path / "recipient.pub", recipient.public)
        write_signing_key(path / "organiser.key", organiser)
        write_verifying_key(path / "organiser.pub", organiser.public_key())
        return cls(path, recipient.public, organiser, (recipient,))

    @classmethod
    def open(cls, path: Path, *, looked_at: bool = False) -> KeyDirectory:
        """The keys kept in `path`.

        Args:
            path: KEYDIR.
            looked_at: whether nothing in it may be changed; a renewal that was interrupted is
                finished by whoever opens it next.

        Raises:
            BadKey: one is missing, or is not what its name says.
        """
        names = ("recipient.key", "recipient.pub")
        if not looked_at:
            _finish_renewal(path)
        elif (path / "next.pub").exists() and not (path / "recipient.pub").exists():
            names = ("next.key", "next.pub")  # stopped between the two
        present = _pair(path / names[0], path / names[1])
        organiser = read_signing_key(path / "organiser.key")
        public = path / "organiser.pub"
        # A flipped bit makes another key, which looks as good: its public half gives it away.
        if public.exists() and read_verifying_key(public) != organiser.public_key():
            raise _unlike(public)
        former = [
            _pair(public.with_suffix(".key"), public)
            for public in sorted((path / "former").glob("*.pub"))
        ]
        held = [private for private, _ in (present, *former) if private is not None]
        gone = [
            read_destruction(_read(record), organiser.public_key())
            for record in sorted((path / "destroyed").glob("*.json"))
        ]
        return cls(path, present[1], organiser, tuple(held), tuple(gone))

    @property
    def recipient(self) -> RecipientKeys:
        """The present recipient key.

        Raises:
            BadKey: its private half is not here.
        """
        for one in self.held:
            if one.public.key == self.public.key:
                return one
        raise BadKey(_NOT_HERE.format(place=self.path))

    @property
    def present_destroyed(self) -> bool:
        """Whether the present key is gone, and none was made after it."""
        return any(one.key_id == self.public.id for one in self.destroyed)

    def known(self) -> Iterator[RecipientPublic]:
        """The public halves of all recipient keys that were ever here, the present one first."""
        yield self.public
        for folder in ("former", "destroyed"):
            for path in sorted((self.path / folder).glob("*.pub")):
                public = read_recipient_public(path)
                if public.key != self.public.key:
                    yield public

    def find(self, wanted: str) -> RecipientPublic:
        """The recipient key of an id: 16 hexadecimal digits, or 20 digits in groups or not.

        Raises:
            BadKey: there is none of that id.
        """
        asked = "".join(wanted.split()).lower()
        for public in self.known():
            if asked in (public.id.hex(), grouped_digits(public.id).replace(" ", "")):
                return public
        named = "; ".join(f"{grouped_digits(one.id)} ({one.id.hex()})" for one in self.known())
        raise BadKey(f"There is no recipient key “{wanted}” in {self.path}. There are: {named}.")

    def place_of(self, public: RecipientPublic) -> Path:
        """Where the private half of a key lies, or would lie."""
        if public.key == self.public.key:
            return self.path / "recipient.key"
        return self.path / "former" / f"{public.id.hex()}.key"

    # cards

    def cards_of(self, public: RecipientPublic) -> CardsMade | None:
        """How many cards a key was split into; None where it never was."""
        path = self._cards(public)
        if not path.exists():
            return None
        try:
            told = json.loads(_read(path))
            return CardsMade(int(told["of"]), int(told["needed"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise BadKey(f"{path} cannot be read. Move it away, and split the key anew.") from None

    def were_split(self, public: RecipientPublic, made: CardsMade) -> None:
        """Remember that a key was split."""
        content = json.dumps({"of": made.of, "needed": made.needed}).encode() + b"\n"
        with _used_for_keys(self.path):
            self._cards(public).parent.mkdir(mode=0o700, exist_ok=True)
            write_whole(self._cards(public), content)

    def put_back(self, keys: RecipientKeys) -> Path:
        """Write a private key where it was before it was removed.

        Raises:
            BadKey: it is there already, or is none of this directory.
        """
        public = self.find(keys.public.id.hex())
        place = self.place_of(public)
        write_recipient_keys(place, RecipientKeys(keys.suite, keys.seed, public.label))
        return place

    def remove(self, public: RecipientPublic) -> None:
        """Take a private key off this disk, as far as a disk forgets; its cards have it still."""
        with _used_for_keys(self.path):
            _shred(self.place_of(public))

    # one key after the other

    def renew(self, label: str = "") -> KeyDirectory:
        """Make a new recipient key, for what is published from now on; the old one is kept.

        It can be interrupted anywhere: the next `open` completes it.

        Args:
            label: who the recipient is; as before if "".
        """
        fresh = RecipientKeys.generate(self.public.suite, label or self.public.label)
        former = self.path / "former"
        with _used_for_keys(self.path):
            former.mkdir(mode=0o700, exist_ok=True)
            for name in ("next.key", "next.pub"):
                (self.path / name).unlink(missing_ok=True)
            write_recipient_keys(self.path / "next.key", fresh)
            write_recipient_public(self.path / "next.pub", fresh.public)  # from here on it counts
        return KeyDirectory.open(self.path)

    def destroy(self, public: RecipientPublic, record: bytes) -> None:
        """Keep the signed record that a key is destroyed, then destroy what is here of it.

        Raises:
            ForgedStatement, UnreadableStatement: it is no record by this organiser.
        """
        told = read_destruction(record, self.organiser.public_key())
        assert told.key_id == public.id, "the record is of another key"
        gone = self.path / "destroyed"
        with _used_for_keys(self.path):
            gone.mkdir(mode=0o700, exist_ok=True)
            write_whole(gone / f"{public.id.hex()}.json", record, 0o644)
            if not (gone / f"{public.id.hex()}.pub").exists():
                write_recipient_public(gone / f"{public.id.hex()}.pub", public)
            _shred(self.path / "former" / f"{public.id.hex()}.key")
            (self.path / "former" / f"{public.id.hex()}.pub").unlink(missing_ok=True)
            if public.key == self.public.key:
                _shred(self.path / "recipient.key")

    def _cards(self, public: RecipientPublic) -> Path:
        return self.path / "cards" / f"{public.id.hex()}.json"


def _finish_renewal(path: Path) -> None:
    """Move the present key to the former ones, and the next one into its place."""
    if not (path / "next.pub").exists():
        return
    with _used_for_keys(path):
        if (path / "recipient.pub").exists():
            public = read_recipient_public(path / "recipient.pub")
            if public.key != read_recipient_public(path / "next.pub").key:
                place = path / "former" / public.id.hex()
                for half in (".key", ".pub"):
                    if (path / f"recipient{half}").exists():
                        (path / f"recipient{half}").replace(place.with_suffix(half))
                sync_directory(place.parent)
        if (path / "next.key").exists():
            (path / "next.key").replace(path / "recipient.key")
        (path / "next.pub").replace(path / "recipient.pub")
        sync_directory(path)


def _pair(private: Path, public: Path) -> tuple[RecipientKeys | None, RecipientPublic]:
    """Both halves of a recipient key; the private one may be away.

    Raises:
        BadKey: they are not what their names say, or not of one key.
    """
    if not private.exists() and public.exists():
        return None, read_recipient_public(public)
    keys = read_recipient_keys(private)
    if public.exists() and read_recipient_public(public).key != keys.public.key:
        raise _unlike(public)
    return keys, keys.public


def _unlike(public: Path) -> BadKey:
    return BadKey(
        f"{public} does not belong to {public.with_suffix('.key')}: one of them was damaged or "
        "replaced. Restore both from their backup."
    )


def _shred(path: Path) -> None:
    """Overwrite a small file and take it away; what a flash disk keeps of it, nobody can say."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    sync_directory(path.parent)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadKey(f"{path} cannot be read: {error.strerror}.") from None


@contextlib.contextmanager
def _used_for_keys(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadKey(f"{path} cannot be used for keys: {error.strerror}.") from None


def private_files(path: Path) -> Sequence[Path]:
    """The files of KEYDIR that nobody else may read."""
    names = (path / "recipient.key", path / "organiser.key", *(path / "former").glob("*.key"))
    return [one for one in names if one.exists()]
