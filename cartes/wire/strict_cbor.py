"""CBOR as this house reads and writes it: one encoding for one value, and nothing but plain data.

This is the only place that calls `cbor2`. Left alone, that library accepts trailing bytes, duplicate keys,
indefinite lengths and integers written too long, and builds regular expressions, e-mails or
`Decimal('1E+1000000000')` from tags. Here a value is made of integers of 64 bits, byte strings, text, arrays,
maps whose keys are integers or text, true, false and null. There are no tags and no floats.

Reading refuses everything but the deterministic encoding (RFC 8949 section 4.2.1), so that two different byte
strings never mean the same card.

>>> loads(dumps({8: [1, b"a", None], -1: "é"}))
{8: [1, b'a', None], -1: 'é'}
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, NoReturn

import cbor2

from cartes.errors import BadCbor, InvalidValue

MAX_DEPTH: Final = 16
MAX_SIZE: Final = 65_536
_UINT64: Final = 1 << 64
_AS_IT_IS: Final = frozenset({str, bytes, bool, type(None)})


def _refuse_tag(*_: object) -> NoReturn:
    raise ValueError("tag")


# The tags cbor2 6.2 knows how to turn into objects: dates, bignums, decimals, references, regular
# expressions, messages, sets, addresses... All others reach `tag_hook`. A test tries the first 70 000.
_KNOWN_TAGS: Final = (
    *range(6),
    *(25, 28, 29, 30, 35, 36, 37, 43, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799),
)
_REFUSED_TAGS: Final = dict.fromkeys(_KNOWN_TAGS, _refuse_tag)


def loads(data: bytes, max_size: int = MAX_SIZE) -> Any:
    """Read one value, or raise `BadCbor` saying why.

    The check that the bytes are *the* encoding of the value costs no second encoding. What can be decoded
    here without tags, floats, duplicate keys or indefinite lengths can differ from the deterministic form in
    two ways only: a length or an integer written longer than needed, which makes the whole longer, or the
    order of a map's keys, which decoding preserves. So the size of the shortest form is counted, and the
    order of the keys looked at.
    """
    if len(data) > max_size:
        raise BadCbor(why="too_long", size=len(data), most=max_size)
    try:
        value = cbor2.loads(
            data,
            tag_hook=_refuse_tag,
            semantic_decoders=_REFUSED_TAGS,
            str_errors="strict",
            max_depth=MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
    except (cbor2.CBORError, ValueError, TypeError) as refused:
        raise BadCbor(why="not_decodable") from refused
    if _shortest((value,)) != len(data):
        raise BadCbor(why="not_deterministic_or_trailing_bytes")
    return value


def dumps(value: object) -> bytes:
    """Write a value in its deterministic encoding; `InvalidValue` if it holds anything but plain data."""
    try:
        return bytes(cbor2.dumps(_in_order(value, MAX_DEPTH)))
    except UnicodeEncodeError as refused:
        raise InvalidValue(what="cbor", why="text_not_utf8") from refused


def _head(number: int) -> int:
    """How many bytes the shortest head takes for a length or an unsigned integer (RFC 8949 section 3)."""
    if number < 24:  # noqa: PLR2004 - the limits of RFC 8949 section 3
        return 1
    return 2 if number < 1 << 8 else 3 if number < 1 << 16 else 5 if number < 1 << 32 else 9


def _shortest(items: Iterable[Any]) -> int:
    """The size of these items' deterministic encodings; refuses what is not plain data, or not in order.

    This is on the path of every scan, so the heads of the usual short items are counted in place.
    """
    size = 0
    for item in items:
        kind = type(item)
        if kind is int:
            size += 1 if 0 <= item < 24 else _head(item if item >= 0 else ~item)  # noqa: PLR2004 - RFC 8949, 3
        elif kind is str:
            length = len(item) if item.isascii() else len(item.encode())
            size += length + 1 if length < 24 else length + _head(length)  # noqa: PLR2004 - RFC 8949, 3
        elif kind is list:
            size += _head(len(item)) + (_shortest(item) if item else 0)
        elif item is None or kind is bool:
            size += 1
        elif kind is bytes:
            size += len(item) + _head(len(item))
        elif kind is dict:
            if not _keys_hold(*item):
                raise BadCbor(why="map_keys_not_plain_or_out_of_order")
            size += _head(len(item)) + _shortest(item) + _shortest(item.values())
        else:
            raise BadCbor(why="type_not_allowed", type=kind.__name__)
    return size


@lru_cache(maxsize=64, typed=True)  # the maps of a card always have the same few keys
def _keys_hold(*keys: Any) -> bool:
    """Keys are integers or text, in the bytewise order of their encodings (RFC 8949 section 4.2.1)."""
    if not all(type(key) is int or type(key) is str for key in keys):
        return False
    return all(_key_order(first) < _key_order(second) for first, second in pairwise(keys))


def _key_order(key: Any) -> tuple[int, int, bytes]:
    """What sorts keys as their encodings sort: unsigned integers, then negative ones, then text by length."""
    if type(key) is int:
        return (0, key, b"") if key >= 0 else (1, ~key, b"")
    text = key.encode()
    return (3, len(text), text)


def _in_order(value: Any, depth: int) -> Any:
    """The same value with every map in order; refuses what this house does not write."""
    if depth < 0:
        raise InvalidValue(what="cbor", why="too_deep")
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    if kind is list or kind is tuple:
        return [_in_order(item, depth - 1) for item in value]
    if kind is dict:
        if not all(type(key) is int or type(key) is str for key in value):
            raise InvalidValue(what="cbor", why="map_key_type")
        return {key: _in_order(value[key], depth - 1) for key in sorted(value, key=_key_order)}
    if kind is int:
        if not -_UINT64 <= value < _UINT64:
            raise InvalidValue(what="cbor", why="integer_beyond_64_bits")
        return value
    raise InvalidValue(what="cbor", why="type_not_allowed", type=kind.__name__)
