"""A TCP relay on loopback that cuts, slows or stops what goes through it: a bad network."""

from __future__ import annotations

import contextlib
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
    """

    def __init__(
        self,
        url: str,
        cut_after: int | None = None,
        cut_back_after: int | None = None,
        bytes_per_second: float | None = None,
    ) -> None:
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
            back = threading.Thread(target=self._carry, args=(far, near, True, pair), daemon=True)
            back.start()
            self._carry(near, far, False, pair)
            back.join()

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
            while piece := source.recv(2048):
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


@contextlib.contextmanager
def relayed(
    url: str,
    cut_after: int | None = None,
    cut_back_after: int | None = None,
    bytes_per_second: float | None = None,
) -> Iterator[Relay]:
    """A relay before this server."""
    relay = Relay(url, cut_after, cut_back_after, bytes_per_second)
    try:
        yield relay
    finally:
        relay.close()
