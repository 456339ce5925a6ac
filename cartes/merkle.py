"""A Merkle tree over an append-only list, and the two proofs about it (RFC 9162 section 2.1, as RFC 6962).

A log that gives its root away can no longer change what it holds: an *inclusion* proof shows that an entry is
in it, a *consistency* proof that what was there is there still, in the same order. Leaves and inner nodes are
hashed under different first bytes, so that neither can pass for the other. The tree itself may be anywhere:
whoever has the leaves gives `node`, and proofs ask for whole subtrees only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from cartes.errors import CarteError

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Node = Callable[[int, int], bytes]
"""`node(height, index)`: the hash of the whole subtree of 2**height leaves from index * 2**height on."""


class ProofRefused(CarteError):
    """A proof about a log does not hold. `why`: shape, root."""

    code = "log_proof_refused"


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry as a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(size: int, node: Node) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return EMPTY_ROOT if size == 0 else _range_hash(0, size, node)


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """The path from leaf `index` to the root of the tree of `size` leaves (RFC 9162 section 2.1.3.1)."""
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_hash(middle, high, node))
            high = middle
        else:
            path.append(_range_hash(low, middle, node))
            low = middle
    return path[::-1]


def consistency_proof(first: int, second: int, node: Node) -> list[bytes]:
    """What shows that the tree of `first` leaves begins that of `second` (RFC 9162 section 2.1.4.1)."""
    if first in {0, second}:
        return []
    path: list[bytes] = []
    low, high, is_old_root = 0, second, True
    while first != high:
        middle = low + _split(high - low)
        if first <= middle:
            path.append(_range_hash(middle, high, node))
            high = middle
        else:
            path.append(_range_hash(low, middle, node))
            low, is_old_root = middle, False
    if not is_old_root:
        path.append(_range_hash(low, high, node))
    return path[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check that `leaf` stands at `index` of the tree of `size` leaves and `root` (section 2.1.3.2).

    Raises:
        ProofRefused: it does not follow.
    """
    if not 0 <= index < size:
        raise ProofRefused(why="shape")
    computed = leaf
    for is_left, sibling in _climb(index, size - 1, path):
        computed = node_hash(sibling, computed) if is_left else node_hash(computed, sibling)
    if computed != root:
        raise ProofRefused(why="root")


def check_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]
) -> None:
    """Check that the tree of `first` leaves is how that of `second` begins (section 2.1.4.2).

    Raises:
        ProofRefused: it does not follow, or the log has become shorter.
    """
    if not 0 <= first <= second:
        raise ProofRefused(why="shape")
    if first in {0, second}:
        expected = EMPTY_ROOT if first == 0 else second_root
        if path or first_root != expected:
            raise ProofRefused(why="root")
        return
    steps = list(path)
    if first & (first - 1) == 0:  # a power of two: the old root is itself the first node
        steps.insert(0, first_root)
    if not steps:
        raise ProofRefused(why="shape")
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for is_left, sibling in _climb(place, last, steps[1:]):
        if is_left:
            old = node_hash(sibling, old)
        new = node_hash(sibling, new) if is_left else node_hash(new, sibling)
    if (old, new) != (first_root, second_root):
        raise ProofRefused(why="root")


def _climb(place: int, last: int, path: Sequence[bytes]) -> Iterator[tuple[bool, bytes]]:
    """Each hash of a path from below, and whether it stands on the left; the path ends at the root."""
    for sibling in path:
        if last == 0:
            raise ProofRefused(why="shape")
        is_left = bool(place & 1) or place == last
        yield is_left, sibling
        while is_left and place and not place & 1:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofRefused(why="shape")


class Frontier:
    """The root of a list as it grows, in memory of the logarithm of its size: one hash a whole subtree."""

    def __init__(self) -> None:
        self.size = 0
        self._whole: list[tuple[int, bytes]] = []  # (height, hash), higher first

    def add(self, leaf: bytes) -> None:
        """Add one leaf hash at the end."""
        height = 0
        while self._whole and self._whole[-1][0] == height:
            leaf, height = node_hash(self._whole.pop()[1], leaf), height + 1
        self._whole.append((height, leaf))
        self.size += 1

    def root(self) -> bytes:
        """The root over all that was added."""
        if not self._whole:
            return EMPTY_ROOT
        *others, (_, computed) = self._whole
        for _, left in reversed(others):
            computed = node_hash(left, computed)
        return computed


def whole(hashes: Iterable[bytes]) -> bytes:
    """The hash of a whole subtree, from its 2**n hashes of one height."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def _range_hash(low: int, high: int, node: Node) -> bytes:
    size = high - low
    height = size.bit_length() - 1
    if size == 1 << height:
        return node(height, low >> height)
    middle = low + _split(size)
    return node_hash(_range_hash(low, middle, node), _range_hash(middle, high, node))


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
