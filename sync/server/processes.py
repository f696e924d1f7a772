"""Several server processes behind one address: one that watches, and those that serve.

The first opens the address and starts the others, which all take connections from it. One that ends
without having been told to is started again, later each time; what it had under way was not
acknowledged, and comes again. When the first is told to stop, or is killed, all finish what is
under way.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from sync.server.logs import Event, tell
from sync.server.serving import GRACE_SECONDS

_SOON = 0.5  # seconds until a process is started again
_LATEST = 30.0
_STEADY = 60.0  # seconds after which a process counts as one that runs well
_STOPPED_AFTER = 3.0  # seconds after which one is killed that did not end by itself in its grace
_ENDED = "another process of this server ended"

Serve = Callable[[socket.socket, Callable[[], None]], None]


class Processes:
    """So many processes that serve on one socket, and this one, which watches them.

    This one opens neither database nor bucket: their threads and connections outlive no fork.

    Args:
        count: how many.
        listening: the socket.
        serve: serves on it until the process is told to stop; calls what it is given once it does.
    """

    def __init__(self, count: int, listening: socket.socket, serve: Serve) -> None:
        self._count = count
        self._listening = listening
        self._serve = serve
        self._running: dict[int, float] = {}  # process → since when
        self._stopping = False
        self._watched = self._watching = -1  # a pipe that is open as long as this process is there

    def run(self, ready: Callable[[], None]) -> int:
        """Serve until SIGTERM or SIGINT; returns the exit code.

        Args:
            ready: called once all of them serve.
        """
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, self._stop)
        self._watched, self._watching = os.pipe()
        # One first: what keeps it from serving is said once, not by each of them.
        if self._begin(1) and self._begin(self._count - 1):
            ready()
            self._watch()
            code = 0
        else:  # the one that could not start has said why
            code = 0 if self._stopping else 1
            self._stop_all()
        self._wait_for_all()
        return code

    def _begin(self, count: int) -> bool:
        """Start so many; whether all of them came to serve."""
        told, tells = os.pipe()
        for _ in range(count):
            self._start(tells)
        os.close(tells)
        try:
            return self._all_ready(told, count)
        finally:
            os.close(told)

    def _start(self, tells: int | None) -> None:
        process = os.fork()
        if process:
            self._running[process] = time.monotonic()
            if self._stopping:  # told while this one came to be
                os.kill(process, signal.SIGTERM)
            return
        code = 1
        try:
            for one in (signal.SIGTERM, signal.SIGINT):
                signal.signal(one, signal.SIG_DFL)
            os.close(self._watching)
            threading.Thread(target=self._end_with_the_first, daemon=True).start()

            def ready() -> None:
                if tells is not None:
                    os.write(tells, b".")
                    os.close(tells)

            self._serve(self._listening, ready)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:  # noqa: BLE001 — the edge of a process; its end must not be silent
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _end_with_the_first(self) -> None:
        """Stop once the process that watches is gone, however it went: nobody else would."""
        os.read(self._watched, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    @staticmethod
    def _all_ready(told: int, left: int) -> bool:
        """Wait until each has said that it serves, or one has ended without."""
        while left:
            said = os.read(told, left)
            if not said:
                return False
            left -= len(said)
        return True

    def _watch(self) -> None:
        """Start again whoever ends, until this process is told to stop."""
        wait = _SOON
        while not self._stopping:
            try:
                process, _ = os.wait()
            except ChildProcessError:
                return
            since = self._running.pop(process, None)
            if since is None or self._stopping:
                continue
            tell(Event.FAILED, cause=_ENDED)
            wait = _SOON if time.monotonic() - since > _STEADY else min(_LATEST, wait * 2)
            until = time.monotonic() + wait
            while not self._stopping and time.monotonic() < until:
                time.sleep(0.1)
            if not self._stopping:
                self._start(None)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._stop_all()

    def _stop_all(self) -> None:
        for process in list(self._running):
            try:
                os.kill(process, signal.SIGTERM)
            except ProcessLookupError:
                self._running.pop(process, None)

    def _wait_for_all(self) -> None:
        """Wait until all have ended; who has not in time, is ended."""
        until = time.monotonic() + GRACE_SECONDS + _STOPPED_AFTER
        while self._running:
            try:
                process, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            self._running.pop(process, None)
            if process == 0:
                time.sleep(0.05)
            if time.monotonic() > until:
                for one in list(self._running):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(one, signal.SIGKILL)
