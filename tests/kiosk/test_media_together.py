"""Pictures and voices among other questions on one screen, and what the organiser gets of them."""

import hashlib

import pytest

from tests.kiosk import driver, hall, media  # isort: split

SURVEY = """
| survey | type | name | label | appearance |
| | begin group | ensemble | Together | field-list |
| | text | mot | A word? | |
| | audio | voix | Your voice? | |
| | image | croquis | A drawing? | draw |
| | geopoint | lieu | Where? | |
| | end group | | | |
| settings | form_title | form_id | version |
| | Together | together | 1 |
"""


@pytest.fixture
def equipment():
    return media.equipment()


@pytest.fixture
def kiosk(tmp_path, equipment):
    with hall.hall(tmp_path, hall.consultation(SURVEY)) as opened:
        opened.kiosk.equipment = equipment
        opened.kiosk.start()
        opened.kiosk.journey.language_chosen()
        opened.kiosk.journey.begin_questions()
        opened.kiosk.show()
        driver.frames(4)
        assert opened.name == "together"
        yield opened


def block(kiosk, name):
    (found,) = [block for ref, block in kiosk.kiosk.page.blocks.items() if ref.endswith(f"/{name}")]
    kiosk.kiosk.page.ids.paged.show_top_of(found)
    driver.frames(3)
    return found


def value(kiosk, name):
    ref = block(kiosk, name).step.ref
    return kiosk.kiosk.journey.value(ref)


def test_among_other_questions_one_draws_speaks_and_says_where(kiosk, equipment):
    paper = block(kiosk, "croquis").answer.ids.paper
    media.draw(paper, (0.2, 0.5), (0.8, 0.5))
    assert value(kiosk, "croquis").endswith(".png")
    assert block(kiosk, "croquis").answer.ids.paper is paper  # still the same paper
    voice = block(kiosk, "voix").answer
    driver.tap(voice.ids.card)
    equipment.recorder.hear(3)
    driver.pass_time(0.1)
    driver.tap(block(kiosk, "voix").answer.ids.card)
    assert value(kiosk, "voix").endswith(".ogg")
    assert block(kiosk, "voix").answer is voice
    view = block(kiosk, "lieu").answer.ids.view
    driver.tap(view, 0.6, 0.6)
    assert value(kiosk, "lieu")


def test_there_too_another_way_can_be_chosen(kiosk):
    block(kiosk, "voix").answer.choose_another_way()
    driver.frames(3)
    block(kiosk, "voix").answer.choose("write")
    driver.frames(3)
    answer = block(kiosk, "voix").answer
    answer.field.text = "a"
    answer.field.text = "ab"
    driver.frames(3)
    assert block(kiosk, "voix").answer is answer  # what is being written in stays in place
    name = value(kiosk, "voix")
    assert kiosk.kiosk.journey.attachments[name].content == b"ab"


def test_the_organiser_gets_what_was_drawn_and_said(kiosk, equipment):
    media.draw(block(kiosk, "croquis").answer.ids.paper, (0.2, 0.5), (0.8, 0.5))
    driver.tap(block(kiosk, "voix").answer.ids.card)
    equipment.recorder.hear(3)
    driver.pass_time(0.1)
    journey = kiosk.kiosk.journey
    while kiosk.name == "together":
        kiosk.on()
    held = {one.name: one.content for one in journey.attachments.values()}
    kiosk.on()
    kiosk.on()
    assert kiosk.name == "receipt" and kiosk.sealed == 1
    (said,) = hall.opened(kiosk.device)
    assert {one.name for one in said.attachments} == set(held)
    assert {value for _, value in said.fields} >= set(held)
    for one in said.attachments:
        assert one.sha256 == hashlib.sha256(held[one.name]).hexdigest()
        assert one.size == len(held[one.name]) > 100
