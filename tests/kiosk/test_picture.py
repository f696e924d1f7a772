"""Pictures and films that come with a question: as large as the screen, and back."""

from io import BytesIO

import pytest
from PIL import Image

from tests.kiosk import driver, hall, media  # isort: split

from kiosk.devices.film import Filming
from kiosk.widgets.picture import Cinema, Enlarged, Film, Picture
from tests.kiosk.test_film_answer import until

SURVEY = """
| survey | type | name | label::Français (fr) | media::image::Français (fr) | media::video::Français (fr) |
| | text | plan | Que dites-vous du plan ? | plan.png | |
| | text | passage | Que dites-vous du passage ? | | passage.webm |
| | text | poster | Et de celui-ci ? | plan.png | passage.webm |
| | text | perdu | Et de celui-là ? | | rubbish.mp4 |
| settings | form_title | form_id | version | default_language |
| | Images | images | 1 | Français (fr) |
"""  # noqa: E501


def film():
    """A second of a film with sound."""
    camera, recorder = media.FakeCamera(), media.FakeRecorder()
    camera.start()
    filming = Filming(camera, recorder, longest=60)
    recorder.hear(1)
    seen = 0.0
    while filming.seconds < 0.5:
        if filming.seconds > seen:
            seen, camera.seen = filming.seconds, media.striped()
    return filming.stop().content


@pytest.fixture
def kiosk(tmp_path):
    plan = BytesIO()
    Image.new("RGB", (64, 48), "#203a8f").save(plan, "PNG")
    files = {"plan.png": plan.getvalue(), "passage.webm": film(), "rubbish.mp4": b"no film"}
    about = hall.consultation(SURVEY, media=tuple(files.items()))
    with media.hall_with(tmp_path, media.equipment(), about=about) as opened:
        yield opened


def test_a_picture_grows_to_the_whole_screen_and_goes_again(kiosk):
    picture = kiosk.kiosk.page.picture
    assert type(picture) is Picture
    driver.tap(picture)
    large = kiosk.kiosk.cover
    assert isinstance(large, Enlarged)
    driver.tap(large.ids.close)
    assert kiosk.kiosk.cover is kiosk.kiosk.page


def test_a_film_is_shown_and_heard_until_it_is_closed(kiosk):
    media.to(kiosk, "passage")
    picture = kiosk.kiosk.page.picture
    assert isinstance(picture, Film) and picture.said == "Voir la vidéo"
    driver.tap(picture)
    cinema, player = kiosk.kiosk.cover, kiosk.kiosk.equipment.player
    assert isinstance(cinema, Cinema) and player.plays
    first = cinema.texture
    until(lambda: cinema.texture is not first)
    until(lambda: cinema._showing.over)
    assert player.plays
    driver.tap(cinema.ids.close)
    assert kiosk.kiosk.cover is kiosk.kiosk.page and not player.plays
    driver.tap(kiosk.kiosk.page.picture)  # and once more, closed before its end
    driver.tap(kiosk.kiosk.cover.ids.close)
    assert not player.plays


def test_a_picture_stands_for_a_film_that_has_one(kiosk):
    media.to(kiosk, "poster")
    assert isinstance(kiosk.kiosk.page.picture, Film)
    assert tuple(kiosk.kiosk.page.picture.texture.size) == (64, 48)


def test_what_is_no_film_is_not_offered(kiosk):
    media.to(kiosk, "perdu")
    assert kiosk.kiosk.page.picture is None


def test_the_next_person_sees_no_film_of_the_one_who_left(kiosk):
    media.to(kiosk, "passage")
    driver.tap(kiosk.kiosk.page.picture)
    cinema = kiosk.kiosk.cover
    kiosk.kiosk.erase()
    driver.frames(2)
    assert cinema._showing.over and not kiosk.kiosk.equipment.player.plays
