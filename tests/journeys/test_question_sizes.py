"""Every kind of question at every size: large enough to touch, far enough apart, nothing cut."""

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.journey import AMONG_QUESTIONS, Stage
from kiosk.theme.theme import theme
from tests.journeys.test_sizes import NAMES, complaints
from tests.kiosk.test_choices import OPINIONS
from tests.kiosk.test_together import HOUSEHOLD, in_two_languages

MOMENTS = in_two_languages("""
| survey | type | name | label | appearance | parameters |
| | date | jour | Depuis quand habitez-vous ici ? | | |
| | date | mois | Depuis quel mois ? | month-year | |
| | time | heure | À quelle heure ? | | |
| | dateTime | moment | Quand était-ce ? | | |
| | rank lieux | ordre | Dans quel ordre ? | | |
| | range | note | Une note ? | | start=0 end=10 step=1 |
| | range | metres | Combien de mètres ? | | start=0 end=100 step=2.5 |
| | range | etoiles | Combien d’étoiles ? | rating | start=1 end=5 step=1 |
| | integer | habitants | Combien d’habitants ? | thousands-sep | |
| choices | list_name | name | label |
| | lieux | a | La place de la mairie |
| | lieux | b | Le parc |
| | lieux | c | Les quais de la rivière |
| settings | form_id |
| | moments |
""")
FORMS = {"household": HOUSEHOLD, "opinions": OPINIONS, "moments": MOMENTS}
SIZES = [
    *((screen, False) for screen in driver.SCREENS),
    (driver.SMALL, True),
    (driver.LARGE, True),
]
ANSWERS = {"statut": "loc", "ici": "other", "ordre": "c a b", "jour": "2024-09-30"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "screen, larger",
    SIZES,
    ids=[f"{NAMES[screen]}{' largest' if larger else ''}" for screen, larger in SIZES],
)
def test_every_question_is_large_enough_far_enough_apart_and_whole(tmp_path, form, screen, larger):
    found = []
    with hall.hall(tmp_path, hall.consultation(FORMS[form]), screen=screen) as kiosk:
        kiosk.begin()
        if larger:
            theme.choose_capital(theme.sizes - 1)
        for _ in range(20):
            journey = kiosk.kiosk.journey
            if journey.stage not in AMONG_QUESTIONS:
                break
            if journey.stage is not Stage.SERIES:
                for place in journey.way.stop.places:
                    name = place.ref.rpartition("/")[2]
                    if name in ANSWERS:
                        journey.hold(ANSWERS[name], place.ref)
                        journey.way.try_held(place.ref)
                kiosk.kiosk.page.enter()
            driver.frames(6)
            found += complaints(kiosk, screen)
            if journey.stage is Stage.TOGETHER:
                for _ in range(3):
                    kiosk.kiosk.page.ids.paged.turn(1)
                    driver.frames(2)
                    found += complaints(kiosk, screen)
            for place in journey.way.stop.places if journey.stage is Stage.TOGETHER else ():
                if place.ref.endswith("bailleur"):
                    journey.hold("Opac", place.ref)
            assert journey.next().kept
            kiosk.kiosk.show()
        driver.frames(8)
        found += complaints(kiosk, screen)
    assert "\n".join(sorted(set(found))) == ""
