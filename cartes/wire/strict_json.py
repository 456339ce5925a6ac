r"""JSON as this house reads it, and the one form in which it is hashed or signed.

Reading refuses what readers disagree about: duplicate members, NaN and infinities, integers a double cannot
hold (RFC 7493), lone surrogates, a byte order mark, anything but UTF-8. Writing (`canonical`) follows
RFC 8785 for text, integers, booleans, null, arrays and objects; it has no floats, and says so.

>>> canonical(loads('{"b": [1, true], "a": "é"}'))
b'{"a":"\xc3\xa9","b":[1,true]}'
"""

from __future__ import annotations

import json
import math
from typing import Any, Final, NoReturn

from cartes.errors import BadJson, InvalidValue

MAX_SIZE: Final = 65_536
MAX_DEPTH: Final = 64
_SAFE: Final = 2**53 - 1  # the integers every reader agrees about (RFC 7493 section 2.2)
_LONGEST_NUMBER: Final = 32


def loads(data: bytes | str, max_size: int = MAX_SIZE) -> Any:
    """Read one JSON text of at most `max_size` bytes, or raise `BadJson` saying why."""
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        size = len(data) if isinstance(data, bytes) else len(data.encode("utf-8"))
    except UnicodeError as refused:
        raise BadJson(why="not_utf8") from refused
    if size > max_size:
        raise BadJson(why="too_long", size=size, most=max_size)
    try:
        value = _DECODER.decode(text)
    except (json.JSONDecodeError, RecursionError) as refused:
        raise BadJson(why="not_decodable") from refused
    _check_plain(value, MAX_DEPTH)
    return value


def canonical(value: object) -> bytes:
    """Write the canonical form (RFC 8785); `InvalidValue` on floats, wide integers or anything not JSON."""
    return _written(value, MAX_DEPTH).encode("utf-8")


def _object_without_duplicates(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise BadJson(why="duplicate_member")
    return found


def _refuse_constant(_: str) -> NoReturn:
    raise BadJson(why="not_a_number")


def _safe_integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER or not -_SAFE <= int(digits) <= _SAFE:
        raise BadJson(why="integer_too_wide")
    return int(digits)


def _finite_number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadJson(why="not_a_number")
    return number


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object_without_duplicates,
    parse_constant=_refuse_constant,
    parse_int=_safe_integer,
    parse_float=_finite_number,
)

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)
"""Its escapes of a text are those of RFC 8785 section 3.2.2.2. Made once: `json.dumps` makes one a text."""


def _check_plain(value: Any, depth: int) -> None:
    """Refuse what `json` lets through: lone surrogates written as escapes, and depth without end."""
    if depth < 0:
        raise BadJson(why="too_deep")
    if isinstance(value, str):
        if value.isascii():
            return
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as refused:
            raise BadJson(why="lone_surrogate") from refused
    elif isinstance(value, list):
        for item in value:
            _check_plain(item, depth - 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_plain(name, depth)
            _check_plain(item, depth - 1)


def _written(value: Any, depth: int) -> str:
    if depth < 0:
        raise InvalidValue(what="json", why="too_deep")
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        if not -_SAFE <= value <= _SAFE:
            raise InvalidValue(what="json", why="integer_too_wide")
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_written(item, depth - 1) for item in value) + "]"
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        # RFC 8785 section 3.2.3: members sort by their UTF-16 code units.
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_quoted(name)}:{_written(value[name], depth - 1)}" for name in names) + "}"
    raise InvalidValue(what="json", why="type_not_allowed", type=type(value).__name__)


def _quoted(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as refused:
        raise InvalidValue(what="json", why="lone_surrogate") from refused
    return _ENCODER.encode(text)
