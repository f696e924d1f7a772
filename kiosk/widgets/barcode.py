"""A code from a barcode: read by the camera or a scanner that types, or typed by hand."""

from dataclasses import replace
from typing import Any

from kivy.core.window import Window

from forms.engine import Kind, Step
from kiosk.devices.camera import Frame
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Setting
from kiosk.widgets.preview import Preview
from kiosk.widgets.touch import Tool
from kiosk.widgets.typed import TypedAnswer
from kiosk.widgets.upload import equipment_of

_EACH = 4  # one picture in so many is looked at for a code


class ScanTool(Tool):
    """Reads the code with the camera, or stops doing so."""


class BarcodeAnswer(TypedAnswer):
    """A field; with a camera, a button beside it that reads the code.

    A scanner that stands beside the kiosk types like a keyboard: what comes from it goes into the
    field, whether it was touched or not.
    """

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        # Written from left to right in Latin letters and digits, as an address is.
        typed = replace(step, kind=Kind.TEXT, appearance=frozenset({"url"}))
        super().__init__(typed, value, setting, **kwargs)
        equipment = equipment_of(setting)
        self.preview: Preview | None = None
        self._seen = 0
        if equipment.camera is not None and equipment.scanner is not None:
            self._scan = ScanTool(text=tr._("Scanner"), said=tr._("Lire le code avec la caméra"))
            self._scan.bind(on_release=lambda *_: self.scan())
            self.line.add_widget(self._scan)
        Window.bind(on_textinput=self._typed)
        self.settle()

    def scan(self) -> None:
        """Look for a code with the camera; a second touch stops it."""
        equipment = equipment_of(self.setting)
        if self.preview is not None:
            self._stop()
            return
        assert equipment.camera is not None, "the button is there where a camera is"
        self.preview = Preview(mirrored=False, size_hint_y=None, height=self._preview_height)
        self.preview.bind(on_frame=self._look, on_fail=lambda *_: self._stop())
        self.add_widget(self.preview, index=len(self.children))
        self.preview.look(equipment.camera)

    def leave(self) -> None:
        """Neither camera nor scanner serves this question any more."""
        super().leave()
        self._stop()

    def forget(self) -> None:
        """Leave nothing of the code."""
        Window.unbind(on_textinput=self._typed)
        self._stop()
        super().forget()

    def spoken(self) -> str:
        """How the code can be given."""
        if equipment_of(self.setting).scanner is None:
            return ""
        return tr._("Écrivez le code, ou touchez Scanner.")

    @property
    def _preview_height(self) -> float:
        return float(max(theme.mm(18), self.room - self.line.height - theme.gap))

    def _look(self, _: Preview, frame: Frame) -> None:
        scanner = equipment_of(self.setting).scanner
        self._seen += 1
        if scanner is None or self._seen % _EACH:
            return
        code = scanner.read(frame)
        if code:
            self._stop()
            self.field.text = code

    def _stop(self) -> None:
        if self.preview is not None:
            self.preview.forget()
            self.remove_widget(self.preview)
            self.preview = None

    def _typed(self, _: Any, text: str) -> None:
        """From a scanner; the field takes what is typed itself while it has the focus."""
        if self.parent is not None and self.get_parent_window() and not self.field.focus:
            self.field.text += text


load_beside(__file__)
