"""Real Kivy off screen for every test of the kiosk (`driver` sets its environment)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kiosk import driver, hall, media  # isort: split

from kiosk.devices.equipment import Equipment


@pytest.fixture
def window(request: pytest.FixtureRequest) -> Iterator[driver.Screen]:
    """An empty window; 1280×800 unless the test asks for another panel.

    Ask with `@pytest.mark.parametrize("window", driver.SCREENS, indirect=True)`.
    """
    screen: driver.Screen = getattr(request, "param", driver.MIDDLE)
    hall.make_room()
    driver.clear()
    driver.resize(screen)
    yield screen
    driver.clear()


@pytest.fixture
def equipment() -> Equipment:
    """A device with everything."""
    return media.equipment()


@pytest.fixture
def kiosk(tmp_path: Path, equipment: Equipment) -> Iterator[hall.Hall]:
    """A kiosk that has it, at what is answered otherwise than in words; others bring their own."""
    with media.hall_with(tmp_path, equipment) as opened:
        yield opened
