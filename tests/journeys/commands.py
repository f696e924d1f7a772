"""The four commands as programs, also where the project is not installed."""

import os
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def as_programs(folder: Path) -> dict[str, str]:
    """Write each command of pyproject.toml as a program; gives an environment that finds them.

    Beside an installed Parvis its own programs come first (`kiosk.demo`).
    """
    folder.mkdir()
    described = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for name, place in described["project"]["scripts"].items():
        module, function = place.split(":")
        program = folder / name
        program.write_text(
            f"#!{sys.executable}\nimport sys\nfrom {module} import {function}\n"
            f"sys.argv[0] = {name!r}\n{function}()\n"
        )
        program.chmod(0o755)
    # The tests' own Kivy is set up otherwise than a kiosk's.
    usual = {
        name: value for name, value in os.environ.items() if name[:5] not in ("KIVY_", "SDL_V")
    }
    return usual | {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
