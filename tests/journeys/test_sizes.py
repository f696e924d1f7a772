"""Every screen at every size: large enough to touch, far enough apart, and nothing cut.

Keyboard keys are left out: five rows of twelve keys of 12.7 mm do not fit a 7-inch panel, so that
they are 10 mm high there, and a touch between two counts for the nearest
(`kiosk.widgets.keyboard`).
"""

from itertools import combinations, pairwise

import pytest

from tests.kiosk import driver, hall  # isort: split

from forms.engine import Kind
from kiosk.theme.palette import CALM, DARK_ON_LIGHT, LIGHT_ON_DARK, contrast
from kiosk.theme.theme import GAP_MM, TARGET_MM, theme
from kiosk.widgets.layouts import Action as KeyAction
from kiosk.widgets.paged import Viewport
from kiosk.widgets.touch import Tap
from kiosk.widgets.words import Words

NAMES = {driver.SMALL: "800x480", driver.MIDDLE: "1280x800", driver.LARGE: "1920x1080"}
HALF_PIXEL = 1.0
TEXT_PAIRS = [
    *(("ink", on) for on in ("paper", "card", "tint")),
    *(("quiet", on) for on in ("paper", "card", "tint")),
    *(("mark", on) for on in ("paper", "card", "tint")),
    ("accent_ink", "accent"),
    *(("danger", on) for on in ("paper", "card")),
]


def seen_part(widget):
    """The part of a widget that can be seen: left, bottom, right, top in the window."""
    x, y = widget.to_window(*widget.pos)
    box = [x, y, x + widget.width, y + widget.height]
    place = widget.parent
    while place is not None and place is not place.parent:
        if isinstance(place, Viewport):
            px, py = place.to_window(*place.pos)
            box = [
                max(box[0], px),
                max(box[1], py),
                min(box[2], px + place.width),
                min(box[3], py + place.height),
            ]
        place = place.parent
    return box


def wholly_seen(widget):
    x, y = widget.to_window(*widget.pos)
    left, bottom, right, top = seen_part(widget)
    return right - left >= widget.width - 1 and top - bottom >= widget.height - 1 and (x, y)


def apart(one, other):
    """Pixels between two boxes."""
    across = max(one[0] - other[2], other[0] - one[2], 0)
    up = max(one[1] - other[3], other[1] - one[3], 0)
    return max(across, up)


def overlap(one, other):
    return (
        one[0] < other[2] - 1
        and other[0] < one[2] - 1
        and one[1] < other[3] - 1
        and other[1] < one[3] - 1
    )


def complaints(kiosk, screen):
    """What is wrong on the screen that is shown."""
    where = f"{kiosk.name} at {NAMES[screen]}"
    least, gap = theme.mm(TARGET_MM) - HALF_PIXEL, theme.mm(GAP_MM) - HALF_PIXEL
    targets = [thing for thing in kiosk.hands.things() if wholly_seen(thing)]
    for thing in targets:
        width, height = thing.size
        if min(width, height) < least:
            millimetres = f"{width / theme.px_per_mm:.1f} × {height / theme.px_per_mm:.1f} mm"
            yield f"{where}: “{thing.said}” is {millimetres}"
        left, bottom, right, top = seen_part(thing)
        if left < -1 or bottom < -1 or right > screen.width + 1 or top > screen.height + 1:
            yield f"{where}: “{thing.said}” stands outside the window"
    for one, other in combinations(targets, 2):
        if one in set(other.walk(restrict=True)) or other in set(one.walk(restrict=True)):
            continue
        a, b = seen_part(one), seen_part(other)
        within = a[0] <= b[0] and a[1] <= b[1] and a[2] >= b[2] and a[3] >= b[3]
        if kiosk.name == "welcome" and (within or overlap(a, b)):
            continue  # the whole idle screen is one target, with two small ones on it
        if apart(a, b) < gap:
            far = apart(a, b) / theme.px_per_mm
            yield f"{where}: “{one.said}” and “{other.said}” are {far:.1f} mm apart"
    yield from cut(kiosk, where)


def cut(kiosk, where):
    """Words of which a part is not drawn, or lies outside what holds them."""
    for words in kiosk.kiosk.children[0].walk(restrict=True):
        if not isinstance(words, Words) or not words.text.strip() or not shown(words):
            continue
        # A picture of joined letters is up to two pixels wider than what they measure.
        if words.texture_size[0] > words.width + 2:
            yield f"{where}: “{words.text}” is {words.texture_size[0]} wide in {words.width}"
        if words.texture_size[1] > words.height + 1:
            yield f"{where}: “{words.text}” is {words.texture_size[1]} high in {words.height}"
        holder = words.parent
        if words.x < holder.x - 1 or words.right > holder.right + 1:
            yield f"{where}: “{words.text}” goes beyond the sides of what holds it"
        thing = target_of(words)
        if thing is not None and (words.y < thing.y - 1 or words.top > thing.top + 1):
            yield f"{where}: “{words.text}” goes beyond the edge of its button"
        if thing is not None and (words.x < thing.x - 1 or words.right > thing.right + 1):
            yield f"{where}: “{words.text}” goes beyond the sides of its button"


def target_of(words):
    """The thing to touch that holds these words; None where none does."""
    place = words.parent
    while place is not None and place is not place.parent:
        if isinstance(place, Tap):
            return place
        place = place.parent
    return None


def shown(widget):
    while widget is not None and widget is not widget.parent:
        if widget.opacity == 0 or widget.disabled:
            return False
        widget = widget.parent
    return True


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
