"""What touches the disk is done aside, in threads, so that the loop that answers goes on.

Where many wait, a thread does several in a row and hands back their results together: handing over
costs more than most of what is handed over. Batches of a crowd are taken in together
(`Intake.receive_all`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from sync.server.intake import Intake
from sync.server.problems import TooBusy
from sync.server.pulse import Pulse

SMALL_BATCH = 64 * 1024
"""Bytes; a larger batch is worth a transaction of its own."""

_MOST_TOGETHER = 64
_LONGEST_WAIT = 30.0  # seconds until work begins; who asks gives up after a minute
_STALLED = 10.0  # seconds that no piece of work takes where database and bucket answer

_Result = TypeVar("_Result")


@dataclass
class _Work:
    """Something to be done, and who waits for it."""

    work: Callable[[], Any]
    future: asyncio.Future[Any]
    begun: bool = False

    def give_up(self) -> None:
        """It has waited for too long: who asks comes again."""
        if not self.begun and not self.future.done():
            self.future.set_exception(TooBusy())


class Aside:
    """Does work in threads; of one event loop.

    Args:
        threads: how many.
        at_once: how much of what waits one thread takes at a time.

    Attributes:
        pulse: what each thread is at.
    """

    def __init__(self, threads: int, at_once: int) -> None:
        self.pulse = Pulse()
        self._threads = threads
        self._at_once = at_once
        self._pool = ThreadPoolExecutor(threads, "parvis-aside")
        self._busy = 0
        self._waiting: deque[_Work] = deque()

    async def __call__(self, work: Callable[[], _Result]) -> _Result:
        """The result of `work`.

        Raises:
            TooBusy: all threads wait for something that does not come, a bucket for instance: who
                asks is told at once, and comes again.
        """
        if self._busy >= self._threads and self.pulse.longer_than(_STALLED) >= self._threads:
            raise TooBusy()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Result] = loop.create_future()
        one = _Work(work, future)
        self._waiting.append(one)
        if self._busy < self._threads:
            self._busy += 1
            self._pool.submit(self._work, loop)
        giving_up = loop.call_later(_LONGEST_WAIT, one.give_up)
        try:
            return await future
        finally:
            giving_up.cancel()

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread: do what waits, until nothing does."""
        done: list[tuple[asyncio.Future[Any], Any, BaseException | None]] = []
        while True:
            for _ in range(self._at_once):
                try:
                    one = self._waiting.popleft()
                except IndexError:
                    break
                if one.future.done():  # given up
                    done.append((one.future, None, None))
                    continue
                one.begun = True
                self.pulse.begin()
                try:
                    done.append((one.future, one.work(), None))
                except BaseException as error:  # noqa: BLE001 — raised again where it is awaited
                    done.append((one.future, None, error))
                finally:
                    self.pulse.end()
            loop.call_soon_threadsafe(self._hand_back, done, not done)
            if not done:
                return
            done = []

    def _hand_back(
        self, done: list[tuple[asyncio.Future[Any], Any, BaseException | None]], ended: bool
    ) -> None:
        """In the loop: give everybody their result."""
        for future, result, error in done:
            if future.done():  # nobody waits for it any more
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
        if ended and self._waiting:  # it came just when the thread had seen that nothing waits
            self._pool.submit(self._work, asyncio.get_running_loop())
        elif ended:
            self._busy -= 1


class Line:
    """Where small batches wait, while others are stored, to be stored together.

    Args:
        intake: takes them in.
        aside: does what touches the disk in a thread.
        takers: how many groups are taken in side by side.
    """

    def __init__(self, intake: Intake, aside: Aside, takers: int) -> None:
        self._intake = intake
        self._aside = aside
        self._free = takers
        self._waiting: deque[tuple[str, bytes, asyncio.Future[bytes]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def receive(self, name: str, body: bytes) -> bytes:
        """As `Intake.receive`."""
        if len(body) > SMALL_BATCH:
            return await self._alone(name, body)
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append((name, body, future))
        if self._free:
            self._free -= 1
            task = asyncio.create_task(self._take_in())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _take_in(self) -> None:
        """Take in what waits, group after group, until nothing does."""
        try:
            while self._waiting:
                count = min(len(self._waiting), _MOST_TOGETHER)
                some = [self._waiting.popleft() for _ in range(count)]
                said = await self._together([(name, body) for name, body, _ in some])
                for (_, _, future), word in zip(some, said, strict=True):
                    if future.done():
                        continue
                    if isinstance(word, bytes):
                        future.set_result(word)
                    else:
                        future.set_exception(word)
        finally:
            self._free += 1

    async def _together(self, some: list[tuple[str, bytes]]) -> list[bytes | Exception]:
        if len(some) > 1:
            with contextlib.suppress(Exception):  # one by one, each meets its own trouble
                return list(await self._aside(lambda: self._intake.receive_all(some)))
        said: list[bytes | Exception] = []
        for name, body in some:
            try:
                said.append(await self._alone(name, body))
            except Exception as error:  # noqa: BLE001 — raised again where it is awaited
                said.append(error)
        return said

    async def _alone(self, name: str, body: bytes) -> bytes:
        return await self._aside(lambda: self._intake.receive(name, body))
