"""Fixtures of the sync tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.postgresql import Cluster, cluster, programmes
from tests.sync.town import Town


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A real PostgreSQL, one for all tests."""
    binaries = programmes()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    with cluster(binaries) as running:
        yield running


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str | None:
    """The database of the town's server: None for the SQLite file in its data directory."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return None
    running: Cluster = request.getfixturevalue("postgresql")
    return running.database()


@pytest.fixture
def town(tmp_path: Path, database: str | None) -> Town:
    return Town(tmp_path, database)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Modules that say so run on both databases, but for tests that are marked otherwise."""
    both = getattr(metafunc.module, "ON_BOTH_DATABASES", False)
    if both and "database" in metafunc.fixturenames:
        alone = metafunc.definition.get_closest_marker("sqlite_alone")
        databases = ["sqlite"] if alone else ["sqlite", "postgresql"]
        metafunc.parametrize("database", databases, indirect=True)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sqlite_alone: looks into the SQLite file itself")
