"""What a form says, in each of its languages: labels, hints, media (specification, "Languages")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lxml import etree

from forms.errors import FormError
from forms.xform.namespaces import local

MEDIA = ("image", "big-image", "audio", "video")
PICTURES = ("image", "big-image")
_ITEXT = re.compile(r"""\s*jr:itext\(\s*(?:'([^']*)'|"([^"]*)")\s*\)\s*""")
_WHITE = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Output:
    """A place in a text where the value of an expression is shown."""

    source: str


Template: TypeAlias = tuple[str | Output, ...]
"""A text in pieces; most are one string."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What an element says: by a key into the form's texts, or written in place.

    Attributes:
        key: the itext id; "" where it is written in place.
        inline: what is written in place.
    """

    key: str = ""
    inline: Template = ()

    def __bool__(self) -> bool:
        return bool(self.key or self.inline)


NOTHING_SAID = Wording()


Said: TypeAlias = str | dict[str, Template]
"""A text by form ("", "guidance", "image", …); a string where it is only that, as most are."""


@dataclass(slots=True)
class Texts:
    """The form's `itext`: by language, by id, by form.

    Attributes:
        moving: the ids of texts with outputs, which may read otherwise after each answer.
        pictured: by id, the pictures of the first language that has any, the default one first.
    """

    languages: tuple[str, ...] = ()
    default: str = ""
    by_language: dict[str, dict[str, Said]] = field(default_factory=dict)
    moving: set[str] = field(default_factory=set)
    pictured: dict[str, dict[str, Template]] = field(default_factory=dict)

    def find(self, key: str, language: str) -> Mapping[str, Template]:
        """A text in a language, or in the default one; empty where the form has none such."""
        found = self.by_language.get(language, {}).get(key)
        if found is None:
            found = self.by_language.get(self.default, {}).get(key)
        return _by_form(found)

    def versions(self, key: str) -> list[Template]:
        """A text in every language and form."""
        found = (words.get(key) for words in self.by_language.values())
        return [template for said in found for template in _by_form(said).values()]

    def media(self) -> Iterator[str]:
        """The media file of every text that has one, as written."""
        for words in self.by_language.values():
            for said in words.values():
                if not isinstance(said, str):
                    yield from (plain(said[kind]) for kind in MEDIA if kind in said)

    def templates(self) -> Iterator[tuple[str, str, str, Template]]:
        """Every text: language, id, form, template."""
        for language, texts in self.by_language.items():
            for key, said in texts.items():
                for form, template in _by_form(said).items():
                    yield language, key, form, template


def read_texts(itext: etree._Element | None) -> Texts:
    """The texts of an `<itext>` element.

    Raises:
        FormError: a media file's name leads out of the form's folder.
    """
    texts = Texts()
    if itext is None:
        return texts
    names: list[str] = []
    for translation in itext:
        if local(translation.tag) != "translation":
            continue
        language = translation.get("lang") or "default"
        names.append(language)
        if "default" in translation.attrib and translation.get("default") != "false()":
            texts.default = language
        words = texts.by_language.setdefault(language, {})
        for text in translation:
            key = text.get("id")
            if local(text.tag) != "text" or key is None:
                continue
            said = _said(text)
            words[key] = said
            if not isinstance(said, str) and any(
                isinstance(part, Output) for template in said.values() for part in template
            ):
                texts.moving.add(key)
    texts.default = texts.default or (names[0] if names else "")
    texts.languages = tuple(names)
    _fill_in(texts)
    _find_pictures(texts)
    return texts


def _said(text: etree._Element) -> Said:
    """What a `<text>` says."""
    if len(text) == 1:
        only = text[0]
        if not len(only) and only.get("form") is None and local(only.tag) == "value":
            return (only.text or "").strip()
    forms: dict[str, Template] = {}
    for value in text:
        if local(value.tag) != "value":
            continue
        form = value.get("form") or ""
        forms[form] = template_of(value)
        if form in MEDIA and not address_in(plain(forms[form])):
            media_name(plain(forms[form]))
    if "" not in forms:
        for form in ("long", "short"):
            if form in forms:
                forms[""] = forms[form]
                break
    return forms


def _by_form(said: Said | None) -> Mapping[str, Template]:
    if isinstance(said, str):
        return {"": (said,)} if said else {}
    return said or {}


def _fill_in(texts: Texts) -> None:
    """Where a translation is missing pyxform writes "-": say it in the default language."""
    told = texts.by_language.get(texts.default, {})
    for words in texts.by_language.values():
        for key, said in words.items():
            if said == "-":
                words[key] = told.get(key, said)
            elif not isinstance(said, str) and ("-",) in said.values():
                default = _by_form(told.get(key))
                for form, template in said.items():
                    if template == ("-",):
                        said[form] = default.get(form, template)


def _find_pictures(texts: Texts) -> None:
    """A picture speaks no language: it is shown in all where the author named it for one."""
    for language in sorted(texts.by_language, key=lambda name: name != texts.default):
        for key, said in texts.by_language[language].items():
            if isinstance(said, str) or key in texts.pictured:
                continue
            pictures = {kind: said[kind] for kind in PICTURES if said.get(kind, ("-",)) != ("-",)}
            if pictures:
                texts.pictured[key] = pictures


def template_of(element: etree._Element) -> Template:
    """The content of an element: text, outputs, and markup kept as it is written."""
    parts: list[str | Output] = [element.text or ""]
    for child in element:
        if local(child.tag) == "output":
            parts.append(Output((child.get("value") or child.get("ref") or "").strip()))
        else:
            written = etree.tostring(child, encoding="unicode", with_tail=False)
            parts.append(re.sub(r' xmlns(:\w+)?="[^"]*"', "", written))
        parts.append(child.tail or "")
    merged: list[str | Output] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        elif part != "":
            merged.append(part)
    if merged and isinstance(merged[0], str):
        merged[0] = merged[0].lstrip()
    if merged and isinstance(merged[-1], str):
        merged[-1] = merged[-1].rstrip()
    return tuple(part for part in merged if part != "")


def wording_of(element: etree._Element | None) -> Wording:
    """What a `<label>` or `<hint>` says."""
    if element is None:
        return NOTHING_SAID
    reference = element.get("ref")
    if reference:
        key = itext_key(reference)
        if key is not None:
            return Wording(key=key)
    return Wording(inline=template_of(element))


def itext_key(expression: str) -> str | None:
    """The id in `jr:itext('id')`; None where the expression is another."""
    match = _ITEXT.fullmatch(expression)
    return None if match is None else match[1] or match[2] or ""


def message_of(attribute: str | None) -> Wording:
    """What a message attribute of a bind says: a text, or `jr:itext('id')`."""
    if not attribute:
        return NOTHING_SAID
    key = itext_key(attribute)
    return Wording(inline=(attribute,)) if key is None else Wording(key=key)


def plain(template: Template) -> str:
    """A template's strings, outputs left out."""
    return "".join(part for part in template if isinstance(part, str))


def address_in(reference: str) -> str:
    """The address that a media file is said to be at ("https://…/map.png"); "" where it is a file.

    A device has no way there: what is at an address is not shown.
    """
    found = _ADDRESS.fullmatch(reference.strip())
    return found[1] if found else ""


_ADDRESS = re.compile(r"(?:jr://[^/]*/)?(https?://.*)", re.IGNORECASE | re.DOTALL)


def media_name(reference: str) -> str:
    """The file that `jr://images/name.png` means, inside the form's media folder.

    Raises:
        FormError: the name leads elsewhere.
    """
    name = reference.strip()
    if name.startswith("jr://"):
        name = name[5:].partition("/")[2]
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or "\0" in name or ".." in parts or ":" in parts[0]:
        raise FormError(f"The media file “{reference}” leads out of the form's own folder.")
    return name
