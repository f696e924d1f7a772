"""Metadata that forms have filled in for them (bindings, "Preload Attributes")."""

from __future__ import annotations

from collections.abc import Mapping

from forms.engine.instance import Instance
from forms.xpath.context import Context, World
from forms.xpath.values import to_text, write_moment


def preload(entry: World, instance: Instance, when: str, properties: Mapping[str, str]) -> None:
    """Fill every field that asks for metadata known at a moment.

    Args:
        entry: whose clock and chance they come from.
        instance: what is filled.
        when: "start" or "end".
        properties: what is known of the device and its user; other properties stay empty.
    """
    for bind in instance.form.preloads:
        what, parameter = bind.preload
        text: str | None = None
        if when == "start" and what == "uid":
            uuid = instance.form.formula("uuid()", bind.field)
            text = "uuid:" + to_text(uuid.evaluate(Context(entry, instance.root)))
        elif what == "timestamp" and parameter == when:
            text = write_moment(entry.clock())
        elif when == "start" and what == "date" and parameter == "today":
            text = entry.clock().date().isoformat()
        elif when == "start" and what == "property":
            text = properties.get(parameter)
        if text is not None:
            for node in instance.nodes_of(bind.field):
                node.put(text)
