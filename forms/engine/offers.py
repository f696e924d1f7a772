"""Choices that a change takes off the list, and the answers that named them."""

from __future__ import annotations

from collections.abc import Iterable

from forms.engine.instance import EntryNode
from forms.engine.recalculation import Changed, Changes, Recalculation, add_changed
from forms.engine.speaking import Speaker
from forms.xform.controls import Itemset, Kind, Question
from forms.xpath.values import words_of


def drop_choices(
    recalculation: Recalculation, speaker: Speaker, different: Changed, changes: Changes
) -> Changed:
    """Take away answers that name choices which the changed fields no longer offer."""
    dropped: Changed = {}
    for question in recalculation.instance.form.filtered_questions:
        if question.itemset is None:
            continue
        for node in _refiltered(recalculation, question, question.itemset, different):
            if node.text and node.relevant:
                names = set(speaker.names(question, node))
                one = question.kind is Kind.SELECT_ONE
                chosen = [node.text] if one else words_of(node.text)
                left = " ".join(name for name in chosen if name in names)
                if recalculation.write(node, left, changes):
                    add_changed(dropped, (node,))
    return dropped


def _refiltered(
    recalculation: Recalculation, question: Question, itemset: Itemset, different: Changed
) -> Iterable[EntryNode]:
    """The nodes of a question whose choices may be others now."""
    found: dict[EntryNode, None] = {}
    for field in (question.field, *itemset.nodes.depends_on):
        if field in different:
            nodes = different[field]
            at = nodes
            if field is not question.field:
                at = recalculation.reached(itemset.nodes, question.field, field, nodes)
            if at is None:
                return recalculation.instance.nodes_of(question.field)
            found.update(dict.fromkeys(at))
    return found
