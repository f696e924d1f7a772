"""The desk's copy of the registers, and what it tells beside the contributions.

Entries are kept as they come: aside, until all of a checkpoint are there and lead to its root, so
that a pull that is interrupted goes on where it was, and nothing unproved stands among them. How
far they are hashed is kept with the last checkpoint: the largest complete subtrees, from which the
next root follows, so that nothing old is hashed again. `check` hashes all of them anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from sync.contribution import HASH_BYTES
from sync.desk.store_part import StorePart
from sync.register.entry import Entry
from sync.register.merkle import GrowingRoot


class RegisterCopy(StorePart):
    """The registers as this desk saw them."""

    def note(self, consultation: str) -> bytes | None:
        """The last checkpoint seen; None before the first."""
        row = self._db.execute(
            "SELECT note FROM register_notes WHERE consultation = ?", [consultation]
        ).fetchone()
        return row[0] if row else None

    def hashed(self, consultation: str) -> GrowingRoot:
        """The root over all entries that are here, ready to grow."""
        row = self._db.execute(
            "SELECT peaks FROM register_notes WHERE consultation = ?", [consultation]
        ).fetchone()
        held = self.size(consultation)
        if row and row[0] is not None:
            peaks = [row[0][at : at + HASH_BYTES] for at in range(0, len(row[0]), HASH_BYTES)]
            if len(peaks) == held.bit_count():
                return GrowingRoot(held, peaks)
        return self.check(consultation)

    def check(self, consultation: str, first: int | None = None) -> GrowingRoot:
        """The root over all entries that are here, or the first of them, each hashed anew."""
        roots = GrowingRoot()
        for entry in islice(self.entries(consultation), first):
            roots.add(entry)
        return roots

    def size(self, consultation: str) -> int:
        """How many entries are here."""
        row = self._db.execute(
            "SELECT max(position) FROM register WHERE consultation = ?", [consultation]
        ).fetchone()
        return 0 if row[0] is None else int(row[0]) + 1

    def entries(self, consultation: str) -> Iterator[bytes]:
        """The entries that are here, in order."""
        for row in self._db.execute(
            "SELECT entry FROM register WHERE consultation = ? ORDER BY position", [consultation]
        ):
            yield row[0]

    def set_aside(self, consultation: str, first: int, entries: Sequence[bytes]) -> None:
        """Write down entries that are not proved yet, side by side from `first` on."""
        with self._transaction():
            self._db.executemany(
                "INSERT INTO register VALUES (?, ?, ?, ?)",
                [
                    (_aside(consultation), first + at, _commitment_of(entry), entry)
                    for at, entry in enumerate(entries)
                ],
            )

    def aside(self, consultation: str) -> Iterator[bytes]:
        """The entries that are not proved yet, in order."""
        return self.entries(_aside(consultation))

    def forget_aside(self, consultation: str) -> None:
        """Let go of what could not be proved."""
        with self._transaction():
            self._db.execute("DELETE FROM register WHERE consultation = ?", [_aside(consultation)])

    def take_over(self, consultation: str, note: bytes, roots: GrowingRoot) -> None:
        """What was set aside leads to this checkpoint: remember it, and how far it is hashed."""
        with self._transaction():
            self._db.execute(
                "UPDATE register SET consultation = ? WHERE consultation = ?",
                [consultation, _aside(consultation)],
            )
            self._db.execute(
                "INSERT OR REPLACE INTO register_notes (consultation, note, peaks)"
                " VALUES (?, ?, ?)",
                [consultation, note, b"".join(roots.peaks)],
            )

    # beside the contributions

    def not_here(self, consultation: str, most: int) -> list[tuple[int, bytes]]:
        """Contributions of the register that are not in the store: position and commitment."""
        rows = self._db.execute(
            "SELECT r.position, r.commitment FROM register r WHERE r.consultation = ?"
            " AND r.commitment >= '.' AND NOT EXISTS (SELECT 1 FROM contributions c"
            " WHERE c.consultation = r.consultation AND c.commitment = r.commitment)"
            " AND NOT EXISTS (SELECT 1 FROM register e WHERE e.consultation = r.consultation"
            " AND e.commitment = '-' || r.commitment)"
            " AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.consultation = r.consultation"
            " AND e.commitment = r.commitment) ORDER BY r.position LIMIT ?",
            [consultation, most],
        )
        return [(position, bytes.fromhex(commitment)) for position, commitment in rows]

    def unregistered(self, consultation: str, most: int) -> tuple[str, ...]:
        """The ids of contributions that the register must hold by now, and does not."""
        rows = self._db.execute(
            "SELECT c.id FROM contributions c WHERE c.consultation = ? AND NOT EXISTS"
            " (SELECT 1 FROM register r WHERE r.consultation = c.consultation"
            " AND r.commitment = c.commitment)"
            " AND c.number <= (SELECT settled FROM register_patience p"
            " WHERE p.consultation = c.consultation) ORDER BY c.number LIMIT ?",
            [consultation, most],
        )
        return tuple(row[0] for row in rows)

    def awaited(self, consultation: str) -> int:
        """How many contributions the register does not hold yet, and need not."""
        row = self._db.execute(
            "SELECT count(*) FROM contributions c WHERE c.consultation = ?"
            " AND c.number > (SELECT settled FROM register_patience p"
            " WHERE p.consultation = c.consultation) AND NOT EXISTS"
            " (SELECT 1 FROM register r WHERE r.consultation = c.consultation"
            " AND r.commitment = c.commitment)",
            [consultation],
        ).fetchone()
        return int(row[0])

    def be_patient(self, consultation: str, now: float, patience: float) -> None:
        """What was there `patience` seconds ago must be registered by now; the rest may wait.

        A server publishes a moment after it stores: who pulls in between must neither wait nor be
        alarmed.
        """
        newest = self._db.execute("SELECT coalesce(max(number), 0) FROM contributions").fetchone()
        row = self._db.execute(
            "SELECT settled, newest, since FROM register_patience WHERE consultation = ?",
            [consultation],
        ).fetchone()
        settled, before, since = row or (0, 0, now)
        if not 0 <= now - since < patience:
            settled = before
        if settled >= before:
            before, since = newest[0], now  # the next ones begin to wait
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO register_patience VALUES (?, ?, ?, ?)",
                [consultation, settled, before, since],
            )

    def settle(self, consultation: str) -> None:
        """All that is here is registered: from now on none of it may be missing there."""
        with self._transaction():
            self._db.execute(
                "UPDATE register_patience SET settled = (SELECT coalesce(max(number), 0)"
                " FROM contributions) WHERE consultation = ?",
                [consultation],
            )

    def twice(self, consultation: str) -> tuple[int, ...]:
        """The positions of entries that repeat an earlier one."""
        rows = self._db.execute(
            "SELECT max(position) FROM register WHERE consultation = ?"
            " GROUP BY commitment HAVING count(*) > 1 ORDER BY 1",
            [consultation],
        )
        return tuple(row[0] for row in rows)

    def commitments(self, consultation: str) -> Iterator[bytes]:
        """The commitments of all contributions that are registered."""
        for row in self._db.execute(
            "SELECT commitment FROM register WHERE consultation = ? AND commitment >= '.'",
            [consultation],
        ):
            yield bytes.fromhex(row[0])


def _aside(consultation: str) -> str:
    """Under which name stands what is not proved yet; no consultation's id has a space."""
    return f"{consultation} aside"


def _commitment_of(entry: bytes) -> str:
    """What an entry is about, in hexadecimal; behind a hyphen where it tells of an erasure."""
    read = Entry.from_bytes(entry)
    return ("" if read.erased is None else "-") + read.commitment.hex()
