"""A plugin for pytest that writes each test's end down at once, and passes over what has ended.

`python -m tests.elsewhere` loads it, and tells by the environment where to read and write.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

ENDED, WRITTEN = "PARVIS_ELSEWHERE_ENDED", "PARVIS_ELSEWHERE_WRITTEN"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Pass over what has ended. Every worker reads the same list, made before they began."""
    ended = set(json.loads(Path(os.environ[ENDED]).read_text(encoding="utf-8")))
    passed_over = [item for item in items if item.nodeid in ended]
    items[:] = [item for item in items if item.nodeid not in ended]
    config.hook.pytest_deselected(items=passed_over)


class Ends:
    """Of every test that runs: how it ended, once nothing of it is to come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._worst: dict[str, tuple[str, float]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Each test reports its beginning, itself and its end; what crashed reports once."""
        outcome, seconds = self._worst.get(report.nodeid, ("passed", 0.0))
        if report.failed or (report.skipped and outcome == "passed"):
            outcome = report.outcome
        self._worst[report.nodeid] = outcome, seconds + report.duration
        if report.when not in ("setup", "call"):
            outcome, seconds = self._worst.pop(report.nodeid)
            line = {"test": report.nodeid, "ended": outcome, "seconds": round(seconds, 2)}
            with self._path.open("a", encoding="utf-8") as written:
                written.write(json.dumps(line) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # workers report to the one that started them
        config.pluginmanager.register(Ends(Path(os.environ[WRITTEN])))


def read(lines: Iterable[str]) -> dict[str, tuple[str, float]]:
    """How each test ended, from what was written; a line that was cut is passed over."""
    ends: dict[str, tuple[str, float]] = {}
    for line in lines:
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if "test" in told:
            ends[told["test"]] = told["ended"], told["seconds"]
    return ends
