"""Fixtures of the journeys: one town that consults about the demonstration's questions."""

from pathlib import Path

import pytest

from tests.journeys.story import Story
from tests.kiosk import hall

COURTE = "democratie-courte"


@pytest.fixture
def town(tmp_path):
    return hall.TownOf(tmp_path, hall.from_catalogue(COURTE))


def pytest_collection_modifyitems(items):
    """The story begins with the first journey and is looked at after everything else."""
    items.sort(key=lambda item: "story" in item.fixturenames)
    if any("story" in item.fixturenames for item in items):
        for item in items:
            if item.path.parent == Path(__file__).parent:
                item.fixturenames.append("story")
                break


@pytest.fixture(scope="session")
def story(tmp_path_factory):
    begun = Story.begin(tmp_path_factory.mktemp("story"))
    yield begun
    begun.stop()
