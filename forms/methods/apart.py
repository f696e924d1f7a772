"""What must be kept apart from the answers: who signed, how to reach somebody.

A group with `parvis:apart` (as "identity" or "contact") holds it. Whoever tables answers splits
each contribution first, and keeps the two parts in different places.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from forms.methods.asked import Fields
from forms.xform.controls import Control, Question
from forms.xform.form import Form

APART = "parvis:apart"
_POSITION = re.compile(r"\[\d+\]")


def places(form: Form) -> dict[str, str]:
    """What is kept apart: the path of each group or question, and what it is."""
    return dict(_places(form.body))


def split(form: Form, fields: Fields) -> tuple[dict[str, str], dict[str, str]]:
    """A contribution's answers, and what is kept apart from them."""
    apart = places(form)
    answers: dict[str, str] = {}
    kept: dict[str, str] = {}
    for path, value in fields:
        (kept if kind_of(apart, path) else answers)[path] = value
    return answers, kept


def kind_of(apart: Mapping[str, str], path: str) -> str:
    """What a field belongs to of all that is kept apart (see `places`); "" for an answer."""
    bare = _POSITION.sub("", path)
    return next(
        (kind for place, kind in apart.items() if bare == place or bare.startswith(f"{place}/")),
        "",
    )


def _places(controls: Iterable[Control]) -> Iterator[tuple[str, str]]:
    for control in controls:
        if APART in control.attributes and control.field is not None:
            yield control.field.path, control.attributes[APART]
        elif not isinstance(control, Question):
            yield from _places(control.children)
