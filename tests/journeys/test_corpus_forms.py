"""Forms that nobody here wrote, played to the end by somebody who touches what can be touched."""

from dataclasses import replace
from functools import cache

import pytest

from tests.kiosk import driver, hall  # isort: split

from forms.errors import FormError
from forms.xform import read_form
from forms.xlsform import compile_form
from kiosk.journey import AMONG_QUESTIONS, Stage
from kiosk.offer import Offer
from kiosk.widgets.choices import Chosen
from kiosk.widgets.dates import DateSteps
from kiosk.widgets.folded import Folded
from kiosk.widgets.matrix import MatrixRow
from kiosk.widgets.number_line import NumberLine
from kiosk.widgets.search import Searched
from kiosk.widgets.times import MomentAnswer, TimeAnswer
from kiosk.widgets.trigger import Triggered
from kiosk.widgets.typed import TypedAnswer
from tests.forms.writing import CORPUS

SHEETS = sorted(CORPUS.glob("pyxform/*/*.xls*")) + sorted(CORPUS.glob("pyxform/*/*.xml"))
MOST_STOPS = 60  # of one form; lists that anybody may lengthen have no end

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")


@cache
def form_of(path):
    """The form; None where it is refused."""
    try:
        content = path.read_bytes() if path.suffix == ".xml" else compile_form(path).xml
        return content, read_form(content)
    except FormError:
        return None


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    with hall.Standing(tmp_path_factory.mktemp("hall")) as opened:
        yield opened


def answers_on(page):
    if hasattr(page, "blocks"):
        return [block.answer for block in page.blocks.values() if block.answer is not None]
    return [page.answer] if page.answer is not None else []


def touch_something(kiosk, answer):
    """Answer in the way that comes first to hand."""
    step, page = answer.step, kiosk.kiosk.page
    if step.kind.chooses and not step.choices:
        return
    if step.readonly or kiosk.kiosk.journey.value(step.ref):
        return
    match answer:
        case Searched():
            reach(page, next(iter(answer.results.cards.values())))
        case Folded():
            answer.unfold()
            driver.frames(2)
            chosen = kiosk.kiosk.children[0].answer
            cards = chosen.results.cards if isinstance(chosen, Searched) else chosen.cards
            driver.tap(next(iter(cards.values())))
            kiosk.kiosk.dismiss()
        case MatrixRow() | Chosen():
            reach(page, next(iter(answer.cards.values())))
        case Triggered():
            reach(page, answer.card)
        case NumberLine():
            reach(page, answer.keys[0]) if answer.keys else answer.choose(answer.numbers[1])
        case DateSteps() | TimeAnswer() | MomentAnswer():
            reach(page, answer.shortcuts.now)
        case TypedAnswer():
            write(page, answer)
    driver.frames(1)


def reach(page, thing):
    page.ids.paged.bring_into_sight(thing)
    driver.frames(2)
    driver.tap(thing)


def write(page, answer):
    """A one: a text, a whole number and a decimal; with the keyboard on the screen."""
    page.ids.paged.bring_into_sight(answer.field)
    driver.frames(2)
    driver.tap(answer.field)
    driver.frames(3)
    keyboard = answer.keyboard
    assert keyboard.parent is not None, f"no keyboard came for {answer.step.ref}"
    try:
        driver.tap(keyboard.cap("1"))
    except KeyError:
        driver.tap(keyboard.cap(keyboard.layout.letters[1][0].text))
    assert answer.field.text, f"nothing was written for {answer.step.ref}"
    answer.dispatch("on_done") if page.bare else None
    driver.frames(1)


def answer_otherwise(kiosk):
    """What a touch alone does not answer rightly is said by keyboard, or as the form wants it."""
    way = kiosk.kiosk.journey.way
    for ref in [place.ref for place in way.stop.places]:
        step = way.entry.step(ref)
        for value in ("2", "30", "100", "2.0", "abc@de.fr", "2030-01-01", "0612345678", "48.1 2.3"):
            if not step.readonly and way.entry.answer(ref, value).kept:
                way.hold(value, ref)
                break


def nobody_can_answer(journey):
    """Whether there is nothing to choose where something has to be chosen."""
    if journey.stage is Stage.SERIES:
        return False
    steps = [journey.way.step(place.ref) for place in journey.way.stop.places]
    return any(step.required and step.kind.chooses and not step.choices for step in steps)


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_form_from_elsewhere_is_played_to_its_end(standing, path):
    if form_of(path) is None:
        pytest.skip("refused, as tests of the forms show")
    content, form = form_of(path)
    about = replace(hall.consultation(), form=content, form_id=form.form_id)
    offer = Offer(about, lambda: hall.NOON)
    standing = standing.up()
    kiosk = standing.kiosk
    kiosk.erase()
    kiosk.start(offer)
    kiosk.journey.language_chosen()
    kiosk.journey.begin_questions()
    kiosk.show()
    driver.frames(2)
    for _ in range(MOST_STOPS):
        journey = kiosk.journey
        if journey.stage not in AMONG_QUESTIONS:
            break
        before = (journey.stage, journey.ref)
        if nobody_can_answer(journey):
            return  # its list is in a file that did not come with it
        if journey.stage is not Stage.SERIES:
            for answer in answers_on(kiosk.page):
                if answer.parent is not None:  # an answer before it may have made it fall away
                    touch_something(standing, answer)
        for tries in range(12):
            if (journey.stage, journey.ref) != before:
                break
            if tries == 6:
                answer_otherwise(standing)
                kiosk.page.enter()
            standing.on()
        assert (journey.stage, journey.ref) != before, f"no way on from {before}"
    if journey.stage in AMONG_QUESTIONS:
        assert len(journey.way._stops()) >= MOST_STOPS - 5, f"went round and round at {journey.ref}"
        return
    assert journey.stage is Stage.REVIEW
    driver.frames(len(journey.review()) + 3)
    assert kiosk.page.say()
