"""What outlives a question (the theme, the window, the language) holds nothing of it.

What is held stays in memory, answers and all, and slows every later moment down.
"""

import gc
import weakref

import pytest

from tests.kiosk import driver, hall  # isort: split

from kivy.uix.widget import Widget

from forms.engine import Kind
from tests.journeys import monkey


def collect():
    """Take away what nobody reaches, wherever it was set apart."""
    gc.unfreeze()
    gc.collect()


def widgets():
    """How many there are."""
    collect()
    return sum(issubclass(type(one), Widget) for one in gc.get_objects())


def see_everything(there):
    """Somebody who looks at every question, says no more than they must, and leaves."""
    there.begin()
    while there.name != "review":
        if there.name == "question" and there.kiosk.journey.step().kind is Kind.INTEGER:
            there.type("34")
        there.on()
    there.wait_for_review()
    there.tool("stop")
    *_, leave = there.hands.things()
    driver.tap(leave)
    driver.frames(3)
    assert there.name == "welcome"


@pytest.mark.parametrize("name", [monkey.KINDS, monkey.UPLOADS])
def test_nothing_of_a_question_outlives_its_kiosk(tmp_path, name):
    with hall.hall(tmp_path, monkey.consultation(name)) as there:
        see_everything(there)
        kiosk = weakref.ref(there.kiosk)
    del there
    collect()
    assert kiosk() is None


@pytest.mark.parametrize("name", [monkey.KINDS, monkey.UPLOADS])
def test_however_many_come_no_more_widgets_live_than_screens_need(tmp_path, name):
    """Screens are made ahead of their first use: the first people find fewer."""
    with hall.hall(tmp_path, monkey.consultation(name)) as there:
        counts = []
        for _ in range(14):
            see_everything(there)
            counts.append(widgets())
    assert counts[-1] == counts[-2] == counts[-3], counts
