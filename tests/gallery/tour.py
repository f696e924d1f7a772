"""Leads somebody through everything that the kiosk can show, and stops at each thing.

A scene is what is on the screen when the tour stops: its name, and the screen (by its module's
name) or question it shows. Nothing is touched by its place, so that the tour also works where
text is at its largest; what touches do is tested elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms.engine import Kind, Outcome, Step
from kiosk.access.panel import open_panel
from kiosk.devices.configuration import PrinterSettings
from kiosk.devices.printer import Printer, Trouble
from kiosk.journey import AMONG_QUESTIONS, Stage
from kiosk.language import tr
from kiosk.offer import Offer
from kiosk.widgets.folded import Fold
from kiosk.widgets.keyboard import Keyboard
from kiosk.widgets.layouts import Action
from kiosk.widgets.picture import Picture
from kiosk.widgets.stepper import ValueKey
from kiosk.widgets.upload import ways_here
from kiosk.widgets.written import Written
from tests.gallery.kinds import FORM_ID, examples
from tests.kiosk import driver, hall
from tests.kiosk.hall import Hall
from tests.kiosk.listener import Listener

MOST_STOPS = 300
_PAGES = {"signs": Action.SIGNS, "capitals": Action.SHIFT, "all": Action.SWITCH}


@dataclass(frozen=True)
class Scene:
    """Something to draw.

    Attributes:
        name: unique in a tour.
        screen: the module that it comes from.
        aside: whether it is a moment of what was already shown as it is met: answered, refused,
            with the keyboard, a second time.
    """

    name: str
    screen: str
    aside: bool = False


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
    kiosk.journey.notice_read()
    kiosk.show()
    if kiosk.journey.stage is Stage.ARGUMENTS:
        yield _scene(there, "arguments")
        kiosk.journey.begin_questions()
        kiosk.show()
    yield from questions(there)
    yield _scene(there, "review")
    kiosk.ear.voice = Listener()
    for name, opens in (
        ("help", kiosk.call_for_help),
        ("stop", kiosk.ask_to_stop),
        ("still-there", lambda: kiosk._ask_whether_there(23)),
        ("listen", lambda: open_panel(kiosk)),
    ):
        opens()
        yield _scene(there, f"over-{name}")
        kiosk.dismiss()
    kiosk.draw_curtain(True)
    yield _scene(there, "over-curtain")
    kiosk.draw_curtain(False)
    kiosk.ear.end()
    kiosk.ear.voice = None
    kiosk.journey.reviewed()
    kiosk.show()
    yield _scene(there, "confirm")
    kiosk.journey.confirm()
    kiosk.show()
    yield _scene(there, "receipt")
    printer, kiosk.printer = kiosk.printer, Printer(PrinterSettings("file:/dev/null"))
    for name, trouble in (
        ("printed", None),
        ("no-paper", Trouble.NO_PAPER),
        ("no-answer", Trouble.NO_ANSWER),
    ):
        kiosk.page.enter()
        kiosk.page._printed(kiosk.page.code, trouble)
        yield _scene(there, f"receipt-{name}", aside=True)
    kiosk.printer = printer
    kiosk.erase()


def questions(there: Hall, prefix: str = "") -> Iterator[Scene]:
    """Each stop among the questions as it is met, with the keyboard, refused, and answered."""
    kiosk = there.kiosk
    added = False
    for _ in range(MOST_STOPS):
        journey = kiosk.journey
        if journey.stage not in AMONG_QUESTIONS:
            return
        again = "-again" if added else ""
        name = f"{prefix}{_last_part(journey.ref)}{again}"
        if journey.stage is Stage.SERIES:
            listed = len(journey.way.series.instances)
            yield _scene(there, f"{prefix}{_last_part(journey.ref)}-list-of-{listed}")
            if not added and journey.way.series.may_add:
                added = True
                journey.add()
                kiosk.show()
                continue
            added = False
        else:
            yield _scene(there, name, aside=bool(again))
            if getattr(kiosk.page, "briefs", False):  # told on a page of its own, then asked
                kiosk.page.go_on()
                yield _scene(there, f"{name}-asked", aside=bool(again))
            if _opens_keyboard(there):
                yield _scene(there, f"{name}-writing", aside=True)
                yield from keyboards(there, name)
                kiosk.show()
            yield from laid_over(there, name)
            for way in _other_ways(there):
                yield _scene(there, f"{name}-by-{way}")
            if not journey.way.settle().kept:
                _show_refusal(there)
                yield _scene(there, f"{name}-refused", aside=True)
                kiosk.show()
            if _answer(there):
                kiosk.page.enter()
                yield _scene(there, f"{name}-given", aside=True)
        if not journey.next().kept:
            # What a whole screen of answers has to fulfil, such as a sum, no example knows.
            assert prefix, f"{journey.ref} does not take its example"
            _show_refusal(there)
            yield _scene(there, f"{name}-objected", aside=True)
            return
        kiosk.show()
    raise AssertionError(f"no way on from {kiosk.journey.ref}")


def keyboards(there: Hall, name: str) -> Iterator[Scene]:
    """What else the keyboard of this question shows: signs, accents held, the names of all."""
    if name != "texte":
        return
    board = next(one for one in there.kiosk.page.walk(restrict=True) if isinstance(one, Keyboard))
    for what, action in _PAGES.items():
        board.reset()
        cap = next((cap for cap in board._caps if cap.key.action is action and cap.opacity), None)
        if cap is not None:
            board.press(cap)
            yield _scene(there, f"{name}-writing-{what}", aside=True)
    board.reset()
    if variants := board._variants_of("e"):
        board._offer(variants)
        yield _scene(there, f"{name}-writing-held", aside=True)
    board.reset()


def laid_over(there: Hall, name: str) -> Iterator[Scene]:
    """What this question lays over its page: a pad, a list."""
    kiosk = there.kiosk
    for thing in kiosk.page.walk(restrict=True):
        if isinstance(thing, ValueKey | Fold | Picture) and not thing.disabled and thing.opacity:
            thing.dispatch("on_release")
            if kiosk.asks:
                yield _scene(there, f"{name}-over", aside=True)
                kiosk.dismiss()
            return


def methods(there: Hall, name: str) -> Iterator[Scene]:
    """The questions of one consultation of the catalogue, without what is simply written.

    Of an ordinary question only how it is met: the table shows its other moments.
    """
    kiosk, seen = there.kiosk, set[str]()
    kiosk.start(_offer(there, name))
    kiosk.journey.language_chosen()
    kiosk.speak_language("fr")
    kiosk.journey.begin_questions()
    kiosk.show()
    for scene in questions(there, f"{name}/"):
        answer = getattr(kiosk.page, "answer", None)
        ordinary = answer is not None and ".methods." not in type(answer).__module__
        skipped = isinstance(answer, Written) or (ordinary and scene.name != _plain(there, name))
        if scene.name not in seen and not skipped:
            yield scene
        seen.add(scene.name)
    if kiosk.journey.stage is Stage.REVIEW:
        yield _scene(there, f"{name}/review")
    kiosk.erase()


def example(step: Step) -> str:
    """An answer that fits this question's kind."""
    names = [choice.name for choice in step.choices]
    by_kind = {
        Kind.SELECT_ONE: names[:1],
        Kind.SELECT_MULTIPLE: names[:2],
        Kind.RANK: names,
        Kind.RANGE: [f"{step.bounds.start:f}"] if step.bounds else [],
        Kind.TEXT: ["Plus de bancs à l’ombre, s’il vous plaît."],
        Kind.INTEGER: ["3"],
        Kind.DECIMAL: ["2.5"],
        Kind.TRIGGER: ["OK"],
        Kind.DATE: ["2026-11-21"],
    }
    return " ".join(by_kind.get(step.kind, []))


def _answer(there: Hall) -> bool:
    """Answer whatever is on the screen; says whether there was anything to answer."""
    journey = there.kiosk.journey
    given = examples() if there.kiosk.offer.consultation.form_id == FORM_ID else {}
    answered = False
    for place in journey.way.stop.places:
        step = journey.way.step(place.ref)
        value = given.get(_last_part(step.ref)) or example(step)
        if value and not step.readonly and step.kind is not Kind.NOTE:
            journey.hold(value, place.ref)
            answered = True
    return answered


def _other_ways(there: Hall) -> Iterator[str]:
    """Each way in which a question for a picture or a recording can be answered here."""
    kiosk = there.kiosk
    step = kiosk.journey.step()
    if there.name != "question" or step.kind not in {Kind.IMAGE, Kind.AUDIO} or step.appearance:
        return
    chosen = kiosk.journey.attachments.ways
    for way in ways_here(step, kiosk.equipment):
        chosen[step.ref] = way
        kiosk.page.enter()
        yield way
    del chosen[step.ref]
    kiosk.page.enter()


def _show_refusal(there: Hall) -> None:
    page = there.kiosk.page
    if there.name == "question":
        page.show_trouble("", Outcome.REQUIRED)
    else:
        page.show_trouble("")


def _last_part(ref: str) -> str:
    return ref.rpartition("/")[2].split("[")[0]


def assisted(there: Hall, language: str, form_id: str) -> Iterator[Scene]:
    """What a mediator sees, from signing in to how much help was given."""
    kiosk = there.kiosk
    tr.speak(language)
    kiosk.open_sign_in()
    yield _scene(there, "sign-in")
    kiosk.page.press("1")
    kiosk.page.press("check")
    yield _scene(there, "sign-in-refused", aside=True)
    kiosk.sign_in(hall.MEDIATOR, hall.MEDIATOR_PIN)
    yield _scene(there, "mediator")
    kiosk.start(_offer(there, form_id))
    kiosk.journey.language_chosen()
    kiosk.speak_language(language)
    kiosk.show()
    yield _scene(there, "agreement")
    kiosk.page.go_on()
    if kiosk.journey.stage not in AMONG_QUESTIONS:
        kiosk.journey.begin_questions()
        kiosk.show()
    shown = among_others = False
    for _ in range(MOST_STOPS):
        journey = kiosk.journey
        if journey.stage not in AMONG_QUESTIONS:
            break
        if journey.stage is not Stage.SERIES:
            _answer(there)
            if not shown and getattr(kiosk.page, "asks_wording", False):
                shown = True
                kiosk.page.enter()
                yield _scene(there, "whose-words")
            blocks = getattr(kiosk.page, "blocks", {}).values()
            if not among_others and any(block.wording for block in blocks):
                among_others = True
                yield _scene(there, "whose-words-among-others")
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


def _scene(there: Hall, name: str, aside: bool = False) -> Scene:
    driver.frames(2)
    there.wait_for_review()
    return Scene(name, there.name, aside)


def _plain(there: Hall, name: str) -> str:
    """What the scene of this question as it is met is called."""
    return f"{name}/{_last_part(there.kiosk.journey.ref)}"


def _offer(there: Hall, form_id: str) -> Offer:
    return next(one for one in there.kiosk.offers if one.consultation.form_id == form_id)


def _opens_keyboard(there: Hall) -> bool:
    """Ask for the keyboard where it is not there by itself; says whether that changed anything."""
    page = there.kiosk.page
    blocks = getattr(page, "blocks", {}).values()
    answers = [page.answer] if there.name == "question" else [block.answer for block in blocks]
    written = [answer for answer in answers if isinstance(answer, Written)]
    if not written or any(answer.writing for answer in written):
        return False
    written[0].dispatch("on_touched")
    driver.frames(3)
    return any(isinstance(one, Keyboard) for one in page.walk(restrict=True))
