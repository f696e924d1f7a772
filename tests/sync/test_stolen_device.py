"""A device is stolen: the thief has every byte of its disk, this source, and all the time.

The attack tries every 32 bytes that follow one another anywhere on the disk in the place of every
secret that would open a contribution, or that would let somebody check a guess at it. That it would
succeed where such a secret were left is tested, too.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sync import batch
from sync.attachment import Attached, Attachment
from sync.contribution import Contribution, commitment
from sync.envelope import Record, SealingSession, associated_data, step
from sync.keys import RecipientKeys
from tests.sync.given import CONSULTATION, enrolled_device, said

SECRET = 32
GUESSES = ("oui", "non")
"""What anybody would try: a question with two answers."""

LEAST_VARIED = 20
"""Different bytes among the 32: a random secret has 30, and fewer than this once in 10¹⁷ times."""


def windows(image: bytes) -> Iterator[bytes]:
    """Every 32 bytes of the image that could be a random secret, once."""
    seen = set()
    for at in range(len(image) - SECRET + 1):
        window = image[at : at + SECRET]
        if window not in seen and len(set(window)) >= LEAST_VARIED:
            seen.add(window)
            yield window


def opens(key: bytes, record: Record) -> bool:
    """Whether a message key opens the record."""
    bound = associated_data(
        record.consultation, record.id, record.commitment, record.session, record.index
    )
    try:
        ChaCha20Poly1305(key).decrypt(bytes(12), record.ciphertext, bound)
    except InvalidTag:
        return False
    return True


def attack(image: bytes, record: Record, guesses: tuple[Contribution, ...]) -> list[str]:
    """What of the disk opens the record or tells which guess is right."""
    found = []
    for window in windows(image):
        _, key, seed = step(window)
        if opens(window, record):
            found.append("a message key")
        if opens(key, record):
            found.append("a link of the chain")
        for guess in guesses:
            if commitment(guess, window) == record.commitment:
                found.append("a seed")
            if commitment(guess, seed) == record.commitment:
                found.append("what a seed follows from")
        for one in CONSULTATION.recipients:
            if RecipientKeys(one.suite, window).public.id == one.id:
                found.append("a recipient's key")
    return found


def stolen(directory: Path) -> tuple[bytes, Record]:
    """The disk of a device with two contributions on it, one in a batch, and one of the records."""
    photo = Attachment("a.jpg", b"\xff\xd8 banc devant le 12" * 9, "image/jpeg")
    with enrolled_device(directory) as device:
        device.confirm(CONSULTATION.id, said("oui"))
        outgoing = device.outbox.next_batch()
        assert outgoing is not None
        record = next(batch.read(outgoing.data, device.key.public_key()).records)
        later = replace(said("passage des Tilleuls"), attachments=(Attached.of(photo),))
        device.confirm(CONSULTATION.id, later, (photo,))
        # The cable is pulled here: the database's log and its index lie beside it.
        return image_of(directory), record


def image_of(directory: Path) -> bytes:
    """Every byte of every file."""
    files = sorted(one for one in directory.rglob("*") if one.is_file())
    return b"".join(one.read_bytes() for one in files)


def test_nothing_on_a_stolen_disk_opens_a_contribution_or_checks_a_guess(tmp_path: Path) -> None:
    image, record = stolen(tmp_path)
    assert record.ciphertext in image
    for words in ("passage des Tilleuls", "banc devant le 12"):
        assert words.encode() not in image
    assert attack(image, record, tuple(said(guess) for guess in GUESSES)) == []


@pytest.mark.parametrize("left", ["chain", "key", "seed"])
def test_the_attack_succeeds_where_a_secret_was_left(left: str) -> None:
    session = SealingSession.start(
        CONSULTATION.id, CONSULTATION.form_hash, bytes(8), CONSULTATION.recipients
    )
    chain = session._chain
    _, key, seed = step(chain)
    record = session.seal(said("oui")).record
    secret = {"chain": chain, "key": key, "seed": seed}[left]
    image = b"Parvis" * 9 + secret + bytes(64)
    assert attack(image, record, tuple(said(guess) for guess in GUESSES))
