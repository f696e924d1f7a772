"""What tests of sealed keys share: a cheap cost, given as code gives it, and a real terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
from pathlib import Path

from click.testing import CliRunner, Result

from sync.desk.commands import main
from sync.desk.unlocking import DeskSettings
from sync.sealed_keys import Cost, Lock, Root

CHEAP = Cost(passes=1, memory=64, lanes=1)
PASSPHRASE = "cheval agrafe éclipse"
ROOT = Lock(CHEAP, bytes(range(16))).stretch(PASSPHRASE)

_PROGRAM = (
    "from sync.desk.commands import main; from sync.desk.unlocking import DeskSettings; "
    f"from sync.sealed_keys import Cost; main(obj=DeskSettings({CHEAP!r}))"
)
_LONGEST = 120.0  # seconds until a terminal that says nothing is given up


def root_of(passphrase: str) -> Root:
    """Of a passphrase, with a lock of its own."""
    return Lock.new(CHEAP).stretch(passphrase)


def run(*arguments: str | Path, typed: str = "") -> Result:
    """A command where there is no terminal."""
    words = [str(argument) for argument in arguments]
    return CliRunner().invoke(main, words, input=typed, obj=DeskSettings(CHEAP))


def command(*arguments: str | Path) -> list[str]:
    """The same as a process of its own."""
    return [sys.executable, "-c", _PROGRAM, *(str(argument) for argument in arguments)]


class Terminal:
    """A command at a terminal of its own, as somebody would use it."""

    def __init__(self, *arguments: str | Path) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            command(*arguments),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        os.close(theirs)
        self.seen = ""
        self._read = 0

    def wait_for(self, text: str) -> None:
        """Until it says so, after what was waited for before."""
        while text not in self.seen[self._read :]:
            assert self._more(), f"it ended without “{text}”: {self.seen}"
        self._read = self.seen.index(text, self._read) + len(text)

    def type(self, text: str) -> None:
        """Type, and press Enter."""
        os.write(self._ours, text.encode() + b"\n")

    def answer(self, question: str, text: str) -> None:
        """Wait for a question whose answer nobody sees, and give it."""
        self.wait_for(question)
        while termios.tcgetattr(self._ours)[3] & termios.ECHO:  # what comes earlier is thrown away
            assert self._process.poll() is None, self.seen
        self.type(text)

    def end(self) -> int:
        """Until it is over; its exit status."""
        while self._more():
            pass
        os.close(self._ours)
        return self._process.wait(_LONGEST)

    def _more(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], _LONGEST)
        assert ready, f"nothing more came: {self.seen}"
        try:
            data = os.read(self._ours, 4096)
        except OSError:  # the other end is closed
            return False
        self.seen += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)
