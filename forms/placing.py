"""Where an author wrote what a compiled form has at a path: the sheet, the row, the column."""

from __future__ import annotations

from forms.errors import Problem
from forms.methods.asked import Wrong
from forms.review import list_of, paths_of_rows
from forms.sheets import Row, Workbook

_COLUMNS = {
    "calculate": "calculation",
    "readonly": "read_only",
    "choice filter": "choice_filter",
    "choices": "choice_filter",
    "count of repeats": "repeat_count",
    "setvalue": "default",
}


class Places:
    """The places of one form; of a form without sheets, its paths."""

    def __init__(self, book: Workbook | None = None, root: str = "") -> None:
        self.book = book
        self.rows = {} if book is None else paths_of_rows(book, root)

    def row(self, path: str) -> Row | None:
        """The row of a field; None where no row makes it."""
        return self.rows.get(path)

    def at(self, path: str, rule: str, sentence: str, advice: str = "") -> Problem:
        """A problem of a field of the compiled form, at the place where its author wrote it."""
        row = self.rows.get(path)
        counted = self.rows.get(path.removesuffix("_count"))
        if row is None and counted is not None and path.endswith("_count"):
            row, rule = counted, "repeat_count"
        if row is not None:
            if rule == "setvalue" and not row.cell("default"):
                rule = "calculate"
            return Problem(sentence, "survey", row.number, _column(rule, row), advice)
        if self.book is not None and "/meta/entity/" in path:
            return Problem(sentence, "entities", None, path.rpartition("/")[2], advice)
        if self.book is not None and path.endswith("/meta/instanceName"):
            return Problem(sentence, "settings", None, "instance_name", advice)
        return Problem(": ".join(filter(None, (f"{path}, {rule}", sentence))), advice=advice)

    def choice(self, path: str, name: str, column: str, sentence: str, advice: str = "") -> Problem:
        """A problem of a choice that a question offers; at the question where it has no row."""
        row = self.rows.get(path)
        listed = None if row is None else list_of(" ".join(row.cell("type").split()))
        for one in self.book.choices if self.book is not None and listed else ():
            if listed and one.cell("list_name") == listed[1] and one.cell("name") == name:
                return Problem(sentence, "choices", one.number, one.header(column), advice)
        return self.at(path, "type", sentence, advice)

    def of_method(self, wrong: Wrong) -> Problem:
        """What does not work as a method wants, at its cell."""
        row = self.rows.get(wrong.path)
        sentence = wrong.sentence
        if not sentence.startswith("parvis:"):
            sentence = sentence[:1].upper() + sentence[1:]
        if wrong.choice:
            return self.choice(wrong.path, wrong.choice, wrong.attribute, sentence)
        if row is None:
            return Problem(str(wrong))
        attribute = wrong.attribute.casefold()
        header = next((one for one in row.written if one.casefold().endswith(attribute)), None)
        known = row.header(wrong.attribute) if wrong.attribute in row.cells else row.header("type")
        if header is None and self.book is not None and ":" in attribute:
            headers = self.book.headers("survey")
            header = next((one for one in headers if one.casefold().endswith(attribute)), None)
        return Problem(sentence, "survey", row.number, header or known)


def _column(rule: str, row: Row) -> str:
    return row.header(_COLUMNS.get(rule, rule))
