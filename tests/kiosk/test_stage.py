import logging

import pytest
from kivy.core.window import Window

from tests.kiosk import driver, hall  # isort: split

from forms.engine import Kind
from kiosk.app import erase_and_log
from kiosk.journey import Stage
from kiosk.language import own_name, tr
from kiosk.theme.theme import theme
from sync.errors import NotKept

WORDS = "passage secret des glycines"


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    with hall.Standing(tmp_path_factory.mktemp("hall"), people=True) as opened:
        yield opened


@pytest.fixture
def town(standing):
    """One kiosk serves all these tests, as it serves one person after the other."""
    standing = standing.up()
    standing.kiosk.account = None
    standing.kiosk.erase()
    standing.kiosk.idle.touched()
    driver.frames(2)
    standing.before = 0
    standing.before = standing.sealed
    return standing


def go_to(town, kind, name=""):
    """The question of that kind, or of that name, as a person gets there."""
    for _ in range(20):
        step = town.kiosk.journey.step()
        if step.kind is kind and step.ref.endswith(name):
            return step
        if step.kind is Kind.INTEGER:
            town.type("30")
        town.on()
    raise AssertionError(f"no question of kind {kind}")


def answer_age(town):
    go_to(town, Kind.INTEGER)
    town.type("30")
    town.on()


def to_confirm(town):
    answer_age(town)
    town.skip_to_review()
    town.on()
    assert town.name == "confirm"


def test_alone_from_welcome_to_a_receipt_and_back_to_welcome(town):
    town.begin()
    to_confirm(town)
    town.on()
    assert town.name == "receipt"
    receipt = town.kiosk.page
    assert len(receipt.code) == 14
    assert receipt.qr
    town.on()
    assert town.name == "welcome"
    assert (receipt.code, receipt.qr) == ("", "")
    assert town.sealed == 1


def test_the_receipt_clears_itself_after_a_minute(town):
    town.begin()
    to_confirm(town)
    town.on()
    for _ in range(60):
        town.kiosk.page._count()
    assert town.name == "welcome"


def test_the_language_can_be_changed_in_the_middle_of_a_word_and_nothing_is_lost(town):
    town.begin()
    go_to(town, Kind.TEXT)
    town.type("Un ban")
    town.tool("language")
    town.touch("English")
    assert town.kiosk.page.question == "Your idea?"
    assert town.kiosk.page.answer.field.text == "Un ban"
    town.on()
    town.type("12")
    town.on()
    assert town.kiosk.page.trouble == "From 16 to 129."
    town.tool("language")
    town.touch("Français")
    assert town.kiosk.page.answer.field.text == "12"
    town.back()
    assert town.kiosk.page.answer.field.text == "Un ban"


def test_the_language_can_be_changed_on_every_screen(town):
    town.begin()
    to_confirm(town)
    for _ in range(3):
        town.tool("language")
        town.touch("English")
        assert tr.language == "en"
        town.tool("language")
        town.touch("Français")
        assert tr.language == "fr"
        town.back()


def test_text_size_and_contrast_go_back_to_normal_for_the_next_person(town):
    town.begin("en")
    normal = theme.body, theme.paper
    town.tool("text")
    town.tool("contrast")
    assert theme.body != normal[0]
    assert theme.paper != normal[1]
    town.kiosk.erase()
    assert (theme.body, theme.paper) == normal
    assert tr.language == "fr"


def test_stopping_asks_first_and_then_leaves_nothing(town):
    town.begin()
    go_to(town, Kind.TEXT)
    town.type("Un banc")
    town.tool("stop")
    keep, erase = town.hands.things()
    driver.tap(keep)
    assert town.kiosk.page.answer.field.text == "Un banc"
    town.tool("stop")
    keep, erase = town.hands.things()
    driver.tap(erase)
    assert town.name == "welcome"
    assert town.kiosk.journey.entry is None
    town.begin()
    go_to(town, Kind.TEXT)
    assert town.kiosk.page.answer.field.text == ""


def test_who_walks_away_while_writing_leaves_a_whole_screen_to_the_next_person(town):
    town.begin()
    go_to(town, Kind.TEXT)
    driver.perform(town.hands.type("je pars"))
    assert town.kiosk.page.bare
    town.kiosk.erase()
    town.begin()
    page = town.kiosk.page
    assert not page.bare
    assert page.ids.next.height >= theme.target
    assert not page.ids.tools.disabled


def test_help_covers_the_screen_and_goes_away_again(town):
    town.begin()
    go_to(town, Kind.TEXT)
    town.type("oui")
    town.tool("help")
    driver.tap(town.kiosk.page.ids.next)
    assert town.kiosk.journey.step().kind is Kind.TEXT
    driver.tap(next(town.hands.things()))
    assert town.kiosk.page.answer.field.text == "oui"


def test_left_alone_it_asks_and_then_erases(town):
    town.begin()
    town.wait(119)
    assert not town.kiosk.asks_whether_there
    town.wait(1)
    assert town.kiosk.asks_whether_there
    town.wait(29)
    assert town.kiosk.asks_whether_there
    town.wait(1)
    assert town.name == "welcome"
    assert town.kiosk.journey.entry is None


def test_whoever_is_still_there_goes_on_where_they_were_and_touches_nothing_by_it(town):
    town.begin()
    step = go_to(town, Kind.SELECT_ONE)
    for card in town.kiosk.page.answer.cards.values():
        town.wait(125)
        driver.tap(card)
        assert not town.kiosk.asks_whether_there
    assert town.kiosk.journey.step() == step
    assert town.kiosk.journey.value() == ""
    town.wait(119)
    assert not town.kiosk.asks_whether_there


def test_a_key_also_says_that_somebody_is_there(town):
    town.begin()
    town.wait(125)
    driver.key("tab")
    assert not town.kiosk.asks_whether_there


def test_the_idle_screen_waits_for_ever(town):
    town.wait(100_000)
    assert town.name == "welcome"
    assert not town.kiosk.asks_whether_there


def test_a_mediator_who_is_left_alone_is_signed_out(town):
    town.sign_in(hall.MEDIATOR, hall.MEDIATOR_PIN)
    assert town.name == "mediator"
    town.wait(150)
    town.wait(150)
    assert town.name == "welcome"
    assert town.kiosk.account is None


def test_a_wrong_pin_is_told_and_no_digit_remains(town):
    town.sign_in(hall.MEDIATOR, "0000")
    assert town.name == "sign_in"
    assert town.kiosk.page.trouble
    assert town.kiosk.page.dots == 0
    town.wait(150)
    town.wait(150)
    assert town.kiosk.account is None


def test_the_sign_in_screen_left_alone_forgets_what_was_typed(town):
    town.kiosk.open_sign_in()
    town.touch(hall.MEDIATOR, "4", "7")
    page = town.kiosk.page
    assert page.dots == 2
    town.wait(125)
    town.wait(30)
    assert town.name == "welcome"
    assert (page._pin, page.dots, page.name) == ("", 0, "")


def test_a_mediators_session_goes_on_and_each_person_agrees_anew(town):
    town.sign_in(hall.MEDIATOR, hall.MEDIATOR_PIN)
    for _ in range(2):
        assert town.name == "mediator"
        town.on()
        town.begin()
        assert town.name == "agreement"
        town.on()
        answer_age(town)
        town.skip_to_review()
        assert town.kiosk.journey.stage is Stage.READ_BACK
        town.on()
        assert town.name == "help_given"
        town.on()
        town.on()
        assert town.name == "receipt"
        town.on()
    said = hall.opened(town.device)[-2:]
    assert [one.assistance.agreement.mediator for one in said] == [hall.MEDIATOR] * 2
    assert all(one.assistance.read_back for one in said)


def test_who_does_not_agree_leaves_nothing_and_the_mediator_goes_on(town):
    town.sign_in(hall.MEDIATOR, hall.MEDIATOR_PIN)
    town.on()
    town.begin()
    town.back()
    assert town.name == "mediator"
    assert town.kiosk.journey.entry is None
    assert town.sealed == 0


def test_the_steward_sees_what_waits_and_cannot_begin_to_answer(town):
    town.begin()
    to_confirm(town)
    town.on()
    town.on()
    town.sign_in(hall.STEWARD, hall.STEWARD_PIN)
    assert town.name == "steward"
    numbers = [figure.number for figure in reversed(town.kiosk.page.ids.figures.children)]
    assert numbers == [str(town.before + 1), "0", "0"]
    town.back()
    assert town.name == "welcome"


def test_the_steward_copies_to_a_stick(town, tmp_path):
    town.begin()
    to_confirm(town)
    town.on()
    town.on()
    town.sign_in(hall.STEWARD, hall.STEWARD_PIN)
    page, carrier = town.kiosk.page, town.kiosk.counter.carrier
    carrier._places = ()
    page._refresh()
    assert page.ids.carry.disabled and page.ids.carry.height == 0
    carrier._places = (tmp_path,)
    page._refresh()
    driver.frames(3)
    driver.tap(page.ids.carry)
    carrier.wait()
    page._refresh()
    waiting = town.device.outbox.counts()
    assert waiting.released == 0  # nothing has left the device
    assert page.carried.startswith(f"{waiting.owed} réponse")
    assert "sur la clé" in page.carried
    assert list((tmp_path / "parvis" / "batches").iterdir())


def test_a_full_disk_is_told_and_the_answers_wait_to_be_sent_again(town, monkeypatch):
    town.begin()
    to_confirm(town)

    def refuse(*_):
        raise NotKept()

    with monkeypatch.context() as broken:
        broken.setattr(town.device.outbox, "keep", refuse)
        town.on()
        assert town.name == "confirm"
        again, back = town.hands.things()
        driver.tap(back)
        assert not town.kiosk.asks
        assert town.kiosk.journey.value("/data/age") == "30"
        town.tool("help")
        town.kiosk.dismiss()
        town.on()
        again, back = town.hands.things()
    driver.tap(again)
    assert town.name == "receipt"
    assert town.sealed == 1


def test_hammering_the_way_on_and_back_seals_once(town):
    town.begin()
    to_confirm(town)
    button = town.kiosk.page.ids.next
    fingers = [driver.finger(button, part / 12) for part in range(2, 11)]
    for finger in fingers:
        finger.touch_down()
    for finger in fingers:
        finger.touch_up()
    driver.frames(3)
    assert town.name == "receipt"
    assert town.sealed == 1


def test_ten_fingers_at_once_leave_the_kiosk_as_it_should_be(town):
    town.begin()
    go_to(town, Kind.SELECT_ONE)
    fingers = [
        driver.touch_at(Window.width * part / 11, Window.height * 0.5) for part in range(1, 11)
    ]
    for finger in fingers:
        finger.touch_down()
    driver.frames()
    for finger in fingers:
        finger.touch_move(finger.x + 5, finger.y + 5)
    driver.frames()
    for finger in reversed(fingers):
        finger.touch_up()
    driver.frames(3)
    assert town.name == "question"
    town.kiosk.erase()
    town.begin()
    assert town.name == "question"


def test_back_hammered_from_the_review_asks_at_the_languages_and_then_keeps_nothing(town):
    town.begin()
    to_confirm(town)
    for _ in range(30):
        if not town.kiosk.asks:
            town.back()
    assert town.name == "language"
    town.touch("Oui, tout effacer")
    assert town.name == "welcome"
    assert town.kiosk.journey.entry is None


def test_keys_that_would_leave_or_open_settings_do_nothing(town):
    town.begin()
    for name in ("escape", "f1", "f11", "f12"):
        driver.key(name)
    assert town.name == "question"


def test_a_mistake_of_ours_erases_and_logs_no_word_of_what_was_said(town, caplog):
    town.begin()
    go_to(town, Kind.TEXT)
    town.type("secret")
    with caplog.at_level(logging.DEBUG):
        try:
            raise ValueError(town.kiosk.page.answer.field.text)
        except ValueError as error:
            assert erase_and_log(error, town.kiosk)
    assert town.name == "welcome"
    assert town.kiosk.journey.entry is None
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_where_even_erasing_fails_the_kiosk_stops(town, caplog, monkeypatch):
    def refuse():
        raise RuntimeError(WORDS)

    monkeypatch.setattr(town.kiosk, "erase", refuse)
    assert not erase_and_log(ValueError(WORDS), town.kiosk)
    assert WORDS not in caplog.text


def test_back_from_the_languages_with_answers_asks_before_it_erases(town):
    town.begin()
    go_to(town, Kind.TEXT)
    town.type("oui")
    while town.name != "language":
        town.back()
    town.back()
    assert town.name == "language" and town.kiosk.asks
    town.touch("Non, je garde mes réponses")
    town.touch(own_name("fr"))
    if town.name == "notice":
        town.on()
    assert town.kiosk.journey.value("/data/idee") == "oui"
    while town.name != "language":
        driver.key("f2")
    driver.key("f2")
    assert town.name == "language" and town.kiosk.asks
    town.touch("Oui, tout effacer")
    assert town.name == "welcome"
    assert not town.kiosk.journey.has_answers


def test_back_from_the_languages_without_answers_asks_nothing(town):
    town.begin()
    town.on(2)
    while town.name != "welcome":
        town.back()
        assert not town.kiosk.asks


def test_who_refuses_help_with_answers_is_asked_before_they_are_erased(town):
    town.sign_in(hall.MEDIATOR, hall.MEDIATOR_PIN)
    town.on()
    town.begin()
    town.on()
    go_to(town, Kind.TEXT)
    town.type("oui")
    while town.name != "agreement":
        town.back()
    town.back()
    assert town.name == "agreement" and town.kiosk.asks
    town.touch("Oui, tout effacer")
    assert town.name == "mediator"
