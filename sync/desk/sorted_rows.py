"""Rows sorted by what is in them, however many: in a file beside the table, for a while."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType


class SortedRows:
    """Takes rows by kind, and gives them back in the order of their cells, equal ones too.

    Args:
        path: the file, for this user alone; what is there is replaced.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> SortedRows:
        self._path.unlink(missing_ok=True)
        self._path.touch(mode=0o600)
        self._db = sqlite3.connect(self._path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("PRAGMA synchronous=OFF")
        # The place in which a row came is not kept: the key alone orders them.
        self._db.execute(
            "CREATE TABLE rows (kind TEXT, key TEXT, cells TEXT, times INTEGER,"
            " PRIMARY KEY (kind, key, cells)) WITHOUT ROWID"
        )
        self._db.execute("BEGIN")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)

    def add(self, kind: str, cells: Sequence[str]) -> None:
        """One more row."""
        key = "\x00".join(cells)  # sorts as the cells do, one after the other
        self._db.execute(
            "INSERT INTO rows VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1",
            [kind, key, json.dumps(cells)],
        )

    def of(self, kind: str) -> Iterator[list[str]]:
        """The rows of a kind, sorted."""
        query = "SELECT cells, times FROM rows WHERE kind = ? ORDER BY key, cells"
        for cells, times in self._db.execute(query, [kind]):
            for _ in range(times):
                yield json.loads(cells)
