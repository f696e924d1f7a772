"""`make bench`: every benchmark, one after the other, each in a process of its own.

Each prints JSON: the figure, and the limit's or the peer's figure taken in the same run.
"""

import subprocess
import sys

BENCHES = ("sealing", "lengths", "server", "desk", "kiosk", "choosing", "speech", "forms", "swarm")


def main() -> None:
    """Run those that are named, or all."""
    named = sys.argv[1:] or BENCHES
    unknown = set(named) - set(BENCHES)
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {BENCHES}.")
    failed = []
    for name in named:
        print(f"--- {name}", file=sys.stderr, flush=True)
        if subprocess.run([sys.executable, "-m", f"tests.bench.{name}"]).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"These did not run to their end: {', '.join(failed)}.")


if __name__ == "__main__":
    main()
