"""What is laid over a page stands within reach, and is as large as all that is touched."""

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.widgets.stepper import ValueKey
from tests.gallery import measure


@pytest.mark.parametrize("screen", driver.EVERY_SCREEN, ids=lambda one: f"{one.width}x{one.height}")
def test_pads_over_a_date_are_within_all_bounds(tmp_path, screen):
    with hall.hall(tmp_path, screen=screen) as town:
        town.begin()
        while town.kiosk.journey.step().kind.name != "DATE":
            if town.kiosk.journey.step().kind.name == "INTEGER":
                town.kiosk.journey.hold("30")
            town.on()
        keys = [one for one in town.kiosk.page.walk() if isinstance(one, ValueKey)]
        assert len(keys) == 3
        for key in keys:
            key.dispatch("on_release")
            driver.frames(4)
            found = list(measure.layout(town.kiosk.children[0]))
            assert found and not [str(one) for one in found if not one.well]
            town.kiosk.dismiss()
            driver.frames(2)
