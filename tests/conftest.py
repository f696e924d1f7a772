"""What holds for every test: no law is timed, and a run tells how to have its order again."""

import pytest
from hypothesis import HealthCheck, settings

# A law that holds more slowly, on a machine that is busy, still holds.
settings.register_profile("parvis", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("parvis")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Repeat the seed where something failed: the top of the run is far away by then."""
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        seed = config.getoption("randomly_seed", default="")
        terminalreporter.write_line(f"The same order again: make test SEED={seed}")
