"""Every language at the largest text, on the smallest panel and on a tablet: nothing is cut."""

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.language import OFFERED, own_name
from kiosk.theme.theme import theme
from tests.journeys.test_sizes import complaints

SHORT = """
| survey | type | name | label::Français (fr) | label::English (en) | required |
| | text | idee | Votre idée ? | Your idea? | yes |
| | date | depuis | Depuis quand ? | Since when? | |
| | select_multiple lieux | ou | Où ? | Where? | |
| choices | list_name | name | label::Français (fr) | label::English (en) |
| | lieux | place | La place | The square |
| | lieux | parc | Le parc | The park |
| settings | form_title | form_id | version | default_language |
| | Trois questions | trois | 1 | Français (fr) |
"""


def way(kiosk, language):
    """Lead somebody through the screens that have words of the interface, and stop at each."""
    driver.tap(kiosk.kiosk.page.ids.start)
    kiosk.touch(own_name(language))
    theme.choose_capital(theme.sizes - 1)
    yield
    for name in ("language", "help", "stop"):
        kiosk.tool(name)
        yield
        if name == "language":
            kiosk.back()
        kiosk.kiosk.dismiss()
    kiosk.on()
    yield
    kiosk.on()  # an answer is wanted: it says so
    yield
    driver.tap(kiosk.kiosk.page.answer.field)
    yield
    kiosk.kiosk.page.answer.field.insert("a")
    kiosk.kiosk.page.answer.dispatch("on_done")
    driver.frames(2)
    kiosk.on()
    while kiosk.name == "question":
        yield
        kiosk.on()
    yield
    kiosk.on()
    yield
    kiosk.on()
    yield
    kiosk.kiosk._ask_whether_there(23)
    yield


@pytest.mark.parametrize("screen", [driver.SMALL, driver.MIDDLE], ids=["800x480", "1280x800"])
@pytest.mark.parametrize("language", OFFERED)
def test_nothing_is_cut_at_the_largest_text_in_any_language(tmp_path, language, screen):
    found = []
    with hall.hall(tmp_path, hall.consultation(SHORT), screen=screen) as kiosk:
        for _ in way(kiosk, language):
            driver.frames(3)
            found += complaints(kiosk, screen)
    assert "\n".join(sorted(set(found))) == ""
