"""The agent's own process: `python -m sync.desk.agent_process FOLDER SECONDS LEADER`.

What it holds lies in one page of memory that is never swapped out, where the system allows it,
and never part of a core; nobody but root may look into the process. Nothing of it is copied into
Python's own memory: it is received into that page and sent from it. The page is overwritten as
soon as its time is over.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import mmap
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sync.desk.agent import HELD, LONGEST, MOST_HELD, NO, REQUEST, STATUS, YES, Agent, Ask
from sync.desk.agent import peer_user as user_of
from sync.sealed_keys import ROOT_BYTES

_DUMPABLE = 4  # PR_SET_DUMPABLE
_TICK = 1.0  # seconds between two looks at the clock and the folder
_PATIENCE = 1.0  # seconds for somebody who came to say what they want
_WAITING = 64


@dataclass
class _Held:
    """A root that is held.

    Attributes:
        place: its number in the page.
        until: when it is over, by the clock that also runs while the machine sleeps.
    """

    place: int
    until: float


class Vault:
    """A page of memory for roots, by the names of their locks.

    Args:
        clock: seconds; runs on while the machine sleeps.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._page = mmap.mmap(-1, mmap.PAGESIZE)
        self.memory_locked = _never_swapped(self._page)
        self._held: dict[bytes, _Held] = {}
        self.inbox = memoryview(self._page)[: REQUEST.size]
        """What was received lies here until it is dealt with."""

    def hold(self, name: bytes, seconds: int) -> bool:
        """Keep the root that is in the inbox; whether there is room."""
        self.forget(name)
        taken = {one.place for one in self._held.values()}
        free = [place for place in range(1, MOST_HELD + 1) if place not in taken]
        if not free:
            return False
        self._slot(free[0])[:] = self.inbox[-ROOT_BYTES:]
        self._held[name] = _Held(free[0], self._clock() + seconds)
        return True

    def root(self, name: bytes) -> memoryview | None:
        """A root, where it lies; None where it is not held."""
        held = self._held.get(name)
        return None if held is None else self._slot(held.place)

    def forget(self, name: bytes) -> None:
        """Overwrite a root, where it is held."""
        held = self._held.pop(name, None)
        if held is not None:
            self._slot(held.place)[:] = bytes(ROOT_BYTES)

    def forget_all(self) -> None:
        """Overwrite everything."""
        self._held.clear()
        self._page[:] = bytes(len(self._page))

    def look_at_the_clock(self) -> None:
        """Overwrite what is over."""
        now = self._clock()
        for name in [name for name, held in self._held.items() if held.until <= now]:
            self.forget(name)

    def seconds(self) -> list[int]:
        """How long each is still held."""
        now = self._clock()
        return [max(0, round(one.until - now)) for one in self._held.values()]

    def _slot(self, place: int) -> memoryview:
        at = 64 + place * ROOT_BYTES  # the inbox lies before the first
        return memoryview(self._page)[at : at + ROOT_BYTES]


def _never_swapped(page: mmap.mmap) -> bool:
    """Keep a page out of swap and cores; whether the system allowed the first."""
    with contextlib.suppress(OSError):
        page.madvise(mmap.MADV_DONTDUMP)
    libc = ctypes.CDLL(None, use_errno=True)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return int(libc.mlock(ctypes.c_void_p(address), ctypes.c_size_t(len(page)))) == 0


def leave_no_core() -> None:
    """Have the system write no core of this process, nor let another one look into it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_DUMPABLE, 0, 0, 0, 0)


class _Over(Exception):
    """The agent was told to end."""


class AgentProcess:
    """Listens, holds, and knows when to end.

    Args:
        place: its folder.
        seconds: that it holds what it is given, unless told otherwise.
        leader: the process whose end is this agent's too; 0 for none.
        clock: seconds; runs on while the machine sleeps.
    """

    def __init__(self, place: Agent, seconds: int, leader: int, clock: Callable[[], float]) -> None:
        self._place = place
        self._seconds = seconds
        self._clock = clock
        self._vault = Vault(clock)
        self._idle_since = clock()
        self._stopped = False
        self._leader: int | None = None
        if leader:
            with contextlib.suppress(OSError):  # it is gone already, or the kernel is too old
                self._leader = os.pidfd_open(leader)
        place.socket.unlink(missing_ok=True)  # of an agent that was killed: this one has the lock
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        before = os.umask(0o177)
        try:
            self._listener.bind(str(place.socket))
        finally:
            os.umask(before)
        self._listener.listen(_WAITING)
        self._known_by = place.socket.stat().st_ino

    def run(self) -> None:
        """Serve until it is over; nothing is held then, and no socket left."""
        watched = [self._listener.fileno()]
        if self._leader is not None:
            watched.append(self._leader)
        try:
            while self._goes_on():
                ready, _, _ = select.select(watched, [], [], _TICK)
                if self._leader in ready:
                    break
                if self._listener.fileno() in ready:
                    self._serve()
        except _Over:
            pass
        finally:
            self._vault.forget_all()
            if self._is_there():
                self._place.socket.unlink(missing_ok=True)

    def _goes_on(self) -> bool:
        self._vault.look_at_the_clock()
        if self._vault.seconds():
            self._idle_since = self._clock()
        return self._is_there() and self._clock() - self._idle_since < self._seconds

    def _is_there(self) -> bool:
        """Whether its socket is: who logs out loses XDG_RUNTIME_DIR."""
        try:
            return self._place.socket.stat().st_ino == self._known_by
        except OSError:
            return False

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.settimeout(_PATIENCE)
            if user_of(connection) != os.geteuid():
                return
            inbox = self._vault.inbox
            if connection.recv_into(inbox) != REQUEST.size:
                return
            try:
                connection.sendmsg(self._answer(inbox))
            finally:
                inbox[:] = bytes(REQUEST.size)
            if self._stopped:
                raise _Over

    def _answer(self, inbox: memoryview) -> list[bytes | memoryview]:
        self._vault.look_at_the_clock()
        name, seconds = bytes(inbox[1:33]), int.from_bytes(inbox[33:37], "big")
        try:
            asked = Ask(bytes(inbox[:1]))
        except ValueError:
            return [NO]
        match asked:
            case Ask.GIVE:
                root = self._vault.root(name)
                return [NO] if root is None else [YES, root]
            case Ask.HOLD:
                held = self._vault.hold(name, min(seconds or self._seconds, LONGEST))
                return [YES if held else NO]
            case Ask.FORGET:
                self._vault.forget(name)
            case Ask.LOCK:
                self._vault.forget_all()
            case Ask.STATUS:
                held_for = b"".join(HELD.pack(one) for one in self._vault.seconds())
                return [STATUS.pack(YES, self._vault.memory_locked) + held_for]
            case Ask.STOP:
                self._stopped = True
        return [YES]


def _ended(_signal: int, _frame: object) -> None:
    raise _Over


def main() -> None:
    """Become the agent; the first line on stdout says whether that went well."""
    folder, seconds, leader = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for ending in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(ending, _ended)
    leave_no_core()
    with contextlib.suppress(_Over):
        try:
            lock = os.open(folder / "desk-agent.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            agent = AgentProcess(Agent(folder), seconds, leader, _boottime)
        except BlockingIOError:
            _say("runs already")
            return
        except OSError as error:
            _say(error.strerror or str(error))
            return
        os.chdir("/")
        _say("ready")
        agent.run()


def _boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _say(word: str) -> None:
    """Tell who started this, and let go of them."""
    os.write(1, word.encode() + b"\n")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.close(nowhere)


if __name__ == "__main__":
    main()
