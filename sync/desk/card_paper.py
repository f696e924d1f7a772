"""Keepers' cards on paper: one sheet each, as plain text and as PDF, and read back from a file.

The sheets are in French and English: keepers are whoever the organiser trusts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fpdf import FPDF

from sync.desk.cards import WORDS, BadCard, Card, read_card
from sync.durable import write_whole
from sync.keys import RecipientPublic, grouped_digits
from sync.wording import printable

_COLUMNS = 3
_ROWS = -(-WORDS // _COLUMNS)
_NUMBERED = re.compile(r"\b(\d{1,2})\.\s+([A-Za-z]{3,})")
_LARGEST_SHEET = 64 * 1024


@dataclass(frozen=True)
class Sheet:
    """What one keeper gets.

    Attributes:
        card: the words.
        of: how many cards there are.
        public: the key that they give, with its label.
    """

    card: Card
    of: int
    public: RecipientPublic

    @property
    def stem(self) -> str:
        """The sheet's file name, without its ending."""
        return f"card-{self.card.place}-of-{self.of}"

    def text(self) -> str:
        """As plain text."""
        rows = [
            "".join(
                f"{place + 1:>4}. {self.card.words[place]:<14}"
                for place in range(row, WORDS, _ROWS)
            ).rstrip()
            for row in range(_ROWS)
        ]
        return "\n".join([*self._heading(), "", *rows, "", *_KEEPING, ""])

    def pdf(self) -> bytes:
        """As one page: A5, 148 by 210 millimetres."""
        page = FPDF(format=(148, 210))
        page.set_compression(False)  # so that what was written can be looked for in it
        page.set_auto_page_break(False)
        page.add_page()
        for at, line in enumerate(self._heading()):
            page.set_font("Helvetica", "B" if at < 2 else "", 13 if at < 2 else 11)
            page.multi_cell(0, 6.5, _latin(line), align="L", new_x="LMARGIN", new_y="NEXT")
        page.ln(4)
        page.set_font("Courier", "", 12)
        top = page.get_y()
        width = (page.w - page.l_margin - page.r_margin) / _COLUMNS
        for place, word in enumerate(self.card.words):
            column, row = divmod(place, _ROWS)
            page.set_xy(page.l_margin + column * width, top + row * 7.5)
            page.cell(width, 7.5, f"{place + 1:>2}. {word}")
        page.set_xy(page.l_margin, top + _ROWS * 7.5 + 5)
        page.set_font("Helvetica", "", 9.5)
        for line in _KEEPING:
            page.multi_cell(0, 5, _latin(line), align="L", new_x="LMARGIN", new_y="NEXT")
        return bytes(page.output())

    def _heading(self) -> list[str]:
        place, needed = self.card.place, self.card.needed
        return [
            f"Parvis : carte de gardien {place} sur {self.of} / keeper's card {place} of {self.of}",
            printable(self.public.label) or "-",
            f"Clé / key: {grouped_digits(self.public.id)}",
            f"{needed} cartes sur {self.of} ouvrent les contributions. Une seule ne dit rien.",
            f"{needed} of the {self.of} cards open the contributions. One alone says nothing.",
        ]


_KEEPING = (
    "Gardez cette carte là où personne d'autre ne va. Ne la photographiez pas, ne l'envoyez pas.",
    "Keep this card where nobody else goes. Take no picture of it, and send it to nobody.",
    "Les mots sont anglais ; leurs quatre premières lettres suffisent.",
    "The first four letters of each word are enough. To use it: parvis-desk keys join",
)


def write_sheets(folder: Path, sheets: list[Sheet], *, pdf: bool = False) -> list[Path]:
    """Write every sheet, for this user alone, and make sure that each reads back.

    Args:
        folder: made if it is not there.
        sheets: of one set.
        pdf: as PDF beside the text.

    Raises:
        BadCard: a file of one of these names is there already, or a sheet does not read back.
        OSError: the disk does not take it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    endings = (".txt", ".pdf") if pdf else (".txt",)
    paths = [folder / f"{sheet.stem}{ending}" for sheet in sheets for ending in endings]
    for path in paths:
        if path.exists():
            raise BadCard(f"There is a file {path} already. Name another folder with --out.")
    for sheet in sheets:
        path = folder / f"{sheet.stem}.txt"
        write_whole(path, sheet.text().encode())
        if read_sheet(path) != sheet.card:
            raise BadCard(f"{path} does not read back as it was written. Is the disk sound?")
        if pdf:
            path = path.with_suffix(".pdf")
            write_whole(path, sheet.pdf())
            written = path.read_bytes()
            for place, word in enumerate(sheet.card.words, 1):
                if f"{place:>2}. {word}".encode() not in written:
                    raise BadCard(f"{path} does not hold every word. Use the text.")
    return paths


def read_sheet(path: Path) -> Card:
    """The card in a file: a sheet as it was written, or nothing but its words.

    Raises:
        BadCard: it holds none.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_SHEET).decode()
    except OSError as error:
        raise BadCard(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadCard(f"{path} is no text. Give the .txt of a card, or type its words.") from None
    numbered = {int(place): word for place, word in _NUMBERED.findall(text)}
    words = [numbered[place] for place in sorted(numbered)] if numbered else text.split()
    try:
        return read_card(words)
    except BadCard as error:
        raise BadCard(f"{path}: {error}") from None


def _latin(text: str) -> str:
    """As the PDF's own fonts can write it."""
    return text.replace("’", "'").encode("latin-1", "replace").decode("latin-1")
