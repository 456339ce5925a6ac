"""Status lists for any set: two writers, the same bytes; shards that are the list; deltas that make it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apcv_backend.publication.status_builder import build_status_list
from cartes.errors import InvalidValue
from cartes.status import StatusHead, StatusList, StatusPurpose, StatusShards
from cartes.status_delta import StatusDelta
from cartes.status_rice import read_gaps, rice_parameter, shard_width, write_gaps

AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
SIZES = st.one_of(st.integers(0, 300), st.integers(1, 1 << 22), st.integers(60_000_000, 1 << 27))


@st.composite
def lists(draw: st.DrawFn, number: int = 0) -> StatusList:
    """Any list: empty, full, sparse, dense here and empty there."""
    size = draw(SIZES)
    scattered = draw(st.frozensets(st.integers(0, max(size - 1, 0)), max_size=60)) if size else frozenset()
    first = draw(st.integers(0, size))
    block = range(first, min(size, first + draw(st.sampled_from([0, 0, 40, 3000]))))
    return StatusList(1, StatusPurpose.REVOKED, size, AT, scattered | frozenset(block), number)


@given(lists())
def test_arrays_write_the_same_bytes(listed: StatusList) -> None:
    """The publisher's fast writer and the plain one are one format."""
    indices = np.array(sorted(listed.indices), dtype=np.int64)

    assert build_status_list(listed.head, indices) == listed.encode()


@given(lists(), st.data())
def test_a_shard_answers_as_the_whole(listed: StatusList, data: st.DataObject) -> None:
    """What is read shard by shard is the list, at its borders too, and reading leaves the bytes canonical."""
    shards = StatusShards.parse(listed.encode())
    width = shard_width(listed.size, len(listed.indices))
    borders = {edge + step for edge in range(0, listed.size, 1 << width) for step in (-1, 0)}
    asked = {idx for idx in borders | set(listed.indices) if 0 <= idx < listed.size}
    if listed.size:
        asked.add(data.draw(st.integers(0, listed.size - 1)))

    assert all(shards.is_set(idx) == listed.is_set(idx) for idx in asked)
    assert StatusList.decode(listed.encode()) == listed


@given(lists(), st.data())
def test_one_changed_byte_is_refused_or_is_another_list_in_its_own_form(
    listed: StatusList, data: st.DataObject
) -> None:
    """No two encodings of one list: whatever is accepted is exactly what would have been written."""
    encoded = bytearray(listed.encode())
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] ^= data.draw(st.integers(1, 255))

    try:
        read = StatusList.decode(bytes(encoded))
    except InvalidValue:
        return
    assert read.encode() == bytes(encoded)


@given(lists(number=7), lists(), st.data())
def test_a_delta_makes_the_next_list_and_nothing_else(
    before: StatusList, other: StatusList, data: st.DataObject
) -> None:
    """Applied to edition n it gives n + 1 byte for byte; to any other list or edition, a refusal."""
    after = StatusList(1, StatusPurpose.REVOKED, max(before.size, other.size), AT, other.indices, 8)
    delta = StatusDelta.decode(StatusDelta.between(before, after).encode())

    assert delta.apply(before).encode() == after.encode()
    strangers = [
        StatusList(1, before.purpose, before.size, AT, before.indices, data.draw(st.sampled_from([6, 8, 9]))),
        StatusList(2, before.purpose, before.size, AT, before.indices, 7),
        StatusList(1, StatusPurpose.SUSPENDED, before.size, AT, before.indices, 7),
    ]
    if before.size:
        flipped = before.indices ^ {data.draw(st.integers(0, before.size - 1))}
        strangers.append(StatusList(1, before.purpose, before.size, AT, flipped, 7))
    for stranger in strangers:
        with pytest.raises(InvalidValue):
            delta.apply(stranger)


@given(st.binary(max_size=200), st.integers(0, 27), st.integers(0, 200))
def test_any_bits_are_refused_or_written_back_the_same(bits: bytes, k: int, count: int) -> None:
    """The reader accepts what the writer writes and nothing else."""
    try:
        found = read_gaps(bits, k, count, 1 << 27)
    except InvalidValue:
        return
    assert write_gaps(found, k) == bits


def test_a_sea_of_ones_costs_no_more_than_its_bytes() -> None:
    """A code that never ends is refused at once, wherever it stands, and not read from each of its places."""
    for bits in (b"\xff" * 1_000_000, b"\xff" * 999_999 + b"\xfe", b"\x00" + b"\xff" * 999_999):
        for k in (0, 5, 20):
            with pytest.raises(InvalidValue):
                read_gaps(bits, k, 300_000 if k == 0 else 50_000, 1 << 20)


def test_unsorted_or_outside_indices_are_not_written() -> None:
    """The fast writer refuses what would make another list than the one asked for."""
    head = StatusHead(1, StatusPurpose.REVOKED, 100, AT)
    for indices in ([3, 2], [3, 3], [-1], [100]):
        with pytest.raises(InvalidValue):
            build_status_list(head, np.array(indices, dtype=np.int64))


def test_sparse_lists_have_wide_shards() -> None:
    """2^20 slots where 1 % is set; wide ones where few are, so that the directory weighs nothing."""
    assert shard_width(70_000_000, 700_000) == 20
    assert shard_width(70_000_000, 12_000) == 25
    assert shard_width(70_000_000, 0) == 27
    assert rice_parameter(70_000_000, 700_000) == 6
