"""Kivy without what the kiosk never uses, which would take its time at each start.

Kivy reads the looks of all its widgets, prepares to run in asyncio's loop, loads Pillow for
pictures that SDL reads as well, and shows its own icon. All of it is left out in ways that Kivy
provides for (its environment variables), but for asyncio, whose place is taken for a moment.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from kiosk.theme.assets import ASSETS

STYLE = ASSETS / "kivy" / "style.kv"
_FILES = "KIVY_DATA_DIR"  # where Kivy finds its own files
_NEEDED = ("fonts", "glsl", "images", "keyboards")  # of these


@contextmanager
def lean_kivy(home: Path) -> Iterator[None]:
    """While Kivy is first imported; afterwards nothing is as if this had been.

    Args:
        home: a folder for what Kivy finds about itself; it must stay.
    """
    if "kivy" in sys.modules:
        yield
        return
    os.environ.setdefault("KIVY_IMAGE", "sdl2")
    os.environ.setdefault("KIVY_TEXT", "sdl2")
    absent = _without_asyncio()
    told_where = _FILES in os.environ or not _fewer_files(home / "data")
    if not told_where:
        os.environ[_FILES] = str(home / "data")
    try:
        yield
    finally:
        if not told_where:
            del os.environ[_FILES]
        if sys.modules.get("asyncio") is absent:
            del sys.modules["asyncio"]


def _fewer_files(ours: Path) -> bool:
    """Kivy's own files, with fewer looks; says whether they could be put there."""
    kivy = find_spec("kivy")
    if kivy is None or kivy.origin is None:
        return False
    theirs = Path(kivy.origin).parent / "data"
    try:
        ours.mkdir()
        for name in _NEEDED:
            (ours / name).symlink_to(theirs / name)
        (ours / "style.kv").symlink_to(STYLE)
    except OSError:  # no links here
        return False
    return True


def _without_asyncio() -> ModuleType | None:
    """Kivy's clock keeps asyncio at hand for a loop that is not used here: it gets this instead.

    Whatever imports asyncio afterwards gets the real one.
    """
    if "asyncio" in sys.modules:
        return None
    absent = ModuleType("asyncio")
    absent.wait_for = None  # type: ignore[attr-defined]
    sys.modules["asyncio"] = absent
    return absent
