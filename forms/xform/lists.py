"""Secondary instances: lists inside the form, or beside it as XML, CSV or GeoJSON."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from lxml import etree

from forms.errors import FormError
from forms.xform.namespaces import local
from forms.xform.source import attributes_of, parse_xml
from forms.xform.texts import media_name
from forms.xpath.nodes import Node, SecondaryInstance

BIGGEST_LIST = 64 * 1024 * 1024
"""Bytes of one list beside a form."""


def read_secondary(key: str, element: etree._Element, media: Path | None) -> SecondaryInstance:
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
            _grow(child, instance)
        return instance
    if source.startswith("jr://instance/") or media is None:
        return instance
    name = media_name(source)
    path = media / name
    if not path.is_file():
        return instance
    if path.stat().st_size > BIGGEST_LIST:
        raise FormError(f"The list {name} has more than {BIGGEST_LIST // 1024 // 1024} MB.")
    content = path.read_bytes()
    ending = path.suffix.lower()
    if ending == ".csv":
        _read_csv(instance, content, name)
    elif ending == ".geojson":
        _read_geojson(instance, content, name)
    else:
        _grow(parse_xml(content, f"The list {name}"), instance)
    return instance


def _grow(element: etree._Element, parent: Node) -> None:
    attributes = None
    if element.attrib:
        attributes = {local(key): value for key, value in attributes_of(element).items()}
    node = Node(local(element.tag), parent, element.text or "", attributes)
    parent.children.append(node)
    for child in element:
        _grow(child, node)
    if node.children:
        node.text = node.text.strip()


def _read_csv(instance: SecondaryInstance, content: bytes, name: str) -> None:
    """Rows as `root/item`, one child per column; `;` separates where the header has no `,`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormError(f"The list {name} is not UTF-8 text: save it as CSV UTF-8.") from None
    root = Node("root", instance)
    instance.children.append(root)
    header = text.partition("\n")[0]
    rows = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if ";" in header and "," not in header else ","
    )
    try:
        columns = next(rows, [])
        for row in rows:
            item = Node("item", root)
            root.children.append(item)
            for column, cell in zip(columns, row + [""] * (len(columns) - len(row)), strict=False):
                item.children.append(Node(column.strip(), item, cell.strip()))
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
    root = Node("root", instance)
    instance.children.append(root)
    for feature in features:
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise FormError(f"The list {name} holds something that is not a GeoJSON feature.")
        item = Node("item", root)
        root.children.append(item)
        cells: dict[str, object] = {"geometry": _geometry(feature.get("geometry"), name)}
        if feature.get("id") is not None:
            cells["id"] = feature["id"]
        properties = feature.get("properties")
        if isinstance(properties, dict):
            cells.update(properties)
        for key, cell in cells.items():
            text = cell if isinstance(cell, str) else "" if cell is None else json.dumps(cell)
            item.children.append(Node(str(key), item, text))


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
