"""Waiting for things on a machine that may be slow: for the thing itself, never a time by guess."""

import time
from collections.abc import Callable
from typing import TypeVar

LONG = 300.0  # seconds: longer than anything takes that will come at all, with both cores busy

Found = TypeVar("Found")


def wait_for(
    look: Callable[[], Found],
    sought: str = "what was waited for",
    *,
    patience: float = LONG,
    pause: float = 0.02,
    meanwhile: Callable[[], object] = lambda: None,
) -> Found:
    """Look again and again until something is found that counts as true, and give it back.

    Args:
        look: asked each time.
        sought: in words, for who reads that it never came.
        patience: seconds after which it is given up.
        pause: seconds between two looks.
        meanwhile: done before each look after the first: draws a frame, tries once more.

    Raises:
        AssertionError: it did not come.
    """
    end = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < end, f"In {patience:.0f} seconds this did not come: {sought}."
        time.sleep(pause)
        meanwhile()
    return found
