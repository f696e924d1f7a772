"""Thank you: a code and a QR, nothing of the content; then the screen clears by itself."""

from collections.abc import Sequence
from functools import partial
from threading import Thread
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kiosk.devices.printer import PrinterTrouble, Trouble
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.slip import Slip, draw_slip
from kiosk.speech.parts import Part, Speech
from kiosk.theme.drawing import Pen
from kiosk.theme.theme import CAPITAL_RATIO, theme
from kiosk.widgets.page import Page
from kiosk.widgets.qr import QrCode as QrCode

SECONDS_SHOWN = 60
SECONDS_AFTER_HEARING = 30  # at least, to hear it again
LARGER = 2  # text sizes with which a tablet has no room for more than the code
LEAST_MM = 3.5  # height of a capital
SAID_BEFORE = (20, 10)  # seconds before it goes, to who listens
SECONDS_AFTER_PRINTING = 30  # at least, to read what became of it


class ReceiptScreen(Page):
    """What the person takes away."""

    code = StringProperty()
    qr = StringProperty()
    becomes = StringProperty()
    stored = StringProperty()
    """That it is stored; "" where there is no room to say it."""
    keep = StringProperty()
    """What to do with the code."""
    brief = BooleanProperty(False)
    """Whether there is only room to thank, and for the code."""
    seconds = NumericProperty(SECONDS_SHOWN)
    told = StringProperty()
    """How printing goes; "" where nobody asked for it."""
    trouble = BooleanProperty(False)
    """Whether nothing was printed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._counting: Any = None
        self._printing = False
        self._warns = False  # what is being said is that it goes
        theme.bind(body=self._text_size_changed)

    def enter(self) -> None:
        """Show the receipt, and begin to count down."""
        shown = self.kiosk.journey.receipt
        if shown is None:
            return
        self.code, self.qr = shown.code, shown.qr
        self.brief = bool(theme.compact or (not theme.large and theme.capital >= LARGER))
        self.stored, self.keep = self._in_words()
        self.becomes = self.kiosk.offer.notice(tr.language).becomes
        self.next_text = tr._("J’ai fini")
        self.next_icon = "check"
        self.back_text = tr._("Imprimer") if self.kiosk.printer and self.code else ""
        self.back_icon = "printer"
        if self._counting is None:
            self._warns = False
            self.seconds = SECONDS_SHOWN
            self._counting = Clock.schedule_interval(self._count, 1)

    def _text_size_changed(self, *_: Any) -> None:
        if self.kiosk is not None and self.kiosk.page is self:
            self.enter()

    def on_one_line(self, text: str, letters: float, width: float) -> int:
        """The font size of these letters, or as much smaller as keeps a text on one line.

        No smaller than what everybody can read; that is smaller than the person's small letters
        where they chose the largest.
        """
        wide = Pen(letters, bold=True).measure(text)
        least = int(min(theme.small, theme.mm(LEAST_MM / CAPITAL_RATIO)))
        size = max(least, int(letters * min(1, (width - 2) / wide if wide else 1)))
        # Letters do not shrink evenly: what is a little too wide after all would be wrapped.
        while size > least and Pen(size, bold=True).measure(text) > width - 2:
            size -= 1
        return size

    def _in_words(self) -> tuple[str, str]:
        if not self.code:
            return tr._("Vos réponses sont bien enregistrées."), tr._(
                "Cette consultation ne donne pas de reçu."
            )
        keep = tr._("C’est votre reçu. Notez-le, ou photographiez le carré noir et blanc.")
        if self.brief:
            return "", keep
        return tr._("Vos réponses sont bien enregistrées. Voici votre code :"), keep

    @property
    def going(self) -> str:
        """That it goes by itself, and when."""
        return str(
            tr.plural(
                "L’écran s’efface dans {n} seconde.",
                "L’écran s’efface dans {n} secondes.",
                int(self.seconds),
            )
        )

    def forget(self) -> None:
        """The next person sees nothing of it."""
        self.code = self.qr = self.told = ""
        self.trouble = False
        if self._counting is not None:
            self._counting.cancel()
            self._counting = None

    def say(self) -> str:
        """Thanks, and the code, letter by letter."""
        if not self.code:
            return tr._("Merci !") + " " + tr._("Vos réponses sont bien enregistrées.")
        return tr._("Merci ! Votre code :") + " " + " ".join(self.code)

    def spoken(self) -> Sequence[Part]:
        """The same as it is heard, and what becomes of it."""
        return (
            Speech(self.say(), tr.language),
            Speech(self.keep if self.code else "", tr.language),
            Speech(self.becomes, tr.asked),
            Speech(self.going, tr.language),
        )

    def go_on(self) -> None:
        """The person is done."""
        self.kiosk.finished()

    def go_back(self) -> None:
        """Print; once at a time, and again where the person wishes."""
        if self._printing or not self.kiosk.printer or not self.code:
            return
        self._printing = True
        printer = self.kiosk.printer
        slip = draw_slip(
            code=self.code,
            qr=self.qr,
            organiser=self.kiosk.offer.notice(tr.language).who,
            title=self.kiosk.offer.title(tr.language),
            dots=printer.dots,
            native_qr=printer.native_qr,
            followed=self.kiosk.offer.traceability,
        )
        self._tell(tr._("L’imprimante travaille. Attendez un instant."))
        Thread(target=self._print, args=(printer, slip, self.code), daemon=True).start()

    def _print(self, printer: Any, slip: Slip, code: str) -> None:
        """On its own thread: a printer may take seconds to answer."""
        trouble = None
        try:
            printer.print(slip.above, slip.qr, slip.below)
        except PrinterTrouble as error:
            trouble = error.trouble
        Clock.schedule_once(partial(self._printed, code, trouble))

    def _printed(self, code: str, trouble: Trouble | None, *_: Any) -> None:
        self._printing = False
        if code != self.code:  # the person has left meanwhile
            return
        told = {
            None: tr._("Prenez votre reçu en papier."),
            Trouble.NO_PAPER: tr._("Il n’y a plus de papier. Notez votre code, s’il vous plaît."),
            Trouble.NO_ANSWER: tr._(
                "L’imprimante ne marche pas. Notez votre code, s’il vous plaît."
            ),
        }
        self._tell(told[trouble], trouble=trouble is not None)

    def _tell(self, sentence: str, *, trouble: bool = False) -> None:
        self.told, self.trouble = sentence, trouble
        self.seconds = max(self.seconds, SECONDS_AFTER_PRINTING)
        self.kiosk.ear.say_words(sentence)

    def _count(self, *_: Any) -> None:
        if self.kiosk.ear.speaks:  # nothing goes away while it is being said
            if not self._warns:
                self.seconds = max(self.seconds, SECONDS_AFTER_HEARING)
            return
        self._warns = False
        self.seconds -= 1
        if self.seconds in SAID_BEFORE:
            self._warns = True
            self.kiosk.ear.say_words(self.going)
        if self.seconds <= 0:
            self.kiosk.finished()


load_beside(__file__)
