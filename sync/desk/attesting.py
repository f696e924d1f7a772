"""A recipient's word on open data: that the lines are those that its own desk opened.

Rules, in order:

1. The manifest is of a consultation that this desk pulls, and names the key that signs.
2. The data are those that the manifest names.
3. The register's copy here leads to the checkpoint in the manifest: both desks saw one register.
4. As many entries are registered, no more erased, and as many lines published, as it says.
5. Every line is one that was opened here, or of an entry that was not sealed to this key.
6. Every contribution here that says something stands there, or is among those that the manifest
   says were set aside, held back, or not settled.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.desk.export import read_versions
from sync.desk.open_data import answered, device_fields, plain_path, said_in_line
from sync.desk.store import DeskStore
from sync.errors import ForgedCheckpoint, SyncError
from sync.manifest import Manifest
from sync.register import checkpoint
from sync.register.checkpoint import origin_of
from sync.statement import b64
from sync.wording import counted


class NotAttested(SyncError):
    """What this desk holds does not bear out what the manifest says; the message says where."""


def attest(
    store: DeskStore, manifest: Manifest, data: Path, key: Ed25519PrivateKey, label: str
) -> Manifest:
    """The manifest with this recipient's word.

    Args:
        store: what the recipient opened.
        manifest: to be signed.
        data: the file beside it.
        key: the recipient's: the organiser's, or one of those that may fetch.
        label: what the recipient is called.

    Raises:
        NotAttested: it cannot be borne out.
        NotAManifest: it is none.
    """
    id_ = manifest.text("consultation")
    if id_ not in store.titles():
        raise NotAttested(f"This store holds nothing of the consultation {id_}. Pull first.")
    by = b64(key.public_key().public_bytes_raw())
    if by not in {manifest.text("organiser"), *manifest.texts("readers")}:
        raise NotAttested(
            "The manifest names another organiser, and no further recipient with these keys. Name "
            "the key directory that the consultation was published with."
        )
    size = _same_register(store, id_, manifest)
    entries, erased = manifest.whole("counts", "entries"), manifest.whole("counts", "erased")
    heads = [entry[:1] for entry in islice(store.register.entries(id_), size)]
    if heads.count(b"\x01") != entries or heads.count(b"\x02") > erased:
        raise NotAttested("What the manifest says of the register's entries is not so.")
    shown = frozenset(manifest.texts("shown"))
    days = frozenset(manifest.texts("days"))
    there = Counter(_lines(data, manifest, days))
    filled = device_fields(read_versions(store, id_))
    if there.total() != manifest.whole("counts", "published"):
        raise NotAttested(f"{data} has another number of lines than the manifest says.")
    sealed = missing = 0
    registered = _registered(store, id_, size)
    for one in store.contributions(id_):
        if one.commitment not in registered:
            continue
        sealed += 1
        said = _digest([list(pair) for pair in said_in_line(one, shown, days)])
        if there[said]:
            there[said] -= 1
        elif any(answered(at, filled) and value for at, value in one.fields):
            missing += 1
    unsealed = entries - erased - sealed
    may_miss = sum(
        manifest.whole("counts", name) for name in ("set_aside", "held_back", "unsettled")
    )
    more = there.total()
    if unsealed < 0 or more > unsealed:
        raise NotAttested(
            f"{counted(max(more, -unsealed), 'line')} of it say what nobody said, as far as this "
            "desk knows. Pull, so that this desk has everything, and look into it before you sign."
        )
    if missing > may_miss:
        raise NotAttested(
            f"{counted(missing, 'contribution')} that this desk opened are not in it, and the "
            f"manifest says that {may_miss} were left out. Pull, so that this desk knows what was "
            "erased, and look into it before you sign."
        )
    return manifest.signed(key, label, sealed, unsealed)


def _same_register(store: DeskStore, id_: str, manifest: Manifest) -> int:
    """How many entries the register had at the manifest's checkpoint; this desk saw the same."""
    note = manifest.text("checkpoint").encode()
    for public in sorted(store.server_keys()):
        try:
            key = Ed25519PublicKey.from_public_bytes(public)
            seen = checkpoint.read(note, origin_of(id_), key)
        except ForgedCheckpoint:
            continue
        if store.register.size(id_) < seen.size:
            raise NotAttested("The manifest is newer than what this desk has pulled. Pull first.")
        if store.register.check(id_, seen.size).root() == seen.root:
            return seen.size
        raise NotAttested(
            "The register that the manifest names is not the one that this desk saw: the server "
            "showed two faces. Keep both files: they are the proof."
        )
    raise NotAttested("The manifest's checkpoint is signed by no server that this desk knows.")


def _registered(store: DeskStore, id_: str, size: int) -> Collection[str]:
    """Commitments of what was registered by then, and is not erased."""
    found: set[str] = set()
    for place, entry in enumerate(store.register.entries(id_)):
        commitment = entry[1:33].hex()
        if entry[:1] == b"\x01" and place < size:
            found.add(commitment)
        elif entry[:1] == b"\x02":
            found.discard(commitment)
    return found


def _lines(data: Path, manifest: Manifest, days: Collection[str]) -> Iterator[bytes]:
    """What each line says, but for the days that devices filled in."""
    whole = hashlib.sha256()
    try:
        with data.open("rb") as file:
            for line in file:
                whole.update(line)
                fields = json.loads(line)["fields"]
                yield _digest([one for one in fields if plain_path(one[0]) not in days])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAttested(f"{data} is not what open-data wrote ({error}).") from None
    if whole.hexdigest() != manifest.text("data"):
        raise NotAttested(f"{data} is not the file that the manifest is about.")


def _digest(fields: object) -> bytes:
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).digest()
