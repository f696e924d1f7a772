import gc
import sys

import pytest

from tests.kiosk import driver, media  # isort: split

from kiosk.devices.equipment import Equipment
from kiosk.widgets.sides import SideTool
from kiosk.widgets.voice import LONGEST_SECONDS


def speak(kiosk, equipment, seconds=12.0):
    """Touch to speak, and say something; not yet stopped."""
    answer = media.to(kiosk, "voix")
    driver.tap(answer.ids.card)
    equipment.recorder.hear(seconds)
    driver.pass_time(0.1)
    return answer


def test_what_was_said_is_the_answer(kiosk, equipment):
    answer = speak(kiosk, equipment)
    driver.tap(answer.ids.card)
    assert answer.state == "recorded"
    journey = kiosk.kiosk.journey
    said = journey.attachments[journey.value()]
    assert (said.media_type, said.content[:4]) == ("audio/ogg", b"OggS")
    assert journey.attachments.making(said.name).seconds == 12


def test_while_one_speaks_the_level_and_the_time_are_shown(kiosk, equipment):
    answer = speak(kiosk, equipment, 65)
    assert answer.ids.card.note == "1:05 sur 2:00"
    assert answer.levels[-1] == 0.5
    assert equipment.recorder.longest == LONGEST_SECONDS


def test_it_can_be_heard_again_and_silenced(kiosk, equipment):
    answer = speak(kiosk, equipment)
    driver.tap(answer.ids.card)
    driver.tap(answer.ids.card)
    assert answer.state == "playing" and equipment.player.plays
    assert equipment.player.played[0][:4] == b"OggS"
    driver.tap(answer.ids.card)
    assert answer.state == "recorded" and not equipment.player.plays
    driver.tap(answer.ids.card)
    equipment.player.plays = False  # the end
    driver.pass_time(0.1)
    assert answer.state == "recorded"


def test_it_can_be_erased_and_said_anew(kiosk, equipment):
    answer = speak(kiosk, equipment)
    driver.tap(answer.ids.card)
    first = kiosk.kiosk.journey.value()
    (erase,) = [one for one in answer.walk() if isinstance(one, SideTool) and one.text == "Effacer"]
    driver.tap(erase)
    assert kiosk.kiosk.journey.value() == "" and not kiosk.kiosk.journey.attachments
    speak(kiosk, equipment, 3)
    assert kiosk.kiosk.journey.value() not in ("", first)


def test_who_goes_on_while_speaking_loses_nothing(kiosk, equipment):
    speak(kiosk, equipment, 7)
    kiosk.on()
    assert not equipment.recorder.runs
    kiosk.skip_to_review()
    (line,) = [
        one
        for one in kiosk.kiosk.page.ids.lines.children
        if one.answer == "Un enregistrement de 7 secondes"
    ]
    assert line.answered


def test_at_the_longest_it_ends_by_itself(kiosk, equipment):
    answer = speak(kiosk, equipment, LONGEST_SECONDS + 5)
    driver.pass_time(0.1)
    assert answer.state == "recorded"
    assert kiosk.kiosk.journey.value()


def test_a_microphone_that_hears_nothing_is_told(kiosk, equipment):
    answer = media.to(kiosk, "voix")
    driver.tap(answer.ids.card)
    driver.tap(answer.ids.card)
    assert answer.state == "empty" and "micro" in answer.ids.card.note
    assert kiosk.kiosk.journey.value() == ""


def test_nobody_who_speaks_is_asked_whether_they_are_there(kiosk, equipment):
    speak(kiosk, equipment)
    for _ in range(5):
        kiosk.seconds.now += 25
        driver.pass_time(0.1)
        kiosk.kiosk._tick()
    assert not kiosk.kiosk.asks_whether_there


def test_without_a_microphone_one_writes_or_draws(tmp_path):
    with media.hall_with(tmp_path, Equipment()) as kiosk:
        cards = media.to(kiosk, "voix").cards
        assert list(cards) == ["write", "draw", "help"]
        driver.tap(cards["help"])
        assert "aide" in kiosk.kiosk._ask.title
        kiosk.kiosk.dismiss()
        driver.tap(cards["draw"])
        media.draw(kiosk.kiosk.page.answer.ids.paper, (0.1, 0.5), (0.9, 0.5))
        assert kiosk.kiosk.journey.value().endswith(".png")


def test_without_a_loudspeaker_nothing_offers_to_be_heard(tmp_path):
    recorder = media.FakeRecorder()
    with media.hall_with(tmp_path, Equipment(recorder=recorder)) as kiosk:
        answer = media.to(kiosk, "voix")
        driver.tap(answer.ids.card)
        recorder.hear(4)
        driver.pass_time(0.1)
        driver.tap(answer.ids.card)
        assert answer.ids.card.text == "Enregistré"
        driver.tap(answer.ids.card)
        assert answer.state == "recorded"


@pytest.mark.parametrize("when", ["recording", "recorded", "playing", "reviewing"])
def test_a_voice_is_gone_with_the_person(kiosk, equipment, when):
    answer = speak(kiosk, equipment)
    content = b""
    if when != "recording":
        driver.tap(answer.ids.card)
        journey = kiosk.kiosk.journey
        content = journey.attachments[journey.value()].content
    if when == "playing":
        driver.tap(answer.ids.card)
    if when == "reviewing":
        kiosk.skip_to_review()
    kiosk.kiosk.erase()
    driver.frames(3)
    assert not equipment.recorder.runs and equipment.recorder.seconds == 0
    assert not equipment.player.plays
    assert not kiosk.kiosk.journey.attachments
    equipment.player.played.clear()
    del answer
    gc.unfreeze()  # what was set apart is looked through, too
    gc.collect()
    if content:
        assert [one for one in gc.get_referrers(content) if one is not sys._getframe()] == []


@pytest.mark.parametrize(
    "seconds, words", [(1, "1 seconde"), (2, "2 secondes"), (95, "95 secondes")]
)
def test_the_review_tells_how_long_it_is(kiosk, equipment, seconds, words):
    from kiosk.widgets.kinds import describe

    answer = speak(kiosk, equipment, seconds)
    answer.stop()
    journey = kiosk.kiosk.journey
    told = describe(journey.step(), journey.value(), journey.attachments)
    assert told == f"Un enregistrement de {words}"
