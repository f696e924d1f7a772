"""Ways to take part with strange but legal content, on the panels that have least room for it."""

from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image

from tests.kiosk import driver, hall  # isort: split

from kiosk.theme.theme import theme
from kiosk.widgets.methods.wording import without_amount

LONG = "Réaménager toute la place du Marché : arbres, bancs, fontaine, et un coin pour les enfants"
NAMESPACE = 'parvis="https://parvis.example/ns/forms/1"'
SETTINGS = f"""
| settings | form_title | form_id | version | default_language | namespaces |
| | Essai | essai | 1 | Français (fr) | {NAMESPACE} |
"""


@pytest.fixture
def at(tmp_path):
    """Leads somebody to the first question of a form, with letters of their choice."""
    opened = []

    def lead(survey, screen=driver.SMALL, *, largest=False, media=()):
        context = hall.hall(
            tmp_path, hall.consultation(survey + SETTINGS, media=media), screen=screen
        )
        there = context.__enter__()
        opened.append(context)
        if largest:
            theme.choose_capital(theme.sizes - 1)
        there.begin()
        while getattr(there.kiosk.page, "briefs", False):
            there.on()
        driver.frames(4)
        return there

    yield lead
    for context in opened:
        context.__exit__(None, None, None)


def budget(*projects, purse):
    """A budget question about projects: name, title, cost."""
    rows = "".join(
        f"| | p | {name} | {cost} | {title} — rue {name}, {cost} € | {name}.png |\n"
        for name, title, cost in projects
    )
    return f"""
| survey | type | name | label::Français (fr) | hint::Français (fr) | body::parvis:method | body::parvis:purse |
| | select_multiple p | choix | Quels projets voulez-vous ? | Il y a une bourse. | budget | {purse} |
| choices | list_name | name | cost | label::Français (fr) | media::image |
{rows}"""


def opinion_cards(*texts):
    rows = "".join(f"| | c | c{at} | {text} | c.png |\n" for at, text in enumerate(texts))
    return f"""
| survey | type | name | label::Français (fr) | appearance | repeat_count | read_only | calculation | choice_filter | body::parvis:method |
| | calculate | ordre | | | | | once(join(' ', instance('c')/root/item/name)) | | |
| | begin_repeat | carte | Votre avis | field-list | {len(texts)} | | | | opinion-cards |
| | select_one c | idee | L’idée | | | yes | selected-at(${{ordre}}, position(..) - 1) | name = ${{idee}} | |
| | select_one a | avis | Qu’en pensez-vous ? | | | | | | |
| | end_repeat | carte | | | | | | | |
| choices | list_name | name | label::Français (fr) | media::image |
{rows}| | a | pour | Pour | |
| | a | contre | Contre | |
"""


def criteria(end):
    return f"""
| survey | type | name | label::Français (fr) | appearance | parameters | body::parvis:method | body::parvis:criterion |
| | begin_group | g | Isoler les écoles | field-list | | criteria | |
| | range | u | C’est urgent | | start=0 end={end} step=1 | | urgence |
| | range | m | Le projet est prêt | | start=0 end={end} step=1 | | maturite |
| | end_group | g | | | | | |
"""


def points(*texts):
    rows = "".join(f"| | integer | o{at} | {text} | | | |\n" for at, text in enumerate(texts))
    return f"""
| survey | type | name | label::Français (fr) | appearance | body::parvis:method | body::parvis:points |
| | begin_group | g | Placez vos points | field-list | points | 100 |
{rows}| | end_group | g | | | | |
"""


def picture():
    written = BytesIO()
    Image.new("RGB", (60, 40), "#3a7").save(written, "PNG")
    return written.getvalue()


def in_sight(there, widget):
    """Whether all of it is seen on the page that is shown."""
    view = there.kiosk.page.ids.paged._view
    low, high = widget.to_window(0, widget.y)[1], widget.to_window(0, widget.top)[1]
    left, right = widget.to_window(widget.x, 0)[0], widget.to_window(widget.right, 0)[0]
    bottom, top = view.to_window(0, view.y)[1], view.to_window(0, view.top)[1]
    across = (
        view.to_window(view.x, 0)[0] - 1 <= left and right <= view.to_window(view.right, 0)[0] + 1
    )
    return across and bottom - 1 <= low and high <= top + 1


def answer_of(there):
    return there.kiosk.page.answer


@pytest.mark.parametrize("screen", [driver.SMALL, driver.SMALL_WIDE, driver.MIDDLE])
@pytest.mark.parametrize("name", ["budget", "budget-toulouse"])
def test_one_project_and_its_price_are_seen_at_once_in_the_largest_letters(tmp_path, screen, name):
    with hall.hall(tmp_path, hall.from_catalogue(name), screen=screen) as there:
        theme.choose_capital(theme.sizes - 1)
        there.begin()
        while there.kiosk.journey.ref != "/data/choix":
            there.on()
        driver.frames(6)
        first = next(iter(answer_of(there).cards.values()))
        for part in ("title", "tag" if first.wide else "price", "mark"):
            assert in_sight(there, first.ids[part]), part


def test_prices_of_millions_are_never_cut(at):
    there = at(
        budget(("a", "Un banc", 1), ("b", "Un musée", 10_000_000), purse=10_000_000),
        driver.MIDDLE,
        largest=True,
    )
    for card in answer_of(there).cards.values():
        assert card.width >= card.least_width
        shown = card.ids.tag if card.wide else card.ids.price
        assert card.x <= shown.x and shown.right <= card.ids.mark.x + 1


def test_a_budget_that_no_project_fits_does_not_ask_to_take_one_away(at):
    there = at(budget(("a", "Un banc", 500), ("b", "Une fontaine", 900), purse=100))
    answer_of(there).choose("a")
    assert "400" in answer_of(there).standing.warning
    assert "Retirez" not in answer_of(there).standing.warning


def test_projects_show_the_pictures_that_the_form_has_of_them(at):
    there = at(
        budget(("a", "Un banc", 5), ("b", "Un jardin", 9), purse=100),
        driver.MIDDLE,
        media=(("a.png", picture()),),
    )
    cards = answer_of(there).cards
    assert cards["a"].texture is not None and cards["a"].ids.picture.width > 0
    assert cards["b"].texture is None


@pytest.mark.parametrize(
    ("note", "cost", "left"),
    [
        ("rue A, 6 000 €", 6000, "rue A"),
        ("rue A, €6,000", 6000, "rue A"),
        ("شارع أ، 6000 €", 6000, "شارع أ"),
        ("甲街，6000 €", 6000, "甲街"),
        ("rue A, 12,50 €", "12.5", "rue A"),
        ("6 000 €", 6000, ""),
        ("rue A, 3 bancs", 6000, "rue A, 3 bancs"),
    ],
)
def test_a_price_that_the_card_shows_is_not_said_twice(note, cost, left):
    assert without_amount(note, Decimal(cost)) == left


def test_the_way_on_leads_down_a_long_card_before_the_next_one(at):
    there = at(opinion_cards(LONG, LONG), largest=True)
    page, ref = there.kiosk.page, there.kiosk.journey.ref
    assert page.ids.paged.more_below and page.shows_more
    while page.shows_more:
        there.on()
        assert there.kiosk.journey.ref == ref
    opinions = next(iter(answer_of(there).parts.values()))
    assert in_sight(there, opinions)


def test_an_opinion_card_shows_its_picture(at):
    there = at(opinion_cards("Un banc"), media=(("c.png", picture()),))
    assert answer_of(there).proposal.texture is not None
    assert answer_of(there).proposal.ids.picture.height > 0


@pytest.mark.parametrize("screen", [driver.SMALL, driver.MIDDLE, driver.UPRIGHT])
@pytest.mark.parametrize("end", [5, 10, 20])
def test_every_mark_of_a_scale_can_be_given_on_every_panel(at, screen, end):
    there = at(criteria(end), screen, largest=True)
    view = there.kiosk.page.ids.paged._view
    scale = next(iter(answer_of(there).scales.values()))
    for number, key in scale.keys.items():
        view.bring_into_sight(key)
        driver.frames(2)
        assert in_sight(there, key)
        driver.tap(key)
        assert there.kiosk.journey.way.value("/data/g/u") == number


def test_a_long_subject_stands_over_its_points_rather_than_in_a_column_beside_them(at):
    there = at(points("Nature", LONG), largest=True)
    line = answer_of(there).lines["/data/g/o1"]
    assert line.part.top <= line.words.y
    assert line.words.width > line.width * 0.8


def test_a_budgets_hint_is_told_in_whatever_letters(tmp_path):
    with hall.hall(tmp_path, hall.from_catalogue("budget"), screen=driver.SMALL) as there:
        there.begin()
        answer = answer_of(there)
        assert answer.children[-1] is answer.hint  # above the projects
        theme.choose_capital(theme.sizes - 1)
        driver.frames(6)
        assert answer.children[0] is answer.hint  # below them
        assert answer.hint.text == "La bourse est de 100\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}€."
        theme.choose_capital(theme.default_capital)
        driver.frames(6)
        assert answer.children[-1] is answer.hint
