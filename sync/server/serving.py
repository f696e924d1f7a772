"""The server as a process, on uvicorn, until it is told to stop.

One for each data directory with an SQLite file; as many as there is work for on one PostgreSQL.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync.errors import DamagedRegister, SyncError
from sync.server.app import LIMITS, PATIENCE_SECONDS, create_app
from sync.server.limits import Limits
from sync.server.logs import Event, tell, tell_failure
from sync.server.service import Service

_MOST_CONNECTIONS = 8192
_OTHER_FILES = 256  # that a process keeps open beside its connections
_BACKLOG = 4096  # the kernel takes the smaller of this and net.core.somaxconn
_IDLE_CONNECTION_SECONDS = 10
_STOP_SECONDS = 10
GRACE_SECONDS = 25.0
"""After SIGTERM, until a process ends whatever it does: less than service managers wait."""

_LOOKS = 20
_HEADER_SECONDS = 10.0
_PUBLISH_SECONDS = 1.0
_RESTED_SECONDS = 3600.0  # nobody else who serves this data still writes at that


class AddressTaken(SyncError):
    """The server cannot listen where it was told to."""


class RunningServer:
    """A server bound to its address; `run` serves until `stop`.

    Args:
        service: what it serves; its data directory is held for this process until `run` returns.
        host: an address of this machine.
        port: 0 for any that is free.
        listening: a socket that listens already, in place of both.
        patience: seconds that a sender may be silent.
        limits: how much one caller may ask; None for as much as they like.
        metrics_token: with which anybody may read the metrics.
        prefix: the path that a proxy serves it below.
        proxies: addresses whose word on who asks is believed.

    Raises:
        AddressTaken: somebody else listens there, or it is no address of this machine.
    """

    def __init__(
        self,
        service: Service,
        host: str = "127.0.0.1",
        port: int = 8765,
        *,
        listening: socket.socket | None = None,
        patience: float = PATIENCE_SECONDS,
        limits: Limits | None = LIMITS,
        metrics_token: str = "",
        prefix: str = "",
        proxies: Sequence[str] = ("127.0.0.1", "::1"),
    ) -> None:
        self._service = service
        self._socket = listening or listen(host, port)
        app = create_app(
            service, patience=patience, limits=limits, metrics_token=metrics_token, prefix=prefix
        )
        self._server = _Quiet(
            uvicorn.Config(
                app,
                http=_impatient(min(patience, _HEADER_SECONDS), patience),
                log_config=None,
                log_level="error",
                forwarded_allow_ips=list(proxies),
                access_log=False,
                server_header=False,
                lifespan="off",
                ws="none",
                limit_concurrency=_most_connections(),
                backlog=_BACKLOG,
                timeout_keep_alive=_IDLE_CONNECTION_SECONDS,
                timeout_graceful_shutdown=_STOP_SECONDS,
            )
        )

    @property
    def url(self) -> str:
        """Where it listens; for a wildcard address, by the loopback one."""
        return url_of(self._socket)

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until SIGTERM, SIGINT or `stop`; what is under way is finished first.

        Args:
            ready: called once requests are answered.

        Raises:
            AlreadyServed: another process serves this data directory.
        """
        try:
            shared = self._service.store.database.shared
            with self._service.files.serving(shared=shared):
                self._service.files.sweep(_RESTED_SECONDS if shared else 0.0)
                with contextlib.suppress(DamagedRegister):  # told; the other registers go on
                    self._service.registers.mend()
                self._service.begin()
                self._service.erasures.finish()
                with _publishing(self._service):
                    self._server.ready = ready
                    tell(Event.STARTED)
                    self._server.run(sockets=[self._socket])
                    tell(Event.STOPPED)
        finally:
            self._socket.close()

    def stop(self) -> None:
        """End `run`, from another thread."""
        self._server.should_exit = True


class RunningThread:
    """A server in a thread of this process, for tests and for the demonstration."""

    def __init__(
        self,
        service: Service,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        patience: float = PATIENCE_SECONDS,
        limits: Limits | None = LIMITS,
        metrics_token: str = "",
    ) -> None:
        self._running = RunningServer(
            service, host, port, patience=patience, limits=limits, metrics_token=metrics_token
        )
        self._thread = threading.Thread(target=self._serve, name="parvis-server", daemon=True)
        self._ready = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._running.url

    def __enter__(self) -> RunningThread:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.stop()
        self._thread.join()

    def _serve(self) -> None:
        try:
            self._running.run(self._ready.set)
        finally:
            self._ready.set()


@contextlib.contextmanager
def _publishing(service: Service) -> Iterator[None]:
    """Publish the registers, once a second where something came, until this ends.

    Whatever goes wrong, the thread goes on: what came is stored and acknowledged all the same, and
    is tried again. `/readyz` tells that it is late, `/healthz` that the thread is stuck.
    """
    ending = threading.Event()

    def publish() -> None:
        while True:
            last = ending.is_set()
            service.brought.clear()
            service.pulses[0].begin()
            try:
                service.look_who_took_over()
                with contextlib.suppress(DamagedRegister):  # told; nothing else waits for it
                    service.registers.publish()
                service.erasures.finish()
                service.write_roster_if_due()
            except Exception:  # noqa: BLE001 — the edge of a thread that must live
                tell_failure(Event.NOT_PUBLISHED)
                service.brought.set()
            finally:
                service.pulses[0].end()
            if last:
                return
            ending.wait(_PUBLISH_SECONDS)
            for _ in range(_LOOKS):  # another process, a courier's, may have brought something
                if service.brought.wait(_PUBLISH_SECONDS) or ending.is_set():
                    break

    # A thread that hangs must not keep the process from ending.
    thread = threading.Thread(target=publish, name="parvis-register", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        service.brought.set()
        thread.join(_STOP_SECONDS)
        if thread.is_alive():
            tell(Event.FAILED, logging.ERROR, cause="the last entries were not published in time")


def _most_connections() -> int:
    """How many connections there may be at once: as many as this process may open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS + _OTHER_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return min(_MOST_CONNECTIONS, max(_OTHER_FILES, allowed - _OTHER_FILES))


def _impatient(seconds: float, patience: float) -> type[H11Protocol]:
    """HTTP as uvicorn speaks it, which gives up those who are too slow.

    uvicorn itself waits for ever for the end of a head, and for somebody to read an answer: a few
    hundred slow connections would keep everybody else out.

    Args:
        seconds: that the head of a request may take.
        patience: seconds that nothing of an answer may be read.
    """

    class Impatient(H11Protocol):
        giving_up: asyncio.TimerHandle | None = None
        unread: asyncio.TimerHandle | None = None

        def pause_writing(self) -> None:
            super().pause_writing()
            self._read_again()
            self.unread = self.loop.call_later(patience, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._read_again()

        def _read_again(self) -> None:
            if self.unread is not None:
                self.unread.cancel()
                self.unread = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._arm()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.cycle is None or self.cycle.response_complete:
                self._arm()
            else:
                self._disarm()

        def connection_lost(self, exc: Exception | None) -> None:
            self._disarm()
            self._read_again()
            super().connection_lost(exc)

        def _arm(self) -> None:
            if self.giving_up is None:
                self.giving_up = self.loop.call_later(seconds, self._give_up)

        def _disarm(self) -> None:
            if self.giving_up is not None:
                self.giving_up.cancel()
                self.giving_up = None

        def _give_up(self) -> None:
            self.giving_up = None
            self.transport.close()

    return Impatient


class _Quiet(uvicorn.Server):
    """uvicorn without its own account of itself, which stops cleanly on a signal.

    Its own handling raises the signal again after the stop, so that the process would end as killed
    before the data directory is let go of.
    """

    ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            threading.Thread(target=_end, name="parvis-end", daemon=True).start()
        self.should_exit = True


def _end() -> None:
    """End this process where it has not ended by itself in time: whatever hangs, a stop stops.

    What is under way then was not acknowledged, and comes again.
    """
    time.sleep(GRACE_SECONDS)
    tell(Event.FAILED, logging.ERROR, cause="it did not stop by itself in time")
    os._exit(1)


def url_of(listening: socket.socket) -> str:
    """The address of a socket; for a wildcard address, by the loopback one."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        AddressTaken: somebody else listens there, or it is no address of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        # Its connections inherit it. asyncio says it only to sockets that were made with TCP's
        # number, which this one is not; without it each answer waits 40 ms for the other side.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except (OSError, OverflowError) as error:
        why = "there is no such port"
        if isinstance(error, socket.gaierror):
            why = "there is no such address"
        elif isinstance(error, OSError):
            why = os.strerror(error.errno or 0)
        raise AddressTaken(
            f"The server cannot listen on {host}, port {port} ({why}): give another --host or "
            "--port, or stop what listens there."
        ) from None
