"""Strict CBOR: one encoding for one value, plain data only."""

from __future__ import annotations

from typing import Any

import pytest

from cartes.errors import BadCbor, InvalidValue
from cartes.wire import strict_cbor

REFUSED = {
    "empty": "",
    "trailing byte": "0000",
    "integer in two bytes": "1817",
    "integer in three bytes": "1900ff",
    "integer in nine bytes": "1b00000000ffffffff",
    "negative integer too long": "3817",
    "text head too long": "780161",
    "array head too long": "980100",
    "map head too long": "b8010000",
    "indefinite array": "9f00ff",
    "indefinite map": "bf0000ff",
    "indefinite text": "7f6161ff",
    "indefinite bytes": "5f4161ff",
    "duplicate key": "a200000001",
    "duplicate text key": "a2616100616101",
    "keys out of order": "a201000000",
    "negative key before a positive one": "a220001818 00",
    "text key before an integer": "a26161000000",
    "longer text key first": "a262616100616200",
    "key one and key true": "a20100f500",
    "boolean key": "a1f500",
    "byte string key": "a1416100",
    "null key": "a1f600",
    "array key": "a1800000",
    "half float": "f93c00",
    "double": "fb3ff0000000000000",
    "not a number": "f97e00",
    "undefined": "f7",
    "simple value 16": "f0",
    "simple value 255": "f8ff",
    "date tag": "c11a5f000000",
    "bignum": "c249010000000000000000",
    "decimal bomb": "c4821a3b9aca0001",
    "shared reference": "d81c8100",
    "cyclic reference": "d81c81d81d00",
    "regular expression": "d8236161",
    "message": "d8246161",
    "set": "d9010280",
    "self-described": "d9d9f700",
    "bad text": "61ff",
    "surrogate in text": "63eda080",
    "seventeen arrays deep": "81" * 17 + "00",
    "huge array": "9bffffffffffffffff",
    "huge text": "7bffffffffffffffff",
}


@pytest.mark.parametrize("name", REFUSED)
def test_anything_but_the_one_encoding_of_plain_data_is_refused(name: str) -> None:
    """Each of these is read by somebody, in some way; here by nobody."""
    with pytest.raises(BadCbor):
        strict_cbor.loads(bytes.fromhex(REFUSED[name]))


def test_every_tag_is_refused() -> None:
    """The first seventy thousand tags, with text inside and with an array inside, build nothing."""
    heads = [
        bytes((0xC0 + tag,)) if tag < 24
        else b"\xd8" + bytes((tag,)) if tag < 256
        else b"\xd9" + tag.to_bytes(2, "big") if tag < 65536
        else b"\xda" + tag.to_bytes(4, "big")
        for tag in range(70_000)
    ]  # fmt: skip

    for head in heads:
        for inside in (b"\x61x", b"\x82\x01\x02"):
            with pytest.raises(BadCbor):
                strict_cbor.loads(head + inside)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "00"), (23, "17"), (24, "1818"), (255, "18ff"), (256, "190100"), (65536, "1a00010000"),
        (1 << 32, "1b0000000100000000"), ((1 << 64) - 1, "1bffffffffffffffff"), (-1, "20"), (-24, "37"),
        (-25, "3818"), (-65537, "3a00010000"), (-(1 << 64), "3bffffffffffffffff"),
        (b"", "40"), ("é", "62c3a9"), ([], "80"), ({}, "a0"), (True, "f5"), (False, "f4"), (None, "f6"),
        ({-1: 0, 24: 0, "a": 0, 1: 0}, "a401001818002000616100"),
    ],
)  # fmt: skip
def test_known_encodings(value: Any, encoded: str) -> None:
    """The examples of RFC 8949 appendix A, and the order of keys of section 4.2.1 (not length first)."""
    assert strict_cbor.dumps(value).hex() == encoded
    assert strict_cbor.loads(bytes.fromhex(encoded)) == value


def test_sixteen_levels_are_read_and_size_is_bounded() -> None:
    """Depth and size are limits, not accidents."""
    deep = bytes.fromhex("81" * 16 + "00")

    assert strict_cbor.dumps(strict_cbor.loads(deep)) == deep
    with pytest.raises(BadCbor, match="too_long"):
        strict_cbor.loads(b"\x43abc", max_size=3)


@pytest.mark.parametrize(
    "value", [1.0, {1: 1.5}, {True: 1}, {b"a": 1}, 1 << 64, -(1 << 64) - 1, {1, 2}, "\ud800", object()]
)
def test_nothing_else_is_written(value: Any) -> None:
    """What could not be read back is not written."""
    with pytest.raises(InvalidValue):
        strict_cbor.dumps(value)


def test_a_list_inside_itself_is_not_written() -> None:
    """A cycle ends at the depth limit."""
    cycle: list[Any] = []
    cycle.append(cycle)

    with pytest.raises(InvalidValue, match="too_deep"):
        strict_cbor.dumps(cycle)
