"""What a form shows and does not ask: a calculated or fixed value, in plain words."""

from typing import Any

from forms.engine import Step
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.words import Words


class Told(Answer):
    """The value as the review would tell it."""

    def __init__(self, step: Step, value: str, setting: Setting, *, told: str, **kw: Any) -> None:
        super().__init__(step, value, setting, **kw)
        self.words = Words(text=told, bold=True, font_size=theme.body, color=theme.mark)
        theme.bind(body=self._theme_changed, mark=self._theme_changed)
        self.add_widget(self.words)

    def _theme_changed(self, *_: Any) -> None:
        self.words.font_size, self.words.color = theme.body, theme.mark

    def spoken(self) -> str:
        """The value."""
        return str(self.words.text)

    def forget(self) -> None:
        """Let go of what was told."""
        super().forget()
        self.words.text = ""
