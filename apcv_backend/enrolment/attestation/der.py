"""A small strict reader of DER (ITU-T X.690): what attestation extensions are written in.

Definite lengths in their shortest form, tags of any number, nothing after the value. Enough for the Android
key description, Apple's nonce and the AAGUID extension; no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cartes.errors import CarteError

UNIVERSAL, CONTEXT = 0, 2
BOOLEAN, INTEGER, OCTET_STRING, NULL, ENUMERATED, SEQUENCE, SET = 1, 2, 4, 5, 10, 16, 17
_HIGH_TAG = 0x1F
_MAX_TAG_BYTES = 4
_MAX_LENGTH_BYTES = 3
_MAX_INTEGER_BYTES = 9


class BadDer(CarteError):
    """Not the DER that was expected here."""

    code = "bad_der"


@dataclass(frozen=True, slots=True)
class Value:
    """One tagged value: class, whether it holds others, tag number, content."""

    kind: int
    constructed: bool
    tag: int
    content: bytes = field(repr=False)

    def octets(self) -> bytes:
        """The content of an OCTET STRING."""
        self._expect(OCTET_STRING)
        return self.content

    def integer(self, tag: int = INTEGER) -> int:
        """The value of an INTEGER (or ENUMERATED), in its shortest form."""
        self._expect(tag)
        content = self.content
        if not 0 < len(content) <= _MAX_INTEGER_BYTES:
            raise BadDer(why="integer")
        if len(content) > 1 and content[0] in (0x00, 0xFF) and (content[0] ^ content[1]) < 0x80:  # noqa: PLR2004 - same sign bit
            raise BadDer(why="integer not shortest")
        return int.from_bytes(content, "big", signed=True)

    def boolean(self) -> bool:
        """The value of a BOOLEAN: 00 or FF."""
        self._expect(BOOLEAN)
        if self.content not in (b"\x00", b"\xff"):
            raise BadDer(why="boolean")
        return self.content == b"\xff"

    def items(self, tag: int = SEQUENCE) -> list[Value]:
        """The values inside a SEQUENCE or SET."""
        if (self.kind, self.tag, self.constructed) != (UNIVERSAL, tag, True):
            raise BadDer(why="not constructed")
        return _read_all(self.content)

    def explicit(self) -> Value:
        """The one value inside an explicitly tagged one."""
        if not self.constructed:
            raise BadDer(why="not explicit")
        return read_whole(self.content)

    def _expect(self, tag: int) -> None:
        if (self.kind, self.tag, self.constructed) != (UNIVERSAL, tag, False):
            raise BadDer(why="tag", found=self.tag, expected=tag)


def read_whole(data: bytes) -> Value:
    """The one value `data` is made of.

    Raises:
        BadDer: not DER, or a byte after it.
    """
    value, end = _read(data, 0)
    if end != len(data):
        raise BadDer(why="trailing bytes")
    return value


def _read_all(data: bytes) -> list[Value]:
    values: list[Value] = []
    position = 0
    while position < len(data):
        value, position = _read(data, position)
        values.append(value)
    return values


def _read(data: bytes, position: int) -> tuple[Value, int]:
    first, position = _byte(data, position)
    tag = first & _HIGH_TAG
    if tag == _HIGH_TAG:
        tag, position = _long_tag(data, position)
    length, position = _length(data, position)
    content = data[position : position + length]
    if len(content) != length:
        raise BadDer(why="cut short")
    return Value(first >> 6, bool(first & 0x20), tag, content), position + length


def _byte(data: bytes, position: int) -> tuple[int, int]:
    if position >= len(data):
        raise BadDer(why="cut short")
    return data[position], position + 1


def _long_tag(data: bytes, position: int) -> tuple[int, int]:
    tag = 0
    for count in range(_MAX_TAG_BYTES):
        each, position = _byte(data, position)
        if count == 0 and each == 0x80:  # noqa: PLR2004 - a leading zero group
            break
        tag = tag << 7 | each & 0x7F
        if not each & 0x80:
            if tag < _HIGH_TAG:
                break
            return tag, position
    raise BadDer(why="tag")


def _length(data: bytes, position: int) -> tuple[int, int]:
    first, position = _byte(data, position)
    if first < 0x80:  # noqa: PLR2004 - the short form
        return first, position
    count = first & 0x7F
    if not 0 < count <= _MAX_LENGTH_BYTES or position + count > len(data):
        raise BadDer(why="length")
    length = int.from_bytes(data[position : position + count], "big")
    if length < 0x80 or length >> 8 * (count - 1) == 0:  # noqa: PLR2004 - not the shortest form
        raise BadDer(why="length not shortest")
    return length, position + count
