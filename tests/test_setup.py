"""Setting up tells how far it is, and what failed; real commands, without the network."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

STEP = "^Collecting ([^ ]+)"
ROOT = Path(__file__).resolve().parents[1]


def watched(folder: Path, command: str, total: int = 0) -> "subprocess.CompletedProcess[str]":
    """What `packaging/progress.sh` makes of a command."""
    return subprocess.run(
        [
            *("bash", "-euo", "pipefail", "-c"),
            f". '{ROOT}/packaging/progress.sh'; watched {total} '{STEP}' \"$@\"; echo on",
            *("bash", "sh", "-c", command),
        ],
        cwd=folder,
        env={**os.environ, "PROGRESS_SECONDS": "0", "PROGRESS_LOOK": "0.1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_where_there_is_no_terminal_lines_tell_how_far_it_is(tmp_path):
    # It goes on once the line about the first package was told: nothing here hangs on the pace.
    done = watched(
        tmp_path,
        "echo Collecting kivy==2.3.1; echo WARNING: noise; "
        "for try in $(seq 600); do test -e told && break; sleep 0.1; done & "
        "sleep 1; touch told; wait; echo Collecting pillow==11",
        total=2,
    )
    assert (done.returncode, done.stdout) == (0, "on\n")
    assert "1 of 2 · kivy==2.3.1 · " in done.stderr
    assert "noise" not in done.stderr
    assert "WARNING: noise" in (tmp_path / "build" / "setup.log").read_text()


def test_what_fails_says_its_last_words_and_where_the_others_are(tmp_path):
    done = watched(
        tmp_path,
        "for n in $(seq 300); do echo WARNING: Location $n is ignored; done; "
        "echo ERROR: no such package >&2; exit 3",
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "ERROR: no such package" in done.stderr
    assert "build/setup.log" in done.stderr
    assert "Location 7 is" not in done.stderr


def as_installed() -> bool:
    """Whether the set-up here is of this lock, so that it has nothing to do."""
    stamp = ROOT / ".venv" / "parvis-installed"
    files = ("packaging/requirements.lock", "pyproject.toml")
    told = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in files)).hexdigest()
    return stamp.exists() and stamp.read_text().split() == [str(ROOT), told, "-"]


@pytest.mark.skipif(not as_installed(), reason="make test sets up first, and is not what runs here")
def test_the_second_time_nothing_is_asked_of_the_network_and_nothing_said():
    nowhere = "http://127.0.0.1:9"
    done = subprocess.run(
        [ROOT / "packaging" / "setup.sh", "demo"],
        env={**os.environ, "https_proxy": nowhere, "PIP_INDEX_URL": nowhere},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
