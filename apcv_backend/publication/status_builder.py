"""Write a status list of a whole nation: the same bytes as `StatusList.encode`, by arrays.

The publisher's side only: a till reads with the standard library. A property test holds the two writers to
the same bytes (`tests/properties/test_status_properties.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from cartes.errors import InvalidValue
from cartes.status import StatusHead
from cartes.status_rice import rice_parameter, shard_count, shard_width

Indices = npt.NDArray[np.int64]
_BYTE: Final = 8


def build_status_list(head: StatusHead, indices: Indices) -> bytes:
    """The list in which the slots of `indices`, sorted and each once, are set.

    Raises:
        InvalidValue: the indices are not sorted, or leave the list.
    """
    count = len(indices)
    if count and not (indices[0] >= 0 and indices[-1] < head.size and bool((np.diff(indices) > 0).all())):
        raise InvalidValue(what="status_list", why="index_out_of_range")
    return head.encode(_shards(head.size, indices, rice_parameter(head.size, count)))


def _shards(size: int, indices: Indices, k: int) -> Iterator[tuple[int, bytes]]:
    width = shard_width(size, len(indices))
    shards = shard_count(size, width)
    borders = np.searchsorted(indices, np.arange(shards + 1, dtype=np.int64) << width)
    for place in range(shards):
        inside = indices[borders[place] : borders[place + 1]] - (place << width)
        yield len(inside), _rice(inside, k)


def _rice(ordered: Indices, k: int) -> bytes:
    """See `cartes.status_rice.write_gaps`."""
    if not len(ordered):
        return b""
    gaps = np.diff(ordered, prepend=-1) - 1
    high = gaps >> k
    ends = np.cumsum(high + (1 + k))
    stops = ends - (1 + k)
    bits = np.ones(-(-int(ends[-1]) // _BYTE) * _BYTE, dtype=np.uint8)
    bits[ends[-1] :] = 0
    bits[stops] = 0
    for low in range(k):
        bits[stops + (1 + low)] = (gaps >> (k - 1 - low)) & 1
    return np.packbits(bits).tobytes()
