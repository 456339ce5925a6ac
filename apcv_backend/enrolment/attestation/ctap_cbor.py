"""The CBOR of authenticators (CTAP 2.1 section 8, a subset of RFC 8949), read item by item.

Attestation objects nest items without saying where one ends (a COSE key, then extensions), so this reader
gives the end of what it read. It takes what CTAP2 allows, integers, byte and text strings, arrays, maps and
the two booleans and null, in their shortest form, and refuses the rest: indefinite lengths, tags, floats,
depth, and any key said twice, `1` and `true` being different keys here.

The order of map keys is not enforced: phones in people's hands get it wrong, and no two readers can disagree
over a map whose keys are all different.
"""

from __future__ import annotations

from typing import Final

from apcv_backend.enrolment.ceremony.errors import CborDuplicateKey, CborMalformed

MAX_DEPTH = 8
_UINT, _NINT, _BYTES, _TEXT, _ARRAY, _MAP = range(6)
_SHORT, _RESERVED = 24, 28
_SIMPLE: Final[dict[int, bool | None]] = {0xF4: False, 0xF5: True, 0xF6: None}
# The smallest value each of the four longer encodings may carry (RFC 8949 section 4.2.1).
_SMALLEST = (24, 1 << 8, 1 << 16, 1 << 32)

Item = int | bytes | str | bool | list["Item"] | dict[object, "Item"] | None


def read_item(data: bytes, start: int = 0, depth: int = 0) -> tuple[Item, int]:
    """One item of `data` from `start`, and the offset just after it.

    Raises:
        CborMalformed: cut short, too deep, not of the subset, not in shortest form, text not UTF-8.
        CborDuplicateKey: a map says one key twice.
    """
    if depth > MAX_DEPTH:
        raise CborMalformed(why="depth")
    if start >= len(data):
        raise CborMalformed(why="cut short")
    first = data[start]
    if first in _SIMPLE:
        return _SIMPLE[first], start + 1
    major = first >> 5
    if major > _MAP:
        raise CborMalformed(why="type")
    argument, position = _argument(data, start)
    if major == _UINT:
        return argument, position
    if major == _NINT:
        return -1 - argument, position
    # Lengths are compared with what is left before anything is reserved for them.
    if argument > len(data) - position:
        raise CborMalformed(why="length")
    if major in (_BYTES, _TEXT):
        return _string(data[position : position + argument], major), position + argument
    if major == _ARRAY:
        return _array(data, position, argument, depth)
    return _map(data, position, argument, depth)


def read_whole(data: bytes) -> Item:
    """The one item `data` is made of; a byte after it is refused.

    Raises:
        CborMalformed, CborDuplicateKey: as `read_item`.
    """
    item, end = read_item(data)
    if end != len(data):
        raise CborMalformed(why="trailing bytes")
    return item


def _argument(data: bytes, start: int) -> tuple[int, int]:
    low = data[start] & 0x1F
    position = start + 1
    if low < _SHORT:
        return low, position
    if low >= _RESERVED:
        raise CborMalformed(why="indefinite or reserved length")
    size = 1 << (low - _SHORT)
    if len(data) - position < size:
        raise CborMalformed(why="cut short")
    value = int.from_bytes(data[position : position + size], "big")
    if value < _SMALLEST[low - _SHORT]:
        raise CborMalformed(why="not the shortest form")
    return value, position + size


def _string(content: bytes, major: int) -> bytes | str:
    if major == _BYTES:
        return content
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CborMalformed(why="text") from error


def _array(data: bytes, position: int, count: int, depth: int) -> tuple[list[Item], int]:
    items: list[Item] = []
    for _ in range(count):
        item, position = read_item(data, position, depth + 1)
        items.append(item)
    return items, position


def _map(data: bytes, position: int, count: int, depth: int) -> tuple[dict[object, Item], int]:
    entries: dict[object, Item] = {}
    for _ in range(count):
        key, position = read_item(data, position, depth + 1)
        if type(key) not in (int, str, bytes):
            raise CborMalformed(why="map key")
        if key in entries:
            raise CborDuplicateKey
        value, position = read_item(data, position, depth + 1)
        assert isinstance(key, int | str | bytes)
        entries[key] = value
    return entries, position
