"""The tree of hashes: the roots and proofs of another implementation, and nothing else passes."""

from __future__ import annotations

import hashlib

import pytest
from pymerkle import InmemoryTree

from cartes import merkle
from cartes.merkle import ProofRefused

_SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33)
_LEAVES = [merkle.leaf_hash(f"entry {n}".encode()) for n in range(33)]


def _node(height: int, index: int) -> bytes:
    return merkle.whole(_LEAVES[index << height : (index + 1) << height])


def test_the_empty_tree_has_the_root_of_the_rfc() -> None:
    """RFC 9162 section 2.1.1: the hash of nothing."""
    assert merkle.root_of(0, _node) == hashlib.sha256(b"").digest() == merkle.Frontier().root()


@pytest.mark.parametrize("size", _SIZES)
def test_roots_are_those_of_an_independent_implementation(size: int) -> None:
    """`pymerkle` computes the same root, and so does the list as it grows."""
    other, growing = InmemoryTree(algorithm="sha256"), merkle.Frontier()
    for number in range(size):
        other.append_entry(f"entry {number}".encode())
        growing.add(_LEAVES[number])

    assert merkle.root_of(size, _node) == bytes(other.get_root()) == growing.root()


def test_every_inclusion_proof_holds_for_its_leaf_and_for_no_other() -> None:
    """All sizes, all leaves; the neighbour's place, leaf or root is refused."""
    for size in _SIZES:
        root = merkle.root_of(size, _node)
        for index in range(size):
            path = merkle.inclusion_proof(index, size, _node)
            merkle.check_inclusion(_LEAVES[index], index, size, path, root)
            with pytest.raises(ProofRefused):
                merkle.check_inclusion(_LEAVES[(index + 1) % 33], index, size, path, root)
            with pytest.raises(ProofRefused):
                merkle.check_inclusion(_LEAVES[index], index, size, [*path, root], root)
            if path:
                with pytest.raises(ProofRefused):
                    merkle.check_inclusion(_LEAVES[index], index, size, path[1:], root)


def test_every_consistency_proof_holds_and_a_changed_past_does_not() -> None:
    """All pairs of sizes; another old root, another new root, a shorter or longer path are refused."""
    for second in _SIZES:
        new = merkle.root_of(second, _node)
        for first in (size for size in (0, *_SIZES) if size <= second):
            old = merkle.root_of(first, _node)
            path = merkle.consistency_proof(first, second, _node)
            merkle.check_consistency(first, second, old, new, path)
            with pytest.raises(ProofRefused):
                merkle.check_consistency(first, second, bytes(32), new, path)
            with pytest.raises(ProofRefused):
                merkle.check_consistency(first, second, old, new, [*path, new])
            if path:
                with pytest.raises(ProofRefused):
                    merkle.check_consistency(first, second, old, new, path[:-1])
                with pytest.raises(ProofRefused):
                    merkle.check_consistency(first, second, old, bytes(32), path)


def test_proofs_are_those_of_an_independent_implementation() -> None:
    """`pymerkle` gives the same path for the same leaf."""
    other = InmemoryTree(algorithm="sha256")
    for number in range(17):
        other.append_entry(f"entry {number}".encode())

    ours = merkle.inclusion_proof(5, 17, _node)
    theirs = other.prove_inclusion(6, 17).serialize()["path"]

    assert [hashed.hex() for hashed in ours] == theirs[1:]


def test_a_shorter_log_is_never_consistent() -> None:
    """Going back is refused before any hash is compared."""
    root = merkle.root_of(4, _node)

    with pytest.raises(ProofRefused):
        merkle.check_consistency(8, 4, merkle.root_of(8, _node), root, [])
