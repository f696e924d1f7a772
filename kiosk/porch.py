"""What people find while the kiosk is still being put together: the welcome, and the languages.

Both are the screens that they will find later. The porch stands in for the stage that these belong
to, with as much of it as they need; whatever else is asked for waits until the stage is there.
"""

from collections.abc import Callable
from typing import Any

from kivy.core.window import Window
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.floatlayout import FloatLayout

from kiosk.greeting import Greeting
from kiosk.language import own_name, tr
from kiosk.pause import pause
from kiosk.screens.welcome import WelcomeScreen
from kiosk.theme.theme import theme
from kiosk.widgets.banner import Banner
from kiosk.widgets.page import Page


class Porch(FloatLayout):
    """The root widget until the stage takes its place.

    Args:
        greeting: what the welcome says.
        stage: gives the stage, put together at once if it is not there yet; it takes over.
    """

    can_speak = BooleanProperty(False)
    has_accounts = BooleanProperty(False)
    is_open = BooleanProperty(True)
    language_name = StringProperty()
    listening = BooleanProperty(False)
    is_idle = False

    def __init__(self, greeting: Greeting, stage: Callable[[], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.offer = greeting
        self.languages = greeting.languages
        self._stage = stage
        self.banner = Banner() if theme.upright else None
        if self.banner is not None:
            self.add_widget(self.banner)
        self.screens: dict[str, Page] = {}
        self.page: Page | None = None
        self.begun = False
        tr.speak(greeting.languages[0])
        self.language_name = own_name(greeting.languages[0])
        self._put("welcome", WelcomeScreen)
        Window.bind(on_key_down=self._key)

    def leave(self) -> dict[str, Page]:
        """The stage takes over: the screens that it goes on with."""
        Window.unbind(on_key_down=self._key)
        self.clear_widgets()
        return self.screens

    # --- as the stage has it ------------------------------------------------------------------

    def name_offer(self, language: str) -> None:
        """Say on an upright panel's banner who asks and what."""
        if self.banner is not None:
            self.banner.organiser = self.offer.notice(language).who
            self.banner.title = self.offer.title(language)

    def begin(self) -> None:
        """One touch on the welcome."""
        if self.offer.asks_which:
            self._stage().begin()
            return
        from kiosk.screens.language import LanguageScreen

        self.begun = True
        self._put("language", LanguageScreen)

    def leave_languages(self) -> None:
        """Back to the welcome."""
        self.erase()

    def speak_and_go_on(self, language: str) -> None:
        """The person chose this language."""
        self._stage().speak_and_go_on(language)

    def next_text_size(self) -> None:
        """The next larger text, and after the largest the smallest."""
        theme.choose_capital((int(theme.capital) + 1) % theme.sizes)

    def next_contrast(self) -> None:
        """The next set of colours."""
        theme.next_palette()

    def call_for_help(self) -> None:
        """As the stage does it."""
        self._stage().call_for_help()

    def ask_to_stop(self) -> None:
        """As the stage does it."""
        self._stage().ask_to_stop()

    def erase(self) -> None:
        """Nothing was said yet: back to the welcome."""
        self.begun = False
        theme.calm_down()
        self._put("welcome", WelcomeScreen)

    # --- within -------------------------------------------------------------------------------

    def _put(self, name: str, kind: type[Page]) -> None:
        if name not in self.screens:
            self.screens[name] = kind(kiosk=self)
        if self.page is not None:
            self.remove_widget(self.page)
        self.page = self.screens[name]
        self.add_widget(self.page)
        theme.rtl = tr.rtl
        self.name_offer(tr.language)
        self.page.enter()
        pause.changed()

    def on_touch_down(self, touch: Any) -> bool:
        """A touch; one that comes too soon after another counts for nothing, as on the stage."""
        if self.page is None or pause.swallows_touch(self.page, *touch.pos):
            return True
        pause.touched(self.page)
        return bool(super().on_touch_down(touch))

    def _key(self, *key: Any) -> bool:
        """Whoever uses keys needs the whole kiosk: it gets this very key."""
        self._stage()
        Window.dispatch("on_key_down", *key[1:])
        return True
