"""A TCP relay on loopback that cuts, slows, holds up or stops what goes through: a bad network."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Iterator


class Relay:
    """Hands on what comes, until so many bytes went up; then it cuts the connection.

    Args:
        url: of the server behind it.
        cut_after: bytes from the device that one connection carries; None for any number.
        cut_back_after: bytes to the device that one connection carries.
        bytes_per_second: in each direction; None for as fast as it goes.
        delay: seconds that everything takes on its way, in each direction.
    """

    def __init__(
        self,
        url: str,
        cut_after: int | None = None,
        cut_back_after: int | None = None,
        bytes_per_second: float | None = None,
        delay: float = 0.0,
    ) -> None:
        self.delay = delay
        self.pulled = False
        self._open: set[socket.socket] = set()
        self.cut_after = cut_after
        self.cut_back_after = cut_back_after
        self.bytes_per_second = bytes_per_second
        self.up = 0
        self.down = 0
        self._behind = ("127.0.0.1", int(url.rpartition(":")[2]))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def pull(self) -> None:
        """Pull the cable: what is on its way is lost, and nothing gets through until `plug`."""
        self.pulled = True
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def plug(self) -> None:
        """Put the cable back."""
        self.pulled = False

    def close(self) -> None:
        """Stop."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._accepting.join()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                near = self._listening.accept()[0]
            except OSError:
                return
            if self.pulled:
                near.close()
                continue
            try:
                far = socket.create_connection(self._behind)
            except OSError:
                near.close()
                continue
            thread = threading.Thread(target=self._connect, args=(near, far), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _connect(self, near: socket.socket, far: socket.socket) -> None:
        """Carry both ways, until both have ended."""
        with near, far:
            pair = (near, far)
            self._open.update(pair)
            back = threading.Thread(target=self._carry, args=(far, near, True, pair), daemon=True)
            back.start()
            self._carry(near, far, False, pair)
            back.join()
            self._open.difference_update(pair)

    def _carry(
        self,
        source: socket.socket,
        sink: socket.socket,
        back: bool,
        pair: tuple[socket.socket, socket.socket],
    ) -> None:
        most = self.cut_back_after if back else self.cut_after
        gone = 0
        try:
            for piece in self._arriving(source):
                if most is not None:
                    piece = piece[: most - gone]
                if piece:
                    sink.sendall(piece)
                gone += len(piece)
                if back:
                    self.down += len(piece)
                else:
                    self.up += len(piece)
                if self.bytes_per_second:
                    time.sleep(len(piece) / self.bytes_per_second)
                if most is not None and gone >= most:
                    break
            else:
                with contextlib.suppress(OSError):
                    sink.shutdown(socket.SHUT_WR)
                return
        except OSError:
            pass
        for one in pair:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _arriving(self, source: socket.socket) -> Iterator[bytes]:
        """What comes out of a socket, each piece as late as the way is long."""
        if not self.delay:
            while piece := source.recv(2048):
                yield piece
            return
        under_way: queue.Queue[tuple[float, bytes]] = queue.Queue()

        def read() -> None:
            piece = b"-"
            while piece:
                try:
                    piece = source.recv(2048)
                except OSError:
                    piece = b""
                under_way.put((time.monotonic() + self.delay, piece))

        threading.Thread(target=read, daemon=True).start()
        while True:
            due, piece = under_way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if not piece:
                return
            yield piece


@contextlib.contextmanager
def relayed(
    url: str,
    cut_after: int | None = None,
    cut_back_after: int | None = None,
    bytes_per_second: float | None = None,
    delay: float = 0.0,
) -> Iterator[Relay]:
    """A relay before this server."""
    relay = Relay(url, cut_after, cut_back_after, bytes_per_second, delay)
    try:
        yield relay
    finally:
        relay.close()
