"""How often each opinion card was shown at this device: counts, and never what was said of it.

They decide which cards come first to the next person, so that all are seen about as often. Nothing
that a person does hangs on them: where they cannot be read or written, that is logged, and cards
come in an order of chance.
"""

import logging
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from threading import RLock

from sqlite_utils import Database

log = logging.getLogger(__name__)


class Exposures:
    """The counts of one device, in its database.

    Args:
        database: the device's.
        guard: held while it is used; the device's own where other threads use it, too.
    """

    def __init__(
        self, database: Database, guard: AbstractContextManager[object] | None = None
    ) -> None:
        self._database = database
        self._guard = RLock() if guard is None else guard
        self._table = database.table("exposures")
        try:
            with self._guard:
                if not self._table.exists():
                    self._table.create(
                        {"consultation": str, "card": str, "seen": int},
                        pk=("consultation", "card"),
                        not_null={"seen"},
                    )
        except sqlite3.Error as error:
            _complain(error)

    def seen(self, consultation: str) -> Mapping[str, int]:
        """How often each card of a consultation was shown; those never shown are missing."""
        try:
            with self._guard:
                rows = self._table.rows_where("consultation = ?", [consultation])
                return {row["card"]: row["seen"] for row in rows}
        except sqlite3.Error as error:
            _complain(error)
            return {}

    def count(self, consultation: str, cards: Iterable[str]) -> None:
        """One more time for each of these cards."""
        shown = [(consultation, card) for card in cards]
        if not shown:
            return
        try:
            with self._guard, self._database.conn:
                self._database.conn.executemany(
                    "insert into exposures (consultation, card, seen) values (?, ?, 1)"
                    " on conflict (consultation, card) do update set seen = seen + 1",
                    shown,
                )
        except sqlite3.Error as error:
            _complain(error)


def _complain(error: sqlite3.Error) -> None:
    log.warning("How often opinion cards were shown cannot be kept: %s", error)
