"""Functions on chosen answers and texts (bindings, "Select Functions", "Translation Functions")."""

from __future__ import annotations

from forms.functions.registry import Take, function
from forms.xpath.context import Context
from forms.xpath.values import Value, words_of


@function("is-selected", Take.TEXT, Take.TEXT)
@function("selected", Take.TEXT, Take.TEXT)
def selected(context: Context, chosen: str, name: str) -> Value:
    """Whether a name is among those chosen; no name at all is, where nothing is chosen."""
    wanted = name.strip()
    return wanted in words_of(chosen) if wanted else not chosen.strip()


@function("selected-at", Take.TEXT, Take.NUMBER)
def selected_at(context: Context, chosen: str, index: float) -> Value:
    """The name chosen at a 0-based index; "" where there is none."""
    names = words_of(chosen)
    return names[int(index)] if index == index and 0 <= index < len(names) else ""


@function("count-selected", Take.TEXT)
def count_selected(context: Context, chosen: str) -> Value:
    """How many are chosen."""
    return float(len(words_of(chosen)))


@function("jr:itext", Take.TEXT, steady=False, speaks=True)
def itext(context: Context, name: str) -> Value:
    """A text of the form in the language at hand."""
    return context.world.itext(name)
