import itertools
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kiosk.strokes import INKS, MOST_STROKES, Drawing, shape_of, smooth

points = st.lists(st.tuples(st.floats(-2, 3), st.floats(-2, 3)), min_size=1, max_size=30)


def seen(png):
    return Image.open(BytesIO(png)).convert("RGB")


def line(drawing, *way, ink="black"):
    stroke = drawing.begin(ink, way[0])
    for point in way[1:]:
        drawing.extend(stroke, point)
    return stroke


def test_what_was_drawn_is_in_the_picture_where_it_was_drawn():
    drawing = Drawing(shape=2.0)
    line(drawing, (0.1, 0.25), (0.9, 0.25), ink="red")
    picture = seen(drawing.png(400))
    assert picture.size == (400, 200)
    assert picture.getpixel((200, 100)) == (192, 24, 24)
    assert picture.getpixel((200, 20)) == picture.getpixel((10, 100)) == (255, 255, 255)


def test_a_single_touch_is_a_dot():
    drawing = Drawing(shape=1.0)
    line(drawing, (0.5, 0.5))
    picture = seen(drawing.png(300))
    assert sum(picture.getpixel((150, 150))) < 150


def test_a_picture_that_is_drawn_upon_stays_below():
    ground = BytesIO()
    Image.new("RGB", (60, 30), (0, 200, 0)).save(ground, "PNG")
    drawing = Drawing(shape=2.0, ground=ground.getvalue())
    line(drawing, (0.0, 0.1), (1.0, 0.1), ink="blue")
    picture = seen(drawing.png(300))
    assert picture.getpixel((150, 120)) == (0, 200, 0)
    assert picture.getpixel((150, 30)) != (0, 200, 0)


def test_undo_takes_one_stroke_after_the_other_and_then_nothing():
    drawing = Drawing()
    for at in (0.1, 0.2, 0.3):
        line(drawing, (at, 0.1), (at, 0.3))
    drawing.undo()
    assert [stroke.points[0][0] for stroke in drawing.strokes] == [0.1, 0.2]
    for _ in range(5):
        drawing.undo()
    assert drawing.strokes == []


@given(way=points, shape=st.floats(0.3, 4))
def test_nothing_is_drawn_beside_the_paper(way, shape):
    drawing = Drawing(shape=shape)
    line(drawing, *way)
    for x, y in smooth(drawing.strokes[0].points):
        assert -1e-9 <= x <= 1 + 1e-9 and -1e-9 <= y <= 1 / shape + 1e-9


@given(points)
def test_a_smoothed_stroke_begins_and_ends_where_the_finger_did(way):
    curve = smooth(way)
    assert (curve[0], curve[-1]) == (way[0], way[-1])


def test_a_corner_becomes_a_curve():
    corner = smooth([(0, 0), (1, 0), (1, 1)])
    steps = list(itertools.pairwise(corner))
    turns = [
        abs((bx - ax) * (dy - cy) - (by - ay) * (dx - cx))
        for ((ax, ay), (bx, by)), ((cx, cy), (dx, dy)) in itertools.pairwise(steps)
    ]
    assert max(turns) < 0.1


def test_a_page_full_of_strokes_takes_no_more():
    drawing = Drawing()
    for _ in range(MOST_STROKES + 5):
        line(drawing, (0.5, 0.5))
    assert len(drawing.strokes) == MOST_STROKES


@pytest.mark.parametrize("ink", INKS)
def test_every_ink_can_be_read_on_white(ink):
    from kiosk.theme.palette import contrast

    assert contrast(INKS[ink], "#FFFFFF") > 4.5


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n", b"no picture"])
def test_what_is_no_picture_has_no_shape(content):
    assert shape_of(content) is None
