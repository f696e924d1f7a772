"""Choices of every kind, with real touches: pictures, scales, grids, many of them, "other"."""

from io import BytesIO

import pytest
from PIL import Image

from tests.kiosk import driver, hall  # isort: split

from dataclasses import replace

from forms.engine import Choice, Kind
from kiosk.finding import Finder, fold
from kiosk.theme.theme import Panel, theme
from kiosk.widgets.answer import Setting
from kiosk.widgets.cards import UprightCard
from kiosk.widgets.choices import wished_columns
from kiosk.widgets.kinds import answer_widget, describe
from kiosk.widgets.layouts import Action
from tests.kiosk.test_together import block, in_two_languages

OPINIONS = in_two_languages("""
| survey | type | name | label | appearance |
| | select_one accord | vite | Vite ? | quick |
| | select_one ici or_other | ici | Ici ? | |
| | begin_group | grille | Votre quartier | field-list |
| | select_one accord | tete | D’accord ? | label |
| | select_one accord | propre | Propre ? | list-nolabel |
| | select_one accord | calme | Calme ? | list-nolabel |
| | select_multiple long | jours | Quand ? | minimal |
| | end_group | | | |
| choices | list_name | name | label |
| | accord | oui | Oui |
| | accord | non | Non |
| | accord | sais | Peut-être |
| | ici | oui | Oui |
| | ici | non | Non |
| | long | a | Le matin |
| | long | b | Le soir |
| settings | form_id |
| | avis |
""")


@pytest.fixture
def choosing(window):
    """A step whose choices can be replaced."""
    theme.fit(Panel(window.width, window.height, window.diagonal))
    entry = hall.offer().begin()
    steps = {step.ref.rpartition("/")[2]: step for step in entry.steps()}

    def made(labels, kind=Kind.SELECT_ONE, appearance="", media=None):
        choices = tuple(Choice(f"c{at}", label, media or {}, {}) for at, label in enumerate(labels))
        found = replace(steps["velo"], kind=kind, choices=choices)
        return replace(found, appearance=frozenset(appearance.split()))

    return made


def put(step, value="", **around):
    widget = answer_widget(step, value, Setting(hall.TODAY, **around))
    given = []
    widget.bind(on_given=lambda _, value: given.append(value))
    driver.show(widget)
    widget.room = 500
    driver.frames(3)
    return widget, given


def columns(widget):
    return len({round(card.x) for card in widget.cards.values()})


def drawn(colour="#8a5a2b"):
    content = BytesIO()
    Image.new("RGB", (64, 40), colour).save(content, "PNG")
    return content.getvalue()


# --- looks ----------------------------------------------------------------------------------------


def test_choices_with_pictures_show_them_above_their_words(choosing):
    files = {"banc.png": drawn()}
    step = choosing(["Banc", "Arbre"], media={"image": "banc.png"})
    widget, given = put(step, files=files)
    assert all(isinstance(card, UprightCard) and card.texture for card in widget.cards.values())
    driver.tap(widget.cards["c1"])
    assert given == ["c1"]


def test_a_picture_that_is_not_there_or_no_picture_leaves_the_words(choosing):
    for files in ({}, {"banc.png": b"no picture"}):
        widget, _ = put(choosing(["Banc"], media={"image": "banc.png"}), files=files)
        assert widget.cards["c0"].texture is None
        assert widget.cards["c0"].text == "Banc"


@pytest.mark.parametrize(
    "appearance, count, wanted",
    [("columns-3", 7, 3), ("columns-2", 7, 2), ("columns-pack", 4, 4), ("columns", 5, 3)],
)
def test_the_form_says_how_many_columns(choosing, appearance, count, wanted):
    widget, _ = put(choosing([f"Jour {n}" for n in range(count)], appearance=appearance))
    assert columns(widget) == wanted


def test_more_columns_than_fit_become_fewer(choosing):
    widget, _ = put(choosing(["Anticonstitutionnellement"] * 8, appearance="columns-8"))
    assert 1 <= columns(widget) < 8
    for card in widget.cards.values():
        assert card.ids.words.texture_size[0] <= card.ids.words.width + 2


def test_appearances_that_wish_nothing_leave_it_to_the_kiosk():
    assert wished_columns(frozenset({"quick"}), 5) == ()
    assert wished_columns(frozenset({"columns-0"}), 5) == ()
    assert wished_columns(frozenset({"columns-x"}), 5) == ()


@pytest.mark.parametrize("window", [driver.MIDDLE], indirect=True)
def test_a_scale_stands_in_one_row(choosing):
    widget, given = put(choosing(["Oui", "Plutôt", "Non"], appearance="likert"))
    assert len({round(card.y) for card in widget.cards.values()}) == 1
    driver.tap(widget.cards["c2"])
    assert given == ["c2"]


@pytest.mark.parametrize("window", [driver.SMALL], indirect=True)
def test_a_scale_too_wide_for_the_panel_is_a_list(choosing):
    words = ["Tout à fait d’accord", "Plutôt", "Ni l’un ni l’autre", "Plutôt pas", "Pas du tout"]
    widget, _ = put(choosing(words * 2, appearance="likert"))
    assert not widget.scale
    assert columns(widget) <= 2


# --- many -----------------------------------------------------------------------------------------


def test_more_than_thirty_choices_are_searched_whatever_the_accents(choosing):
    names = [f"Rue {n}" for n in range(40)] + ["Châteauneuf-sur-Loire", "Œuilly", "Saint-Évroult"]
    widget, given = put(choosing(names))
    for letter in "chateauneuf sur":
        widget.field.insert(letter)
    driver.frames(2)
    assert [card.text for card in widget.results.cards.values()] == ["Châteauneuf-sur-Loire"]
    driver.tap(next(iter(widget.results.cards.values())))
    assert given == ["c40"]
    assert describe(widget.step, "c40") == "Châteauneuf-sur-Loire"


def test_nothing_found_says_so(choosing):
    widget, _ = put(choosing([f"Rue {n}" for n in range(40)]))
    widget.field.insert("xyz")
    driver.frames(2)
    assert widget.results.cards == {}
    assert widget.results.told


def test_only_what_can_be_seen_is_made_of_twenty_thousand_and_pages_turn(choosing):
    widget, _ = put(choosing([f"Commune {n}" for n in range(20_000)]))
    shown = list(widget.results.cards)
    assert 2 <= len(shown) <= 30
    widget.results.turn(1)
    driver.frames(2)
    after = list(widget.results.cards)
    assert after[0] == f"c{len(shown)}"
    widget.results.turn(-1)
    driver.frames(2)
    assert list(widget.results.cards) == shown
    assert len(widget.results._cards) <= 40


def test_what_is_chosen_of_many_stands_first_and_in_the_order_of_the_list(choosing):
    step = choosing([f"Rue {n}" for n in range(40)], kind=Kind.SELECT_MULTIPLE)
    widget, given = put(step, "c30")
    assert next(iter(widget.results.cards)) == "c30"
    assert widget.results.cards["c30"].taken
    driver.tap(widget.results.cards["c0"])
    assert given == ["c0 c30"]
    driver.tap(widget.results.cards["c30"])
    assert given[-1] == "c0"


def test_the_keyboard_for_searching_has_no_accents(choosing):
    widget, _ = put(choosing([f"Rue {n}" for n in range(40)]), language="fr")
    widget.writing = True
    driver.frames(2)
    assert widget.keyboard.cap("e")
    with pytest.raises(KeyError):
        widget.keyboard.cap("é")


def test_what_searches_a_list_keeps_nothing_of_what_was_sought(choosing):
    step = choosing([f"Rue {n}" for n in range(40)])
    widget, _ = put(step)
    widget.field.insert("rue 3")
    finder = widget.finder
    assert "rue" in str(vars(finder)["_last"])
    widget.leave()
    assert vars(finder)["_last"] == ((), [])


def test_a_list_that_answers_have_filtered_is_not_kept_for_the_next_person(choosing):
    step = choosing([f"Rue {n}" for n in range(40)])
    first, second = put(step)[0].finder, put(step)[0].finder
    assert first is not second


def test_forgetting_leaves_nothing_of_what_was_sought(choosing):
    widget, _ = put(choosing([f"Rue {n}" for n in range(40)]))
    widget.field.insert("rue 3")
    widget.forget()
    assert (widget.field.text, widget.value) == ("", "")
    assert not any(card.parent for card in widget.results._cards)


@pytest.mark.parametrize("screen", [driver.SMALL, driver.MIDDLE])
def test_results_stay_in_sight_while_one_writes(tmp_path, screen):
    rows = "\n".join(f"| | villes | v{n} | Ville {n} | Ville {n} |" for n in range(40))
    survey = f"""
| survey | type | name | label::Français (fr) | label::English (en) |
| | select_one villes | ville | Votre ville ? | Your town? |
| choices | list_name | name | label::Français (fr) | label::English (en) |
{rows}
| settings | form_id | default_language |
| | villes | Français (fr) |
"""
    with hall.hall(tmp_path, hall.consultation(survey), screen=screen) as kiosk:
        kiosk.begin()
        answer = kiosk.kiosk.page.answer
        driver.tap(answer.field)
        driver.frames(4)
        driver.tap(answer.keyboard.cap(Action.SIGNS))
        driver.tap(answer.keyboard.cap("7"))
        driver.frames(3)
        top = answer.keyboard.to_window(answer.keyboard.x, answer.keyboard.top)[1]
        field = answer.field
        assert field.to_window(field.x, field.top)[1] <= screen.height
        card = next(iter(answer.results.cards.values()))
        assert card.to_window(*card.pos)[1] >= top
        driver.tap(card)
        assert kiosk.kiosk.journey.value() == card.name


@pytest.mark.parametrize(
    "typed, found",
    [
        ("saint", ["Saint-Malo", "Bourg-Saint-Maurice"]),
        ("st malo", []),
        ("malo saint", ["Saint-Malo"]),
        ("MALO", ["Saint-Malo"]),
        ("l'isle", ["L’Isle-d’Abeau"]),
        ("oeu", ["Œuilly"]),
        ("الاسماعيلية", ["الإسماعيلية"]),
        ("київ", ["Київ"]),
        ("", ["Bourg-Saint-Maurice", "Saint-Malo", "L’Isle-d’Abeau", "Œuilly"]),
    ],
)
def test_choices_are_found_by_what_people_type(typed, found):
    names = ["Bourg-Saint-Maurice", "Saint-Malo", "L’Isle-d’Abeau", "Œuilly", "الإسماعيلية", "Київ"]
    assert [names[at] for at in Finder(names).find(typed)][: len(found) or None] == found


def test_each_further_letter_finds_what_a_new_search_would():
    names = [f"{a}{b} {b}{a}" for a in "abcde" for b in "abcde"]
    finder = Finder(names)
    for typed in ("a", "ab", "ab b", "ab ba", "ab b", "e", "ea a"):
        assert finder.find(typed) == Finder(names).find(typed), typed


def test_folding_keeps_lines_apart():
    assert fold("Été\nNoël").split("\n") == ["ete", "noel"]


# --- among others ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    with hall.Standing(tmp_path_factory.mktemp("hall"), hall.consultation(OPINIONS)) as opened:
        yield opened


@pytest.fixture
def opinions(standing):
    standing = standing.up()
    standing.kiosk.erase()
    driver.frames(2)
    standing.begin()
    return standing


def test_a_quick_choice_goes_on_by_itself_and_back_leads_to_it(opinions):
    driver.tap(opinions.kiosk.page.answer.cards["oui"])
    driver.pass_time(0.6)
    assert opinions.kiosk.journey.ref == "/data/ici"
    opinions.back()
    assert opinions.kiosk.page.answer.cards["oui"].taken
    driver.pass_time(0.6)
    assert opinions.kiosk.journey.ref == "/data/vite"


def test_other_has_its_text_right_there(opinions):
    opinions.on()
    driver.tap(block(opinions, "ici").answer.cards["other"])
    driver.frames(4)
    driver.tap(block(opinions, "ici_other").answer.field)
    driver.frames(3)
    keyboard = block(opinions, "ici_other").answer.keyboard
    for letter in "oui":
        driver.tap(keyboard.cap(letter))
    opinions.touch("Fini")
    opinions.on()
    fields = dict(opinions.kiosk.journey.entry.as_it_stands().fields)
    assert fields["/data/ici"] == "other"
    assert fields["/data/ici_other"] == "oui"


def test_a_grid_has_its_words_once_and_a_cell_for_each_choice(opinions):
    opinions.on(2)
    head, row = block(opinions, "tete").answer, block(opinions, "propre").answer
    driver.frames(3)
    for name, place in zip(
        ("oui", "non", "sais"), reversed(head.children[0].children), strict=True
    ):
        cell = row.cells[name]
        assert abs(cell.center_x - place.center_x) <= 2
    driver.tap(row.cells["sais"])
    driver.tap(block(opinions, "calme").answer.cells["oui"])
    journey = opinions.kiosk.journey
    assert (journey.value("/data/grille/propre"), journey.value("/data/grille/calme")) == (
        *("sais", "oui"),
    )
    assert "/data/grille/tete" not in [step.ref for step in journey.review()]


def test_where_a_grid_does_not_fit_each_row_is_a_question_with_cards(tmp_path):
    wide = OPINIONS.replace("Peut-être", "Je ne me prononce absolument pas")
    wide = wide.replace("Oui |", "Incontestablement |").replace("Non |", "Certainement pas |")
    with hall.hall(tmp_path, hall.consultation(wide), screen=driver.SMALL) as kiosk:
        kiosk.begin()
        for _ in range(12):
            if kiosk.kiosk.journey.ref == "/data/grille":
                break
            kiosk.on()
        assert block(kiosk, "tete").answer is None
        assert set(block(kiosk, "propre").answer.cards) == {"oui", "non", "sais"}


def test_a_folded_choice_opens_over_the_page_and_says_what_is_chosen(opinions):
    opinions.on(2)
    fold = block(opinions, "jours").answer.fold
    opinions.kiosk.page.ids.paged.bring_into_sight(fold)
    driver.frames(3)
    driver.tap(fold)
    chooser = opinions.kiosk.children[0]
    driver.frames(3)
    driver.tap(chooser.answer.cards["b"])
    driver.tap(chooser.answer.cards["a"])
    opinions.touch("Fini")
    assert block(opinions, "jours").answer.fold.text == "Le matin, Le soir"
    assert opinions.kiosk.journey.value("/data/grille/jours") == "a b"


def test_what_the_form_works_out_is_told_in_words_and_takes_no_answer(choosing):
    step = replace(choosing(["Oui", "Non"]), readonly=True)
    widget = answer_widget(step, "c1", Setting(hall.TODAY))
    assert widget.words.text == "Non"
    widget.forget()
    assert widget.words.text == ""
    assert answer_widget(step, "", Setting(hall.TODAY)) is None


def test_a_list_with_nothing_on_it_says_so(choosing):
    widget, _ = put(choosing([]))
    assert any(getattr(child, "text", "") for child in widget.children)


def test_true_or_false_is_yes_or_no(choosing):
    widget, given = put(choosing([], kind=Kind.BOOLEAN))
    driver.tap(widget.cards["true"])
    assert given == ["true"]
    assert describe(replace(widget.step, choices=()), "false") == "Non"
