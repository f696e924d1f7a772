"""What elements of a form say of themselves, whatever their prefixes."""

from __future__ import annotations

from lxml import etree

from forms.xform.namespaces import JAVAROSA, PREFIXES, local, space
from forms.xform.source import attributes_of


def child_of(parent: etree._Element, name: str) -> etree._Element | None:
    """The first child of that local name; None where there is none."""
    for element in parent:
        if isinstance(element.tag, str) and local(element.tag) == name:
            return element
    return None


def attribute(element: etree._Element, name: str) -> str:
    """An attribute by its local name, whatever its namespace."""
    for key, value in attributes_of(element).items():
        if local(key) == name:
            return value
    return ""


def path_of(written: str) -> str:
    """A path as fields have theirs: no spaces, no prefixes, no slash at the end."""
    steps = written.strip().rstrip("/").split("/")
    return "/".join(step.strip().rpartition(":")[2] for step in steps)


def foreign_attributes(element: etree._Element) -> dict[str, str]:
    """The attributes of other namespaces, with Parvis's prefixes; JavaRosa's are read elsewhere."""
    found: dict[str, str] = {}
    own = {uri: prefix for prefix, uri in element.nsmap.items() if prefix}
    for name, value in attributes_of(element).items():
        uri = space(name)
        if uri and uri != JAVAROSA:
            prefix = PREFIXES.get(uri) or own.get(uri, "")
            found[f"{prefix}:{local(name)}"] = value
    return found
