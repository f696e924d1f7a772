"""The desk against the register: what is registered must be here, what is here must be registered.

The register's entries are kept in the desk's store as they come: only new ones are fetched and
hashed, on top of what was hashed before (`sync.desk.register_copy`), and must lead to the root that
the server signed. `recheck` hashes everything again.
"""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.contribution import contribution_id
from sync.desk.findings import Finding, Kind
from sync.desk.register_copy import RegisterCopy
from sync.desk.sources import Source
from sync.desk.store import DeskStore
from sync.desk.store_tables import in_words
from sync.errors import DamagedRegister, ForgedCheckpoint
from sync.receipt import receipt_code
from sync.register import checkpoint
from sync.register.checkpoint import Checkpoint, origin_of
from sync.register.merkle import GrowingRoot, consistency_proof, proves_consistency
from sync.register.tiles import TILE_WIDTH, Tiles

_MOST_NAMED = 1000
_TILES_AT_ONCE = 16  # of the register, fetched and kept together
_PATIENCE = 5.0  # seconds: what was just stored is published within one


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


def bring(source: Source, store: DeskStore, consultation: str) -> Finding | None:
    """Fetch what is new in a register, before the batches: whatever it holds, they hold, too.

    Args:
        source: has the register.
        store: has the register as it was.
        consultation: its id.

    Returns:
        What is wrong with it, where something is.

    Raises:
        NetworkTrouble: it cannot be had now.
    """
    public = store.server_key(source.name) or next(iter(store.server_keys()), None)
    if public is None:
        return None  # no server is known yet: nothing of it can be believed
    try:
        _bring(source, store, consultation, Ed25519PublicKey.from_public_bytes(public))
    except (DamagedRegister, ForgedCheckpoint) as error:
        return Finding(Kind.REGISTER, f"{error}", consultation)
    return None


def compare(store: DeskStore, consultation: str, now: float) -> int:
    """Compare one consultation's contributions with its register; what is wrong becomes findings.

    Args:
        store: has both.
        consultation: its id.
        now: seconds since 1970.

    Returns:
        How many contributions the register does not hold yet, and need not: they were stored a
        moment ago.
    """
    with in_words(store.path):
        register = store.register
        register.be_patient(consultation, now, _PATIENCE)
        store.find(*_compared(store, consultation))
        awaited = register.awaited(consultation)
        if not awaited:
            register.settle(consultation)
        return awaited


def recheck(store: DeskStore, consultation: str, server: Ed25519PublicKey) -> Checkpoint | None:
    """Hash every entry of the register's copy anew; None where there is no copy.

    Raises:
        DamagedRegister: they do not lead to the root that the server signed.
        ForgedCheckpoint: the server did not sign it.
    """
    with in_words(store.path):
        note = store.register.note(consultation)
        if note is None:
            return None
        point = checkpoint.read(note, origin_of(consultation), server)
        roots = store.register.check(consultation)
        if (roots.size, roots.root()) != (point.size, point.root):
            raise DamagedRegister(_CHANGED_HERE)
        return point


def _bring(source: Source, store: DeskStore, consultation: str, server: Ed25519PublicKey) -> None:
    """Fetch what is new in the register.

    Raises:
        DamagedRegister: it does not go on from what it was, or its files do not lead to its root.
        ForgedCheckpoint: it is not this server's.
    """
    files, origin, copy = _Files(source, consultation), origin_of(consultation), store.register
    with in_words(store.path):
        kept = copy.note(consultation)
    note = files.read("checkpoint")
    old = Checkpoint(origin, 0, b"") if kept is None else checkpoint.read(kept, origin, server)
    if note is None:
        if old.size:
            raise DamagedRegister(_FORGOT)
        return
    point = checkpoint.read(note, origin, server)
    if point.size < old.size and source.numbered:
        raise DamagedRegister(_FORGOT)
    if point.size <= old.size:
        return  # a folder that was copied earlier
    tree = Tiles(files, point.size)
    with in_words(store.path):
        roots = copy.hashed(consultation)
    if old.size and (roots.size, roots.root()) != (old.size, old.root):
        raise DamagedRegister(_CHANGED_HERE)
    with in_words(store.path):
        roots = _went_on(copy, consultation, roots, tree, point)
    while roots.size < point.size:  # each part stays, however the pull ends
        first = roots.size
        part: list[bytes] = []
        for index in range(first // TILE_WIDTH, -(-point.size // TILE_WIDTH))[:_TILES_AT_ONCE]:
            part += tree.entries(index)[max(0, first - index * TILE_WIDTH) :]
        for entry in part:
            roots.add(entry)
        copy.set_aside(consultation, first, part)
    if roots.root() != point.root:
        copy.forget_aside(consultation)
        raise DamagedRegister(_FORGOT)
    copy.take_over(consultation, note, roots)


def _went_on(
    copy: RegisterCopy, consultation: str, held: GrowingRoot, tree: Tiles, point: Checkpoint
) -> GrowingRoot:
    """The root over what is held and what an interrupted pull has fetched, if that is right."""
    roots = GrowingRoot(held.size, held.peaks)
    for entry in copy.aside(consultation):
        roots.add(entry)
    if roots.size == held.size:
        return roots
    if roots.size <= point.size:
        proof = consistency_proof(roots.size, point.size, tree.subtree)
        if proves_consistency(roots.size, roots.root(), point.size, point.root, proof):
            return roots
    copy.forget_aside(consultation)
    return GrowingRoot(held.size, held.peaks)


def _compared(store: DeskStore, consultation: str) -> Iterator[Finding]:
    missing = store.register.not_here(consultation, _MOST_NAMED + 1)
    for position, commitment in missing[:_MOST_NAMED]:
        id_ = contribution_id(consultation, commitment)
        if store.is_named(id_.hex()):
            continue  # it came, and could not be opened
        yield Finding(
            Kind.MISSING,
            f"Entry {position} of the register, receipt {receipt_code(id_)}, is not in this store.",
            consultation,
            contribution=id_.hex(),
        )
    if len(missing) > _MOST_NAMED:
        yield Finding(Kind.MISSING, "More of the register is not in this store.", consultation)
    for id_hex in store.register.unregistered(consultation, _MOST_NAMED):
        yield Finding(
            Kind.UNREGISTERED,
            f"Contribution {receipt_code(bytes.fromhex(id_hex))} is in this store, and not in the "
            "register. Ask the server's operator why.",
            consultation,
            contribution=id_hex,
        )
    for id_hex, _ in store.erasures.only_here(consultation):
        code = receipt_code(bytes.fromhex(id_hex))
        yield Finding(
            Kind.ERASED,
            f"The register says that contribution {code} was erased, and it is still in this "
            f"store. To erase it here, too: parvis-desk erase {code}",
            consultation,
            contribution=id_hex,
        )
    for position in store.register.twice(consultation):
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
