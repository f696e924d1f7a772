"""What holds for every test: no law is timed, and a run tells how to have its order again."""

import pytest
from hypothesis import HealthCheck, settings

# A law that holds more slowly, on a machine that is busy, still holds.
settings.register_profile("parvis", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("parvis")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes minutes, and so begins before the others")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes: at the end one core would work on it, and the others wait."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Repeat the seed where something failed: the top of the run is far away by then."""
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        seed = config.getoption("randomly_seed", default=None)
    else:
        seed = None
    if seed is not None:
        terminalreporter.write_line(f"The same order again: make test SEED={seed}")
