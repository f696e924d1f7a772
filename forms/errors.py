"""What can go wrong with a form, said to the person who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class FormError(Exception):
    """A form cannot be used; the message is a sentence its author or a steward can act on."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in an author's file, and where.

    Attributes:
        message: what is wrong, as a sentence.
        sheet: the sheet it is on; "" where it concerns the file as a whole.
        row: the row as a spreadsheet counts it, from 1; None where no row is meant.
        column: the column's header; "" where no column is meant.
        advice: what to do about it; "" where the message says it all.
        letter: what a spreadsheet program calls the column; "" where that is not known.
    """

    message: str
    sheet: str = ""
    row: int | None = None
    column: str = ""
    advice: str = ""
    letter: str = ""

    @property
    def place(self) -> str:
        """Where it is, as its author would say: "survey, row 7, column relevant (F)"."""
        parts = [self.sheet]
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column:
            parts.append(f"column {self.column}" + (f" ({self.letter})" if self.letter else ""))
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        told = f"{self.place}: {self.message}" if self.place else self.message
        return f"{told} {self.advice}" if self.advice else told


class FormErrors(FormError):
    """Everything that is wrong with an author's file, as far as it can be told at once.

    Attributes:
        problems: what is wrong.
        warnings: what its author may want to know besides.
    """

    def __init__(self, problems: Sequence[Problem], warnings: Sequence[str] = ()) -> None:
        self.problems = tuple(problems)
        self.warnings = tuple(warnings)
        super().__init__("\n".join(str(problem) for problem in self.problems))
