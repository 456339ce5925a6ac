"""Strict JSON and its canonical form."""

from __future__ import annotations

from typing import Any

import pytest

from cartes.errors import BadJson, InvalidValue
from cartes.wire import base64url, strict_json

REFUSED: dict[str, bytes] = {
    "duplicate member": b'{"a":1,"a":1}',
    "duplicate by escape": b'{"a":1,"\\u0061":1}',
    "nested duplicate": b'[{"b":{"a":1,"a":1}}]',
    "NaN": b"NaN",
    "Infinity": b"[-Infinity]",
    "overflowing float": b"1e999",
    "integer beyond a double": b"9007199254740993",
    "five thousand digits": b"1" * 5000,
    "lone surrogate": b'"\\ud800"',
    "lone surrogate in a name": b'{"\\udc00":1}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"a":1}'.encode("utf-16"),
    "latin-1": b'"\xe9"',
    "trailing text": b"{} {}",
    "comment": b"{}//",
    "single quotes": b"{'a':1}",
    "trailing comma": b"[1,]",
    "control character": b'"\x01"',
    "empty": b"",
    "very deep": b"[" * 100_000 + b"]" * 100_000,
    "deep": b"[" * 66 + b"]" * 66,
    "too long": b'"' + b"a" * 70_000 + b'"',
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_readers_disagree_about_is_refused(name: str) -> None:
    """Each of these is read in different ways by different readers."""
    with pytest.raises(BadJson):
        strict_json.loads(REFUSED[name], max_size=65_536 if name != "very deep" else 1 << 20)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": [True, False, None]}, b'{"a":[true,false,null],"b":1}'),
        ("\u20ac$\u000f\nA'B\"\\\\\"/", b'"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
        ({"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\xf6": 7},
         '{"\\r":2,"1":4,"\x80":6,"\xf6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}'.encode()),
        (-(2**53) + 1, b"-9007199254740991"),
    ],
)  # fmt: skip
def test_canonical_form_is_rfc_8785(value: Any, written: bytes) -> None:
    """The sorting and string examples of RFC 8785 sections 3.2.2 and 3.2.3."""
    assert strict_json.canonical(value) == written
    assert strict_json.loads(written) == value


@pytest.mark.parametrize("value", [1.5, 2**53, {1: 2}, "\ud800", b"a", {"a": object()}])
def test_nothing_else_is_canonical(value: Any) -> None:
    """Floats, wide integers and other types are refused, never approximated."""
    with pytest.raises(InvalidValue):
        strict_json.canonical(value)


@pytest.mark.parametrize("text", ["AA==", "AB", "A", "A+/A", "AA\n", " AA", "AÀ", "AAAA=", "____\x00"])
def test_only_canonical_base64url_is_read(text: str) -> None:
    """Padding, unused bits, other alphabets and blanks are refused."""
    with pytest.raises(InvalidValue):
        base64url.decode(text)


def test_base64url_round_trip() -> None:
    """Every length comes back."""
    for size in range(70):
        data = bytes(range(size))
        assert base64url.decode(base64url.encode(data)) == data
