"""The window's root: shows the screen that the journey stands at, and what is always there."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from gc import collect, freeze
from importlib import import_module
from time import monotonic
from typing import Any

from kivy.cache import Cache
from kivy.clock import Clock
from kivy.core.window import Keyboard, Window
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.floatlayout import FloatLayout

from kiosk.focus import keys_in_use, let_go, move_focus
from kiosk.idle import IdleWatch
from kiosk.journey import Assistance, Journey, Stage
from kiosk.language import (
    EASY_FRENCH,
    available_languages,
    base,
    name_in,
    offered,
    own_name,
    tr,
)
from kiosk.offer import Offer
from kiosk.people.accounts import Account
from kiosk.speech import Voice
from kiosk.theme.theme import theme
from kiosk.widgets.ask import Ask, Option
from kiosk.widgets.methods.group import group_of
from kiosk.widgets.page import Page

# Each stage's screen: module kiosk.screens.<name>, class <Name>Screen.
SCREENS: Mapping[Stage, str] = {
    Stage.WELCOME: "welcome",
    Stage.LANGUAGE: "language",
    Stage.NOTICE: "notice",
    Stage.AGREEMENT: "agreement",
    Stage.QUESTION: "question",
    Stage.TOGETHER: "together",
    Stage.SERIES: "series",
    Stage.REVIEW: "review",
    Stage.READ_BACK: "review",
    Stage.HELP: "help_given",
    Stage.CONFIRM: "confirm",
    Stage.RECEIPT: "receipt",
}
METHOD = "method"  # the screen of groups that one way to take part asks together


class Kiosk(FloatLayout):
    """Everything that a person at the device can do, for one consultation at a time.

    Args:
        offers: the consultations that are open here, the first shown first.
        counter: the device's own business: sealing, accounts, the state of the outbox.
        voice: what it speaks with; None where the device cannot.
        idle: watches whether somebody is there.
        today: the date, asked for each time that it is needed.
        renew: what is open now; looked at while nobody is there.
        languages: what the device offers beside each form's own; all there are unless given.
    """

    can_speak = BooleanProperty(False)
    has_accounts = BooleanProperty(False)
    is_open = BooleanProperty(True)  # whether there is anything to take part in today
    language_name = StringProperty()

    def __init__(
        self,
        offers: tuple[Offer, ...],
        counter: Any,
        *,
        voice: Voice | None = None,
        idle: IdleWatch | None = None,
        today: Callable[[], date] = date.today,
        renew: Callable[[], tuple[Offer, ...]] | None = None,
        languages: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.offers = offers
        self.offer = offers[0]
        self.counter = counter
        self.has_accounts = bool(counter.accounts.all())
        self.voice = voice
        self.can_speak = voice is not None
        self.idle = idle or IdleWatch(monotonic)
        self.today = today
        self._renew = renew or (lambda: offers)
        self._device_languages = tuple(languages) or available_languages()
        self._showing = self._return_to = ""
        self.account: Account | None = None
        self.journey = Journey(self._begin_entry, self._keep)
        self.page: Page | None = None
        self._ask: Ask | None = None
        self._screens: dict[str, Page] = {}
        self._prepared = False
        self.on_screen: Callable[[str], None] = lambda name: None
        tr.bind(_=self._language_changed)
        tr.bind(rtl=theme.setter("rtl"))
        Window.bind(on_touch_down=self._touched, on_key_down=self._key)
        keys_in_use.watch()
        self._ticking = Clock.schedule_interval(self._tick, 0.5)
        self.speak_language(self.offer.languages[0])
        self.show()

    def close(self) -> None:
        """Let go of the window and the clock."""
        self._ticking.cancel()
        Window.unbind(on_touch_down=self._touched, on_key_down=self._key)
        tr.unbind(_=self._language_changed)

    # --- the journey's steps, as screens call them --------------------------------------------

    def show(self, name: str = "") -> None:
        """Put up the screen where the journey stands, or one by name."""
        self.dismiss()
        let_go()
        name = name or self._screen_now()
        screen = self._screen(name)
        if self.voice:
            self.voice.hush()
        if screen is not self.page:
            if self.page is not None:
                self.remove_widget(self.page)
            self.page = screen
            self.add_widget(screen)
        theme.rtl = tr.rtl  # the idle screen mirrors itself for each language in turn
        self._showing = name
        screen.enter()
        self.on_screen(name)

    def start(self, offer: Offer | None = None) -> None:
        """Somebody begins, alone or with the mediator who is signed in."""
        if offer is not None:
            self.offer = offer
        self.journey.start(Assistance(self.account.name) if self.account else None)
        self.show()

    def speak_language(self, language: str) -> None:
        """Use this language from now on, for the interface and for the form."""
        # The form first: the interface's new language draws the screen again.
        if self.journey.entry is not None:
            self.journey.entry.language = self.offer.form_language(language)
        self.language_name = own_name(language)
        tr.speak(language)

    def begin(self) -> None:
        """One touch on the idle screen; where several consultations are open, which one first."""
        if len(self.offers) == 1:
            self.start()
        if len(self.offers) <= 1:
            return
        self.ask(
            tr._("Sur quoi voulez-vous donner votre avis ?"),
            "",
            [Option(offer.title(tr.language), partial(self.start, offer)) for offer in self.offers],
        )

    def open_sign_in(self) -> None:
        """Where mediators and stewards sign in."""
        self.show("sign_in")

    def sign_in(self, name: str, pin: str) -> None:
        """A mediator or a steward begins their session.

        Raises:
            WrongPinError, MustWaitError: as `Accounts.sign_in`.
        """
        self.account = self.counter.accounts.sign_in(name, pin)
        self._forget()
        self.show(self._home)

    def sign_out(self) -> None:
        """End that session."""
        self.account = None
        self.erase()

    def back(self) -> None:
        """One step back."""
        self.journey.back()
        if self.journey.stage is Stage.WELCOME:
            self.erase()
        else:
            self.show()

    def erase(self) -> None:
        """Forget everything about the person who was here, and go back to Welcome."""
        self.journey.erase()
        self._return_to = ""
        if self.offers:
            self.offer = self.offers[0]
        self._forget()
        self.show(self._home)
        self.speak_language(self.offer.languages[0])

    def finished(self) -> None:
        """The receipt was seen."""
        self.erase()

    # --- what is always there -----------------------------------------------------------------

    @property
    def languages(self) -> tuple[str, ...]:
        """What people can choose from: the form's own languages, then the device's others."""
        return offered(self.offer.languages, self._device_languages)

    def choose_language(self) -> None:
        """Offer the languages, instead of whatever is shown; nothing is lost."""
        self._return_to = self._showing
        self.show("language")

    def leave_languages(self) -> None:
        """Back to where the languages were asked for, or a step back on the way in."""
        if self._return_to:
            name, self._return_to = self._return_to, ""
            self.show(name)
        else:
            self.back()

    def speak_and_go_on(self, language: str) -> None:
        """The person chose this language: on their way in, or wherever they were."""
        name, self._return_to = self._return_to, ""
        if not name:
            self.journey.language_chosen()
        self.speak_language(language)
        self.show(name)
        if name == "question" and self.asked_in:
            self.ask(
                tr._("Langue des questions : {language}").format(language=self.asked_in),
                tr._("Vous pouvez répondre dans votre langue."),
                [Option(tr._("D’accord"), self.dismiss, primary=True)],
                icon="translate",
            )

    @property
    def asked_in(self) -> str:
        """The name of the language of the questions, where it is not the person's; else ""."""
        asked = self.offer.asks_in(tr.language)
        easy = EASY_FRENCH in (asked, tr.language)
        if asked == tr.language or (base(asked) == base(tr.language) and not easy):
            return ""
        return name_in(asked, tr.language)

    @property
    def text_step(self) -> int:
        """Which text size is chosen, from 0."""
        return int(theme.capital)

    @property
    def asks_whether_there(self) -> bool:
        """Whether it asks if somebody is there, and counts down."""
        return isinstance(self._ask, StillThere)

    def next_text_size(self) -> None:
        """The next larger text, and after the largest the smallest."""
        theme.choose_capital((int(theme.capital) + 1) % theme.sizes)

    def next_contrast(self) -> None:
        """The next set of colours."""
        theme.next_palette()

    def listen(self) -> None:
        """Say aloud what is on the screen; a second touch stops it."""
        if self.voice and self.page:
            self.voice.toggle((self._ask or self.page).say(), tr.language)

    def call_for_help(self) -> None:
        """Show from afar that somebody needs help, and say whom to turn to."""
        self.ask(
            tr._("Besoin d’aide ?"),
            tr._("Faites signe, ou demandez à l’accueil."),
            [Option(tr._("Je continue"), self.dismiss, primary=True)],
            icon="hand-waving",
        )

    def ask_to_stop(self) -> None:
        """Before everything is erased, make sure that this is what is wanted."""
        self.ask(
            tr._("Tout effacer ?"),
            tr._("Vos réponses seront effacées. Rien ne sera gardé."),
            [
                Option(tr._("Non, je garde mes réponses"), self.dismiss, primary=True),
                Option(tr._("Oui, tout effacer"), self.erase, icon="trash", warns=True),
            ],
            icon="trash",
        )

    def ask(self, title: str, text: str, options: list[Option], icon: str = "") -> None:
        """Put one question over the screen."""
        self.dismiss()
        self._ask = Ask(title=title, text=text, icon=icon)
        self._ask.offer(options)
        let_go()
        self.add_widget(self._ask)

    def dismiss(self) -> None:
        """Take that question away again."""
        if self._ask is not None:
            let_go()
            self.remove_widget(self._ask)
            self._ask = None

    @property
    def _home(self) -> str:
        """The screen between two people."""
        return self.account.role.value if self.account else ""

    # --- within -------------------------------------------------------------------------------

    def _screen_now(self) -> str:
        """The screen of where the journey stands; some ways to take part have one of their own."""
        journey = self.journey
        if journey.stage is Stage.TOGETHER and group_of(journey.way.stop) is not None:
            return METHOD
        return SCREENS[journey.stage]

    def _screen(self, name: str) -> Page:
        if name not in self._screens:
            module = import_module(f"kiosk.screens.{name}")
            kind = name.title().replace("_", "") + "Screen"
            self._screens[name] = getattr(module, kind)(kiosk=self)
        return self._screens[name]

    def _begin_entry(self) -> Any:
        entry = self.offer.begin()
        entry.language = self.offer.form_language(tr.language)
        return entry

    def _keep(self, journey: Journey) -> Any:
        return self.counter.keep(self.offer, journey, tr.language)

    def _language_changed(self, *_: Any) -> None:
        if self.page is not None:
            self.page.enter()

    def _forget(self) -> None:
        """Nothing of the last person may remain: not in fields, caches, sizes or sounds."""
        if self.voice:
            self.voice.hush()
        for screen in self._screens.values():
            screen.forget()
        theme.calm_down()
        for category in ("kv.texture", "textinput.label", "textinput.width"):
            Cache.remove(category)
        collect()

    def _touched(self, *_: Any) -> bool:
        """Whoever answers that they are there has not touched what is below the question."""
        self.idle.touched()
        asked = self.asks_whether_there
        if asked:
            self.dismiss()
        return asked

    def _key(self, _: Any, code: int, __: int, text: str | None, modifiers: list[str]) -> bool:
        """Tab goes round what is on top; the screen may know other keys."""
        if self._touched():
            return True
        if code == Keyboard.keycodes["tab"]:
            shown = self._ask or self.page
            first = None if shown is self._ask or self.page is None else self.page.ids.body
            move_focus(shown, first, -1 if "shift" in modifiers else 1)
            return True
        return self._ask is None and self.page is not None and self.page.key(code)

    def _tick(self, *_: Any) -> None:
        if self.page is self._screens.get("welcome") and self._ask is None:
            self._look_for_news()
            self.prepare()
            return
        presence = self.idle.presence()
        if presence.gone:
            self._gone()
        elif presence.seconds_left is not None:
            self._ask_whether_there(presence.seconds_left)

    def prepare(self) -> bool:
        """Build one screen that nobody has needed yet; says whether there was one.

        While nobody is there, so that nobody waits for it.
        """
        wanted = (*SCREENS.values(), METHOD)
        missing = next((name for name in wanted if name not in self._screens), None)
        if missing is not None:
            self._screen(missing)
        elif not self._prepared:
            # What is there to stay need not be looked through each time that rubbish is collected.
            self._prepared = True
            collect()
            freeze()
        return missing is not None

    def _look_for_news(self) -> None:
        """While nobody is there: another consultation, a new version, or the end of one."""
        offers = self._renew()
        if offers is self.offers:
            return
        self.offers = offers
        self.is_open = bool(offers)
        if offers:
            self.offer = offers[0]
            self.speak_language(self.offer.languages[0])
        self.show()

    def _gone(self) -> None:
        self.account = None
        self.erase()

    def _ask_whether_there(self, seconds: int) -> None:
        if not isinstance(self._ask, StillThere):
            self.dismiss()
            self._ask = StillThere(icon="hourglass")
            self._ask.offer([Option(tr._("Oui, je suis là"), self.dismiss, primary=True)])
            let_go()
            self.add_widget(self._ask)
            self.on_screen("still_there")
        self._ask.count(seconds)


class StillThere(Ask):
    """Asks whether somebody is there, and counts down to erasing."""

    def count(self, seconds: int) -> None:
        """Show how many seconds are left."""
        self.title = tr._("Êtes-vous toujours là ?")
        self.text = tr.plural(
            "Touchez l’écran. Sinon, tout s’efface dans {n} seconde.",
            "Touchez l’écran. Sinon, tout s’efface dans {n} secondes.",
            seconds,
        )
