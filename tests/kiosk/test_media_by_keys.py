"""Voices and places by keys alone: next, choose, and nothing else."""

from tests.kiosk import driver, media  # isort: split

from kiosk.focus import stops


def choose(kiosk, words):
    """Tab until the thing that begins with these words has the focus, then Enter."""
    for _ in range(60):
        driver.key("tab")
        there = [stop for stop in stops(kiosk.kiosk.page) if stop.focus]
        if there and getattr(there[0], "said", "").startswith(words):
            driver.key("enter")
            return
    raise AssertionError(f"Tab never came to “{words}”")


def test_a_voice_is_recorded_heard_and_erased_by_keys(kiosk, equipment):
    answer = media.to(kiosk, "voix")
    choose(kiosk, "Touchez pour parler")
    equipment.recorder.hear(5)
    driver.pass_time(0.1)
    choose(kiosk, "Touchez pour arrêter")
    assert answer.state == "recorded"
    choose(kiosk, "Touchez pour réécouter")
    assert equipment.player.plays
    choose(kiosk, "Effacer l’enregistrement")
    assert kiosk.kiosk.journey.value() == "" and not equipment.player.plays


def test_a_place_is_found_on_the_map_by_keys(kiosk):
    answer = media.to(kiosk, "lieu")
    before = answer.ids.view.latitude
    choose(kiosk, "Agrandir la carte")
    choose(kiosk, answer.ids.view.children[-2].said)  # to the north
    choose(kiosk, "Placer le point")
    assert answer.ids.view.latitude > before
    assert kiosk.kiosk.journey.value()


def test_who_cannot_draw_writes_by_keys(kiosk):
    media.to(kiosk, "croquis")
    choose(kiosk, "Répondre autrement")
    choose(kiosk, "Écrire")
    driver.frames(3)
    assert kiosk.kiosk.page.answer.field
