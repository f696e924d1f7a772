"""Every consultation of the catalogue by keypad alone, by two switches alone, by ear alone."""

import weakref

import pytest

from tests.kiosk import driver, hall  # isort: split

from forms.catalogue import consultations
from kiosk.access.commands import KEY_SETS
from tests.journeys.player import Keys, Player, name_of
from tests.journeys.test_letting_go import collect
from tests.kiosk.listener import Listener

CATALOGUE = [entry.name for entry in consultations()]
SWITCHES = Keys(next=("spacebar", " "), choose=("enter", None))


def answers(town):
    """What the organiser reads, by question."""
    (contribution,) = hall.opened(town.device)
    return [(name_of(path), value) for path, value in contribution.fields]


def assert_all_is_said(town, player):
    """What was meant, and nothing else, stands in the contribution."""
    given = answers(town)
    for name, intention in player.meant.items():
        values = [value for path, value in given if path == name]
        if not intention.value:
            assert not values, f"an answer to “{intention.label}” that nobody gave"
            continue
        assert values, f"no answer to “{intention.label}”"
        assert set(values) == {intention.value}, f"another answer to “{intention.label}”"


@pytest.mark.parametrize("name", CATALOGUE)
def test_by_keypad_alone(tmp_path, name):
    with hall.hall(tmp_path, hall.from_catalogue(name)) as town:
        player = Player(town, Keys())
        player.play()
        assert_all_is_said(town, player)
        kiosk = weakref.ref(town.kiosk)
    del town, player
    collect()
    assert kiosk() is None, "something that stays holds the screens, and what was said at them"


@pytest.mark.parametrize("name", CATALOGUE)
def test_by_two_switches_alone_on_a_small_screen(tmp_path, name):
    published = hall.from_catalogue(name)
    switches = KEY_SETS["switches"]
    with hall.hall(tmp_path, published, screen=driver.SMALL, key_map=switches) as town:
        player = Player(town, SWITCHES)
        player.play()
        assert_all_is_said(town, player)


@pytest.mark.parametrize("name", CATALOGUE)
def test_by_ear_alone_with_the_screen_off(tmp_path, name):
    ear = Listener()
    with hall.hall(tmp_path, hall.from_catalogue(name), voice=ear) as town:
        player = Player(town, Keys(), ear)
        code = player.play()
        assert town.kiosk.curtained
        assert_all_is_said(town, player)
        assert " ".join(town.kiosk.journey.receipt.code) in code
