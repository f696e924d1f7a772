"""Thank you: a code and a QR, nothing of the content; then the screen clears by itself."""

from typing import Any

from kivy.clock import Clock
from kivy.properties import NumericProperty, StringProperty

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.widgets.page import Page
from kiosk.widgets.qr import QrCode as QrCode

SECONDS_SHOWN = 60


class ReceiptScreen(Page):
    """What the person takes away."""

    code = StringProperty()
    qr = StringProperty()
    becomes = StringProperty()
    seconds = NumericProperty(SECONDS_SHOWN)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._counting: Any = None

    def enter(self) -> None:
        """Show the receipt, and begin to count down."""
        shown = self.kiosk.journey.receipt
        if shown is None:
            return
        self.code, self.qr = shown.code, shown.qr
        self.becomes = self.kiosk.offer.notice(tr.language).becomes
        self.next_text = tr._("J’ai fini")
        self.next_icon = "check"
        if self._counting is None:
            self.seconds = SECONDS_SHOWN
            self._counting = Clock.schedule_interval(self._count, 1)

    def forget(self) -> None:
        """The next person sees nothing of it."""
        self.code = self.qr = ""
        if self._counting is not None:
            self._counting.cancel()
            self._counting = None

    def say(self) -> str:
        """Thanks, and the code, letter by letter."""
        return tr._("Merci ! Votre code :") + " " + " ".join(self.code)

    def go_on(self) -> None:
        """The person is done."""
        self.kiosk.finished()

    def _count(self, *_: Any) -> None:
        self.seconds -= 1
        if self.seconds <= 0:
            self.kiosk.finished()


load_beside(__file__)
