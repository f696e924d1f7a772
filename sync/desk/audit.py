"""The desk against the register: what is registered must be here, what is here must be registered.

The register's entries are kept in the desk's store as they come, so that only new ones are fetched
and a million take no memory. All of them are hashed anew at each pull: what was kept must lead to
the roots that the server signed, the last one seen and the new one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.contribution import contribution_id
from sync.desk.sources import Source
from sync.desk.store import DeskStore, Finding, Kind
from sync.errors import DamagedRegister, ForgedCheckpoint
from sync.receipt import receipt_code
from sync.register import checkpoint
from sync.register.checkpoint import Checkpoint, origin_of
from sync.register.merkle import GrowingRoot
from sync.register.tiles import TILE_WIDTH, Tiles

_MOST_NAMED = 1000
_PATIENCE = 3.0  # seconds: what was just stored is published within one


class _Files:
    """A source's files of one register, as `Tiles` reads them."""

    def __init__(self, source: Source, consultation: str) -> None:
        self._source = source
        self._consultation = consultation

    def read(self, path: str) -> bytes | None:
        return self._source.register_file(self._consultation, path)

    def write(self, path: str, content: bytes) -> None:
        raise NotImplementedError("a source is only read")

    def remove(self, path: str) -> None:
        raise NotImplementedError("a source is only read")


def audit(source: Source, store: DeskStore, consultation: str) -> None:
    """Compare one consultation's contributions with its register; what is wrong becomes findings.

    Args:
        source: has the register.
        store: has the contributions, and the register as it was.
        consultation: its id.
    """
    public = store.server_key(source.name) or next(iter(store.server_keys()), None)
    if public is None:
        return  # no server is known yet: nothing of it can be believed
    server = Ed25519PublicKey.from_public_bytes(public)
    until = time.monotonic() + _PATIENCE
    try:
        point = _bring(source, store, consultation, server)
        while source.numbered and store.unregistered(consultation, 1):
            # It was stored a moment ago, perhaps, and will be published in the next.
            if time.monotonic() > until:
                break
            time.sleep(0.5)
            point = _bring(source, store, consultation, server)
    except (DamagedRegister, ForgedCheckpoint) as error:
        store.find(Finding(Kind.REGISTER, f"{error}", consultation))
        return
    if point is not None or source.numbered:
        for finding in _compared(store, consultation):
            store.find(finding)


def _bring(
    source: Source, store: DeskStore, consultation: str, server: Ed25519PublicKey
) -> Checkpoint | None:
    """Fetch what is new in the register; None where the source has none.

    Raises:
        DamagedRegister: it does not go on from what it was, or its files do not lead to its root.
        ForgedCheckpoint: it is not this server's.
    """
    files, origin = _Files(source, consultation), origin_of(consultation)
    note, kept = files.read("checkpoint"), store.register_note(consultation)
    old = Checkpoint(origin, 0, b"") if kept is None else checkpoint.read(kept, origin, server)
    if note is None:
        if old.size:
            raise DamagedRegister(_FORGOT)
        return None
    point = checkpoint.read(note, origin, server)
    if point.size < old.size and source.numbered:
        raise DamagedRegister(_FORGOT)
    if point.size <= old.size:
        return old  # a folder that was copied earlier
    tree = Tiles(files, point.size)
    roots = GrowingRoot()
    with store.transaction():
        for entry in store.register_entries(consultation):
            roots.add(entry)
        if old.size and (roots.size, roots.root()) != (old.size, old.root):
            raise DamagedRegister(_CHANGED_HERE)
        for index in range(old.size // TILE_WIDTH, -(-point.size // TILE_WIDTH)):
            skip = max(0, old.size - index * TILE_WIDTH)
            fresh = tree.entries(index)[skip:]
            for entry in fresh:
                roots.add(entry)
            store.enter_register(consultation, index * TILE_WIDTH + skip, fresh)
        if roots.root() != point.root:
            raise DamagedRegister(_FORGOT)
        store.keep_register_note(consultation, note)
    return point


def _compared(store: DeskStore, consultation: str) -> Iterator[Finding]:
    named = {finding.contribution for finding in store.findings()}
    missing = store.not_here(consultation, _MOST_NAMED + 1)
    for position, commitment in missing[:_MOST_NAMED]:
        id_ = contribution_id(consultation, commitment)
        if id_.hex() in named:
            continue  # it came, and could not be opened
        yield Finding(
            Kind.MISSING,
            f"Entry {position} of the register, receipt {receipt_code(id_)}, is not in this store.",
            consultation,
            contribution=id_.hex(),
        )
    if len(missing) > _MOST_NAMED:
        yield Finding(Kind.MISSING, "More of the register is not in this store.", consultation)
    for id_hex in store.unregistered(consultation, _MOST_NAMED):
        yield Finding(
            Kind.UNREGISTERED,
            f"Contribution {receipt_code(bytes.fromhex(id_hex))} is in this store, and not in the "
            "register. Ask the server's operator why.",
            consultation,
            contribution=id_hex,
        )
    for position in store.registered_twice(consultation):
        yield Finding(
            Kind.DUPLICATED,
            f"Entry {position} of the register repeats an earlier one; it is counted once.",
            consultation,
        )


_FORGOT = (
    "The register is not what it was: entries were changed or removed after this desk saw them. "
    "Keep this store, and ask the server's operator."
)
_CHANGED_HERE = (
    "The copy of the register in this store was changed. Move the store away and pull into a new "
    "one."
)
