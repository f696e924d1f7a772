"""Look through all of the desk's store again: nothing in it may differ from what was opened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.contribution import commitment
from sync.desk.audit import recheck
from sync.desk.open_data import as_sealed
from sync.desk.store import DeskContribution, DeskStore
from sync.errors import DamagedRegister, ForgedCheckpoint, MalformedContribution
from sync.receipt import receipt_code


def check(store: DeskStore) -> Iterator[tuple[bool, str]]:
    """Compute every commitment, file hash and register root anew.

    Yields:
        Whether it is as it should be, and a sentence.
    """
    for id_, title in store.titles().items():
        count, wrong = 0, 0
        for one in store.contributions(id_):
            count += 1
            for sentence in _wrong(store, one):
                wrong += 1
                yield False, sentence
        told = f"“{title}”: {count} contributions looked through, {wrong} of them altered."
        yield not wrong, told
        for public in sorted(store.server_keys()):
            try:
                point = recheck(store, id_, Ed25519PublicKey.from_public_bytes(public))
            except ForgedCheckpoint:
                continue  # another server's
            except DamagedRegister as error:
                yield False, str(error)
            else:
                if point is not None:
                    yield True, f"Its register has {point.size} entries, as the server signed."


def _wrong(store: DeskStore, one: DeskContribution) -> Iterator[str]:
    code = receipt_code(bytes.fromhex(one.id))
    try:
        faithful = commitment(as_sealed(one), bytes.fromhex(one.seed)).hex() == one.commitment
    except (MalformedContribution, ValueError, KeyError, TypeError):
        faithful = False
    if not faithful:
        yield f"Contribution {code} is not what was opened: the store was changed since."
    for file in one.attachments:
        path = store.media.file(file.sha256)
        if not file.here:
            continue
        if not path.exists():
            yield f"Contribution {code}: its file “{file.name}” is gone."
        else:
            with path.open("rb") as content:
                if hashlib.file_digest(content, "sha256").hexdigest() != file.sha256:
                    yield f"Contribution {code}: its file “{file.name}” was changed."
