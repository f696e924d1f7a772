"""Messages between a command and the kiosk that runs: JSON, and bytes behind it.

4 bytes: the length of the JSON; the JSON, whose "bytes" are the lengths of what follows; that
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from kiosk.errors import DeviceError
from sync.attachment import LARGEST_ATTACHMENT, MOST_ATTACHMENTS

JSON: TypeAlias = "Mapping[str, JSON] | Sequence[JSON] | str | int | float | bool | None"

_LENGTH = struct.Struct(">I")
_LARGEST = 16 << 20  # bytes of JSON
_AT_ONCE = 1 << 20


class Garbled(DeviceError):
    """What came is no message."""


@dataclass(frozen=True)
class Message:
    """What one side says.

    Attributes:
        said: by name.
        content: bytes that belong to it.
    """

    said: Mapping[str, JSON]
    content: tuple[bytes, ...] = field(default=(), repr=False)

    def text(self, name: str) -> str:
        """What is said under a name; "" where nothing is.

        Raises:
            Garbled: it is no text.
        """
        found = self.said.get(name, "")
        if not isinstance(found, str):
            raise Garbled(f"“{name}” has to be a text.")
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        """Several texts; none where nothing is said.

        Raises:
            Garbled: they are none.
        """
        found = self.said.get(name, ())
        if isinstance(found, str | Mapping) or not isinstance(found, Sequence):
            raise Garbled(f"“{name}” have to be texts.")
        if not all(isinstance(one, str) for one in found):
            raise Garbled(f"“{name}” have to be texts.")
        return tuple(str(one) for one in found)

    def yes(self, name: str) -> bool:
        """Whether something is said to be so."""
        return self.said.get(name) is True

    def number(self, name: str) -> int | None:
        """A whole number; None where there is none."""
        found = self.said.get(name)
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    def part(self, name: str) -> float | None:
        """A number; None where there is none."""
        found = self.said.get(name)
        return float(found) if isinstance(found, int | float) else None


def send(connection: socket.socket, message: Message) -> None:
    """Send one message.

    Raises:
        OSError: nobody takes it.
    """
    lengths = [len(one) for one in message.content]
    head = json.dumps({**message.said, "bytes": lengths}).encode()
    connection.sendall(_LENGTH.pack(len(head)) + head)
    for one in message.content:
        connection.sendall(one)


def receive(connection: socket.socket) -> Message | None:
    """The next message; None where the other side has ended.

    Raises:
        Garbled: what came is none.
        OSError: nothing came in time.
    """
    begins = _exactly(connection, _LENGTH.size)
    if begins is None:
        return None
    if len(begins) < _LENGTH.size:
        raise Garbled("A message was cut off.")
    (length,) = _LENGTH.unpack(begins)
    if length > _LARGEST:
        raise Garbled("A message is longer than messages may be.")
    head = _exactly(connection, length)
    try:
        said = json.loads(head or b"")
        lengths = [int(one) for one in said["bytes"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Garbled("What came is no message.") from None
    if len(lengths) > MOST_ATTACHMENTS or not all(0 <= n <= LARGEST_ATTACHMENT for n in lengths):
        raise Garbled("More files came than may be attached, or larger ones.")
    content = tuple(_exactly(connection, one) or b"" for one in lengths)
    if [len(one) for one in content] != lengths:
        raise Garbled("A message was cut off.")
    return Message(said, content)


def _exactly(connection: socket.socket, length: int) -> bytes | None:
    found = bytearray()
    while len(found) < length:
        some = connection.recv(min(length - len(found), _AT_ONCE))
        if not some:
            return None if not found else bytes(found)
        found += some
    return bytes(found)
