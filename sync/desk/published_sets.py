"""Which contributions stood in which publication of open data, and which may stand in the next.

Two publications that differ by a few lines show which lines those are, and the register shows whose
they are. So, counted against every publication that went before:

1. A publication has at least `ENOUGH` lines.
2. What is new waits until it is enough, and is then published together.
3. What is gone (erased, set aside) waits until it is enough; or as many more, drawn by lot, are
   left out with it, for good.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from sync.desk.store_part import StorePart
from sync.errors import SyncError
from sync.promise import ENOUGH
from sync.wording import counted

_REGISTERED = """
    EXISTS (SELECT 1 FROM register r WHERE r.consultation = c.consultation
            AND r.commitment = c.commitment)
    AND NOT EXISTS (SELECT 1 FROM register e WHERE e.consultation = c.consultation
                    AND e.commitment = '-' || c.commitment)"""
_ASIDE = "EXISTS (SELECT 1 FROM set_aside a WHERE a.consultation = c.consultation AND a.id = c.id)"
_IN = (
    "EXISTS (SELECT 1 FROM published_lines p WHERE p.consultation = ? AND p.id = {id}"
    " AND ? BETWEEN p.first AND p.last)"
)


class TooFew(SyncError):
    """So few contributions would be published that a receipt would point at one of a few."""


class TooFewGone(SyncError):
    """So few lines are gone since a publication that whoever has both sees whose they were."""


@dataclass(frozen=True)
class Counts:
    """What became of the entries of a register, at the checkpoint that the desk holds.

    `entries` is the sum of the others.

    Attributes:
        entries: contributions that were ever registered.
        published: that stand in the open data.
        blank: in which nothing was answered.
        erased: by an order.
        not_openable: that this desk has not, or cannot open.
        set_aside: kept, and not counted.
        unsettled: on sheets of paper that are not settled.
        held_back: that wait until they are enough, or were left out with others.
    """

    entries: int
    published: int
    blank: int
    erased: int
    not_openable: int
    set_aside: int
    unsettled: int
    held_back: int


class PublishedSets(StorePart):
    """The sets of contributions that were published, and the next one."""

    def choose(
        self,
        consultation: str,
        answered: Callable[[str], bool],
        *,
        leave_out_more: bool,
        today: date,
    ) -> Counts:
        """Choose what the next publication holds, and remember it, before any of it goes out.

        Args:
            consultation: its id.
            answered: whether a value at this path is somebody's answer.
            leave_out_more: whether others may be left out with the few that are gone.
            today: when.

        Raises:
            TooFew: it would be less than enough.
            TooFewGone: some are gone since an earlier publication, and too few.
        """
        with self._transaction():
            self._fill(consultation, answered)
            before = [row[0] for row in self._rows(
                "SELECT number FROM publications WHERE consultation = ? ORDER BY number",
                consultation,
            )]  # fmt: skip
            self._narrow(consultation, before, leave_out_more)
            chosen = self._count("SELECT count(*) FROM temp.chosen")
            if chosen < ENOUGH:
                raise TooFew(
                    f"{counted(chosen, 'contribution')} could be published, and fewer than "
                    f"{ENOUGH} are not: a receipt would point at one of so few, and people were "
                    "promised that theirs leads to nothing. Publish when more are in; or publish "
                    "what was counted, and no lines."
                )
            self._remember(consultation, before, today)
        return self._counts(consultation, chosen)

    def chosen(self, order: Callable[[str], str]) -> Iterator[tuple[int, int]]:
        """Place in the store of what was chosen, and the publication in which it stood first.

        Args:
            order: by what they are sorted, for an id.
        """
        self._db.create_function("drawn_for", 1, order, deterministic=True)
        yield from self._db.execute("SELECT number, since FROM temp.chosen ORDER BY drawn_for(id)")

    def answering(self) -> dict[str, int]:
        """How many of what was chosen answer each version of the form, by its hash."""
        return dict(self._db.execute(
            "SELECT c.form_hash, count(*) FROM temp.chosen n JOIN contributions c"
            " ON c.number = n.number GROUP BY c.form_hash"
        ))  # fmt: skip

    def show_rare_themes(self, consultation: str, shown: int) -> None:
        """Remember how many contributions show a theme to their receipts that few have."""
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO rare_themes VALUES (?, ?)", [consultation, shown]
            )

    def rare_themes(self, consultation: str) -> int:
        """How many contributions show a theme to their receipts that few have."""
        query = "SELECT coalesce(sum(shown), 0) FROM rare_themes WHERE consultation = ?"
        return self._count(query, consultation)

    def unregistered(self, consultation: str) -> int:
        """How many contributions are here that the register does not hold yet."""
        return self._count(
            "SELECT count(*) FROM contributions c WHERE c.consultation = ? AND NOT EXISTS"
            " (SELECT 1 FROM register r WHERE r.consultation = c.consultation"
            " AND r.commitment = c.commitment)",
            consultation,
        )

    def published(self, consultation: str) -> bool:
        """Whether lines of a consultation were published that lead to no receipt."""
        return bool(
            self._rows("SELECT 1 FROM publications WHERE consultation = ? LIMIT 1", consultation)
        )

    def _fill(self, consultation: str, answered: Callable[[str], bool]) -> None:
        """All that could be published."""
        db = self._db
        db.execute("DROP TABLE IF EXISTS temp.chosen")
        db.execute("DROP TABLE IF EXISTS temp.asked")
        db.execute(
            "CREATE TEMP TABLE chosen (id TEXT PRIMARY KEY, number INTEGER, since INTEGER)"
            " WITHOUT ROWID"
        )
        db.execute("CREATE TEMP TABLE asked (path TEXT PRIMARY KEY) WITHOUT ROWID")
        paths = self._rows(
            "SELECT DISTINCT path FROM fields JOIN contributions ON number = contribution"
            " WHERE consultation = ?",
            consultation,
        )
        db.executemany("INSERT INTO asked VALUES (?)", [one for one in paths if answered(one[0])])
        db.execute(
            "INSERT INTO chosen (id, number) SELECT c.id, c.number FROM contributions c"  # noqa: S608
            f" WHERE c.consultation = ? AND {_REGISTERED} AND NOT {_ASIDE} AND NOT {_BLANK}"
            " AND NOT EXISTS (SELECT 1 FROM left_out l"
            " WHERE l.consultation = c.consultation AND l.id = c.id)",
            [consultation],
        )

    def _narrow(self, consultation: str, before: list[int], leave_out_more: bool) -> None:
        """Take out what would stand alone, until nothing does."""
        while True:
            for number in before:
                added = self._count(
                    f"SELECT count(*) FROM temp.chosen n WHERE NOT {_IN.format(id='n.id')}",  # noqa: S608
                    consultation, number,
                )  # fmt: skip
                if 0 < added < ENOUGH:
                    self._db.execute(
                        f"DELETE FROM temp.chosen WHERE NOT {_IN.format(id='chosen.id')}",  # noqa: S608
                        [consultation, number],
                    )
            gone = {number: self._gone(consultation, number) for number in before}
            if not any(0 < count < ENOUGH for count in gone.values()):
                return
            if not leave_out_more:
                few = min(count for count in gone.values() if count)
                raise TooFewGone(
                    f"{counted(few, 'contribution')} that stood in open data before would not "
                    "stand in these: erased, or set aside. Whoever has both files would see which. "
                    f"Wait until {ENOUGH} are gone; or give --leave-out-more: as many others as it "
                    "takes, drawn by lot, are then left out with them, for good."
                )
            self._draw(
                consultation,
                before,
                max(ENOUGH - count for count in gone.values() if count < ENOUGH),
            )

    def _gone(self, consultation: str, number: int) -> int:
        return self._count(
            "SELECT count(*) FROM published_lines p WHERE p.consultation = ?"
            " AND ? BETWEEN p.first AND p.last"
            " AND NOT EXISTS (SELECT 1 FROM temp.chosen n WHERE n.id = p.id)",
            consultation, number,
        )  # fmt: skip

    def _draw(self, consultation: str, before: list[int], more: int) -> None:
        """Leave so many others out, for good: drawn from those that stood in every publication."""
        always = [row[0] for row in self._rows(
            "SELECT n.id FROM temp.chosen n JOIN published_lines p ON p.id = n.id"
            " WHERE p.consultation = ? AND p.first <= ? AND p.last >= ?",
            consultation, before[0], before[-1],
        )]  # fmt: skip
        if len(always) < more:
            raise TooFewGone(
                "So few contributions stood in all open data before that nobody can be left out "
                f"with those that are gone. Wait until {ENOUGH} are gone."
            )
        drawn = [(consultation, one) for one in secrets.SystemRandom().sample(always, more)]
        self._db.executemany("INSERT INTO left_out VALUES (?, ?)", drawn)
        self._db.executemany("DELETE FROM temp.chosen WHERE id = ?", [(id_,) for _, id_ in drawn])

    def _remember(self, consultation: str, before: list[int], today: date) -> None:
        """Write the chosen set down, where it is another than the last."""
        db = self._db
        last = before[-1] if before else 0
        same = before and not self._gone(consultation, last)
        if not same or self._count(
            f"SELECT count(*) FROM temp.chosen n WHERE NOT {_IN.format(id='n.id')}",  # noqa: S608
            consultation, last,
        ):  # fmt: skip
            number = last + 1
            db.execute(
                "INSERT INTO publications VALUES (?, ?, ?)",
                [consultation, number, today.isoformat()],
            )
            db.execute(
                "UPDATE published_lines SET last = ? WHERE consultation = ? AND last = ?"
                " AND id IN (SELECT id FROM temp.chosen)",
                [number, consultation, last],
            )
            db.execute(
                "INSERT INTO published_lines SELECT ?, n.id, ?, ? FROM temp.chosen n"  # noqa: S608
                f" WHERE NOT {_IN.format(id='n.id')}",
                [consultation, number, number, consultation, number],
            )
        db.execute(
            "UPDATE temp.chosen SET since = (SELECT min(p.first) FROM published_lines p"
            " WHERE p.consultation = ? AND p.id = chosen.id)",
            [consultation],
        )

    def _counts(self, consultation: str, published: int) -> Counts:
        entries = self._count(
            "SELECT count(*) FROM register WHERE consultation = ? AND commitment >= '.'",
            consultation,
        )
        opened = self._registered(consultation, "1")
        aside = self._registered(consultation, _ASIDE)
        blank = self._registered(consultation, f"NOT {_ASIDE} AND {_BLANK}")
        erased = self._count(
            "SELECT count(*) FROM register r WHERE r.consultation = ? AND r.commitment >= '.'"
            " AND (EXISTS (SELECT 1 FROM register e WHERE e.consultation = r.consultation"
            " AND e.commitment = '-' || r.commitment)"
            " OR EXISTS (SELECT 1 FROM erasures o WHERE o.consultation = r.consultation"
            " AND o.commitment = r.commitment))",
            consultation,
        )
        return Counts(
            entries=entries,
            published=published,
            blank=blank,
            erased=erased,
            not_openable=entries - erased - opened,
            set_aside=aside,
            unsettled=0,
            held_back=opened - aside - blank - published,
        )

    def _registered(self, consultation: str, where: str) -> int:
        return self._count(
            "SELECT count(*) FROM contributions c"  # noqa: S608 — own words
            f" WHERE c.consultation = ? AND {_REGISTERED} AND {where}",
            consultation,
        )

    def _count(self, query: str, *values: object) -> int:
        return int(self._db.execute(query, values).fetchone()[0])

    def _rows(self, query: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        return list(self._db.execute(query, values).fetchall())


_BLANK = (
    "NOT EXISTS (SELECT 1 FROM fields f WHERE f.contribution = c.number AND f.value != ''"
    " AND f.path IN (SELECT path FROM temp.asked))"
)
