"""Secondary instances: lists inside the form, or beside it as XML, CSV or GeoJSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from lxml import etree

from forms.errors import FormError
from forms.xform.namespaces import local
from forms.xform.source import attributes_of, parse_xml
from forms.xform.texts import media_name
from forms.xpath.nodes import LateNode, Node, Row, SecondaryInstance, TableNode

BIGGEST_LIST = 64 * 1024 * 1024
"""Bytes of one list beside a form."""

LAST_SAVED = "jr://instance/last-saved"
"""The source of an instance that holds the entry saved last ("External Secondary Instances")."""


Media = Path | Mapping[str, bytes]
"""Where the files beside a form are: in a folder, or in memory by their names."""


def read_secondary(
    key: str, element: etree._Element, media: Media | None, last_saved: bytes | None
) -> SecondaryInstance:
    """The list that an `<instance>` holds or names.

    A list beside the form that is not there is empty, as it is for JavaRosa: questions that choose
    from it have no choices.

    Raises:
        FormError: the list beside the form cannot be read.
    """
    instance = SecondaryInstance(key)
    source = element.get("src")
    if source is None:
        for child in element:
            instance.children.append(_table(child, instance) or _ElementNode(child, instance))
        return instance
    if source.startswith("jr://instance/"):
        if source == LAST_SAVED and last_saved is not None:
            root = parse_xml(last_saved, "The entry saved last")
            instance.children.append(_ElementNode(root, instance))
        return instance
    name = media_name(source)
    content = _content(name, media)
    if content is None:
        return instance
    ending = name.rpartition(".")[2].lower()
    if ending == "csv":
        _read_csv(instance, content, name)
    elif ending == "geojson":
        _read_geojson(instance, content, name)
    else:
        root = parse_xml(content, f"The list {name}")
        instance.children.append(_table(root, instance) or _ElementNode(root, instance))
    return instance


_MORE_THAN_CELLS = etree.XPath("boolean(@* or */@* or */*/@* or */*/* or *[not(*)])")


def _table(element: etree._Element, parent: Node) -> TableNode | None:
    """A list as a table, its elements freed; None where there is more to it than rows and cells."""
    if not len(element) or _MORE_THAN_CELLS(element):
        return None
    rows: list[Row] = []
    kinds: dict[tuple[str, ...], tuple[str, tuple[str, ...]]] = {}
    for item in element:
        cells = list(item)
        tags = (item.tag, *[cell.tag for cell in cells])
        kind = kinds.get(tags)
        if kind is None:
            name, *columns = (local(tag) for tag in tags)
            kind = kinds[tags] = (name, tuple(columns))
        rows.append((*kind, tuple([cell.text or "" for cell in cells])))
    element.clear()
    return TableNode(local(element.tag), parent, rows)


def _content(name: str, media: Media | None) -> bytes | None:
    """A file beside the form; None where it is not there."""
    if media is None:
        return None
    if isinstance(media, Path):
        path = media / name
        if not path.is_file():
            return None
        size = path.stat().st_size
        content = b"" if size > BIGGEST_LIST else path.read_bytes()
    else:
        if name not in media:
            return None
        content = media[name]
        size = len(content)
    if size > BIGGEST_LIST:
        raise FormError(f"The list {name} has more than {BIGGEST_LIST // 1024 // 1024} MB.")
    return content


class _ElementNode(LateNode):
    """An element of a list in XML; the parsed document keeps what has not been looked at."""

    __slots__ = ("_element",)

    def __init__(self, element: etree._Element, parent: Node) -> None:
        text = element.text or ""
        attributes = None
        if element.attrib:
            attributes = {local(key): value for key, value in attributes_of(element).items()}
        name = element.tag if element.tag[0] != "{" else local(element.tag)
        super().__init__(name, parent, text.strip() if len(element) else text, attributes)
        self._element = element

    def grow(self) -> list[Node]:
        """A node for each element inside."""
        return [_ElementNode(child, self) for child in self._element]

    def cell(self, name: str) -> str | None:
        """The text of the first element of that name; None where there is none."""
        for child in self._element:
            tag = child.tag
            if tag == name or (tag[0] == "{" and local(tag) == name):
                text = child.text or ""
                return text.strip() if len(child) else text
        return None

    def cells(self) -> Iterator[tuple[str, str]]:
        """The name and the text of each element inside."""
        for child in self._element:
            text = child.text or ""
            yield local(child.tag), text.strip() if len(child) else text


def separator_of(text: str) -> str:
    """What separates the cells of a CSV: `;` where its header has no `,`."""
    header = text.partition("\n")[0]
    return ";" if ";" in header and "," not in header else ","


def _read_csv(instance: SecondaryInstance, content: bytes, name: str) -> None:
    """Rows as `root/item`, one child per column; `;` separates where the header has no `,`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormError(f"The list {name} is not UTF-8 text: save it as CSV UTF-8.") from None
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text))
    try:
        columns = tuple(column.strip() for column in next(rows, []))
        table: list[Row] = []
        for row in rows:
            cells = (*(cell.strip() for cell in row), *[""] * (len(columns) - len(row)))
            table.append(("item", columns, cells[: len(columns)]))
        instance.children.append(TableNode("root", instance, table))
    except csv.Error as wrong:
        raise FormError(f"The list {name} is not CSV: {wrong}.") from None


def _read_geojson(instance: SecondaryInstance, content: bytes, name: str) -> None:
    """Features as `root/item`: `geometry`, `id`, and each property ("External Instances")."""
    try:
        collection = json.loads(content)
    except ValueError:
        raise FormError(f"The list {name} is not JSON.") from None
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list):
        raise FormError(f"The list {name} is not a GeoJSON feature collection.")
    table: list[Row] = []
    for feature in features:
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise FormError(f"The list {name} holds something that is not a GeoJSON feature.")
        cells: dict[str, object] = {"geometry": _geometry(feature.get("geometry"), name)}
        if feature.get("id") is not None:
            cells["id"] = feature["id"]
        properties = feature.get("properties")
        if isinstance(properties, dict):
            cells.update(properties)
        texts = tuple(
            cell if isinstance(cell, str) else "" if cell is None else json.dumps(cell)
            for cell in cells.values()
        )
        table.append(("item", tuple(cells), texts))
    instance.children.append(TableNode("root", instance, table))


def _geometry(geometry: object, name: str) -> str:
    """A point, line or polygon as ODK writes geopoint, geotrace and geoshape."""
    if not isinstance(geometry, dict):
        return ""
    coordinates = geometry.get("coordinates")
    kind = geometry.get("type")
    try:
        if kind == "Point":
            return _place(coordinates)
        if kind == "LineString":
            return "; ".join(_place(point) for point in coordinates)  # type: ignore[union-attr]
        if kind == "Polygon":
            return "; ".join(_place(point) for point in coordinates[0])  # type: ignore[index]
    except (TypeError, IndexError):
        raise FormError(f"The list {name} holds a place that is not GeoJSON.") from None
    raise FormError(f"The list {name} holds a {kind}; only points, lines and polygons are known.")


def _place(point: object) -> str:
    longitude, latitude = point[0], point[1]  # type: ignore[index]
    return f"{latitude} {longitude} 0 0"
