"""Screen readers: a real AT-SPI client on a real bus reads the kiosk and presses its buttons."""

import os
from functools import partial

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.access.screen_readers import open_bridge
from tests.kiosk.assistive import Assistive, meanwhile, session_bus, until


@pytest.fixture(scope="module")
def bridged(tmp_path_factory):
    with (
        session_bus() as session,
        hall.hall(tmp_path_factory.mktemp("hall")) as town,
    ):
        bridge = open_bridge(town.kiosk)
        assert not bridge.active  # nobody has asked yet
        client = meanwhile(lambda: Assistive(session))
        yield town, client, bridge
        client.close()
        bridge.close()


@pytest.fixture
def reader(bridged):
    town, client, bridge = bridged
    town.kiosk.erase()
    driver.frames(2)
    return town, client, bridge


def named(client, name):
    """The object of that name, once it is there."""

    def look():
        return [thing for thing in client.objects() if thing.name == name]

    found = until(look)
    assert found, f"nothing is called {name}"
    return found[0]


def press(client, name):
    thing = named(client, name)
    meanwhile(lambda: client.press(thing))
    driver.frames(3)


def test_the_idle_screen_is_read(reader):
    _, client, bridge = reader
    assert named(client, "Demander de l’aide").role == "button"
    assert bridge.active
    assert any(thing.name == "Parvis" for thing in meanwhile(client.objects))


def test_a_journey_begins_through_a_screen_reader(reader):
    town, client, _ = reader
    town.touch(town.kiosk.page.begin)
    press(client, "Français")
    assert town.name == "notice"
    press(client, "Je commence")
    assert town.name == "question"


def to_choices(reader):
    town, client, _ = reader
    town.begin()
    for _ in range(40):
        if town.name == "question" and town.kiosk.journey.step().kind.name == "SELECT_ONE":
            return town, client
        if town.kiosk.journey.step().kind.name == "INTEGER":
            town.kiosk.journey.hold("30")
        town.on()
    raise AssertionError("there is no choice")


def test_a_choice_says_whether_it_is_taken(reader):
    town, client = to_choices(reader)
    assert named(client, "Oui").role == "radio button"
    assert not named(client, "Oui").checked
    press(client, "Oui")
    assert town.kiosk.journey.value() == "oui"
    assert until(lambda: [one for one in client.objects() if one.name == "Oui" and one.checked])


def test_the_focus_is_told(reader):
    town, client = to_choices(reader)
    driver.key("tab")
    driver.key("tab")
    lit = town.kiosk.keypad.focused.said
    assert until(lambda: [one for one in client.objects() if one.name == lit and one.focused])


def test_trouble_is_an_alert(reader):
    town, client, _ = reader
    town.begin()
    town.on(3)  # the age is required
    trouble = town.kiosk.page.trouble
    assert trouble
    assert named(client, trouble).role in ("alert", "notification")


def test_what_is_written_can_be_read_letter_by_letter(reader):
    town, client, _ = reader
    town.begin()
    town.on()
    field = town.kiosk.page.answer.field
    for text, caret in (("", 0), ("Plus d’ombre\net d’eau", 4), ("مرحبا 25", 8), ("un\n", 3)):
        field.text, field.caret = text, caret
        driver.frames(2)
        entry = entries(client)[0]
        wanted = (text, caret)
        assert until(partial(reads, client, entry, wanted)), text


def entries(client):
    """The fields that are there."""
    return until(lambda: [one for one in client.objects() if one.role in ("entry", "text")])


def reads(client, entry, wanted):
    """Whether this stands in the field, with the caret there."""
    return client.text(entry) == wanted


def test_what_is_put_in_order_lets_go_of_nothing(reader):
    town, client, _ = reader
    town.begin()
    for _ in range(40):
        if town.name == "question" and town.kiosk.journey.step().kind.name == "RANK":
            break
        if town.kiosk.journey.step().kind.name == "INTEGER":
            town.kiosk.journey.hold("30")
        town.on()
    town.choose("quai")
    found = until(
        lambda: [one for one in client.objects() if one.name == "Le quai" and one.checked]
    )
    (quay,) = found
    assert quay.role == "check box"
    assert until(lambda: client.description(quay) == "place 1")


def test_how_far_along_and_how_it_looks_have_words(reader):
    town, client, _ = reader
    town.begin()
    assert named(client, "Question 1 sur 10").role in ("label", "progress bar")
    bars = until(lambda: [one for one in client.objects() if one.role == "progress bar"])
    assert [bar.name for bar in bars] == ["Question 1 sur 10"]
    tool = named(client, "Taille du texte")
    assert until(lambda: client.description(tool) == "Taille 2 sur 4")


def test_behind_the_curtain_nothing_is_told(reader):
    town, client, _ = reader
    named(client, "Demander de l’aide")
    town.kiosk.curtained = True
    try:
        assert until(lambda: all(thing.role != "button" for thing in client.objects()))
    finally:
        town.kiosk.curtained = False


def test_without_a_session_bus_there_is_no_bridge(monkeypatch):
    monkeypatch.setitem(os.environ, "DBUS_SESSION_BUS_ADDRESS", "")
    assert open_bridge(None) is None
