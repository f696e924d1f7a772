"""Kivy is loaded without what the kiosk does not use, and looks the same."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import kivy

from kiosk.lean import STYLE
from tests.waiting import LONG

KIOSK = Path(__file__).resolve().parents[2] / "kiosk"
KIVYS = Path(kivy.__file__).parent / "data" / "style.kv"


def rules(path: Path) -> dict[str, str]:
    """The looks of each class, by its name."""
    found = {}
    for block in re.split(r"(?m)^(?=<)", path.read_text())[1:]:
        head, _, body = block.partition("\n")
        body = re.split(r"(?m)^#", body)[0].strip("\n ")
        for name in head.strip("<>: -").split(","):
            found[name.strip(" -").partition("@")[0]] = body
    return found


def drawn_with() -> set[str]:
    """The widgets of Kivy's that the kiosk is made of."""
    names = set()
    for module in KIOSK.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kivy.uix"):
                names |= {alias.name for alias in node.names}
    return names


def test_every_look_of_kivys_that_the_kiosk_needs_is_kept():
    theirs = rules(KIVYS)
    assert drawn_with() & set(theirs) == {"Label", "StencilView"}
    assert rules(STYLE) == {name: theirs[name] for name in drawn_with() & set(theirs)}


def test_no_screen_is_made_of_widgets_that_only_kivys_own_looks_would_draw():
    others = set(rules(KIVYS)) - drawn_with()
    used = {
        name
        for screen in KIOSK.rglob("*.kv")
        for name in re.findall(r"(?m)^\s*([A-Z]\w+):\s*$", screen.read_text())
    }
    assert not used & others


def test_nothing_of_this_is_left_once_kivy_is_loaded(tmp_path):
    program = """
import os, sys
from pathlib import Path
from kiosk.app import Display, open_window
open_window(Display(size=(800, 480), off_screen=True), Path(sys.argv[1]))
assert "KIVY_DATA_DIR" not in os.environ
import asyncio
assert asyncio.run(asyncio.sleep(0, "real")) == "real"
from kivy.lang import Builder
print(sorted(selector.key for selector, _ in Builder.rules))
"""
    told = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(KIOSK.parent)},
        capture_output=True,
        text=True,
        timeout=LONG,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip().splitlines()[-1] == "['coverbehavior', 'label', 'stencilview']"
