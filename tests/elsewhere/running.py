"""Runs the suite under one setting, and keeps how far it came."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from random import SystemRandom

from tests.elsewhere import record, user
from tests.elsewhere.settings import UTC, Setting

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "elsewhere"
CLOCK = Path(__file__).with_name("clock.c")

# What looks at days, zones and locales, in a few minutes.
QUICK = (
    *("tests/forms", "tests/test_entrance.py"),
    *(f"tests/kiosk/test_{name}.py" for name in ("moments", "pads", "language", "commands")),
    *(f"tests/sync/test_{name}.py" for name in ("consultation", "device", "outbox", "desk")),
)


class Impossible(Exception):
    """This machine cannot make that setting; says why."""


@dataclass
class Result:
    """How the suite went under a setting.

    Attributes:
        setting: its name.
        part: all, or quick.
        commit: of what was tested; with a + where files were changed after it.
        seed: of the order.
        date: when it ended, or was stopped, by this machine's own clock.
        seconds: how long it ran, all sessions together.
        complete: whether every test has ended.
        failures: which tests failed.
    """

    setting: str
    part: str
    commit: str
    seed: int
    date: str = ""
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    complete: bool = False
    trouble: str = ""
    failures: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The result in a line, for people."""
        told = f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"
        end = "" if self.complete else "; not at its end yet"
        why = f" ({self.trouble})" if self.trouble else ""
        return (
            f"{self.setting}: {told} in {self.seconds / 60:.0f} min{end}{why}"
            f" · {self.commit[:10]} · seed {self.seed} · {self.date[:10]}"
        )


class Run:
    """One setting: its files are `NAME.json` and `NAME.ends`, so that it can go on later."""

    def __init__(self, setting: Setting, part: str = "all", kept: Path = KEPT) -> None:
        self.setting = setting
        self.part = part
        name = setting.name if part == "all" else f"{setting.name}.{part}"
        self._result = kept / f"{name}.json"
        self._ends = kept / f"{name}.ends"
        kept.mkdir(parents=True, exist_ok=True)

    def result(self) -> Result | None:
        """How far it came; None where it never began."""
        try:
            return Result(**json.loads(self._result.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def begin(self, commit: str, seed: int | None = None) -> None:
        """Forget what was, and begin anew."""
        self._ends.unlink(missing_ok=True)
        drawn = SystemRandom().randrange(1 << 31) if seed is None else seed
        self._keep(Result(self.setting.name, self.part, commit, drawn))

    def forget_failures(self) -> None:
        """Let what failed be tried again."""
        ends = record.read(self._lines())
        with self._ends.open("w", encoding="utf-8") as kept:
            for test, (ended, seconds) in ends.items():
                if ended != "failed":
                    line = {"test": test, "ended": ended, "seconds": seconds}
                    kept.write(json.dumps(line) + "\n")
        result = self.result()
        if result is not None:
            result.complete = False
            self._keep(result)

    def go_on(self, workers: str = "auto") -> Result:
        """Run what has not ended yet.

        Raises:
            Impossible: not on this machine.
        """
        result = self.result()
        assert result is not None, "begin() first"
        ended = self._ends.with_suffix(".done")
        ended.write_text(json.dumps(list(record.read(self._lines()))), encoding="utf-8")
        written = self._ends
        command = [
            *("-m", "pytest", "-n", workers, "--dist", "worksteal", "-p", "tests.elsewhere.record"),
            f"--randomly-seed={result.seed}",
            *(QUICK if self.part == "quick" else ()),
        ]
        began = time.monotonic()
        with ExitStack() as stack:
            stack.callback(self._count, result, began)
            place = stack.enter_context(_place(self.setting))
            place.environment |= {record.ENDED: str(ended), record.WRITTEN: str(written)}
            stack.enter_context(place.open_to(ended, written))
            code = subprocess.run(
                [*place.before, sys.executable, *command],
                cwd=place.root,
                env=place.environment,
                check=False,
            ).returncode
            # 5: nothing was left to run
            result.complete = code in (0, 1, 5)
            result.trouble = "" if result.complete else f"pytest ended with {code}"
        return result

    def _lines(self) -> list[str]:
        try:
            return self._ends.read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return []

    def _count(self, result: Result, began: float) -> None:
        ends = record.read(self._lines())
        counts = Counter(ended for ended, _ in ends.values())
        result.passed, result.failed = counts["passed"], counts["failed"]
        result.skipped = counts["skipped"]
        result.failures = sorted(test for test, (ended, _) in ends.items() if ended == "failed")
        result.seconds = round(result.seconds + time.monotonic() - began, 1)
        result.date = datetime.now(UTC).isoformat(timespec="seconds")
        self._keep(result)
        if result.complete:
            with (self._result.parent / "history.jsonl").open("a", encoding="utf-8") as history:
                history.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")

    def _keep(self, result: Result) -> None:
        new = self._result.with_suffix(".new")
        new.write_text(json.dumps(asdict(result), indent=1, ensure_ascii=False), encoding="utf-8")
        new.replace(self._result)


@dataclass
class Place:
    """Where and how the tests run: the folder, what stands before the command, the environment."""

    root: Path
    before: list[str]
    environment: dict[str, str]
    owner: str = ""

    @contextmanager
    def open_to(self, *files: Path) -> Iterator[None]:
        """Let whoever runs the tests read and write these, which are this project's own."""
        if self.owner:
            for path in files:
                path.touch()
                shutil.chown(path, self.owner)
        yield


@contextmanager
def _place(setting: Setting) -> Iterator[Place]:
    """Make a setting, for as long as this lasts."""
    with ExitStack() as stack:
        around = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parvis-elsewhere-")))
        around.chmod(0o755)
        usual = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        place = Place(ROOT, [], usual)
        if setting.zone:
            place.environment["TZ"] = setting.zone
        if setting.locale:
            place.environment |= _locale(setting.locale, around)
        offset = setting.offset(datetime.now(UTC))
        if offset:
            place.environment |= {
                "LD_PRELOAD": str(_clock(around)),
                "PARVIS_CLOCK_OFFSET": str(offset),
                # Compiled Python says when its source was written, which is another moment now.
                "PYTHONPYCACHEPREFIX": str(around / "compiled"),
            }
        if setting.folder:
            place.root = KEPT / setting.folder
            _copy(place.root)
            place.environment |= {
                "PYTHONPATH": str(place.root),  # before the place where Parvis is installed
                "TMPDIR": str(_made(around / "fichiers d’été")),
            }
        if setting.user:
            if os.geteuid() != 0:
                raise Impossible("Only root can run the tests as somebody else: try with sudo.")
            name = stack.enter_context(user.somebody())
            place.root = around / "parvis"
            _copy(place.root)
            place.environment = user.environment(place.environment, _made(around / "home"))
            place.environment["PYTHONPATH"] = str(place.root)
            user.give(around, name)
            place.before = [*user.becoming(name, ROOT / ".venv", Path(sys.base_prefix), KEPT)]
            place.owner = name
        if setting.burnt:
            stack.enter_context(_fire())
        yield place


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    return folder


def _clock(folder: Path) -> Path:
    """The library that moves the clock, compiled."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise Impossible("Another day needs a C compiler (Debian: gcc libc6-dev).")
    library = folder / "clock.so"
    made = subprocess.run(
        [compiler, "-O2", "-shared", "-fPIC", "-o", library, CLOCK],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise Impossible(f"{CLOCK} does not compile here: {made.stderr.strip()}")
    return library


def _locale(name: str, folder: Path) -> dict[str, str]:
    """The environment of a locale, which is made here if this machine lacks it."""
    told = {"LC_ALL": name, "LANG": name}
    if name == "C":
        return told
    language, _, charset = name.partition(".")
    made = subprocess.run(
        ["localedef", "-i", language, "-f", charset, _made(folder / "locales") / name],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise Impossible(f"The locale {name} cannot be made here (Debian: locales): {made.stderr}")
    return told | {"LOCPATH": str(folder / "locales"), "LANGUAGE": language.partition("_")[0]}


def _copy(to: Path) -> None:
    """A fresh copy of the project: what git knows, and what is new and not left out."""
    shutil.rmtree(to, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    beside = to.parent / "shared"
    if (ROOT.parent / "shared").is_dir() and not beside.exists():
        beside.symlink_to(ROOT.parent / "shared")


_BURN = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0))).start()
while True:
    pass
"""


@contextmanager
def _fire() -> Iterator[None]:
    """Two processes for each core that take all they get, for as long as this lasts.

    They end with what they read from, so that none is left where this one is killed.
    """
    burning = [
        subprocess.Popen([sys.executable, "-c", _BURN], stdin=subprocess.PIPE)
        for _ in range(2 * (os.cpu_count() or 1))
    ]
    try:
        yield
    finally:
        for one in burning:
            with contextlib.suppress(BrokenPipeError):
                one.communicate()


def commit() -> str:
    """What is tested: the commit, with a + where files were changed after it."""
    said = [
        subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
        for words in (("rev-parse", "HEAD"), ("status", "--porcelain"))
    ]
    return said[0] + ("+" if said[1] else "")


def all_results(kept: Path = KEPT) -> list[Result]:
    """What has been run so far."""
    found = []
    for path in sorted(kept.glob("*.json")):
        with contextlib.suppress(ValueError, TypeError):
            found.append(Result(**json.loads(path.read_text(encoding="utf-8"))))
    return found
