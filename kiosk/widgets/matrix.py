"""Grids: questions with the same choices, one a row, the choices' words over their columns.

XLSForm writes such a grid as `table-list`, or with the appearances `label` (the words), `list` and
`list-nolabel` (a row). Where the columns do not fit the panel and the size of text, each row is a
question of its own with its choices under it.
"""

from typing import Any

from kivy.properties import BooleanProperty, StringProperty

from forms.engine import Kind, Step
from kiosk.kv import load_beside
from kiosk.theme.drawing import Pen
from kiosk.theme.theme import theme
from kiosk.widgets import choices
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.touch import Row, Tap

LEAST_QUESTION_MM = 45  # beside the columns

describe = choices.describe


class Cell(Tap):
    """One choice of one row."""

    name = StringProperty()
    taken = BooleanProperty(False)
    several = BooleanProperty(False)


class MatrixHead(Answer):
    """The words over the columns; it takes no answer."""

    beside = True

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        self.pos_hint = {"center_y": 0.5}
        self.size_hint_x = None
        self.width = cell_width(step) * len(step.choices)
        row = MatrixWords()
        for choice in step.choices:
            row.add_widget(MatrixWord(text=choice.label, width=cell_width(step)))
        self.add_widget(row)


class MatrixWords(Row):
    """The words over all columns."""


class MatrixWord(Row):
    """The words over one column."""

    text = StringProperty()


class MatrixRow(Answer):
    """One question's cells, under the words of its choices."""

    beside = True

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        self.pos_hint = {"center_y": 0.5}
        self.size_hint_x = None
        self.width = cell_width(step) * len(step.choices)
        self.several = step.kind is Kind.SELECT_MULTIPLE
        row = Row(size_hint_y=None, height=theme.target)
        self.cells: dict[str, Cell] = {}
        for choice in step.choices:
            said = f"{step.label}. {choice.label}"
            cell = Cell(name=choice.name, said=said, several=self.several)
            cell.bind(on_release=lambda cell: self.choose(cell.name))
            self.cells[choice.name] = cell
            holder = CellPlace(size_hint=(None, None), size=(cell_width(step), theme.target))
            holder.add_widget(cell)
            row.add_widget(holder)
        self.add_widget(row)
        self._show()

    @property
    def cards(self) -> dict[str, Cell]:
        """What can be touched, by the name of the choice."""
        return self.cells

    def choose(self, name: str) -> None:
        """Take this choice, or take it away again."""
        if self.several:
            taken = set(self.value.split()) ^ {name}
            self.give(" ".join(other for other in self.cells if other in taken))
        else:
            self.give("" if self.value == name else name)
        self._show()

    def _show(self) -> None:
        taken = set(self.value.split())
        for name, cell in self.cells.items():
            cell.taken = name in taken


class CellPlace(Row):
    """Keeps a cell in the middle of its column."""


def is_head(step: Step) -> bool:
    """Whether a question is only there for the words of a grid's columns."""
    return "label" in step.appearance


def is_row(step: Step) -> bool:
    """Whether a question is a row of a grid that fits this panel and this size of text."""
    return bool({"list-nolabel", "list"} & step.appearance) and fits(step)


def cell_width(step: Step) -> float:
    """As wide as the longest word over a column, and as a finger with the gap beside it."""
    pen = Pen(theme.small, bold=True)
    words = [word for choice in step.choices for word in choice.label.split()]
    longest = max((pen.measure(word) for word in words), default=0.0)
    return float(max(theme.target + theme.gap, longest + theme.gap))


def fits(step: Step) -> bool:
    """Whether the columns leave room for the question, also where the page has turners."""
    page = min(theme.mm(theme.width_mm) - 2 * theme.margin, theme.mm(330))
    page -= theme.target + 2 * theme.gap
    return page - cell_width(step) * len(step.choices) >= theme.mm(LEAST_QUESTION_MM)


load_beside(__file__)
