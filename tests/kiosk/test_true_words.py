"""What is promised about names and answers is said only where it is true."""

from dataclasses import replace

import pytest

from tests.kiosk import hall  # isort: split

from kiosk.screens.agreement import WORDING, WORDING_WITH_NAME
from kiosk.slip import draw_slip, keep_words
from sync import consultation as packages
from sync.consultation import Traceability

NAMELESS = "Je ne note pas votre nom."


@pytest.mark.parametrize(
    ("name", "named"), [("petition", True), ("panel", True), ("points", False), ("budget", False)]
)
def test_nobody_is_told_that_their_name_is_not_noted_where_the_form_asks_for_it(
    tmp_path, name, named
):
    with hall.hall(tmp_path, hall.from_catalogue(name), people=True) as home:
        home.sign_in(hall.MEDIATOR, hall.MEDIATOR_PIN)
        home.on()
        home.begin()
        assert home.name == "agreement"
        assert (NAMELESS in home.kiosk.page.say()) is not named
        assert "Vous pouvez arrêter à tout moment." in home.kiosk.page.say()
        assert ("demander qui vous êtes" in home.kiosk.page.say()) is named
        home.on()
        agreed = home.kiosk.journey.assistance.wording
        assert agreed == (WORDING_WITH_NAME if named else WORDING)
        assert agreed != "2026-1"


def test_a_printed_receipt_says_nothing_of_the_answers_only_where_it_leads_to_none():
    claim = "ne dit rien de vos réponses"
    assert claim in keep_words(Traceability.INCLUSION)
    assert claim not in keep_words(Traceability.FULL)
    assert "permet de retrouver vos réponses" in keep_words(Traceability.FULL)


@pytest.mark.parametrize("native_qr", [False, True])
def test_the_paper_itself_says_whether_the_receipt_leads_to_the_answers(native_qr, window):
    def bits(followed):
        slip = draw_slip(
            code="WMWM-WMWM-WMWM",
            qr="https://town.example/R/A",
            organiser="Ville",
            title="La place",
            dots=384,
            native_qr=native_qr,
            followed=followed,
        )
        return (slip.below or slip.above).tobytes()

    assert bits(Traceability.FULL) != bits(Traceability.INCLUSION)


def test_what_is_printed_follows_what_the_consultation_promises(tmp_path, monkeypatch):
    about = hall.consultation()
    options = replace(about.options, traceability=Traceability.FULL)
    full = packages.publish(replace(about, options=options, data=b""), hall.keys().organiser)
    drawn = {}
    monkeypatch.setattr(
        "kiosk.screens.receipt.draw_slip", lambda **given: drawn.update(given) or None
    )
    with hall.hall(tmp_path, full) as home:
        home.kiosk.printer = type("Paper", (), {"dots": 384, "native_qr": False})()
        home.begin()
        page = home.kiosk._screen("receipt")
        page.code = page.qr = "WMWM-WMWM-WMWM"
        monkeypatch.setattr(page, "_print", lambda *_: None)
        page.go_back()
    assert drawn["followed"] is Traceability.FULL


@pytest.mark.parametrize("followed", list(Traceability))
def test_a_mediator_is_told_of_receipts_only_where_there_are_any(tmp_path, followed):
    about = hall.consultation()
    options = replace(about.options, traceability=followed)
    about = packages.publish(replace(about, options=options, data=b""), hall.keys().organiser)
    with hall.hall(tmp_path, about, people=True) as home:
        home.sign_in(hall.MEDIATOR, hall.MEDIATOR_PIN)
        assert home.name == "mediator"
        gives = followed is not Traceability.NONE
        assert ("garde son reçu" in home.kiosk.page.receipts) is gives
