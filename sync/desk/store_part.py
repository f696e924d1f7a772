"""What every part of the desk's file has: the connection, and a way to write all or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager

Transaction = Callable[[], AbstractContextManager[None]]


class StorePart:
    """Some tables of the desk's file, and what is done with them.

    Args:
        db: the desk's file.
        transaction: all or nothing of what is written within.
    """

    def __init__(self, db: sqlite3.Connection, transaction: Transaction) -> None:
        self._db = db
        self._transaction = transaction
