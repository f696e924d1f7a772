"""How the commands begin: Ctrl-C ends them without a traceback, also while they are loaded.

What is not installed is told with the extra that brings it: one extra for each command's machine.
"""

from __future__ import annotations

import signal
import sys
from importlib import import_module

_OWN = frozenset({"forms", "sync", "kiosk"})


def enter(module: str, name: str = "main", *, extra: str = "") -> None:
    """Load a command's module, and run the command.

    While it is loaded there is nothing to tidy up: Ctrl-C ends the process as it ends any other.

    Args:
        module: has the command.
        name: of the command in it.
        extra: what has to be installed for it, as in `parvis[desk]`; "" where nothing more has.
    """
    usual = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        command = getattr(import_module(module), name)
        signal.signal(signal.SIGINT, usual)
        command()
    except ModuleNotFoundError as missing:
        top = (missing.name or "").partition(".")[0]
        if not top or top in _OWN:
            raise
        sys.stderr.write(f"{_lacking(top, extra)}\n")
        sys.exit(1)


def _lacking(module: str, extra: str) -> str:
    """What to install where a module is missing."""
    wanted = extra
    if _is_everybodys(module):
        wanted = ""
    package = f"parvis[{wanted}]" if wanted else "parvis"
    return f"“{module}” is not installed, and this command needs it: pip install '{package}'"


def _is_everybodys(module: str) -> bool:
    """Whether every installation of Parvis has a module, whatever its extras."""
    from importlib.metadata import PackageNotFoundError, packages_distributions, requires

    try:
        wanted = requires("parvis") or []
    except PackageNotFoundError:
        return False
    always = {_plain(one) for one in wanted if "extra ==" not in one}
    names = {module, *packages_distributions().get(module, ())}
    return any(_plain(one) in always for one in names)


def _plain(requirement: str) -> str:
    """The name in a requirement: "click>=8.1" and "Click" alike."""
    name = requirement
    for sign in "[<>=!~; (":
        name = name.partition(sign)[0]
    return name.strip().lower().replace("_", "-")
