"""Round every screen and every kind of question by keys: one thing is lit, in sight, and said."""

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.access.names import focusable_without_speech
from kiosk.focus import keys_in_use, let_go, stops
from tests.gallery import measure
from tests.gallery.kinds import FORM_ID, every_kind
from tests.gallery.tour import alone
from tests.kiosk import media
from tests.kiosk.listener import Listener


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_every_press_lights_one_thing_in_sight_and_says_it(tmp_path, language):
    ear = Listener()
    with hall.hall(tmp_path, every_kind(), voice=ear) as town:
        kiosk = town.kiosk
        kiosk.equipment = media.equipment()
        scenes = 0
        for scene in alone(town, language, FORM_ID):
            if scene.aside or kiosk.curtained:
                continue
            scenes += 1
            kiosk.ear.voice, kiosk.ear.on = ear, True
            driver.key("tab")
            for _ in range(len(list(stops(kiosk.cover)))):
                heard = len(ear.heard)
                driver.key("tab")
                (lit,) = [stop for stop in stops(kiosk.cover) if stop.focus]
                assert len(ear.heard) > heard, f"{scene.name}: {lit} is silent"
                left, bottom, right, top = measure.box_of(lit)
                seen = left >= -1 and bottom >= -1
                seen = seen and right <= driver.MIDDLE.width + 1 and top <= driver.MIDDLE.height + 1
                assert seen, f"{scene.name}: {lit} is out of sight"
            assert focusable_without_speech() == [], scene.name
            kiosk.ear.on = keys_in_use.now = False
            let_go()
        assert scenes > 40
