"""The idle screen: what is asked and how long it takes, in the device's languages in turn."""

from collections.abc import Sequence
from typing import Any

from kivy.clock import Clock
from kivy.properties import NumericProperty, StringProperty

from kiosk.kv import load_beside
from kiosk.language import RIGHT_TO_LEFT, base, own_name, tr
from kiosk.speech.parts import Part, Speech
from kiosk.theme.theme import theme
from kiosk.widgets.page import Page

SECONDS_EACH = 6


class WelcomeScreen(Page):
    """One touch anywhere starts."""

    asks = StringProperty()
    title = StringProperty()
    minutes = StringProperty()
    begin = StringProperty()
    organiser = StringProperty()
    languages = StringProperty()
    spoken_language = StringProperty()  # of the turn
    plain = NumericProperty(42)  # font size, in pixels

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._turn = 0
        self._turning = Clock.schedule_interval(self._next_language, SECONDS_EACH)

    def enter(self) -> None:
        """Begin with the device's first language, for as long as each of the others."""
        self._turning.cancel()
        self._turning()
        self._turn = 0
        self._show()

    def start(self) -> None:
        """Somebody touched the screen."""
        self.kiosk.begin()

    def say(self) -> str:
        """What is asked, and that one touch starts."""
        if not self.kiosk.is_open:
            return str(self.begin)
        return f"{self.title} {self.asks} {self.begin}"

    def spoken(self) -> Sequence[Part]:
        """The same, in each language in turn."""
        offer = self.kiosk.offer
        said = []
        if not self.kiosk.is_open:
            languages = self.kiosk.languages[:3]
            return [Speech(tr.say(code, "C’est terminé. Merci !"), code) for code in languages]
        for code in self.kiosk.languages[:3]:  # who waits for a fourth has long begun
            notice = offer.notice(code)
            begin = tr.say(code, "Pour commencer, touchez l’écran, ou une touche du clavier.")
            words = (offer.title(code), notice.asks or notice.why, begin)
            said += [Speech(text, code) for text in words if text]
        return said

    def _next_language(self, *_: Any) -> None:
        if self.kiosk.page is self and self.get_root_window() is not None:
            self._turn += 1
            self._show()

    def _show(self) -> None:
        offer = self.kiosk.offer
        languages = self.kiosk.languages
        language = languages[self._turn % len(languages)]
        theme.rtl = base(language) in RIGHT_TO_LEFT
        self.spoken_language = language
        notice = offer.notice(language)
        self.organiser = notice.who
        self.title = offer.title(language)
        self.kiosk.name_offer(language)
        self.asks = notice.asks or notice.why
        self.languages = "   ".join(own_name(code) for code in languages)
        self.minutes = ""
        if offer.minutes:
            self.minutes = tr.say_plural(
                language, "Environ {n} minute", "Environ {n} minutes", offer.minutes
            )
        self.begin = (
            tr.say(language, "Touchez pour commencer")
            if self.kiosk.is_open
            else tr.say(language, "C’est terminé. Merci !")
        )


load_beside(__file__)
