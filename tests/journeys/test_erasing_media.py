"""Pictures, voices, texts and places of people who left, looked for on the disk and in memory.

What is looked for is kept masked, so that the test itself does not hold it.
"""

import gc
import time

import pytest

from tests.kiosk import driver, media  # isort: split

from kiosk.devices.camera import Frame
from kiosk.devices.recorder import Recording
from tests.waiting import LONG

MASK = 0x5A
SEEN = bytes((at * 37 + at // 7) % 251 for at in range(64 * 48 * 3))  # no other picture is like it


class PlantedRecorder(media.FakeRecorder):
    """A microphone whose recordings can be told from all others."""

    def stop(self) -> Recording:
        self.runs = False
        return Recording(b"OggS" + bytes((at * 91 + 5) % 241 for at in range(400)), self.seconds)


def masked(content, start):
    return bytes(byte ^ MASK for byte in content[start : start + 24])


def draws(kiosk, equipment):
    answer = media.to(kiosk, "croquis")
    media.draw(answer.ids.paper, (0.13, 0.31), (0.77, 0.52), (0.41, 0.83))


def speaks(kiosk, equipment):
    answer = media.to(kiosk, "voix")
    driver.tap(answer.ids.card)
    equipment.recorder.hear(9)
    driver.pass_time(0.1)
    driver.tap(answer.ids.card)
    driver.tap(answer.ids.card)  # and hears it again, to the end
    equipment.player.plays = False
    driver.pass_time(0.1)


def takes_a_photo(kiosk, equipment):
    answer = media.to(kiosk, "photo")
    driver.pass_time(0.2)
    answer.take()


def films(kiosk, equipment):
    answer = media.to(kiosk, "film")
    driver.pass_time(0.2)
    driver.tap(answer.ids.main)
    end = time.monotonic() + LONG
    while not kiosk.kiosk.journey.value():
        assert time.monotonic() < end
        driver.frames()
    driver.tap(answer.ids.main)
    driver.tap(answer.ids.main)  # seen again, to the end
    while answer.state == "showing":
        assert time.monotonic() < end
        driver.frames()


def writes_instead(kiosk, equipment):
    answer = media.to(kiosk, "signature")
    answer.choose_another_way()
    kiosk.kiosk.page.answer.choose("write")
    driver.frames(4)
    kiosk.type("qzxwvkjyqzxwvkjyqzxwvkjyqzxw")


def content_of(kiosk):
    journey = kiosk.kiosk.journey
    return journey.attachments[journey.value()].content


def stays_at_the_question(kiosk):
    kiosk.wait(121)
    kiosk.wait(31)


def leaves_at_the_review(kiosk):
    kiosk.skip_to_review()
    assert kiosk.name == "review"
    stays_at_the_question(kiosk)


def confirms(kiosk):
    kiosk.skip_to_review()
    kiosk.on()
    kiosk.on()
    assert kiosk.name == "receipt", kiosk.name
    kiosk.on()


def held_by(secret):
    """Living objects that hold these bytes."""
    needle = bytes(byte ^ MASK for byte in secret)
    text = needle.decode("latin-1")
    found = []
    for thing in gc.get_objects():
        for inside in gc.get_referents(thing):
            if inside is needle or inside is text:
                continue
            sought = needle if type(inside) in (bytes, bytearray) else text
            if type(inside) in (bytes, bytearray, str) and sought in inside:
                found.append(type(thing).__name__)
    return found


@pytest.mark.parametrize("does", [draws, speaks, takes_a_photo, films, writes_instead])
@pytest.mark.parametrize("leaves", [stays_at_the_question, leaves_at_the_review, confirms])
def test_of_what_people_gave_nothing_is_left_but_what_was_sealed(tmp_path, does, leaves):
    equipment = media.Equipment(
        PlantedRecorder(), media.FakePlayer(), media.FakeCamera(Frame(64, 48, SEEN))
    )
    with media.hall_with(tmp_path, equipment) as kiosk:
        does(kiosk, equipment)
        content = content_of(kiosk)
        secret = masked(content, len(content) // 2)
        del content
        gc.unfreeze()
        assert held_by(secret), "the search finds what is there"
        leaves(kiosk)
        driver.frames(3)
        assert kiosk.name == "welcome"
        equipment.player.played.clear()  # the test's own loudspeaker remembers
        gc.collect()
        assert held_by(secret) == []
        needle = bytes(byte ^ MASK for byte in secret)
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert files and [path for path in files if needle in path.read_bytes()] == []
        assert kiosk.sealed == (1 if leaves is confirms else 0)
