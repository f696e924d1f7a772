from bidi import get_display
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.theme.bidi import drawing_order, level_line, levels, mirrored, runs_right_to_left

MIXED = st.text(
    alphabet="abé אבمرحبا٠١٢019.,:;+-/€%$#!?()[]{}«»\u00a0\u202f\u0651\u0301 ", max_size=40
)


def drawn(text: str, *, rtl: bool) -> str:
    line = level_line(text, levels(text, rtl=rtl), rtl=rtl)
    return "".join(text[index] for index in drawing_order(line))


@settings(max_examples=600, deadline=None)
@given(text=MIXED, rtl=st.booleans())
def test_characters_are_drawn_in_the_order_that_python_bidi_gives(text, rtl):
    assert drawn(text, rtl=rtl) == get_display(text, base_dir="R" if rtl else "L")


def test_brackets_turn_round_where_the_line_runs_from_right_to_left():
    text = "في (2026)"
    found = levels(text, rtl=True)
    assert "".join(mirrored(text[i], found[i]) for i in drawing_order(found)) == "(2026) يف"


def test_an_arabic_paragraph_runs_from_right_to_left_even_after_a_foreign_name():
    assert runs_right_to_left("Parvis ساحة", rtl=True)
    assert not runs_right_to_left("Parvis ساحة", rtl=False)
    assert runs_right_to_left("العربية (ar)", rtl=False)


def test_a_foreign_name_alone_and_bare_figures_run_as_people_write_them():
    assert not runs_right_to_left("Mairie de Lyon", rtl=True)
    assert runs_right_to_left("12.5", rtl=True)
    assert not runs_right_to_left("12.5", rtl=False)
