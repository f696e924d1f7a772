"""What a form rules about a field: when it is asked, what it may hold ("Bindings")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made

from forms.xform.controls import NO_ATTRIBUTES
from forms.xform.texts import NOTHING_SAID, Wording
from forms.xpath.compiler import Formula
from forms.xpath.nodes import Field


@dataclass(frozen=True, slots=True, eq=False)
class Bind:
    """The rules of one field; a rule that the form does not give is None.

    Attributes:
        preload: `jr:preload` and `jr:preloadParams`; two empty strings where there is none.
        attributes: what other namespaces add, written with Parvis's prefixes ("parvis:secret").
    """

    field: Field
    relevant: Formula | None = None
    required: Formula | None = None
    readonly: Formula | None = None
    constraint: Formula | None = None
    calculate: Formula | None = None
    required_message: Wording = NOTHING_SAID
    constraint_message: Wording = NOTHING_SAID
    preload: tuple[str, str] = ("", "")
    attributes: Mapping[str, str] = made(default_factory=lambda: NO_ATTRIBUTES)

    @property
    def always_readonly(self) -> bool:
        """Whether nothing can make the field writable."""
        return self.readonly is not None and self.readonly.constant is True
