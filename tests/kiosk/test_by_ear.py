"""By ear: what is said, when, and that nothing of it is left for the next person."""

from dataclasses import replace

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.access.commands import KEY_SETS
from kiosk.access.echo import echo
from kiosk.access.names import name_of as named
from kiosk.access.signs import name_of_sign
from kiosk.focus import put_focus, stops
from kiosk.language import available_languages, tr
from kiosk.screens.receipt import SECONDS_SHOWN
from kiosk.speech.parts import Recording, Speech, in_words
from kiosk.speech.voice import USUAL_SPEED, USUAL_VOLUME, Voice
from kiosk.widgets.layouts import address_layout, layouts_for, telephone_pad
from kiosk.widgets.lead import Lead
from tests.kiosk.listener import Listener

RECORDED = """
| survey | type | name | label::Français (fr) | media::audio::Français (fr) |
| | select_one lieux | ou | Où ? | ou.wav |
| choices | list_name | name | label::Français (fr) | media::audio::Français (fr) |
| | lieux | place | La place | place.wav |
| | lieux | parc | Le parc | |
| settings | form_id | default_language |
| | sons | Français (fr) |
"""


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    ear = Listener()
    with hall.Standing(tmp_path_factory.mktemp("hall"), voice=ear) as opened:
        yield opened, ear


@pytest.fixture
def town(standing):
    opened, ear = standing
    town = opened.up()
    town.kiosk._private = False
    town.kiosk.erase()
    driver.frames(2)
    ear.heard.clear()
    return town, ear


def to(town, kind):
    town.begin()
    for _ in range(40):
        if town.kiosk.journey.step().kind.name == kind:
            return
        if town.kiosk.journey.step().kind.name == "INTEGER":
            town.kiosk.journey.hold("30")
        town.on()
    raise AssertionError(f"there is no {kind}")


def test_nothing_is_said_until_somebody_listens(town):
    kiosk, ear = town
    to(kiosk, "SELECT_ONE")
    assert ear.heard == []


def test_each_screen_says_itself_once_somebody_listens(town):
    there, ear = town
    there.begin()
    there.tool("listen")
    assert "Bonjour." in ear.last
    there.on()
    assert "Question 2 sur" in ear.last
    assert "Votre idée ?" in ear.last


def test_a_second_touch_offers_speed_and_loudness(town):
    there, ear = town
    there.begin()
    there.tool("listen")
    there.tool("listen")
    there.touch("Plus vite", "Moins fort")
    assert (ear.speed, ear.volume) == (USUAL_SPEED + 1, USUAL_VOLUME - 1)
    assert ear.last == "Volume 3 sur 6."
    assert there.kiosk.cover.text.startswith("Vitesse 4 sur 7")
    there.touch("Ne plus écouter")
    assert not there.kiosk.listening
    count = len(ear.heard)
    there.on()
    assert len(ear.heard) == count


def test_the_next_person_finds_silence_and_the_usual(town):
    there, ear = town
    there.begin()
    driver.key("f10")
    for key in ("f5", "f5", "f7"):
        driver.key(key)
    assert there.kiosk.curtained
    there.kiosk.erase()
    assert (ear.speed, ear.volume) == (USUAL_SPEED, USUAL_VOLUME)
    assert not there.kiosk.listening
    assert not there.kiosk.curtained


def test_trouble_is_said_at_once(town):
    there, ear = town
    to(there, "INTEGER")
    there.kiosk.journey.hold("3")
    there.tool("listen")
    there.on()
    assert ear.last == "De 16 à 129 ans."


def test_a_choice_says_how_it_stands(town):
    there, ear = town
    to(there, "SELECT_ONE")
    there.kiosk.ear.begin()
    driver.key("tab")
    driver.frames(2)
    assert ear.last == "Oui, pas choisi."
    driver.key("enter")
    driver.frames(2)
    assert ear.last == "choisi."


def test_a_date_is_said_after_each_key(town):
    there, ear = town
    to(there, "DATE")
    there.kiosk.ear.begin()
    for _ in range(20):
        driver.key("tab")
        if "Plus" in ear.last:
            break
    driver.key("enter")
    driver.frames(2)
    assert "21" in ear.last


def test_typed_letters_and_words_are_echoed(town):
    there, ear = town
    to(there, "TEXT")
    there.kiosk.ear.begin()
    driver.key("tab")
    driver.key("o", "o")
    assert ear.last == "o."
    driver.key("k", "k")
    driver.key("spacebar", " ")
    assert ear.last == "ok."


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("", "é", "é"),
        ("un mot", "un mot ", "mot"),
        ("un mot", "un mot.", "mot. point"),
        ("mot", "mo", "effacé : t"),
        ("e", "é", "é"),
        ("", "A", "A majuscule"),
        ("a", "a", ""),
        ("a ", "a  ", "espace"),
    ],
)
def test_what_is_said_of_what_was_typed(before, after, said):
    assert " ".join(echo(before, after).split()) == said


def test_headphones_begin_and_end_it(town):
    there, ear = town
    there.kiosk.headphones_changed(True)
    driver.frames(2)
    assert there.kiosk.listening
    assert ear.heard
    there.begin()
    there.kiosk.headphones_changed(False)
    driver.frames(2)
    assert not there.kiosk.listening


def test_behind_the_curtain_no_touch_counts(town):
    there, _ = town
    there.begin()
    driver.key("f10")
    driver.frames(2)
    before = there.kiosk.journey.ref
    driver.tap(there.kiosk.page.ids.next)
    assert there.kiosk.journey.ref == before
    driver.key("f10")
    driver.frames(2)
    driver.tap(there.kiosk.page.ids.next)
    assert there.kiosk.journey.ref != before


def test_repeat_says_the_screen_again_and_is_no_choice(town):
    there, ear = town
    to(there, "SELECT_ONE")
    driver.key("f3")
    said = ear.last
    driver.key("f3")
    assert ear.last == said
    assert there.kiosk.journey.value() == ""


def test_the_idle_screen_speaks_several_languages(town):
    there, ear = town
    there.kiosk.ear.begin()
    languages = {part.language for part in ear.heard[-1] if isinstance(part, Speech)}
    assert len(languages) >= 2


def test_a_choice_is_said_once_when_its_question_opens(town):
    there, ear = town
    to(there, "SELECT_ONE")
    there.tool("listen")
    assert ear.last == "Question 6 sur 10. À vélo ? Oui. Non."


def test_the_text_size_and_the_colours_are_told(town):
    there, ear = town
    there.begin()
    there.kiosk.ear.begin()
    tools = there.kiosk.page.ids.tools.ids
    put_focus(there.kiosk.page, tools["text"].__self__)
    driver.key("enter")
    assert ear.last == "Taille 3 sur 4."
    put_focus(there.kiosk.page, tools["contrast"].__self__)
    driver.key("enter")
    assert ear.last == "clair sur foncé."


def test_how_long_is_left_is_said_while_it_counts_down(town):
    there, ear = town
    there.begin()
    there.kiosk.ear.begin()
    there.wait(121)
    assert "dans 30 secondes" in ear.last
    for _ in range(10):
        there.wait(1)
    assert "dans 20 secondes" in ear.last
    for _ in range(10):
        there.wait(1)
    assert "dans 10 secondes" in ear.last


def test_the_key_that_says_that_one_is_there_writes_nothing_and_chooses_nothing(town):
    there, _ = town
    to(there, "TEXT")
    driver.key("tab")
    field = there.kiosk.page.answer.field
    assert field.focus
    there.wait(121)
    assert there.kiosk.asks_whether_there
    driver.key("spacebar", " ")
    assert not there.kiosk.asks
    assert field.text == ""
    there.wait(121)
    driver.hold("enter")
    driver.hold("enter")
    driver.let_go("enter")
    assert field.text == ""
    assert there.kiosk.keypad.focused is field


def test_the_review_says_each_answer_where_it_can_be_changed(town):
    there, ear = town
    to(there, "DECIMAL")
    there.kiosk.journey.hold("2.5")
    there.skip_to_review()
    there.kiosk.ear.begin()
    assert "Combien de kilomètres ? 2,5." in ear.last
    changes = [stop for stop in stops(there.kiosk.page) if named(stop).endswith("kilomètres ?")]
    put_focus(there.kiosk.page, changes[0])
    there.kiosk.ear.came_to(changes[0])
    assert ear.last == "Changer. Combien de kilomètres ? 2,5."


def test_a_changed_speed_is_the_last_thing_that_is_said(town):
    there, ear = town
    to(there, "SELECT_ONE")
    there.kiosk.ear.begin()
    there.kiosk.listen()
    driver.frames(2)
    faster = next(thing for thing in there.hands.things() if thing.said == "Plus vite")
    while there.kiosk.keypad.focused is not faster:
        driver.key("tab")
        assert "pas choisi" not in ear.last
    before = there.kiosk.ear.voice.speed
    driver.key("enter")
    driver.frames(4)
    assert there.kiosk.ear.voice.speed == before + 1
    assert ear.last.startswith(f"Vitesse {before + 2} sur")
    driver.tap(faster)
    driver.frames(4)
    assert ear.last.startswith(f"Vitesse {before + 3} sur")


@pytest.mark.parametrize("language", available_languages())
def test_every_sign_of_every_keyboard_has_a_name(language):
    tr.speak(language)
    for spoken in available_languages():
        for layout in (*layouts_for(spoken), address_layout(spoken), telephone_pad()):
            for row in (*layout.letters, *layout.signs):
                for key in row:
                    if len(key.text) == 1 and not key.text.isalnum():
                        assert name_of_sign(key.text).strip(), repr(key.text)
    tr.speak("fr")


def test_a_key_with_a_sign_is_called_by_its_name(town):
    there, _ = town
    to(there, "TEXT")
    driver.tap(there.kiosk.page.answer.field)
    keyboard = there.kiosk.page.answer.keyboard
    keyboard.page = "signs"
    driver.frames(2)
    said = {cap.text: cap.said for row in keyboard.key_rows for cap in row.caps}
    assert said["?"] == "point d’interrogation"
    assert said["-"] == "tiret"
    assert all(text != name for text, name in said.items() if text and not text.isalnum())


def test_the_receipt_says_that_it_goes_before_it_goes(town):
    there, ear = town
    there.begin()
    to_review(there)
    there.on(2)
    page = there.kiosk.page
    page._counting.cancel()  # seconds go by as this test counts them, on however slow a machine
    page.seconds = SECONDS_SHOWN
    there.kiosk.ear.begin()
    assert "L’écran s’efface dans 60 secondes." in ear.last
    said = []
    for _ in range(59):
        before = len(ear.heard)
        page._count()
        said += ear.heard[before:]
    assert there.name == "receipt"
    assert len(said) == 2
    assert ear.last == "L’écran s’efface dans 10 secondes."


def test_the_receipt_does_not_go_away_while_it_is_said(town, monkeypatch):
    there, ear = town
    there.begin()
    to_review(there)
    there.on(2)
    assert there.name == "receipt"
    page = there.kiosk.page
    monkeypatch.setattr(type(ear), "speaks", True)
    page.seconds = 1
    page._count()
    assert there.name == "receipt" and page.seconds >= 20
    assert "Tout est lu." in in_words(page.spoken())


def to_review(there):
    for _ in range(40):
        if there.name == "review":
            return
        if there.kiosk.journey.step().kind.name == "INTEGER":
            there.kiosk.journey.hold("30")
        there.on()
    raise AssertionError("there is no review")


def test_what_the_kiosk_says_beside_a_foreign_question_is_in_the_persons_language(town):
    there, ear = town
    to(there, "RANK")
    there.kiosk.journey.hold("parc place quai")
    there.kiosk.speak_language("ar")
    there.kiosk.ear.begin()
    (arrow,) = [stop for stop in stops(there.kiosk.page) if named(stop).endswith("أعلى. Le quai")]
    there.kiosk.ear.came_to(arrow)
    assert ear.heard[-1] == (Speech("إلى أعلى.", "ar"), Speech("Le quai.", "fr"))
    card = there.kiosk.page.answer.cards["quai"]
    there.kiosk.ear.came_to(card)
    assert [part.language for part in ear.heard[-1]] == ["fr", "ar"]
    there.kiosk.speak_language("fr")


def test_a_closed_consultation_says_that_it_is_over(town):
    there, ear = town
    there.kiosk.is_open = False
    try:
        there.kiosk.ear.begin()
        assert "C’est terminé." in ear.last and "commencer" not in ear.last
    finally:
        there.kiosk.is_open = True


def test_recordings_of_the_form_come_before_the_synthesiser(tmp_path):
    ear = Listener()
    with hall.hall(tmp_path, hall.consultation(RECORDED), voice=ear) as there:
        sounds = {"ou.wav": b"RIFFou", "place.wav": b"RIFFplace"}
        object.__setattr__(there.kiosk.offer.consultation, "media", sounds)
        there.begin()
        there.kiosk.ear.begin()
        heard = [part for part in ear.heard[-1] if isinstance(part, Recording)]
        assert [part.sound for part in heard] == [b"RIFFou", b"RIFFplace"]
        driver.key("tab")
        while isinstance(there.kiosk.keypad.focused, Lead):
            driver.key("tab")
        assert ear.heard[-1][0] == Recording(b"RIFFplace", Speech("La place", "fr"))
        driver.key("tab")
        assert ear.last == "Le parc, pas choisi."


LONG_LIST = """
| survey | type | name | label::Français (fr) |
| | select_one villes | ou | Où ? |
| choices | list_name | name | label::Français (fr) |
""" + "".join(f"| | villes | v{n} | {'Tours' if n % 8 == 0 else 'Albi'} {n} |\n" for n in range(40))
LONG_LIST += "| settings | form_id | default_language |\n| | villes | Français (fr) |\n"


def test_while_one_searches_one_hears_how_many_fit(tmp_path):
    ear = Listener()
    with hall.hall(tmp_path, hall.consultation(LONG_LIST), voice=ear) as there:
        there.begin()
        there.kiosk.ear.begin()
        driver.key("tab")
        while there.kiosk.keypad.focused is not there.kiosk.page.answer.field:
            driver.key("tab")
        driver.key("t", "t")
        assert ear.last == "t. 5 choix."
        driver.key("z", "z")
        assert "Rien ne correspond." in ear.last


def test_a_wrong_pin_is_said(tmp_path):
    ear = Listener()
    with hall.hall(tmp_path, people=True, voice=ear) as there:
        there.kiosk.open_sign_in()
        there.kiosk.ear.begin()
        there.touch(hall.MEDIATOR, "1", "2", "3", "4", "Valider")
        assert ear.last == "Ce code n’est pas le bon. Essayez encore."


def test_the_agreement_is_read_to_who_listens(tmp_path):
    ear = Listener()
    with hall.hall(tmp_path, people=True, voice=ear) as there:
        there.sign_in(hall.MEDIATOR, hall.MEDIATOR_PIN)
        there.on()
        there.touch("Français")
        assert there.name == "agreement"
        there.kiosk.ear.begin()
        assert "Êtes-vous d’accord ?" in ear.last.replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("programs", [("no-synthesiser", "cat"), ("cat", "no-player")])
def test_where_nothing_can_be_said_any_more_the_screens_go_on(tmp_path, programs, caplog):
    synthesiser, player = programs
    with hall.hall(tmp_path, voice=Voice(synthesiser, (player,))) as there:
        there.begin()
        there.kiosk.listen()
        there.on()
        assert there.kiosk.journey.ref == "/data/idee"
        assert not there.kiosk.ear.speaks
    assert "Nothing can be said" in caplog.text


def test_one_switch_lights_nothing_else_before_the_sentence_is_over(tmp_path):
    class Talker(Listener):
        talks = True
        speaks = property(lambda self: self.talks)

    ear = Talker()
    by_hand = replace(KEY_SETS["switch"], scan_seconds=1.5)
    with hall.hall(tmp_path, voice=ear, key_map=by_hand) as there:
        there.begin()
        there.kiosk.ear.begin()
        driver.key("enter")
        keypad = there.kiosk.keypad
        keypad._scanning.cancel()
        lit = keypad.focused
        for _ in range(40):
            keypad._dwell(0.1)
        keypad._scan()
        assert keypad.focused is lit
        ear.talks = False
        for _ in range(14):
            keypad._dwell(0.1)
        assert keypad.focused is lit
        keypad._dwell(0.1)
        keypad._dwell(0.1)
        assert keypad.focused is not lit
