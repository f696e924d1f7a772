"""`parvis-kiosk run` where there is no screen ends with a sentence, and never runs unseen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kiosk.paper import ROOT, Desk


@pytest.mark.skipif(Path("/dev/dri").exists(), reason="a window needs no session here")
@pytest.mark.parametrize("session", [{}, {"DISPLAY": ":76"}, {"WAYLAND_DISPLAY": "wayland-76"}])
@pytest.mark.parametrize("again", [False, True])
def test_without_a_display_the_kiosk_ends_with_a_sentence(tmp_path, session, again):
    desk = Desk(tmp_path)
    plain = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    }
    for _ in range(1 + again):
        ran = subprocess.run(
            [sys.executable, "-m", "kiosk", "run", "--data", str(desk.data)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            cwd=ROOT,
            env={**plain, **session},
        )
        assert ran.returncode == 1
        assert ran.stderr.startswith("No screen can be opened")
        assert len(ran.stderr.strip().splitlines()) == 1
    assert desk.command("people", "list").returncode == 0
