"""Fixtures of the journeys: one town that consults about the demonstration's questions."""

import pytest

from tests.kiosk import hall

COURTE = "democratie-courte"


@pytest.fixture
def town(tmp_path):
    return hall.TownOf(tmp_path, hall.from_catalogue(COURTE))
