"""Pictures as authors send them: from a telephone, on their side, broken, named otherwise."""

from io import BytesIO

import pytest
from PIL import Image

from tests.kiosk import driver, hall, media  # isort: split

from kiosk.decoding import LARGEST
from kiosk.theme.pictures import picture_of

RED, BLUE = (200, 16, 16), (16, 16, 200)
PICTURED = """
| survey | type | name | label::Français (fr) | media::image::Français (fr) | media::big-image::Français (fr) |
| | select_one lieux | ou | Où ? | place.jpg | enorme.jpg |
| choices | list_name | name | label::Français (fr) | media::image::Français (fr) |
| | lieux | place | La place | enorme.jpg |
| | lieux | parc | Le parc | casse.png |
| | lieux | quai | Le quai | absent.png |
| settings | form_id | default_language |
| | images | Français (fr) |
"""  # noqa: E501


def written(kind="JPEG", size=(400, 300), mode="RGB", **more):
    """A picture whose left half is red, whose right half is blue."""
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, size[0], size[1]))
    file = BytesIO()
    picture.convert(mode).save(file, kind, **more)
    return file.getvalue()


def colour(texture, across, up):
    """The colour at a part of its width and of its height from below."""
    width, height = texture.size
    place = 4 * (int(across * width) + width * int((1 - up) * height))
    return tuple(texture.pixels[place : place + 3])


def near(one, other):
    return all(abs(a - b) < 30 for a, b in zip(one, other, strict=True))


@pytest.fixture(autouse=True)
def _window(window):
    pass


def test_a_picture_from_a_telephone_takes_no_more_memory_than_can_be_seen():
    texture = picture_of({"a.jpg": written(size=(8000, 6000))}, "a.jpg")
    assert max(texture.size) <= LARGEST
    assert texture.width / texture.height == pytest.approx(8 / 6, rel=0.01)
    assert near(colour(texture, 0.1, 0.5), RED)
    assert near(colour(texture, 0.9, 0.5), BLUE)


def test_a_picture_taken_on_its_side_stands_upright():
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned a quarter clockwise: its left is the top
    texture = picture_of({"a.jpg": written(exif=turned)}, "a.jpg")
    assert texture.size == (300, 400)
    assert near(colour(texture, 0.5, 0.9), RED)
    assert near(colour(texture, 0.5, 0.1), BLUE)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "1"), ("JPEG", "CMYK"), ("GIF", "P"), ("WEBP", "RGB")],
)
def test_every_usual_kind_is_shown_whatever_its_name_says(kind, mode):
    texture = picture_of({"a.png": written(kind, mode=mode)}, "a.png")
    assert texture.size == (400, 300)


def test_what_lets_the_ground_through_still_does():
    clear = Image.new("RGBA", (40, 30), (*RED, 0))
    file = BytesIO()
    clear.save(file, "PNG")
    assert picture_of({"a.png": file.getvalue()}, "a.png").pixels[3] == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", written()[:200], written("PNG")[:60], b"\x89PNG\r\n\x1a\n" + bytes(80)],
)
def test_a_broken_picture_is_none(content):
    assert picture_of({"a.png": content}, "a.png") is None


def test_a_question_with_huge_broken_and_missing_pictures_is_answered_as_any_other(tmp_path):
    huge = written(size=(6000, 4500))
    files = {"place.jpg": written(), "enorme.jpg": huge, "casse.png": b"\x89PNG broken"}
    about = hall.consultation(PICTURED, media=tuple(files.items()))
    with hall.hall(tmp_path, about, screen=driver.SMALL) as there:
        there.begin()
        driver.tap(there.kiosk.page.picture)
        assert max(there.kiosk.cover.texture.size) <= LARGEST
        there.kiosk.dismiss()
        for name in ("place", "parc", "quai"):
            there.choose(name)
            assert there.kiosk.journey.value() == name
        there.kiosk.journey.next()
        there.kiosk.show()
        assert there.name == "review"


ON_A_PLAN = """
| survey | type | name | label::Français (fr) | default | appearance |
| | image | plan | Montrez où. | plan.jpg | annotate |
| settings | form_id | default_language |
| | plans | Français (fr) |
"""


@pytest.mark.parametrize("plan", [written()[:900], written(exif=b""), written(size=(5000, 2500))])
def test_whatever_the_plan_to_draw_on_is_what_is_drawn_is_sealed(tmp_path, plan):
    about = hall.consultation(ON_A_PLAN, media=(("plan.jpg", plan),))
    with hall.hall(tmp_path, about) as there:
        there.begin()
        media.draw(there.kiosk.page.answer.ids.paper, (0.2, 0.3), (0.6, 0.6))
        there.on()
        there.wait_for_review()
        there.on(2)
        assert there.name == "receipt"
        assert there.sealed == 1
