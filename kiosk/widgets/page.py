"""The frame of every screen: tools and progress above, the way back and on below."""

from collections.abc import Sequence
from typing import Any

from kivy.clock import Clock
from kivy.properties import (
    BooleanProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.speech.parts import Part, Speech
from kiosk.theme.theme import theme
from kiosk.widgets.lead import Lead
from kiosk.widgets.touch import Row, Tool, letters_beside


class Bar(Widget):
    """How far along, from 0 to 1."""

    value = NumericProperty(0)


class Tools(Row):
    """What is always there: language, text size, contrast, listen, help, stop and erase.

    Words go under the icons where there is room for all of them.
    """

    kiosk = ObjectProperty(None, rebind=True)
    room = NumericProperty(0)
    wordless = BooleanProperty(False)
    without = ListProperty()

    def __init__(self, **kwargs: Any) -> None:
        self._choose_soon = Clock.create_trigger(self._choose, -1)
        self._tools: dict[str, Tool] = {}
        super().__init__(**kwargs)

    def on_kv_post(self, base_widget: Widget) -> None:
        """All tools are made: take those out that are not wanted."""
        self._tools = {name: tool.__self__ for name, tool in self.ids.items()}
        for tool in self._tools.values():
            tool.bind(text=self._choose_soon)
        self.bind(room=self._choose_soon, without=self._leave_out, kiosk=self._leave_out)
        self._leave_out()

    def _leave_out(self, *_: Any) -> None:
        """What this device cannot do is not there, nor what has no sense on this screen."""
        left_out = set(self.without)
        if self.kiosk is None or not self.kiosk.can_speak:
            left_out.add("listen")
        self.clear_widgets()
        for name, tool in self._tools.items():
            if name not in left_out:
                self.add_widget(tool)
        self._choose_soon()

    def _choose(self, *_: Any) -> None:
        tools = self.children
        natural = sum(tool.width_with_word() for tool in tools)
        crowded = natural + theme.gap * (len(tools) - 1) > self.room
        self.wordless = bool(theme.compact) or crowded


class Page(BoxLayout):
    """A screen: `place` and `progress` say how far along; its own content goes into `body`."""

    kiosk = ObjectProperty(None, rebind=True)
    place = StringProperty()
    progress = NumericProperty(0)
    shows_progress = BooleanProperty(False)
    body_spacing = NumericProperty(0)
    bare = BooleanProperty(False)  # neither tools nor footer: the keyboard needs the room
    without = ListProperty()  # tools that have no sense here
    headed = BooleanProperty(False)  # something else stands where one is told how far along one is
    foot_letters = NumericProperty(0)
    back_text = StringProperty()
    back_icon = StringProperty()  # instead of the arrow
    next_text = StringProperty()
    next_icon = StringProperty("arrow-right")
    next_primary = BooleanProperty(True)
    leads = BooleanProperty(True)  # keys land on what the screen says, before what can be touched

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._fit_soon = Clock.create_trigger(self._fit_foot, -1)
        self.bind(back_text=self._fit_soon, next_text=self._fit_soon)
        theme.bind(body=self.fit_foot)
        self.fit_foot()

    def fit_foot(self, *_: Any) -> None:
        """Long words in a narrow panel: both buttons take smaller letters, and stay in sight."""
        self._fit_soon()

    def _fit_foot(self, *_: Any) -> None:
        # The largest letters would leave a small panel half of its height.
        letters = theme.lesser if theme.cramped else theme.body
        room = self.ids.foot.width - 2 * theme.gap
        buttons = (self.ids.back, self.ids.next)
        wide = room >= theme.target  # else it has no width yet
        self.foot_letters = letters_beside(buttons, room, letters) if wide else letters

    def enter(self) -> None:
        """Called each time before the screen is shown."""

    def answer_anew(self, ref: str) -> None:
        """The question at this path is to be answered in another way: its widget is another."""
        self.enter()

    def forget(self) -> None:
        """Let go of everything that a person said or chose here."""

    def say(self) -> str:
        """What the screen says aloud."""
        return ""

    def spoken(self) -> Sequence[Part]:
        """The same as it is heard: each part in its language, recordings where the form has any."""
        return (Speech(self.say(), tr.language),)

    @property
    def lead(self) -> Lead | None:
        """Where keys land when the screen opens."""
        return self.ids.lead.__self__ if self.leads else None

    def key_back(self) -> None:
        """The keypad's "back": the same as the button, where there is one."""
        if not self.ids.back.disabled:
            self.go_back()

    def go_back(self) -> None:
        """The button at the lower start corner."""
        self.kiosk.back()

    def go_on(self) -> None:
        """The button at the lower end corner."""

    def key(self, code: int) -> bool:
        """A key of a real keyboard, by Kivy's code; says whether the screen took it."""
        return False

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        """The frame's own three parts come first; everything else goes into the body."""
        if len(self.children) < 3:
            super().add_widget(widget, *args, **kwargs)
        else:
            self.ids.body.add_widget(widget, *args, **kwargs)


load_beside(__file__)
