"""The register's tree: proofs that hold, tiles that give them, checkpoints nobody else signs."""

import hashlib
from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import DamagedRegister, ForgedCheckpoint
from sync.register import checkpoint, merkle, tiles
from sync.register.checkpoint import Checkpoint
from sync.register.tiles import Tiles

# RFC 6962's own example entries, as Certificate Transparency's implementations test them.
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


class Shelf:
    """Tiles in memory, counting what is read."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def read(self, path: str) -> bytes | None:
        return self.held.get(path)

    def write(self, path: str, content: bytes) -> None:
        self.held[path] = content

    def remove(self, path: str) -> None:
        self.held.pop(path, None)


class StoppingShelf(Shelf):
    """Writes so many tiles into another shelf, and no more."""

    def __init__(self, shelf: Shelf, after: int) -> None:
        super().__init__()
        self.held = shelf.held
        self._left = after

    def write(self, path: str, content: bytes) -> None:
        if not self._left:
            raise OSError("no space left")
        self._left -= 1
        super().write(path, content)


def entries(count: int) -> list[bytes]:
    return [hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(count)]


def tree(of: Sequence[bytes]) -> merkle.Subtree:
    return tiles.subtree_of([merkle.leaf_hash(entry) for entry in of])


def test_the_roots_are_those_of_certificate_transparency() -> None:
    assert merkle.EMPTY_ROOT.hex() == hashlib.sha256(b"").hexdigest()
    for size, expected in enumerate(ROOTS, 1):
        assert merkle.root(size, tree(ENTRIES)).hex() == expected


@settings(deadline=None)
@given(st.integers(1, 600), st.data())
def test_every_entry_is_proved_to_be_in_and_no_other(size: int, data: st.DataObject) -> None:
    all_of = entries(size)
    index = data.draw(st.integers(0, size - 1))
    subtree = tree(all_of)
    root = merkle.root(size, subtree)
    proof = merkle.inclusion_proof(index, size, subtree)
    leaf = merkle.leaf_hash(all_of[index])
    assert merkle.proves_inclusion(leaf, index, size, proof, root)
    assert not merkle.proves_inclusion(merkle.leaf_hash(b"other"), index, size, proof, root)
    assert not merkle.proves_inclusion(leaf, index, size, (*proof, root), root)
    if proof:
        assert not merkle.proves_inclusion(leaf, index, size, proof[:-1], root)
        assert not merkle.proves_inclusion(leaf, index, size, (proof[0][::-1], *proof[1:]), root)
        assert not merkle.proves_inclusion(leaf, index ^ 1, size, proof, root)


@settings(deadline=None)
@given(st.integers(1, 600), st.data())
def test_a_longer_register_is_proved_to_begin_with_the_shorter(
    new: int, data: st.DataObject
) -> None:
    old = data.draw(st.integers(1, new))
    subtree = tree(entries(new))
    before, after = merkle.root(old, subtree), merkle.root(new, subtree)
    proof = merkle.consistency_proof(old, new, subtree)
    assert merkle.proves_consistency(old, before, new, after, proof)
    assert not merkle.proves_consistency(old, before[::-1], new, after, proof)
    assert not merkle.proves_consistency(old, before, new, after[::-1], proof)
    assert not merkle.proves_consistency(old, before, new, after, (*proof, after))
    forgetful = [b"changed", *entries(new)[1:]]
    changed = merkle.root(new, tree(forgetful))
    made_up = merkle.consistency_proof(old, new, tree(forgetful))
    assert not merkle.proves_consistency(old, before, new, changed, made_up)


def test_every_register_goes_on_from_the_empty_one() -> None:
    root = merkle.root(3, tree(ENTRIES))
    assert merkle.proves_consistency(0, merkle.EMPTY_ROOT, 3, root, ())
    assert not merkle.proves_consistency(0, root, 3, root, ())


@settings(deadline=None)
@given(st.integers(1, 600), st.data())
def test_one_proof_serves_a_whole_batch(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, size - 1))
    count = data.draw(st.integers(1, size - first))
    subtree = tree(entries(size))
    root = merkle.root(size, subtree)
    leaves = [merkle.leaf_hash(entry) for entry in entries(size)[first : first + count]]
    proof = merkle.range_proof(first, count, size, subtree)
    assert merkle.proves_range(leaves, first, size, proof, root)
    assert not merkle.proves_range([*leaves[:-1], root[::-1]], first, size, proof, root)
    assert not merkle.proves_range(leaves, first, size, (*proof, root), root)
    assert len(proof) <= 2 * size.bit_length()
    if proof:
        assert not merkle.proves_range(leaves, first, size, proof[:-1], root)


@settings(deadline=None)
@given(st.lists(st.integers(0, 700), max_size=6))
def test_tiles_grown_in_any_steps_give_the_same_tree(steps: list[int]) -> None:
    shelf, size, sizes = Shelf(), 0, list[int]()
    all_of = entries(sum(steps))
    for step in steps:
        sizes.append(size)
        size = tiles.grow(shelf, size, all_of[size : size + step])
        tiles.prune(shelf, sizes, size)
    read = Tiles(shelf, size)
    assert read.root() == merkle.root(size, tree(all_of))
    assert [entry for at in range(size // 256 + 1) for entry in read.entries(at)] == all_of
    for index in range(0, size, 97):
        proof = merkle.inclusion_proof(index, size, read.subtree)
        assert merkle.proves_inclusion(
            merkle.leaf_hash(all_of[index]), index, size, proof, read.root()
        )


def test_a_register_of_seventy_thousand_reaches_the_third_level() -> None:
    shelf, all_of = Shelf(), entries(70_000)
    size = tiles.grow(shelf, 0, all_of[:65_000])
    size = tiles.grow(shelf, size, all_of[65_000:])
    assert "tile/2/000.p/1" in shelf.held
    assert "tile/0/273.p/112" in shelf.held
    assert Tiles(shelf, size).root() == merkle.root(size, tree(all_of))
    # Older checkpoints stay readable from full tiles, once their partial ones are gone.
    tiles.prune(shelf, [65_000], size)
    assert "tile/0/253.p/232" not in shelf.held
    assert Tiles(shelf, 65_000).root() == merkle.root(65_000, tree(all_of))


def test_a_writer_stopped_in_the_middle_begins_again() -> None:
    all_of = entries(1_000)
    whole = Shelf()
    tiles.grow(whole, 0, all_of)
    for stop_after in range(len(whole.held)):
        shelf = Shelf()
        tiles.grow(shelf, 0, all_of[:300])
        stopping = StoppingShelf(shelf, stop_after)
        try:
            tiles.grow(stopping, 300, all_of[300:])
        except OSError:
            assert Tiles(shelf, 300).root() == merkle.root(300, tree(all_of))
            tiles.grow(shelf, 300, all_of[300:])
        assert Tiles(shelf, 1_000).root() == merkle.root(1_000, tree(all_of))


def test_missing_or_short_tiles_are_named() -> None:
    shelf = Shelf()
    tiles.grow(shelf, 0, entries(300))
    shelf.held["tile/0/001.p/44"] = shelf.held["tile/0/001.p/44"][:-1]
    with pytest.raises(DamagedRegister):
        Tiles(shelf, 300).root()
    del shelf.held["tile/0/001.p/44"]
    with pytest.raises(DamagedRegister):
        Tiles(shelf, 300).root()
    shelf.held["tile/entries/000"] = shelf.held["tile/entries/000"][:-1]
    with pytest.raises(DamagedRegister):
        Tiles(shelf, 300).entries(0)


def test_names_of_tiles_follow_the_specification() -> None:
    assert tiles.tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tiles.tile_path(2, 5, 17) == "tile/2/005.p/17"
    assert tiles.entries_path(1_000, 3) == "tile/entries/x001/000.p/3"


KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
POINT = Checkpoint("parvis/ABCD", 42, bytes(32))


def test_a_checkpoint_is_read_by_whom_it_was_made_for() -> None:
    note = POINT.sign(KEY)
    assert checkpoint.read(note, "parvis/ABCD", KEY.public_key()) == POINT
    witnessed = note + "— witness.example AAAAAAAA\n".encode()
    assert checkpoint.read(witnessed, "parvis/ABCD", KEY.public_key()) == POINT


def test_no_byte_of_a_checkpoint_can_be_changed() -> None:
    note = POINT.sign(KEY)
    for at in range(len(note)):
        changed = note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :]
        with pytest.raises(ForgedCheckpoint):
            checkpoint.read(changed, "parvis/ABCD", KEY.public_key())
    for end in range(len(note)):
        with pytest.raises(ForgedCheckpoint):
            checkpoint.read(note[:end], "parvis/ABCD", KEY.public_key())


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_rubbish_is_no_checkpoint(rubbish: bytes) -> None:
    with pytest.raises(ForgedCheckpoint):
        checkpoint.read(rubbish, "parvis/ABCD", KEY.public_key())


def test_another_servers_or_registers_checkpoint_is_refused() -> None:
    other = Ed25519PrivateKey.generate()
    with pytest.raises(ForgedCheckpoint):
        checkpoint.read(POINT.sign(other), "parvis/ABCD", KEY.public_key())
    with pytest.raises(ForgedCheckpoint):
        checkpoint.read(POINT.sign(KEY), "parvis/EFGH", KEY.public_key())
