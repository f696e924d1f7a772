from tests.kiosk import driver, hall  # isort: split

from kiosk.demo import stories
from kiosk.idle import IdleWatch, Presence
from kiosk.pause import pause
from tests.kiosk.hall import Seconds


def watch(**times):
    seconds = Seconds()
    return IdleWatch(seconds, **times), seconds


def test_it_asks_after_two_minutes_and_gives_up_thirty_seconds_later():
    idle, seconds = watch()
    seconds.now += 119.9
    assert idle.presence() == Presence()
    seconds.now += 0.1
    assert idle.presence() == Presence(seconds_left=31)
    seconds.now += 29.9
    assert idle.presence() == Presence(seconds_left=1)
    seconds.now += 0.1
    assert idle.presence() == Presence(gone=True)


def test_a_touch_begins_it_all_again_even_in_the_last_second():
    idle, seconds = watch(patience=10, grace=5)
    seconds.now += 14.9
    assert idle.presence().seconds_left == 1
    idle.touched()
    assert idle.presence() == Presence()
    seconds.now += 15
    assert idle.presence().gone


def test_the_countdown_only_ever_goes_down():
    idle, seconds = watch(patience=1, grace=5)
    seconds.now += 1
    shown = []
    while (left := idle.presence().seconds_left) is not None:
        shown.append(left)
        seconds.now += 0.25
    assert shown == sorted(shown, reverse=True)
    assert shown[-1] == 1


def test_the_story_of_who_walks_away_ends_on_a_machine_that_stands_still_for_a_while(
    tmp_path, monkeypatch
):
    """The picture of them leaving takes longer there than the story lets the empty chair be."""
    with hall.hall(tmp_path, hall.from_catalogue("democratie-courte")) as kiosk:
        see = kiosk.hands.see

        def slowly(name):
            kiosk.seconds.now += 20
            yield from see(name)

        monkeypatch.setattr(kiosk.hands, "see", slowly)
        monkeypatch.setattr(pause, "clock", kiosk.seconds)
        told = []
        story = stories.somebody_who_walks_away(kiosk.hands, told.append)
        for _ in story:
            kiosk.seconds.now += 0.1
            driver.frames()
            kiosk.kiosk._tick()
        assert "erased everything" in told[-1]
        assert kiosk.name == "welcome"
