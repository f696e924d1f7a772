"""A Merkle tree kept as tiles of 256 hashes: plain files under names that never change meaning.

C2SP tlog-tiles: `tile/<L>/<N>[.p/<W>]` holds the hashes of level 8·L from 256·N on,
`tile/entries/<N>[.p/<W>]` the entries below a tile of level 0, each behind its length in two bytes.
A full tile never changes; a partial one, of W hashes, never does either, and goes once the full
one is there.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol

from sync.errors import DamagedRegister
from sync.register.merkle import (
    HASH_BYTES,
    GrowingRoot,
    Subtree,
    leaf_hash,
    perfect_root,
    root,
)

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
LONGEST_ENTRY = 0xFFFF  # bytes

_KEPT_TILES = 512  # about 16 kB each, when wholly hashed


class TileFiles(Protocol):
    """Where tiles lie: a folder, or a store of objects."""

    def read(self, path: str) -> bytes | None:
        """What lies under that name; None where nothing does."""

    def write(self, path: str, content: bytes) -> None:
        """Put it there, durable when this returns; what lay there is replaced whole."""

    def remove(self, path: str) -> None:
        """Take it away, if it is there."""


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """The name of a tile of hashes."""
    return f"tile/{level}/{_number_path(index)}{_partial(width)}"


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """The name of a bundle of entries."""
    return f"tile/entries/{_number_path(index)}{_partial(width)}"


def tile_width(level: int, index: int, size: int) -> int:
    """How many hashes that tile has in a tree of `size` leaves; 0 where it is not there."""
    return max(0, min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH))


def bundle(entries: Iterable[bytes]) -> bytes:
    """Entries as a bundle holds them."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def entries_of(data: bytes) -> tuple[bytes, ...]:
    """The entries of a bundle.

    Raises:
        DamagedRegister: it is cut short.
    """
    length = int.from_bytes(data[:2], "big")
    if length and len(data) % (2 + length) == 0:  # all of one length, as most are
        even = list(struct.iter_unpack(f">H{length}s", data))
        if all(said == length for said, _ in even):
            return tuple(entry for _, entry in even)
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise DamagedRegister()
        entries.append(data[at + 2 : end])
        at = end
    return tuple(entries)


class Tiles:
    """The hashes of a tree of `size` leaves, read from its tiles.

    Args:
        files: where the tiles lie.
        size: leaves of the tree that is read; the files may hold more.
    """

    def __init__(self, files: TileFiles, size: int) -> None:
        self.size = size
        self._files = files
        self._tile = lru_cache(_KEPT_TILES)(self._read_tile)

    def subtree(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree, as the proofs of `merkle` ask for it.

        Raises:
            DamagedRegister: the tile is not there, or not of its size.
        """
        tile_level, within = divmod(level, TILE_HEIGHT)
        first = index << within
        rows = self._tile(tile_level, first >> TILE_HEIGHT)
        at = (first % TILE_WIDTH) >> within
        if within >= len(rows) or at >= len(rows[within]):
            raise DamagedRegister()
        return rows[within][at]

    def root(self) -> bytes:
        """The root of the tree."""
        return root(self.size, self.subtree)

    def hashes(self, level: int, index: int) -> tuple[bytes, ...]:
        """The hashes of one tile.

        Raises:
            DamagedRegister: the tile is not there, or not of its size.
        """
        width = tile_width(level, index, self.size)
        if not width:
            return ()
        data = _wide(self._files, lambda wide: tile_path(level, index, wide), width)
        if data is None or len(data) % HASH_BYTES or len(data) < width * HASH_BYTES:
            raise DamagedRegister()
        return tuple(data[at : at + HASH_BYTES] for at in range(0, width * HASH_BYTES, HASH_BYTES))

    def entries(self, index: int) -> tuple[bytes, ...]:
        """The entries below tile `index` of level 0.

        Raises:
            DamagedRegister: the bundle is not there, or not of its size.
        """
        width = tile_width(0, index, self.size)
        if not width:
            return ()
        data = _wide(self._files, lambda wide: entries_path(index, wide), width)
        entries = () if data is None else entries_of(data)
        if len(entries) < width:
            raise DamagedRegister()
        return entries[:width]

    def _read_tile(self, level: int, index: int) -> tuple[tuple[bytes, ...], ...]:
        """The rows of a tile: its hashes, and those of the complete subtrees above them."""
        rows = [self.hashes(level, index)]
        for _ in range(1, TILE_HEIGHT):
            below = rows[-1]
            pairs = range(0, len(below) - 1, 2)
            rows.append(tuple(perfect_root(below[at : at + 2]) for at in pairs))
        return tuple(rows)


def grow(files: TileFiles, size: int, entries: Sequence[bytes]) -> int:
    """Write the tiles of a tree that goes on from `size` leaves with these entries.

    Nothing that a checkpoint of `size` leaves needs is touched, so that a writer who is stopped in
    the middle simply begins again.

    Args:
        files: where the tiles lie.
        size: leaves that the tree has so far.
        entries: what is added.

    Returns:
        How many leaves it has now.

    Raises:
        DamagedRegister: the tiles of the tree so far are not there.
        ValueError: an entry is longer than 65,535 bytes.
    """
    if any(len(entry) > LONGEST_ENTRY for entry in entries):
        raise ValueError(f"an entry of the register has at most {LONGEST_ENTRY} bytes")
    before = Tiles(files, size)
    grown = size + len(entries)
    held = before.entries(size // TILE_WIDTH) if size % TILE_WIDTH else ()
    _write_rows(
        [*held, *entries],
        size // TILE_WIDTH,
        lambda index, row: files.write(entries_path(index, len(row)), bundle(row)),
    )
    fresh = [leaf_hash(entry) for entry in entries]
    level = 0
    while fresh:
        index, width = divmod(size >> (TILE_HEIGHT * level), TILE_WIDTH)
        held_hashes = before.hashes(level, index) if width else ()
        row = [*held_hashes, *fresh]
        _write_rows(row, index, _tile_writer(files, level))
        fresh = [
            perfect_root(row[at : at + TILE_WIDTH])
            for at in range(0, len(row) - TILE_WIDTH + 1, TILE_WIDTH)
        ]
        level += 1
    return grown


def prune(files: TileFiles, olds: Iterable[int], new: int) -> None:
    """Take away the partial tiles of former trees that are full in that of `new` leaves.

    Only once the checkpoint of `new` leaves is published.

    Args:
        files: where the tiles lie.
        olds: how many leaves the trees of former checkpoints had.
        new: how many the newest has.
    """
    for old in olds:
        level = 0
        while old >> (TILE_HEIGHT * level):
            index, width = divmod(old >> (TILE_HEIGHT * level), TILE_WIDTH)
            if width and tile_width(level, index, new) == TILE_WIDTH:
                files.remove(tile_path(level, index, width))
                if level == 0:
                    files.remove(entries_path(index, width))
            level += 1


def paths(size: int) -> Iterator[tuple[str, ...]]:
    """The names of all tiles and entries of a tree of `size` leaves.

    Of one that is not full yet, that of the full one, too: whoever reads a tree that grows finds
    the one or the other.
    """
    level = 0
    while size >> (TILE_HEIGHT * level):
        for index in range(-(-(size >> (TILE_HEIGHT * level)) // TILE_WIDTH)):
            widths = dict.fromkeys((tile_width(level, index, size), TILE_WIDTH))
            yield tuple(tile_path(level, index, width) for width in widths)
            if level == 0:
                yield tuple(entries_path(index, width) for width in widths)
        level += 1


def all_entries(files: TileFiles, size: int) -> Iterator[bytes]:
    """The entries of a tree of `size` leaves, in order.

    Raises:
        DamagedRegister: some are not there.
    """
    tree = Tiles(files, size)
    for index in range(-(-size // TILE_WIDTH)):
        yield from tree.entries(index)


def whole_root(files: TileFiles, size: int) -> bytes:
    """The root over the entries of a tree, every one hashed, and every tile compared with them.

    Raises:
        DamagedRegister: something is missing, or a tile does not hold what its entries say.
    """
    tree = Tiles(files, size)
    roots = GrowingRoot()
    row: list[bytes] = []
    for index in range(-(-size // TILE_WIDTH)):
        entries = tree.entries(index)
        hashes = [leaf_hash(entry) for entry in entries]
        if tuple(hashes) != tree.hashes(0, index):
            raise DamagedRegister()
        for entry in entries:
            roots.add(entry)
        if len(hashes) == TILE_WIDTH:
            row.append(perfect_root(hashes))
    level = 1
    while row:
        above: list[bytes] = []
        for at in range(0, len(row), TILE_WIDTH):
            some = row[at : at + TILE_WIDTH]
            if tuple(some) != tree.hashes(level, at // TILE_WIDTH):
                raise DamagedRegister()
            if len(some) == TILE_WIDTH:
                above.append(perfect_root(some))
        row, level = above, level + 1
    return roots.root()


def _tile_writer(files: TileFiles, level: int) -> Callable[[int, Sequence[bytes]], None]:
    return lambda index, row: files.write(tile_path(level, index, len(row)), b"".join(row))


def _write_rows(
    row: Sequence[bytes], index: int, write: Callable[[int, Sequence[bytes]], None]
) -> None:
    """Write a row of hashes or entries, tile by tile, the first under `index`."""
    for at in range(0, len(row), TILE_WIDTH):
        write(index + at // TILE_WIDTH, row[at : at + TILE_WIDTH])


def _wide(files: TileFiles, path: Callable[[int], str], width: int) -> bytes | None:
    """What lies under a name for `width` hashes, or under that of the full tile."""
    data = files.read(path(width))
    if data is None and width < TILE_WIDTH:
        data = files.read(path(TILE_WIDTH))
    return data


def _partial(width: int) -> str:
    return "" if width == TILE_WIDTH else f".p/{width}"


def _number_path(index: int) -> str:
    """`1234067` as `x001/x234/067`."""
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups)


def subtree_of(leaf_hashes: Sequence[bytes]) -> Subtree:
    """The subtrees of a tree that is held in memory: for small ones, and for checking."""
    return lambda level, index: perfect_root(leaf_hashes[index << level : (index + 1) << level])
