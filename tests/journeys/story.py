"""The whole story of `make demo`, in a process of its own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.journeys.commands import ROOT, as_programs
from tests.waiting import LONG


@dataclass(frozen=True)
class Story:
    """`python -m kiosk.demo --play`, ended: where it wrote, its exit code, and what it told."""

    out: Path
    code: int
    told: str

    @classmethod
    def played(cls, folder: Path) -> "Story":
        out = folder / "demo"
        done = subprocess.run(
            [sys.executable, "-m", "kiosk.demo", "--play", "--out", str(out)],
            cwd=ROOT,
            env=as_programs(folder / "bin"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=2 * LONG,
        )
        return cls(out, done.returncode, done.stdout)
