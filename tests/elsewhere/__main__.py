"""The whole suite under other settings, one at a time; goes on where it was stopped.

    python -m tests.elsewhere                      every setting that this commit has not had yet
    python -m tests.elsewhere --list               the settings, and how each went
    python -m tests.elsewhere --only leap-day+kolkata --part quick

What has ended stands in build/elsewhere, test by test: after Ctrl-C, or a machine that was turned
off, the same command goes on with the rest.
"""

from __future__ import annotations

import argparse
import signal
import sys

from tests.elsewhere.running import Impossible, Result, Run, all_results, commit
from tests.elsewhere.settings import EVERY, Setting, Unknown, named, turn


def main() -> int:
    reader = argparse.ArgumentParser(
        prog="python -m tests.elsewhere",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    reader.add_argument("--list", action="store_true", help="tell the settings, and how each went")
    reader.add_argument("--table", action="store_true", help="the results as rows for docs/")
    reader.add_argument(
        "--only", action="append", metavar="NAME", help="this one, or several at once: DAY+ZONE"
    )
    reader.add_argument("--part", choices=["all", "quick"], default="all")
    reader.add_argument(
        "--turn", action="store_true", help="one day and zone, which change with the commit"
    )
    reader.add_argument(
        "--any-commit", action="store_true", help="what another commit has had counts as well"
    )
    reader.add_argument("--failed", action="store_true", help="run what failed once more")
    reader.add_argument("--again", action="store_true", help="begin anew, whatever has been run")
    reader.add_argument("--seed", type=int, help="of the order, where a setting begins")
    reader.add_argument("--workers", default="auto", help="how many tests at once")
    asked = reader.parse_args()
    if asked.list:
        return tell()
    if asked.table:
        return table()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to stop, as by Ctrl-C
    now = commit()
    try:
        names = [turn(now)] if asked.turn else asked.only or [one.name for one in EVERY]
        settings = [named(name) for name in names]
    except Unknown as error:
        print(error, file=sys.stderr)
        return 2
    results: list[Result] = []
    for number, setting in enumerate(settings, 1):
        run = Run(setting, asked.part)
        before = run.result()
        counts = before is not None and (asked.any_commit or before.commit == now)
        if asked.again or not counts:
            run.begin(now, asked.seed)
        elif asked.failed:
            run.forget_failures()
        after = run.result()
        if after is not None and after.complete:
            print(f"[{number}/{len(settings)}] Has been run: {after.line()}", flush=True)
            results.append(after)
            continue
        print(f"[{number}/{len(settings)}] {setting.name}: {setting.told}", flush=True)
        try:
            results.append(run.go_on(asked.workers))
        except Impossible as error:
            print(f"Not here: {error}", file=sys.stderr)
            continue
        except KeyboardInterrupt:
            print(
                f"\nStopped. The same command goes on with what {setting.name} has not had yet.",
                file=sys.stderr,
            )
            return 130
        print(results[-1].line(), flush=True)
    for result in results:
        for test in result.failures:
            print(f"Failed {described(result)}: {test}")
    return 0 if results and all(one.complete and not one.failed for one in results) else 1


def described(result: Result) -> str:
    """Under which setting, in words."""
    setting: Setting = named(result.setting)
    return setting.told


def tell() -> int:
    """Every setting in a line, and the results so far."""
    results = {one.setting: one for one in all_results() if one.part == "all"}
    for setting in EVERY:
        result = results.get(setting.name)
        how = result.line().partition(": ")[2] if result else "not run yet"
        print(f"{setting.name:14} {setting.told}\n{'':14} {how}")
    return 0


def table() -> int:
    """The results as rows of docs/reliability.md."""
    results = {one.setting: one for one in all_results() if one.part == "all"}
    for setting in EVERY:
        one = results.get(setting.name)
        if one is None:
            print(f"| {setting.name} | {setting.told} | not run yet | | |")
        else:
            how = f"{one.passed} passed, {one.failed} failed, {one.skipped} skipped"
            end = "" if one.complete else " so far"
            print(
                f"| {setting.name} | {setting.told} | {how}{end}"
                f" | {one.seconds / 60:.0f} min | {one.date[:10]}, {one.commit[:10]} |"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
