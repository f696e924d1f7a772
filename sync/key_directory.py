"""The organiser's keys as the desk keeps them, from their making to their destruction: KEYDIR.

recipient.key   opens contributions; 0600; kept off every server; not there while only its
                keepers' cards have it (`sync.desk.cards`)
recipient.pub   its public half: what publishing needs
organiser.key   signs consultations and the desk's requests; 0600. Where it is sealed under a
                passphrase, so is every private key that is written here (`sync.sealed_keys`)
organiser.pub   its public half, PEM
former/ID.*     recipient keys of before: what was sealed to them opens while they are kept
destroyed/ID.*  the public halves of keys that are gone, and the signed record of it
cards/ID.json   how many cards a key was split into; nothing of the cards themselves
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.destruction import Destruction, read_destruction
from sync.durable import write_whole
from sync.errors import BadKey, NoPassphrase
from sync.key_replacing import (
    counting,
    finish,
    locked,
    present_pair,
    replace_staged,
    shred,
    stage,
    staged,
    unfinished,
)
from sync.keys import (
    RecipientKeys,
    RecipientPublic,
    Suite,
    grouped_digits,
    read_key_file,
    read_recipient_public,
    read_verifying_key,
    write_new,
    write_recipient_public,
    write_verifying_key,
)
from sync.private_keys import (
    make_sure,
    private_files,
    public_of,
    read_pair,
    read_signing,
    recipient_of,
    text_of,
    unlike,
)
from sync.sealed_keys import KnownRoot, Root, SealedKey, Unlocking, is_sealed

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

    A key that is sealed is opened when it is first asked for, and not before.

    Attributes:
        path: KEYDIR.
        public: the present recipient key's public half, which consultations are published with.
        signing: the organiser's key, as it lies here.
        opening: the private recipient keys that lie here, the present one first.
        destroyed: what became of those that are gone.
        unlocking: opens what is sealed; None where nobody is to be asked.
    """

    path: Path
    public: RecipientPublic
    signing: Ed25519PrivateKey | SealedKey = field(repr=False)
    opening: tuple[RecipientKeys | SealedKey, ...]
    destroyed: tuple[Destruction, ...] = ()
    unlocking: Unlocking | None = field(default=None, repr=False, compare=False)

    @classmethod
    def create(
        cls, path: Path, *, label: str = "", suite: Suite = Suite.X_WING, root: Root | None = None
    ) -> KeyDirectory:
        """Make new keys in `path`, a directory that is new or empty.

        Args:
            path: where; made readable to this user alone.
            label: who the recipient is, for people.
            suite: X-Wing unless there is a reason.
            root: of the passphrase that they are sealed under; in plain if None.

        Raises:
            BadKey: the directory holds something, or cannot be written.
        """
        cls.check_new(path)
        with _used_for_keys(path):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        recipient = RecipientKeys.generate(suite, label)
        organiser = Ed25519PrivateKey.generate()
        with locked(path, alone=True):
            write_new(path / "recipient.key", text_of(recipient, root))
            write_recipient_public(path / "recipient.pub", recipient.public)
            write_new(path / "organiser.key", text_of(organiser, root))
            write_verifying_key(path / "organiser.pub", organiser.public_key())
        return cls.open(path, KnownRoot(root) if root else None)

    @staticmethod
    def check_new(path: Path) -> None:
        """Make sure that new keys can go to `path`.

        Raises:
            BadKey: there is something already.
        """
        with _used_for_keys(path):
            if path.exists() and any(path.iterdir()):
                raise BadKey(f"{path} is not empty. Name a new directory for new keys.")

    @classmethod
    def open(
        cls, path: Path, unlocking: Unlocking | None = None, *, looked_at: bool = False
    ) -> KeyDirectory:
        """The keys kept in `path`.

        Args:
            path: KEYDIR.
            unlocking: opens those that are sealed, when they are needed.
            looked_at: whether nothing in it may be changed; a renewal that was interrupted is
                finished by whoever opens it next.

        Raises:
            BadKey: one is missing, or is not what its name says.
        """
        if unfinished(path) and not looked_at:
            with _used_for_keys(path), locked(path, alone=True):
                finish(path)
        with locked(path, alone=False):
            return cls._read(path, unlocking)

    @classmethod
    def _read(cls, path: Path, unlocking: Unlocking | None) -> KeyDirectory:
        present = read_pair(*present_pair(path))
        signing = read_signing(counting(path, "organiser.key"))
        public = path / "organiser.pub"
        # A flipped bit makes another key, which looks as good: its public half gives it away.
        if public.exists() and read_verifying_key(public) != public_of(signing):
            raise unlike(public)
        former = [
            read_pair(counting(path, f"former/{public.stem}.key"), public)
            for public in sorted((path / "former").glob("*.pub"))
        ]
        opening = [private for private, _ in (present, *former) if private is not None]
        gone = [
            read_destruction(_read(record), public_of(signing))
            for record in sorted((path / "destroyed").glob("*.json"))
        ]
        return cls(path, present[1], signing, tuple(opening), tuple(gone), unlocking)

    @cached_property
    def organiser(self) -> Ed25519PrivateKey:
        """Signs; opened with the passphrase where it is sealed.

        Raises:
            WrongPassphrase, NoPassphrase, DamagedKey: it is sealed, and does not open.
        """
        if isinstance(self.signing, Ed25519PrivateKey):
            return self.signing
        return self.signing.organiser_key(self._root(self.signing, self.path / "organiser.key"))

    @property
    def organiser_public(self) -> Ed25519PublicKey:
        """The public half of what signs: nobody is asked for a passphrase."""
        return public_of(self.signing)

    @cached_property
    def held(self) -> tuple[RecipientKeys, ...]:
        """The private recipient keys that are here, the present one first.

        Raises:
            WrongPassphrase, NoPassphrase, DamagedKey: one is sealed, and does not open.
        """
        return tuple(
            one
            if isinstance(one, RecipientKeys)
            else one.recipient_keys(self._root(one, self.place_of(one.recipient_public)))
            for one in self.opening
        )

    def holds(self, public: RecipientPublic) -> bool:
        """Whether the private half of a key is here, be it sealed."""
        return any(recipient_of(one).key == public.key for one in self.opening)

    def _root(self, sealed: SealedKey, path: Path) -> Root:
        if self.unlocking is None:
            raise NoPassphrase(f"{path} is sealed under a passphrase, and none was given.")
        return self.unlocking.root(sealed, path)

    # under a passphrase

    @property
    def protected(self) -> bool:
        """Whether keys that are written here are sealed."""
        return isinstance(self.signing, SealedKey)

    @property
    def root(self) -> Root | None:
        """Of the passphrase that the keys are sealed under; None where they lie in plain.

        Raises:
            WrongPassphrase, NoPassphrase, DamagedKey: the organiser's key does not open.
        """
        if isinstance(self.signing, Ed25519PrivateKey):
            return None
        return self._root(self.signing, self.path / "organiser.key")

    def in_plain(self) -> Sequence[Path]:
        """The private keys that lie here in plain."""
        return [path for path in private_files(self.path) if not is_sealed(read_key_file(path))]

    def seal(self, root: Root | None) -> KeyDirectory:
        """Write every private key anew, all or none, and overwrite what was there before.

        It can be interrupted anywhere: the next `open` goes on, or back. A key is read back from
        the disk and opened before the one of before is touched.

        Args:
            root: of the passphrase that they are sealed under; in plain if None.

        Raises:
            WrongPassphrase, NoPassphrase, DamagedKey: what is sealed now does not open.
            BadKey: the keys were changed by somebody else meanwhile, or cannot be written.
        """
        keys: dict[Path, RecipientKeys | Ed25519PrivateKey] = {
            Path("organiser.key"): self.organiser,
            **{self.place_of(one.public).relative_to(self.path): one for one in self.held},
        }
        with _used_for_keys(self.path), locked(self.path, alone=True):
            finish(self.path)
            now = KeyDirectory._read(self.path, None)
            if now._state != self._state:
                raise BadKey(f"The keys in {self.path} were changed meanwhile. Try again.")
            stage(self.path, {name: text_of(key, root) for name, key in keys.items()})
            for name, key in keys.items():
                make_sure(key, staged(self.path, name), root, self.path / name)
            replace_staged(self.path)
        return KeyDirectory.open(self.path, KnownRoot(root) if root else None)

    @property
    def _state(self) -> tuple[bytes | SealedKey, ...]:
        """What lies here: the same again only where nobody changed it."""
        recipients = [one if isinstance(one, SealedKey) else one.public.key for one in self.opening]
        signing = self.signing
        if isinstance(signing, Ed25519PrivateKey):
            return signing.public_key().public_bytes_raw(), *recipients
        return signing, *recipients

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
        """Write a private key where it was before it was removed, sealed as the others are.

        Raises:
            BadKey: it is there already, or is none of this directory.
            WrongPassphrase, NoPassphrase: the others are sealed, and do not open.
        """
        public = self.find(keys.public.id.hex())
        place, root = self.place_of(public), self.root
        with locked(self.path, alone=True):
            write_new(place, text_of(RecipientKeys(keys.suite, keys.seed, public.label), root))
        return place

    def remove(self, public: RecipientPublic) -> None:
        """Take a private key off this disk, as far as a disk forgets; its cards have it still."""
        with _used_for_keys(self.path), locked(self.path, alone=True):
            shred(self.place_of(public))

    # one key after the other

    def renew(self, label: str = "") -> KeyDirectory:
        """Make a new recipient key, for what is published from now on; the old one is kept.

        It is sealed as the others are.

        It can be interrupted anywhere: the next `open` completes it.

        Args:
            label: who the recipient is; as before if "".

        Raises:
            WrongPassphrase, NoPassphrase: the others are sealed, and do not open.
        """
        root = self.root
        fresh = RecipientKeys.generate(self.public.suite, label or self.public.label)
        former = self.path / "former"
        with _used_for_keys(self.path), locked(self.path, alone=True):
            finish(self.path)
            former.mkdir(mode=0o700, exist_ok=True)
            shred(self.path / "next.key")
            write_new(self.path / "next.key", text_of(fresh, root))
            write_recipient_public(self.path / "next.pub", fresh.public)  # from here on it counts
        return KeyDirectory.open(self.path, self.unlocking)

    def destroy(self, public: RecipientPublic, record: bytes) -> None:
        """Keep the signed record that a key is destroyed, then destroy what is here of it.

        Raises:
            ForgedStatement, UnreadableStatement: it is no record by this organiser.
        """
        told = read_destruction(record, self.organiser_public)
        assert told.key_id == public.id, "the record is of another key"
        gone = self.path / "destroyed"
        with _used_for_keys(self.path), locked(self.path, alone=True):
            gone.mkdir(mode=0o700, exist_ok=True)
            write_whole(gone / f"{public.id.hex()}.json", record, 0o644)
            if not (gone / f"{public.id.hex()}.pub").exists():
                write_recipient_public(gone / f"{public.id.hex()}.pub", public)
            shred(self.path / "former" / f"{public.id.hex()}.key")
            (self.path / "former" / f"{public.id.hex()}.pub").unlink(missing_ok=True)
            if public.key == self.public.key:
                shred(self.path / "recipient.key")

    def _cards(self, public: RecipientPublic) -> Path:
        return self.path / "cards" / f"{public.id.hex()}.json"


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
