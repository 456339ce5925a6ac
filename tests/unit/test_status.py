"""Status lists: exact, small, bounded."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from cartes.errors import InvalidValue, StatusIndexOutOfRange
from cartes.status import MAX_SLOTS, StatusList, StatusPurpose, rice_parameter
from cartes.wire import strict_cbor
from tests.simulators.stopwatch import work_of

AT = datetime(2026, 11, 21, 10, tzinfo=UTC)


def made(size: int, indices: frozenset[int]) -> StatusList:
    return StatusList(1, StatusPurpose.REVOKED, size, AT, indices)


def entropy_bytes(size: int, count: int) -> float:
    p = count / size
    return -size * (p * math.log2(p) + (1 - p) * math.log2(1 - p)) / 8


@pytest.mark.parametrize("share", [0.001, 0.01, 0.05])
def test_two_million_slots_stay_near_their_entropy(share: float) -> None:
    """Professionals of France: within 2 % of the bound, as measured when the codec was chosen."""
    size = 2_000_000
    indices = frozenset(random.Random(7).sample(range(size), int(size * share)))

    encoded = made(size, indices).encode()

    assert StatusList.decode(encoded).indices == indices
    assert len(encoded) < 1.02 * entropy_bytes(size, len(indices)) + 30


def test_ten_times_the_indices_is_no_hundred_times_the_work() -> None:
    """A till opens a large list between two customers: what it costs grows with what is in it."""
    few, many = (
        made(10_000_000, frozenset(random.Random(8).sample(range(10_000_000), count)))
        for count in (10_000, 100_000)
    )

    read = StatusList.decode(many.encode())
    ratio = work_of(lambda: StatusList.decode(many.encode()), 3) / work_of(
        lambda: StatusList.decode(few.encode()), 3
    )

    assert read == many
    assert ratio < 40


@pytest.mark.parametrize(
    "indices", [frozenset(), frozenset({0}), frozenset({99}), frozenset(range(100)), frozenset({0, 99})]
)
def test_edges_come_back(indices: frozenset[int]) -> None:
    """None, the first, the last, all."""
    listed = made(100, indices)

    assert StatusList.decode(listed.encode()) == listed
    assert [listed.is_set(idx) for idx in range(100)] == [idx in indices for idx in range(100)]


@pytest.mark.parametrize("idx", [-1, 100, 1 << 40])
def test_a_slot_outside_is_refused(idx: int) -> None:
    """A card that names a slot the list does not have is not "not revoked"."""
    with pytest.raises(StatusIndexOutOfRange):
        made(100, frozenset({3})).is_set(idx)


@pytest.mark.parametrize(
    ("member", "value"),
    [(0, 1), (0, True), (1, 1 << 16), (2, 2), (2, None), (3, -1), (3, 1 << 32), (4, MAX_SLOTS + 1), (4, 4),
     (5, 1 << 32), (6, 2), (6, 1000), (6, -1), (7, b""), (7, b"\x03"), (7, b"\x02\x03"), (7, b"\x83\x00\x03"),
     (7, b"\x03\x03\x00\x00"), (7, b"\x03\x02"), (7, b"\xff" * 9), (7, b"\x03\x83"), (7, "text"),
     (8, b""), (8, b"\xff" * 40), (8, b"\xff" * 3), (8, "text"), (8, bytes(4))],
)  # fmt: skip
def test_damaged_lists_are_refused(member: int, value: Any) -> None:
    """Each member out of its range, and bits that do not say what the count says."""
    members = strict_cbor.loads(made(100, frozenset({3, 50, 70})).encode())
    members[member] = value

    with pytest.raises(InvalidValue):
        StatusList.decode(strict_cbor.dumps(members))


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x80", b"\xff" * 100, b"\x88" + bytes(8) + b"\x00"])
def test_other_bytes_are_refused(data: bytes) -> None:
    """Not a list at all."""
    with pytest.raises(InvalidValue):
        StatusList.decode(data)


def test_an_index_outside_cannot_be_published() -> None:
    """The list is refused when it is built."""
    with pytest.raises(InvalidValue):
        made(100, frozenset({100}))
    with pytest.raises(InvalidValue):
        made(100, frozenset({-1}))


def test_parameter_is_the_best_or_next_to_it() -> None:
    """The integer rule for k is within 2 % of the best k, over all densities."""
    generator = random.Random(9)
    for count in (10, 100, 1000, 10_000, 60_000):
        ordered = sorted(generator.sample(range(100_000), count))
        gaps = [b - a - 1 for a, b in zip([-1, *ordered], ordered, strict=False)]
        cost = {k: sum((gap >> k) + 1 + k for gap in gaps) for k in range(20)}
        assert cost[rice_parameter(100_000, count)] <= 1.02 * min(cost.values())
