from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.theme.text import french_spaces, lay_out, visual_lines


def letters(text: str) -> float:
    """A measure for tests: every character is one wide."""
    return len(text)


def test_french_text_is_broken_between_words():
    assert visual_lines("un deux trois", 7, letters, rtl=False) == ["un deux", "trois"]


def test_a_word_wider_than_the_line_is_broken_and_nothing_is_lost():
    assert visual_lines("a anticonstitutionnellement b", 10, letters, rtl=False) == [
        "a",
        "anticonsti",
        "tutionnell",
        "ement b",
    ]


def test_a_compound_word_is_broken_after_its_hyphen():
    assert visual_lines("est-ce peut-être", 12, letters, rtl=False) == ["est-ce peut-", "être"]


def test_paragraphs_and_empty_lines_are_kept():
    assert visual_lines("un\n\ndeux", 10, letters, rtl=False) == ["un", "", "deux"]


def test_arabic_lines_come_in_the_order_they_are_read_each_from_right_to_left():
    first, second = visual_lines("مرحبا بكم", 6, letters, rtl=True)
    assert first == "ﺎﺒﺣﺮﻣ"
    assert second == "ﻢﻜﺑ"


def test_lam_and_alef_are_drawn_as_one_sign():
    assert visual_lines("لا سلام", 20, letters, rtl=True) == ["ﻡﻼﺳ ﻻ"]


def test_marks_stay_behind_their_letter():
    (line,) = visual_lines("جدًّا", 20, letters, rtl=True)
    assert line == "ﺍ" + "ﺪ" + "\u064b\u0651" + "ﺟ"


def test_numbers_and_foreign_words_in_arabic_run_from_left_to_right():
    (line,) = visual_lines("في 2026 (Parvis) 3,5", 40, letters, rtl=True)
    assert line == "3,5 (Parvis) 2026 ﻲﻓ"


def test_arabic_in_a_french_sentence_keeps_its_place():
    (line,) = visual_lines("En العربية, merci", 40, letters, rtl=False)
    assert line == "En ﺔﻴﺑﺮﻌﻟﺍ, merci"


def test_french_marks_never_stand_alone_at_the_start_of_a_line():
    text = french_spaces("Que voulez-vous changer ?")
    assert text == "Que voulez-vous changer\u202f?"
    assert visual_lines(text, 24, letters, rtl=False)[-1] == "changer\u202f?"


def test_french_spaces_go_where_typography_wants_them_and_nowhere_else():
    assert french_spaces("« Oui » : non ; si !") == (
        "«\u00a0Oui\u00a0»\u00a0: non\u202f; si\u202f!"
    )
    assert french_spaces("«Oui»") == "«\u00a0Oui\u00a0»"
    assert french_spaces("à 10:30, https://a.fr/?b=1;c") == "à 10:30, https://a.fr/?b=1;c"
    assert french_spaces("12 000 € et 5 %") == "12\u202f000\u202f€ et 5\u202f%"


def test_chinese_is_broken_anywhere_but_beside_its_marks():
    assert visual_lines("您的回答已保存。谢谢！", 7, letters, rtl=False) == [
        "您的回答已保",
        "存。谢谢！",
    ]
    assert visual_lines("请看（说明）吧", 3, letters, rtl=False) == ["请看", "（说", "明）吧"]
    assert visual_lines("他说……好——吧", 5, letters, rtl=False) == ["他说……", "好——吧"]


def test_a_foreign_word_in_chinese_stays_whole():
    assert visual_lines("我在Valmont住", 8, letters, rtl=False) == ["我在", "Valmont住"]


@given(text=st.text(alphabet="ab é-/\n مرحبالا2,(\u0651\u200d?", max_size=60), rtl=st.booleans())
def test_every_character_belongs_to_exactly_one_line(text, rtl):
    lines = lay_out(text, 7, letters, rtl=rtl)
    assert lines[0].start == 0
    assert lines[-1].end == len(text)
    for one, other in pairwise(lines):
        assert other.start - one.end == (text[one.end : one.end + 1] == "\n")
    for line in lines:
        covered = sorted((cluster.start, cluster.end) for cluster in line.clusters)
        assert letters(line.drawn.strip()) <= 7 or len(covered) == 1
        at = line.start
        for start, end in covered:
            assert start == at
            at = end
        assert not text[at : line.end].strip(" ")


@given(text=st.text(alphabet="ab é-/ مرحبالا2,(", max_size=60), rtl=st.booleans())
def test_french_spaces_twice_is_french_spaces_once(text, rtl):
    assert french_spaces(french_spaces(text)) == french_spaces(text)


@pytest.mark.parametrize("rtl", [False, True])
@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("👍🏽", "👍"),  # a colour of skin
        ("❤️", "❤"),  # "in colour"
        ("👨‍👩‍👧", "👨👩👧"),  # one picture of three
        ("1️⃣", "1"),  # a key
    ],
)
def test_what_changes_an_emoji_is_not_drawn_beside_it(written, drawn, rtl):
    (line,) = lay_out(written, 1000, len, rtl=rtl)
    assert "".join(sorted(line.drawn)) == "".join(sorted(drawn))
    assert (line.start, line.end) == (0, len(written))
