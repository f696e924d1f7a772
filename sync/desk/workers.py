"""Many batches opened at once, by as many processes as there are cores, and handed on in order.

Little is opened in this process: starting others takes half a second. However many batches there
are, only a few are in memory.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import resource_tracker
from typing import TypeVar

from sync.desk.opening import BatchOpener, Job, OpenedBatch, Refused
from sync.errors import SyncError
from sync.keys import RecipientKeys

WORTH_A_PROCESS = 1 << 20
"""Bytes of batches after which more processes are started."""

_AHEAD = 3  # batches under way for each process

_Place = TypeVar("_Place")
_Result = OpenedBatch | Refused | None
_opener: BatchOpener


class Workers:
    """Opens batches in this process, and in others once that is worth it.

    Args:
        keys: the recipient's.
        dictionaries: of the consultations' versions.
        destroyed: key id → the day on which that key was destroyed.
        organisers: consultation → the key that signs orders to erase.
        processes: how many; as many as there are cores if None, none beside this one if 1.
    """

    def __init__(
        self,
        keys: Sequence[RecipientKeys],
        dictionaries: Sequence[bytes],
        destroyed: Mapping[bytes, str],
        organisers: Mapping[str, bytes],
        processes: int | None = None,
    ) -> None:
        self._given = (tuple(keys), tuple(dictionaries), dict(destroyed), dict(organisers))
        self._processes = processes or len(os.sched_getaffinity(0))
        self._pool: ProcessPoolExecutor | None = None
        self._seen = 0
        self.here = BatchOpener(*self._given)

    def close(self) -> None:
        """End the other processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def open(
        self, jobs: Iterable[tuple[_Place, Job | None]]
    ) -> Iterator[tuple[_Place, Job | None, _Result]]:
        """Open what comes, a few ahead; what has nothing to open keeps its place in the order.

        Where no more comes because of an error, what came before it is handed on first.
        """
        under_way: deque[tuple[_Place, Job | None, Future[OpenedBatch | Refused] | None]] = deque()
        coming = iter(jobs)
        stopped: SyncError | None = None
        while True:
            try:
                place, job = next(coming)
            except StopIteration:
                break
            except SyncError as error:
                stopped = error
                break
            if job is None:
                under_way.append((place, None, None))
            elif self._worth_it(job):
                under_way.append((place, job, self._hand_out(job)))
            else:
                done: Future[OpenedBatch | Refused] = Future()
                done.set_result(self.here.open(job))
                under_way.append((place, job, done))
            while under_way and self._is_due(under_way):
                place, job, future = under_way.popleft()
                yield place, job, None if future is None else future.result()
        while under_way:
            place, job, future = under_way.popleft()
            yield place, job, None if future is None else future.result()
        if stopped is not None:
            raise stopped

    def _is_due(
        self, under_way: deque[tuple[_Place, Job | None, Future[OpenedBatch | Refused] | None]]
    ) -> bool:
        future = under_way[0][2]
        return future is None or future.done() or len(under_way) > _AHEAD * self._processes

    def _worth_it(self, job: Job) -> bool:
        self._seen += len(job.body)
        return self._processes > 1 and self._seen >= WORTH_A_PROCESS

    def _hand_out(self, job: Job) -> Future[OpenedBatch | Refused]:
        """Have another process open it; one more may be started by that."""
        # They are deaf to Ctrl-C from the first, as they get what is blocked here. The tracker,
        # when it starts, would unblock it again in between.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    self._processes,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_begin,
                    initargs=self._given,
                )
            return self._pool.submit(_open, job)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(
    keys: Sequence[RecipientKeys],
    dictionaries: Sequence[bytes],
    destroyed: Mapping[bytes, str],
    organisers: Mapping[str, bytes],
) -> None:
    """In a new process."""
    global _opener
    _opener = BatchOpener(keys, dictionaries, destroyed, organisers)


def _open(job: Job) -> OpenedBatch | Refused:
    return _opener.open(job)
