"""How often each opinion card was shown at this device: counts, and never what was said of it.

They decide which cards come first to the next person, so that all are seen about as often.
"""

from collections.abc import Iterable, Mapping

from sqlite_utils import Database


class Exposures:
    """The counts of one device, in its database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._table = database.table("exposures")
        if not self._table.exists():
            self._table.create(
                {"consultation": str, "card": str, "seen": int},
                pk=("consultation", "card"),
                not_null={"seen"},
            )

    def seen(self, consultation: str) -> Mapping[str, int]:
        """How often each card of a consultation was shown; those never shown are missing."""
        rows = self._table.rows_where("consultation = ?", [consultation])
        return {row["card"]: row["seen"] for row in rows}

    def count(self, consultation: str, cards: Iterable[str]) -> None:
        """One more time for each of these cards."""
        with self._database.conn:
            self._database.conn.executemany(
                "insert into exposures (consultation, card, seen) values (?, ?, 1)"
                " on conflict (consultation, card) do update set seen = seen + 1",
                [(consultation, card) for card in cards],
            )
