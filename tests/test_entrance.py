"""Every command can be interrupted while it is still being loaded."""

import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]

INTERRUPTED = """
import os, signal, sys
class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("click", "cryptography"):
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
sys.argv = ["command", "--help"]
from {module} import {function}
{function}()
"""


@pytest.mark.parametrize("command", SCRIPTS)
def test_control_c_while_a_command_is_loaded_shows_no_traceback(command):
    module, _, function = SCRIPTS[command].partition(":")
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.format(module=module, function=function)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert ran.returncode == -signal.SIGINT
    assert ran.stderr == "" == ran.stdout


@pytest.mark.parametrize("command", SCRIPTS)
def test_every_command_tells_what_it_does(command):
    module, _, function = SCRIPTS[command].partition(":")
    run = (
        f"import sys; sys.argv = ['{command}', '--help']; from {module} import {function} as f; f()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", run, "--help"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "sage" in ran.stdout
