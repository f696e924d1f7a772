"""One order of locks: whoever holds one takes none that stands before it.

Two threads that take two locks in different orders wait for each other for ever, and nothing says
so. So every lock of the server has a rank, and taking one against the order raises at once, on
every run, whether or not somebody else holds it. The order, outermost first, is that of `Rank`.

What is taken inside the database (rows, advisory locks of PostgreSQL) is taken by a holder of
`Rank.DATABASE`, consultations in the order of their ids.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from enum import IntEnum
from typing import Protocol


class Rank(IntEnum):
    """The locks, in the order in which they are taken."""

    LOOKING = 0
    """Whether the server is ready, looked at by one thread for all that ask."""
    SAVING = 1
    """A directory that a backup is made in, among processes."""
    SERVING = 2
    """The data directory, for the process that serves it."""
    PUBLISHING = 3
    """The registers: tiles and checkpoints."""
    ERASING = 4
    """Batches that something is taken out of."""
    LISTING = 5
    """`devices.json`."""
    DATABASE = 6
    """The one connection to SQLite, of one thread at a time."""
    WRITING = 7
    """Writing SQLite's file, among processes."""
    UPLOAD = 8
    """One upload under way, among threads and processes."""
    SWEEPING = 9
    """What uploads weigh together."""


class AgainstTheOrder(RuntimeError):
    """A lock was taken while one that stands behind it was held: this could hang for ever."""

    def __init__(self, wanted: Rank, held: Rank) -> None:
        super().__init__(f"{wanted.name} was asked for by who holds {held.name}")


class Lock(Protocol):
    """A lock of `threading`."""

    def acquire(self) -> bool:
        """Wait for it."""

    def release(self) -> None:
        """Let go of it."""


class _Holding(threading.local):
    """What the present thread holds."""

    def __init__(self) -> None:
        self.ranks: list[Rank] = []


_holding = _Holding()


@contextlib.contextmanager
def in_order(rank: Rank) -> Iterator[None]:
    """Hold something of this rank, which the caller takes inside.

    Raises:
        AgainstTheOrder: this thread holds something of that rank, or of a later one.
    """
    held = _holding.ranks
    if held and held[-1] >= rank:
        raise AgainstTheOrder(rank, held[-1])
    held.append(rank)
    try:
        yield
    finally:
        held.pop()


@contextlib.contextmanager
def holding(rank: Rank, lock: Lock, *, again: bool = False) -> Iterator[None]:
    """Hold a lock of this rank.

    Args:
        rank: its place in the order.
        lock: waited for.
        again: whether the thread that holds it may take it again.

    Raises:
        AgainstTheOrder: this thread holds something of that rank, or of a later one.
    """
    known = again and rank in _holding.ranks
    with contextlib.nullcontext() if known else in_order(rank):
        lock.acquire()
        try:
            yield
        finally:
            lock.release()
