"""Reads the body of an XForm: its questions, groups, repeats, and the actions nested in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from lxml import etree

from forms.errors import FormError
from forms.xform.binds import Bind
from forms.xform.controls import (
    NO_ATTRIBUTES,
    Action,
    Control,
    Group,
    Item,
    Itemset,
    Kind,
    Question,
    Range,
    Repeat,
)
from forms.xform.elements import child_of, foreign_attributes, path_of
from forms.xform.expressions import Expressions, WrongExpression
from forms.xform.namespaces import JAVAROSA, ODK, local, space
from forms.xform.source import attributes_of
from forms.xform.texts import wording_of
from forms.xpath.nodes import Field
from forms.xpath.values import DataType

_INPUTS = {
    None: Kind.TEXT,
    DataType.STRING: Kind.TEXT,
    DataType.INTEGER: Kind.INTEGER,
    DataType.DECIMAL: Kind.DECIMAL,
    DataType.BOOLEAN: Kind.BOOLEAN,
    DataType.DATE: Kind.DATE,
    DataType.TIME: Kind.TIME,
    DataType.DATETIME: Kind.DATETIME,
    DataType.GEOPOINT: Kind.GEOPOINT,
    DataType.GEOTRACE: Kind.GEOTRACE,
    DataType.GEOSHAPE: Kind.GEOSHAPE,
    DataType.BARCODE: Kind.BARCODE,
    DataType.BINARY: Kind.FILE,
}
_CONTROLS = {
    "select1": Kind.SELECT_ONE,
    "select": Kind.SELECT_MULTIPLE,
    "rank": Kind.RANK,
    "range": Kind.RANGE,
    "trigger": Kind.TRIGGER,
    "secret": Kind.TEXT,
}
_UPLOADS = {"image": Kind.IMAGE, "audio": Kind.AUDIO, "video": Kind.VIDEO}
_OWN_BODY_ATTRIBUTES = frozenset({"ref", "nodeset", "bind", "appearance", "class"})


class BodyReader:
    """Reads controls and actions.

    Args:
        expressions: compiles what they compute.
        fields: by path.
        ids: fields by the id of their bind.
        binds: the rules of fields.
    """

    def __init__(
        self,
        expressions: Expressions,
        fields: Mapping[str, Field],
        ids: Mapping[str, Field],
        binds: Mapping[Field, Bind],
    ) -> None:
        self.expressions = expressions
        self.root = expressions.root
        self.by_path = fields
        self.ids = ids
        self.binds = binds
        self.within = [self.root]

    def controls(self, parent: etree._Element) -> tuple[Control, ...]:
        """Every control in an element, in order."""
        found: list[Control] = []
        for element in parent:
            name = local(element.tag)
            if name == "group":
                found.append(self.group(element))
            elif name == "repeat":
                found.append(self.repeat(element))
            elif name in _CONTROLS or name in {"input", "upload"}:
                found.append(self.question(element, name))
        return tuple(found)

    def target(self, element: etree._Element) -> Field | None:
        """The field that an element of the body is about; None where it names none.

        Raises:
            FormError: it names one that the instance has not.
        """
        if element.get("bind"):
            field = self.ids.get(element.get("bind", ""))
            named = element.get("bind", "")
        else:
            named = element.get("ref") or element.get("nodeset") or ""
            if not named:
                return None
            field = self.by_path.get(path_of(named)) or self.relative(named)
        if field is None:
            raise FormError(
                f"A {local(element.tag)} of the body is about “{named}”, which the form has not."
            )
        return field

    def relative(self, named: str) -> Field | None:
        """The field at a path from the group or repeat at hand, or from the root."""
        for base in (self.within[-1], self.root):
            field: Field | None = base
            for step in path_of(named).split("/"):
                if field is not None and step not in {".", "current()", ""}:
                    field = field.parent if step == ".." else field.child(step)
            if field is not None:
                return field
        return None

    def inside(self, element: etree._Element, field: Field | None) -> tuple[Control, ...]:
        """The controls of a group or repeat, their paths read from its field."""
        self.within.append(field or self.within[-1])
        try:
            return self.controls(element)
        finally:
            self.within.pop()

    def group(self, element: etree._Element) -> Group:
        """A group and what is in it."""
        field = self.target(element)
        label = wording_of(child_of(element, "label"))
        self.expressions.check_wording(label, field or self.root, "label")
        return Group(
            field,
            label,
            _appearance(element),
            self.attributes(element, field),
            self.inside(element, field),
        )

    def repeat(self, element: etree._Element) -> Repeat:
        """A repeat and what is in it."""
        field = self.target(element)
        if field is None:
            raise FormError("A repeat of the body does not say what it repeats.")
        source = element.get(f"{{{JAVAROSA}}}count")
        return Repeat(
            field,
            self.expressions.formula(source, field, "count of repeats") if source else None,
            (element.get(f"{{{JAVAROSA}}}noAddRemove") or "").startswith("true"),
            _appearance(element),
            self.attributes(element, field),
            self.inside(element, field),
            tuple(self.actions(element)) + tuple(self.nested_actions(element)),
        )

    def question(self, element: etree._Element, name: str) -> Question:
        """A question, whatever its control."""
        field = self.target(element)
        if field is None:
            raise FormError(f"A {name} of the body does not say what it asks for.")
        label = wording_of(child_of(element, "label"))
        hint = wording_of(child_of(element, "hint"))
        self.expressions.check_wording(label, field, "label")
        self.expressions.check_wording(hint, field, "hint")
        kind = self.kind(element, name, field)
        items = tuple(self.item(item, field) for item in element if local(item.tag) == "item")
        itemset = child_of(element, "itemset")
        question = Question(
            field,
            kind,
            label,
            hint,
            _appearance(element),
            self.attributes(element, field),
            items,
            None if itemset is None else self.itemset(itemset, field),
            actions=tuple(self.actions(element)),
        )
        if kind is Kind.RANGE:
            return replace(question, bounds=_bounds(element, field))
        return question

    def kind(self, element: etree._Element, name: str, field: Field) -> Kind:
        """What a control of that name asks for."""
        if name == "upload":
            return _UPLOADS.get((element.get("mediatype") or "").partition("/")[0], Kind.FILE)
        if name in _CONTROLS:
            return _CONTROLS[name]
        bind = self.binds.get(field)
        kind = _INPUTS[field.kind]
        if kind is Kind.TEXT and bind is not None and bind.always_readonly:
            return Kind.NOTE
        return kind

    def item(self, element: etree._Element, field: Field) -> Item:
        """A choice written in the body."""
        value = child_of(element, "value")
        label = wording_of(child_of(element, "label"))
        self.expressions.check_wording(label, field, "choices")
        return Item("" if value is None else (value.text or "").strip(), label)

    def itemset(self, element: etree._Element, field: Field) -> Itemset:
        """Choices that an expression leads to."""
        nodes = self.expressions.formula(element.get("nodeset") or "", field, "choice filter")
        if nodes.select is None:
            wrong = WrongExpression(field.path, "choice filter", "It does not lead to a list.")
            self.expressions.wrong.append(wrong)
        value = child_of(element, "value")
        label = child_of(element, "label")
        reference = "" if label is None else (label.get("ref") or "").strip()
        translated = reference.startswith("jr:itext(")
        if translated:
            reference = reference[len("jr:itext(") :].rstrip(") ").strip()
        return Itemset(
            nodes,
            "name" if value is None else (value.get("ref") or "name").strip(),
            reference,
            translated,
        )

    def attributes(self, element: etree._Element, field: Field | None) -> Mapping[str, str]:
        """What an element says beyond what is read of it, and what its field's bind adds."""
        found = dict(foreign_attributes(element))
        for name, value in attributes_of(element).items():
            if not space(name) and name not in _OWN_BODY_ATTRIBUTES:
                found[name] = value
        if field is not None and field in self.binds:
            found.update(self.binds[field].attributes)
        return found or NO_ATTRIBUTES

    def actions(self, parent: etree._Element) -> list[Action]:
        """The actions directly in an element.

        No device that Parvis runs on knows where it is: `odk:setgeopoint` leaves its field empty
        ("Failure to retrieve the location will result in an empty string value").
        """
        found: list[Action] = []
        for element in parent:
            placing = element.tag == f"{{{ODK}}}setgeopoint"
            if local(element.tag) != "setvalue" and not placing:
                continue
            target = self.target(element)
            if target is None:
                raise FormError("A setvalue does not say which field it sets.")
            source = None if placing else element.get("value")
            found.append(
                Action(
                    frozenset((element.get("event") or "").split()),
                    target,
                    self.expressions.formula(source, target, "setvalue") if source else None,
                    "" if source is not None else element.text or "",  # XForms 1.1 §10.1.9
                )
            )
        return found

    def nested_actions(self, parent: etree._Element) -> list[Action]:
        """The actions of controls inside an element; those of inner repeats are theirs as well."""
        found: list[Action] = []
        for element in parent:
            name = local(element.tag)
            if name in {"group", "repeat", "input", "upload"} or name in _CONTROLS:
                found.extend(self.actions(element))
                found.extend(self.nested_actions(element))
        return found


def _appearance(element: etree._Element) -> frozenset[str]:
    return frozenset((element.get("appearance") or "").split())


def _bounds(element: etree._Element, field: Field) -> Range:
    try:
        start, end, step = (
            Decimal(element.get(name) or default)
            for name, default in (("start", "1"), ("end", "10"), ("step", "1"))
        )
    except InvalidOperation:
        raise FormError(
            f"The range {field.path} has a start, end or step that is no number."
        ) from None
    if not (start.is_finite() and end.is_finite() and step.is_finite()) or step == 0:
        raise FormError(f"The range {field.path} needs a start, an end, and a step other than 0.")
    return Range(start, end, abs(step))
