"""Whether a server shows everybody one register: what devices saw, held against what the desk has.

Each batch carries the last checkpoint that its device saw, signed by the server. The desk keeps it,
and its copy of the register must lead to it: a server that shows devices, or whoever they share a
network with, another register than the desk has signed both, and is told of at every pull.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.desk.findings import Finding, Kind
from sync.desk.register_copy import RegisterCopy
from sync.desk.store_part import StorePart
from sync.errors import ForgedCheckpoint
from sync.register import checkpoint
from sync.register.checkpoint import origin_of
from sync.register.merkle import GrowingRoot


@dataclass(frozen=True)
class Seen:
    """A checkpoint that a device saw.

    Attributes:
        size: so many entries.
        root: over them.
        device: the key id of who brought it first, hex.
    """

    size: int
    root: bytes
    device: str


class SeenCheckpoints(StorePart):
    """The checkpoints that devices saw, each once."""

    def add(self, consultation: str, note: bytes, device: str, servers: Collection[bytes]) -> None:
        """Keep one, if a server that the desk knows signed it; all else is nobody's word."""
        for raw in servers:
            try:
                public = Ed25519PublicKey.from_public_bytes(raw)
                read = checkpoint.read(note, origin_of(consultation), public)
            except ForgedCheckpoint:
                continue
            with self._transaction():
                self._db.execute(
                    "INSERT OR IGNORE INTO seen_checkpoints VALUES (?, ?, ?, ?, ?, 0)",
                    [consultation, read.size, read.root, note, device],
                )

    def largest(self, consultation: str) -> int:
        """How many entries the largest of them has; 0 without any."""
        row = self._db.execute(
            "SELECT max(size) FROM seen_checkpoints WHERE consultation = ?", [consultation]
        ).fetchone()
        return int(row[0] or 0)

    def compare(self, consultation: str, copy: RegisterCopy) -> tuple[Seen, ...]:
        """Those that the copy of the register does not lead to, or not yet; the smallest first."""
        rows = self._db.execute(
            "SELECT size, root, device FROM seen_checkpoints WHERE consultation = ? AND NOT holds"
            " ORDER BY size",
            [consultation],
        ).fetchall()
        waiting = [Seen(*row) for row in rows]
        if not waiting:
            return ()
        wrong: list[Seen] = []
        right: list[Seen] = []
        roots, entries = GrowingRoot(), copy.entries(consultation)
        for one in waiting:
            while roots.size < one.size and (entry := next(entries, None)) is not None:
                roots.add(entry)
            holds = (roots.size, roots.root()) == (one.size, one.root)
            (right if holds else wrong).append(one)
        with self._transaction():
            self._db.executemany(
                "UPDATE seen_checkpoints SET holds = 1 WHERE consultation = ? AND size = ?"
                " AND root = ?",
                [(consultation, one.size, one.root) for one in right],
            )
        return tuple(wrong)


def two_faces(
    seen: SeenCheckpoints, copy: RegisterCopy, consultation: str, *, newest: bool
) -> Iterator[Finding]:
    """What devices were shown, and this desk was not.

    Args:
        seen: what devices saw.
        copy: the register as this desk has it.
        consultation: whose.
        newest: whether the copy is as new as the server's own: what is larger is then another.
    """
    held = copy.size(consultation)
    for one in seen.compare(consultation, copy):
        if one.size > held and not newest:
            continue
        what = (
            f"this desk is shown {held}"
            if one.size > held
            else "the first as many that this desk has are others"
        )
        yield Finding(
            Kind.TWO_FACES,
            f"THE SERVER SHOWS TWO REGISTERS. Device {one.device} was shown {one.size} entries "
            f"(root {base64.b64encode(one.root).decode()}), signed by the server, and {what}. Keep "
            "this store: it holds both signatures. Ask who runs the server.",
            consultation,
            device=one.device,
        )
