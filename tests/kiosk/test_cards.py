import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kiosk import driver  # isort: split

from kiosk.theme.theme import Panel, theme
from kiosk.widgets.cards import CardGrid, ChoiceCard, arrange


def flat(count, height=10.0):
    return lambda width: [height] * count


def test_the_first_number_of_columns_that_fits_is_taken():
    assert arrange(flat(6), 6, 300, 100, 5, (1, 2, 3)).columns == 1
    assert arrange(flat(6), 6, 300, 50, 5, (1, 2, 3)).columns == 2
    assert arrange(flat(6), 6, 300, 30, 5, (1, 2, 3)).columns == 3


def test_where_none_fits_the_lowest_is_taken():
    assert arrange(flat(6), 6, 300, 1, 5, (1, 2, 3)).columns == 3


def test_cards_that_would_be_too_narrow_do_not_stand_side_by_side():
    assert arrange(flat(4), 4, 300, 1, 5, (2, 1), narrowest=200).columns == 1


def test_one_card_alone_stands_even_where_it_is_narrow():
    assert arrange(flat(1), 1, 50, 1, 5, (2, 1), narrowest=200).columns == 1


def test_there_are_never_more_columns_than_cards():
    plan = arrange(flat(2), 2, 300, 1, 5, (3,))
    assert (plan.columns, plan.rows) == (2, (10.0,))


def test_a_row_is_as_high_as_its_highest_card():
    heights = [10, 30, 20, 5]
    plan = arrange(lambda width: heights, 4, 300, 1, 5, (2,))
    assert plan.rows == (30, 20)
    assert plan.height(5) == 55


@given(
    st.lists(st.floats(1, 500), min_size=1, max_size=30),
    st.floats(50, 2000),
    st.floats(0, 2000),
    st.lists(st.integers(1, 4), min_size=1, max_size=4, unique=True),
)
def test_every_card_has_its_height_and_nothing_lower_would_have_fitted(
    heights, width, room, columns
):
    plan = arrange(lambda _: heights, len(heights), width, room, 5, [*columns, 1])
    for at, height in enumerate(heights):
        assert plan.rows[at // plan.columns] >= height
    if plan.height(5) > room:
        for other in columns:
            lower = arrange(lambda _: heights, len(heights), width, room, 5, [other])
            assert plan.height(5) <= lower.height(5)


@pytest.mark.parametrize("window", driver.SCREENS, indirect=True)
@pytest.mark.parametrize("rtl", [False, True])
def test_cards_stand_in_reading_order_side_by_side_without_overlap(window, rtl):
    theme.fit(Panel(window.width, window.height, window.diagonal))
    theme.rtl = rtl
    grid = CardGrid(columns=(2, 1), room=2000)
    cards = [ChoiceCard(name=str(n), text=f"Choix {n}") for n in range(4)]
    for card in cards:
        grid.add_widget(card)
    driver.show(grid)
    grid.size_hint_x = None
    grid.width = window.width
    driver.frames(2)
    first, second, third, _ = cards
    assert (first.x > second.x) is rtl
    assert first.y > third.top
    for one in cards:
        for other in cards:
            assert one is other or not one.collide_widget(other)
    theme.rtl = False


@pytest.mark.parametrize("window", [driver.SMALL], indirect=True)
def test_cards_stand_under_each_other_where_a_word_would_break_beside_another(window):
    theme.fit(Panel(window.width, window.height, window.diagonal))
    theme.choose_capital(theme.sizes - 1)
    grid = CardGrid(columns=(2, 1), room=2000)
    one, other = ChoiceCard(text="Aucamville-lès-Lacs"), ChoiceCard(text="Auterive")
    grid.add_widget(one)
    grid.add_widget(other)
    driver.show(grid)
    grid.size_hint_x, grid.width = None, window.width
    driver.frames(3)
    assert one.x == other.x and one.y > other.top
    theme.choose_capital(0)
    driver.frames(3)
    assert one.y == other.y
