import random
from io import BytesIO

import pytest
from PIL import Image

from tests.kiosk import driver, hall, media  # isort: split

from kiosk.devices.equipment import Equipment
from kiosk.widgets.sides import SideTool

WAVE = [(0.1 + 0.02 * step, 0.5 + 0.3 * (-1) ** step) for step in range(20)]


@pytest.fixture
def kiosk(tmp_path):
    with media.hall_with(tmp_path, Equipment()) as opened:
        yield opened


def picture(kiosk):
    """What would be sealed as the answer to the question that is shown."""
    journey = kiosk.kiosk.journey
    return Image.open(BytesIO(journey.attachments[journey.value()].content)).convert("RGB")


def darkness(image):
    return sum(1 for value in image.convert("L").tobytes() if value < 100)


def tool(answer, words):
    (found,) = [one for one in answer.walk() if isinstance(one, SideTool) and one.text == words]
    return found


def test_a_finger_draws_and_the_drawing_is_the_answer(kiosk):
    answer = media.to(kiosk, "croquis")
    assert kiosk.kiosk.page.next_text == "Je passe"
    media.draw(answer.ids.paper, *WAVE)
    assert kiosk.kiosk.journey.value().endswith(".png")
    assert darkness(picture(kiosk)) > 500
    assert kiosk.kiosk.page.next_text == "Suivant"


def test_strokes_are_undone_one_by_one_and_the_last_takes_the_answer_along(kiosk):
    answer = media.to(kiosk, "croquis")
    media.draw(answer.ids.paper, (0.1, 0.5), (0.9, 0.5))
    one = darkness(picture(kiosk))
    media.draw(answer.ids.paper, (0.5, 0.1), (0.5, 0.9))
    assert darkness(picture(kiosk)) > one
    driver.tap(tool(answer, "Annuler"))
    assert darkness(picture(kiosk)) == one
    driver.tap(tool(answer, "Annuler"))
    assert kiosk.kiosk.journey.value() == "" and not kiosk.kiosk.journey.attachments
    assert tool(answer, "Annuler").disabled


def test_all_is_cleared_with_one_touch(kiosk):
    answer = media.to(kiosk, "signature")
    for at in (0.2, 0.4, 0.6):
        media.draw(answer.ids.paper, (at, 0.2), (at, 0.8))
    driver.tap(tool(answer, "Effacer"))
    assert not answer.drawing.strokes and not kiosk.kiosk.journey.attachments


def test_who_comes_back_draws_on_where_they_were(kiosk):
    answer = media.to(kiosk, "croquis")
    media.draw(answer.ids.paper, (0.1, 0.5), (0.9, 0.5))
    kiosk.on()
    kiosk.back()
    answer = media.to(kiosk, "croquis")
    assert len(answer.drawing.strokes) == 1
    media.draw(answer.ids.paper, (0.5, 0.1), (0.5, 0.9))
    driver.tap(tool(answer, "Annuler"))
    assert len(answer.drawing.strokes) == 1
    assert len(kiosk.kiosk.journey.attachments) == 1


def test_a_second_finger_and_a_finger_that_leaves_the_paper_do_no_harm(kiosk):
    paper = media.to(kiosk, "croquis").ids.paper
    first, palm = driver.finger(paper, 0.2, 0.5), driver.finger(paper, 0.7, 0.2)
    first.touch_down()
    palm.touch_down()
    palm.touch_up()
    first.touch_move(-50, -50)
    first.touch_up()
    driver.frames(2)
    (stroke,) = paper.drawing.strokes
    assert all(0 <= x <= 1 and 0 <= y <= 1 / paper.drawing.shape for x, y in stroke.points)
    media.draw(paper, (0.3, 0.3), (0.6, 0.6))
    assert len(paper.drawing.strokes) == 2


@pytest.mark.parametrize("screen", driver.SCREENS, ids=lambda one: f"{one.width}x{one.height}")
def test_drawing_never_moves_the_page_below(tmp_path, screen):
    with media.hall_with(tmp_path, Equipment(), screen) as kiosk:
        answer = media.to(kiosk, "croquis")
        media.draw(answer.ids.paper, (0.5, 0.9), (0.5, 0.5), (0.5, 0.1))
        assert kiosk.kiosk.page.ids.paged._view.hidden_above == 0
        (stroke,) = answer.drawing.strokes
        assert stroke.points[-1][1] > 2 * stroke.points[0][1]


def test_the_colour_goes_round_and_is_said(kiosk):
    answer = media.to(kiosk, "croquis")
    said = []
    for _ in range(5):
        ink = next(
            one for one in answer.walk() if isinstance(one, SideTool) and one.icon == "circle"
        )
        said.append(ink.said)
        driver.tap(ink)
    assert said[0] == said[4] and len(set(said)) == 4


def test_what_the_form_puts_in_can_be_drawn_upon(tmp_path):
    ground = BytesIO()
    Image.new("RGB", (400, 300), (200, 220, 240)).save(ground, "PNG")
    from dataclasses import replace
    from datetime import date

    from kiosk.widgets.answer import Setting
    from kiosk.widgets.kinds import answer_widget

    step = next(
        one for one in hall.offer(media.UPLOADS).begin().steps() if one.ref.endswith("/plan")
    )
    setting = Setting(date(2026, 11, 21), files={"plan.png": ground.getvalue()})
    put_in = "jr://images/plan.png"
    answer = answer_widget(replace(step, value=put_in), put_in, setting)
    driver.show(answer)
    answer.room = 400
    driver.frames(3)
    assert answer.drawing.shape == pytest.approx(4 / 3)
    media.draw(answer.ids.paper, (0.1, 0.5), (0.9, 0.5))
    content = setting.apart[answer.value].content
    drawn = Image.open(BytesIO(content)).convert("RGB")
    assert drawn.getpixel((5, 5)) == (200, 220, 240)
    assert drawn.getpixel((drawn.width // 2, drawn.height // 2)) == (192, 24, 24)


def test_a_question_that_is_drawn_can_be_answered_in_writing_instead(kiosk):
    answer = media.to(kiosk, "signature")
    media.draw(answer.ids.paper, (0.1, 0.5), (0.9, 0.5))
    driver.tap(tool(answer, "Autrement"))
    cards = kiosk.kiosk.page.answer.cards
    assert list(cards) == ["draw", "write", "help"]
    driver.tap(cards["write"])
    kiosk.type("zoe")
    journey = kiosk.kiosk.journey
    name = journey.value()
    assert journey.attachments[name].content == b"zoe"
    assert list(journey.attachments) == [name]  # the signature is gone: one answer, not two
    kiosk.on()
    kiosk.back()
    assert media.to(kiosk, "signature").field.text == "zoe"


def test_writing_nothing_leaves_the_drawing_as_it_was(kiosk):
    answer = media.to(kiosk, "croquis")
    media.draw(answer.ids.paper, (0.1, 0.5), (0.9, 0.5))
    drawn = kiosk.kiosk.journey.value()
    driver.tap(tool(answer, "Autrement"))
    driver.tap(kiosk.kiosk.page.answer.cards["write"])
    kiosk.on()
    assert kiosk.kiosk.journey.attachments.media_type(drawn) == "image/png"


def test_any_scribble_at_all_gives_a_picture(kiosk):
    chance = random.Random(4)
    paper = media.to(kiosk, "croquis").ids.paper
    for _ in range(25):
        media.draw(
            paper, *[(chance.random(), chance.random()) for _ in range(chance.randint(1, 12))]
        )
    assert picture(kiosk).width == 1200


def test_the_review_shows_the_drawing_small(kiosk):
    media.draw(media.to(kiosk, "croquis").ids.paper, (0.1, 0.5), (0.9, 0.5))
    kiosk.skip_to_review()
    first, *others = reversed(kiosk.kiosk.page.ids.lines.children)
    assert first.answer == "Un dessin" and first.ids.small.texture.width == 240
    assert first.ids.small.height > 0
    assert others[0].ids.small.texture is None and others[0].ids.small.width == 0
    kiosk.kiosk.page.forget()
    assert not kiosk.kiosk.page.ids.lines.children
