"""The namespaces of ODK XForms (specification, "Namespaces"), and the one that is Parvis's own."""

from __future__ import annotations

XFORMS = "http://www.w3.org/2002/xforms"
XHTML = "http://www.w3.org/1999/xhtml"
JAVAROSA = "http://openrosa.org/javarosa"
OPENROSA = "http://openrosa.org/xforms"
ODK = "http://www.opendatakit.org/xforms"
ENTITIES = "http://www.opendatakit.org/xforms/entities"
PARVIS = "https://parvis.example/ns/forms/1"
"""Attributes of questions and binds that only Parvis reads; others pass over them."""

PREFIXES = {
    JAVAROSA: "jr",
    OPENROSA: "orx",
    ODK: "odk",
    ENTITIES: "entities",
    PARVIS: "parvis",
}
"""How attributes of a namespace are written in Parvis, whatever prefix the form chose."""


def local(tag: str) -> str:
    """The name of an element or attribute without its namespace."""
    return tag.rpartition("}")[2]


def space(tag: str) -> str:
    """The namespace of an element or attribute; "" where it has none."""
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""
