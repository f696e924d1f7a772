"""Fuzzes the form engine for some minutes.

    python -m tests.forms.fuzz --minutes 5
    python -m tests.forms.fuzz --minutes 60 --seed 3 --out build/fuzz

Where atheris is installed the fuzzer is guided by coverage; otherwise its bytes are random. Each
input that raises anything but a `FormError`, breaks what must hold, or takes more than ten seconds
of the processor is kept in the folder, once for each place that it breaks at, with its traceback:

    python -m tests.forms.fuzz --again build/fuzz/INPUT

Prints one JSON object; ends with 1 where something was found.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from random import Random
from types import FrameType

SLOW = 10
"""Seconds of processor time that one round may take."""


class StuckError(BaseException):
    """A round takes so long that it is broken off."""


def _break_off(number: int, frame: FrameType | None) -> None:
    raise StuckError


class Rounds:
    """Counts rounds, and keeps what was found.

    Args:
        out: the folder.
    """

    def __init__(self, out: Path) -> None:
        from tests.forms.fuzz.targets import any_input

        self.any_input = any_input
        self.out = out
        self.count = 0
        self.found: dict[str, int] = {}
        self.slowest = 0.0
        self.told = 0.0
        signal.signal(signal.SIGPROF, _break_off)

    def one(self, data: bytes) -> None:
        """One round."""
        self.count += 1
        started = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, SLOW)
        try:
            self.any_input(data)
        except RecursionError as wrong:
            self.keep(data, wrong, "recursion")
        except (StuckError, Exception) as wrong:  # noqa: BLE001 - what it is, is what is wanted
            self.keep(data, wrong, "")
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        self.slowest = max(self.slowest, time.process_time() - started)
        if time.monotonic() - self.told > 2:
            self.tell()

    def keep(self, data: bytes, wrong: BaseException, kind: str) -> None:
        """Note an input, unless one like it is there already."""
        frames = traceback.extract_tb(wrong.__traceback__)[-3:]
        places = " ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
        place = kind or f"{type(wrong).__name__} {places}"
        name = hashlib.sha256(place.encode()).hexdigest()[:12]
        self.found[name] = self.found.get(name, 0) + 1
        if self.found[name] == 1:
            (self.out / name).write_bytes(data)
            told = "".join(traceback.format_exception(wrong))
            (self.out / f"{name}.txt").write_text(told, encoding="utf-8", errors="replace")
            self.tell()

    def tell(self) -> None:
        """Write how far it is."""
        self.told = time.monotonic()
        told = {"rounds": self.count, "found": self.found, "slowest_s": round(self.slowest, 2)}
        (self.out / "so-far.json").write_text(json.dumps(told))


def at_random(rounds: Rounds, minutes: float, seed: int) -> None:
    """Rounds of random bytes."""
    random = Random(seed)
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        rounds.one(random.randbytes(random.choice((30, 100, 300, 1000))))
    rounds.tell()


def guided(out: Path, minutes: float, seed: int) -> None:
    """Rounds whose bytes atheris chooses; does not return."""
    import atheris

    with atheris.instrument_imports(include=["forms"]):
        rounds = Rounds(out)
    inputs = out / "inputs"
    inputs.mkdir(exist_ok=True)
    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={int(minutes * 60)}",
            f"-seed={seed}",
            "-timeout=3600",
            "-rss_limit_mb=6000",
            "-max_len=1500",
            "-len_control=20",
            "-print_final_stats=1",
            f"-artifact_prefix={out}/",
            str(inputs),
        ],
        rounds.one,
    )
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--again", type=Path, help="do one kept input again")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.again is not None:
        from tests.forms.fuzz.targets import any_input

        any_input(told.again.read_bytes())
        return 0
    told.out.mkdir(parents=True, exist_ok=True)
    coverage = importlib.util.find_spec("atheris") is not None
    if told.inside:
        guided(told.out, told.minutes, told.seed)
    if coverage:
        command = [sys.executable, "-m", "tests.forms.fuzz", "--inside", "--out", str(told.out)]
        command += ["--minutes", str(told.minutes), "--seed", str(told.seed)]
        with (told.out / "atheris.log").open("wb") as log:
            patience = told.minutes * 60 + 120
            ended = subprocess.run(
                command, stdout=log, stderr=log, check=False, timeout=patience
            ).returncode
    else:
        at_random(Rounds(told.out), told.minutes, told.seed)
        ended = 0
    said = json.loads((told.out / "so-far.json").read_text())
    said |= {"minutes": told.minutes, "seed": told.seed, "guided_by_coverage": coverage}
    said["ended"] = ended
    print(json.dumps(said, indent=2))
    return 1 if said["found"] or ended else 0


if __name__ == "__main__":
    sys.exit(main())
