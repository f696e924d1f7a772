"""Reads an ODK XForm into a `Form`: fields, binds, controls, languages, lists."""

from __future__ import annotations

import hashlib
from copy import deepcopy

from lxml import etree

from forms.errors import FormError
from forms.xform.binds import Bind
from forms.xform.body import BodyReader
from forms.xform.dependencies import order_triggers
from forms.xform.elements import attribute, child_of, foreign_attributes, path_of
from forms.xform.expressions import Expressions, WrongExpressions
from forms.xform.form import Form
from forms.xform.lists import Media, read_secondary
from forms.xform.memory import reading
from forms.xform.namespaces import JAVAROSA, XFORMS, local
from forms.xform.source import parse_xml
from forms.xform.texts import Texts, address_in, media_name, message_of, read_texts
from forms.xpath.compiler import Formula
from forms.xpath.nodes import Field, SecondaryInstance
from forms.xpath.values import DataType

MOST_FIELDS = 100_000
BIG = 1_000_000
"""Bytes of a form whose parsed text is worth giving back."""

_TYPES = {kind.value: kind for kind in DataType} | {
    "integer": DataType.INTEGER,
    "long": DataType.INTEGER,
    "double": DataType.DECIMAL,
    "float": DataType.DECIMAL,
    "number": DataType.DECIMAL,
}


def read_form(xml: bytes, *, media: Media | None = None, last_saved: bytes | None = None) -> Form:
    """Read an XForm.

    Args:
        xml: the XForm.
        media: the folder of its media, or their contents by name, for the lists beside it.
        last_saved: the finished instance of the entry before this one, for forms that ask for it.

    Raises:
        FormError: it is not an XForm that can be run; the sentence says why.
    """
    with reading(len(xml) > BIG):
        return _FormReader(parse_xml(xml), media, last_saved).form(hashlib.sha256(xml).digest())


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

    def __init__(
        self, document: etree._Element, media: Media | None, last_saved: bytes | None
    ) -> None:
        self.document = document
        self.last_saved = last_saved
        head = child_of(document, "head")
        body = child_of(document, "body")
        model = None if head is None else child_of(head, "model")
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
        self.elsewhere: dict[str, None] = {}

    def form(self, digest: bytes) -> Form:
        instance = self.primary_instance()
        self.root = self.read_fields(instance, None)
        itext = child_of(self.model, "itext")
        texts = read_texts(itext)
        if itext is not None:
            itext.clear()
        self.attach_media(texts)
        secondary = self.secondary_instances()
        self.expressions = Expressions(self.root, texts, secondary)
        self.computed_attributes()
        self.mark_repeats(self.body)
        for field in self.fields:
            above = field.parent.repeats if field.parent is not None else ()
            field.repeats = (*above, field) if field.repeat else above
        binds = {
            field: self.read_bind(field, element)
            for field, element in self.read_bind_elements().items()
        }
        reader = BodyReader(self.expressions, self.by_path, self.ids, binds)
        body = reader.controls(self.body)
        actions = tuple(reader.actions(self.model)) + tuple(reader.nested_actions(self.body))
        if self.expressions.wrong:
            raise WrongExpressions(self.expressions.wrong)
        title = child_of(self.head, "title")
        return Form(
            form_id=instance.get("id") or attribute(instance, "id") or local(instance.tag),
            version=attribute(instance, "version"),
            title="" if title is None else "".join(map(str, title.itertext())).strip(),
            hash=digest,
            texts=texts,
            root=self.root,
            fields=tuple(self.fields),
            tags=tuple(self.tags),
            instance=instance,
            templates=self.templates,
            binds=binds,
            body=body,
            actions=actions,
            secondary=secondary,
            order=order_triggers(binds.values(), self.fields),
            attached=tuple(self.attached),
            elsewhere=tuple(self.elsewhere),
            _formulas=self.expressions.formulas,
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

    def computed_attributes(self) -> None:
        """Make fields of the attributes that binds and actions are about, as entities have them."""
        for element in self.document.iter(f"{{{XFORMS}}}bind", f"{{{XFORMS}}}setvalue"):
            path = path_of(element.get("nodeset") or element.get("ref") or "")
            above, _, name = path.rpartition("/")
            parent = self.by_path.get(above)
            if name.startswith("@") and parent is not None and parent.child(name) is None:
                field = Field(name, parent, len(self.fields))
                self.fields.append(field)
                self.tags.append(name[1:])
                self.by_path[field.path] = field

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
                found[key] = read_secondary(key, child, self.media, self.last_saved)
        return found

    def mark_repeats(self, body: etree._Element) -> None:
        repeated: list[Field] = []
        for element in body.iter(f"{{{XFORMS}}}repeat", "repeat"):
            field = self.by_path.get(path_of(element.get("nodeset") or element.get("ref") or ""))
            if field is None or field.parent is None:
                raise FormError(
                    f"A repeat is on {element.get('nodeset')}, which the form's instance has not."
                )
            field.repeat = True
            repeated.append(field)
        for field in repeated:
            if field not in self.templates:
                self.templates[field] = _emptied(self.first[field], field)

    # --- binds -------------------------------------------------------------------------------

    def read_bind_elements(self) -> dict[Field, etree._Element]:
        """The bind of each field, its type set; binds of nothing that exists are passed over."""
        found: dict[Field, etree._Element] = {}
        self.ids: dict[str, Field] = {}
        for element in self.model:
            if local(element.tag) != "bind":
                continue
            field = self.by_path.get(path_of(element.get("nodeset") or element.get("ref") or ""))
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
                None
                if source is None or not source.strip()
                else self.expressions.formula(source, field, name)
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
            attributes=foreign_attributes(element),
        )
        for message in (bind.required_message, bind.constraint_message):
            self.expressions.check_wording(message, field, "message")
        return bind

    def attach_media(self, texts: Texts) -> None:
        """Note the media files that texts name."""
        for name in texts.media():
            address = address_in(name)
            if address:
                self.elsewhere[address] = None
            else:
                self.attached[media_name(name)] = None


def _emptied(element: etree._Element, field: Field) -> etree._Element:
    """What new instances of a repeat start from where the form brings no template for them.

    Repeats inside have no instances in it, as for JavaRosa.
    """
    template = deepcopy(element)
    _trim(template, field)
    for below in template.iter():
        below.text = None
    return template


def _trim(element: etree._Element, field: Field) -> None:
    for child in list(element):
        below = field.child(local(child.tag))
        if below is not None and below.repeat:
            element.remove(child)
        elif below is not None:
            _trim(child, below)
