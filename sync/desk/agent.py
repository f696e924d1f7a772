"""The desk's agent, as its commands meet it: it holds what opens sealed keys for a while.

One process for each user, behind a socket in `XDG_RUNTIME_DIR`, which is in memory, the user's
own, and gone when they have logged out. It never sees a passphrase nor a key, only what a
passphrase gives when stretched, and what that opens it cannot tell. Both sides make sure that the
other is of the same user.

A message is one packet (SOCK_SEQPACKET). To the agent: what is asked (1 byte), the lock's name
(32), seconds (4, big-endian), a root (32); what is not meant is zeros. From it: `Y` or `N`, then
what the question wants.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from sync.errors import SyncError
from sync.sealed_keys import ROOT_BYTES, Lock, Root

REQUEST = struct.Struct(f">c32sI{ROOT_BYTES}s")
STATUS = struct.Struct(">cB")
HELD = struct.Struct(">I")
YES, NO = b"Y", b"N"
MOST_HELD = 64
"""Locks at one time."""
LONGEST = 24 * 3600
"""Seconds that anything is held."""

_CREDENTIALS = struct.Struct("3i")  # of SO_PEERCRED: process, user, group
_PATIENCE = 10.0  # seconds that an agent may take to answer
_LOOKS, _PAUSE = 50, 0.1  # at an agent that is starting, and the seconds between
_NOTHING = bytes(32)


class Ask(Enum):
    """What is asked of the agent."""

    GIVE = b"G"
    HOLD = b"H"
    FORGET = b"F"
    LOCK = b"L"
    STATUS = b"S"
    STOP = b"Q"


class ForeignAgent(SyncError):
    """What answers at the agent's socket is another user's."""


class NoAgent(SyncError):
    """An agent cannot be had here."""


@dataclass(frozen=True)
class Status:
    """What an agent says of itself.

    Attributes:
        memory_locked: whether what it holds can never be swapped out.
        seconds: for each of what it holds, how long it still will.
    """

    memory_locked: bool
    seconds: tuple[int, ...]


def peer_user(connection: socket.socket) -> int:
    """The user at the other end of a Unix socket."""
    size = _CREDENTIALS.size
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return int(_CREDENTIALS.unpack(told)[1])


@dataclass(frozen=True)
class Agent:
    """An agent that may or may not be there.

    Attributes:
        folder: its own, within XDG_RUNTIME_DIR.
    """

    folder: Path

    @classmethod
    def of_this_session(cls, environment: Mapping[str, str] = os.environ) -> Agent | None:
        """The one of whoever is logged in here; None where the system gave them no such folder."""
        runtime = environment.get("XDG_RUNTIME_DIR", "")
        return cls(Path(runtime) / "parvis") if runtime else None

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / "desk-agent.socket"

    def root(self, lock: Lock) -> Root | None:
        """What opens keys that were sealed with a lock; None where it is not held.

        Raises:
            ForeignAgent: another user's agent is there; it was told nothing.
        """
        answer = self._ask(Ask.GIVE, lock.name)
        if answer is None or answer[:1] != YES or len(answer) != 1 + ROOT_BYTES:
            return None
        return Root(lock, answer[1:])

    def hold(self, root: Root, seconds: int = 0) -> bool:
        """Have it hold a root; whether there is an agent that does.

        Args:
            root: what.
            seconds: for how long; as it was started for if 0.

        Raises:
            ForeignAgent: another user's agent is there; it was told nothing.
        """
        answer = self._ask(Ask.HOLD, root.lock.name, seconds, root.key)
        return answer == YES

    def forget(self, lock: Lock) -> None:
        """Have it forget what was sealed with a lock.

        Raises:
            ForeignAgent: another user's agent is there.
        """
        self._ask(Ask.FORGET, lock.name)

    def lock(self) -> bool:
        """Have it forget all; whether there was an agent.

        Raises:
            ForeignAgent: another user's agent is there.
        """
        return self._ask(Ask.LOCK) is not None

    def stop(self) -> bool:
        """End it; whether there was one.

        Raises:
            ForeignAgent: another user's agent is there.
        """
        return self._ask(Ask.STOP) is not None

    def status(self) -> Status | None:
        """What it says of itself; None where there is none.

        Raises:
            ForeignAgent: another user's agent is there.
        """
        answer = self._ask(Ask.STATUS)
        if answer is None or len(answer) < STATUS.size:
            return None
        _, locked = STATUS.unpack_from(answer)
        held = answer[STATUS.size :]
        return Status(bool(locked), tuple(one for (one,) in HELD.iter_unpack(held)))

    def start(self, seconds: int) -> bool:
        """Start one, unless it runs; whether it was started now.

        It ends when what it holds has run out, when its folder is gone, when the session of this
        terminal ends, and when it is told to.

        Args:
            seconds: that it holds what it is given, unless told otherwise.

        Raises:
            NoAgent: it cannot be started; the message says why.
            ForeignAgent: another user's agent is there.
        """
        self._make_folder()
        if self.status() is not None:
            return False
        leader = os.getsid(0)
        # -P: whatever lies in the present folder is no part of Parvis.
        program = [sys.executable, "-P", "-m", "sync.desk.agent_process", str(self.folder)]
        watched = leader if leader not in (0, os.getpid()) else 0
        with subprocess.Popen(  # noqa: S603
            [*program, str(seconds), str(watched)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            said = process.stdout.readline().decode().strip()
            process.returncode = 0  # it goes on without this process
        if said not in ("ready", "runs already"):
            raise NoAgent(f"The agent did not start: {said or 'it gave no reason'}.")
        for _ in range(_LOOKS):  # another command may have started it a moment ago
            if self.status() is not None:
                return said == "ready"
            time.sleep(_PAUSE)
        raise NoAgent(f"The agent at {self.socket} does not answer. End it, and start it again.")

    def _make_folder(self) -> None:
        runtime = self.folder.parent
        try:
            told = runtime.stat()
            if told.st_uid != os.geteuid() or stat.S_IMODE(told.st_mode) & 0o077:
                raise NoAgent(
                    f"{runtime} is not yours alone, and no agent is started there. Set "
                    "XDG_RUNTIME_DIR to a folder in memory of mode 700."
                )
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise NoAgent(
                f"No agent can be started in {runtime}: {error.strerror}. Set XDG_RUNTIME_DIR to a "
                "folder in memory of mode 700."
            ) from None

    def _ask(
        self, asked: Ask, name: bytes = _NOTHING, seconds: int = 0, key: bytes = _NOTHING
    ) -> bytes | None:
        """The agent's answer; None where there is no agent that answers."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.settimeout(_PATIENCE)
            try:
                connection.connect(str(self.socket))
                if peer_user(connection) != os.geteuid():
                    raise ForeignAgent(
                        f"The agent at {self.socket} is another user's: it was told nothing, and "
                        "nothing it says is believed. Work as that user, or set XDG_RUNTIME_DIR to "
                        "a folder of your own."
                    )
                connection.send(REQUEST.pack(asked.value, name, seconds, key))
                answer = connection.recv(STATUS.size + MOST_HELD * HELD.size)
            except OSError:
                return None
        return answer or None
