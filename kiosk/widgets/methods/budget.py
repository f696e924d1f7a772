"""Participatory budget: project cards with their price, and a purse that empties."""

from decimal import Decimal
from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty

from forms.engine import Choice, Step
from forms.methods.budget import Purse, purse_of
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.theme.drawing import Pen
from kiosk.theme.icons import has_icon
from kiosk.theme.pictures import picture_of
from kiosk.theme.theme import CAPITAL_RATIO, theme
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.cards import CardGrid
from kiosk.widgets.methods.standing import History, Standing
from kiosk.widgets.methods.wording import money, title_and_note, without_amount
from kiosk.widgets.touch import Tap
from kiosk.widgets.words import Words

MOST = "parvis:points"


class ProjectCard(Tap):
    """One project: what, where, how much; `lacking` says what the purse has not, to add it.

    The price stands at the end of the line where that is long, else below the title.
    """

    name = StringProperty()
    label = StringProperty()  # all that the form says of it, as it is heard
    title = StringProperty()
    note = StringProperty()
    icon = StringProperty()
    texture = ObjectProperty(None, allownone=True)  # the form's picture of it
    price = StringProperty()
    lacking = StringProperty()
    wide = BooleanProperty(False)
    taken = BooleanProperty(False)
    letters = NumericProperty(0)  # of its title and price; pixels
    inset = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.letters = theme.body
        self.bind(letters=self.on_width, title=self.on_width, price=self.on_width)
        theme.bind(body=self.on_width)

    def on_width(self, *_: Any) -> None:
        """Where there is room, the price stands at the end of the line."""
        self.wide = self._is_wide(self.width, self.letters)

    @property
    def least_width(self) -> float:
        """How wide it must be for its price and each word of its title to stay whole."""
        measure = Pen(self.letters, bold=True).measure
        words = max((measure(word) for word in self.title.split()), default=0.0)
        price = measure(self.price) + self.inset + theme.small * 4
        return float(self._beside + max(words, price))

    @property
    def _beside(self) -> float:
        """What of its width is not for words."""
        ids = self.ids
        return float(self.inset * (2 + 3 * 0.7) + ids.mark.width + ids.picture.width)

    def needed_height(self, width: float, letters: float = 0) -> float:
        """Room for all its words, also where it turns out too dear; its title in such letters."""
        letters = letters or self.letters
        words = self._height_of_words(width, letters, wide=self._is_wide(width, letters))
        air = theme.mm(1.2 if letters < theme.body else 3)
        return max(float(theme.target), words + air, self.ids.picture.height + air)

    def _height_of_words(self, width: float, letters: float, *, wide: bool) -> float:
        ids = self.ids
        price = Pen(letters, bold=True).measure(self.price) + self.inset
        inner = max(width - self._beside - (price if wide else 0), theme.body * 3)
        across = inner if wide else max(inner - price, theme.body * 2)
        # As high as what it may say at its highest.
        dear = tr._("Il manque {amount}").format(amount=self.price)
        low = max(ids.note.height_at(across, text) for text in (self.note, dear))
        if not wide:
            low = max(low, ids.price.height_at(inner, self.price, font_size=letters))
        return float(ids.title.height_at(inner, font_size=letters)) + low

    def _is_wide(self, width: float, letters: float) -> bool:
        if not theme.compact and width > theme.body * 16:
            return True
        beside, below = (self._height_of_words(width, letters, wide=wide) for wide in (True, False))
        return beside < below


class Hint(Words):
    """The question's hint, on a small panel: above the projects where one is seen, else below."""


class ProjectGrid(CardGrid):
    """Projects side by side where their prices and longest words have room."""

    def do_layout(self, *args: Any) -> None:
        """Find how narrow one may be, then lay out."""
        own = theme.mm(110 if theme.large else 60 if theme.compact else 74)
        self.narrowest = max([own, *(card.least_width for card in self.children)])
        super().do_layout(*args)


class Budget(Answer):
    """Select multiple: a touch buys or gives back; what is too dear says so, and is not bought."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        self.purse = purse_in(step)
        self.most = int(step.attributes.get(MOST) or 0)
        self.history = History()
        self.purse_line = self.standing = Standing(icon="coins")
        self.heading = self.purse_line.heading
        self.purse_line.bind(on_undo=lambda *_: self.undo())
        columns = (1,) if theme.compact else (2, 1, 3) if theme.width_mm < 300 else (3, 2, 1)
        self.grid = ProjectGrid(columns=columns)
        self.bind(room=self.grid.setter("room"))
        self.bind(room=self._come_closer, width=self._come_closer)
        theme.bind(body=self._come_closer)
        self.shows_hint = bool(theme.compact and step.hint)
        self.hint = Hint(text=step.hint if self.shows_hint else "")
        if self.shows_hint:
            self.add_widget(self.hint)
        self.add_widget(self.grid)
        self.cards = {choice.name: self._card(choice) for choice in step.choices}
        for card in self.cards.values():
            card.bind(on_release=lambda card: self.choose(card.name))
            self.grid.add_widget(card)
        self._show()

    @property
    def chosen(self) -> list[str]:
        """The projects that were bought."""
        return self.value.split()

    def choose(self, name: str) -> None:
        """Buy this project, or give it back; one that is too dear only says what is lacking."""
        chosen = set(self.chosen)
        if name not in chosen and (objection := self._objection(name)):
            self.purse_line.warning = objection
            return
        self.history.keep(self.value)
        self._give(chosen ^ {name})

    def undo(self) -> None:
        """Take the last touch back."""
        if self.history:
            self._give(set(self.history.take().split()))

    def forget(self) -> None:
        """Let go of what was chosen, now and before."""
        super().forget()
        self.history.forget()

    def spoken(self) -> str:
        """What is left in the purse."""
        return str(self.purse_line.text)

    def _give(self, chosen: set[str]) -> None:
        self.give(" ".join(name for name in self.cards if name in chosen))
        self._show()

    def _objection(self, name: str) -> str:
        """Why this project cannot be added; "" where it can."""
        missing = self.purse.missing(self.chosen, name)
        if missing:
            amount = money(missing, self.purse.currency)
            if not self.chosen:  # the whole purse would not do
                return tr._("Il manque {amount}").format(amount=amount)
            return tr._("Il manque {amount}. Retirez un projet.").format(amount=amount)
        if self.most and len(self.chosen) >= self.most:
            return tr.plural(
                "{n} projet au plus. Retirez-en un.",
                "{n} projets au plus. Retirez-en un.",
                self.most,
            )
        return ""

    def _card(self, choice: Choice) -> ProjectCard:
        title, note = title_and_note(choice.label)
        cost = self.purse.costs[choice.name]
        icon = choice.columns.get("icon", "")
        return ProjectCard(
            name=choice.name,
            label=choice.label,
            title=title,
            note=without_amount(note, cost),
            icon=icon if has_icon(icon) else "",
            texture=picture_of(self.setting.files, choice.media.get("image", "")),
            price=money(cost, self.purse.currency),
        )

    def _show(self) -> None:
        chosen = self.chosen
        for name, card in self.cards.items():
            card.taken = name in chosen
            missing = Decimal(0) if card.taken else self.purse.missing(chosen, name)
            lacking = money(missing, self.purse.currency) if missing else ""
            card.lacking = tr._("Il manque {amount}").format(amount=lacking) if lacking else ""
        standing, purse = self.purse_line, self.purse
        standing.warning = ""
        standing.text = self._told()
        standing.brief = "" if purse.limits else self._told_briefly()
        standing.left = float(max(Decimal(0), purse.left(chosen)) / purse.amount)
        standing.can_undo = bool(self.history)

    def _told(self) -> str:
        purse, chosen = self.purse, self.chosen
        whole = money(purse.amount, purse.currency)
        if purse.limits:
            left = money(purse.left(chosen), purse.currency)
            return tr._("Il reste {amount}").format(amount=left)
        spent = money(purse.spent(chosen), purse.currency)
        told = tr._("{amount} choisis, pour {whole}").format(amount=spent, whole=whole)
        if self.most:
            more = self.most - len(chosen)
            told += " · " + tr.plural("encore {n} projet", "encore {n} projets", more)
        return told

    def _told_briefly(self) -> str:
        """Where the purse is only shown: what was spent, and how many projects there may be yet."""
        spent = money(self.purse.spent(self.chosen), self.purse.currency)
        if not self.most:
            return f"{spent} / {money(self.purse.amount, self.purse.currency)}"
        more = self.most - len(self.chosen)
        return f"{spent} · " + tr.plural("encore {n} projet", "encore {n} projets", more)

    def _come_closer(self, *_: Any) -> None:
        """One project at least should be seen whole at once, in smaller letters if need be."""
        first = next(iter(self.cards.values()), None)
        if first is None or not self.room or self.purse_line.warning:
            return
        letters, hint_first = self._fitting(first)
        if first.letters != letters:
            for card in self.cards.values():
                card.letters = letters
            self.grid._trigger_layout()
        if self.shows_hint and hint_first is not (self.children[-1] is self.hint):
            self.remove_widget(self.hint)
            self.add_widget(self.hint, len(self.children) if hint_first else 0)

    def _fitting(self, first: ProjectCard) -> tuple[float, bool]:
        """The largest letters with which the first project is seen, and whether below the hint."""
        hint = self.hint.height_at(self.width) if self.shows_hint else 0.0
        usual = theme.mm(theme.default_capital_mm / CAPITAL_RATIO) - 1
        smaller = [] if theme.large else [one for one in theme.smaller if one >= usual]
        for letters in (float(theme.body), *smaller):
            needed = first.needed_height(self.width, letters)
            for hint_first in (True, False):
                if needed + (hint if hint_first else 0) <= self.room:
                    return letters, hint_first
        return (smaller or [float(theme.body)])[-1], not smaller


def purse_in(step: Step) -> Purse:
    """The purse that a question speaks of."""
    choices = {choice.name: choice.columns for choice in step.choices}
    return purse_of(step.attributes, choices, step.ref)


def describe(step: Step, value: str) -> str:
    """What was chosen, with what it costs, and all together."""
    purse, chosen = purse_in(step), value.split()
    titles = {choice.name: title_and_note(choice.label)[0] for choice in step.choices}
    lines = [f"{titles[name]}, {money(purse.costs[name], purse.currency)}" for name in chosen]
    spent = money(purse.spent(chosen), purse.currency)
    return "\n".join([*lines, tr._("En tout : {amount}").format(amount=spent)])


load_beside(__file__)
