"""A person's way through a consultation, step by step, as plain data: no Kivy, no disk, no clock.

    WELCOME → LANGUAGE → NOTICE → QUESTION … → REVIEW → CONFIRM → RECEIPT → WELCOME
    with a mediator:  AGREEMENT instead of NOTICE, READ_BACK instead of REVIEW, then HELP

`Journey` decides which step comes; screens draw it; what is confirmed is handed to a callable that
seals and stores it. Erasing drops everything that was said.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from forms.engine import Entry, Kind, Outcome, Step, Verdict
from kiosk.attachments import Attachments
from sync.contribution import Given, Help


class Stage(Enum):
    """Where the person is."""

    WELCOME = auto()
    LANGUAGE = auto()
    NOTICE = auto()
    AGREEMENT = auto()
    QUESTION = auto()
    REVIEW = auto()
    READ_BACK = auto()
    HELP = auto()
    CONFIRM = auto()
    RECEIPT = auto()


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
    """What a person takes away."""

    code: str
    qr: str


class Journey:
    """One person's way, from Welcome back to Welcome."""

    def __init__(self, begin_entry: Callable[[], Entry], keep: Keeper) -> None:
        self._begin_entry = begin_entry
        self._keep = keep
        self.stage = Stage.WELCOME
        self.entry: Entry | None = None
        self.ref = ""
        self.receipt: Shown | None = None
        self.assistance: Assistance | None = None
        self.attachments = Attachments()
        self._back_to_review = False
        self._held: dict[str, str] = {}

    # --- forward and back --------------------------------------------------------------------

    def start(self, assistance: Assistance | None = None) -> None:
        """Somebody touched the idle screen, or a mediator begins with the next person."""
        self.erase()
        self.entry = self._begin_entry()
        self.assistance = assistance
        self.stage = Stage.LANGUAGE

    def language_chosen(self) -> None:
        """Go on from the language screen."""
        self.stage = self._first_words

    def agree(self, given: Given, wording: str) -> None:
        """The person agreed to be helped: how, and to which version of the words read to them."""
        self._assistance.given = given
        self._assistance.wording = wording
        self.begin_questions()

    def begin_questions(self) -> None:
        """Go to the first question, or straight to the review of a form that asks none."""
        steps = self.steps()
        self.ref = steps[0].ref if steps else ""
        self.stage = Stage.QUESTION if steps else self._last_look

    def next(self) -> Verdict:
        """Leave the question that is shown, if its answer may stand; says why where it may not."""
        verdict = self._settle()
        if verdict.outcome is not Outcome.OK:
            return verdict
        if self._back_to_review:
            self._back_to_review = False
            self.stage = self._last_look
            return verdict
        following = self._beside(self.ref, 1)
        if following is None:
            self.stage = self._last_look
        else:
            self.ref = following.ref
        return verdict

    def back(self) -> None:
        """One step back, from wherever the person is; nothing is lost."""
        match self.stage:
            case Stage.LANGUAGE:
                self.erase()
            case Stage.NOTICE | Stage.AGREEMENT:
                self.stage = Stage.LANGUAGE
            case Stage.QUESTION:
                self._settle()
                before = self._beside(self.ref, -1)
                self._back_to_review = False
                if before is not None:
                    self.ref = before.ref
                else:
                    self.stage = self._first_words
            case Stage.REVIEW | Stage.READ_BACK:
                steps = self.steps()
                self.stage = Stage.QUESTION if steps else self._first_words
                self.ref = steps[-1].ref if steps else ""
            case Stage.HELP:
                self.stage = Stage.READ_BACK
            case Stage.CONFIRM:
                self.stage = Stage.HELP if self.assistance else Stage.REVIEW
            case Stage.WELCOME | Stage.RECEIPT:
                pass

    def change(self, ref: str) -> None:
        """From the review, to one question and straight back."""
        self.ref = ref
        self._back_to_review = True
        self.stage = Stage.QUESTION

    def reviewed(self) -> str:
        """The person is content with their answers; returns "" or what still stands against it.

        Where an answer that the form requires is missing, the journey goes to that question.
        """
        problems = self._entry.problems()
        if problems:
            self.change(problems[0].ref)
            return problems[0].message
        if self.assistance:
            self.assistance.read_back = True
        self.stage = Stage.HELP if self.assistance else Stage.CONFIRM
        return ""

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
        self.assistance = None
        self.ref = ""
        self.stage = Stage.RECEIPT

    def erase(self) -> None:
        """Forget this person altogether."""
        self.entry = None
        self.receipt = None
        self.assistance = None
        self.ref = ""
        self._held.clear()
        self.attachments.clear()
        self._back_to_review = False
        self.stage = Stage.WELCOME

    # --- what is asked and answered ----------------------------------------------------------

    def steps(self) -> tuple[Step, ...]:
        """Every question and note that this person meets, as things stand."""
        return self._entry.steps()

    def step(self) -> Step:
        """The one on the screen."""
        return self._entry.step(self.ref)

    def hold(self, value: str) -> None:
        """What the screen shows as the answer so far; the answer, once the person goes on."""
        self._held[self.ref] = value

    def value(self) -> str:
        """What the screen should show as the answer: also one that the form did not accept."""
        return self._held.get(self.ref, self.step().value)

    def place(self) -> tuple[int, int]:
        """Which question is shown, from 1, and how many there are."""
        refs = [step.ref for step in self.steps()]
        return (refs.index(self.ref) + 1 if self.ref in refs else 1, len(refs))

    def review(self) -> tuple[Step, ...]:
        """The questions that can be answered, with their answers."""
        return tuple(
            step for step in self.steps() if step.kind is not Kind.NOTE and not step.readonly
        )

    def _settle(self) -> Verdict:
        """Give the entry what the screen shows; what it does not accept stays held."""
        step = self.step()
        if step.kind is Kind.NOTE or step.readonly:
            return Verdict(Outcome.OK, "")
        verdict = self._entry.answer(step.ref, self._held.get(step.ref, step.value))
        if verdict.outcome is Outcome.OK:
            self._held.pop(step.ref, None)
        return verdict

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

    def _beside(self, ref: str, direction: int) -> Step | None:
        steps = self.steps()
        refs = [step.ref for step in steps]
        at = refs.index(ref) + direction
        return steps[at] if 0 <= at < len(steps) else None
