"""Contributions that are set aside at the desk: kept, and not counted, for a reason in the log.

What was counted twice, a table transcribed a second time for one, cannot be unsealed; the organiser
sets it aside here, and can bring it back. Both stand in the log for good. Nothing leaves the store,
nor the register.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum

from sync.desk.store_part import StorePart


class Act(Enum):
    """What was done to a contribution."""

    SET_ASIDE = "set aside"
    BROUGHT_BACK = "brought back"


@dataclass(frozen=True)
class Entry:
    """One line of the log.

    Attributes:
        day: when, ISO 8601.
        act: what was done.
        consultation: its id.
        id: the contribution's, hex.
        reason: why, as the organiser wrote it.
    """

    day: str
    act: Act
    consultation: str
    id: str
    reason: str


class SetAside(StorePart):
    """What is set aside in one store, and the log of it."""

    def of(self, consultation: str = "") -> frozenset[str]:
        """The ids of what is set aside, hex; of one consultation, or of all."""
        rows = self._db.execute(
            "SELECT a.id FROM set_aside a JOIN contributions c"
            " ON c.consultation = a.consultation AND c.id = a.id"
            " WHERE ? IN ('', a.consultation)",
            [consultation],
        )
        return frozenset(row[0] for row in rows)

    def put(self, consultation: str, ids: Iterable[str], reason: str, today: date) -> int:
        """Set contributions aside; says how many of them were not so before."""
        return self._note(Act.SET_ASIDE, consultation, ids, reason, today)

    def bring_back(self, consultation: str, ids: Iterable[str], reason: str, today: date) -> int:
        """Count contributions again; says how many of them were set aside."""
        return self._note(Act.BROUGHT_BACK, consultation, ids, reason, today)

    def log(self) -> tuple[Entry, ...]:
        """All that was ever set aside or brought back here, in order."""
        rows = self._db.execute(
            "SELECT day, act, consultation, id, reason FROM set_aside_log ORDER BY number"
        )
        return tuple(Entry(day, Act(act), of, id_, why) for day, act, of, id_, why in rows)

    def _note(
        self, act: Act, consultation: str, ids: Iterable[str], reason: str, today: date
    ) -> int:
        change = (
            "INSERT OR IGNORE INTO set_aside (reason, day, consultation, id) VALUES (?, ?, ?, ?)"
            if act is Act.SET_ASIDE
            else "DELETE FROM set_aside WHERE ? != '' AND ? != '' AND consultation = ? AND id = ?"
        )
        changed = 0
        with self._transaction():
            for id_ in dict.fromkeys(ids):
                given = [reason, today.isoformat(), consultation, id_]
                if self._db.execute(change, given).rowcount:
                    changed += 1
                    self._db.execute(
                        "INSERT INTO set_aside_log (day, act, consultation, id, reason)"
                        " VALUES (?, ?, ?, ?, ?)",
                        [today.isoformat(), act.value, consultation, id_, reason],
                    )
        return changed
