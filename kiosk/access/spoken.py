"""Questions and choices as they are heard: the form's own recordings before synthetic speech."""

from collections.abc import Iterator
from typing import Any

from forms.engine import Choice, Step
from kiosk.language import tr
from kiosk.speech import Part, Recording, Speech

MOST_CHOICES_SAID = 12  # longer lists are heard choice by choice


def spoken_step(step: Step, media: Any) -> Iterator[Part]:
    """A question: its words, its hint, its choices.

    Args:
        step: as the entry shows it.
        media: the consultation's files by name.
    """
    yield recorded(step.media, step.label, media)
    if step.hint:
        yield Speech(step.hint, tr.asked)
    if len(step.choices) > MOST_CHOICES_SAID:
        yield Speech(tr.plural("{n} choix", "{n} choix", len(step.choices)), tr.language)
        return
    for choice in step.choices:
        yield recorded(choice.media, choice.label, media)


def recorded(names: Any, label: str, media: Any) -> Part:
    """The recording that the form has for this label, or the label as words."""
    words = Speech(label, tr.asked)
    sound = media.get(names.get("audio", ""))
    return words if sound is None else Recording(sound, words)


def recording_of(stage: Any, widget: Any) -> Recording | None:
    """The form's recording of the choice that this card stands for, if there is one."""
    choice = _choice_of(widget)
    if choice is None:
        return None
    part = recorded(choice.media, choice.label, stage.offer.consultation.media)
    return part if isinstance(part, Recording) else None


def _choice_of(widget: Any) -> Choice | None:
    name = getattr(widget, "name", "")
    place = widget.parent if name else None
    while place is not None and place is not place.parent:
        step = getattr(place, "step", None)
        if isinstance(step, Step):
            return next((choice for choice in step.choices if choice.name == name), None)
        place = place.parent
    return None
