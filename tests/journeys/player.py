"""Plays whole journeys without touching: by keypad, by switches, or by ear with the screen off.

First a person makes up their mind: `intentions` fills a form in memory and notes, for each question
by its words, what they mean to answer. Then a player carries it out with keys alone. One who sees
reads what is lit; one who listens decides only by what was said, and never looks at any widget.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.kiosk import driver, hall  # isort: split

from forms.engine import Kind, Step
from kiosk.access.names import described
from kiosk.access.spoken import step_of
from kiosk.offer import Offer
from kiosk.widgets.key_rows import KeyRow
from kiosk.widgets.keyboard import KeyCap
from kiosk.widgets.lead import Lead
from tests.kiosk.listener import Listener

MOST_PRESSES = 200  # until something that is wanted comes
ON = frozenset(
    {
        *("Suivant", "Je passe", "Voir la suite", "C’est bon", "J’envoie", "Je commence"),
        *("C’est tout", "Rien à ajouter", "C’est compris", "Continuer", "Fini"),
    }
)
TEXTS = ("oui", "30", "75001")
NUMBERS = ("1", "30", "0", "75001", "2026")


class Lost(AssertionError):
    """The keys do not lead to what the person wants."""


@dataclass(frozen=True)
class Intention:
    """What a person means to answer to a question.

    Attributes:
        label: the question's words.
        kind: of the question.
        value: as the form will hold it; "" where they pass over it.
        labels: the words of what they choose, in their order.
    """

    label: str
    kind: Kind
    value: str
    labels: tuple[str, ...] = ()


def intentions(offer: Offer) -> dict[str, Intention]:
    """What a person means to answer, by question name; every question that keys can answer is."""
    entry = offer.begin()
    entry.language = offer.form_language("fr")
    meant: dict[str, Intention] = {}
    done: set[str] = set()
    for _ in range(500):
        step = next((step for step in entry.steps() if step.ref not in done), None)
        if step is None:
            return meant
        done.add(step.ref)
        if step.readonly or step.kind is Kind.NOTE:
            continue
        # What a person passes over is known by its words too, and left alone.
        meant[name_of(step.ref)] = Intention(step.label, step.kind, "")
        for value in _candidates(step):
            if entry.answer(step.ref, value).kept:
                labels = {choice.name: choice.label for choice in step.choices}
                chosen = tuple(labels[name] for name in value.split()) if labels else ()
                meant[name_of(step.ref)] = Intention(step.label, step.kind, value, chosen)
                break
    raise Lost("the form never ends")


def plain(text: str) -> str:
    """With ordinary spaces only."""
    return " ".join(text.split())


def name_of(path: str) -> str:
    """A question's path without the numbers of repeats."""
    return re.sub(r"\[\d+\]", "", path)


def _candidates(step: Step) -> list[str]:
    names = [choice.name for choice in step.choices]
    match step.kind:
        case Kind.TEXT:
            return list(TEXTS)
        case Kind.INTEGER | Kind.DECIMAL:
            return list(NUMBERS)
        case Kind.SELECT_ONE:
            return names[:2]
        case Kind.SELECT_MULTIPLE:
            return [" ".join(names[:2]), names[0], names[-1]]
        case Kind.RANK:
            return [" ".join(reversed(names))]
        case Kind.RANGE:
            assert step.bounds is not None
            from kiosk.widgets.number_line import numbers_between

            numbers = numbers_between(step.bounds.start, step.bounds.end, step.bounds.step)
            return [numbers[len(numbers) // 2]]
        case Kind.DATE:
            return [hall.TODAY.isoformat()]
        case Kind.TRIGGER:
            return ["OK"]
    return []


@dataclass
class Keys:
    """The keys that this person has."""

    next: tuple[str, str | None] = ("tab", None)
    choose: tuple[str, str | None] = ("enter", None)


class Player:
    """Carries intentions out with two keys.

    Args:
        town: where they are.
        keys: what they press.
        ear: what they hear, with the screen off; None for somebody who sees what is lit.
    """

    def __init__(self, town: hall.Hall, keys: Keys, ear: Listener | None = None) -> None:
        self.town = town
        self.keys = keys
        self.ear = ear
        self.meant = intentions(town.kiosk.offer)
        self.presses = 0
        self._question: Intention | None = None
        self._heard = 0
        self._ranked: dict[str, list[str]] = {}
        self._stepped: set[str] = set()

    # --- what they perceive -------------------------------------------------------------------

    def perceive(self) -> str:
        """What is said since the last key, or what is lit."""
        if self.ear is not None:
            said, self._heard = self.ear.since(self._heard), len(self.ear.heard)
        else:
            said = self._seen()
        said = plain(said)
        asked = [one for one in self.meant.values() if plain(one.label) in said]
        if asked:
            self._question = max(asked, key=lambda one: len(one.label))
        return said

    def _seen(self) -> str:
        at = self.town.kiosk.keypad.focused
        if at is None or isinstance(at, Lead):
            return str(self.town.kiosk.cover.say())
        step = None if isinstance(at, KeyRow | KeyCap) else step_of(at)
        return f"{step.label}. {described(at)}" if step is not None else described(at)

    # --- what they do -------------------------------------------------------------------------

    def press(self, key: tuple[str, str | None]) -> str:
        """Press a key, and perceive what comes of it."""
        self.presses += 1
        driver.key(*key)
        return self.perceive()

    def next(self) -> str:
        """On to the next thing."""
        return self.press(self.keys.next)

    def choose(self) -> str:
        """Take what is lit."""
        return self.press(self.keys.choose)

    def find(self, wanted: Callable[[str], bool], said: str = "") -> str:
        """Go on until something is said that is wanted."""
        for _ in range(MOST_PRESSES):
            if said and wanted(said):
                return said
            said = self.next()
        raise Lost(f"never came to what was wanted; last: {said!r}")

    # --- the whole way ------------------------------------------------------------------------

    def play(self) -> str:
        """From the idle screen to the receipt; returns its code, as it was perceived."""
        if self.ear is not None:
            self.press(("f10", None))  # the curtain: nothing is shown any more
            assert self.town.kiosk.curtained
        self.find(lambda said: "commencer" in said)
        self.choose()
        self.find(lambda said: said.startswith("Français"))
        said = self.choose()
        for _ in range(4 * MOST_PRESSES):
            if "Merci ! Votre code" in said:
                return said
            said = self._act(self.next())
        raise Lost(f"no receipt after {self.presses} presses; last: {said!r}")

    def _act(self, said: str) -> str:
        """Do what the person means to do with the thing that they came to."""
        asked = self._question
        thing = said.rpartition(plain(asked.label))[2] if asked is not None else said
        if thing.strip(". ") in ON:
            ranked = self._ranked.get(asked.label, []) if asked is not None else []
            # The last one takes the last place by itself.
            unready = asked is not None and 0 < len(ranked) < len(asked.labels) - 1
            return said if unready else self.choose()
        if asked is None or said.startswith("Changer"):  # the review: all is as it was meant
            return said
        match asked.kind:
            case Kind.TEXT | Kind.INTEGER | Kind.DECIMAL if "vide" in thing:
                return self._type(asked.value)
            case Kind.INTEGER | Kind.RANGE | Kind.DATE if _is_more(said):
                return self._step(int(asked.value) if asked.kind is Kind.INTEGER else 1, said)
            case Kind.RANGE if _says(thing, asked.value) and "pas choisi" in thing:
                return self.choose()
            case Kind.TRIGGER if "pas choisi" in thing:
                return self.choose()
            case Kind.RANK:
                return self._rank(asked, thing)
            case Kind.SELECT_ONE | Kind.SELECT_MULTIPLE:
                if any(_says(thing, label) for label in asked.labels) and not _is_taken(thing):
                    said = self.choose()
                    return self._act(said) if self._question is not asked else said
        return said

    def _type(self, text: str) -> str:
        said = self.choose()
        for character in text:
            if not said.startswith("Rangée"):
                said = self.next()
            rows = re.compile(rf"Rangée : .*(?<=\s){re.escape(character)}(?=[\s.]|$)")
            self.find(lambda heard, rows=rows: bool(rows.match(heard)), said)
            said = self.choose()
            self.find(lambda heard, it=character: heard.rstrip(". ") == it, said)
            said = self.choose()
        return said

    def _step(self, times: int, said: str) -> str:
        """Touch "more" so many times, once for each question; a date begins with today."""
        assert self._question is not None
        if self._question.label not in self._stepped:
            self._stepped.add(self._question.label)
            for _ in range(times):
                said = self.choose()
        return said

    def _rank(self, asked: Intention, said: str) -> str:
        """In the order that is meant: this one only when those before it have their place."""
        done = self._ranked.setdefault(asked.label, [])
        left = [label for label in asked.labels if label not in done]
        if left and _says(said, left[0]) and "pas choisi" in said:
            done.append(left[0])
            return self.choose()
        return said


def _says(said: str, label: str) -> bool:
    title = plain(label).split(" — ")[0]
    return bool(re.search(rf"(^|[.:] ?){re.escape(title)}([.,]| —|$)", said.strip(". ")))


def _is_taken(said: str) -> bool:
    return "pas choisi" not in said and bool(re.search(r"\bchoisi\b", said))


def _is_more(said: str) -> bool:
    return bool(re.search(r"\bPlus\b|de plus :", said))
