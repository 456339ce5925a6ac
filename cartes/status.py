"""Status lists: which slots are revoked or suspended, exactly, in about the fewest bytes possible.

The issuer numbers the slots, so "which ones" is a sorted set of integers. The gaps between them are
Rice-coded (`status_rice.py`): with 1 % of 70 million slots set, 710 kB, within 1 % of the entropy, no false
positive ever. A list is cut into shards of 2^20 slots, and a scan opens the one it needs.

The bytes travel as a TUF target, which signs and dates them; here they are only read, strictly:
`[version, list, purpose, number, size, issued_at, count, directory, bits]` in deterministic CBOR. `number` is
0 for the live window, the list that tills use; a full list has a number from 1, one more at each edition. The
directory says, for each shard, how many slots are set and on how many bytes, in LEB128.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cartes import fields
from cartes.cards import MAX_LIST
from cartes.errors import BadCbor, BadStructure, InvalidValue, StatusIndexOutOfRange
from cartes.status_rice import (
    MAX_SLOTS,
    read_gaps,
    rice_parameter,
    shard_count,
    shard_width,
    write_gaps,
)
from cartes.wire import strict_cbor

__all__ = [
    "LIVE_WINDOW",
    "MAX_SLOTS",
    "StatusHead",
    "StatusList",
    "StatusPurpose",
    "StatusShards",
    "rice_parameter",
]

VERSION: Final = 2
LIVE_WINDOW: Final = 0
"""The number of a list that names only slots on which a card may still be alive."""
MAX_ENCODED: Final = 8 << 20
_MEMBERS: Final = 9
_LAST_GROUP: Final = 28
_MORE: Final = 0x80


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
class StatusHead:
    """What a list is about: `size` slots numbered from 0, as of `issued_at` (UTC, whole seconds)."""

    list_id: int
    purpose: StatusPurpose
    size: int
    issued_at: datetime
    number: int = LIVE_WINDOW

    def __post_init__(self) -> None:
        object.__setattr__(self, "issued_at", fields.whole_second(self.issued_at, "status_list"))
        in_range = 0 <= self.list_id <= MAX_LIST and 0 <= self.size <= MAX_SLOTS
        if not in_range or not 0 <= self.number <= fields.MAX_UINT32:
            raise InvalidValue(what="status_list", why="out_of_range")

    def encode(self, shards: Iterable[tuple[int, bytes]]) -> bytes:
        """The whole list, from the number of set slots and the bits of each of its shards, in order."""
        count, directory, bits = 0, bytearray(), []
        for in_shard, shard in shards:
            count += in_shard
            directory += _leb128(in_shard) + _leb128(len(shard))
            bits.append(shard)
        about = [VERSION, self.list_id, self.purpose.wire, self.number, self.size]
        tail = [fields.unix(self.issued_at), count, bytes(directory), b"".join(bits)]
        return strict_cbor.dumps([*about, *tail])


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list as a value: the slots of `indices` are set. See `StatusHead` for the other members."""

    list_id: int
    purpose: StatusPurpose
    size: int
    issued_at: datetime
    indices: frozenset[int]
    number: int = LIVE_WINDOW

    def __post_init__(self) -> None:
        object.__setattr__(self, "issued_at", self.head.issued_at)
        if self.indices and not (min(self.indices) >= 0 and max(self.indices) < self.size):
            raise InvalidValue(what="status_list", why="index_out_of_range")

    @property
    def head(self) -> StatusHead:
        """What the list is about."""
        return StatusHead(self.list_id, self.purpose, self.size, self.issued_at, self.number)

    def is_set(self, idx: int) -> bool:
        """Whether slot `idx` is set; `StatusIndexOutOfRange` when the list has no such slot."""
        if not 0 <= idx < self.size:
            raise StatusIndexOutOfRange(list=self.list_id, size=self.size)
        return idx in self.indices

    def encode(self) -> bytes:
        """The list as bytes; one list has one encoding."""
        count = len(self.indices)
        k, width = rice_parameter(self.size, count), shard_width(self.size, count)
        inside = (1 << width) - 1
        places: list[list[int]] = [[] for _ in range(shard_count(self.size, width))]
        for index in sorted(self.indices):
            places[index >> width].append(index & inside)
        return self.head.encode((len(place), write_gaps(place, k)) for place in places)

    @classmethod
    def decode(cls, data: bytes) -> StatusList:
        """Read what `encode` writes; `InvalidValue` for anything else. Work is bounded by the bytes given."""
        shards = StatusShards.parse(data)
        about = shards.head
        return cls(about.list_id, about.purpose, about.size, about.issued_at, shards.indices, about.number)


@dataclass(frozen=True, slots=True)
class _Shard:
    """Where one shard stands among the bits, and how many of its slots are set."""

    start: int
    end: int
    count: int


@dataclass(frozen=True, slots=True)
class StatusShards:
    """A list as it travels, each shard opened when it is first asked for, and kept.

    `parse` has proven the head and the directory; what a shard holds is proven when it is opened.
    """

    head: StatusHead
    count: int
    _width: int
    _shards: tuple[_Shard, ...] = field(repr=False)
    _bits: bytes = field(repr=False)
    _opened: dict[int, frozenset[int]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def parse(cls, data: bytes) -> StatusShards:
        """Read the head and the directory of a list; `InvalidValue` if they are not what `encode` writes."""
        try:
            whole = strict_cbor.loads(data, max_size=MAX_ENCODED)
            version, *about, directory, bits = fields.array(whole, "status_list", _MEMBERS)
            list_id, purpose, number, size, issued_at, count = about
            fields.uint(version, "version", VERSION)
            head = StatusHead(
                fields.uint(list_id, "list", MAX_LIST),
                _PURPOSES[fields.uint(purpose, "purpose", 1)],
                fields.uint(size, "size", MAX_SLOTS),
                fields.instant(issued_at, "issued_at"),
                fields.uint(number, "number", fields.MAX_UINT32),
            )
            fields.uint(count, "count", size)
        except (BadCbor, BadStructure) as refused:
            raise InvalidValue(what="status_list", **refused.facts) from refused
        if version != VERSION or type(directory) is not bytes or type(bits) is not bytes:
            raise InvalidValue(what="status_list", why="shape")
        width = shard_width(size, count)
        shards = tuple(_shards(directory))
        if len(shards) != shard_count(size, width) or sum(shard.count for shard in shards) != count:
            raise InvalidValue(what="status_list", why="directory")
        if (shards[-1].end if shards else 0) != len(bits):
            raise InvalidValue(what="status_list", why="directory")
        return cls(head, count, width, shards, bits)

    @property
    def issued_at(self) -> datetime:
        """When the list was made (UTC)."""
        return self.head.issued_at

    @property
    def indices(self) -> frozenset[int]:
        """Every set slot. Raises `InvalidValue` if one is not what `encode` writes."""
        return frozenset(self.ordered())

    def ordered(self) -> Iterator[int]:
        """Every set slot, in order, shard after shard, keeping none. Raises `InvalidValue` like `indices`."""
        for place in range(len(self._shards)):
            first = place << self._width
            yield from (first + inside for inside in self._read(place))

    def is_set(self, idx: int) -> bool:
        """Whether slot `idx` is set; opens its shard the first time.

        Raises:
            StatusIndexOutOfRange: the list has no such slot. InvalidValue: the shard is damaged.
        """
        place = idx >> self._width
        opened = self._opened.get(place)
        if opened is None or idx >= self.head.size:
            if not 0 <= idx < self.head.size:
                raise StatusIndexOutOfRange(list=self.head.list_id, size=self.head.size)
            opened = self._open(place)
        return idx & ((1 << self._width) - 1) in opened

    def check_whole(self) -> None:
        """Prove every shard, keeping none. Raises `InvalidValue`."""
        for place in range(len(self._shards)):
            self._read(place)

    def _open(self, place: int) -> frozenset[int]:
        opened = self._opened.get(place)
        if opened is None:
            opened = self._opened[place] = frozenset(self._read(place))
        return opened

    def _read(self, place: int) -> list[int]:
        shard = self._shards[place]
        slots = min(1 << self._width, self.head.size - (place << self._width))
        k = rice_parameter(self.head.size, self.count)
        return read_gaps(self._bits[shard.start : shard.end], k, shard.count, slots)


def _leb128(value: int) -> bytes:
    written = bytearray()
    while value >= _MORE:
        written.append(value % _MORE | _MORE)
        value >>= 7
    written.append(value)
    return bytes(written)


def _shards(directory: bytes) -> Iterator[_Shard]:
    """The shards a directory describes. Raises `InvalidValue` when a number is not in its shortest form."""
    numbers = []
    value = shift = 0
    for byte in directory:
        value |= (byte % _MORE) << shift
        if byte & _MORE:
            shift += 7
            if shift > _LAST_GROUP:
                raise InvalidValue(what="status_list", why="directory")
            continue
        if shift and not byte:
            raise InvalidValue(what="status_list", why="directory")
        numbers.append(value)
        value = shift = 0
    if shift or len(numbers) % 2:
        raise InvalidValue(what="status_list", why="directory")
    start = 0
    for count, length in zip(numbers[::2], numbers[1::2], strict=True):
        yield _Shard(start, start + length, count)
        start += length
