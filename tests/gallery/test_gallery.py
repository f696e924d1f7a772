"""The gallery draws everything there is, and its measures find what they look for."""

import json
import subprocess
import sys
from itertools import chain
from pathlib import Path
from pkgutil import iter_modules

import pytest

from tests.kiosk import driver, hall  # isort: split

from kivy.graphics import Color, Rectangle
from kivy.uix.floatlayout import FloatLayout
from kivy.utils import get_color_from_hex

import kiosk.screens
from forms.engine import Kind
from forms.xform import read_form
from kiosk.theme.palette import DARK_ON_LIGHT
from kiosk.theme.theme import Panel, theme
from kiosk.widgets.answer import Answer
from kiosk.widgets.kinds import WAYS
from kiosk.widgets.paged import Paged
from kiosk.widgets.touch import Action, Sign
from kiosk.widgets.upload import MEANS
from kiosk.widgets.words import Words
from tests.forms.writing import begin
from tests.gallery import measure
from tests.gallery.__main__ import Part, main
from tests.gallery.kinds import catalogue, every_kind, examples
from tests.gallery.page import page_of
from tests.gallery.report import bounds, report_of
from tests.gallery.tour import methods, whole_tour
from tests.kiosk import media

ROOT = Path(__file__).resolve().parents[2]


def test_every_screen_and_every_answer_there_is_gets_drawn(tmp_path):
    names, screens, answers = [], set(), set()
    about = (every_kind(), *(hall.from_catalogue(name) for name in catalogue()))
    with hall.hall(tmp_path, *about, people=True) as there:
        there.kiosk.equipment = media.equipment()
        ways = (methods(there, name) for name in catalogue())
        for scene in chain(whole_tour(there, "fr", about[0].form_id), *ways):
            names.append(scene.name)
            screens.add(scene.screen)
            answers |= {type(one).__name__ for one in there.kiosk.walk() if isinstance(one, Answer)}
    assert screens == {module.name for module in iter_modules(kiosk.screens.__path__)}
    ways_there_are = (way for way in WAYS if way.kind is not Kind.BOOLEAN)  # not in XLSForm
    registered = {way.widget for way in ways_there_are if way.widget[:1].isupper()}
    registered |= {means.widget for means in MEANS.values()}
    assert registered - answers == set(), "a row in every_kind.md is missing"
    assert len(names) == len(set(names))


def test_the_table_has_every_kind_of_question():
    form = read_form(every_kind().form, media=every_kind().media)
    asked = {step.kind for step in begin(form).steps()}
    assert set(Kind) - asked == {Kind.BOOLEAN}  # XLSForm has no such type


def test_every_example_belongs_to_a_question():
    form = read_form(every_kind().form, media=every_kind().media)
    named = {step.ref.rpartition("/")[2] for step in begin(form).steps()}
    assert set(examples()) <= named


# --- the measures -----------------------------------------------------------------------------


@pytest.fixture
def sheet():
    driver.clear()
    driver.resize(driver.MIDDLE)
    theme.fit(Panel(driver.MIDDLE.width, driver.MIDDLE.height, driver.MIDDLE.diagonal))
    root = FloatLayout()
    driver.show(root)
    yield root
    driver.clear()
    theme.calm_down()


def beyond(root, what):
    driver.frames(3)
    return [one.widget for one in measure.layout(root) if one.what == what and not one.well]


def contrasts(root, what="contrast"):
    driver.frames(3)
    picture = measure.picture_of(root)
    return [
        one.number for one in measure.colours(root, picture, measure.Masks()) if one.what == what
    ]


def paint(root, colour, box):
    with root.canvas.before:
        Color(*get_color_from_hex(colour))
        Rectangle(pos=box[:2], size=box[2:])


def test_a_button_that_is_too_small_is_found(sheet):
    sheet.add_widget(Action(text="Ici", pos=(100, 100)))
    assert beyond(sheet, "target") == []
    small = Action(text="Là", pos=(600, 100))
    small.size = (theme.mm(12), theme.mm(12))
    sheet.add_widget(small)
    assert beyond(sheet, "target") == ["Là"]


def test_buttons_that_stand_too_close_are_found(sheet):
    one, other = Action(text="Un", pos=(100, 100)), Action(text="Deux", pos=(100, 400))
    sheet.add_widget(one)
    sheet.add_widget(other)
    assert beyond(sheet, "gap") == []
    other.y = one.top + theme.mm(2)
    assert beyond(sheet, "gap") == ["Un | Deux"]


def test_a_button_beyond_the_window_is_found(sheet):
    sheet.add_widget(Action(text="Dehors", pos=(driver.MIDDLE.width - 20, 100)))
    assert beyond(sheet, "outside") == ["Dehors"]


def test_words_that_are_cut_are_found(sheet):
    words = Words(text="Une assez longue phrase", size_hint=(None, 0.2), width=900, pos=(50, 300))
    sheet.add_widget(words)
    assert beyond(sheet, "cut") == []
    words.size_hint_y = 0.01
    assert beyond(sheet, "cut") == ["Une assez longue phrase"]


def test_words_beyond_the_window_are_found(sheet):
    words = Words(text="Secret", size_hint=(None, None), width=400, pos=(100, 790))
    sheet.add_widget(words)
    assert beyond(sheet, "cut") == ["Secret"]
    words.y = 700
    assert beyond(sheet, "cut") == []


def test_what_a_page_cuts_at_its_side_is_found_but_not_what_its_turning_shows(sheet):
    page = Paged(size_hint=(None, None), size=(theme.mm(60), theme.mm(30)), pos=(100, 100))
    sheet.add_widget(page)
    for text in ("Ici", "Là"):
        page.add_widget(Action(text=text, size_hint_y=None, height=theme.mm(25)))
    assert beyond(sheet, "cut") == []
    page.add_widget(Action(text="Beaucoup plus loin que le bord de la page"))
    cut = "Beaucoup plus loin que le bord de la page"
    assert beyond(sheet, "cut") == [cut, cut]  # the button, and its words


def test_words_that_end_in_an_ellipsis_are_found(sheet):
    words = Words(text="Une assez longue phrase", max_lines=1, size_hint=(None, 0.2), width=900)
    words.font_size = 60
    sheet.add_widget(words)
    assert beyond(sheet, "cut") == []
    words.width = 200
    assert beyond(sheet, "cut") == ["Une assez longue phrase"]


def test_words_on_words_are_found(sheet):
    for text, y in (("Une phrase", 300), ("Par-dessus", 310)):
        sheet.add_widget(Words(text=text, size_hint=(None, 0.2), width=900, pos=(50, y)))
    assert beyond(sheet, "overlap") == ["Une phrase | Par-dessus"]


def test_a_button_that_says_nothing_is_found(sheet):
    sheet.add_widget(Action(text="", pos=(100, 100)))
    assert beyond(sheet, "speechless") == ["Action"]


@pytest.mark.parametrize(
    "ink, expected", [("#000000", 21.0), ("#767676", 4.5), ("#FFFFFF", 1.0), ("#FF0000", 4.0)]
)
def test_contrast_is_that_of_the_pixels_drawn(sheet, ink, expected):
    theme.wear(DARK_ON_LIGHT)
    paint(sheet, "#FFFFFF", (0, 0, 1280, 800))
    words = Words(text="Voici", font_size=60, pos=(300, 200), size_hint=(None, None))
    words.width, words.color = 400, ink
    sheet.add_widget(words)
    assert contrasts(sheet) == pytest.approx([expected], abs=0.06)


def test_words_half_on_another_ground_have_the_lower_contrast(sheet):
    theme.wear(DARK_ON_LIGHT)
    paint(sheet, "#FFFFFF", (0, 0, 1280, 800))
    paint(sheet, "#333333", (0, 0, 320, 800))
    words = Words(text="Voici un mot", font_size=60, size_hint=(None, None))
    words.pos, words.width = (200, 200), 600
    sheet.add_widget(words)
    assert max(contrasts(sheet)) < 2


def test_an_icon_is_measured_too(sheet):
    sheet.add_widget(Sign(name="globe", font_size=90, color="#CCCCCC", pos=(100, 100)))
    (found,) = contrasts(sheet, "icon")
    assert 1 < found < 3


# --- the command ------------------------------------------------------------------------------


def test_a_sample_is_drawn_measured_and_within_bounds(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "tests.gallery", "--quick", "--out", tmp_path, "--only", "de"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert set(report["sizes"]) == {"800x480", "1080x1920"}
    for size, told in report["sizes"].items():
        drawn = list((tmp_path / size).rglob("*.png"))
        assert len(drawn) == told["pictures"] > 0
        assert told["least"]["target"]["number"] >= 12.7
        assert told["least"]["high contrast"]["number"] >= 20
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "http" not in page.replace("https://parvis", "")
    assert all(picture.name in page for picture in (tmp_path / "800x480").rglob("*.png"))
    assert json.loads(ran.stdout.splitlines()[-1])["out_of_bounds"] == 0


def test_what_is_out_of_bounds_is_named_in_report_and_page():
    found = {
        **{"what": "gap", "widget": "Un | Deux", "number": 1.2, "bound": 2.6},
        **{"text": "largest", "palette": "", "part": 1},
    }
    scene = {
        **{"size": "800x480", "language": "fr", "scene": "review", "screen": "review"},
        **{"answers": [], "long": [], "least": {"gap": found}, "beyond": [found, found]},
        "pictures": [{"file": "a.png", "palette": "calm", "text": "largest", "part": 1}],
    }
    report = report_of([scene])
    (told,) = report["beyond"]
    assert (told["scene"], told["widget"], told["number"], told["times"]) == (
        *("review", "Un | Deux", 1.2),
        2,
    )
    assert report["sizes"]["800x480"]["least"]["gap"]["number"] == 1.2
    assert set(bounds()) >= {"gap", "contrast", "high contrast"}
    page = page_of([scene], report)
    assert "gap “Un | Deux” 1.2" in page


def test_a_size_that_there_is_not_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--sizes", "640x480"])
    assert "1080x1920" in capsys.readouterr().err


def test_what_was_drawn_to_its_end_by_the_same_code_is_not_drawn_again(tmp_path):
    part = Part("800x480", "fr", tmp_path)
    part.kept.parent.mkdir()
    lines = ['{"code": "a"}', '{"scene": "welcome"}', '{"end": true}']
    assert not part.is_done(lines[0])
    part.kept.write_text("\n".join(lines[:2]), encoding="utf-8")
    assert not part.is_done(lines[0])
    part.kept.write_text("\n".join(lines), encoding="utf-8")
    assert part.is_done(lines[0]) and not part.is_done('{"code": "b"}')
    assert part.scenes() == [{"scene": "welcome"}]
