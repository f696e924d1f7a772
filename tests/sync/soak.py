"""`make soak`: a million schedules of the simulation, on all cores; may be stopped and resumed.

    python -m tests.sync.soak                       goes on where it was stopped; Ctrl-C stops
    python -m tests.sync.soak --minutes 30          as many as half an hour allows

Every hundred schedules are noted in a file (`build/soak/journal.jsonl`), so that nothing is played
twice. The notes are of this code alone: once it has changed, a soak begins anew. Each schedule that
fails is printed with the command that plays it again, step by step, and the others go on.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tests.sync.simulation import Lost, play
from tests.sync.town import ROOT

SCHEDULES, STEPS, AT_ONCE = 1_000_000, 20, 100
REPLAY = "python -m tests.sync.simulation --replay {seed} --steps {steps}"


@dataclass
class Soaked:
    """What was played so far, by this code.

    Attributes:
        done: the first seeds of the hundreds that are done.
        events: what happened in them.
        failures: seed → what went wrong.
        seconds: that were spent, on all runs together.
    """

    done: set[int] = field(default_factory=set)
    events: Counter[str] = field(default_factory=Counter)
    failures: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0

    def take(self, note: dict[str, object]) -> None:
        """Add what one hundred gave."""
        self.done.add(int(str(note["first"])))
        self.events.update(note["events"])  # type: ignore[call-overload]
        for seed, why in note["failures"]:  # type: ignore[attr-defined]
            self.failures[seed] = why
        self.seconds += float(str(note["seconds"]))


def code_of(root: Path = ROOT) -> str:
    """What tells this code from any other: a hash over what is simulated, and the simulation."""
    digest = hashlib.sha256()
    played = [*sorted((root / "sync").rglob("*.py")), root / "tests" / "sync" / "simulation.py"]
    for path in played:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def resumed(journal: Path, code: str, steps: int) -> Soaked:
    """What the journal says was played already; nothing, where it is of other code."""
    soaked = Soaked()
    lines = journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []
    for line in lines:
        try:
            note = json.loads(line)
            if (note["code"], note["steps"]) == (code, steps):
                soaked.take(note)
        except (ValueError, KeyError, TypeError):
            continue  # the last line, cut off where the power was
    return soaked


def hundred(given: tuple[int, int, int]) -> dict[str, object]:
    """Play some schedules; one that fails does not keep the others from being played."""
    first, count, steps = given
    began = time.monotonic()
    events: Counter[str] = Counter()
    failures: list[tuple[int, str]] = []
    at = first
    while at < first + count:
        try:
            events.update(play(range(at, first + count), steps))
            break
        except Lost as lost:
            failures.append((lost.seed, str(lost)))
            events.update(lost.events)
            at = lost.seed + 1
    seconds = round(time.monotonic() - began, 2)
    return {"first": first, "events": dict(events), "failures": failures, "seconds": seconds}


def soak(
    schedules: int, steps: int, jobs: int, journal: Path, until: float, told: TextIO
) -> Soaked:
    """Play what is left of so many schedules.

    Args:
        schedules: from seed 1 on.
        steps: of each.
        jobs: processes.
        journal: where it is noted.
        until: by the monotonic clock; nothing new is begun after it.
        told: the progress.
    """
    code = code_of()
    soaked = resumed(journal, code, steps)
    for seed, why in soaked.failures.items():
        print(_failure(seed, why, steps), file=told)
    left = [
        (first, min(AT_ONCE, schedules + 1 - first), steps)
        for first in range(1, schedules + 1, AT_ONCE)
        if first not in soaked.done
    ]
    if soaked.done:
        print(f"{len(soaked.done) * AT_ONCE} schedules were played before.", file=told)
    journal.parent.mkdir(parents=True, exist_ok=True)
    began, here = time.monotonic(), 0
    with journal.open("a", encoding="utf-8") as notes, _playing(jobs, left) as played:
        try:
            for note in played:
                notes.write(json.dumps({**note, "code": code, "steps": steps}) + "\n")
                notes.flush()
                soaked.take(note)
                here += 1
                for seed, why in note["failures"]:  # type: ignore[attr-defined]
                    print(_failure(seed, why, steps), file=told)
                rate = here / (time.monotonic() - began)
                remaining = (len(left) - here) / rate
                print(
                    f"{min(schedules, len(soaked.done) * AT_ONCE)} of {schedules} schedules, "
                    f"{len(soaked.failures)} failed, {rate * AT_ONCE:.0f} a second, "
                    f"{_in_words(remaining)} left",
                    file=told,
                    flush=True,
                )
                if time.monotonic() > until:
                    break
        except KeyboardInterrupt:
            print("Stopped; the same command goes on from here.", file=told)
    return soaked


@contextlib.contextmanager
def _playing(jobs: int, left: list[tuple[int, int, int]]) -> Iterator[Iterable[dict[str, object]]]:
    """What each hundred gives, as it is done: in this process, or by several that end with this."""
    if jobs == 1:
        yield map(hundred, left)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, _deaf) as pool:
        yield pool.imap_unordered(hundred, left)


def _deaf() -> None:
    """Only the first process listens to Ctrl-C; it ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _failure(seed: int, why: str, steps: int) -> str:
    return f"FAILED {why}\n       {REPLAY.format(seed=seed, steps=steps)}"


def _in_words(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def main() -> None:
    """Soak, and say as JSON what came of it."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--schedules", type=int, default=SCHEDULES)
    reader.add_argument("--steps", type=int, default=STEPS)
    reader.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    reader.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing after")
    reader.add_argument("--into", type=Path, default=ROOT / "build" / "soak")
    asked = reader.parse_args()
    until = time.monotonic() + asked.minutes * 60
    journal = asked.into / "journal.jsonl"
    soaked = soak(asked.schedules, asked.steps, asked.jobs, journal, until, sys.stderr)
    result = {
        "schedules": min(asked.schedules, len(soaked.done) * AT_ONCE),
        "of": asked.schedules,
        "failures": {
            seed: REPLAY.format(seed=seed, steps=asked.steps) for seed in sorted(soaked.failures)
        },
        "events": dict(sorted(soaked.events.items())),
        "processor_seconds": round(soaked.seconds, 1),
    }
    print(json.dumps(result, ensure_ascii=False, indent=1))
    sys.exit(1 if soaked.failures else 0)


if __name__ == "__main__":
    main()
