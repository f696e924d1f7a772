"""Digits or words over the page, to say a part of a date or a time directly."""

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from kivy.core.window import Window
from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.kv import load_beside
from kiosk.language import base, tr
from kiosk.speech.parts import Part, Speech
from kiosk.theme.drawing import Pen
from kiosk.theme.theme import theme
from kiosk.widgets import paged as paged  # its kv rule draws with it
from kiosk.widgets.answer import Setting
from kiosk.widgets.cards import CardGrid, ChoiceCard
from kiosk.widgets.field import AnswerField
from kiosk.widgets.layouts import Layout, number_pad
from kiosk.widgets.typed import DECIMAL_COMMA
from kiosk.widgets.written import keyboard_for


class Over(BoxLayout):
    """Covers the page until it is closed; takes every touch."""

    title = StringProperty()
    trouble = StringProperty()  # what stands against what was said, in place of the title

    def __init__(self, title: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.title = title
        self._kiosk = setting.kiosk

    def open(self) -> None:
        """Come up, over the kiosk or what is shown in its place."""
        if self._kiosk is not None:
            self._kiosk.lay_over(self)
        else:
            Window.add_widget(self)

    def close(self) -> None:
        """Go away again."""
        if self._kiosk is not None:
            self._kiosk.dismiss()
        elif self.parent is not None:
            self.parent.remove_widget(self)
            self.forget()

    def say(self) -> str:
        """What it asks for, after what stands against what was said."""
        return f"{self.trouble} {self.title}".strip()

    def spoken(self) -> Sequence[Part]:
        """The same as it is heard."""
        return (Speech(self.say(), tr.language),)

    def forget(self) -> None:
        """Let go of what was written."""

    def on_touch_down(self, touch: Any) -> bool:
        """Nothing below can be touched."""
        super().on_touch_down(touch)
        return True


class DigitPad(Over):
    """A number on a pad.

    Args:
        title: what is asked for.
        longest: how many digits there may be.
        given: told the number, once it is written; says what stands against it, "" where nothing
            does.
    """

    def __init__(
        self, title: str, longest: int, setting: Setting, given: Callable[[int], str]
    ) -> None:
        super().__init__(title, setting)
        self._given = given
        self.field = AnswerField(multiline=False, said=title, max_length=longest)
        self.field.font_size = theme.lesser if theme.cramped else 0
        self.ids.field.add_widget(self.field)
        self.keyboard = keyboard_for((self._keys(),))
        if self.keyboard.parent is not None:
            self.keyboard.parent.remove_widget(self.keyboard)
        self.keyboard.field = self.field
        self.ids.pad.add_widget(self.keyboard)
        self.field.bind(on_enter=lambda *_: self.done())

    def done(self) -> None:
        """The number is written; nothing written changes nothing, and none is put for another."""
        self.trouble = self._try(self.field.text.strip())
        if not self.trouble:
            self.close()
        elif self._kiosk is not None:
            self._kiosk.ear.say_words(self.trouble)

    def _keys(self) -> Layout:
        return number_pad()

    def _try(self, written: str) -> str:
        digits = "".join(sign for sign in written if sign.isdecimal())
        return self._given(int(digits)) if digits else ""

    def forget(self) -> None:
        """Give the keys back, and let go of what was written."""
        if self.keyboard.field is self.field:
            self.keyboard.field = None
            if self.keyboard.parent is not None:
                self.keyboard.parent.remove_widget(self.keyboard)
            self.keyboard.reset()
        self.field.erase()


class NumberPad(DigitPad):
    """A number that may be negative, or a decimal, on a pad; what is none is said to be none."""

    def __init__(
        self,
        title: str,
        longest: int,
        setting: Setting,
        given: Callable[[Decimal], str],
        *,
        decimal: bool,
        negative: bool,
    ) -> None:
        self._decimal, self._negative = decimal, negative
        super().__init__(title, longest, setting, lambda number: given(Decimal(number)))
        self._given_any = given

    def _keys(self) -> Layout:
        decimal = decimal_sign() if self._decimal else ""
        return number_pad(decimal=decimal, negative=self._negative)

    def _try(self, written: str) -> str:
        if not written:
            return ""
        try:
            return self._given_any(Decimal(written.replace(",", ".")))
        except InvalidOperation:
            return str(tr._("Ce n’est pas un nombre."))


def decimal_sign() -> str:
    """What stands before decimals in the person's language."""
    return "," if base(tr.language) in DECIMAL_COMMA else "."


class CardPad(Over):
    """One of a few words, such as the months.

    Args:
        title: what is asked for.
        words: what can be touched.
        taken: which of them is taken now, from 0; -1 for none.
        given: told which was touched, from 0.
    """

    def __init__(
        self,
        title: str,
        words: Sequence[str],
        taken: int,
        setting: Setting,
        given: Callable[[int], None],
    ) -> None:
        super().__init__(title, setting)
        self._given = given
        self.grid = CardGrid(columns=tuple(range(6, 0, -1)))
        for number, word in enumerate(words):
            card = ChoiceCard(name=str(number), text=word, taken=number == taken, mark_off="")
            card.bind(on_release=lambda card: self._choose(int(card.name)))
            self.grid.add_widget(card)
        pen = Pen(theme.body, bold=True)
        longest = max(pen.measure(word) for word in words)
        beside = self.grid.children[0].beside + theme.mm(0.5)
        self.grid.narrowest = max(float(theme.target), longest + beside)
        self.ids.paged.add_widget(self.grid)
        self.ids.paged.bind(viewport=self.grid.setter("room"))

    def _choose(self, number: int) -> None:
        self.close()
        self._given(number)


load_beside(__file__)
