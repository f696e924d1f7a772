"""Bring one thing to the server, whole or in pieces, and go on where an earlier try ended.

Small things go in one request. What is larger than the pace's piece, or did not get through at
once, goes on from the offset that the server tells (`docs/format.md`, section 12).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sync.client.pace import Pace
from sync.client.wire import Answer, NetworkTrouble, Wire
from sync.outbox import Outgoing

LARGEST_ANSWER = 256 * 1024

_BINARY = {"Content-Type": "application/octet-stream"}
_MOST_CORRECTIONS = 3

Reading = Callable[[int, int], bytes]
"""Bytes of what is sent: from where, and how many at most."""

Told = Callable[[int, int], None]
"""How far it is: bytes that are there, of how many."""


class Uploader:
    """Sends over one wire, at one pace.

    Args:
        wire: the way to the server.
        pace: how much at once; learns.
        clock: seconds that pass.
    """

    def __init__(self, wire: Wire, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._wire = wire
        self._pace = pace
        self._clock = clock

    def batch(self, outgoing: Outgoing, told: Told) -> Answer:
        """Send a batch; the answer is that to its last piece: the acknowledgement, or a refusal.

        Raises:
            NetworkTrouble: the server cannot be reached, or somebody else answers.
        """
        path, data = f"/v1/batches/{outgoing.name}", outgoing.data
        if outgoing.stored:
            answer = self.acknowledgement(outgoing.name)
            if answer.status == 200:
                return answer
        if len(data) <= self._pace.piece:
            answer = self._timed("PUT", path, data, _BINARY)
            if not lets_less_through(answer):
                return answer
            self._pace.failed()  # a proxy's limit: what is larger goes in pieces
        last = self._in_pieces(path, len(data), lambda at, most: data[at : at + most], told)
        # Where it is complete, nothing was sent, and nothing was answered to it.
        return last or self.acknowledgement(outgoing.name)

    def stream(self, path: str, size: int, read: Reading, told: Told) -> Answer | None:
        """Send a sealed attachment; None where it is there already.

        Raises:
            NetworkTrouble: the server cannot be reached, or somebody else answers.
        """
        return self._in_pieces(path, size, read, told)

    def acknowledgement(self, name: str) -> Answer:
        """The server's word on a batch as it is now.

        Raises:
            NetworkTrouble: the server cannot be reached.
        """
        return self._wire.ask("GET", f"/v1/batches/{name}/acknowledgement", most=LARGEST_ANSWER)

    def _in_pieces(self, path: str, size: int, read: Reading, told: Told) -> Answer | None:
        answer, complete, at = self._begun(path)
        if complete or answer is not None:
            return answer
        corrections = 0
        while True:
            told(at, size)
            piece = read(at, min(self._pace.piece, size - at))
            last = at + len(piece) >= size
            headers = {
                "Content-Type": "application/partial-upload",
                "Upload-Offset": str(at),
                "Upload-Complete": "?1" if last else "?0",
            }
            answer = self._timed("PATCH", path, piece, headers)
            if answer.status == 409 and answer.offset is not None:
                corrections += 1
                if corrections > _MOST_CORRECTIONS or answer.offset > size:
                    return answer
                at = answer.offset
            elif lets_less_through(answer) and not self._pace.smallest:
                self._pace.failed()  # something between lets no more through at once
            elif answer.status not in (200, 204) or last:
                return answer
            elif answer.offset != at + len(piece):
                raise NetworkTrouble(stranger(answer))
            else:
                at = answer.offset

    def _begun(self, path: str) -> tuple[Answer | None, bool, int]:
        """Where an upload stands: a refusal, or whether it is complete, and its offset."""
        answer = self._wire.ask("HEAD", path, most=0)
        if answer.status == 204 and answer.offset is not None:
            return None, answer.complete, answer.offset
        return answer, False, 0

    def _timed(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        began = self._clock()
        try:
            answer = self._wire.ask(method, path, body, headers, most=LARGEST_ANSWER)
        except NetworkTrouble:
            self._pace.failed()
            raise
        self._pace.went(len(body), self._clock() - began)
        return answer


def lets_less_through(answer: Answer) -> bool:
    """Whether something between refuses so much at once; that is no word of the server's."""
    return answer.status == 413 and not answer.signed


def stranger(answer: Answer) -> str:
    """What is said of an answer that is not the server's."""
    return (
        f"Something answers in the server's place (status {answer.status}, nothing that the server "
        "signed): a sign-in page for Wi-Fi, or a proxy. Check the network."
    )
