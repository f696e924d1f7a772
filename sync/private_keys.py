"""A private key of the organiser's in its file: in plain, or sealed under a passphrase."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.errors import BadKey
from sync.keys import (
    RecipientKeys,
    RecipientPublic,
    read_key_file,
    read_recipient_keys,
    read_recipient_public,
    read_signing_key,
    recipient_text,
    signing_text,
)
from sync.sealed_keys import Kind, Root, SealedKey, is_sealed


def read_pair(
    private: Path, public: Path
) -> tuple[RecipientKeys | SealedKey | None, RecipientPublic]:
    """Both halves of a recipient key; the private one may be away.

    Raises:
        BadKey: they are not what their names say, or not of one key.
    """
    if not private.exists() and public.exists():
        return None, read_recipient_public(public)
    text = read_key_file(private)
    keys = _sealed(text, private, Kind.RECIPIENT) or read_recipient_keys(private)
    of_private = recipient_of(keys)
    if public.exists() and read_recipient_public(public).key != of_private.key:
        raise unlike(public)
    return keys, of_private


def read_signing(path: Path) -> Ed25519PrivateKey | SealedKey:
    """The organiser's key.

    Raises:
        BadKey: the file is missing, or holds something else.
    """
    return _sealed(read_key_file(path), path, Kind.ORGANISER) or read_signing_key(path)


def _sealed(text: bytes, path: Path, kind: Kind) -> SealedKey | None:
    if not is_sealed(text):
        return None
    key = SealedKey.read(text, path)
    if key.kind is not kind:
        raise BadKey(f"{path} holds a sealed key of another kind. Restore it from its backup.")
    return key


def recipient_of(key: RecipientKeys | SealedKey) -> RecipientPublic:
    """The public half of a recipient key."""
    return key.public if isinstance(key, RecipientKeys) else key.recipient_public


def public_of(key: Ed25519PrivateKey | SealedKey) -> Ed25519PublicKey:
    """The public half of an organiser's key."""
    return key.public_key() if isinstance(key, Ed25519PrivateKey) else key.organiser_public


def text_of(key: RecipientKeys | Ed25519PrivateKey, root: Root | None) -> bytes:
    """A private key as its file holds it."""
    if isinstance(key, RecipientKeys):
        return recipient_text(key) if root is None else SealedKey.recipient(key, root).text
    return signing_text(key) if root is None else SealedKey.organiser(key, root).text


def make_sure(
    key: RecipientKeys | Ed25519PrivateKey, text: bytes, root: Root | None, path: Path
) -> None:
    """Make sure that what was written is `key`, before what was there is overwritten.

    Raises:
        BadKey: it is not.
    """
    if root is None:
        same = text == text_of(key, None)
    elif isinstance(key, RecipientKeys):
        same = SealedKey.read(text, path).recipient_keys(root) == key
    else:
        opened = SealedKey.read(text, path).organiser_key(root)
        same = opened.private_bytes_raw() == key.private_bytes_raw()
    if not same:
        raise BadKey(f"{path} was not written as it should be: nothing was changed.")


def unlike(public: Path) -> BadKey:
    """That a public half and the private one beside it are of two keys."""
    return BadKey(
        f"{public} does not belong to {public.with_suffix('.key')}: one of them was damaged or "
        "replaced. Restore both from their backup."
    )


def private_files(path: Path) -> Sequence[Path]:
    """The files of KEYDIR that nobody else may read."""
    names = (path / "recipient.key", path / "organiser.key", *(path / "former").glob("*.key"))
    return [one for one in names if one.exists()]
