"""Answering with a film: filmed, seen again, filmed anew, and nothing left of it."""

from dataclasses import replace

from tests.kiosk import driver, media  # isort: split

from kiosk.devices.film import pictures_of
from kiosk.devices.recorder import Recording
from kiosk.devices.sound import samples_of
from tests.waiting import wait_for


def filming(kiosk, equipment, pictures=6):
    """The film's question, and so many pictures filmed until now."""
    answer = media.to(kiosk, "film")
    driver.pass_time(0.2)
    driver.tap(answer.ids.main)
    assert answer.state == "filming", answer.state
    for _ in range(pictures):
        equipment.camera.seen = media.striped()  # another picture each time, as a camera gives
        driver.pass_time(0.1)
    until(lambda: kiosk.kiosk.journey.value())
    return answer


def until(holds):
    """Draw frames until it does."""
    wait_for(holds, pause=0, meanwhile=driver.frames)


def test_what_was_filmed_is_the_answer_from_its_first_picture_on(kiosk, equipment):
    answer = filming(kiosk, equipment)
    equipment.recorder.hear(0.5)
    assert "sur 1:00" in answer.told
    kiosk.on()  # without touching anything else
    journey = kiosk.kiosk.journey
    assert not equipment.camera.looks and not equipment.recorder.runs
    kiosk.back()
    answer = media.to(kiosk, "film")
    assert answer.state == "taken" and not equipment.camera.looks
    film = journey.attachments[journey.value()]
    assert film.media_type == "video/webm" and film.name.endswith(".webm")
    pictures = list(pictures_of(film.content))
    assert len(pictures) > 1 and (pictures[0][1].width, pictures[0][1].height) == (320, 240)
    left, right = pictures[0][1].pixels[:3], pictures[0][1].pixels[319 * 3 : 320 * 3]
    assert left[0] > 150 > left[2] and right[2] > 150 > right[0]  # not mirrored
    assert sum(map(len, samples_of(film.content)))


def test_a_film_is_seen_and_heard_again_and_filmed_anew(kiosk, equipment):
    answer = filming(kiosk, equipment)
    equipment.recorder.hear(0.5)
    driver.tap(answer.ids.main)
    first = kiosk.kiosk.journey.value()
    assert (answer.state, answer.ids.main.text) == ("taken", "Revoir la vidéo")
    driver.tap(answer.ids.main)
    assert answer.state == "showing" and equipment.player.plays
    driver.tap(answer.ids.main)
    assert answer.state == "taken" and not equipment.player.plays
    driver.tap(answer.ids.main)
    until(lambda: answer.state == "taken")  # it ends by itself
    assert not equipment.player.plays
    driver.tap(answer._eraser)
    assert kiosk.kiosk.journey.value() == "" and equipment.camera.looks
    assert len(kiosk.kiosk.journey.attachments) == 0
    filming(kiosk, equipment)
    driver.tap(answer.ids.main)
    assert kiosk.kiosk.journey.value() not in ("", first)


def test_a_film_ends_by_itself(kiosk, equipment, monkeypatch):
    monkeypatch.setattr("kiosk.widgets.film.LONGEST_SECONDS", 0.6)
    answer = media.to(kiosk, "film")
    driver.pass_time(0.2)
    driver.tap(answer.ids.main)
    until(lambda: answer.state == "taken")
    assert kiosk.kiosk.journey.value()
    assert kiosk.kiosk.journey.attachments.making(kiosk.kiosk.journey.value()).seconds <= 0.7


def test_without_a_microphone_a_film_is_silent(tmp_path, equipment):
    deaf = replace(equipment, recorder=None)
    with media.hall_with(tmp_path, deaf) as kiosk:
        answer = filming(kiosk, deaf)
        driver.tap(answer.ids.main)
        driver.tap(answer.ids.main)
        assert answer.state == "showing" and not deaf.player.played


def test_a_sound_that_is_none_does_not_cost_the_film(kiosk, equipment, monkeypatch):
    answer = filming(kiosk, equipment)
    equipment.recorder.hear(0.5)
    monkeypatch.setattr(equipment.recorder, "stop", lambda: Recording(b"OggS rubbish", 0.5))
    driver.tap(answer.ids.main)
    assert answer.state == "taken"
    journey = kiosk.kiosk.journey
    assert list(pictures_of(journey.attachments[journey.value()].content))


def test_a_camera_that_fails_while_it_films_leaves_what_was_filmed(kiosk, equipment):
    answer = filming(kiosk, equipment)
    equipment.camera.broken = True
    until(lambda: answer.state == "taken")
    assert kiosk.kiosk.journey.value()
    driver.tap(answer._eraser)
    until(lambda: answer.state == "broken")
    assert answer.ids.main.text == "Essayer encore"
    equipment.camera.broken = False
    driver.tap(answer.ids.main)
    assert answer.state == "looking"


def test_nothing_of_a_film_is_left_when_the_kiosk_is_erased(kiosk, equipment):
    answer = filming(kiosk, equipment)
    preview = answer.ids.preview
    kiosk.kiosk.erase()
    driver.frames(2)
    assert not equipment.camera.looks and not equipment.recorder.runs
    assert preview.frame is None and preview.texture is None
    assert answer._filming is None


def test_a_film_is_named_in_the_review(kiosk, equipment):
    driver.tap(filming(kiosk, equipment).ids.main)
    kiosk.skip_to_review()
    answers = [one.answer for one in kiosk.kiosk.page.ids.lines.children]
    assert any(answer.startswith("Une vidéo de ") for answer in answers), answers
