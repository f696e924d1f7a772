"""The base of all answer widgets, and what they may use of what stands around them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from kivy.properties import NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from forms.engine import Step
from kiosk.attachments import Attachments


@dataclass(frozen=True)
class Setting:
    """What stands around a question.

    Attributes:
        today: the date, where the device is.
        language: the person's language tag.
        files: the form's media, by name.
        kiosk: the root widget, for what the device has; None where a widget stands alone.
        now: gives the moment it is, where the device is.
        apart: holds what is drawn or recorded where there is no kiosk.
        among_others: whether other questions stand on the same screen, so that little room is left.
    """

    today: date
    language: str = "fr"
    files: Mapping[str, bytes] = field(default_factory=dict)
    kiosk: Any = None
    now: Callable[[], datetime] = datetime.now
    apart: Attachments = field(default_factory=Attachments)
    among_others: bool = False


class Answer(BoxLayout):
    """Base: shows `value`, and dispatches `on_given` with a new one when the person gives it.

    `room` is the height that it would be good to fill; `standing` is what of it must stay in
    sight, below the question and out of what is paged, `heading` what of that has its place in the
    head line.
    """

    standing: Widget | None = None
    heading: Widget | None = None
    shows_hint = False  # whether it shows the question's hint itself

    value = StringProperty()
    room = NumericProperty(0)
    step = ObjectProperty(None)

    __events__: tuple[str, ...] = ("on_given",)

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(orientation="vertical", size_hint_y=None, **kwargs)
        self.bind(minimum_height=self.setter("height"))
        self.step = step
        self.value = value
        self.setting = setting

    def give(self, value: str) -> None:
        """Take this as the answer."""
        self.value = value
        self.dispatch("on_given", value)

    def on_given(self, value: str) -> None:
        """The person gave this answer."""

    def spoken(self) -> str:
        """What it says aloud of itself, after the question and its hint."""
        return ""

    @property
    def unfinished(self) -> str:
        """What is still to be done for what was begun to be an answer; "" where nothing is.

        It would be lost if one went on.
        """
        return ""

    def get_ready(self) -> bool:
        """Make one more of its parts, before anybody sees it; says whether there was one to make.

        Only what it would have to make at once when it is shown.
        """
        return False

    def leave(self) -> None:
        """The question is left: give back what is shared with the next one."""

    def forget(self) -> None:
        """Let go of what was answered."""
        self.value = ""
