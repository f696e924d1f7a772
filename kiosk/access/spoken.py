"""Questions and choices as they are heard: the form's own recordings before synthetic speech."""

from collections.abc import Iterator
from typing import Any

from forms.engine import Choice, Step
from kiosk.language import tr
from kiosk.speech.parts import Part, Recording, Speech

MOST_CHOICES_SAID = 12  # longer lists are heard choice by choice


def spoken_words(step: Step, media: Any) -> Iterator[Part]:
    """What a question asks: its words and its hint.

    Args:
        step: as the entry shows it.
        media: the consultation's files by name.
    """
    yield recorded(step.media, step.label, media)
    yield Speech(step.hint, tr.asked)


def spoken_step(step: Step, media: Any) -> Iterator[Part]:
    """A question with what can be chosen; of a long list only how long it is."""
    yield from spoken_words(step, media)
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


def step_of(widget: Any) -> Step | None:
    """The question that this widget belongs to."""
    while widget is not None and widget is not widget.parent:
        step = getattr(widget, "step", None)
        if isinstance(step, Step):
            return step
        widget = widget.parent
    return None


def _choice_of(widget: Any) -> Choice | None:
    name = getattr(widget, "name", "")
    step = step_of(widget) if name else None
    if step is None:
        return None
    return next((choice for choice in step.choices if choice.name == name), None)
