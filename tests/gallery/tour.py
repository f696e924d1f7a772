"""Leads somebody through everything that the kiosk can show, and stops at each thing.

A scene is what is on the screen when the tour stops: its name, and the screen (by its module's
name) or question it shows. Nothing is touched by its place, so that the tour also works where
text is at its largest; what touches do is tested elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms.engine import Kind, Outcome
from kiosk.journey import Stage
from kiosk.language import tr
from tests.gallery.kinds import examples
from tests.kiosk import driver, hall
from tests.kiosk.hall import Hall

MOST_STEPS = 300


@dataclass(frozen=True)
class Scene:
    """Something to draw: `name` is unique in a tour, `screen` is the module it comes from."""

    name: str
    screen: str


def whole_tour(there: Hall, language: str, form_id: str) -> Iterator[Scene]:
    """Every screen, every overlay and every question of the form, empty and answered."""
    yield from idle(there)
    yield from alone(there, language, form_id)
    yield from assisted(there, language, form_id)
    yield from steward(there, language)


def idle(there: Hall) -> Iterator[Scene]:
    """What is there before anybody comes, in one language."""
    kiosk = there.kiosk
    yield _scene(there, "welcome")
    kiosk.is_open = False
    kiosk.page.enter()
    yield _scene(there, "welcome-over")
    kiosk.is_open = True
    kiosk.page.enter()
    if len(kiosk.offers) > 1:
        kiosk.begin()
        yield _scene(there, "welcome-which")
        kiosk.dismiss()


def alone(there: Hall, language: str, form_id: str) -> Iterator[Scene]:
    """A resident's way from the language to the receipt."""
    kiosk = there.kiosk
    kiosk.start(_offer(there, form_id))
    yield _scene(there, "language")
    kiosk.journey.language_chosen()
    kiosk.speak_language(language)
    kiosk.show()
    yield _scene(there, "notice")
    kiosk.journey.begin_questions()
    kiosk.show()
    yield from questions(there)
    yield _scene(there, "review")
    for name, opens in (
        ("help", kiosk.call_for_help),
        ("stop", kiosk.ask_to_stop),
        ("languages", kiosk.choose_language),
        ("still-there", lambda: kiosk._ask_whether_there(23)),
    ):
        opens()
        yield _scene(there, f"over-{name}")
        kiosk.dismiss()
    kiosk.journey.reviewed()
    kiosk.show()
    yield _scene(there, "confirm")
    kiosk.journey.confirm()
    kiosk.show()
    yield _scene(there, "receipt")
    kiosk.erase()


def questions(there: Hall, suffix: str = "") -> Iterator[Scene]:
    """Each question as it is met, with the keyboard, refused, and with an answer."""
    kiosk, given = there.kiosk, examples()
    for _ in range(MOST_STEPS):
        journey = kiosk.journey
        if journey.stage is not Stage.QUESTION:
            return
        step = journey.step()
        name = step.ref.rpartition("/")[2] + suffix
        yield _scene(there, name)
        if _opens_keyboard(there):
            yield _scene(there, f"{name}-writing")
        if step.required and journey.next().outcome is not Outcome.OK:
            kiosk.page.show_trouble("", Outcome.REQUIRED)
            yield _scene(there, f"{name}-refused")
        value = given.get(step.ref.rpartition("/")[2], "")
        if value:
            journey.hold(value)
            kiosk.page.enter()
            yield _scene(there, f"{name}-given")
        verdict = journey.next()
        assert verdict.outcome is Outcome.OK, f"{step.ref} does not take “{value}”: {verdict}"
        kiosk.show()
    raise AssertionError(f"no way on from {kiosk.journey.ref}")


def assisted(there: Hall, language: str, form_id: str) -> Iterator[Scene]:
    """What a mediator sees, from signing in to how much help was given."""
    kiosk = there.kiosk
    tr.speak(language)
    kiosk.open_sign_in()
    yield _scene(there, "sign-in")
    kiosk.page.press("1")
    kiosk.page.press("check")
    yield _scene(there, "sign-in-refused")
    kiosk.sign_in(hall.MEDIATOR, hall.MEDIATOR_PIN)
    yield _scene(there, "mediator")
    kiosk.start(_offer(there, form_id))
    kiosk.journey.language_chosen()
    kiosk.speak_language(language)
    kiosk.show()
    yield _scene(there, "agreement")
    kiosk.page.go_on()
    if kiosk.journey.stage is not Stage.QUESTION:
        kiosk.journey.begin_questions()
        kiosk.show()
    given, shown = examples(), False
    for _ in range(MOST_STEPS):
        journey = kiosk.journey
        if journey.stage is not Stage.QUESTION:
            break
        step = journey.step()
        if step.kind is Kind.TEXT and kiosk.page.asks_wording and not shown:
            shown = True
            journey.hold(given.get(step.ref.rpartition("/")[2], ""))
            kiosk.page.enter()
            yield _scene(there, "whose-words")
        journey.hold(given.get(step.ref.rpartition("/")[2], ""))
        journey.next()
        kiosk.show()
    yield _scene(there, "read-back")
    kiosk.journey.reviewed()
    kiosk.show()
    yield _scene(there, "help-given")
    kiosk.sign_out()


def steward(there: Hall, language: str) -> Iterator[Scene]:
    """What the steward sees."""
    kiosk = there.kiosk
    kiosk.sign_in(hall.STEWARD, hall.STEWARD_PIN)
    tr.speak(language)
    yield _scene(there, "steward")
    kiosk.sign_out()


def _scene(there: Hall, name: str) -> Scene:
    driver.frames(2)
    return Scene(name, there.name)


def _offer(there: Hall, form_id: str) -> object:
    return next(one for one in there.kiosk.offers if one.consultation.form_id == form_id)


def _opens_keyboard(there: Hall) -> bool:
    """Ask for the keyboard where it is not there by itself; says whether that changed anything."""
    page = there.kiosk.page
    field = getattr(page.answer, "field", None)
    if field is None or page.answer.writing:
        return False
    page.answer.dispatch("on_touched")
    driver.frames(3)
    return bool(page.answer.writing)
