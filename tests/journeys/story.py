"""The whole story of `make demo`, played beside the other tests: it mostly draws and waits."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.journeys.commands import ROOT, as_programs

PATIENCE = 200  # seconds


@dataclass
class Story:
    """`python -m kiosk.demo --play`, under way."""

    out: Path
    process: "subprocess.Popen[str]"

    @classmethod
    def begin(cls, folder: Path) -> "Story":
        out = folder / "demo"
        with (folder / "told").open("w") as told:
            process = subprocess.Popen(
                [sys.executable, "-m", "kiosk.demo", "--play", "--out", str(out)],
                cwd=ROOT,
                env=as_programs(folder / "bin"),
                stdout=told,
                stderr=subprocess.STDOUT,
                text=True,
            )
        return cls(out, process)

    def ended(self) -> tuple[int, str]:
        """Its exit code and what it told; waits for its end."""
        code = self.process.wait(PATIENCE)
        return code, (self.out.parent / "told").read_text(encoding="utf-8")

    def stop(self) -> None:
        """End it if it is still going on."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
