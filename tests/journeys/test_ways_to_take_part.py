"""Ways to take part that need no screen of their own, played by touches to what is sealed.

The others are in `tests/kiosk/test_methods.py`.
"""

import pytest

from tests.kiosk import driver, hall  # isort: split

from forms.engine import Kind
from kiosk.journey import AMONG_QUESTIONS
from tests.kiosk import media

PANELS = pytest.mark.parametrize(
    ("screen", "language"),
    [(driver.SMALL, "fr"), (driver.MIDDLE, "en")],
    ids=["800x480 fr", "1280x800 en"],
)


class Person:
    """Somebody who knows what they want to say, and touches it."""

    def __init__(self, there, meant):
        self.there, self.meant = there, dict(meant)

    def takes_part(self, language):
        """From the idle screen to the receipt and away; gives back what was sealed, by name."""
        there = self.there
        there.begin(language)
        while there.name == "arguments":
            there.on()
        for _ in range(200):
            if there.kiosk.journey.stage not in AMONG_QUESTIONS:
                break
            name = there.kiosk.journey.ref.rpartition("/")[2]
            if name in self.meant:
                self.answer(self.meant.pop(name))
            there.on()
        assert there.name == "review" and not self.meant
        there.wait_for_review()
        for _ in range(60):  # long pages are gone through first
            if there.name == "receipt":
                break
            there.on()
        assert there.name == "receipt"
        there.on()
        assert there.name == "welcome"
        (contribution,) = hall.opened(there.device)
        return {path.rpartition("/")[2]: value for path, value in contribution.fields}, contribution

    def answer(self, meant):
        """With the touches that this kind of question wants."""
        step, answer = self.there.kiosk.journey.step(), self.there.kiosk.page.answer
        match step.kind:
            case Kind.TEXT:
                self.there.type(meant)
            case Kind.RANK:
                for one in meant.split():
                    self.touch(answer.cards[one])
            case Kind.GEOPOINT:
                driver.tap(answer.ids.view, *meant)
            case Kind.IMAGE:
                self.there.touch(*meant)
            case Kind.AUDIO:
                driver.tap(answer.ids.card)
                self.there.kiosk.equipment.recorder.hear(meant)
                driver.pass_time(0.05)
                driver.tap(answer.ids.card)
            case _:
                for one in meant.split():
                    self.there.choose(one)

    def touch(self, thing):
        """Where it is out of sight, turn the page to it before."""
        self.there.kiosk.page.ids.paged._view.bring_into_sight(thing)
        driver.frames(2)
        driver.tap(thing)


@pytest.fixture
def at(tmp_path):
    opened = []

    def lead(name, screen):
        context = hall.hall(tmp_path, hall.from_catalogue(name), screen=screen)
        there = context.__enter__()
        opened.append(context)
        there.kiosk.equipment = media.equipment()
        return there

    yield lead
    for context in opened:
        context.__exit__(None, None, None)


@PANELS
def test_a_petition_is_signed_with_what_says_who_signs(at, screen, language):
    meant = {
        **{"signe": "oui", "prenom": "lea", "nom": "petit"},
        **{"seize_ans": "oui", "commune": "voisine"},
    }
    said, _ = Person(at("petition", screen), meant).takes_part(language)
    assert {name: said[name] for name in meant} == meant


@PANELS
def test_who_does_not_sign_a_petition_is_not_asked_who_they_are(at, screen, language):
    said, _ = Person(at("petition", screen), {"signe": "non"}).takes_part(language)
    assert said["signe"] == "non"
    assert not {"prenom", "nom", "commune"} & {name for name, value in said.items() if value}


@PANELS
def test_a_question_reaches_the_representative_it_is_for(at, screen, language):
    meant = {"destinataire": "transports", "question": "et le bus", "publication": "non"}
    said, _ = Person(at("question-aux-elus", screen), meant).takes_part(language)
    assert said | meant == said


@PANELS
def test_somebody_volunteers_for_a_panel(at, screen, language):
    meant = {
        **{"volontaire": "oui", "age": "60_74", "genre": "femme", "quartier": "nord"},
        **{"nom": "zoe", "telephone": "par lettre"},
    }
    said, _ = Person(at("panel", screen), meant).takes_part(language)
    assert said | meant == said


@PANELS
def test_streets_are_ranked_in_the_order_in_which_they_are_touched(at, screen, language):
    meant = {"ordre": "quai gare moulin ecoles"}
    said, _ = Person(at("classement", screen), meant).takes_part(language)
    assert said["ordre"] == "quai gare moulin ecoles halles"  # the last takes the last place


@PANELS
def test_a_proposal_has_a_voice_a_theme_and_a_place(at, screen, language):
    meant = {"idee": "des arbres", "voix": 2, "theme": "nature", "lieu": (0.6, 0.6)}
    said, contribution = Person(at("proposition", screen), meant).takes_part(language)
    assert (said["idee"], said["theme"]) == ("des arbres", "nature")
    assert len(said["lieu"].split()) == 4
    assert [one.name for one in contribution.attachments] == [said["voix"]]


@PANELS
def test_a_report_says_what_and_where(at, screen, language):
    meant = {"genre": "probleme", "sujet": "nature", "detail": "un trou", "lieu": (0.6, 0.6)}
    said, _ = Person(at("signalement", screen), meant).takes_part(language)
    assert (said["genre"], said["sujet"], said["detail"]) == ("probleme", "nature", "un trou")
    assert len(said["lieu"].split()) == 4 and "photo" not in said
