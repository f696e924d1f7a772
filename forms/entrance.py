"""How the commands begin: Ctrl-C ends them without a traceback, also while they are loaded."""

import signal
from importlib import import_module


def enter(module: str, name: str = "main") -> None:
    """Load a command's module, and run the command.

    While it is loaded there is nothing to tidy up: Ctrl-C ends the process as it ends any other.
    """
    usual = signal.signal(signal.SIGINT, signal.SIG_DFL)
    command = getattr(import_module(module), name)
    signal.signal(signal.SIGINT, usual)
    command()
