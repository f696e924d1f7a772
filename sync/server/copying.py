"""All rows of one database into another, which is empty: SQLite or PostgreSQL on either side."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, insert, select
from sqlalchemy.pool import NullPool

from sync.server import schema

_ROWS_AT_ONCE = 5_000


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy every table, in the order in which they refer to each other.

    Args:
        source: a snapshot: what is committed meanwhile must not show in it.
        target: has the same tables, without a row.
    """
    for table in schema.tables.sorted_tables:
        asked = source.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(table))
        for rows in asked.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in rows])


@contextmanager
def sqlite_file(path: Path) -> Iterator[Connection]:
    """A transaction on an SQLite file of its own, which no server uses."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    try:
        with engine.begin() as db:
            yield db
    finally:
        engine.dispose()


def new_sqlite_file(path: Path, source: Connection) -> None:
    """Write a database into a new SQLite file, durably."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    with sqlite_file(path) as target:
        schema.tables.create_all(target)
        copy_rows(source, target)
    _sync(path)


def copy_sqlite_file(source: sqlite3.Connection, path: Path) -> None:
    """Copy an SQLite database that is in use to a new file, durably."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE").fetchall()
    _sync(path)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
