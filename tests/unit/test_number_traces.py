"""The search for numbers finds what it is meant to find: otherwise the tests that use it prove nothing."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.simulators.number_traces import forms_in, forms_of

CORSICAN, MAINLAND = "158032A99904296", "221054299910147"


@pytest.mark.parametrize(
    "told",
    [
        b"nir=158032A99904296&x",
        b"... 158032a999042 ...",
        b"1 58 03 2A 999 042 96",
        "1\u00a058\u00a003\u00a02A\u00a0999\u00a0042".encode(),
        b"/v1/x?q=1%2058%2003%202A%20999%20042%2096",
        b"1+58+03+2A+999+042+96",
        b"1580319999042",
        CORSICAN.encode().hex().encode(),
        CORSICAN.encode().hex().upper().encode(),
        base64.b64encode(b"{" + CORSICAN.encode() + b"}"),
        base64.b64encode(b'{"n":"' + CORSICAN.encode() + b'"}'),
        base64.b64encode(b'{"ni":"' + CORSICAN.encode() + b'"}'),
        base64.urlsafe_b64encode(b'{"nir":"' + CORSICAN.encode() + b'"}'),
        hashlib.sha256(CORSICAN.encode()).digest(),
        hashlib.sha1(CORSICAN[:13].encode()).hexdigest().encode(),
        base64.b64encode(hashlib.sha256(CORSICAN.encode()).digest()),
    ],
)
def test_a_number_is_found_however_it_is_written(told: bytes) -> None:
    """Among other bytes, in any of the forms."""
    assert forms_in(b"before " + told + b" after", [CORSICAN])
    assert not forms_in(b"before " + told + b" after", [MAINLAND])


def test_another_number_is_not_found() -> None:
    """One digit more or less, or a keyed hash, is somebody else's or nobody's."""
    told = b"158032A99904 158032A999043 " + hashlib.blake2b(CORSICAN.encode(), key=b"k").digest()
    assert forms_in(told, [CORSICAN]) == []


def test_forms_are_named_without_the_number() -> None:
    """A test that fails prints names of forms, and a number in a test's log is a number in a log."""
    for number in (CORSICAN, MAINLAND):
        assert not any(number[:13] in name for name in forms_of(number))
        assert len(forms_of(number)) > 40
