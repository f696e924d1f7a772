"""Fixtures of the sync tests."""

from pathlib import Path

import pytest

from tests.sync.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)
