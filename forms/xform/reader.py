"""Reads an ODK XForm into a `Form`: fields, binds, controls, languages, lists."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

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
from forms.xform.dependencies import order_triggers
from forms.xform.form import Form
from forms.xform.lists import read_secondary
from forms.xform.namespaces import JAVAROSA, PREFIXES, XFORMS, local, space
from forms.xform.source import attributes_of, parse_xml
from forms.xform.texts import (
    MEDIA,
    Output,
    Wording,
    media_name,
    message_of,
    plain,
    read_texts,
    wording_of,
)
from forms.xpath.compiler import Formula, compile_formula
from forms.xpath.nodes import Field, SecondaryInstance
from forms.xpath.values import DataType

MOST_FIELDS = 100_000

_TYPES = {kind.value: kind for kind in DataType} | {
    "integer": DataType.INTEGER,
    "long": DataType.INTEGER,
    "double": DataType.DECIMAL,
    "float": DataType.DECIMAL,
    "number": DataType.DECIMAL,
}
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


def read_form(xml: bytes, *, media: Path | None = None) -> Form:
    """Read an XForm.

    Args:
        xml: the XForm.
        media: the folder of its media, where external lists are looked for.

    Raises:
        FormError: it is not an XForm that can be run; the sentence says why.
    """
    return _FormReader(parse_xml(xml), media).form(hashlib.sha256(xml).digest())


def unresolved_references(form: Form) -> tuple[tuple[str, str, str], ...]:
    """Paths that lead to no field: the path of the field they stand at, the rule, the path."""
    found: list[tuple[str, str, str]] = []
    for bind in form.binds.values():
        for rule in ("relevant", "required", "readonly", "constraint", "calculate"):
            formula: Formula | None = getattr(bind, rule)
            if formula is not None:
                found.extend((bind.field.path, rule, path) for path in formula.missing)
    for question in form.questions:
        if question.itemset is not None:
            for path in question.itemset.nodes.missing:
                found.append((question.field.path, "choices", path))
    return tuple(found)


class _FormReader:
    """Reads the parts of a form in the order that they need each other."""

    def __init__(self, document: etree._Element, media: Path | None) -> None:
        self.document = document
        head = _child(document, "head")
        body = _child(document, "body")
        model = None if head is None else _child(head, "model")
        if local(document.tag) != "html" or head is None or body is None or model is None:
            raise FormError("The file is XML, but not an XForm: it has no head, model and body.")
        self.head, self.model, self.body = head, model, body
        self.media = media
        self.fields: list[Field] = []
        self.tags: list[str] = []
        self.first: dict[Field, etree._Element] = {}
        self.templates: dict[Field, etree._Element] = {}
        self.by_path: dict[str, Field] = {}
        self.attached: dict[str, None] = {}
        self.wrong: list[WrongExpression] = []
        self.formulas: dict[tuple[str, Field], Formula] = {}

    def form(self, digest: bytes) -> Form:
        instance = self.primary_instance()
        self.root = self.read_fields(instance, None)
        self.within = [self.root]
        self.texts = read_texts(_child(self.model, "itext"))
        self.secondary = self.secondary_instances()
        self.mark_repeats(self.body)
        for field in self.fields:
            above = field.parent.repeats if field.parent is not None else ()
            field.repeats = (*above, field) if field.repeat else above
        self.bind_elements = self.read_bind_elements()
        binds = {
            field: self.read_bind(field, element) for field, element in self.bind_elements.items()
        }
        self.binds = binds
        body = self.controls(self.body)
        actions = tuple(self.actions(self.model)) + tuple(self.nested_actions(self.body))
        self.check_texts()
        if self.wrong:
            raise WrongExpressions(self.wrong)
        title = _child(self.head, "title")
        return Form(
            form_id=instance.get("id") or _attribute(instance, "id") or local(instance.tag),
            version=_attribute(instance, "version"),
            title="" if title is None else "".join(map(str, title.itertext())).strip(),
            hash=digest,
            texts=self.texts,
            root=self.root,
            fields=tuple(self.fields),
            tags=tuple(self.tags),
            instance=instance,
            templates=self.templates,
            binds=binds,
            body=body,
            actions=actions,
            secondary=self.secondary,
            order=order_triggers(binds.values(), self.fields),
            attached=tuple(self.attached),
            _formulas=self.formulas,
        )

    # --- the instance ------------------------------------------------------------------------

    def primary_instance(self) -> etree._Element:
        for child in self.model:
            if local(child.tag) == "instance":
                if len(child) == 0:
                    raise FormError(
                        "The form's primary instance is empty: there is nothing to ask."
                    )
                return child[0]
        raise FormError("The form has no primary instance: there is nothing to ask.")

    def read_fields(self, element: etree._Element, parent: Field | None) -> Field:
        """The fields that an element and those below it make; a second of its kind adds nothing."""
        name = local(element.tag)
        field = parent.child(name) if parent is not None else None
        if field is None:
            field = Field(name, parent, len(self.fields))
            self.fields.append(field)
            self.tags.append(element.tag)
            self.by_path[field.path] = field
            self.first[field] = element
            if len(self.fields) > MOST_FIELDS:
                raise FormError(f"The form has more than {MOST_FIELDS:,} fields, and is not read.")
        if f"{{{JAVAROSA}}}template" in element.attrib:
            self.templates[field] = element
        for child in element:
            self.read_fields(child, field)
        return field

    def secondary_instances(self) -> dict[str, SecondaryInstance]:
        found: dict[str, SecondaryInstance] = {}
        first = True
        for child in self.model:
            if local(child.tag) != "instance":
                continue
            if first:
                first = False
                continue
            key = child.get("id")
            if key:
                source = child.get("src")
                if source and not source.startswith("jr://instance/"):
                    self.attached[media_name(source)] = None
                found[key] = read_secondary(key, child, self.media)
        return found

    def mark_repeats(self, body: etree._Element) -> None:
        for element in body.iter(f"{{{XFORMS}}}repeat", "repeat"):
            field = self.by_path.get(_path(element.get("nodeset") or element.get("ref") or ""))
            if field is None or field.parent is None:
                raise FormError(
                    f"A repeat is on {element.get('nodeset')}, which the form's instance has not."
                )
            field.repeat = True
            if field not in self.templates:
                self.templates[field] = _emptied(self.first[field])

    # --- binds -------------------------------------------------------------------------------

    def read_bind_elements(self) -> dict[Field, etree._Element]:
        """The bind of each field, its type set; binds of nothing that exists are passed over."""
        found: dict[Field, etree._Element] = {}
        self.ids: dict[str, Field] = {}
        for element in self.model:
            if local(element.tag) != "bind":
                continue
            field = self.by_path.get(_path(element.get("nodeset") or element.get("ref") or ""))
            if field is None:
                continue
            found[field] = element
            if element.get("id"):
                self.ids[element.get("id", "")] = field
        for field in self.fields:
            if not field.children:
                kind = found[field].get("type", "") if field in found else ""
                field.kind = _TYPES.get(kind.rpartition(":")[2], DataType.STRING)
        return found

    def read_bind(self, field: Field, element: etree._Element) -> Bind:
        def rule(name: str) -> Formula | None:
            source = element.get(name)
            return (
                None if source is None or not source.strip() else self.formula(source, field, name)
            )

        bind = Bind(
            field,
            relevant=rule("relevant"),
            required=rule("required"),
            readonly=rule("readonly"),
            constraint=rule("constraint"),
            calculate=rule("calculate"),
            required_message=message_of(element.get(f"{{{JAVAROSA}}}requiredMsg")),
            constraint_message=message_of(element.get(f"{{{JAVAROSA}}}constraintMsg")),
            preload=(
                element.get(f"{{{JAVAROSA}}}preload", ""),
                element.get(f"{{{JAVAROSA}}}preloadParams", ""),
            ),
            attributes=_foreign_attributes(element),
        )
        for message in (bind.required_message, bind.constraint_message):
            self.check_wording(message, field, "message")
        return bind

    def formula(self, source: str, field: Field, rule: str) -> Formula:
        found = self.formulas.get((source, field))
        if found is None:
            try:
                found = compile_formula(source, at=field, root=self.root, secondary=self.secondary)
            except FormError as wrong:
                self.wrong.append(WrongExpression(field.path, rule, str(wrong)))
                found = compile_formula("''", at=field, root=self.root)
            self.formulas[source, field] = found
        return found

    # --- the body ----------------------------------------------------------------------------

    def controls(self, parent: etree._Element) -> tuple[Control, ...]:
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
            field = self.by_path.get(_path(named)) or self.relative(named)
        if field is None:
            raise FormError(
                f"A {local(element.tag)} of the body is about “{named}”, which the form has not."
            )
        return field

    def relative(self, named: str) -> Field | None:
        """The field at a path from the group or repeat at hand, or from the root."""
        for base in (self.within[-1], self.root):
            field: Field | None = base
            for step in _path(named).split("/"):
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
        field = self.target(element)
        label = wording_of(_child(element, "label"))
        self.check_wording(label, field or self.root, "label")
        return Group(
            field,
            label,
            _appearance(element),
            self.attributes(element, field),
            self.inside(element, field),
        )

    def repeat(self, element: etree._Element) -> Repeat:
        field = self.target(element)
        if field is None:
            raise FormError("A repeat of the body does not say what it repeats.")
        source = element.get(f"{{{JAVAROSA}}}count")
        return Repeat(
            field,
            self.formula(source, field, "count of repeats") if source else None,
            (element.get(f"{{{JAVAROSA}}}noAddRemove") or "").startswith("true"),
            _appearance(element),
            self.attributes(element, field),
            self.inside(element, field),
            tuple(self.actions(element)) + tuple(self.nested_actions(element)),
        )

    def question(self, element: etree._Element, name: str) -> Question:
        field = self.target(element)
        if field is None:
            raise FormError(f"A {name} of the body does not say what it asks for.")
        label = wording_of(_child(element, "label"))
        hint = wording_of(_child(element, "hint"))
        self.check_wording(label, field, "label")
        self.check_wording(hint, field, "hint")
        kind = self.kind(element, name, field)
        items = tuple(self.item(item, field) for item in element if local(item.tag) == "item")
        itemset = _child(element, "itemset")
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
        value = _child(element, "value")
        label = wording_of(_child(element, "label"))
        self.check_wording(label, field, "choices")
        return Item("" if value is None else (value.text or "").strip(), label)

    def itemset(self, element: etree._Element, field: Field) -> Itemset:
        nodes = self.formula(element.get("nodeset") or "", field, "choice filter")
        if nodes.select is None:
            wrong = WrongExpression(field.path, "choice filter", "It does not lead to a list.")
            self.wrong.append(wrong)
        value = _child(element, "value")
        label = _child(element, "label")
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
        found = dict(_foreign_attributes(element))
        for name, value in attributes_of(element).items():
            if not space(name) and name not in _OWN_BODY_ATTRIBUTES:
                found[name] = value
        if field is not None and field in self.binds:
            found.update(self.binds[field].attributes)
        return found or NO_ATTRIBUTES

    # --- actions -----------------------------------------------------------------------------

    def actions(self, parent: etree._Element) -> list[Action]:
        """The `setvalue` elements directly in an element; attributes are no fields, and stay."""
        found: list[Action] = []
        for element in parent:
            if local(element.tag) != "setvalue":
                continue
            if "@" in (element.get("ref") or ""):
                continue
            target = self.target(element)
            if target is None:
                raise FormError("A setvalue does not say which field it sets.")
            source = element.get("value")
            found.append(
                Action(
                    frozenset((element.get("event") or "").split()),
                    target,
                    self.formula(source, target, "setvalue") if source else None,
                    element.text or "",
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

    # --- texts -------------------------------------------------------------------------------

    def check_wording(self, wording: Wording, field: Field, rule: str) -> None:
        """Compile every expression shown in a text, so that a wrong one is found now."""
        templates = [wording.inline]
        if wording.key:
            templates = [
                template
                for texts in self.texts.by_language.values()
                for template in texts.get(wording.key, {}).values()
            ]
        for template in templates:
            for part in template:
                if isinstance(part, Output):
                    self.formula(part.source, field, rule)

    def check_texts(self) -> None:
        for _, _, kind, template in self.texts.templates():
            if kind in MEDIA:
                self.attached[media_name(plain(template))] = None


def _emptied(element: etree._Element) -> etree._Element:
    """What new instances of a repeat start from where the form brings no template for them."""
    template = deepcopy(element)
    for below in template.iter():
        below.text = None
    return template


def _child(parent: etree._Element, name: str) -> etree._Element | None:
    for child in parent:
        if isinstance(child.tag, str) and local(child.tag) == name:
            return child
    return None


def _attribute(element: etree._Element, name: str) -> str:
    """An attribute by its local name, whatever its namespace."""
    for key, value in attributes_of(element).items():
        if local(key) == name:
            return value
    return ""


def _path(written: str) -> str:
    """A path as fields have theirs: no spaces, no prefixes, no slash at the end."""
    steps = written.strip().rstrip("/").split("/")
    return "/".join(step.strip().rpartition(":")[2] for step in steps)


def _appearance(element: etree._Element) -> frozenset[str]:
    return frozenset((element.get("appearance") or "").split())


def _foreign_attributes(element: etree._Element) -> dict[str, str]:
    """The attributes of other namespaces, with Parvis's prefixes; JavaRosa's are read elsewhere."""
    found: dict[str, str] = {}
    own = {uri: prefix for prefix, uri in element.nsmap.items() if prefix}
    for name, value in attributes_of(element).items():
        uri = space(name)
        if uri and uri != JAVAROSA:
            prefix = PREFIXES.get(uri) or own.get(uri, "")
            found[f"{prefix}:{local(name)}"] = value
    return found


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
