"""Status lists: which slots are revoked or suspended, exactly, in about the fewest bytes possible.

The issuer numbers the slots, so "which ones" is a sorted set of integers. The gaps between them are
Rice-coded: with 1 % of 70 million slots set, 708 kB, within 1 % of the entropy, no false positive ever.

The bytes travel as a TUF target, which signs and dates them; here they are only read, strictly:
`[version, list, purpose, size, issued_at, k, count, bits]` in deterministic CBOR.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cartes import fields
from cartes.cards import MAX_LIST
from cartes.errors import BadCbor, BadStructure, InvalidValue, StatusIndexOutOfRange
from cartes.wire import strict_cbor

VERSION: Final = 1
MAX_SLOTS: Final = 1 << 27
"""More slots than there are people in France, and a bound on the work a list can ask for."""
MAX_ENCODED: Final = 8 << 20
_MEMBERS: Final = 8


class StatusPurpose(enum.Enum):
    """What a set slot means: revoked for good, or suspended for a time. `wire` is the number that travels."""

    REVOKED = "revoked"
    SUSPENDED = "suspended"

    @property
    def wire(self) -> int:
        """0 for revoked, 1 for suspended."""
        return 0 if self is StatusPurpose.REVOKED else 1


_PURPOSES: Final = {purpose.wire: purpose for purpose in StatusPurpose}


@dataclass(frozen=True, slots=True)
class StatusList:
    """One list: `size` slots numbered from 0, those of `indices` set, as of `issued_at` (UTC)."""

    list_id: int
    purpose: StatusPurpose
    size: int
    issued_at: datetime
    indices: frozenset[int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "issued_at", fields.whole_second(self.issued_at, "status_list"))
        if not 0 <= self.list_id <= MAX_LIST or not 0 <= self.size <= MAX_SLOTS:
            raise InvalidValue(what="status_list", why="out_of_range")
        if self.indices and not (min(self.indices) >= 0 and max(self.indices) < self.size):
            raise InvalidValue(what="status_list", why="index_out_of_range")

    def is_set(self, idx: int) -> bool:
        """Whether slot `idx` is set; `StatusIndexOutOfRange` when the list has no such slot."""
        if not 0 <= idx < self.size:
            raise StatusIndexOutOfRange(list=self.list_id, size=self.size)
        return idx in self.indices

    def encode(self) -> bytes:
        """The list as bytes; one list has one encoding."""
        k = rice_parameter(self.size, len(self.indices))
        members: list[Any] = [
            VERSION,
            self.list_id,
            self.purpose.wire,
            self.size,
            fields.unix(self.issued_at),
        ]
        return strict_cbor.dumps([*members, k, len(self.indices), _rice(sorted(self.indices), k)])

    @classmethod
    def decode(cls, data: bytes) -> StatusList:
        """Read what `encode` writes; `InvalidValue` for anything else. Work is bounded by the bytes given."""
        try:
            whole = strict_cbor.loads(data, max_size=MAX_ENCODED)
            members = fields.array(whole, "status_list", _MEMBERS)
            version, list_id, purpose, size, issued_at, k, count, bits = members
            fields.uint(list_id, "list", MAX_LIST)
            fields.uint(size, "size", MAX_SLOTS)
            fields.uint(count, "count", size)
            moment = datetime.fromtimestamp(fields.uint(issued_at, "issued_at", fields.MAX_UINT32), UTC)
            known = _PURPOSES.get(fields.uint(purpose, "purpose", 1))
        except (BadCbor, BadStructure) as refused:
            raise InvalidValue(what="status_list", **refused.facts) from refused
        if type(version) is not int or version != VERSION or known is None or type(bits) is not bytes:
            raise InvalidValue(what="status_list", why="shape")
        if type(k) is not int or k != rice_parameter(size, count):
            raise InvalidValue(what="status_list", why="rice_parameter")
        return cls(list_id, known, size, moment, _unrice(bits, k, count, size))


def rice_parameter(size: int, count: int) -> int:
    """The number of low bits written plainly, in integers so that all agree.

    The best one for gaps like these is floor(log2(0.962 * mean gap)); 0.962 is twice the logarithm of the
    golden ratio.
    """
    if count == 0:
        return 0
    return max(0, (962 * size // (1000 * count)).bit_length() - 1)


def _rice(ordered: Iterable[int], k: int) -> bytes:
    """Each gap less one: its high part in unary (ones, then a zero), then `k` low bits; zeros to the byte."""
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
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def _unrice(bits: bytes, k: int, count: int, size: int) -> frozenset[int]:
    """The indices; `InvalidValue` when the bits end early, run over, or leave the list."""
    if count == 0:
        if bits:
            raise InvalidValue(what="status_list", why="bits_left_over")
        return frozenset()
    if len(bits) * 8 < count * (k + 1):
        raise InvalidValue(what="status_list", why="bits_end_early")
    text = bin(int.from_bytes(b"\x01" + bits, "big"))[3:]
    found = []
    position, index = 0, -1
    for _ in range(count):
        stop = text.find("0", position)
        end = stop + 1 + k
        if stop < 0 or end > len(text):
            raise InvalidValue(what="status_list", why="bits_end_early")
        index += 1 + ((stop - position) << k) + (int(text[stop + 1 : end], 2) if k else 0)
        found.append(index)
        position = end
    if index >= size:
        raise InvalidValue(what="status_list", why="index_out_of_range")
    if len(text) - position >= 8 or "1" in text[position:]:  # noqa: PLR2004 - less than a byte of padding
        raise InvalidValue(what="status_list", why="bits_left_over")
    return frozenset(found)
