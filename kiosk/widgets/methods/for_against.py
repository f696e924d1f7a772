"""Cards for and against, to be read side by side before an opinion is asked again."""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from kivy.properties import StringProperty

from forms.engine import Step
from kiosk.access.spoken import recorded
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.speech.parts import Part, Speech
from kiosk.theme.theme import theme
from kiosk.widgets.cards import CardGrid
from kiosk.widgets.methods.group import Asked, GroupAnswer
from kiosk.widgets.methods.wording import title_and_note
from kiosk.widgets.touch import Row

SIDE = "parvis:side"
SIGNS: Mapping[str, str] = {"for": "thumbs-up", "against": "thumbs-down", "fact": "info"}


class SideCard(Row):
    """One card: its side in a sign and a word, a title, a sentence or two."""

    side = StringProperty()
    icon = StringProperty()
    title = StringProperty()
    text = StringProperty()

    def needed_height(self, width: float) -> float:
        """As high as all its words at this width."""
        inner = max(1.0, width - self.padding[0] - self.padding[2])
        words = sum(self.ids[name].height_at(inner) for name in ("title", "text"))
        return float(self.ids.head.height + words + self.padding[1] + self.padding[3])


class ForAgainst(GroupAnswer):
    """Notes of one group, each with its side; they are read, and answer nothing."""

    def __init__(self, asked: Asked, **kwargs: Any) -> None:
        super().__init__(asked, **kwargs)
        self.grid = CardGrid(columns=(2, 1), narrowest=theme.mm(62))
        self.bind(room=self.grid.setter("room"))
        for note in _in_pairs(asked.notes):
            side = note.attributes.get(SIDE, "fact")
            title, text = title_and_note(note.label)
            card = SideCard(
                side=_side_word(note), icon=SIGNS.get(side, "info"), title=title, text=text
            )
            self.grid.add_widget(card)
        self.add_widget(self.grid)

    @property
    def introduction(self) -> str:
        """Nothing: the notes are the cards."""
        return ""

    def spoken_parts(self, media: Mapping[str, bytes]) -> list[Part]:
        """Every card, with its side."""
        said: list[Part] = []
        for note in _in_pairs(self.asked.notes):
            said.append(Speech(f"{_side_word(note)} :", tr.language))
            said.append(recorded(note.media, note.label, media))
        return said


def _side_word(note: Step) -> str:
    side = note.attributes.get(SIDE, "fact")
    return {"for": tr._("Pour"), "against": tr._("Contre")}.get(side, tr._("À savoir"))


def _in_pairs(notes: tuple[Step, ...]) -> tuple[Step, ...]:
    """For and against in turn, so that each faces one of the other side; then all others."""
    sides: dict[str, list[Step]] = {"for": [], "against": [], "": []}
    for note in notes:
        side = note.attributes.get(SIDE, "")
        sides[side if side in sides else ""].append(note)
    if len(sides["for"]) != len(sides["against"]):
        return (*sides["for"], *sides["against"], *sides[""])
    pairs = zip_longest(sides["for"], sides["against"])
    return (*(note for pair in pairs for note in pair if note), *sides[""])


load_beside(__file__)
