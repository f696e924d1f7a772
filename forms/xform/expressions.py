"""The expressions of a form while it is read: compiled once, those that are wrong all gathered."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from forms.errors import FormError
from forms.xform.texts import Output, Texts, Wording
from forms.xpath.compiler import Formula, compile_formula
from forms.xpath.nodes import Field


class WrongExpression(FormError):
    """An expression of a form cannot be used.

    Attributes:
        field: the path of the field it is about.
        rule: the attribute it stands in: "relevant", "calculate", "label", …
        why: what is wrong with it.
    """

    def __init__(self, field: str, rule: str, why: str) -> None:
        self.field = field
        self.rule = rule
        self.why = why
        super().__init__(f"The {rule} of {field} cannot be used: {why}")


class WrongExpressions(FormError):
    """Some expressions of a form cannot be used.

    Attributes:
        expressions: each of them.
    """

    def __init__(self, expressions: Sequence[WrongExpression]) -> None:
        self.expressions = tuple(expressions)
        super().__init__("\n".join(str(wrong) for wrong in self.expressions))


class Expressions:
    """Compiles the expressions of one form.

    Attributes:
        formulas: by source and field, those compiled.
        wrong: those that cannot be used.
    """

    def __init__(self, root: Field, texts: Texts, secondary: Collection[str]) -> None:
        self.root = root
        self.texts = texts
        self.secondary = secondary
        self.formulas: dict[tuple[str, Field], Formula] = {}
        self.wrong: list[WrongExpression] = []

    def formula(self, source: str, field: Field, rule: str) -> Formula:
        """An expression about a field; an empty one in the place of one that is wrong."""
        found = self.formulas.get((source, field))
        if found is None:
            try:
                found = compile_formula(source, at=field, root=self.root, secondary=self.secondary)
            except FormError as wrong:
                self.wrong.append(WrongExpression(field.path, rule, str(wrong)))
                found = compile_formula("''", at=field, root=self.root)
            self.formulas[source, field] = found
        return found

    def check_wording(self, wording: Wording, field: Field, rule: str) -> None:
        """Compile every expression shown in a text, so that a wrong one is found now."""
        templates = [wording.inline]
        if wording.key:
            if wording.key not in self.texts.moving:
                return
            templates = self.texts.versions(wording.key)
        for template in templates:
            for part in template:
                if isinstance(part, Output):
                    self.formula(part.source, field, rule)
