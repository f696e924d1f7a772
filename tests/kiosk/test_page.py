"""The frame of every screen, its tools, and questions put over it."""

import pytest
from kivy.uix.floatlayout import FloatLayout

from tests.kiosk import driver, hall  # isort: split

from kiosk.language import tr
from kiosk.theme.theme import Panel, theme
from kiosk.widgets.ask import Ask, Option
from kiosk.widgets.touch import Tap
from kiosk.widgets.words import Words


@pytest.fixture
def town(tmp_path):
    with hall.hall(tmp_path) as opened:
        yield opened


def tools(town):
    return list(reversed(town.kiosk.page.ids.tools.children))


def test_a_device_that_cannot_speak_has_no_button_to_listen(town):
    town.begin()
    listen = town.kiosk.page.ids.tools.ids["listen"].__self__
    assert listen not in tools(town)
    town.kiosk.can_speak = True
    town.kiosk.page.without = ["stop"]  # now it looks again at what there is
    driver.frames(2)
    assert listen in tools(town)


def test_the_idle_screen_offers_neither_language_nor_stop(town):
    said = {tool.said for tool in tools(town)}
    assert tr._("Langue") not in said
    assert tr._("Arrêter et tout effacer") not in said
    assert town.kiosk.page.ids.next.opacity == 0


def test_where_there_is_no_room_for_words_there_are_icons_alone(tmp_path):
    seen = {}
    for screen in (driver.SMALL, driver.LARGE):
        with hall.hall(tmp_path / str(screen.width), screen=screen) as town:
            town.begin()
            town.on()
            driver.frames(4)
            page = town.kiosk.page
            seen[screen] = page.ids.tools.wordless
            assert page.ids.tools.width <= page.width
            assert all(tool.said for tool in tools(town))
    assert seen == {driver.SMALL: True, driver.LARGE: False}


@pytest.mark.parametrize("rtl", [False, True])
def test_the_way_on_is_where_the_language_reads_to(town, rtl):
    town.begin()
    theme.rtl = rtl
    driver.frames(4)
    page = town.kiosk.page
    assert (page.ids.next.center_x < page.ids.back.center_x) is rtl
    theme.rtl = False


# --- questions over the screen --------------------------------------------------------------------


@pytest.fixture
def below(window):
    """Something to touch, filling the window, and what it felt."""
    theme.fit(Panel(window.width, window.height, window.diagonal))
    felt = []
    ground = FloatLayout()
    thing = Tap(said="below", size_hint=(1, 1))
    thing.bind(on_release=lambda _: felt.append("below"))
    ground.add_widget(thing)
    driver.show(ground)
    return ground, felt


def ask(ground, *texts, felt):
    question = Ask(title="Tout effacer ?", text="Rien ne sera gardé.")
    question.offer([Option(text, lambda text=text: felt.append(text)) for text in texts])
    ground.add_widget(question)
    driver.frames(4)
    return question, [one for one in question.walk(restrict=True) if isinstance(one, Tap)]


def test_each_option_does_its_own_and_nothing_below_feels_it(below):
    ground, felt = below
    _, options = ask(ground, "Oui", "Non", felt=felt)
    for option in options:
        driver.tap(option)
    assert felt == ["Oui", "Non"]


def test_beside_its_options_a_question_takes_every_touch_and_does_nothing(below):
    ground, felt = below
    ask(ground, "Oui", felt=felt)
    for x, y in ((5, 5), (400, 790), (1275, 400)):
        finger = driver.touch_at(x, y)
        finger.touch_down()
        finger.touch_up()
    driver.frames(2)
    assert felt == []


@pytest.mark.parametrize("window", driver.SCREENS, indirect=True)
def test_many_options_can_all_be_reached(below):
    ground, felt = below
    names = [f"Consultation {number}" for number in range(8)]
    question, options = ask(ground, *names, felt=felt)
    assert len(options) >= len(names)
    paged = question.ids.options
    for _ in range(12):
        for option in options:
            view = paged._view
            inside = view.y - 1 <= option.y and option.top <= view.top + 1
            if option.said in names and option.said not in felt and inside:
                driver.tap(option)
        if not paged.more_below:
            break
        paged.turn(1)
        driver.frames(2)
    assert sorted(felt) == sorted(names)


def test_it_says_its_headline_and_its_sentence():
    assert Ask(title="Tout effacer ?", text="Rien ne sera gardé.").say() == (
        "Tout effacer ? Rien ne sera gardé."
    )


@pytest.mark.parametrize("window", driver.SCREENS, indirect=True)
def test_long_options_wrap_and_keep_letters_that_can_be_read(below):
    ground, felt = below
    theme.choose_capital(theme.sizes - 1)
    long = "Comment réduire la place de la voiture au centre, rue par rue ? Proposition"
    _, options = ask(ground, *(f"{long} {number}" for number in range(5)), felt=felt)
    words = [one for option in options for one in option.walk() if isinstance(one, Words)]
    assert min(one.font_size for one in words if one.text) >= theme.small
    assert all(one.texture_size[0] <= one.width + 2 for one in words)
