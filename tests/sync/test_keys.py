from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.errors import BadKey, WrongRecipient
from sync.key_directory import KeyDirectory
from sync.keys import (
    RecipientKeys,
    RecipientPublic,
    Suite,
    grouped_digits,
    read_recipient_public,
    read_signing_key,
    read_verifying_key,
    signing_key_id,
    write_signing_key,
)
from tests.sync.given import GUARANTOR, RECIPIENT, STRANGER


def test_an_x_wing_seed_gives_the_public_key_of_the_draft() -> None:
    # draft-connolly-cfrg-xwing-kem, appendix C, first vector.
    seed = "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"
    public = RecipientKeys(Suite.X_WING, bytes.fromhex(seed)).public
    assert public.key.hex().startswith(
        "e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5b19c"
    )


@pytest.mark.parametrize("keys", [RECIPIENT, GUARANTOR])
def test_what_is_sealed_to_a_recipient_opens_with_its_keys_and_its_context(
    keys: RecipientKeys,
) -> None:
    sealed = keys.public.seal(b"s" * 32, b"context")
    assert len(sealed) == 32 + keys.suite.overhead
    assert keys.open(sealed, b"context") == b"s" * 32
    with pytest.raises(WrongRecipient):
        keys.open(sealed, b"another context")


def test_what_is_sealed_to_one_recipient_does_not_open_for_another() -> None:
    with pytest.raises(WrongRecipient):
        STRANGER.open(RECIPIENT.public.seal(b"s" * 32, b""), b"")


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(BadKey):
        RecipientPublic(Suite.X_WING, bytes(32))
    with pytest.raises(BadKey):
        RecipientKeys(Suite.X_WING, bytes(31))


def test_keys_do_not_show_their_secret_when_printed() -> None:
    assert RECIPIENT.seed.hex() not in repr(RECIPIENT)
    assert repr(RECIPIENT.seed) not in repr(RECIPIENT)


def test_a_key_id_is_read_aloud_as_four_groups_of_five_digits() -> None:
    assert grouped_digits(bytes(7) + b"\x2a") == "00000 00000 00000 00042"
    assert grouped_digits(b"\xff" * 8) == "18446 74407 37095 51615"


def test_a_key_directory_is_read_as_it_was_made_and_by_its_owner_alone(tmp_path: Path) -> None:
    made = KeyDirectory.create(tmp_path / "keys", label="Ville de  Nîmes")
    opened = KeyDirectory.open(tmp_path / "keys")
    assert opened.recipient == made.recipient
    assert opened.recipient.label == "Ville de Nîmes"
    assert signing_key_id(opened.organiser.public_key()) == signing_key_id(
        made.organiser.public_key()
    )
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    for name in ("recipient.key", "organiser.key"):
        assert (tmp_path / "keys" / name).stat().st_mode & 0o777 == 0o600
    assert read_recipient_public(tmp_path / "keys" / "recipient.pub") == made.recipient.public
    public = read_verifying_key(tmp_path / "keys" / "organiser.pub")
    assert public == made.organiser.public_key()


def test_new_keys_are_never_written_over_old_ones(tmp_path: Path) -> None:
    KeyDirectory.create(tmp_path / "keys")
    with pytest.raises(BadKey, match="not empty"):
        KeyDirectory.create(tmp_path / "keys")
    key = tmp_path / "device.key"
    write_signing_key(key, Ed25519PrivateKey.generate())
    before = key.read_bytes()
    with pytest.raises(BadKey, match="already"):
        write_signing_key(key, Ed25519PrivateKey.generate())
    assert key.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not a key", b"parvis-recipient-secret-key-1 X_WING zz"])
def test_a_file_that_holds_no_key_is_named(tmp_path: Path, content: bytes) -> None:
    KeyDirectory.create(tmp_path / "keys")
    (tmp_path / "keys" / "recipient.key").write_bytes(content)
    with pytest.raises(BadKey, match=r"recipient\.key"):
        KeyDirectory.open(tmp_path / "keys")
    (tmp_path / "device.key").write_bytes(content)
    with pytest.raises(BadKey, match=r"device\.key"):
        read_signing_key(tmp_path / "device.key")


@pytest.mark.parametrize("name", ["recipient.key", "organiser.key"])
def test_a_flipped_bit_anywhere_in_a_key_file_is_refused_or_changes_nothing(
    tmp_path: Path, name: str
) -> None:
    made = KeyDirectory.create(tmp_path / "keys", suite=Suite.X25519, label="Ville")
    path = tmp_path / "keys" / name
    content = path.read_bytes()
    for at in range(len(content)):
        for bit in (1, 16):
            flipped = bytearray(content)
            flipped[at] ^= bit
            path.write_bytes(flipped)
            try:
                opened = KeyDirectory.open(tmp_path / "keys")
            except BadKey:
                continue
            assert opened.recipient.public.key == made.recipient.public.key
            assert opened.organiser.public_key() == made.organiser.public_key()


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadKey, match="gone"):
        KeyDirectory.open(tmp_path / "gone")
