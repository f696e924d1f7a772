"""What is shown before the kiosk is whole: kept words, and the porch they are shown on."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from kiosk.greeting import FILE, keep_greeting, read_greeting, renew_greeting
from kiosk.offer import Offer
from kiosk.porch import Porch
from sync.device import Device
from tests.kiosk import driver, hall
from tests.waiting import LONG

TODAY = date.today()
LANGUAGES = ("fr", "en")


def kept(folder, *about):
    """A device whose kiosk has been whole once."""
    with Device.open(folder) as device:
        for one in about or (hall.consultation(),):
            device.hold(one.data)
        offers = [Offer(one, lambda: hall.NOON) for one in device.consultations()]
        keep_greeting(folder, offers, device.consultations(), LANGUAGES)
    return folder


def test_the_next_start_greets_as_the_consultation_does(tmp_path):
    greeting = read_greeting(kept(tmp_path), TODAY)
    assert greeting is not None
    assert greeting.languages == LANGUAGES
    assert greeting.title("en") == "The square"
    assert greeting.notice("fr").who == hall.NOTICE.who
    assert greeting.notice("fr").asks == hall.NOTICE.asks
    assert not greeting.asks_which


def test_it_is_not_used_once_another_package_lies_there(tmp_path):
    kept(tmp_path)
    with Device.open(tmp_path) as device:
        device.hold(hall.from_catalogue("democratie-courte").data)
    assert read_greeting(tmp_path, TODAY) is None


def test_it_is_not_used_once_the_device_offers_other_languages(tmp_path):
    kept(tmp_path)
    (tmp_path / "kiosk.toml").write_text('languages = ["fr"]\n')
    assert read_greeting(tmp_path, TODAY) is None


def test_it_is_not_used_on_a_day_when_other_consultations_are_open(tmp_path):
    tomorrow = TODAY + timedelta(days=1)
    kept(tmp_path, hall.consultation(closes=TODAY))
    assert read_greeting(tmp_path, TODAY) is not None
    assert read_greeting(tmp_path, tomorrow) is None


@pytest.mark.parametrize("written", ["", "[]", "{}", "null", '{"files": 1}', "\N{NULL}"])
def test_whatever_else_lies_there_is_read_as_nothing(tmp_path, written):
    kept(tmp_path)
    (tmp_path / FILE).write_text(written)
    assert read_greeting(tmp_path, TODAY) is None


@pytest.mark.parametrize("part", ["languages", "words", "minutes", "asks_which"])
def test_nor_is_it_used_with_a_part_missing(tmp_path, part):
    document = json.loads((kept(tmp_path) / FILE).read_text())
    del document["greeting"][part]
    (tmp_path / FILE).write_text(json.dumps(document))
    assert read_greeting(tmp_path, TODAY) is None


@contextmanager
def on_the_porch(folder):
    """A porch on the window; the stage is made of a hall's, when it is asked for."""
    with hall.hall(folder / "hall") as town:
        stage = town.kiosk
        shown = []
        driver.clear()

        def whole():
            if not shown:
                stage._screens = {}
                for name, screen in porch.leave().items():
                    stage._screens[name] = screen
                    screen.kiosk = stage
                stage.page = None
                stage.clear_widgets(
                    [child for child in stage.children if child is not stage.banner]
                )
                driver.show(stage)
                stage.show()
                if porch.begun:
                    stage.begin()
                shown.append(stage)
            return stage

        porch = Porch(read_greeting(kept(folder / "device"), TODAY), whole)
        driver.show(porch)
        yield porch, town, shown


def card(porch, name):
    grid = porch.page.ids.grid
    return next(one for one in grid.children if one.text == name)


def test_two_quick_touches_on_the_porch_choose_no_language(tmp_path):
    with on_the_porch(tmp_path) as (porch, _, _shown):
        middle = porch.page.ids.start.to_window(*porch.page.ids.start.center)
        for seconds in (1.0, 0.1):
            with driver.trembling(seconds):
                touch = driver.touch_at(*middle)
            touch.touch_down()
            driver.frames()
            touch.touch_up()
            driver.frames(2)
        assert porch.page is porch.screens["language"]


def test_a_touch_on_the_porch_leads_to_the_languages(tmp_path):
    with on_the_porch(tmp_path) as (porch, _, shown):
        assert porch.page.title == "La place"
        driver.tap(porch.page.ids.start)
        assert porch.page is porch.screens["language"]
        assert card(porch, "English").height > 0
        assert not shown
        driver.tap(porch.page.ids.back)
        assert porch.page is porch.screens["welcome"]


def test_who_chooses_a_language_at_once_goes_on_in_it(tmp_path):
    with on_the_porch(tmp_path) as (porch, town, shown):
        driver.tap(porch.page.ids.start)
        driver.tap(card(porch, "English"))
        assert shown
        assert town.name == "notice"
        assert town.kiosk.page.kiosk is town.kiosk
        assert town.kiosk.language_name == "English"


def test_the_first_key_is_not_lost(tmp_path):
    with on_the_porch(tmp_path) as (_, town, shown):
        driver.key("tab")
        assert shown
        assert town.kiosk.keypad.focused is not None


def run_kiosk(data: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "kiosk", "run", "--data", str(data), "--size", "800x480"],
        env=os.environ | {"SDL_VIDEODRIVER": "offscreen", "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        timeout=LONG,
    )


def test_what_is_wrong_with_a_device_is_a_sentence_though_the_window_was_open(tmp_path):
    kept(tmp_path)
    with Device.open(tmp_path):  # somebody else serves it
        told = run_kiosk(tmp_path)
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
    assert "uses" in told.stderr or "used" in told.stderr


def test_a_device_without_consultations_says_so(tmp_path):
    told = run_kiosk(tmp_path)
    assert told.returncode == 1
    assert "belongs to no server yet" in told.stderr
    assert "Traceback" not in told.stderr


LYING_ON_THE_SCREEN = """
import sys
from pathlib import Path
from kiosk import app
from kiosk.service import serve

def ready(kiosk):
    from kivy.app import App
    from kivy.base import EventLoop
    print("whole", len(EventLoop.touches), flush=True)
    App.get_running_app().stop()

open_window = app.open_window

def open_with_something_on_it(*how):
    window = open_window(*how)
    from kivy.base import EventLoop
    from kivy.input.motionevent import MotionEvent

    class Lying(MotionEvent):
        def depack(self, place):
            self.is_touch = True
            self.sx, self.sy = place
            self.profile = ["pos"]
            super().depack(place)

    def lay(*_):
        window.unbind(on_flip=lay)
        EventLoop.post_dispatch_input("begin", Lying("lying", 1, (0.01, 0.99)))

    window.bind(on_flip=lay)
    return window

app.open_window = open_with_something_on_it
serve(Path(sys.argv[1]), app.Display(size=(800, 480), off_screen=True), ready=ready)
"""


def test_something_that_lies_on_the_screen_does_not_keep_the_kiosk_from_being_put_together(
    tmp_path,
):
    told = subprocess.run(
        [sys.executable, "-c", LYING_ON_THE_SCREEN, str(kept(tmp_path))],
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        timeout=LONG,
    )
    assert told.stdout.strip() == "whole 1", told.stderr


def test_a_consultation_that_a_command_brought_greets_at_the_very_next_start(tmp_path):
    with Device.open(tmp_path) as device:
        device.hold(hall.consultation().data)
        assert read_greeting(tmp_path, TODAY) is None
        renew_greeting(device, tmp_path)
    greeting = read_greeting(tmp_path, TODAY)
    assert greeting is not None
    assert greeting.title("fr") == "La place"
    assert greeting.languages[:2] == ("fr", "fr-x-falc")


def test_where_nothing_is_open_nothing_is_kept(tmp_path):
    with Device.open(tmp_path) as device:
        renew_greeting(device, tmp_path)
        device.hold(hall.consultation(closes=TODAY - timedelta(days=1)).data)
        renew_greeting(device, tmp_path)
    assert not (tmp_path / FILE).exists()
