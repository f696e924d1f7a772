"""People at the kiosk, from the idle screen to what the organiser reads; by touch, and by keys."""

import pytest

from tests.kiosk import driver, hall  # isort: split

from forms.engine import Kind
from kiosk.theme.theme import theme
from sync.client.background import BackgroundSync
from tests.sync.town import Town

SAID = {"fr": "Été", "ar": "حديقة"}


def answers(kiosk_hall, language):
    """Answer what can be answered by touch, write one text, and pass over the rest."""
    wrote = False
    for _ in range(20):
        if kiosk_hall.name != "question":
            return
        step = kiosk_hall.kiosk.journey.step()
        page = kiosk_hall.kiosk.page
        if step.kind is Kind.RANGE:
            if page.answer.keys:
                driver.tap(page.answer.keys[4])
            else:
                page.answer.choose(page.answer.numbers[1])
        elif step.kind is Kind.SELECT_ONE:
            kiosk_hall.choose()
        elif step.kind is Kind.TEXT and not wrote:
            kiosk_hall.type(SAID[language])
            wrote = True
        before = kiosk_hall.kiosk.journey.ref
        for _ in range(4):  # a long list is gone through first
            if kiosk_hall.name == "question" and kiosk_hall.kiosk.journey.ref == before:
                kiosk_hall.on()


@pytest.mark.parametrize("screen", driver.SCREENS, ids=["800x480", "1280x800", "1920x1080"])
@pytest.mark.parametrize("language", ["fr", "ar"])
def test_what_a_resident_says_arrives_at_the_organiser(town: Town, screen, language):
    with (
        town.serving() as url,
        town.device(url=url) as device,
    ):
        uplink = BackgroundSync(device, hall.SOON)
        with hall.kiosk_at(device, screen=screen, uplink=uplink) as kiosk:
            kiosk.begin(language)
            assert theme.rtl is (language == "ar")
            answers(kiosk, language)
            assert kiosk.name == "review"
            kiosk.on()
            kiosk.on()
            assert kiosk.name == "receipt"
            code = kiosk.kiosk.page.code
            kiosk.on()
            assert kiosk.name == "welcome"
        uplink.start()
        uplink.wake(now=True)
        end = 0
        while device.outbox.counts().released == 0 and end < 200:
            driver.pass_time(0.05)
            end += 1
        uplink.stop()
        assert device.outbox.counts().released == 1
        with town.desk() as store:
            report = town.pull(url, store)
            assert report.opened == 1
            (said,) = store.contributions(town.consultation.id)
    assert said.language == language
    assert SAID[language] in dict(said.fields).values()
    assert len(code) == 14


def test_with_the_keyboard_alone_from_welcome_to_a_receipt(tmp_path):
    survey = """
| survey | type | name | label::Français (fr) | required |
| | select_one on | banc | Un banc ? | yes |
| | text | pourquoi | Pourquoi ? | |
| choices | list_name | name | label::Français (fr) |
| | on | oui | Oui |
| | on | non | Non |
| settings | form_id | default_language |
| | banc | Français (fr) |
"""
    with hall.hall(tmp_path, hall.consultation(survey)) as kiosk:

        def go_to(wanted):
            for _ in range(60):
                driver.key("tab")
                if wanted(focused(kiosk)):
                    return focused(kiosk)
            raise AssertionError(f"no Tab leads there on {kiosk.name}: {kiosk.things}")

        def press(widget):
            widget = getattr(widget, "__self__", widget)  # Kivy's ids are proxies
            go_to(lambda there: there is widget)
            driver.key("enter")

        press(kiosk.kiosk.page.ids.start)
        if kiosk.name == "language":
            go_to(lambda there: getattr(there, "name", "") == "fr")
            driver.key("enter")
        press(kiosk.kiosk.page.ids.next)
        press(kiosk.kiosk.page.answer.cards["oui"])
        press(kiosk.kiosk.page.ids.next)
        field = kiosk.kiosk.page.answer.field
        go_to(lambda there: there is field)
        driver.type_text("Pour s’asseoir")
        press(kiosk.kiosk.page.ids.next)
        assert kiosk.name == "review"
        press(kiosk.kiosk.page.ids.next)
        press(kiosk.kiosk.page.ids.next)
        assert kiosk.name == "receipt"
        (said,) = hall.opened(kiosk.device)
    assert dict(said.fields)["/data/banc"] == "oui"
    assert dict(said.fields)["/data/pourquoi"] == "Pour s’asseoir"


def focused(kiosk):
    """What has the focus now."""
    for widget in kiosk.kiosk.walk():
        if getattr(widget, "focus", False):
            return widget
    return None
