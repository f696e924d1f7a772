"""An entry: one filling of a form, what to ask next, what answers lead to."""

from forms.engine.entry import Entry
from forms.engine.repeats import MOST_REPEATS
from forms.engine.steps import (
    Choice,
    Finished,
    Objection,
    Outcome,
    Place,
    Progress,
    Repetition,
    Section,
    Step,
    Unfinished,
    UnknownQuestion,
    Verdict,
)
from forms.xform.controls import PLACES, Kind, Range

__all__ = [
    "MOST_REPEATS",
    "PLACES",
    "Choice",
    "Entry",
    "Finished",
    "Kind",
    "Objection",
    "Outcome",
    "Place",
    "Progress",
    "Range",
    "Repetition",
    "Section",
    "Step",
    "Unfinished",
    "UnknownQuestion",
    "Verdict",
]
