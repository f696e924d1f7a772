"""Real Kivy off screen for every test of the kiosk (`driver` sets its environment)."""

from collections.abc import Iterator

import pytest

from tests.kiosk import driver


@pytest.fixture
def window(request: pytest.FixtureRequest) -> Iterator[driver.Screen]:
    """An empty window; 1280×800 unless the test asks for another panel.

    Ask with `@pytest.mark.parametrize("window", driver.SCREENS, indirect=True)`.
    """
    screen: driver.Screen = getattr(request, "param", driver.MIDDLE)
    driver.clear()
    driver.resize(screen)
    yield screen
    driver.clear()
