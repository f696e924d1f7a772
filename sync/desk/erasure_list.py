"""The desk's list of contributions that were erased: they may not come back.

Nothing of a contribution is in it but its id and commitment, which the register shows anyway.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sync.desk.store_part import StorePart
from sync.erasure import Erasure


@dataclass(frozen=True)
class Order:
    """An order to erase.

    Attributes:
        consultation: its id.
        id: the contribution's, hex.
        day: when it was given, ISO 8601.
        order: as it was signed.
    """

    consultation: str
    id: str
    day: str
    order: bytes


class ErasureList(StorePart):
    """The orders that this desk gave, or learned of."""

    def add(self, erasure: Erasure, order: bytes, commitment: str, *, sent: bool) -> None:
        """Write an order down; the same again changes nothing."""
        with self._transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO erasures VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    erasure.consultation,
                    erasure.id.hex(),
                    commitment,
                    erasure.reason.value,
                    erasure.day.isoformat(),
                    order,
                    int(sent),
                ],
            )

    def among(self, consultation: str, ids: Iterable[str]) -> frozenset[str]:
        """Those of these contributions that were erased."""
        rows = self._db.execute("SELECT id FROM erasures WHERE consultation = ?", [consultation])
        known = {row[0] for row in rows}
        return frozenset(known.intersection(ids)) if known else frozenset()

    def unsent(self) -> tuple[Order, ...]:
        """The orders that no server has got yet."""
        rows = self._db.execute(
            "SELECT consultation, id, day, order_ FROM erasures WHERE NOT sent ORDER BY id"
        )
        return tuple(Order(*row) for row in rows)

    def order_of(self, consultation: str, id_: str) -> Order | None:
        """The order on one contribution."""
        row = self._db.execute(
            "SELECT consultation, id, day, order_ FROM erasures WHERE consultation = ? AND id = ?",
            [consultation, id_],
        ).fetchone()
        return Order(*row) if row else None

    def mark(self, order: Order, *, sent: bool) -> None:
        """Whether a server has got an order."""
        with self._transaction():
            self._db.execute(
                "UPDATE erasures SET sent = ? WHERE consultation = ? AND id = ?",
                [int(sent), order.consultation, order.id],
            )

    def only_here(self, consultation: str) -> tuple[tuple[str, str], ...]:
        """Contributions in the store that the register calls erased: id and commitment."""
        rows = self._db.execute(
            "SELECT c.id, c.commitment FROM register r JOIN contributions c"
            " ON c.consultation = r.consultation AND c.commitment = substr(r.commitment, 2)"
            " WHERE r.consultation = ? AND r.commitment > '-' AND r.commitment < '.'"
            " ORDER BY c.id",
            [consultation],
        )
        return tuple(rows.fetchall())
