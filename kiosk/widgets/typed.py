"""Typed answers: a text or a number, with the on-screen keyboard always in sight."""

from decimal import Decimal, InvalidOperation
from typing import Any

from forms.engine import Kind, Step
from kiosk.language import RIGHT_TO_LEFT, base, tr
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Setting
from kiosk.widgets.field import AnswerField
from kiosk.widgets.layouts import (
    Layout,
    address_layout,
    layouts_for,
    number_pad,
    telephone_pad,
)
from kiosk.widgets.touch import Tool
from kiosk.widgets.words import Words
from kiosk.widgets.written import Written

# Languages written with a comma before decimals, among those that Parvis speaks.
DECIMAL_COMMA = frozenset({"fr", "uk", "pt", "tr", "es"})
# Appearances of text questions: an e-mail or web address has its own keys, digits a pad.
ADDRESSES = frozenset({"email", "url"})
# Languages that many people write by hand and cannot write on a keyboard.
WRITTEN_BY_HAND = frozenset({"zh"})
_ONE_LINE = ADDRESSES | {"numbers"}


class TypedAnswer(Written):
    """A text, as many lines as there is room for, or a number on a pad."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        language = setting.language
        self._comma = step.kind is Kind.DECIMAL and base(language) in DECIMAL_COMMA
        self._numeric = step.kind is not Kind.TEXT
        foreign = self._numeric or bool(_ONE_LINE & step.appearance)
        field = AnswerField(
            text=value.replace(".", ",") if self._comma else value,
            multiline=not foreign,
            rtl=base(language) in RIGHT_TO_LEFT and not foreign,
            placeholder=tr._("Touchez ici pour écrire"),
            said=step.label,
            size_hint_x=1,
        )
        layouts = self._layouts(step, language)
        super().__init__(step, value, setting, field=field, layouts=layouts, **kwargs)
        self.grouped = Words(text="", font_size=theme.small)
        if self._numeric and "thousands-sep" in step.appearance:
            self.add_widget(self.grouped, index=len(self.children) - 1)
            self._group()
        self.advice = Words(text=self._advice(), font_size=theme.small, color=theme.quiet)
        self.settle()

    def written(self, text: str) -> None:
        """Give it without the blanks around it, and with the form's decimal point."""
        text = text.strip()
        self.give(text.replace(",", ".") if self._comma else text)
        self._group()

    def forget(self) -> None:
        """Leave nothing of what was written, as digits or as a number."""
        super().forget()
        self.grouped.text = ""

    def _group(self) -> None:
        """Tell the number with its thousands apart (`thousands-sep`)."""
        if self.grouped.parent is not None:
            known = is_number(self.value, self.step.kind)
            self.grouped.text = tr.number(Decimal(self.value)) if known else ""

    def _advice(self) -> str:
        """Where writing is hard on any keyboard, how else one can answer."""
        language, kiosk = base(self.setting.language), self.setting.kiosk
        if language not in WRITTEN_BY_HAND or not self.field.multiline or kiosk is None:
            return ""
        steps = kiosk.journey.steps()
        refs = [step.ref for step in steps]
        later = steps[refs.index(self.step.ref) + 1 :] if self.step.ref in refs else ()
        for step in later:
            if step.kind in (Kind.IMAGE, Kind.AUDIO):
                return tr._("Plus loin, vous pouvez dessiner ou parler : {question}").format(
                    question=step.label
                )
        return tr._("Si écrire est difficile, demandez de l’aide.")

    def _show_advice(self) -> float:
        """Show it where there is room beside the field; how high it is then."""
        if not self.advice.text:
            return 0.0
        height = self.advice.height_at(self.width) + self.spacing
        fits = self.room >= self.field.height_for(1) + height
        if fits and self.advice.parent is None:
            self.add_widget(self.advice, index=self.children.index(self.line))
        elif not fits and self.advice.parent is not None:
            self.remove_widget(self.advice)
        return height if fits else 0.0

    def settle(self, *_: Any) -> None:
        """One line for a number, as many as fit for a text."""
        super().settle()
        least = self.field.height_for(1)
        lines = 1.0
        if self.field.multiline:
            height = self.field.height_for(2) - least
            among_others = self.setting.among_others
            most = self._few_lines if among_others else 5
            room = self.field.height_for(most) if among_others else self.room - self._show_advice()
            lines = min(most, max(1, (room - least) // height + 1))
        tools = any(isinstance(one, Tool) for one in self.line.children)
        least_line = float(theme.tool if tools else theme.target)
        self.line.height = max(least_line, self.field.height_for(lines))

    @property
    def _few_lines(self) -> int:
        """Among other questions: one line, and more where the form asks for it."""
        many = "multiline" in self.step.appearance or "rows" in self.step.attributes
        return (2 if theme.compact else 3) if many else 1

    def _layouts(self, step: Step, language: str) -> tuple[Layout, ...]:
        if step.kind is Kind.DECIMAL:
            return (number_pad(decimal="," if self._comma else ".", negative=True),)
        if self._numeric:
            return (number_pad(negative=True),)
        if "numbers" in step.appearance:
            return (telephone_pad(),)
        if ADDRESSES & step.appearance:
            return (address_layout(language),)
        return layouts_for(language)


def describe(step: Step, value: str) -> str:
    """What was written; decimals after the language's own sign."""
    comma = step.kind is Kind.DECIMAL and base(tr.language) in DECIMAL_COMMA
    return value.replace(".", ",") if comma else value


def is_number(text: str, kind: Kind) -> bool:
    """Whether that is a number as the form wants it."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return number.is_finite() and (kind is not Kind.INTEGER or number == int(number))
