"""Rice-coded gaps: a sorted set of integers in about the fewest bits possible.

Each gap, less one, is written as its high part in unary (ones, then a zero) and `k` low bits. A list and the
number of its slots have one `k` and one way to be cut into shards, both computed and neither sent: one list
has one encoding.

Pure: no clock, no file, no numpy. The publisher has a faster writer of the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import accumulate
from typing import Final

from cartes.errors import InvalidValue

MAX_SLOTS: Final = 1 << 27
"""More slots than there are people in France, and a bound on the work a list can ask for."""
SHARD_WIDTH: Final = 20
"""A shard is 2^20 slots, or more where a list is so sparse that more is opened as quickly."""
_FULL_SHARD: Final = 8192
_TABLE_WIDTH: Final = 10
_BYTE: Final = 8


def rice_parameter(size: int, count: int) -> int:
    """The number of low bits written plainly, in integers so that all agree.

    The best one for gaps like these is floor(log2(0.962 * mean gap)); 0.962 is twice the logarithm of the
    golden ratio.
    """
    if count == 0:
        return 0
    return max(0, (962 * size // (1000 * count)).bit_length() - 1)


def shard_width(size: int, count: int) -> int:
    """How many bits of an index say its place inside its shard: 20, or more while few slots are set."""
    width = SHARD_WIDTH
    while (1 << width) < size and (count << (width + 1)) <= _FULL_SHARD * size:
        width += 1
    return width


def shard_count(size: int, width: int) -> int:
    """How many shards of 2^`width` slots hold `size` slots."""
    return -(-size >> width)


def write_gaps(ordered: Iterable[int], k: int) -> bytes:
    """The code of a sorted set of integers from 0 up; zeros to the byte."""
    low = (1 << k) - 1
    width = f"0{k}b" if k else ""
    words = []
    previous = -1
    for index in ordered:
        gap = index - previous - 1
        previous = index
        words.append("1" * (gap >> k) + "0" + (format(gap & low, width) if k else ""))
    text = "".join(words)
    if not text:
        return b""
    text += "0" * (-len(text) % _BYTE)
    return int(text, 2).to_bytes(len(text) // _BYTE, "big")


def read_gaps(bits: bytes, k: int, count: int, slots: int) -> list[int]:
    """The sorted integers below `slots` that `write_gaps` wrote. The work is bounded by the bytes given.

    Raises:
        InvalidValue: the bits end early, run over, leave the list, or are not what `write_gaps` writes.
    """
    if count == 0:
        if bits:
            raise _refused("bits_left_over")
        return []
    if len(bits) * _BYTE < count * (k + 1):
        raise _refused("bits_end_early")
    text = bin(int.from_bytes(b"\x01" + bits, "big"))[3:]
    # After the last zero that has k bits behind it no code can begin: what stands there belongs to the last
    # code. Without this, a long run of ones would be read again from each of its places.
    last_end = len(text) - k
    last_zero = text.rfind("0", 0, last_end)
    if last_zero < 0 or last_end - 1 - last_zero > k:
        raise _refused("bits_end_early")
    codes = _pattern(k).findall(text)
    if len(codes) < count:
        raise _refused("bits_end_early")
    del codes[count:]
    if k == 0:
        gaps = [1 + len(high) for high, _ in codes]
    elif k <= _TABLE_WIDTH:
        lows = _lows(k)
        gaps = [1 + (len(high) << k) + lows[low] for high, low in codes]
    else:
        gaps = [1 + (len(high) << k) + int(low, 2) for high, low in codes]
    found = list(accumulate(gaps, initial=-1))
    del found[0]
    if found[-1] >= slots:
        raise _refused("index_out_of_range")
    read = count * (k + 1) + sum(len(high) for high, _ in codes)
    if len(text) - read >= _BYTE or "1" in text[read:]:
        raise _refused("bits_left_over")
    return found


@lru_cache(maxsize=32)
def _pattern(k: int) -> re.Pattern[str]:
    return re.compile(f"(1*+)0([01]{{{k}}})")


@lru_cache(maxsize=_TABLE_WIDTH)
def _lows(k: int) -> Mapping[str, int]:
    return {format(value, f"0{k}b"): value for value in range(1 << k)}


def _refused(why: str) -> InvalidValue:
    return InvalidValue(what="status_list", why=why)
