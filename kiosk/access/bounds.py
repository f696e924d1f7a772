"""The bounds that an answer breaks, as a sentence: for forms that have no words of their own."""

from datetime import date
from decimal import Decimal

from forms.engine import Kind, Step
from forms.engine.limits import Limits, Measure
from kiosk.language import tr


def between(lowest: object, highest: object) -> str:
    """That a number is to be between these two, themselves among them."""
    low, high = _number(lowest), _number(highest)
    return str(tr._("Donnez un nombre entre {low} et {high}.").format(low=low, high=high))


def bounds_in_words(limits: Limits, step: Step | None = None) -> str:
    """What the answer may be.

    Args:
        limits: as a verdict tells them.
        step: the question; of whole numbers none between two is told.
    """
    match limits.measure:
        case Measure.LENGTH:
            return _length(limits.whole())
        case Measure.COUNT:
            return _count(limits.whole())
        case Measure.DATE:
            return _dates(limits)
        case Measure.NUMBER:
            whole = step is not None and step.kind is Kind.INTEGER
            return _numbers(limits.whole() if whole else limits)


def _numbers(limits: Limits) -> str:
    low, high = limits.low, limits.high
    if low is not None and high is not None and not (limits.above or limits.below):
        return between(low, high)
    said = []
    if low is not None:
        above = tr._("Donnez un nombre plus grand que {n}.")
        words = above if limits.above else tr._("Donnez au moins {n}.")
        said.append(words.format(n=_number(low)))
    if high is not None:
        below = tr._("Donnez un nombre plus petit que {n}.")
        words = below if limits.below else tr._("Donnez au plus {n}.")
        said.append(words.format(n=_number(high)))
    return " ".join(said)


def _length(limits: Limits) -> str:
    if limits.high is not None:
        return str(
            tr.plural(
                "Gardez {n} caractère au plus.", "Gardez {n} caractères au plus.", int(limits.high)
            )
        )
    return str(
        tr.plural(
            "Écrivez au moins {n} caractère.",
            "Écrivez au moins {n} caractères.",
            int(limits.low or 0),
        )
    )


def _count(limits: Limits) -> str:
    if limits.low is not None and limits.low == limits.high:
        return str(
            tr.plural("Choisissez {n} réponse.", "Choisissez {n} réponses.", int(limits.low))
        )
    said = []
    if limits.low is not None:
        said.append(
            tr.plural(
                "Choisissez au moins {n} réponse.",
                "Choisissez au moins {n} réponses.",
                int(limits.low),
            )
        )
    if limits.high is not None:
        said.append(
            tr.plural(
                "Choisissez au plus {n} réponse.",
                "Choisissez au plus {n} réponses.",
                int(limits.high),
            )
        )
    return " ".join(said)


def _dates(limits: Limits) -> str:
    said = []
    if limits.low is not None:
        words = tr._("Donnez une date après le {day}.")
        words = words if limits.above else tr._("Donnez une date à partir du {day}.")
        said.append(words.format(day=tr.date(date.fromisoformat(limits.low))))
    if limits.high is not None:
        words = tr._("Donnez une date avant le {day}.")
        words = words if limits.below else tr._("Donnez une date jusqu’au {day}.")
        said.append(words.format(day=tr.date(date.fromisoformat(limits.high))))
    return " ".join(said)


def _number(value: object) -> str:
    return str(tr.number(Decimal(str(value))))
