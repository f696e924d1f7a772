"""Waiting, on a machine that may be slow or busy: for the thing itself, up to minutes, in words."""

import subprocess
from collections.abc import Callable
from time import monotonic, sleep

from sync.command_line import Sentence

LIMIT = 300.0  # seconds after which something that should come within one is given up


def wait_for(came: Callable[[], bool], otherwise: str, limit: float = LIMIT) -> None:
    """Wait until it came.

    Args:
        came: asked twenty times a second.
        otherwise: what to say if it never does, as the beginning of a sentence.
        limit: seconds after which it is given up.

    Raises:
        Sentence: it did not come.
    """
    end = monotonic() + limit
    while not came():
        if monotonic() > end:
            raise Sentence(f"{otherwise} within {_spoken(limit)}. Is this machine very busy?")
        sleep(0.05)


def end(process: "subprocess.Popen[str]", name: str, limit: float = LIMIT) -> None:
    """Ask a process to end, and wait until it has; one that does not is killed.

    Raises:
        Sentence: it had to be killed.
    """
    process.terminate()
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise Sentence(
            f"{name} was told to stop, did not within {_spoken(limit)}, and was killed."
            " Is this machine very busy?"
        ) from None


def _spoken(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
