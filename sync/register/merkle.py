"""Merkle tree hashes and proofs, as RFC 6962 defines them (sections 2.1, 2.1.1, 2.1.2).

Nothing here knows where hashes are kept: whoever makes a proof hands in `subtree`, which gives the
hash of a complete subtree. `subtree(level, index)` covers the leaves from `index << level` up to
`(index + 1) << level`.
"""

import hashlib
from collections.abc import Callable, Sequence

HASH_BYTES = 32

EMPTY_ROOT = hashlib.sha256().digest()
"""The root of a tree without leaves."""

LONGEST_PROOF = 64
"""Hashes in a proof: no tree has more than 2**63 leaves."""

Subtree = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """The root over 1, 2, 4, 8 … hashes of one level."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def root(size: int, subtree: Subtree) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _range(0, size, subtree) if size else EMPTY_ROOT


class GrowingRoot:
    """The root over entries as they come; holds one hash for each complete subtree so far.

    Args:
        size: how many entries came before.
        peaks: the hashes of their complete subtrees, the largest first, as `peaks` gave them.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)

    def add(self, entry: bytes) -> None:
        """One more leaf."""
        self._peaks.append(leaf_hash(entry))
        self.size += 1
        completed = self.size
        while not completed & 1:
            right = self._peaks.pop()
            self._peaks.append(node_hash(self._peaks.pop(), right))
            completed >>= 1

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """What is needed to go on from here another time."""
        return tuple(self._peaks)

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self._peaks:
            return EMPTY_ROOT
        reached = self._peaks[-1]
        for left in reversed(self._peaks[:-1]):
            reached = node_hash(left, reached)
        return reached


def peaks(size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """The hashes of the complete subtrees of the first `size` leaves, the largest first."""
    found, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            found.append(subtree(level, start >> level))
            start += 1 << level
    return tuple(found)


def inclusion_proof(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """The audit path of leaf `index` in the tree of `size` leaves, the lowest hash first.

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a register of {size} entries has no entry {index}")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _largest_power_below(end - start)
        if index < middle:
            proof.append(_range(middle, end, subtree))
            end = middle
        else:
            proof.append(_range(start, middle, subtree))
            start = middle
    return tuple(reversed(proof))


def consistency_proof(old: int, new: int, subtree: Subtree) -> tuple[bytes, ...]:
    """That the tree of `new` leaves begins with the tree of `old` leaves.

    Raises:
        ValueError: the older tree is empty, or larger than the newer.
    """
    if not 0 < old <= new:
        raise ValueError(f"no proof leads from {old} entries to {new}")
    proof: list[bytes] = []
    start, end, whole = 0, new, True  # whole: the old tree is all of [start, end) so far
    while old != end:
        middle = start + _largest_power_below(end - start)
        if old <= middle:
            proof.append(_range(middle, end, subtree))
            end = middle
        else:
            proof.append(_range(start, middle, subtree))
            start, whole = middle, False
    if not whole:
        proof.append(_range(start, end, subtree))
    return tuple(reversed(proof))


def proves_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes
) -> bool:
    """Whether the proof leads from this leaf's hash to the root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size or len(proof) > LONGEST_PROOF:
        return False
    node, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            reached = node_hash(sibling, reached)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            reached = node_hash(reached, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and reached == expected_root


def proves_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of `new` leaves goes on from that of `old` (RFC 9162, section 2.1.4.2)."""
    if not 0 <= old <= new or len(proof) > LONGEST_PROOF:
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if old == new:
        return not proof and old_root == new_root
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node >>= 1
        last >>= 1
    reached_old = reached_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            reached_old = node_hash(sibling, reached_old)
            reached_new = node_hash(sibling, reached_new)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            reached_new = node_hash(reached_new, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and reached_old == old_root and reached_new == new_root


def range_proof(first: int, count: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """What has to be added to `count` leaves from `first` on to reach the root, from left to right.

    One short proof for a whole batch, where RFC 6962 would give one for each of its records.

    Raises:
        ValueError: the tree has no such leaves.
    """
    if not (first >= 0 and count > 0 and first + count <= size):
        raise ValueError(f"a register of {size} entries has no {count} from {first} on")
    proof: list[bytes] = []

    def walk(start: int, end: int) -> None:
        if end <= first or start >= first + count:
            proof.append(_range(start, end, subtree))
        elif not (first <= start and end <= first + count):
            middle = start + _largest_power_below(end - start)
            walk(start, middle)
            walk(middle, end)

    walk(0, size)
    return tuple(proof)


def proves_range(
    leaves: Sequence[bytes], first: int, size: int, proof: Sequence[bytes], expected_root: bytes
) -> bool:
    """Whether these leaf hashes stand side by side from `first` on in the tree under that root."""
    until = first + len(leaves)
    if not (first >= 0 and leaves and until <= size) or len(proof) > 2 * LONGEST_PROOF:
        return False
    rest = iter(proof)

    def walk(start: int, end: int) -> bytes:
        if end <= first or start >= until:
            return next(rest)
        if end - start == 1:
            return leaves[start - first]
        middle = start + _largest_power_below(end - start)
        return node_hash(walk(start, middle), walk(middle, end))

    try:
        reached = walk(0, size)
    except StopIteration:
        return False
    return reached == expected_root and next(rest, None) is None


def _range(start: int, end: int, subtree: Subtree) -> bytes:
    """The hash over the leaves from `start` to `end`, as the tree above them splits them."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return subtree(level, start >> level)
    middle = start + _largest_power_below(count)
    return node_hash(_range(start, middle, subtree), _range(middle, end, subtree))


def _largest_power_below(count: int) -> int:
    """The largest power of two smaller than `count`, which is 2 at least."""
    return 1 << ((count - 1).bit_length() - 1)
