"""What paths lead to: the fields of a form, known once, and the nodes of an entry or of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter

from forms.xpath.values import DataType, Value, to_number


class Field:
    """One place in a form's primary instance: `/data/household/name`, whatever instances repeat.

    Attributes:
        name: the element's local name; paths are matched on it, as JavaRosa does.
        path: the absolute path, without positions.
        number: its place in document order, and its index in lists that hold one item per field.
        repeat: whether a repeat of the body has it as its nodeset.
        repeats: the repeats it stands in, outermost first, itself included.
        kind: the type of its bind; None where it holds other elements.
    """

    __slots__ = (
        "_by_name",
        "children",
        "kind",
        "name",
        "number",
        "parent",
        "path",
        "repeat",
        "repeats",
    )

    def __init__(self, name: str, parent: Field | None, number: int) -> None:
        self.name = name
        self.parent = parent
        self.number = number
        self.children: list[Field] = []
        self._by_name: dict[str, Field] = {}
        self.path: str = f"{parent.path if parent else ''}/{name}"
        self.repeat = False
        self.repeats: tuple[Field, ...] = ()
        self.kind: DataType | None = None
        if parent is not None:
            parent.children.append(self)
            parent._by_name[name] = self

    def child(self, name: str) -> Field | None:
        """The child of that name; None where there is none."""
        return self._by_name.get(name)

    @property
    def is_attribute(self) -> bool:
        """Whether it is an attribute ("@id"): those that a form computes are fields as well."""
        return self.name.startswith("@")

    def below(self) -> Iterator[Field]:
        """Every field under this one, itself first, in document order."""
        yield self
        for field in self.children:
            yield from field.below()

    def above(self) -> Iterator[Field]:
        """Every field above this one, nearest first."""
        field = self.parent
        while field is not None:
            yield field
            field = field.parent

    def __repr__(self) -> str:
        return f"Field({self.path})"


class Node:
    """One element with its text: of a list of choices, or (a subclass) of an entry."""

    __slots__ = ("attributes", "children", "name", "parent", "text")

    def __init__(
        self,
        name: str,
        parent: Node | None,
        text: str = "",
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.parent = parent
        self.text = text
        self.attributes = attributes
        self.children: list[Node] = []

    @property
    def relevant(self) -> bool:
        """Whether expressions see it; what is not relevant does not exist for them."""
        return True

    @property
    def value(self) -> Value:
        """The text by its type."""
        return self.text

    @property
    def field(self) -> Field | None:
        """The place it is an instance of; None in lists."""
        return None

    @property
    def ordinal(self) -> int:
        """Its place among the elements of its name beside it, from 1."""
        if self.parent is None:
            return 1
        return [one for one in self.parent.children if one.name == self.name].index(self) + 1

    def child(self, name: str) -> Node | None:
        """The first child of that name; None where there is none."""
        for node in self.children:
            if node.name == name:
                return node
        return None

    def cell(self, name: str) -> str | None:
        """The text of the first child of that name; None where there is none."""
        found = self.child(name)
        return None if found is None else found.text

    def cells(self) -> Iterator[tuple[str, str]]:
        """The name and the text of each child."""
        return ((child.name, child.text) for child in self.children)

    def whole_text(self) -> str:
        """Its text and that of everything below it (XPath 1.0 §5.2)."""
        return self.text + "".join(child.whole_text() for child in self.children)


class LateNode(Node):
    """An element of a list whose children are made when an expression first walks into them.

    Lists are long, and of most rows only a cell or two is ever looked at.
    """

    __slots__ = ("_grown",)

    def __init__(
        self, name: str, parent: Node | None, text: str, attributes: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.parent = parent
        self.text = text
        self.attributes = attributes
        self._grown: list[Node] | None = None

    @property
    def children(self) -> list[Node]:  # type: ignore[override]
        """The elements directly inside."""
        if self._grown is None:
            self._grown = self.grow()
        return self._grown

    def grow(self) -> list[Node]:
        """Make the children."""
        raise NotImplementedError


class RowNode(LateNode):
    """One row of a table.

    Args:
        name: the element that it counts as.
        parent: the element that it is in.
        columns: the names of the columns; one tuple for all rows.
        values: the texts of its cells.
    """

    __slots__ = ("_columns", "_values")

    def __init__(
        self, name: str, parent: Node, columns: tuple[str, ...], values: tuple[str, ...]
    ) -> None:
        self.name = name
        self.parent = parent
        self.text = ""
        self.attributes = None
        self._grown = None
        self._columns = columns
        self._values = values

    def grow(self) -> list[Node]:
        """A node for each cell."""
        return [Node(name, self, text) for name, text in self.cells()]

    def cell(self, name: str) -> str | None:
        """The text in a column; None where there is no such column."""
        return self._values[self._columns.index(name)] if name in self._columns else None

    def cells(self) -> Iterator[tuple[str, str]]:
        """The name and the text of each cell."""
        return zip(self._columns, self._values, strict=True)


Row = tuple[str, tuple[str, ...], tuple[str, ...]]
"""The name of a row's element, its columns, and the texts of its cells."""

Wanted = tuple[tuple[str, str | float], ...]
"""Columns, and what each is asked to equal: as a text, or as a number."""

_Columns = tuple[tuple[str, bool], ...]
"""The columns of an index, and whether each counts as numbers."""

_Key = tuple[str | float, ...]


def _columns_of(wanted: Wanted) -> _Columns:
    return tuple((column, isinstance(value, float)) for column, value in wanted)


class TableNode(LateNode):
    """The element around the rows of a table, which become nodes when they are looked at.

    It has an index for each set of columns that filters ask to equal something: lists are long,
    and filters lead to few of their rows.

    Args:
        name: the element's.
        parent: what it is in.
        rows: the rows.
    """

    __slots__ = ("_indexes", "_made", "_rows")

    def __init__(self, name: str, parent: Node, rows: list[Row]) -> None:
        super().__init__(name, parent, "")
        self._rows = rows
        self._made: dict[int, RowNode] = {}
        self._indexes: dict[tuple[str, _Columns], dict[_Key, list[int]]] = {}

    def row(self, number: int) -> RowNode:
        """The node of a row."""
        made = self._made.get(number)
        if made is None:
            name, columns, cells = self._rows[number]
            made = self._made[number] = RowNode(name, self, columns, cells)
        return made

    def grow(self) -> list[Node]:
        """A node for each row."""
        return [self.row(number) for number in range(len(self._rows))]

    def rows_where(self, name: str, wanted: Wanted) -> list[Node]:
        """The rows of a name whose columns equal what is wanted."""
        columns = _columns_of(wanted)
        index = self._indexes.get((name, columns))
        if index is None:
            index = self._indexes[name, columns] = self._index(name, columns)
        return [self.row(number) for number in index.get(tuple(v for _, v in wanted), ())]

    def _index(self, name: str, wanted: _Columns) -> dict[_Key, list[int]]:
        found: dict[_Key, list[int]] = {}
        readers: dict[tuple[str, ...], Callable[[tuple[str, ...]], _Key]] = {}
        for number, (element, columns, cells) in enumerate(self._rows):
            if element == name:
                read = readers.get(columns)
                if read is None:
                    read = readers[columns] = _reader(columns, wanted)
                found.setdefault(read(cells), []).append(number)
        return found


def _reader(columns: tuple[str, ...], wanted: _Columns) -> Callable[[tuple[str, ...]], _Key]:
    """What takes the wanted columns out of the cells of a row."""
    places = [columns.index(name) if name in columns else None for name, _ in wanted]
    if len(wanted) > 1 and None not in places and not any(numeric for _, numeric in wanted):
        return itemgetter(*places)
    taken = list(zip(places, [numeric for _, numeric in wanted], strict=True))

    def read(cells: tuple[str, ...]) -> _Key:
        texts = ["" if place is None else cells[place] for place, _ in taken]
        return tuple(
            to_number(text) if numeric else text
            for text, (_, numeric) in zip(texts, taken, strict=True)
        )

    return read


class SecondaryInstance(Node):
    """What `instance('…')` leads to, with an index for each set of columns that filters use."""

    __slots__ = ("_indexes",)

    def __init__(self, name: str) -> None:
        super().__init__(name, None)
        self._indexes: dict[tuple[tuple[str, ...], _Columns], dict[_Key, list[Node]]] = {}

    def items(self, path: tuple[str, ...]) -> list[Node]:
        """Every element at a path of names below the instance."""
        found: list[Node] = [self]
        for name in path:
            found = [child for node in found for child in node.children if child.name == name]
        return found

    def items_where(self, path: tuple[str, ...], wanted: Wanted) -> list[Node]:
        """The items whose columns equal what is wanted.

        The first question about some columns makes their index.
        """
        around = self.items(path[:-1])
        if len(around) == 1 and isinstance(around[0], TableNode):
            return around[0].rows_where(path[-1], wanted)
        columns = _columns_of(wanted)
        index = self._indexes.get((path, columns))
        if index is None:
            index = self._indexes[path, columns] = {}
            for item in self.items(path):
                texts = [item.cell(column) or "" for column, _ in columns]
                key = tuple(
                    to_number(text) if numeric else text
                    for text, (_, numeric) in zip(texts, columns, strict=True)
                )
                index.setdefault(key, []).append(item)
        return index.get(tuple(value for _, value in wanted), [])
