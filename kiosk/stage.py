"""The window's root: shows the screen that the journey stands at, and what is always there."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, Any

from kivy.base import EventLoop
from kivy.cache import Cache
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.floatlayout import FloatLayout

from kiosk import tidying
from kiosk.access.commands import KEYBOARD, KeyMap
from kiosk.access.curtain import Curtain
from kiosk.access.ear import Ear
from kiosk.access.keypad import Keypad
from kiosk.access.panel import open_panel
from kiosk.ahead import Ahead
from kiosk.devices.equipment import Equipment
from kiosk.fingers import lift_all
from kiosk.focus import keys_in_use, let_go
from kiosk.idle import IdleWatch
from kiosk.journey import AMONG_QUESTIONS, Assistance, Journey, Stage
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
from kiosk.pause import pause
from kiosk.people.accounts import Account
from kiosk.speech.voice import Voice
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Setting
from kiosk.widgets.ask import Ask, Option
from kiosk.widgets.asking import objection
from kiosk.widgets.banner import Banner
from kiosk.widgets.methods.group import group_of
from kiosk.widgets.page import Page

if TYPE_CHECKING:
    from kiosk.devices.printer import Printer  # which takes its time to load

# Each stage's screen: module kiosk.screens.<name>, class <Name>Screen.
SCREENS: Mapping[Stage, str] = {
    Stage.WELCOME: "welcome",
    Stage.LANGUAGE: "language",
    Stage.NOTICE: "notice",
    Stage.AGREEMENT: "agreement",
    Stage.ARGUMENTS: "arguments",
    Stage.QUESTION: "question",
    Stage.TOGETHER: "together",
    Stage.SERIES: "series",
    Stage.REVIEW: "review",
    Stage.READ_BACK: "review",
    Stage.HELP: "help_given",
    Stage.CONFIRM: "confirm",
    Stage.RECEIPT: "receipt",
}
LONG_ALONE = 40  # ticks: twenty seconds
SAID_AGAIN = (20, 10, 5)  # seconds before all is erased, to who listens
QUIET = 0.7  # seconds after a touch in which the next one is not expected
HASTE = 0.3  # the same of somebody who only touches, and reads nothing
COUNTS = "counts"  # in `touch.ud`: the finger did not come too soon, and nothing else came since
METHOD = "method"  # the screen of groups that one way to take part asks together


class Kiosk(FloatLayout):
    """Everything that a person at the device can do, for one consultation at a time.

    Args:
        offers: the consultations that are open here, the first shown first.
        counter: the device's own business: sealing, accounts, the state of the outbox.
        voice: what it speaks with; None where the device cannot.
        key_map: what the keys of its keypad ask for.
        idle: watches whether somebody is there.
        today: the date, asked for each time that it is needed.
        renew: what is open now; looked at while nobody is there.
        equipment: what the device can do besides.
        languages: what the device offers beside each form's own; all there are unless given.
        printer: prints receipts; None where there is none.
        screens: those that were built before it, by name; they are its own from now on.
    """

    can_speak = BooleanProperty(False)
    has_accounts = BooleanProperty(False)
    is_open = BooleanProperty(True)  # whether there is anything to take part in today
    language_name = StringProperty()
    listening = BooleanProperty(False)  # screens say themselves
    curtained = BooleanProperty(False)  # nothing is shown: somebody goes by ear alone

    def __init__(
        self,
        offers: tuple[Offer, ...],
        counter: Any,
        *,
        voice: Voice | None = None,
        key_map: KeyMap = KEYBOARD,
        idle: IdleWatch | None = None,
        today: Callable[[], date] = date.today,
        renew: Callable[[], tuple[Offer, ...]] | None = None,
        equipment: Equipment | None = None,
        languages: Sequence[str] = (),
        printer: "Printer | None" = None,
        screens: Mapping[str, Page] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.offers = offers
        self.offer = offers[0]
        self.counter = counter
        self._people = counter.accounts.all()
        self.has_accounts = bool(self._people)
        self.can_speak = voice is not None
        self.ear = Ear(self, voice)
        self.ear.bind(on=self.setter("listening"))
        self.keypad = Keypad(self, key_map)
        self.opened = 0  # how often a screen, or a question over one, was put up
        self._curtain: Curtain | None = None
        self._private = False  # headphones are plugged in
        self.idle = idle or IdleWatch(monotonic)
        self.today = today
        self._renew = renew or (lambda: offers)
        self.printer = printer
        self.equipment = equipment or Equipment()
        self._device_languages = tuple(languages) or available_languages()
        self._showing = self._return_to = ""
        self.account: Account | None = None
        self.journey = Journey(self._begin_entry, self._keep)
        self.ahead = Ahead()
        self._look_ahead_soon = Clock.create_trigger(self._look_ahead, 0)
        self.banner = Banner()
        self.add_widget(self.banner)
        self.page: Page | None = None
        self._ask: Any = None
        self._screens: dict[str, Page] = dict(screens or {})
        for screen in self._screens.values():
            screen.kiosk = self
        self._prepared = self._somebody_came = False
        self._set_apart = False  # what is there to stay (`kiosk.tidying`)
        self._alone = 0  # ticks since anybody was here
        self.on_screen: Callable[[str], None] = lambda name: None
        self.on_news: Callable[[], None] = lambda: None  # other consultations are open
        tr.bind(_=self._language_changed)
        tr.bind(rtl=theme.setter("rtl"))
        Window.bind(on_touch_down=self._finger_down, on_touch_up=self._finger_up)
        Window.bind(on_key_down=self._key)
        Window.bind(on_key_up=self._key_up, on_textinput=self._text)
        keys_in_use.watch()
        self._ticking = Clock.schedule_interval(self._tick, 0.5)
        self.speak_language(self.offer.languages[0])
        self.show()

    def close(self) -> None:
        """Let go of the window and the clock."""
        self._ticking.cancel()
        self.keypad.close()
        self.ear.reset()
        Window.unbind(on_touch_down=self._finger_down, on_touch_up=self._finger_up)
        Window.unbind(on_key_down=self._key)
        Window.unbind(on_key_up=self._key_up, on_textinput=self._text)
        tr.unbind(_=self._language_changed)

    # --- the journey's steps, as screens call them --------------------------------------------

    def show(self, name: str = "") -> None:
        """Put up the screen where the journey stands, or one by name."""
        lift_all(ends=bool(name))  # one by name leaves the journey, and its answers, where they are
        self._drop_ask()
        let_go()
        name = name or self._screen_now()
        screen = self._screen(name)
        if screen is not self.page:
            if self.page is not None:
                self.remove_widget(self.page)
            self.page = screen
            self.add_widget(screen)
        theme.rtl = tr.rtl  # the idle screen mirrors itself for each language in turn
        self.name_offer(tr.language)
        self._showing = name
        screen.enter()
        self.ahead.drop()
        self._announce()
        self.on_screen(name)

    def name_offer(self, language: str) -> None:
        """Say on an upright panel's banner, in this language, who asks and what."""
        self.banner.organiser = self.offer.notice(language).who
        self.banner.title = self.offer.title(language)

    def start(self, offer: Offer | None = None) -> None:
        """Somebody begins, alone or with the mediator who is signed in."""
        self._somebody_came = True
        if offer is not None:
            self.offer = offer
        self.journey.start(
            Assistance(self.account.name) if self.account else None,
            arguments=bool(self.offer.arguments(tr.language)),
        )
        self.show()

    def speak_language(self, language: str) -> None:
        """Use this language from now on, for the interface and for the form."""
        # The form first: the interface's new language draws the screen again.
        if self.journey.entry is not None:
            self.offer.speak(self.journey.entry, language)
        self.language_name = own_name(language)
        tr.asked = self.offer.asks_in(language)
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
        if self.journey.stage is Stage.LANGUAGE:
            self.leave()
            return
        self.journey.back()
        self.show()

    def leave(self) -> None:
        """Back to the idle screen; what was answered is erased only by who wants that."""
        if self.journey.has_answers:
            self.ask_to_stop()
        else:
            self.erase()

    def reviewed(self) -> None:
        """On from the review; or to the first question that the form is not content with."""
        verdict = self.journey.reviewed()
        self.show()
        stage = self.journey.stage
        if not verdict.kept and stage in AMONG_QUESTIONS and self.page is not None:
            step = self.journey.step() if stage is Stage.QUESTION else None
            self.page.show_trouble(objection(verdict, step))

    def erase(self) -> None:
        """Forget everything about the person who was here, and go back to Welcome."""
        lift_all()
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
        if self.journey.stage in AMONG_QUESTIONS and self.asked_in:
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

    @property
    def asks(self) -> bool:
        """Whether something stands over the screen."""
        return self._ask is not None

    def next_text_size(self) -> None:
        """The next larger text, and after the largest the smallest."""
        theme.choose_capital((int(theme.capital) + 1) % theme.sizes)

    def next_contrast(self) -> None:
        """The next set of colours."""
        theme.next_palette()

    def listen(self) -> None:
        """From now on screens say themselves; a second touch stops this one, and offers more."""
        if not self.ear.on:
            self.ear.begin()
        else:
            self.ear.hush()
            open_panel(self)

    def headphones_changed(self, plugged: bool) -> None:
        """Headphones were plugged in, or pulled out; may be called on any thread.

        What was private falls silent at once when they are pulled out.
        """
        Clock.schedule_once(lambda _: self._headphones(plugged), 0)

    def _headphones(self, plugged: bool) -> None:
        self._private = plugged
        if plugged:
            self.ear.begin()
        else:
            self.ear.end()

    def draw_curtain(self, drawn: bool) -> None:
        """Show nothing any more but that somebody is there, or show the screen again.

        Only where the screen can be heard.
        """
        drawn = drawn and self.can_speak
        if drawn and not self.ear.on:
            self.ear.begin()
        self.curtained = drawn
        self._hang_curtain()

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

    def ask(self, title: str, text: str, options: list[Option], icon: str = "") -> Ask:
        """Put one question over the screen."""
        return self._put_over(Ask(title=title, text=text, icon=icon), options)

    def lay_over(self, widget: Any) -> None:
        """Put something else over the screen; it has a `say()`, and `dismiss` takes it away."""
        if self._ask is None:
            self.keypad.covered()
        lift_all(ends=True)
        self._drop_ask()
        let_go()
        self._ask = widget
        self.add_widget(widget)
        self._announce()

    def dismiss(self) -> None:
        """Take that question away again: whoever uses keys goes on where they were."""
        if self._ask is not None:
            lift_all(ends=True)
            pause.changed()
            self._drop_ask()
            self.keypad.uncovered()

    @property
    def cover(self) -> Any:
        """What can be touched now: the question over the screen, or the screen."""
        return self._ask or self.page

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
        entry = self.counter.begin(self.offer)
        self.offer.speak(entry, tr.language)
        return entry

    def _keep(self, journey: Journey) -> Any:
        return self.counter.keep(self.offer, journey, tr.language)

    def _announce(self) -> None:
        """Whoever uses keys finds the beginning; whoever listens hears it."""
        self.opened += 1
        pause.changed()
        self._hang_curtain()
        self.keypad.opened()
        self.ear.opened()

    def _put_over(self, ask: Ask, options: list[Option]) -> Ask:
        if self._ask is None:
            self.keypad.covered()
        lift_all(ends=True)
        self._drop_ask()
        ask.offer(options)
        let_go()
        self._ask = ask
        self.add_widget(ask)
        self._announce()
        return ask

    def _drop_ask(self) -> None:
        if self._ask is not None:
            let_go()
            self.remove_widget(self._ask)
            if hasattr(self._ask, "forget"):
                self._ask.forget()
            self._ask = None

    def _hang_curtain(self) -> None:
        """In front of everything, if it is drawn."""
        if self._curtain is not None:
            self.remove_widget(self._curtain)
            self._curtain = None
        if self.curtained:
            self._curtain = Curtain(
                title=tr._("Une personne répond en écoutant"),
                text=tr._("L’écran est caché. Ses réponses restent secrètes."),
            )
            self.add_widget(self._curtain)

    def _language_changed(self, *_: Any) -> None:
        self.name_offer(tr.language)
        if self.page is not None:
            self.page.enter()
            self._announce()

    def _forget(self) -> None:
        """Nothing of the last person may remain: not in fields, caches, sizes or sounds."""
        self.equipment.release()
        self.ear.reset()
        self.ear.on = self._private and self.can_speak
        self.curtained = False
        keys_in_use.now = False
        self.ahead.drop()
        for screen in self._screens.values():
            screen.forget()
        theme.calm_down()
        for category in ("kv.texture", "textinput.label", "textinput.width"):
            Cache.remove(category)
        tidying.clear()

    def _finger_down(self, _: Any, touch: Any) -> bool:
        """A touch; one that comes too soon after another counts for nothing."""
        if self._touched():
            return True
        if self.parent is None:  # another is on the window
            return False
        if pause.swallows_touch(self.cover, *touch.pos):
            return True
        pause.touched(self.cover)
        touch.ud[COUNTS] = True
        return False

    def _finger_up(self, _: Any, touch: Any) -> bool:
        """Whoever presses for long chooses with the end of it: half a second begins there."""
        if touch.ud.pop(COUNTS, False):
            pause.lifted()
        return False

    def _touched(self) -> bool:
        """Whoever answers that they are there has not touched what is below the question."""
        self.idle.touched()
        asked = self.asks_whether_there
        if asked:
            self.dismiss()
        return asked

    def _key(self, _: Any, code: int, __: int, text: str | None, modifiers: list[str]) -> bool:
        """Keys lead round what is on top; the screen may know others."""
        if self._touched():
            self.keypad.spend(code)
            return True
        if self.keypad.key(code, modifiers):
            return True
        return self._ask is None and self.page is not None and self.page.key(code)

    def _key_up(self, _: Any, code: int, *__: Any) -> bool:
        return self.keypad.let_go(code)

    def _text(self, _: Any, text: str) -> bool:
        return self.keypad.wrote(text)

    def _look_for_people(self) -> None:
        """Accounts may be added and taken away by command while the kiosk runs.

        Whose account is taken away is signed out, but not in the middle of somebody's answers.
        """
        people = self.counter.accounts.all()
        is_gone = self.account is not None and self.account not in people
        if is_gone and not self.journey.has_answers:
            self.sign_out()
        if people == self._people:
            return
        self._people = people
        self.has_accounts = bool(people)
        if self.page is not None and self.page is self._screens.get("sign_in"):
            self.page.list_people()
            pause.changed()  # names stand elsewhere now

    def _tick(self, *_: Any) -> None:
        self._look_for_people()
        if self.page is self._screens.get("welcome") and self._ask is None:
            self._alone += 1
            self._look_for_news()
            if not self.prepare() and self._set_apart:
                tidying.tidy()
            return
        self._alone = 0
        if self._is_quiet:
            tidying.tidy()
            self._look_ahead_soon()
        elif self.idle.seconds > HASTE and not EventLoop.touches:
            tidying.tidy_a_little()
        self.keypad.settle()
        if self.ear.speaks and not self.asks_whether_there:
            self.idle.touched()  # somebody listens
        presence = self.idle.presence()
        if presence.gone:
            self._gone()
        elif presence.seconds_left is not None:
            self._ask_whether_there(presence.seconds_left)

    @property
    def is_idle(self) -> bool:
        """Whether nobody is there, and everything is built."""
        is_welcome = self.page is self._screens.get("welcome") and self._ask is None
        return is_welcome and self._prepared

    def setting(self, *, among_others: bool = False) -> Setting:
        """What stands around a question now, alone on its screen or among others."""
        offer = self.offer
        files = offer.consultation.media
        return Setting(
            self.today(), tr.language, files, self, offer.clock, among_others=among_others
        )

    def look_ahead(self) -> bool:
        """Build one widget for the questions that come next; says whether there was one."""
        if self.journey.stage not in AMONG_QUESTIONS or self.page is None or self.asks:
            return False
        way = self.journey.way
        stop = way.ahead()
        paged = self.page.ids.get("paged")
        if stop is None or paged is None or group_of(stop) is not None:
            return False
        setting = self.setting(among_others=stop.together)
        asked = ((way.step(at.ref), way.value(at.ref), setting) for at in stop.places)
        return self.ahead.build(asked, paged.column.width)

    def _look_ahead(self, *_: Any) -> None:
        """One widget a frame; whoever touches the screen goes first."""
        if self._is_quiet and self.look_ahead():
            self._look_ahead_soon()

    @property
    def _is_quiet(self) -> bool:
        """Whether nobody will touch the screen in the next moment, as far as one can know."""
        return self.idle.seconds > QUIET and not EventLoop.touches

    def prepare(self) -> bool:
        """Build one screen that nobody has needed yet; says whether there was one.

        While nobody is there, so that nobody waits for it.
        """
        wanted = (*SCREENS.values(), METHOD)
        missing = next((name for name in wanted if name not in self._screens), None)
        if missing is not None:
            self._screen(missing)
        elif not self._prepared:
            self._prepared = True
        elif not self._set_apart and (not self._somebody_came or self._alone > LONG_ALONE):
            # Not at once where somebody was here: what clings to their words would stay as well.
            self._set_apart = True
            tidying.set_apart()
        return missing is not None

    def _look_for_news(self) -> None:
        """While nobody is there: another consultation, a new version, or the end of one."""
        offers = self._renew()
        if offers is self.offers:
            return
        self.offers = offers
        self.is_open = bool(offers)
        self.on_news()
        if offers:
            self.offer = offers[0]
            self.speak_language(self.offer.languages[0])
        self.show()

    def _gone(self) -> None:
        self.account = None
        self.erase()

    def _ask_whether_there(self, seconds: int) -> None:
        if isinstance(self._ask, StillThere):
            before = self._ask.text
            self._ask.count(seconds)
            if seconds in SAID_AGAIN and self._ask.text != before:
                self.ear.say_words(self._ask.text)
            return
        ask = StillThere(icon="hourglass")
        ask.count(seconds)
        self._put_over(ask, [Option(tr._("Oui, je suis là"), self.dismiss, primary=True)])
        self.on_screen("still_there")


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
