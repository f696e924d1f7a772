"""Every screen at every size: large enough to touch, far enough apart, and nothing cut.

What is measured, and how, is the gallery's (`tests.gallery.measure`); here people's own touches
lead from screen to screen.
"""

from itertools import pairwise

import pytest

from tests.kiosk import driver, hall  # isort: split

from forms.engine import Kind
from kiosk.theme.palette import CALM, DARK_ON_LIGHT, LIGHT_ON_DARK, contrast
from kiosk.theme.theme import theme
from kiosk.widgets.layouts import Action as KeyAction
from tests.gallery import measure

NAMES = {screen: f"{screen.width}x{screen.height}" for screen in driver.EVERY_SCREEN}
TEXT_PAIRS = [
    *(("ink", on) for on in ("paper", "card", "tint")),
    *(("quiet", on) for on in ("paper", "card", "tint")),
    *(("mark", on) for on in ("paper", "card", "tint")),
    ("accent_ink", "accent"),
    *(("danger", on) for on in ("paper", "card")),
]


def complaints(kiosk, screen):
    """What is out of bounds on the screen that is shown."""
    found = measure.layout(kiosk.kiosk.children[0], screen_is_one_target=kiosk.name == "welcome")
    return [f"{kiosk.name} at {NAMES[screen]}: {one}" for one in found if not one.well]


def questions(kiosk):
    """Each question, and on from it: a long list is gone through to its end first."""
    for _ in range(30):
        if kiosk.name != "question":
            return
        yield kiosk.kiosk.journey.step()
        before = kiosk.kiosk.journey.ref
        for _ in range(8):
            if kiosk.name == "question" and kiosk.kiosk.journey.ref == before:
                kiosk.on()
    raise AssertionError(f"there is no way on from {kiosk.kiosk.journey.ref}")


def screens(kiosk, language):
    """Lead somebody through every screen, and stop at each."""
    yield
    driver.tap(kiosk.kiosk.page.ids.start)
    yield
    kiosk.touch(hall.own_name(language))
    yield
    kiosk.on()
    for step in questions(kiosk):
        yield
        if step.kind is Kind.SELECT_ONE:
            kiosk.choose()
            yield
        elif step.kind is Kind.TEXT and not step.value and step.ref.endswith("associations"):
            field = kiosk.kiosk.page.answer.field
            driver.tap(field)
            yield
            kiosk.type("a" if language != "ar" else "ا")
    yield
    for name in ("language", "help", "stop"):
        kiosk.tool(name)
        yield
        kiosk.kiosk.dismiss()
    kiosk.on()
    yield
    kiosk.on()
    yield


def assisted(kiosk, language):
    """The screens of mediators and stewards."""
    kiosk.kiosk.open_sign_in()
    yield
    kiosk.touch(hall.MEDIATOR, *hall.MEDIATOR_PIN)
    kiosk.kiosk.page.press("check")
    yield
    kiosk.on()
    kiosk.touch(hall.own_name(language))
    yield
    kiosk.on()
    for step in questions(kiosk):
        if kiosk.kiosk.page.asks_wording:
            yield
        if step.kind is Kind.SELECT_ONE:
            kiosk.choose()
    yield
    kiosk.on()
    yield
    kiosk.kiosk.sign_out()
    kiosk.sign_in(hall.STEWARD, hall.STEWARD_PIN)
    yield


TOURS = [
    *((screens, screen, language, False) for screen in driver.SCREENS for language in ("fr", "ar")),
    *((assisted, screen, "fr", False) for screen in driver.SCREENS),
    (screens, driver.SMALL, "fr", True),
    (screens, driver.LARGE, "ar", True),
]


@pytest.mark.parametrize(
    "tour, screen, language, larger",
    TOURS,
    ids=[
        f"{tour.__name__} {NAMES[screen]} {language}{' largest text' if larger else ''}"
        for tour, screen, language, larger in TOURS
    ],
)
def test_everything_is_large_enough_far_enough_apart_and_whole(
    tmp_path, tour, screen, language, larger
):
    about = hall.from_catalogue("democratie-courte")
    found = []
    with hall.hall(tmp_path, about, screen=screen, people=True) as kiosk:
        for number, _ in enumerate(tour(kiosk, language)):
            if larger and number == 1:
                theme.choose_capital(theme.sizes - 1)
            kiosk.wait_for_review()
            driver.frames(3)
            found += complaints(kiosk, screen)
    assert "\n".join(sorted(set(found))) == ""


@pytest.mark.parametrize("ink, ground", TEXT_PAIRS)
def test_text_stands_out_ten_to_one_and_twenty_where_more_contrast_is_asked_for(ink, ground):
    assert contrast(getattr(CALM, ink), getattr(CALM, ground)) >= 10
    for palette in (LIGHT_ON_DARK, DARK_ON_LIGHT):
        assert contrast(getattr(palette, ink), getattr(palette, ground)) >= 20


def test_keys_on_the_smallest_panel_are_ten_millimetres_high_and_none_overlap(tmp_path):
    about = hall.from_catalogue("democratie-courte")
    with hall.hall(tmp_path, about, screen=driver.SMALL) as kiosk:
        kiosk.begin()
        for step in questions(kiosk):
            if step.kind is Kind.TEXT:
                break
            if step.kind is Kind.SELECT_ONE:
                kiosk.choose()
        driver.tap(kiosk.kiosk.page.answer.field)
        keyboard = kiosk.kiosk.page.answer.keyboard
        assert keyboard.parent is not None
        for row in keyboard._rows:
            assert all(cap.height >= theme.mm(9.9) for cap in row)
            for left, right in pairwise(sorted(row, key=lambda cap: cap.x)):
                assert right.x >= left.right
        assert keyboard.cap(KeyAction.ENTER).top < keyboard.cap("a").y
