"""What questions hold before anybody answers: written as an answer is, or let go of.

A form's author may write anything as a default. What its question could not take as an answer would
stand there unseen, and keep people from going on. JavaRosa reads each default by the type of its
field, and holds nothing where that fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from forms.engine.answers import WrongKind
from forms.engine.instance import EntryNode
from forms.engine.recalculation import Changes, Recalculation
from forms.xform.controls import Kind, Question
from forms.xform.form import Form
from forms.xpath.values import DataType

_READ = frozenset(
    {
        *(Kind.INTEGER, Kind.DECIMAL, Kind.RANGE, Kind.DATE, Kind.TIME, Kind.DATETIME),
        *(Kind.SELECT_ONE, Kind.SELECT_MULTIPLE, Kind.RANK, Kind.TRIGGER),
        *(Kind.GEOPOINT, Kind.GEOTRACE, Kind.GEOSHAPE),
    }
)
KINDS = {
    DataType.INTEGER: Kind.INTEGER,
    DataType.DECIMAL: Kind.DECIMAL,
    DataType.DATE: Kind.DATE,
    DataType.TIME: Kind.TIME,
    DataType.DATETIME: Kind.DATETIME,
    DataType.GEOPOINT: Kind.GEOPOINT,
    DataType.GEOTRACE: Kind.GEOTRACE,
    DataType.GEOSHAPE: Kind.GEOSHAPE,
}
"""How fields that nobody is asked for are read, by their types."""

Read = Callable[[str, Question | None, EntryNode], str]


def read_defaults(
    form: Form, top: EntryNode, recalculation: Recalculation, read: Read, changes: Changes
) -> None:
    """Write each default as an answer is written; take away those that are none.

    What is calculated is left as it is: it is the form's, and comes again.

    Args:
        form: whose defaults they are.
        top: the instance's root as the entry begins, or a new instance of a repeat.
        recalculation: writes into it.
        read: an answer as the instance holds it, to a question or of a type; raises WrongKind.
        changes: takes note of what was changed.
    """
    for question, node in _filled(form, top):
        try:
            text = read(node.text, question, node)
        except WrongKind:
            text = ""
        recalculation.write(node, text, changes)


def _filled(form: Form, top: EntryNode) -> Iterator[tuple[Question | None, EntryNode]]:
    for node in top.below():
        if not node.text or node.field.children:
            continue
        question, bind = form.question(node.field), form.bind(node.field)
        if bind is not None and bind.calculate is not None:
            continue
        if question is None:
            if node.field.kind in KINDS:
                yield None, node
        elif question.kind in _READ and not (question.itemset and not question.itemset.fixed):
            yield question, node
