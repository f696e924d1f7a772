"""Questions and choices as they are heard: the form's own recordings before synthetic speech."""

from collections.abc import Iterator
from typing import Any

from forms.engine import Choice, Step
from kiosk.language import tr
from kiosk.speech.parts import Part, Recording, Speech
from kiosk.stops import OTHER

MOST_CHOICES_SAID = 12  # longer lists are heard choice by choice


def spoken_words(step: Step, media: Any) -> Iterator[Part]:
    """What a question asks: its words and its hint.

    Args:
        step: as the entry shows it.
        media: the consultation's files by name.
    """
    own = question_of(step)
    if own == step.label:
        yield recorded(step.media, own, media)
    else:
        yield Speech(own, tr.language)
    yield Speech(step.hint, tr.asked)


def spoken_step(step: Step, media: Any) -> Iterator[Part]:
    """A question with what can be chosen; of a long list only how long it is."""
    yield from spoken_words(step, media)
    if len(step.choices) > MOST_CHOICES_SAID:
        yield Speech(tr.plural("{n} choix", "{n} choix", len(step.choices)), tr.language)
        return
    yield from choices_of(step, media)


def choices_of(step: Step, media: Any) -> Iterator[Part]:
    """What can be chosen."""
    for choice in step.choices:
        own = label_of(choice)
        if own == choice.label:
            yield recorded(choice.media, own, media)
        else:
            yield Speech(own, tr.language)


def label_of(choice: Choice) -> str:
    """A choice's words; those that pyxform writes in English for `or_other` in ours."""
    if choice.name == "other" and choice.label == "Other":
        return str(tr._("Autre"))
    return choice.label


def question_of(step: Step) -> str:
    """A question's words; those that pyxform writes in English for `or_other` in ours."""
    if step.ref.endswith(OTHER) and step.label.startswith("Specify other"):
        return str(tr._("Dites-nous quoi."))
    return step.label


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


def is_of_form(widget: Any) -> bool:
    """Whether what a thing is called stands in the form, and not in the kiosk."""
    if _choice_of(widget) is not None:
        return True
    step = step_of(widget)
    return step is not None and bool(step.label) and step.label in getattr(widget, "said", "")


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
