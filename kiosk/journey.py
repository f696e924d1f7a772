"""A person's way through a consultation, step by step, as plain data: no Kivy, no disk, no clock.

    WELCOME → LANGUAGE → NOTICE (→ ARGUMENTS) → QUESTION … → REVIEW → CONFIRM → RECEIPT → WELCOME
    with a mediator:  AGREEMENT instead of NOTICE, READ_BACK instead of REVIEW, then HELP

Between the notice and the review the way leads from stop to stop (`kiosk.way`): QUESTION is one
question, TOGETHER a group of them, SERIES the list of several alike things that were told of.

`Journey` decides which step comes; screens draw it; what is confirmed is handed to a callable that
seals and stores it. Erasing drops everything that was said.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from secrets import token_hex
from typing import Protocol

from forms.engine import Entry, Kind, Outcome, Place, Repetition, Step, Verdict
from kiosk.attachments import Attachments
from kiosk.way import Way, Where
from sync.contribution import Given, Help


class Stage(Enum):
    """Where the person is."""

    WELCOME = auto()
    LANGUAGE = auto()
    NOTICE = auto()
    AGREEMENT = auto()
    ARGUMENTS = auto()
    QUESTION = auto()
    TOGETHER = auto()
    SERIES = auto()
    REVIEW = auto()
    READ_BACK = auto()
    HELP = auto()
    CONFIRM = auto()
    RECEIPT = auto()


AMONG_QUESTIONS = frozenset({Stage.QUESTION, Stage.TOGETHER, Stage.SERIES})


@dataclass
class Assistance:
    """What belongs to an entry made with a mediator, beside its answers."""

    mediator: str
    given: Given | None = None  # how the person agreed; None until they did
    wording: str = ""  # the version of what was read to them
    help: set[Help] = field(default_factory=set)
    reworded: set[str] = field(default_factory=set)  # answers put in the mediator's words
    read_back: bool = False


class Keeper(Protocol):
    """Seals and stores a finished entry; what it returns is shown as the receipt."""

    def __call__(self, journey: "Journey") -> "Shown":
        """Keep what this journey's entry holds."""


@dataclass(frozen=True)
class Shown:
    """What a person takes away; both empty where the consultation gives no receipt."""

    code: str
    qr: str


class Journey:
    """One person's way, from Welcome back to Welcome."""

    def __init__(self, begin_entry: Callable[[], Entry], keep: Keeper) -> None:
        self._begin_entry = begin_entry
        self._keep = keep
        self.stage = Stage.WELCOME
        self.entry: Entry | None = None
        self.origin = ""
        """What tells this entry from all others, so that it is sealed once however often it is
        confirmed; it tells nothing else, and is gone with the entry."""
        self._way: Way | None = None
        self.receipt: Shown | None = None
        self.assistance: Assistance | None = None
        self.attachments = Attachments()
        self._arguments = False

    # --- forward and back --------------------------------------------------------------------

    def start(self, assistance: Assistance | None = None, *, arguments: bool = False) -> None:
        """Somebody touched the idle screen, or a mediator begins with the next person.

        Args:
            assistance: where a mediator helps.
            arguments: whether there are cards for and against to read before the questions.
        """
        self.erase()
        self._arguments = arguments
        self.entry = self._begin_entry()
        self.origin = f"entry {token_hex(16)}"
        self.assistance = assistance
        self._way = Way(self.entry, assistance.reworded if assistance else set())
        self.stage = Stage.LANGUAGE

    def language_chosen(self) -> None:
        """Go on from the language screen."""
        self.stage = self._first_words

    def agree(self, given: Given, wording: str) -> None:
        """The person agreed to be helped: how, and to which version of the words read to them."""
        self._assistance.given = given
        self._assistance.wording = wording
        self.notice_read()

    def notice_read(self) -> None:
        """Go on to the cards for and against, where there are any, or to the questions."""
        if self._arguments:
            self.stage = Stage.ARGUMENTS
        else:
            self.begin_questions()

    def begin_questions(self) -> None:
        """Go to the first question, or straight to the review of a form that asks none."""
        self.way.begin()
        self._follow()

    def next(self) -> Verdict:
        """Leave what is shown, if its answers may stand; the first objection where they may not."""
        verdict = self.way.next()
        self._follow()
        return verdict

    def back(self) -> None:
        """One step back, from wherever the person is; nothing is lost."""
        match self.stage:
            case Stage.LANGUAGE:
                self.erase()
            case Stage.NOTICE | Stage.AGREEMENT:
                self.stage = Stage.LANGUAGE
            case Stage.ARGUMENTS:
                self.stage = self._first_words
            case Stage.QUESTION | Stage.TOGETHER | Stage.SERIES:
                self.way.back()
                self._follow()
            case Stage.REVIEW | Stage.READ_BACK:
                self.way.end()
                self._follow()
            case Stage.HELP:
                self.stage = Stage.READ_BACK
            case Stage.CONFIRM:
                self.stage = Stage.HELP if self.assistance else Stage.REVIEW
            case Stage.WELCOME | Stage.RECEIPT:
                pass

    def change(self, ref: str) -> None:
        """From the review, to one question or list and straight back."""
        self.way.change(ref)
        self._follow()

    def add(self) -> None:
        """Add one more to the list that is shown, and go through its questions.

        Raises:
            FormError: the form allows no more.
        """
        self.way.add()
        self._follow()

    def edit(self, instance: str) -> None:
        """Go through the questions of one on the list, and back to it."""
        self.way.edit(instance)
        self._follow()

    def skip_series(self) -> None:
        """There is nothing to tell of: on to what comes after the list."""
        self.way.skip_series()
        self._follow()

    def reviewed(self) -> Verdict:
        """The person is content with their answers; says what the form still has against them.

        Where it does not accept one, or one that it requires is missing, the journey goes to that
        question.
        """
        problems = self._entry.problems()
        if problems:
            self.change(problems[0].ref)
            return Verdict(problems[0].outcome, problems[0].message, limits=problems[0].limits)
        if self.assistance:
            self.assistance.read_back = True
        self.stage = Stage.HELP if self.assistance else Stage.CONFIRM
        return Verdict(Outcome.OK)

    def reword(self, mine: bool) -> None:
        """Whether the answer on the screen is in the mediator's words rather than the person's."""
        (self._assistance.reworded.add if mine else self._assistance.reworded.discard)(self.ref)

    def helped(self) -> None:
        """The mediator has said how much they helped."""
        self.stage = Stage.CONFIRM

    def confirm(self) -> None:
        """Seal and store what was said; only when that is durable is there a receipt.

        Whatever the keeper raises leaves the journey where it was, with nothing lost.
        """
        self.receipt = self._keep(self)
        self.attachments.clear()
        self.entry = None
        self.origin = ""
        self._way = None
        self.assistance = None
        self.stage = Stage.RECEIPT

    def erase(self) -> None:
        """Forget this person altogether."""
        self.entry = None
        self.origin = ""
        self.receipt = None
        self.assistance = None
        self._way = None
        self.attachments.clear()
        self.stage = Stage.WELCOME

    # --- what is asked and answered ----------------------------------------------------------

    def steps(self) -> tuple[Step, ...]:
        """Every question and note that this person meets, as things stand."""
        return self._entry.steps()

    @property
    def way(self) -> Way:
        """Where the person is among the questions."""
        if self._way is None:
            raise RuntimeError("nobody has started")
        return self._way

    @property
    def ref(self) -> str:
        """The path of the question, group or list that is shown; "" where none is."""
        return self._way.ref if self._way else ""

    @property
    def has_answers(self) -> bool:
        """Whether anything was answered that would be lost with this entry."""
        return self._way is not None and self._way.has_answers

    def outline(self) -> tuple[Place | Repetition, ...]:
        """The same, with the repeats among them, and without words."""
        return self._entry.outline()

    def step(self) -> Step:
        """The question on the screen; the first, where there are several."""
        return self.way.step()

    def hold(self, value: str, ref: str = "") -> None:
        """What the screen shows as the answer so far; the answer, once the person goes on."""
        self.way.hold(value, ref)

    def value(self, ref: str = "") -> str:
        """What the screen should show as the answer: also one that the form did not accept."""
        return self.way.value(ref)

    def place(self) -> tuple[int, int]:
        """Which screen of questions is shown, from 1, and how many there are."""
        return self.way.place()

    def review(self) -> tuple[Step, ...]:
        """The questions that can be answered, with their answers."""
        return tuple(
            step
            for step in self.steps()
            if step.kind is not Kind.NOTE
            and not step.readonly
            and not (step.kind.chooses and "label" in step.appearance)  # words over a grid
        )

    def _follow(self) -> None:
        """Be at the stage that the way has led to."""
        match self.way.where:
            case Where.BEFORE:
                self.stage = Stage.ARGUMENTS if self._arguments else self._first_words
            case Where.AFTER:
                self.stage = self._last_look
            case other:
                self.stage = Stage[other.name]

    @property
    def _entry(self) -> Entry:
        if self.entry is None:
            raise RuntimeError("nobody has started")
        return self.entry

    @property
    def _assistance(self) -> Assistance:
        if self.assistance is None:
            raise RuntimeError("no mediator is signed in")
        return self.assistance

    @property
    def _first_words(self) -> Stage:
        return Stage.AGREEMENT if self.assistance else Stage.NOTICE

    @property
    def _last_look(self) -> Stage:
        return Stage.READ_BACK if self.assistance else Stage.REVIEW
