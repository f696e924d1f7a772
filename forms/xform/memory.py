"""Reading a big form makes and drops much at once: what that needs of the interpreter."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reading(big: bool) -> Iterator[None]:
    """Let the collector rest while a form is read, and give back what its text took.

    Hundreds of thousands of objects are made, none of them in circles: collecting in between only
    costs time. What the parser's tree took stays with the process unless the C library is asked to
    give it back; where it cannot be asked, nothing happens.

    Args:
        big: whether there is enough to give back.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
        if big and sys.platform == "linux":
            trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
            if trim is not None:
                trim(0)
