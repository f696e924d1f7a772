"""A mediator or steward signs in: their name, then their PIN."""

from typing import Any

from kivy.core.window import Keyboard, Window
from kivy.properties import NumericProperty, StringProperty

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.people.accounts import LONGEST_PIN, MustWaitError, WrongPinError
from kiosk.widgets.cards import ChoiceCard
from kiosk.widgets.page import Page
from kiosk.widgets.touch import Tap


class PinKey(Tap):
    """One key of the PIN pad."""

    text = StringProperty()
    icon = StringProperty()


class SignInScreen(Page):
    """The digits are shown as dots, and forgotten as soon as they were tried."""

    name = StringProperty()
    dots = NumericProperty(0)
    trouble = StringProperty()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._pin = ""
        for key in "123456789":
            self._add_key(key)
        self._add_key("", "backspace", tr._("Effacer"))
        self._add_key("0")
        self._add_key("", "check", tr._("Valider"))

    def enter(self) -> None:
        """Begin with the choice of a name; one alone is chosen already."""
        self.list_people()

    def list_people(self) -> None:
        """Who has an account at the moment; what was typed stays."""
        people = self.ids.people
        people.clear_widgets()
        accounts = self.kiosk.counter.accounts.all()
        if not any(account.name == self.name for account in accounts):
            self.name = accounts[0].name if len(accounts) == 1 else ""
        for account in accounts:
            card = ChoiceCard(name=account.name, text=account.name, taken=account.name == self.name)
            card.bind(on_release=self._choose)
            people.add_widget(card)

    def on_trouble(self, *_: Any) -> None:
        """What stands against it is said at once."""
        if self.trouble and self.kiosk is not None:
            self.ids.paged.to_top()
            self.kiosk.ear.say_words(self.trouble)

    def forget(self) -> None:
        """No digit remains."""
        self._pin = ""
        self.dots = 0
        self.name = self.trouble = ""

    def say(self) -> str:
        """What is wanted; digits are never said."""
        wanted = tr._("Choisissez votre nom, puis tapez votre code.")
        return f"{self.trouble} {wanted}" if self.trouble else wanted

    def go_back(self) -> None:
        """Back to the idle screen."""
        self.kiosk.leave()

    def press(self, key: str) -> None:
        """One key of the pad: a digit, "backspace" or "check"."""
        self.trouble = ""
        if key == "backspace":
            self._pin = self._pin[:-1]
        elif key == "check":
            self._try()
        elif len(self._pin) < LONGEST_PIN:
            self._pin += key
        self.dots = len(self._pin)

    def key(self, code: int) -> bool:
        """Digits and backspace of a real keyboard do what those of the pad do."""
        name = Keyboard.keycode_to_string(Window, code).removeprefix("numpad")
        if name == "backspace" or (name.isdigit() and len(name) == 1):
            self.press(name)
            return True
        return False

    def _choose(self, card: ChoiceCard) -> None:
        self.name = card.name
        for other in self.ids.people.children:
            other.taken = other is card
        self.trouble = ""

    def _try(self) -> None:
        pin, self._pin = self._pin, ""
        if not self.name:
            self.trouble = tr._("Choisissez d’abord votre nom.")
            return
        try:
            self.kiosk.sign_in(self.name, pin)
        except WrongPinError:
            self.trouble = tr._("Ce code n’est pas le bon. Essayez encore.")
        except MustWaitError as wait:
            self.trouble = tr.plural(
                "Trop d’essais. Attendez {n} seconde.",
                "Trop d’essais. Attendez {n} secondes.",
                wait.seconds,
            )

    def _add_key(self, text: str, icon: str = "", said: str = "") -> None:
        key = PinKey(text=text, icon=icon, said=said or text)
        key.bind(on_release=lambda key: self.press(key.text or key.icon))
        self.ids.pad.add_widget(key)


load_beside(__file__)
