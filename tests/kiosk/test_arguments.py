"""Cards for and against, read before answering."""

import dataclasses

import pytest

from kiosk.language import own_name, tr
from kiosk.screens.arguments import fill_pages, rows_of
from kiosk.theme.theme import theme
from sync import consultation as packages
from sync.consultation import Card, Side
from tests.kiosk import driver, hall

LONG = "Les trottoirs sont étroits. Les poussettes et les fauteuils ne passent pas partout. "
CARDS = (
    Card(Side.FOR, "Plus de place à pied", LONG * 2),
    Card(Side.FOR, "Moins de bruit", "Moins de voitures, c’est moins de bruit."),
    Card(Side.AGAINST, "Moins de places pour se garer", LONG),
    Card(Side.FACT, "Le prix", "Les travaux coûtent 300 000 €."),
)


def about():
    draft = hall.consultation()
    notice = {
        "fr": dataclasses.replace(hall.NOTICE, cards=CARDS),
        "en": dataclasses.replace(
            hall.ENGLISH_NOTICE, cards=(Card(Side.FOR, "More room", "On foot."),)
        ),
    }
    return packages.publish(dataclasses.replace(draft, notice=notice), hall.keys().organiser)


def read_on(kiosk):
    """What is said on each page of cards, up to the first question."""
    said = []
    while kiosk.name == "arguments":
        if kiosk.kiosk.page.say() not in said:
            said.append(kiosk.kiosk.page.say())
        kiosk.on()
    return said


@pytest.mark.parametrize("screen", driver.SCREENS, ids=lambda screen: str(screen.width))
@pytest.mark.parametrize("size", [0, 3])
def test_every_card_is_seen_and_heard_before_the_first_question(tmp_path, screen, size):
    with hall.hall(tmp_path, about(), screen=screen) as kiosk:
        driver.tap(kiosk.kiosk.page.ids.start)
        kiosk.touch("Français")
        theme.choose_capital(size)
        driver.frames(3)
        kiosk.on()
        assert kiosk.name == "arguments"
        said = " ".join(read_on(kiosk))
        for card in CARDS:
            assert said.count(card.title) == 1
        assert "Contre. Moins de places" in said
        assert kiosk.name == "question"
        kiosk.back()
        assert kiosk.name == "arguments"
        assert kiosk.kiosk.page.ids.grid.children


def test_on_a_wide_panel_the_arguments_stand_side_by_side(tmp_path):
    with hall.hall(tmp_path, about(), screen=driver.LARGE) as kiosk:
        driver.tap(kiosk.kiosk.page.ids.start)
        kiosk.touch("Français")
        kiosk.on()
        first, second, *_ = reversed(kiosk.kiosk.page.ids.grid.children)
        assert (first.side, second.side) == ("Pour", "Contre")
        assert first.right < second.x
        assert first.top == second.top


def test_a_language_whose_notice_has_no_cards_shows_those_there_are(tmp_path):
    with hall.hall(tmp_path, about()) as kiosk:
        driver.tap(kiosk.kiosk.page.ids.start)
        kiosk.touch(own_name("zh"))
        kiosk.on()
        assert kiosk.name == "arguments"
        assert "赞成. Plus de place à pied" in kiosk.kiosk.page.say()


def test_text_size_and_language_may_be_changed_among_the_cards(tmp_path):
    with hall.hall(tmp_path, about(), screen=driver.SMALL) as kiosk:
        driver.tap(kiosk.kiosk.page.ids.start)
        kiosk.touch("Français")
        kiosk.on()
        kiosk.on()
        seen = kiosk.kiosk.page.say()
        kiosk.tool("text")
        driver.frames(3)
        assert kiosk.kiosk.page.say().split(".")[1] in seen
        kiosk.tool("language")
        kiosk.touch("English")
        assert kiosk.name == "arguments"
        assert kiosk.kiosk.page.say() == "For. More room. On foot."
        kiosk.back()
        assert kiosk.name == "notice"
        assert kiosk.kiosk.page.next_text == tr._("Suivant")


def test_each_argument_stands_beside_one_of_the_other_side():
    rows = [[card.title for card in row] for row in rows_of(CARDS, 2)]
    assert rows == [
        ["Plus de place à pied", "Moins de places pour se garer"],
        ["Moins de bruit"],
        ["Le prix"],
    ]
    assert [len(row) for row in rows_of(CARDS, 1)] == [1, 1, 1, 1]


def test_pages_hold_what_fits_and_at_least_one():
    assert fill_pages([10, 10, 10], 25, 2) == [range(0, 2), range(2, 3)]
    assert fill_pages([50, 10], 25, 2) == [range(0, 1), range(1, 2)]
    assert fill_pages([10, 11], 23, 2) == [range(0, 2)]
