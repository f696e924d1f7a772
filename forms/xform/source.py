"""Reads XML that may come from anyone: no DTD, no entities, no network, bounded."""

from __future__ import annotations

from lxml import etree

from forms.errors import FormError

BIGGEST = 64 * 1024 * 1024
"""Bytes of one form."""

MOST_ELEMENTS = 2_000_000
"""Elements of one form: 20,000 choices with ten columns are 200,000."""

DEEPEST = 100
"""Elements within elements; forms nest groups, and rarely more than ten."""

_TOO_MANY = etree.XPath(f"count(//*) > {MOST_ELEMENTS}")
_TOO_DEEP = etree.XPath("boolean(" + "/*" * (DEEPEST + 1) + ")")


def parse_xml(xml: bytes, what: str = "The form") -> etree._Element:
    """The root of an XML document.

    Args:
        xml: the document.
        what: what it is, to begin the sentence of an error.

    Raises:
        FormError: it is not XML, brings a DTD, or is beyond a bound.
    """
    if len(xml) > BIGGEST:
        raise FormError(f"{what} has more than {BIGGEST // 1024 // 1024} MB, and is not read.")
    if not xml.strip():
        raise FormError(f"{what} is empty.")
    if b"<!DOCTYPE" in xml.replace(b"\0", b""):
        raise FormError(f"{what} brings a DOCTYPE, which could hide entities: it is refused.")
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as wrong:
        message = str(wrong.msg or "it stops too early")
        if "xcessive depth" in message:
            raise FormError(f"{what} has elements nested more than {DEEPEST} deep.") from None
        raise FormError(f"{what} is not well-formed XML: {message}.") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise FormError(f"{what} brings a DOCTYPE, which could hide entities: it is refused.")
    check_size(root, what)
    return root


def attributes_of(element: etree._Element) -> dict[str, str]:
    """The attributes of an element, namespaces in their names."""
    return {str(name): str(value) for name, value in element.attrib.items()}


def check_size(root: etree._Element, what: str) -> None:
    """Refuse more elements, or deeper ones, than a form has any use for."""
    if _TOO_DEEP(root):
        raise FormError(f"{what} has elements nested more than {DEEPEST} deep.")
    if bool(_TOO_MANY(root)):
        raise FormError(f"{what} has more than {MOST_ELEMENTS:,} elements, and is not read.")
