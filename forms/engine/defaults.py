"""What questions hold before anybody answers: written as an answer is, or let go of.

A form's author may write anything as a default. What its question could not take as an answer would
stand there unseen, and keep people from going on. JavaRosa reads each default by the type of its
field, and holds nothing where that fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from forms.engine.answers import WrongKind
from forms.engine.instance import EntryNode, Instance
from forms.engine.recalculation import Changes, Recalculation
from forms.xform.controls import Kind, Question
from forms.xform.form import Form

_READ = frozenset(
    {
        *(Kind.INTEGER, Kind.DECIMAL, Kind.RANGE, Kind.DATE, Kind.TIME, Kind.DATETIME),
        *(Kind.SELECT_ONE, Kind.SELECT_MULTIPLE, Kind.RANK, Kind.TRIGGER),
        *(Kind.GEOPOINT, Kind.GEOTRACE, Kind.GEOSHAPE),
    }
)


def read_defaults(
    form: Form,
    instance: Instance,
    recalculation: Recalculation,
    read: Callable[[str, Question, EntryNode], str],
    changes: Changes,
) -> None:
    """Write each default as an answer is written; take away those that are none.

    What is calculated is left as it is: it is the form's, and comes again.

    Args:
        form: whose questions they are.
        instance: as it stands when the entry begins.
        recalculation: writes into it.
        read: an answer as the instance holds it; raises WrongKind.
        changes: takes note of what was changed.
    """
    for question, node in _filled(form, instance):
        try:
            text = read(node.text, question, node)
        except WrongKind:
            text = ""
        recalculation.write(node, text, changes)


def _filled(form: Form, instance: Instance) -> Iterator[tuple[Question, EntryNode]]:
    for question in form.questions:
        if question.kind not in _READ or (question.itemset and not question.itemset.fixed):
            continue
        bind = form.bind(question.field)
        if bind is not None and bind.calculate is not None:
            continue
        for node in instance.nodes_of(question.field):
            if node.text:
                yield question, node
