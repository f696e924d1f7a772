"""Writing where a picture, a voice or a file was asked for: the text becomes the attachment."""

from dataclasses import replace
from typing import Any

from forms.engine import Kind, Step
from kiosk.attachments import TEXT
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.widgets.answer import Setting
from kiosk.widgets.touch import Tool
from kiosk.widgets.typed import TypedAnswer
from kiosk.widgets.upload import MENU, attachments_of, take_way


class OtherWay(Tool):
    """A small button beside the field: to answer in another way."""


class WritingAnswer(TypedAnswer):
    """A text, kept as a file of plain text."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        self._name = value
        self._attachments = attachments_of(setting)
        written = ""
        if self._attachments.media_type(value) == TEXT:
            written = self._attachments[value].content.decode()
        super().__init__(replace(step, kind=Kind.TEXT), written, setting, **kwargs)
        other = OtherWay(text=tr._("Autrement"), said=tr._("Répondre autrement"))
        other.bind(on_release=lambda *_: take_way(step, MENU, setting))
        line = self.field.parent
        line.add_widget(other)

    def give(self, value: str) -> None:
        """Take this text; none at all leaves what was given before in another way."""
        attachments = self._attachments
        if value:
            self._name = attachments.keep(
                self.step.ref, value.encode(), TEXT, instead_of=self._name
            )
        elif attachments.media_type(self._name) == TEXT:
            attachments.drop(self._name)
            self._name = ""
        super().give(self._name)


load_beside(__file__)
