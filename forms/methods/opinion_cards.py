"""Opinion cards: proposals one after the other, each with an opinion and reasons.

A repeat with `parvis:method` "opinion-cards", counted by the form. In it a read-only select shows
the card; the first question that can be answered is the opinion, those after it are reasons. A
calculated field outside says in which order the cards came; `parvis:order` on its bind says that a
device may choose it: "least-seen" first. Then what the form computes by itself is not used, as
`once(…)` keeps what is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random

from forms.methods.asked import Asked, Fields, MethodError, Wrong, asked, values_at
from forms.xform.controls import Kind, Question
from forms.xform.form import Form
from forms.xpath.values import words_of

METHOD = "opinion-cards"
ORDER = "parvis:order"
LEAST_SEEN = "least-seen"
_LIST = re.compile(r"instance\(\s*['\"]([^'\"]+)['\"]\s*\)")
_POSITION = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Deck:
    """The cards of one repeat.

    Attributes:
        repeat: its path.
        card: the path of the question that shows the card, without positions.
        opinion: likewise, of what people think of it.
        reasons: likewise, of why.
        names: of all cards, in the order of the list.
        order: the path of the field that says in which order they came; "" where a device may
            not choose it.
    """

    repeat: str
    card: str
    opinion: str
    reasons: tuple[str, ...]
    names: tuple[str, ...]
    order: str


@dataclass(frozen=True)
class Said:
    """What one person said of one card; `opinion` is "" where they passed over it."""

    card: str
    opinion: str
    reasons: tuple[str, ...]


def read(form: Form, place: Asked) -> Deck:
    """The cards that a form asks about.

    Raises:
        MethodError: no read-only select shows a card, or nothing asks for an opinion.
    """
    readonly = [one for one in place.questions if _shows(form, one)]
    open_ = [one for one in place.questions if one not in readonly and one.kind is not Kind.NOTE]
    if not readonly or not open_:
        raise MethodError(
            Wrong(
                place.path,
                "opinion cards need a read-only select that shows the card,"
                " and a question for the opinion.",
            )
        )
    orders = [
        field.path for field, bind in form.binds.items() if bind.attributes.get(ORDER) == LEAST_SEEN
    ]
    decks = [one.path for one in asked(form, METHOD)]
    at = decks.index(place.path)
    return Deck(
        repeat=place.path,
        card=readonly[0].field.path,
        opinion=open_[0].field.path,
        reasons=tuple(one.field.path for one in open_[1:]),
        names=_names(form, readonly[0]),
        order=orders[at] if at < len(orders) else "",
    )


def least_seen_first(names: Iterable[str], seen: Mapping[str, int], random: Random) -> list[str]:
    """The cards by how often they were seen, the least often first; by lot among equals."""
    order = list(names)
    random.shuffle(order)
    return sorted(order, key=lambda name: seen.get(name, 0))


def beginning(form: Form, seen: Mapping[str, int], random: Random) -> dict[str, str]:
    """What an entry should begin with so that its cards come least seen first, by path."""
    decks = (read(form, place) for place in asked(form, METHOD))
    return {
        deck.order: " ".join(least_seen_first(deck.names, seen, random))
        for deck in decks
        if deck.order
    }


def shown_in(form: Form, fields: Fields) -> list[str]:
    """The cards that a contribution was shown."""
    paths = {read(form, place).card for place in asked(form, METHOD)}
    return [value for path, value in fields if _POSITION.sub("", path) in paths]


def ballot(deck: Deck, fields: Fields) -> tuple[Said, ...]:
    """What one person said of each card that they were shown, in the order that they came."""
    values = values_at(fields)
    found = []
    for path, card in values.items():
        if _POSITION.sub("", path) == deck.card:
            instance = path.removesuffix(deck.card.removeprefix(deck.repeat))
            reasons = (values.get(_at(deck, instance, one), "") for one in deck.reasons)
            opinion = values.get(_at(deck, instance, deck.opinion), "")
            found.append(Said(card, opinion, tuple(words_of(" ".join(reasons)))))
    return tuple(found)


def problems(form: Form, place: Asked) -> list[Wrong]:
    """What is wrong with the cards."""
    deck = read(form, place)
    found = []
    if len(deck.names) < 2:
        found.append(Wrong(place.path, "there are no cards to choose from."))
    if not deck.order:
        sentence = (
            f"no calculated field has {ORDER} “{LEAST_SEEN}”:"
            " the order in which cards come is not kept."
        )
        found.append(Wrong(place.path, sentence))
    return found


def _at(deck: Deck, instance: str, path: str) -> str:
    return instance + path.removeprefix(deck.repeat)


def _shows(form: Form, question: Question) -> bool:
    bind = form.bind(question.field)
    return question.kind is Kind.SELECT_ONE and bind is not None and bind.always_readonly


def _names(form: Form, question: Question) -> tuple[str, ...]:
    """All names of the list that a filtered select takes its card from."""
    if question.itemset is None:
        return tuple(item.name for item in question.items)
    source = _LIST.search(question.itemset.nodes.source)
    held = form.secondary.get(source.group(1)) if source else None
    if held is None:
        return ()
    items = held.items(("root", "item"))
    return tuple(item.cell(question.itemset.value) or "" for item in items)
