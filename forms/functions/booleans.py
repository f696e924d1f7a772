"""Boolean functions (bindings, "Boolean Functions").

`if`, `coalesce` and `once` are the compiler's: they do not evaluate all their arguments.
"""

from __future__ import annotations

from forms.errors import FormError
from forms.functions.registry import Take, function
from forms.xpath.context import Context
from forms.xpath.values import Value, to_boolean, to_number, to_text


@function("true")
def true(context: Context) -> Value:
    """True."""
    return True


@function("false")
def false(context: Context) -> Value:
    """False."""
    return False


@function("boolean", Take.VALUE)
def boolean(context: Context, value: Value) -> Value:
    """Any value as true or false (XPath 1.0 §4.3)."""
    return to_boolean(value)


@function("boolean-from-string", Take.VALUE)
def boolean_from_string(context: Context, value: Value) -> Value:
    """True for "true" and "1", false for anything else."""
    return to_text(value).lower() in {"true", "1"}


@function("not", Take.BOOLEAN)
def negated(context: Context, value: bool) -> Value:
    """The contrary."""
    return not value


def _counts(value: Value) -> bool:
    """Whether an answer of a checklist counts as given."""
    return value if isinstance(value, bool) else to_number(value) > 0


def _within(total: float, least: float, most: float) -> bool:
    return (least == -1 or total >= least) and (most == -1 or total <= most)


@function("checklist", Take.NUMBER, Take.NUMBER, Take.VALUES, least=2, more=True)
def checklist(context: Context, least: float, most: float, *values: Value) -> Value:
    """Whether so many answers are true; -1 leaves a side open."""
    return _within(float(sum(_counts(value) for value in values)), least, most)


@function("weighted-checklist", Take.NUMBER, Take.NUMBER, Take.VALUES, least=2, more=True)
def weighted_checklist(context: Context, least: float, most: float, *values: Value) -> Value:
    """Like checklist, each answer followed by its weight."""
    if len(values) % 2:
        raise FormError("weighted-checklist() needs a weight after every answer.")
    pairs = zip(values[::2], values[1::2], strict=True)
    return _within(sum(to_number(weight) for value, weight in pairs if _counts(value)), least, most)
