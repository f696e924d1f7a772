"""What a question is about, where its own words do not say it: a proposal, an article, a name.

In a review "What do you think? For." says nothing without the proposal that it was asked about.
"""

from collections.abc import Iterable, Mapping, Sequence

from forms.engine import Kind, Section, Step
from forms.methods.roles import ROLE
from kiosk.access.spoken import label_of
from kiosk.widgets.methods.group import METHOD

CARDS = "opinion-cards"
# Roles and methods of questions whose text stands in the notes before them.
TOLD_BEFORE = frozenset({"consent", "petition", "position", "signature", "willing"})
TOLD_BELOW = frozenset({"article"})  # and methods whose text is the question's hint


def subjects(steps: Sequence[Step], filled_freely: Iterable[str]) -> Mapping[str, str]:
    """By question's or section's path, what it is about; only where there is something to say.

    Args:
        steps: all that this person meets, notes and what cannot be answered too, in order.
        filled_freely: the paths of the repeats to which people add what they like: a note in
            these introduces, and tells none from the others.
    """
    freely = set(filled_freely)
    told: dict[str, str] = {}
    before: list[Step] = []
    for step in steps:
        for section in step.within:
            if section.ref not in told and (subject := _tells(step, section, freely)):
                told[section.ref] = subject
        if step.kind is Kind.NOTE:
            before = [*(note for note in before if note.within == step.within), step]
            continue
        method, role = step.attributes.get(METHOD, ""), step.attributes.get(ROLE, "")
        if {method, role} & TOLD_BEFORE and before and before[-1].within == step.within:
            told[step.ref] = " ".join(note.label for note in before if note.label)
        elif method in TOLD_BELOW and step.hint:
            told[step.ref] = step.hint
        before = []
    return told


def _tells(step: Step, section: Section, freely: set[str]) -> str:
    """What this step tells of the section that it stands in: which of several alike things it is.

    Of what is read-only, what stands there comes first: "the proposal" is only its name.
    """
    is_card = section.attributes.get(METHOD) == CARDS
    if not section.repeat and not is_card:
        return ""
    if step.readonly and step.kind is not Kind.NOTE and step.value:
        if not step.kind.chooses:
            return step.value
        chosen = step.value.split()
        return ", ".join(label_of(one) for one in step.choices if one.name in chosen)
    if step.kind is Kind.NOTE and (is_card or section.repeat not in freely):
        return step.label
    return ""
