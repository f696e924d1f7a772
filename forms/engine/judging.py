"""What a form's rules say of an answer: required, constrained, read-only."""

from __future__ import annotations

from forms.engine.instance import EntryNode
from forms.engine.limits import broken_limits
from forms.engine.speaking import Speaker
from forms.engine.steps import Outcome, Verdict
from forms.xform.form import Form
from forms.xpath.context import Context, World
from forms.xpath.nodes import Node


class Judge:
    """Applies the rules of a form to one entry."""

    def __init__(self, form: Form, speaker: Speaker, world: World) -> None:
        self.form = form
        self.speaker = speaker
        self.world = world

    def judge(self, node: EntryNode, text: str) -> Verdict:
        """Whether the form lets a node hold a text."""
        bind = self.form.bind(node.field)
        if bind is None:
            return Verdict(Outcome.OK)
        if not text:
            if not node.words and self.is_required(node):
                message = self.speaker.say(bind.required_message, node.field, node)
                return Verdict(Outcome.REQUIRED, message)
            return Verdict(Outcome.OK)
        if bind.constraint is not None:
            had = node.text
            node.put(text)
            try:
                holds = bind.constraint.is_true(Context(self.world, node))
            finally:
                node.put(had)
            if not holds:
                message = self.speaker.say(bind.constraint_message, node.field, node)
                limits = None if message else broken_limits(bind.constraint.source, text)
                return Verdict(Outcome.CONSTRAINT, message, limits=limits)
        return Verdict(Outcome.OK)

    def is_required(self, node: EntryNode) -> bool:
        """Whether a node may not stay empty."""
        bind = self.form.bind(node.field)
        rule = None if bind is None else bind.required
        return rule is not None and rule.is_true(Context(self.world, node))

    def is_readonly(self, node: EntryNode) -> bool:
        """Whether a node, or a group it stands in, takes no answers."""
        for field, rule in self.form.readonly_rules(node.field):
            place: Node | None = node
            while isinstance(place, EntryNode) and place.field is not field:
                place = place.parent
            if place is not None and rule.is_true(Context(self.world, place)):
                return True
        return False
