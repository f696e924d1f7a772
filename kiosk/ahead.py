"""The widgets that will most likely answer the next stop, built while a person reads this one.

A widget is taken only for the very same step, answer and surroundings that it was built for:
where the answer given here leads elsewhere, or changes the next question, another one is built at
the tap as ever, and this one is dropped with what it holds.
"""

from collections.abc import Callable, Iterable
from typing import Any

from forms.engine import Step
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.kinds import answer_widget, way_of

# Those that take nothing from the question on the screen: no camera, microphone or map. What is
# written takes the keyboard only once it is shown.
_ALONE = frozenset(
    {
        *("choices", "matrix", "dates", "times", "ranking", "number_line", "trigger", "yes_no"),
        *("typed", "search", "folded"),
    }
)

Asked = tuple[Step, str, Setting]
_Key = tuple[object, ...]


class Ahead:
    """What was built ahead, for one stop at a time."""

    def __init__(self) -> None:
        self._built: dict[str, tuple[_Key, Answer]] = {}

    def build(self, asked: Iterable[Asked], width: float) -> bool:
        """Build one widget that is not there yet, or a part of one; says if there was any.

        Args:
            asked: what the next stop will ask.
            width: what there is, in pixels: words are broken where they will be.
        """
        for step, value, setting in asked:
            if step.ref in self._built or not _stands_alone(step, setting):
                continue
            widget = answer_widget(step, value, setting)
            if widget is not None:
                if widget.size_hint_x is not None:
                    widget.width = width
                self._built[step.ref] = (_key(step, value, setting), widget)
                return True
        return any(widget.get_ready() for _, widget in self._built.values())

    def take(self, step: Step, value: str, setting: Setting) -> Answer | None:
        """The widget for a question: the one that is ready, or a new one; None as `kinds` says."""
        key, widget = self._built.pop(step.ref, (None, None))
        if widget is not None and key == _key(step, value, setting):
            return widget
        if widget is not None:
            _drop(widget)
        return answer_widget(step, value, setting)

    def drop(self) -> None:
        """Let go of what was not taken."""
        for _, widget in self._built.values():
            _drop(widget)
        self._built.clear()


def _drop(widget: Answer) -> None:
    widget.leave()
    widget.forget()


def _stands_alone(step: Step, setting: Setting) -> bool:
    if step.readonly:
        return False
    way = way_of(step, among_others=setting.among_others)
    return way is not None and way.module in _ALONE


def _key(step: Step, value: str, setting: Setting) -> _Key:
    """Everything that a widget of those kinds is built from."""
    looks = (theme.px_per_mm, theme.capital, theme.compact, theme.large, theme.rtl)
    around: Callable[[], Any] = setting.now
    return (
        *(step, value, setting.today, setting.language, setting.among_others, looks),
        *(id(setting.files), id(setting.kiosk), around),
    )
