"""The screens of ways to take part, by a person's own touches."""

import pytest

from tests.kiosk import driver, hall  # isort: split

from forms.engine import Kind
from kiosk.language import tr
from kiosk.screens.review import Chapter, Line
from kiosk.widgets.kinds import describe

SIZES = pytest.mark.parametrize(
    "screen", [driver.SMALL, driver.MIDDLE], ids=["800x480", "1280x800"]
)


@pytest.fixture
def at(tmp_path):
    """Leads somebody to the first question of a consultation of the catalogue."""
    opened = []

    def lead(name, screen=driver.MIDDLE, language="fr"):
        context = hall.hall(tmp_path, hall.from_catalogue(name), screen=screen)
        kiosk = context.__enter__()
        opened.append(context)
        kiosk.begin(language)
        return kiosk

    yield lead
    for context in opened:
        context.__exit__(None, None, None)


def said(kiosk):
    """What was sealed, by question name."""
    (contribution,) = hall.opened(kiosk.device)
    return {path.rpartition("/")[2]: value for path, value in contribution.fields}


def to_receipt(kiosk):
    """Pass over what is left, to the receipt."""
    for _ in range(60):  # long pages are gone through first
        if kiosk.name == "receipt":
            break
        kiosk.on()
    assert kiosk.name == "receipt"


def answer_of(kiosk):
    return kiosk.kiosk.page.answer


def touch(kiosk, thing):
    """Touch a part of the answer; where it is out of sight, turn the page to it before."""
    kiosk.kiosk.page.ids.paged._view.bring_into_sight(thing)
    driver.frames(2)
    driver.tap(thing)


def buy(kiosk, *names):
    for name in names:
        touch(kiosk, answer_of(kiosk).cards[name])


# --- participatory budget --------------------------------------------------------------------


@SIZES
def test_what_is_bought_leaves_the_purse_and_is_sealed_in_the_lists_order(at, screen):
    kiosk = at("budget", screen)
    answer = answer_of(kiosk)
    assert answer.standing.left == 1
    buy(kiosk, "fete", "cour", "bancs")
    assert answer.standing.left == pytest.approx(0.45)
    assert "45\N{NARROW NO-BREAK SPACE}000" in answer.standing.text
    to_receipt(kiosk)
    assert said(kiosk)["choix"] == "bancs cour fete"


@SIZES
def test_what_is_too_dear_says_so_when_touched_and_is_not_bought(at, screen):
    kiosk = at("budget", screen)
    answer = answer_of(kiosk)
    buy(kiosk, "cour", "toilettes")
    dear = answer.cards["jeux"]
    assert "15\N{NARROW NO-BREAK SPACE}000" in dear.lacking
    buy(kiosk, "jeux")
    assert not dear.taken
    assert answer.value == "cour toilettes"
    assert "Retirez un projet" in answer.standing.warning
    buy(kiosk, "fete")
    assert answer.standing.warning == ""
    assert answer.value == "cour toilettes fete"


def test_giving_back_makes_room_again(at):
    kiosk = at("budget")
    answer = answer_of(kiosk)
    buy(kiosk, "cour", "toilettes", "cour", "jeux")
    assert answer.value == "jeux toilettes"


def test_each_touch_can_be_undone_to_the_first(at):
    kiosk = at("budget")
    answer = answer_of(kiosk)
    assert answer.standing.can_undo is False
    buy(kiosk, "bancs", "fete", "bancs")
    values = []
    for _ in range(3):
        kiosk.touch(tr._("Annuler le dernier choix"))
        values.append(answer.value)
    assert values == ["bancs fete", "bancs", ""]
    assert answer.standing.can_undo is False


def test_the_purse_stays_in_sight_whatever_page_is_shown(at):
    kiosk = at("budget", driver.SMALL)
    purse, paged = answer_of(kiosk).heading, kiosk.kiosk.page.ids.paged
    place = purse.to_window(*purse.pos)
    paged.turn(1)
    driver.frames(2)
    assert purse.to_window(*purse.pos) == place
    assert purse.to_window(0, purse.y)[1] >= paged.to_window(0, paged.top)[1]
    assert "100\N{NARROW NO-BREAK SPACE}000" in purse.text


def test_on_a_small_panel_the_last_touch_is_undone_beside_the_purse(at):
    kiosk = at("budget", driver.SMALL)
    buy(kiosk, "bancs")
    kiosk.touch(tr._("Annuler le dernier choix"))
    assert answer_of(kiosk).value == ""


def test_the_review_tells_the_projects_and_what_they_cost_together(at):
    kiosk = at("budget")
    step = kiosk.kiosk.journey.step()
    lines = describe(step, "bancs fete").splitlines()
    assert [line.split(",")[0] for line in lines[:2]] == [
        "Des bancs à l’ombre",
        "Une fête des voisins",
    ]
    assert "10\N{NARROW NO-BREAK SPACE}000" in lines[2]


def test_a_purse_that_is_only_shown_limits_the_number_of_projects_alone(at):
    kiosk = at("budget-toulouse")
    kiosk.on(4)
    answer = answer_of(kiosk)
    for name in ("4", "9", "22", "29", "5", "15", "19", "1"):
        answer.choose(name)
    assert answer.value == "4 5 9 15 19 22 29"
    assert "Retirez-en un" in answer.standing.warning


def test_leaving_forgets_what_could_be_undone(at):
    kiosk = at("budget")
    buy(kiosk, "bancs")
    answer = answer_of(kiosk)
    kiosk.kiosk.erase()
    assert (answer.value, bool(answer.history)) == ("", False)


# --- majority judgment -----------------------------------------------------------------------

OPTIONS = ("marche", "atelier", "salle", "creche", "logements")


def to_group(kiosk):
    """On a small panel what is told has a page of its own, before what is done."""
    if kiosk.kiosk.page.briefs:
        assert kiosk.kiosk.page.introduction
        kiosk.on()
    driver.frames(3)


def value_of(kiosk, name):
    return answer_of(kiosk).values.get(f"{kiosk.kiosk.journey.ref}/{name}", "")


@SIZES
def test_each_mention_leads_to_the_next_option_and_all_are_sealed(at, screen):
    kiosk = at("jugement-majoritaire", screen)
    to_group(kiosk)
    for mention in ("bien", "excellent", "a_rejeter", "passable", "tres_bien"):
        touch(kiosk, answer_of(kiosk).cards[mention])
    to_receipt(kiosk)
    held = said(kiosk)
    assert [held[name] for name in OPTIONS] == [
        "bien",
        "excellent",
        "a_rejeter",
        "passable",
        "tres_bien",
    ]


@SIZES
def test_a_mention_is_changed_by_coming_back_to_its_option(at, screen):
    kiosk = at("jugement-majoritaire", screen)
    to_group(kiosk)
    answer = answer_of(kiosk)
    touch(kiosk, answer.cards["bien"])
    assert answer.step.label == "Des ateliers d’artisans"
    driver.tap(answer.options["/data/jugement/marche"])
    assert answer.cards["bien"].taken
    touch(kiosk, answer.cards["passable"])
    assert value_of(kiosk, "marche") == "passable"


def test_touching_a_mention_again_takes_it_away(at):
    kiosk = at("jugement-majoritaire")
    answer = answer_of(kiosk)
    touch(kiosk, answer.cards["bien"])
    driver.tap(answer.options["/data/jugement/marche"])
    touch(kiosk, answer.cards["bien"])
    assert value_of(kiosk, "marche") == ""


def test_the_way_on_leads_past_options_that_were_not_seen_and_then_lets_go(at):
    kiosk = at("jugement-majoritaire")
    seen = [answer_of(kiosk).step.label]
    for _ in OPTIONS[1:]:
        kiosk.on()
        seen.append(answer_of(kiosk).step.label)
    assert len(set(seen)) == 5
    kiosk.on()
    assert kiosk.name == "question"


def test_on_a_large_panel_all_options_are_listed_with_their_mentions(at):
    kiosk = at("jugement-majoritaire", driver.LARGE)
    answer = answer_of(kiosk)
    touch(kiosk, answer.cards["excellent"])
    assert [option.mention for option in answer.options.values()] == ["Excellent", *[""] * 4]
    kiosk.on()
    assert kiosk.name == "question"


def test_another_language_keeps_the_mentions(at):
    kiosk = at("jugement-majoritaire")
    touch(kiosk, answer_of(kiosk).cards["bien"])
    kiosk.kiosk.speak_language("en")
    driver.frames(3)
    assert answer_of(kiosk).options["/data/jugement/marche"].mention == "Good"


# --- points ----------------------------------------------------------------------------------


@SIZES
def test_ten_points_are_placed_and_not_one_more(at, screen):
    kiosk = at("points", screen)
    to_group(kiosk)
    answer = answer_of(kiosk)

    def more(name, times=1):
        for _ in range(times):
            touch(kiosk, answer.placings[f"/data/priorites/{name}"].more)

    more("nature", 6)
    assert "5 points au plus" in answer.left_line.warning
    more("ecoles", 5)
    assert answer.left == 0
    more("sante")
    assert "Il ne reste aucun point" in answer.left_line.warning
    to_receipt(kiosk)
    held = said(kiosk)
    assert (held["nature"], held["ecoles"], "sante" in held) == ("5", "5", False)


def test_points_go_back_by_less_and_by_undoing(at):
    kiosk = at("points")
    answer = answer_of(kiosk)
    placing = answer.placings["/data/priorites/rues"]
    for _ in range(3):
        touch(kiosk, placing.more)
    touch(kiosk, placing.less)
    assert (placing.count, answer.left) == (2, 8)
    for _ in range(4):
        kiosk.touch(tr._("Annuler le dernier choix"))
    assert (placing.count, answer.left) == (0, 10)
    assert value_of(kiosk, "rues") == ""


# --- criteria, cards for and against ---------------------------------------------------------


@SIZES
def test_each_measure_is_marked_on_each_criterion(at, screen):
    kiosk = at("criteres", screen)
    for measure in ("isolation", "pistes", "eau", "commerces"):
        to_group(kiosk)
        answer = answer_of(kiosk)
        for number, scale in enumerate(answer.scales.values(), 3):
            touch(kiosk, scale.keys[str(number)])
        assert kiosk.kiosk.journey.ref == f"/data/{measure}"
        while kiosk.kiosk.journey.ref == f"/data/{measure}":
            kiosk.on()
    to_receipt(kiosk)
    held = said(kiosk)
    assert held["eau_urgence"] == "3"
    assert held["commerces_maturite"] == "5"


@SIZES
def test_an_opinion_is_asked_again_after_cards_that_face_each_other(at, screen):
    kiosk = at("avant-apres", screen)
    kiosk.choose("tout_pour")
    while kiosk.name == "question":
        kiosk.on()
    cards = list(reversed(answer_of(kiosk).grid.children))
    assert [card.side for card in cards] == ["Pour", "Contre"] * 3
    assert "Moins de clients" in answer_of(kiosk).spoken()
    while kiosk.name == "method":
        kiosk.on()
    kiosk.choose("plutot_contre")
    to_receipt(kiosk)
    held = said(kiosk)
    assert (held["avant"], held["apres"]) == ("tout_pour", "plutot_contre")


# --- opinion cards ---------------------------------------------------------------------------


@SIZES
def test_six_cards_come_one_after_the_other_with_opinions_and_reasons(at, screen):
    kiosk = at("cartes-avis", screen)
    shown = []
    for place, (opinion, reason) in enumerate(
        [("pour", 0), ("contre", 1), ("ni", 2), ("pour", None), ("", None), ("contre", 0)], 1
    ):
        answer = answer_of(kiosk)
        assert f"{place} sur 6" in kiosk.kiosk.page.group
        shown.append(answer.proposal.text)
        ref = kiosk.kiosk.journey.ref
        if opinion:
            touch(kiosk, answer.parts[f"{ref}/avis"].cards[opinion])
            driver.frames(4)
        if reason is not None:
            part = list(answer.parts.values())[-1]
            touch(kiosk, list(part.cards.values())[reason])
        while kiosk.name == "method" and kiosk.kiosk.journey.ref == ref:
            kiosk.on()
    assert len(set(shown)) == 6
    to_receipt(kiosk)
    (contribution,) = hall.opened(kiosk.device)
    held = dict(contribution.fields)
    assert held["/data/carte[2]/avis"] == "contre"
    assert held["/data/carte[2]/contre_quoi"] == "impossible"
    assert "/data/carte[5]/avis" not in held
    assert held["/data/ordre_des_cartes"].split()[:6] == [
        held[f"/data/carte[{place}]/proposition"] for place in range(1, 7)
    ]


def test_another_opinion_brings_other_reasons_and_drops_the_first(at):
    kiosk = at("cartes-avis")
    answer, ref = answer_of(kiosk), kiosk.kiosk.journey.ref
    touch(kiosk, answer.parts[f"{ref}/avis"].cards["pour"])
    driver.frames(3)
    touch(kiosk, answer.parts[f"{ref}/pour_quoi"].cards["urgent"])
    touch(kiosk, answer.parts[f"{ref}/avis"].cards["contre"])
    driver.frames(3)
    assert list(answer.parts) == [f"{ref}/avis", f"{ref}/contre_quoi"]
    to_receipt(kiosk)
    assert "pour_quoi" not in said(kiosk)


def test_the_next_person_sees_first_what_the_one_before_was_not_shown(at):
    kiosk = at("cartes-avis")
    offer, counter = kiosk.kiosk.offer, kiosk.kiosk.counter
    assert counter.exposures.seen(offer.id) == {}
    order = dict(kiosk.kiosk.journey.entry.finish().fields)["/data/ordre_des_cartes"].split()
    to_receipt(kiosk)
    assert counter.exposures.seen(offer.id) == dict.fromkeys(order[:6], 1)
    kiosk.on()
    kiosk.begin()
    second = dict(kiosk.kiosk.journey.entry.finish().fields)["/data/ordre_des_cartes"].split()
    assert set(second[:4]) == set(order[6:])
    kiosk.kiosk.erase()
    assert sum(counter.exposures.seen(offer.id).values()) == 6


def test_what_is_kept_of_shown_cards_are_counts_and_nothing_that_was_said(at):
    kiosk = at("cartes-avis")
    answer, ref = answer_of(kiosk), kiosk.kiosk.journey.ref
    touch(kiosk, answer.parts[f"{ref}/avis"].cards["contre"])
    to_receipt(kiosk)
    rows = list(kiosk.device.database.table("exposures").rows)
    assert len(rows) == 6
    assert all(set(row) == {"consultation", "card", "seen"} for row in rows)
    assert "contre" not in str(rows)


# --- text by article, consent ----------------------------------------------------------------


@SIZES
def test_an_article_is_read_judged_and_worded_anew(at, screen):
    kiosk = at("texte-par-article", screen)
    answer = answer_of(kiosk)
    assert "au moins un mètre quarante" in answer.sheet.text
    touch(kiosk, answer.cards["mitige"])
    while kiosk.kiosk.journey.ref == "/data/a1":
        kiosk.on()
    kiosk.on()
    assert kiosk.kiosk.journey.ref == "/data/a1_redaction"
    kiosk.type("Deux mètres.")
    to_receipt(kiosk)
    held = said(kiosk)
    assert (held["a1"], held["a1_redaction"]) == ("mitige", "Deux mètres.")
    assert "a2" not in held


@SIZES
def test_who_blocks_says_why_and_who_agrees_need_not(at, screen):
    kiosk = at("consentement", screen)
    kiosk.on()
    card = answer_of(kiosk).cards["oppose"]
    assert (card.text, card.note) == ("Opposé", "je bloque, et je dis pourquoi")
    touch(kiosk, card)
    while kiosk.kiosk.journey.ref == "/data/position":
        kiosk.on()
    assert kiosk.kiosk.journey.ref == "/data/raison"
    kiosk.on()
    assert "il faut dire pourquoi" in kiosk.kiosk.page.trouble
    kiosk.back()
    touch(kiosk, answer_of(kiosk).cards["accord"])
    to_receipt(kiosk)
    assert said(kiosk)["position"] == "accord"


def test_the_review_of_cards_says_of_each_opinion_what_it_is_about(tmp_path):
    with hall.hall(tmp_path, hall.from_catalogue("cartes-avis")) as home:
        home.begin()
        shown = []
        while home.name == "method":
            answer = home.kiosk.page.answer
            shown.append(answer.proposal.text)
            driver.tap(next(iter(answer.parts.values())).cards["pour"])
            before = home.kiosk.journey.ref
            while home.name == "method" and home.kiosk.journey.ref == before:
                home.on()
        home.skip_to_review()
        page = home.kiosk.page
        assert len(shown) == 6
        said, heard = page.say(), " ".join(part.text for part in page.spoken())
        lines = [one for one in page.ids.lines.children if isinstance(one, Line)]
        changes = [" ".join(line.ids.change.said.split()) for line in lines]
        headings = [one.text for one in page.ids.lines.children if isinstance(one, Chapter)]
        for number, proposal in enumerate(shown, 1):
            assert proposal in said and proposal in heard
            assert f"Votre avis · n° {number} · {proposal}" in headings
            assert f"Changer. {proposal.rstrip('.')}. Qu’en pensez-vous ?" in changes


@pytest.mark.parametrize(
    "name, quoted", [("consentement", "le jardin ferme à 21 heures"), ("petition", "")]
)
def test_the_review_quotes_the_text_that_one_agreed_to(tmp_path, name, quoted):
    with hall.hall(tmp_path, hall.from_catalogue(name)) as home:
        home.begin()
        notes = [step.label for step in home.kiosk.journey.steps() if step.kind is Kind.NOTE]
        for _ in range(40):
            if home.name == "review":
                break
            step = home.kiosk.journey.step() if home.name == "question" else None
            if step is not None and step.kind is Kind.SELECT_ONE and not step.value:
                home.choose()
            elif step is not None and step.kind is Kind.TEXT and step.required:
                home.type("oui")
            home.on()
        home.wait_for_review()
        page = home.kiosk.page
        assert home.name == "review"
        lines = [one for one in page.ids.lines.children if isinstance(one, Line)]
        assert any(line.quoted and line.quoted in " ".join(notes) for line in lines)
        assert quoted in page.say()
        assert quoted in " ".join(line.ids.change.said for line in lines)
        assert quoted in " ".join(part.text for part in page.spoken())
