from io import BytesIO

import qrcode
from PIL import Image

from tests.kiosk import driver, media  # isort: split

from kiosk.devices.camera import Frame


def taken(kiosk):
    journey = kiosk.kiosk.journey
    return Image.open(BytesIO(journey.attachments[journey.value()].content))


def looking(kiosk):
    answer = media.to(kiosk, "photo")
    driver.pass_time(0.2)
    return answer


def test_what_the_camera_sees_is_the_answer_when_it_is_wanted(kiosk, equipment):
    answer = looking(kiosk)
    assert kiosk.kiosk.journey.value() == "" and equipment.camera.looks
    driver.tap(answer.ids.main)
    photo = taken(kiosk)
    assert photo.size == (320, 240)
    left, right = photo.getpixel((10, 10)), photo.getpixel((310, 10))
    assert left[0] > 150 and right[2] > 150  # not mirrored
    assert not equipment.camera.looks


def test_another_photo_replaces_the_first(kiosk, equipment):
    answer = looking(kiosk)
    driver.tap(answer.ids.main)
    first = kiosk.kiosk.journey.value()
    driver.tap(answer.ids.main)
    assert kiosk.kiosk.journey.value() == "" and equipment.camera.looks
    driver.pass_time(0.2)
    driver.tap(answer.ids.main)
    assert kiosk.kiosk.journey.value() not in ("", first)
    assert len(kiosk.kiosk.journey.attachments) == 1


def test_who_comes_back_sees_their_photo(kiosk, equipment):
    driver.tap(looking(kiosk).ids.main)
    kiosk.on()
    kiosk.back()
    answer = media.to(kiosk, "photo")
    assert answer.state == "taken" and answer.ids.preview.texture is not None
    assert not equipment.camera.looks


def test_a_camera_that_fails_is_told_and_tried_again(kiosk, equipment):
    equipment.camera.broken = True
    answer = looking(kiosk)
    assert answer.state == "broken" and answer.ids.main.text == "Essayer encore"
    equipment.camera.broken = False
    driver.tap(answer.ids.main)
    driver.pass_time(0.2)
    driver.tap(answer.ids.main)
    assert kiosk.kiosk.journey.value()


def test_the_camera_looks_no_more_when_the_question_is_left_or_erased(kiosk, equipment):
    looking(kiosk)
    kiosk.on()
    assert not equipment.camera.looks
    kiosk.back()
    answer = looking(kiosk)
    preview = answer.ids.preview
    kiosk.kiosk.erase()
    driver.frames(2)
    assert not equipment.camera.looks
    assert preview.frame is None and preview.texture is None


def test_a_code_before_the_camera_fills_the_field(kiosk, equipment):
    answer = media.to(kiosk, "code")
    picture = qrcode.make("9782070360024").get_image().convert("RGB").resize((300, 300))
    equipment.camera.seen = Frame(300, 300, picture.tobytes())
    driver.tap(answer._scan)
    for _ in range(4):
        equipment.camera.seen = Frame(300, 300, picture.tobytes())
        driver.pass_time(0.1)
    assert answer.field.text == "9782070360024"
    assert kiosk.kiosk.journey.value() == "9782070360024"
    assert answer.preview is None and not equipment.camera.looks


def test_a_scanner_that_types_needs_no_touch(kiosk):
    media.to(kiosk, "code")
    driver.type_text("3017620422003")
    assert kiosk.kiosk.journey.value() == "3017620422003"
    kiosk.on()
    driver.type_text("999")
    kiosk.back()
    assert media.to(kiosk, "code").field.text == "3017620422003"
